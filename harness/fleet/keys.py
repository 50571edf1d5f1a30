"""The keys of a scenario file, declared once: loader, saver, JSON Schema and page go by it.

The tables are those of `harness.fleet.scenario`, field by field, and so are the defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Final

from harness.checkers.fleet.sometimes import SITUATIONS
from harness.fleet.kinds import (
    SHARE,
    Choice,
    Drawn,
    Duration,
    Flag,
    ScenarioKeyKind,
    Text,
    Whole,
    per_thousand_hosts,
)
from harness.fleet.kinds_of_many import Listed, NumbersByName, Weights
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    AdminPlan,
    AgentPlan,
    CentralPlan,
    FaultKind,
    FaultPlan,
    FaultScope,
    FleetPlan,
    InvariantLimits,
    NetworkPlan,
    Only,
    OperatorPlan,
    Scenario,
    TimelinePlan,
)

SCHEMA: Final = "pairproof/scenario/1"
"""What a scenario file of this version says of itself."""

Plan = (
    Scenario | FleetPlan | OperatorPlan | AgentPlan | AdminPlan | TimelinePlan | NetworkPlan
    | CentralPlan | FaultPlan | InvariantLimits | Only
)  # fmt: skip

_MILLISECOND: Final = 1_000
_UNITS: Final = ("_ppm", "_milli")
_NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class ScenarioKey:
    """One key of a table.

    Attributes:
        field: the field of the plan; the file's key is the same without its unit.
        kind: what it holds.
        meaning: what it says, for the page.
        needs: fields of the same table without any of which it has no effect.
        not_with: a field of the same table that it contradicts.
        only_for: the kinds of faults that have it; all, when empty.
    """

    field: str
    kind: ScenarioKeyKind
    meaning: str
    needs: tuple[str, ...] = ()
    not_with: str = ""
    only_for: tuple[FaultKind, ...] = ()

    @property
    def name(self) -> str:
        """What the file calls it."""
        return name_of(self.field)


def name_of(field_name: str) -> str:
    """What the file calls a field of a plan."""
    for unit in _UNITS:
        field_name = field_name.removesuffix(unit)
    return field_name


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file, and the plan that it becomes."""

    name: str
    plan: type[Plan]
    about: str
    keys: tuple[ScenarioKey, ...]
    by_name: Mapping[str, ScenarioKey] = field(init=False, repr=False)
    defaults: Mapping[str, object] = field(init=False, repr=False)
    """By field. A field without a default must be there, and is missing here."""

    def __post_init__(self) -> None:
        defaults = {f.name: f.default for f in fields(self.plan) if f.default is not MISSING}
        # The one way to fill in a field of a frozen dataclass.
        object.__setattr__(self, "by_name", {key.name: key for key in self.keys})
        object.__setattr__(self, "defaults", defaults)

    def make(self, values: Mapping[str, object]) -> Plan:
        """The plan with these values, by field."""
        build: Callable[..., Plan] = self.plan
        return build(**values)

    def is_set(self, plan: Plan, field_name: str) -> bool:
        """Whether the plan says something else than the default."""
        value: object = getattr(plan, field_name)
        return field_name not in self.defaults or value != self.defaults[field_name]


