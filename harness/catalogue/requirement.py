"""What declares a requirement, and the profiles and features by which requirements are chosen.

`--profile` selects the requirements of the profiles that it names and no others, so that a run
stays as short as what it is about. A certificate reads cumulatively: extended stands on core, and
resilience on both; see `stands_on`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from harness.catalogue.errors import UnknownName
from harness.domain.errors import Reason


class Role(StrEnum):
    """The side that a requirement binds, or that a target plays."""

    EDGE = "edge"
    CENTRAL = "central"
    BOTH = "both"


class Level(StrEnum):
    """How strongly the document asks for it."""

    MUST = "must"
    SHOULD = "should"
    UNSPECIFIED = "unspecified"


class Profile(StrEnum):
    """The certification profile that a requirement belongs to."""

    CORE = "core"
    EXTENDED = "extended"
    RESILIENCE = "resilience"


class Feature(StrEnum):
    """An optional ability that a target claims."""

    PAGES = "pages"
    SCOPES = "scopes"
    MULTI_NODE = "multi-node"
    CLOCK = "clock"
    SERVER_STEPS = "server-steps"
    MANAGEMENT_SWITCH = "management-switch"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause of the documented procedure.

    `source` is the section's anchor, with the step where there is one:
    `#send-pairing-request-from-local-cluster step 6`. `title` is one line; `text` says in our
    own words what must hold: a MUST of the core, unless it says otherwise. An invariant (`INV-…`)
    is judged over whole histories.

    `refused_as` are the reasons for which a refusal that it asks for proves something by itself;
    any other has to be seen beside the same operation where it is allowed. `demands` are the
    kinds of operations that have to work by it: one that does not fails it, where elsewhere what
    rests on it is only inconclusive.
    """

    id: str
    role: Role
    title: str
    text: str
    source: str
    level: Level = Level.MUST
    profile: Profile = Profile.CORE
    features: tuple[Feature, ...] = ()
    refused_as: tuple[Reason, ...] = ()
    demands: tuple[str, ...] = ()

    def lacks(self, claimed: Collection[str]) -> str:
        """What a target would have to claim to be judged by it; empty if it claims enough."""
        return "" if not self.features or set(self.features) & set(claimed) else self.needs

    @property
    def needs(self) -> str:
        """The features of which one is needed, as people read them; empty if none is."""
        return " or ".join(self.features)

    @property
    def group(self) -> str:
        """The letters before the number, such as `WDR`."""
        return self.id.partition("-")[0]

    @property
    def is_invariant(self) -> bool:
        """Whether it is judged over a whole history, not by a step of a scenario."""
        return self.group == "INV"


edge = partial(Requirement, role=Role.EDGE)
"""Declares what binds the edge; the two below, what binds the central side, or both."""
central = partial(Requirement, role=Role.CENTRAL)
both = partial(Requirement, role=Role.BOTH)

_ID = re.compile(r"(?P<group>[A-Z]{3})-(?P<number>\d+)(?P<variant>[A-Z]?)")


@dataclass(frozen=True, slots=True)
class Group:
    """The requirements whose ids begin with `prefix`, in their order.

    `anchor` is the section of the document that they come from, `about` one sentence.
    """

    prefix: str
    title: str
    anchor: str
    about: str
    requirements: tuple[Requirement, ...]


def order_of(requirement_id: str) -> tuple[int, str]:
    """What a group is sorted by: the number, then the letter (`WDR-2` before `WDR-2P`).

    Raises:
        ValueError: the text is not an id such as `WDR-4` or `ACC-9B`.
    """
    parsed = _ID.fullmatch(requirement_id)
    if parsed is None:
        raise ValueError(f"{requirement_id!r} is not an id such as WDR-4 or ACC-9B")
    return int(parsed["number"]), parsed["variant"]


@dataclass(frozen=True, slots=True)
class FeatureDescription:
    """What a target claims with a feature, and what happens when it does not."""

    feature: Feature
    claim: str
    unclaimed: str


