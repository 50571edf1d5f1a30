"""A fleet scenario as a value: what `scenarios/*.toml` says, checked and in integers.

Durations are microseconds, shares are millionths (`ppm`). A field says what its key may hold, and
the text below it what the key means: loader, saver, JSON Schema and `docs/scenarios.md` go by
that. A key has the name of its field without the unit. `harness.fleet.loading` reads the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict

from harness.checkers.fleet.gate import GateError, check
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.configuration.errors import ConfigurationError, Misspelt, literal
from harness.configuration.kinds import (
    Flag,
    KeyRelation,
    Node,
    NotWritten,
    OneOf,
    Pairs,
    Spelling,
    Text,
    Whole,
)
from harness.configuration.model import FileModel, config, schema_text
from harness.domain.arrangements import ANSWERS
from harness.files import FileKind
from harness.fleet.spelling import HOUR as HOUR
from harness.fleet.spelling import MINUTE as MINUTE
from harness.fleet.spelling import SECOND as SECOND
from harness.fleet.spelling import Distribution as Distribution
from harness.fleet.spelling import Drawn, Duration, Number
from harness.fleet.spelling import Spread as Spread
from harness.fleet.spelling import fixed as fixed

NEVER = 0
"""A rate of zero: it does not happen."""


def key_of(field_name: str) -> str:
    """What a file calls a field of a plan."""
    return field_name.removesuffix("_ppm").removesuffix("_milli")


# --- what keys hold ---------------------------------------------------------------------------

_NEVER: Final = "never"
_FOR_HOSTS: Final = "a number for each thousand hosts,"
Share = Annotated[int, Number(6, 0, 1, "a share")]
"""Of whatever; kept in millionths."""
Reach = Annotated[int, Number(3, 0, 100_000, _FOR_HOSTS)]
"""Kept in thousandths."""
Time = Annotated[Spread, Drawn()]
Delay = Annotated[Spread, Drawn(0, HOUR)]
Rate = Annotated[Spread | None, Drawn(SECOND, none=_NEVER)]
"""Between two occurrences."""
Deadline = Annotated[int, Duration(10_000, HOUR)]
SCENARIO_NAME: Final = Text(
    "^[a-z0-9]+(-[a-z0-9]+)*$", "small letters and digits, with single hyphens"
)


class _Expression(Spelling):
    """An expression that can be judged."""

    words = "an expression such as `violations == 0`"
    form: ClassVar[Node] = {"type": "string", "pattern": r"\S"}

    def read(self, value: object) -> object:
        if not isinstance(value, str):
            raise Misspelt(f"{literal(value)} is no text", f"write {self.words}, in quotes")
        try:
            check([value])
        except GateError as error:
            near = f"did you mean {' or '.join(error.near)}?" if error.near else "correct it"
            raise Misspelt(error.why, near) from error
        return value


# --- who and what is there --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """`[fleet]`."""

    hosts: Annotated[int, Whole(1, 10_000_000)] = 200
    """How many hosts; `--hosts` overrides it."""
    sizes: Annotated[
        tuple[tuple[int, int], ...],
        Pairs(
            "size",
            Annotated[int, Whole(1, 100)],
            Annotated[int, Whole(0, 1_000_000)],
            is_weights=True,
        ),
    ] = ((1, 1),)
    """Weights of cluster sizes, by hosts a cluster."""
    clusters_per_site: Annotated[int, Whole(1, 100_000)] = 1
    """Clusters that share a site, and its link."""
    regions: Annotated[int, Whole(1, 1_000)] = 4
    """Regions that the sites lie in."""
    tenants: Annotated[int, Whole(1, 100)] = 1
    """Tenants of the central plane."""
    projects: Annotated[int, Whole(1, 100)] = 2
    """Projects of each tenant."""
    cells: Annotated[int, Whole(1, 4_096)] = 64
    """Parts that the fleet is divided into, each with a store of its own, so that with one all that
    waits is in one store; another number is another run."""
    window: Deadline = SECOND
    """How often the central plane's time is divided among the cells."""