_FLEET: Final = Table(
    "fleet",
    FleetPlan,
    "Who is there.",
    (
        ScenarioKey("hosts", Whole(1, 10_000_000), "how many hosts; `--hosts` overrides it"),
        ScenarioKey(
            "sizes",
            Weights(Whole(1, 100), Whole(0, 1_000_000)),
            "weights of cluster sizes, by hosts a cluster",
        ),
        ScenarioKey(
            "clusters_per_site", Whole(1, 100_000), "clusters that share a site, and its link"
        ),
        ScenarioKey("regions", Whole(1, 1_000), "regions that the sites lie in"),
        ScenarioKey("tenants", Whole(1, 100), "tenants of the central plane"),
        ScenarioKey("projects", Whole(1, 100), "projects of each tenant"),
        ScenarioKey(
            "cells",
            Whole(1, 4_096),
            "parts that the fleet is divided into; another number is another run",
        ),
        ScenarioKey(
            "window",
            Duration(10 * _MILLISECOND, HOUR),
            "how often the central plane's time is divided among the cells",
        ),
    ),
)
_OPERATORS: Final = Table(
    "operators",
    OperatorPlan,
    "Who works at Local UI. Shares are of requests, unless they say otherwise.",
    (
        ScenarioKey("begin", Drawn(), "when the operator of a cluster first sends"),
        ScenarioKey("think", Drawn(), "between two steps of a flow"),
        ScenarioKey("watch", Drawn(SECOND, none=_NEVER), "between looks at a pending request"),
        ScenarioKey("cancels_ppm", SHARE, "cancelled after a while"),
        ScenarioKey(
            "cancel_after",
            Drawn(),
            "how long after the send",
            needs=("cancels_ppm", "cancels_decided_ppm"),
        ),
        ScenarioKey("cancels_decided_ppm", SHARE, "cancelled just as they may be decided (a race)"),
        ScenarioKey("forgets_ppm", SHARE, "nobody looks or cancels until the run settles"),
        ScenarioKey(
            "sends_twice_ppm", SHARE, "of sends: another follows at once, from another window"
        ),
        ScenarioKey(
            "wrong_token_ppm", SHARE, "of clusters: the first send has a token that is not good"
        ),
        ScenarioKey(
            "tries",
            Whole(1, 1_000),
            "how often one who wants to pair tries, refusals and unknown outcomes included",
        ),
        ScenarioKey("retry", Drawn(), "between two tries"),
        ScenarioKey(
            "again",
            Drawn(none=_NEVER),
            "from a cancel, a rejection or a failure to the next request",
        ),
        ScenarioKey(
            "work",
            Drawn(SECOND, none=_NEVER),
            "between local operations on a cluster; once it is paired they are refused",
        ),
    ),
)
_AGENTS: Final = Table(
    "agents",
    AgentPlan,
    "What the hosts do by themselves.",
    (
        ScenarioKey("poll", Drawn(SECOND), "between two polls of a pending request"),
        ScenarioKey(
            "deadline",
            Duration(10 * _MILLISECOND, HOUR),
            "how long a host waits for an answer of the central side",
        ),
        ScenarioKey(
            "retry_jitter",
            Flag(),
            "without it, hosts whose link is back follow up at once, all together",
        ),
    ),
)
_ADMINS: Final = Table(
    "admins",
    AdminPlan,
    "Who reviews. Shares are of reviews, unless they say otherwise.",
    (
        ScenarioKey("team", Whole(1, 100), "administrators in each project of a cell"),
        ScenarioKey("notice", Drawn(), "from a send to somebody's taking it up"),
        ScenarioKey("think", Drawn(), "between two steps of a review"),
        ScenarioKey(
            "deadline",
            Duration(10 * _MILLISECOND, HOUR),
            "how long an administrator waits for an answer",
        ),
        ScenarioKey("shift", Duration(MINUTE, zero="always"), "how long they work in each day"),
        ScenarioKey("day", Duration(MINUTE), "how long a day is", needs=("shift",)),
        ScenarioKey("rejects_ppm", SHARE, "the request is rejected"),
        ScenarioKey("mistypes_ppm", SHARE, "the first selection of profiles does not match"),
        ScenarioKey("renames_ppm", SHARE, "name, description and tags are changed on acceptance"),
        ScenarioKey(
            "doubles_ppm",
            SHARE,
            "a second administrator decides on the same request at the same time",
        ),
        ScenarioKey(
            "contradicts_ppm", SHARE, "of those: he decides the other way", needs=("doubles_ppm",)
        ),
        ScenarioKey(
            "accepts_stale_ppm",
            SHARE,
            "of requests that were cancelled without a link: somebody accepts them later on",
        ),
        ScenarioKey(
            "sweep", Drawn(SECOND, none=_NEVER), "between looks at the whole list of a project"
        ),
        ScenarioKey(
            "work", Drawn(SECOND, none=_NEVER), "between central operations on a paired cluster"
        ),
    ),
)
_TIMELINES: Final = Table(
    "timelines",
    TimelinePlan,
    "What changes for everybody. It is drawn from the seed, and the same in each cell.",
    (
        ScenarioKey(
            "token_lasts",
            Duration(MINUTE, zero="forever"),
            "how long a registration token is good; a new one is there in time",
        ),
        ScenarioKey(
            "token_revoked",
            Drawn(SECOND, none=_NEVER),
            "between revocations of a token before its time",
        ),
        ScenarioKey("publish", Drawn(SECOND, none=_NEVER), "between new versions of a profile"),
        ScenarioKey(
            "breaking_ppm",
            SHARE,
            "of new versions: they do not match what the clusters run",
            needs=("publish",),
        ),
        ScenarioKey(
            "grants",
            Drawn(SECOND, none=_NEVER),
            "between losses of a permission by an administrator",
        ),
        ScenarioKey(
            "grants_back",
            Drawn(SECOND),
            "from such a loss to the permission's return",
            needs=("grants",),
        ),
    ),
)
_NETWORK: Final = Table(
    "network",
    NetworkPlan,
    "Between the hosts and the central plane. Shares are of messages.",
    (
        ScenarioKey("latency", Drawn(0, HOUR), "one way"),
        ScenarioKey("lost_before_ppm", SHARE, "lost on the way there: they have no effect"),
        ScenarioKey("lost_after_ppm", SHARE, "whose answer is lost: they have had their effect"),
        ScenarioKey("repeated_ppm", SHARE, "that arrive twice"),
        ScenarioKey("delayed_ppm", SHARE, "that are held up, so that others overtake them"),
        ScenarioKey("delay", Drawn(0, HOUR), "for how long", needs=("delayed_ppm",)),
        ScenarioKey(
            "bandwidth_kbit", Whole(0, 100_000_000), "of a host's link, in kbit/s; 0 is no limit"
        ),
    ),
)
_CENTRAL: Final = Table(
    "central",
    CentralPlan,
    "What the central plane can carry, and its choices.",
    (
        ScenarioKey("workers", Whole(1, 100_000), "that serve operations, one at a time each"),
        ScenarioKey(
            "workers_per_thousand_hosts_milli",
            per_thousand_hosts(0, 1_000),
            "and so many besides: a scenario is then as busy at any `--hosts`",
        ),
        ScenarioKey("service", Drawn(1, HOUR), "what one operation costs a worker"),
        ScenarioKey("queue", Duration(), "who would wait longer is refused (429)"),
        ScenarioKey(
            "rate_per_minute",
            Whole(0, 1_000_000_000),
            "operations a minute of one person's API key; 0 is no limit",
        ),
        ScenarioKey("handover", Duration(SECOND), "how long an acceptance waits for its host"),
    ),
)
_LIMITS: Final = Table(
    "limits",
    InvariantLimits,
    "By which bounds the invariants judge.",
    (
        ScenarioKey("list_lag", Duration(), "how far a list may lag behind (INV-8)"),
        ScenarioKey("edge_lag", Duration(SECOND), "how far the edge's copy may lag behind (INV-8)"),
        ScenarioKey(
            "settle",
            Duration(SECOND),
            "after the last fault has healed, everything has settled by then (INV-9)",
        ),
    ),
)
_ONLY: Final = Table(
    "only",
    Only,
    "What a shrunk scenario has kept; `pairproof shrink` writes it.",
    (
        ScenarioKey("clusters", Listed(Whole(0, 10_000_000), "cluster numbers"), "the clusters"),
        ScenarioKey(
            "happenings",
            Listed(Text(), "names of happenings", is_set=True),
            "the single faults and acts of people, as the tag `cause` of operations has them",
        ),
    ),
)
TABLES: Final = (
    _FLEET, _OPERATORS, _AGENTS, _ADMINS, _TIMELINES, _NETWORK, _CENTRAL, _LIMITS, _ONLY
)  # fmt: skip
"""The tables that stand once, in the order of the page."""

