"""A fleet scenario as a value: what `scenarios/*.toml` says, checked and in integers.

Durations are microseconds, shares are millionths (`ppm`). `harness.fleet.loading` reads the
files; `docs/scenarios.md` explains every key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
NEVER = 0
"""A rate of zero: it does not happen."""


class Distribution(StrEnum):
    """How a duration is drawn."""

    UNIFORM = "uniform"
    """Every value from `low` to `high` alike; `low == high` is fixed. Written `20ms..80ms`."""
    EXPONENTIAL = "exponential"
    """With the mean `high`, and at most ten times that. Written `~5m`."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A duration that is drawn each time, in microseconds."""

    low: int
    high: int
    shape: Distribution = Distribution.UNIFORM


def fixed(duration: int) -> Spread:
    """Always this duration."""
    return Spread(duration, duration)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """`[fleet]`: who is there. `sizes` are weights by hosts a cluster."""

    hosts: int = 200
    sizes: tuple[tuple[int, int], ...] = ((1, 1),)
    clusters_per_site: int = 1
    regions: int = 4
    tenants: int = 1
    projects: int = 2
    """In each tenant."""
    cells: int = 64
    window: int = SECOND


@dataclass(frozen=True, slots=True)
class OperatorPlan:
    """`[operators]`: who works at Local UI. Shares are of requests, or of clusters."""

    begin: Spread = fixed(0)
    """When the operator of a cluster first sends."""
    think: Spread = Spread(2 * SECOND, 20 * SECOND)
    """Between two steps of a flow."""
    watch: Spread | None = Spread(60 * SECOND, 180 * SECOND)
    """Between looks at a pending request; none: nobody looks until it must be."""
    cancels_ppm: int = 0
    cancel_after: Spread = Spread(30 * SECOND, 300 * SECOND)
    cancels_decided_ppm: int = 0
    """Of requests: a cancel is tried just as the request may be decided (a race)."""
    forgets_ppm: int = 0
    """Of requests: nobody looks or cancels until the run settles."""
    sends_twice_ppm: int = 0
    """Of sends: another is made at once, from another window."""
    wrong_token_ppm: int = 0
    """Of clusters: the first send has a token that is not good."""
    tries: int = 5
    """How often one who wants to pair tries, refusals and unknown outcomes included."""
    retry: Spread = Spread(20 * SECOND, 90 * SECOND)
    again: Spread | None = Spread(60 * SECOND, 600 * SECOND)
    """After a cancel, a rejection or a failure: when the next request is sent; none: never."""
    work: Spread | None = None
    """Between local operations on a cluster, while it is local and (refused) once it is not."""


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """`[agents]`: what the hosts do by themselves."""

    poll: Spread = Spread(20 * SECOND, 40 * SECOND)
    deadline: int = 10 * SECOND
    """How long a host waits for an answer of the central side."""
    retry_jitter: bool = True
    """Without it, hosts whose link is back follow up at once, all together."""


@dataclass(frozen=True, slots=True)
class AdminPlan:
    """`[admins]`: who reviews. There are `team` of them in each project of a cell."""

    team: int = 2
    notice: Spread = Spread(10 * SECOND, 300 * SECOND)
    """From a send to somebody's taking it up."""
    think: Spread = Spread(5 * SECOND, 60 * SECOND)
    deadline: int = 30 * SECOND
    shift: int = NEVER
    """How long they work in each day of `day`; 0: always."""
    day: int = 24 * HOUR
    rejects_ppm: int = 0
    mistypes_ppm: int = 0
    """Of reviews: the first selection does not match (combination C or D, an old version …)."""
    renames_ppm: int = 0
    doubles_ppm: int = 0
    """Of reviews: a second administrator decides on the same request at the same time."""
    contradicts_ppm: int = 500_000
    """Of those: he decides the other way."""
    accepts_stale_ppm: int = 0
    """Of requests that were cancelled without a link: somebody accepts them later on."""
    sweep: Spread | None = None
    """Between looks at the whole list of a project."""
    work: Spread | None = None
    """Between central operations on a paired cluster."""


@dataclass(frozen=True, slots=True)
class TimelinePlan:
    """`[timelines]`: what changes for everybody, drawn from the seed, the same in each cell."""

    token_lasts: int = NEVER
    """How long a registration token is good; 0: for ever. A new one is there in time."""
    token_revoked: Spread | None = None
    """Between revocations of a token before its time."""
    publish: Spread | None = None
    """Between new versions of a profile."""
    breaking_ppm: int = 500_000
    """Of new versions: they do not match what the clusters run."""
    grants: Spread | None = None
    """Between losses of a permission by an administrator."""
    grants_back: Spread = Spread(60 * SECOND, 600 * SECOND)


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """`[network]`: between hosts and the central plane."""

    latency: Spread = Spread(20_000, 80_000)
    """One way."""
    lost_before_ppm: int = 0
    lost_after_ppm: int = 0
    repeated_ppm: int = 0
    delayed_ppm: int = 0
    delay: Spread = Spread(SECOND, 20 * SECOND)
    """Of a message that is delayed, so that others overtake it."""
    bandwidth_kbit: int = 0
    """Of a host's link; 0: no limit."""