@dataclass(frozen=True, slots=True)
class OperatorPlan:
    """`[operators]`."""

    begin: Time = fixed(0)
    """When the operator of a cluster first sends."""
    think: Time = Spread(2 * SECOND, 20 * SECOND)
    """Between two steps of a flow."""
    watch: Rate = Spread(60 * SECOND, 180 * SECOND)
    """Between looks at a pending request."""
    cancels_ppm: Share = 0
    """Cancelled after a while."""
    cancel_after: Annotated[Time, KeyRelation(needs=("cancels", "cancels_decided"))] = Spread(
        30 * SECOND, 300 * SECOND
    )
    """How long after the send."""
    cancels_decided_ppm: Share = 0
    """Cancelled just as they may be decided (a race)."""
    forgets_ppm: Share = 0
    """Nobody looks or cancels until the run settles."""
    sends_twice_ppm: Share = 0
    """Of sends: another follows at once, from another window."""
    wrong_token_ppm: Share = 0
    """Of clusters: the first send has a token that is not good."""
    tries: Annotated[int, Whole(1, 1_000)] = 5
    """How often one who wants to pair tries, refusals and unknown outcomes included."""
    retry: Time = Spread(20 * SECOND, 90 * SECOND)
    """Between two tries."""
    again: Annotated[Spread | None, Drawn(none=_NEVER)] = Spread(60 * SECOND, 600 * SECOND)
    """From a cancel, a rejection or a failure to the next request."""
    work: Rate = None
    """Between local operations on a cluster; once it is paired they are refused."""


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """`[agents]`."""

    poll: Annotated[Spread, Drawn(SECOND)] = Spread(20 * SECOND, 40 * SECOND)
    """Between two polls of a pending request."""
    deadline: Deadline = 10 * SECOND
    """How long a host waits for an answer of the central side."""
    retry_jitter: Annotated[bool, Flag()] = True
    """Without it, hosts whose link is back follow up at once, all together."""


@dataclass(frozen=True, slots=True)
class AdminPlan:
    """`[admins]`."""

    team: Annotated[int, Whole(1, 100)] = 2
    """Administrators in each project of a cell."""
    notice: Time = Spread(10 * SECOND, 300 * SECOND)
    """From a send to somebody's taking it up."""
    think: Time = Spread(5 * SECOND, 60 * SECOND)
    """Between two steps of a review."""
    deadline: Deadline = 30 * SECOND
    """How long an administrator waits for an answer."""
    shift: Annotated[int, Duration(MINUTE, zero="always")] = NEVER
    """How long they work in each day."""
    day: Annotated[int, Duration(MINUTE), KeyRelation(needs=("shift",))] = 24 * HOUR
    """How long a day is."""
    rejects_ppm: Share = 0
    """The request is rejected."""
    mistypes_ppm: Share = 0
    """The first selection of profiles does not match (combination C or D, an old version …)."""
    renames_ppm: Share = 0
    """Name, description and tags are changed on acceptance."""
    doubles_ppm: Share = 0
    """A second administrator decides on the same request at the same time."""
    contradicts_ppm: Annotated[Share, KeyRelation(needs=("doubles",))] = 500_000
    """Of those: he decides the other way."""
    accepts_stale_ppm: Share = 0
    """Of requests that were cancelled without a link: somebody accepts them later on."""
    repeated_late_ppm: Share = 0
    """Of decisions: they arrive, and once more later."""
    delayed_ppm: Share = 0
    """Of decisions: they are held up, so that others overtake them."""
    delay: Annotated[Time, KeyRelation(needs=("delayed", "repeated_late"))] = Spread(
        20 * SECOND, 300 * SECOND
    )
    """For how long, or how much later."""
    sweep: Rate = None
    """Between looks at the whole list of a project."""
    work: Rate = None
    """Between central operations on a paired cluster."""


