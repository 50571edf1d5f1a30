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


_Key: Final = ScenarioKey
"""Short, as it stands on most lines of the tables below."""

_FLEET: Final = Table(
    "fleet",
    FleetPlan,
    "Who is there.",
    (
        _Key("hosts", Whole(1, 10_000_000), "how many hosts; `--hosts` overrides it"),
        _Key(
            "sizes",
            Weights(Whole(1, 100), Whole(0, 1_000_000)),
            "weights of cluster sizes, by hosts a cluster",
        ),
        _Key("clusters_per_site", Whole(1, 100_000), "clusters that share a site, and its link"),
        _Key("regions", Whole(1, 1_000), "regions that the sites lie in"),
        _Key("tenants", Whole(1, 100), "tenants of the central plane"),
        _Key("projects", Whole(1, 100), "projects of each tenant"),
        _Key(
            "cells",
            Whole(1, 4_096),
            "parts that the fleet is divided into; another number is another run",
        ),
        _Key(
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
        _Key("begin", Drawn(), "when the operator of a cluster first sends"),
        _Key("think", Drawn(), "between two steps of a flow"),
        _Key("watch", Drawn(SECOND, none=_NEVER), "between looks at a pending request"),
        _Key("cancels_ppm", SHARE, "cancelled after a while"),
        _Key(
            "cancel_after",
            Drawn(),
            "how long after the send",
            needs=("cancels_ppm", "cancels_decided_ppm"),
        ),
        _Key("cancels_decided_ppm", SHARE, "cancelled just as they may be decided (a race)"),
        _Key("forgets_ppm", SHARE, "nobody looks or cancels until the run settles"),
        _Key("sends_twice_ppm", SHARE, "of sends: another follows at once, from another window"),
        _Key("wrong_token_ppm", SHARE, "of clusters: the first send has a token that is not good"),
        _Key(
            "tries",
            Whole(1, 1_000),
            "how often one who wants to pair tries, refusals and unknown outcomes included",
        ),
        _Key("retry", Drawn(), "between two tries"),
        _Key(
            "again",
            Drawn(none=_NEVER),
            "from a cancel, a rejection or a failure to the next request",
        ),
        _Key(
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
        _Key("poll", Drawn(SECOND), "between two polls of a pending request"),
        _Key(
            "deadline",
            Duration(10 * _MILLISECOND, HOUR),
            "how long a host waits for an answer of the central side",
        ),
        _Key(
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
        _Key("team", Whole(1, 100), "administrators in each project of a cell"),
        _Key("notice", Drawn(), "from a send to somebody's taking it up"),
        _Key("think", Drawn(), "between two steps of a review"),
        _Key(
            "deadline",
            Duration(10 * _MILLISECOND, HOUR),
            "how long an administrator waits for an answer",
        ),
        _Key("shift", Duration(MINUTE, zero="always"), "how long they work in each day"),
        _Key("day", Duration(MINUTE), "how long a day is", needs=("shift",)),
        _Key("rejects_ppm", SHARE, "the request is rejected"),
        _Key("mistypes_ppm", SHARE, "the first selection of profiles does not match"),
        _Key("renames_ppm", SHARE, "name, description and tags are changed on acceptance"),
        _Key(
            "doubles_ppm",
            SHARE,
            "a second administrator decides on the same request at the same time",
        ),
        _Key(
            "contradicts_ppm", SHARE, "of those: he decides the other way", needs=("doubles_ppm",)
        ),
        _Key(
            "accepts_stale_ppm",
            SHARE,
            "of requests that were cancelled without a link: somebody accepts them later on",
        ),
        _Key("sweep", Drawn(SECOND, none=_NEVER), "between looks at the whole list of a project"),
        _Key("work", Drawn(SECOND, none=_NEVER), "between central operations on a paired cluster"),
    ),
)
_TIMELINES: Final = Table(
    "timelines",
    TimelinePlan,
    "What changes for everybody. It is drawn from the seed, and the same in each cell.",
    (
        _Key(
            "token_lasts",
            Duration(MINUTE, zero="forever"),
            "how long a registration token is good; a new one is there in time",
        ),
        _Key(
            "token_revoked",
            Drawn(SECOND, none=_NEVER),
            "between revocations of a token before its time",
        ),
        _Key("publish", Drawn(SECOND, none=_NEVER), "between new versions of a profile"),
        _Key(
            "breaking_ppm",
            SHARE,
            "of new versions: they do not match what the clusters run",
            needs=("publish",),
        ),
        _Key(
            "grants",
            Drawn(SECOND, none=_NEVER),
            "between losses of a permission by an administrator",
        ),
        _Key(
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
        _Key("latency", Drawn(0, HOUR), "one way"),
        _Key("lost_before_ppm", SHARE, "lost on the way there: they have no effect"),
        _Key("lost_after_ppm", SHARE, "whose answer is lost: they have had their effect"),
        _Key("repeated_ppm", SHARE, "that arrive twice"),
        _Key("delayed_ppm", SHARE, "that are held up, so that others overtake them"),
        _Key("delay", Drawn(0, HOUR), "for how long", needs=("delayed_ppm",)),
        _Key("bandwidth_kbit", Whole(0, 100_000_000), "of a host's link, in kbit/s; 0 is no limit"),
    ),
)
_CENTRAL: Final = Table(
    "central",
    CentralPlan,
    "What the central plane can carry, and its choices.",
    (
        _Key("workers", Whole(1, 100_000), "that serve operations, one at a time each"),
        _Key(
            "workers_per_thousand_hosts_milli",
            per_thousand_hosts(0, 1_000),
            "and so many besides: a scenario is then as busy at any `--hosts`",
        ),
        _Key("service", Drawn(1, HOUR), "what one operation costs a worker"),
        _Key("queue", Duration(), "who would wait longer is refused (429)"),
        _Key(
            "rate_per_minute",
            Whole(0, 1_000_000_000),
            "operations a minute of one person's API key; 0 is no limit",
        ),
        _Key("handover", Duration(SECOND), "how long an acceptance waits for its host"),
    ),
)
_LIMITS: Final = Table(
    "limits",
    InvariantLimits,
    "By which bounds the invariants judge.",
    (
        _Key("list_lag", Duration(), "how far a list may lag behind (INV-8)"),
        _Key("edge_lag", Duration(SECOND), "how far the edge's copy may lag behind (INV-8)"),
        _Key(
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
        _Key("clusters", Listed(Whole(0, 10_000_000), "cluster numbers"), "the clusters"),
        _Key(
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
        _Key("kind", Choice(FaultKind), "what happens"),
        _Key("scope", Choice(FaultScope), "whom one occurrence strikes at once"),
        _Key("at", Duration(), "when", not_with="every"),
        _Key("repeat", Duration(SECOND, zero=_NEVER), "again, so far apart", needs=("at",)),
        _Key("every", Drawn(SECOND), "between two occurrences for each subject"),
        _Key("share_ppm", SHARE, "of the subjects: it may strike them at all"),
        _Key("lasts", Drawn(_MILLISECOND), "how long it goes on", only_for=_LASTING),
        _Key(
            "heal",
            Drawn(),
            "drawn for each subject and added to `lasts`: links come back in a wave",
            only_for=_LASTING,
        ),
        _Key(
            "lost_before_ppm",
            SHARE,
            "of messages: lost on the way there",
            only_for=(FaultKind.LOSS,),
        ),
        _Key("lost_after_ppm", SHARE, "of messages: answer lost", only_for=(FaultKind.LOSS,)),
        _Key(
            "factor",
            Whole(2, 100_000),
            "by how much latency is multiplied",
            only_for=(FaultKind.SLOW,),
        ),
        _Key("side", Choice(("central", "edge")), "whose clock", only_for=(FaultKind.CLOCK,)),
        _Key("by", Drawn(), "how far it is put forward", only_for=(FaultKind.CLOCK,)),
    ),
)
TOP: Final = Table(
    "",
    Scenario,
    "At the top of the file.",
    (
        _Key(
            "name",
            Text("^[a-z0-9]+(-[a-z0-9]+)*$", "small letters and digits, with single hyphens"),
            "what the scenario is called; the file has the same name",
        ),
        _Key("why", Text(), "why it exists, in one to three sentences"),
        _Key(
            "duration",
            Duration(SECOND),
            "how long the work goes on; afterwards everything heals, `limits.settle` passes, and"
            " everybody looks at both sides. `--until` overrides it",
        ),
        _Key("seed", Whole(0, 2**63 - 1), "what all chance comes from; `--seed` overrides it"),
        _Key("swarm", Flag(), "the seed draws everything that the file leaves open"),
        _Key(
            "gate",
            Listed(Text(words="an expression such as `violations == 0`"), "expressions"),
            "what must hold for exit code 0",
        ),
        _Key(
            "reach",
            NumbersByName(per_thousand_hosts(0, 100_000), tuple(SITUATIONS), "situation"),
            "how often a run must get to which situations, for each thousand hosts and at least"
            " once; otherwise it is inconclusive",
        ),
    ),
)
"""What belongs to no table; `[reach]` is written as one."""