@dataclass(frozen=True, slots=True)
class CentralPlan:
    """`[central]`: what the central plane can carry, and its choices."""

    workers: int = 32
    workers_per_thousand_hosts_milli: int = 0
    """Besides those, in thousandths of a worker: a scenario is then as busy at any `--hosts`."""
    service: Spread = Spread(2_000, 6_000)
    """What one operation costs a worker."""
    queue: int = 30 * SECOND
    """Who would wait longer is refused (429)."""
    rate_per_minute: int = 0
    """Of one person's API key; 0: no limit."""
    handover: int = 600 * SECOND
    """How long an acceptance waits for its host."""

    def service_in(self, window: int, hosts: int) -> int:
        """The service time of all workers together in one window, in microseconds."""
        milli = self.workers * 1000 + hosts * self.workers_per_thousand_hosts_milli // 1000
        return milli * window // 1000


class FaultKind(StrEnum):
    """What the nemesis does."""

    LINK = "link"
    """Links are down."""
    CENTRAL = "central"
    """The central plane is down, and comes back from what it has acknowledged."""
    LOSS = "loss"
    """Messages are lost, before or after their effect, by the shares of the fault."""
    SLOW = "slow"
    """Latency is multiplied."""
    CLOCK = "clock"
    """A side's clock is put forward."""
    HEALTH = "health"
    """A node is unhealthy."""
    REBOOT = "reboot"
    """The hosts of a cluster are restarted: what was in flight there is gone."""


class FaultScope(StrEnum):
    """Whom one occurrence of a fault strikes at once."""

    HOST = "host"
    CLUSTER = "cluster"
    SITE = "site"
    REGION = "region"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One `[[faults]]`: by schedule (`at`, perhaps `repeat`), by rate (`every`), or drawn."""

    kind: FaultKind
    scope: FaultScope = FaultScope.HOST
    at: int | None = None
    repeat: int = NEVER
    """With `at`: again and again, so far apart."""
    every: Spread | None = None
    """By rate: between two occurrences for each subject."""
    share_ppm: int = 1_000_000
    """Which share of the subjects it may strike at all."""
    lasts: Spread = Spread(30 * SECOND, 300 * SECOND)
    heal: Spread = fixed(0)
    """Drawn for each subject and added to `lasts`: links come back in a wave."""
    lost_before_ppm: int = 0
    lost_after_ppm: int = 0
    """`loss`: of messages while it lasts."""
    factor: int = 10
    """`slow`: by how much latency is multiplied."""
    side: str = "central"
    """`clock`: whose clock, `central` or `edge`."""
    by: Spread = fixed(0)
    """`clock`: how far it is put forward."""


@dataclass(frozen=True, slots=True)
class InvariantLimits:
    """`[limits]`: by which bounds the invariants judge."""

    list_lag: int = 5 * SECOND
    edge_lag: int = 120 * SECOND
    settle: int = 900 * SECOND


@dataclass(frozen=True, slots=True)
class Only:
    """`[only]`: what a shrunk scenario has kept; everything when it is not there.

    `clusters` are indices. `happenings` are names of single faults and of single acts of people
    (`f0.12.3`: the third occurrence of fault 0 for subject 12), as the tag `cause` of operations
    has them; `None` keeps them all.
    """

    clusters: tuple[int, ...] | None = None
    happenings: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario.

    `reach` are situations that a run must get to, in thousandths of an occurrence for each
    thousand hosts (so 1000 is one for each thousand hosts; at least one is wanted in any run).
    `duration` is that of the work; afterwards everything heals, `settle` passes, everybody
    looks at both sides, and the run ends.
    """

    name: str
    why: str
    duration: int
    fleet: FleetPlan = FleetPlan()
    operators: OperatorPlan = OperatorPlan()
    agents: AgentPlan = AgentPlan()
    admins: AdminPlan = AdminPlan()
    timelines: TimelinePlan = TimelinePlan()
    network: NetworkPlan = NetworkPlan()
    central: CentralPlan = CentralPlan()
    faults: tuple[FaultPlan, ...] = ()
    limits: InvariantLimits = InvariantLimits()
    reach: tuple[tuple[str, int], ...] = ()
    gate: tuple[str, ...] = ("violations == 0",)
    swarm: bool = False
    """The seed draws everything that the file leaves open (`harness.fleet.swarm`)."""
    given: frozenset[str] = frozenset()
    """With `swarm`: the keys that are not left open, such as `fleet.hosts` or `faults`."""
    only: Only = Only()
    seed: int = 1