@dataclass(frozen=True, slots=True)
class TimelinePlan:
    """`[timelines]`."""

    token_lasts: Annotated[int, Duration(MINUTE, zero="forever")] = NEVER
    """How long a registration token is good; a new one is there in time."""
    token_revoked: Rate = None
    """Between revocations of a token before its time."""
    publish: Rate = None
    """Between new versions of a profile."""
    breaking_ppm: Annotated[Share, KeyRelation(needs=("publish",))] = 500_000
    """Of new versions: they do not match what the clusters run."""
    grants: Rate = None
    """Between losses of a permission by an administrator."""
    grants_back: Annotated[Spread, Drawn(SECOND), KeyRelation(needs=("grants",))] = Spread(
        60 * SECOND, 600 * SECOND
    )
    """From such a loss to the permission's return."""


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """`[network]`."""

    latency: Delay = Spread(20_000, 80_000)
    """One way."""
    lost_before_ppm: Share = 0
    """Lost on the way there: they have no effect."""
    lost_after_ppm: Share = 0
    """Whose answer is lost: they have had their effect."""
    repeated_ppm: Share = 0
    """That arrive twice."""
    repeated_late_ppm: Share = 0
    """That arrive, and once more after others have come."""
    delayed_ppm: Share = 0
    """That are held up, so that others overtake them."""
    delay: Annotated[Delay, KeyRelation(needs=("delayed", "repeated_late"))] = Spread(
        SECOND, 20 * SECOND
    )
    """For how long, or how much later."""
    bandwidth_kbit: Annotated[int, Whole(0, 100_000_000)] = 0
    """Of a host's link, in kbit/s; 0 is no limit."""


@dataclass(frozen=True, slots=True)
class CentralPlan:
    """`[central]`."""

    workers: Annotated[int, Whole(1, 100_000)] = 32
    """That serve operations, one at a time each."""
    workers_per_thousand_hosts_milli: Annotated[int, Number(3, 0, 1_000, _FOR_HOSTS)] = 0
    """And so many besides: a scenario is then as busy at any `--hosts`."""
    service: Annotated[Spread, Drawn(1, HOUR)] = Spread(2_000, 6_000)
    """What one operation costs a worker."""
    queue: Annotated[int, Duration()] = 30 * SECOND
    """Who would wait longer is refused (429)."""
    rate_per_minute: Annotated[int, Whole(0, 1_000_000_000)] = 0
    """Operations a minute of one person's API key; 0 is no limit."""
    handover: Annotated[int, Duration(SECOND)] = 600 * SECOND
    """How long an acceptance waits for its host."""

    def service_in(self, window: int, hosts: int) -> int:
        """The service time of all workers together in one window, in microseconds."""
        milli = self.workers * 1000 + hosts * self.workers_per_thousand_hosts_milli // 1000
        return milli * window // 1000


# --- what goes wrong --------------------------------------------------------------------------


class FaultKind(StrEnum):
    """What the nemesis does."""

    LINK = "link"
    """Links are down."""
    CENTRAL = "central"
    """The central plane is down, and comes back from what it has acknowledged."""
    LOSS = "loss"
    """Messages are lost, before or after their effect, by the shares of the fault."""
    HALF_OPEN = "half_open"
    """Links seem to be up: what a host sends is taken, and no answer ever comes."""
    ERRORS = "errors"
    """Messages are answered with errors in place of Palette, by the share of the fault; with the
    scope `all` the calls of administrators too."""
    STALE = "stale"
    """Lists and polls are answered from a copy that is a little behind."""
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


