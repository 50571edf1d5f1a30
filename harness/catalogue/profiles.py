"""The certification profiles: sets of requirements that one certifies against.

`--profile` selects the requirements of that one profile and no other, so that a run stays as
short as what it is about. A certificate reads cumulatively: extended stands on core, and
resilience on both; see `stands_on`.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Profile, Requirement
from harness.catalogue.requirements import REQUIREMENTS


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


def describe(profile: Profile) -> ProfileDescription:
    """The description of a profile."""
    return next(d for d in PROFILES if d.profile is profile)


def requirements_of(profile: Profile) -> tuple[Requirement, ...]:
    """The requirements whose profile is exactly this one: what `--profile` selects."""
    return tuple(r for r in REQUIREMENTS if r.profile is profile)


def stands_on(profile: Profile) -> tuple[Profile, ...]:
    """The profiles that must hold for a claim to this one, itself last."""
    order = tuple(d.profile for d in PROFILES)
    return order[: order.index(profile) + 1]


def profile_named(name: str) -> Profile:
    """The profile of this name.

    Raises:
        UnknownName: there is none.
    """
    if name not in {p.value for p in Profile}:
        raise UnknownName("profile", name, (p.value for p in Profile))
    return Profile(name)