_LASTING: Final = tuple(kind for kind in FaultKind if kind is not FaultKind.CLOCK)
FAULT: Final = Table(
    "faults",
    FaultPlan,
    "One kind of fault each. With `at` it is by schedule, with `every` by rate; with neither it"
    " strikes each subject once, at a moment that the seed draws.",
    (
        ScenarioKey("kind", Choice(FaultKind), "what happens"),
        ScenarioKey("scope", Choice(FaultScope), "whom one occurrence strikes at once"),
        ScenarioKey("at", Duration(), "when", not_with="every"),
        ScenarioKey("repeat", Duration(SECOND, zero=_NEVER), "again, so far apart", needs=("at",)),
        ScenarioKey("every", Drawn(SECOND), "between two occurrences for each subject"),
        ScenarioKey("share_ppm", SHARE, "of the subjects: it may strike them at all"),
        ScenarioKey("lasts", Drawn(_MILLISECOND), "how long it goes on", only_for=_LASTING),
        ScenarioKey(
            "heal",
            Drawn(),
            "drawn for each subject and added to `lasts`: links come back in a wave",
            only_for=_LASTING,
        ),
        ScenarioKey(
            "lost_before_ppm",
            SHARE,
            "of messages: lost on the way there",
            only_for=(FaultKind.LOSS,),
        ),
        ScenarioKey(
            "lost_after_ppm", SHARE, "of messages: answer lost", only_for=(FaultKind.LOSS,)
        ),
        ScenarioKey(
            "factor",
            Whole(2, 100_000),
            "by how much latency is multiplied",
            only_for=(FaultKind.SLOW,),
        ),
        ScenarioKey(
            "side", Choice(("central", "edge")), "whose clock", only_for=(FaultKind.CLOCK,)
        ),
        ScenarioKey("by", Drawn(), "how far it is put forward", only_for=(FaultKind.CLOCK,)),
    ),
)
TOP: Final = Table(
    "",
    Scenario,
    "At the top of the file.",
    (
        ScenarioKey(
            "name",
            Text("^[a-z0-9]+(-[a-z0-9]+)*$", "small letters and digits, with single hyphens"),
            "what the scenario is called; the file has the same name",
        ),
        ScenarioKey("why", Text(), "why it exists, in one to three sentences"),
        ScenarioKey(
            "duration",
            Duration(SECOND),
            "how long the work goes on; afterwards everything heals, `limits.settle` passes, and"
            " everybody looks at both sides. `--until` overrides it",
        ),
        ScenarioKey(
            "seed", Whole(0, 2**63 - 1), "what all chance comes from; `--seed` overrides it"
        ),
        ScenarioKey("swarm", Flag(), "the seed draws everything that the file leaves open"),
        ScenarioKey(
            "gate",
            Listed(Text(words="an expression such as `violations == 0`"), "expressions"),
            "what must hold for exit code 0",
        ),
        ScenarioKey(
            "reach",
            NumbersByName(per_thousand_hosts(0, 100_000), tuple(SITUATIONS), "situation"),
            "how often a run must get to which situations, for each thousand hosts and at least"
            " once; otherwise it is inconclusive",
        ),
    ),
)
"""What belongs to no table; `[reach]` is written as one."""