_LASTING: Final = KeyRelation(
    only_for={"kind": tuple(kind for kind in FaultKind if kind is not FaultKind.CLOCK)}
)
_LOSS: Final = KeyRelation(only_for={"kind": (FaultKind.LOSS,)})
_SLOW: Final = KeyRelation(only_for={"kind": (FaultKind.SLOW,)})
_CLOCK: Final = KeyRelation(only_for={"kind": (FaultKind.CLOCK,)})
_ERRORS: Final = KeyRelation(only_for={"kind": (FaultKind.ERRORS,)})
_BY: Final = KeyRelation(only_for={"kind": (FaultKind.STALE, FaultKind.CLOCK)})
ANY_ANSWER: Final = "any"


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One `[[faults]]`: by schedule (`at`, perhaps `repeat`), by rate (`every`), or drawn."""

    kind: FaultKind
    """What happens."""
    scope: FaultScope = FaultScope.HOST
    """Whom one occurrence strikes at once."""
    at: Annotated[int | None, Duration(), KeyRelation(not_with="every")] = None
    """When."""
    repeat: Annotated[int, Duration(SECOND, zero=_NEVER), KeyRelation(needs=("at",))] = NEVER
    """Again, so far apart."""
    every: Annotated[Spread | None, Drawn(SECOND)] = None
    """Between two occurrences for each subject."""
    share_ppm: Share = 1_000_000
    """Of the subjects: it may strike them at all."""
    lasts: Annotated[Spread, Drawn(1_000), _LASTING] = Spread(30 * SECOND, 300 * SECOND)
    """How long it goes on."""
    heal: Annotated[Time, _LASTING] = fixed(0)
    """Drawn for each subject and added to `lasts`: links come back in a wave."""
    lost_before_ppm: Annotated[Share, _LOSS] = 0
    """Of messages, while it lasts: lost on the way there."""
    lost_after_ppm: Annotated[Share, _LOSS] = 0
    """Of messages, while it lasts: answer lost."""
    answered_ppm: Annotated[Share, _ERRORS] = 0
    """Of messages, while it lasts: answered with an error, and heard by nobody else."""
    answer: Annotated[str, OneOf(*(a.value for a in ANSWERS), ANY_ANSWER), _ERRORS] = ANY_ANSWER
    """With what: 500, 503 with a page, 429 with `Retry-After`, half an answer, or any of these."""
    factor: Annotated[int, Whole(2, 100_000), _SLOW] = 10
    """By how much latency is multiplied."""
    side: Annotated[str, OneOf("central", "edge"), _CLOCK] = "central"
    """Whose clock."""
    by: Annotated[Time, _BY] = fixed(0)
    """How far it is put forward; how far behind a copy is at most."""


# --- how it is judged -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InvariantLimits:
    """`[limits]`."""

    list_lag: Annotated[int, Duration()] = 5 * SECOND
    """How far a list may lag behind (INV-8)."""
    edge_lag: Annotated[int, Duration(SECOND)] = 120 * SECOND
    """How far the edge's copy may lag behind (INV-8)."""
    settle: Annotated[int, Duration(SECOND)] = 900 * SECOND
    """After the last fault has healed, everything has settled by then (INV-9)."""