FEATURES: tuple[FeatureDescription, ...] = (
    FeatureDescription(
        Feature.PAGES,
        "The side that is certified has web pages with the documented labels (Settings,"
        " Centrally Managed, Pair, Cancel Pairing Request, I understand …), and a browser can"
        " open them. What only a page can show is judged there, beside the API; `[pages]` says what"
        " is called otherwise.",
        "Requirements that only a page can show are reported as `not_supported: pages`; so they are"
        " where no browser is installed, and in process.",
    ),
    FeatureDescription(
        Feature.SCOPES,
        "The central side knows a tenant and, within it, several projects that are kept"
        " apart; each registration token leads to one project; users can be given a"
        " permission in one scope and not in another.",
        "The requirements on tenant and project scope are reported as `not_supported: scopes`;"
        " everything else is judged within a single scope.",
    ),
    FeatureDescription(
        Feature.MULTI_NODE,
        "At least one cluster of the pool spans several edge hosts, with a control plane and a"
        " worker pool, so that a single node can be unhealthy and a single host cut off.",
        "Scenarios that need more than one node are reported as `not_supported: multi-node`;"
        " the requirements behind them (PRE-2, PRE-5 …) are judged by their other scenarios.",
    ),
    FeatureDescription(
        Feature.CLOCK,
        "The clock of each side that is certified can be put forward, by the control port, a"
        " command or a person: logins and tokens then expire without anybody waiting for it.",
        "Scenarios that put such a clock forward are reported as `not_supported: clock`; the"
        " requirements behind them (SND-1, ACC-1 …) are judged by their other scenarios.",
    ),
    FeatureDescription(
        Feature.SERVER_STEPS,
        "Palette's API itself goes through the wizard's steps, in calls of their own, and lets"
        " nobody skip one.",
        "What the wizard's pages show (ACC-4, ACC-11, ACC-17, ACC-18) is judged on pages only,"
        " if these are claimed; where the calls of an acceptance are said to be steps, what they do"
        " out of their order is observed.",
    ),
    FeatureDescription(
        Feature.MANAGEMENT_SWITCH,
        "Local UI offers a way to choose local management again on a host that is centrally"
        " managed, which has to lead nowhere once the cluster is paired (ACC-19).",
        "Nobody is asked to give a paired cluster back: `not_supported: management-switch`.",
    ),
)
"""Every feature, in the order in which a target file lists them."""


@dataclass(frozen=True, slots=True)
class ProfileDescription:
    """What a certification profile is about, and what its certificate says."""

    profile: Profile
    meaning: str
    certificate: str


PROFILES: tuple[ProfileDescription, ...] = (
    ProfileDescription(
        Profile.CORE,
        "What any implementation has to do in the plain flows: send, accept, withdraw and"
        " reject with one cluster at a time, their prerequisites, and a cancel with the link"
        " down.",
        "The documented procedure works as documented.",
    ),
    ProfileDescription(
        Profile.EXTENDED,
        "What shows only with several hosts, several scopes or fine-grained permissions:"
        " every host reaches the endpoint, tenants and projects are kept apart, each"
        " permission is checked on its own, the transfer is for good.",
        "Core holds as well, and the implementation is fit for clusters of many hosts and"
        " centres of many teams.",
    ),
    ProfileDescription(
        Profile.RESILIENCE,
        "What holds under link failures, restarts, races and load: the invariants over whole"
        " histories, and what happens where the document is silent about failures.",
        "Core and extended hold as well, and no fault that was tried broke an invariant.",
    ),
)
"""Every profile, each standing on those before it."""


def stands_on(profile: Profile) -> tuple[Profile, ...]:
    """The profiles that must hold for a claim to this one, itself last."""
    order = tuple(d.profile for d in PROFILES)
    return order[: order.index(profile) + 1]


def profiles_named(names: Iterable[str]) -> tuple[Profile, ...]:
    """The profiles of these names, each once and in their order; a name may be several with commas.

    Raises:
        UnknownName: there is none of a name.
    """
    asked = {name.strip() for item in names for name in item.split(",") if name.strip()}
    known = {profile.value for profile in Profile}
    for name in sorted(asked - known):
        raise UnknownName("profile", name, sorted(known))
    return tuple(profile for profile in Profile if profile.value in asked)


def has_all_it_stands_on(profiles: Collection[str]) -> bool:
    """Whether the profiles of these names stand on no others: then they may be claimed."""
    order = [profile.value for profile in Profile]
    return {*profiles} == {*order[: len({*profiles})]}