@dataclass(frozen=True, slots=True)
class Only:
    """`[only]`. Happenings are named as `f0.12.3`: the third of fault 0 for subject 12."""

    clusters: tuple[Annotated[int, Whole(0, 10_000_000)], ...] | None = None
    """The numbers of the clusters; all of them without it."""
    happenings: frozenset[Annotated[str, Text()]] | None = None
    """The single faults and acts of people, as the tag `cause` of operations has them; all of
    them without it."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario."""

    __pydantic_config__: ClassVar[ConfigDict] = config(key_of)

    name: Annotated[str, SCENARIO_NAME]
    """What the scenario is called; the file has the same name."""
    why: Annotated[str, Text()]
    """Why it exists, in one to three sentences."""
    duration: Annotated[int, Duration(SECOND)]
    """How long the work goes on; afterwards everything heals, `limits.settle` passes, and
    everybody looks at both sides. `--until` overrides it."""
    fleet: FleetPlan = FleetPlan()
    """Who is there."""
    operators: OperatorPlan = OperatorPlan()
    """Who works at Local UI. Shares are of requests, unless they say otherwise."""
    agents: AgentPlan = AgentPlan()
    """What the hosts do by themselves."""
    admins: AdminPlan = AdminPlan()
    """Who reviews. Shares are of reviews, unless they say otherwise."""
    timelines: TimelinePlan = TimelinePlan()
    """What changes for everybody. It is drawn from the seed, and the same in each cell."""
    network: NetworkPlan = NetworkPlan()
    """Between the hosts and the central plane. Shares are of messages."""
    central: CentralPlan = CentralPlan()
    """What the central plane can carry, and its choices."""
    faults: tuple[FaultPlan, ...] = ()
    """One kind of fault each. With `at` it is by schedule, with `every` by rate; with neither it
    strikes each subject once, at a moment that the seed draws."""
    limits: InvariantLimits = InvariantLimits()
    """By which bounds the invariants judge."""
    reach: Annotated[
        tuple[tuple[str, int], ...], Pairs("situation", Annotated[str, OneOf(*SITUATIONS)], Reach)
    ] = ()
    """How often a run must get to which situations, for each thousand hosts and at least once;
    otherwise it is inconclusive."""
    gate: tuple[Annotated[str, _Expression()], ...] = ("violations == 0",)
    """What must hold for exit code 0."""
    swarm: Annotated[bool, Flag()] = False
    """The seed draws everything that the file leaves open (`--seeds` hunts through many)."""
    given: Annotated[frozenset[str], NotWritten()] = frozenset()
    """With `swarm`: the keys that are not left open, such as `fleet.hosts` or `faults`."""
    only: Only = Only()
    """What a shrunk scenario has kept; `pairproof shrink` writes it."""
    seed: Annotated[int, Whole(0, 2**63 - 1)] = 1
    """What all chance comes from; `--seed` overrides it."""


PLANS: Final = (
    "fleet", "operators", "agents", "admins", "timelines", "network", "central", "limits", "only"
)  # fmt: skip
"""The fields of a scenario that are tables of the file, each once."""


class ScenarioError(ConfigurationError):
    """A scenario cannot be read, or says what it may not say."""


SCENARIO_FILE: Final = FileKind("give the path of a scenario file", error=ScenarioError.whole)
SCENARIOS: Final = FileModel(
    Scenario, ScenarioError, "pairproof/scenario/1", "a scenario", SCENARIO_FILE, Decimal
)


def settings_in(plan: object) -> Iterator[str]:
    """The fields of a plan that say something else than their default, in their order."""
    for field in fields(plan):  # type: ignore[arg-type]
        if getattr(plan, field.name) != field.default:
            yield field.name


def schema() -> Node:
    """The published JSON Schema (2020-12) of a scenario file, as read from TOML.

    It knows keys, types, bounds of numbers, and which keys go together; the loader is stricter.
    In a swarm, what a key needs may be among what is drawn.
    """
    made = SCENARIOS.json_schema("A scenario of pairproof, version 1")
    tables = {name: made["properties"][name] for name in PLANS}
    related = {
        name: {"dependentSchemas": table.pop("dependentSchemas")}
        for name, table in tables.items()
        if "dependentSchemas" in table
    }
    is_swarm = {"properties": {"swarm": {"const": True}}, "required": ["swarm"]}
    return made | {"if": is_swarm, "then": True, "else": {"properties": related}}


def scenario_schema_text() -> str:
    """The schema as its file holds it."""
    return schema_text(schema())


def to_markdown() -> str:
    """A table for each table of the file: key, what it holds, its default, what it means."""
    plain = Scenario("", "", 0, faults=(FaultPlan(FaultKind.LINK),))
    return SCENARIOS.to_markdown(SCENARIOS.write(plain, defaults=True))
