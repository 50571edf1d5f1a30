"""What the suite says where an arrangement says that it is so, and nothing has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.catalogue.verdict import Verdict
from harness.domain.arrangements import (
    Arrangement,
    InstallCluster,
    PutProfile,
    PutToken,
    PutUser,
    RemoveToken,
    SetClusterState,
    SetHostMode,
    SetNodeHealth,
)
from harness.domain.permission import every_grant
from harness.reference.sides import CentralSide, EdgeSide
from tests.integration.seen.trying import tried

STILL = {
    "PRE-1": "(Local UI|The cluster in Local UI) still shows (the cluster as|state) [rR]unning",
    "PRE-2": "Local UI still shows node .+ as Healthy",
    "PRE-3": "Local UI still (says .+ under local management|shows the cluster as running)",
    "PRE-4": "(The registration token is|Palette still shows the registration token as)",
}
"""What is said where each requirement's arrangements are read back: what was seen last."""
MET = {"PRE-1": 4, "PRE-2": 9, "PRE-3": 2, "PRE-4": 3}
"""How many scenarios of each, at the least, rest on one of them."""


def does_nothing(arrangement: Arrangement) -> bool:
    """Whether it is one of those that say that they are so, and are not."""
    if isinstance(arrangement, InstallCluster):
        return arrangement.cluster is None
    return isinstance(arrangement, SetClusterState | SetHostMode | SetNodeHealth | RemoveToken)


def idle(really: Callable[[Any, Arrangement], None]) -> Callable[[Any, Arrangement], None]:
    def arrange(self: Any, arrangement: Arrangement) -> None:
        match arrangement:
            case PutToken(token) if not token.active:
                really(self, PutToken(replace(token, active=True)))
            case _ if not does_nothing(arrangement):
                really(self, arrangement)

    return arrange


@pytest.mark.parametrize("driver", ["inprocess", pytest.param("http", marks=pytest.mark.slow)])
def test_what_is_not_seen_to_be_so_is_no_ground_for_a_verdict(driver: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for side in (CentralSide, EdgeSide):
            patch.setattr(side, "arrange", idle(side.arrange))
        results = tried(*STILL, by=(driver,))
    for (_, requirement), result in results.items():
        grey = [e.reason for e in result.with_verdict(Verdict.INCONCLUSIVE)]
        assert not result.with_verdict(Verdict.FAIL), result
        assert len(grey) >= MET[requirement], result
        for reason in grey:
            assert re.match(f"The scenario did not get that far: {STILL[requirement]}", reason)


UNLIKE = {
    "PRE-7": ("the latest version of a cluster profile is 1.0.0", 4),
    "PRE-8": ("the permissions of ", 6),
    "PRE-9": ("the permissions of ", 2),
}
"""How it reads where another thing is there than was arranged, and how often at least."""


def unlike(arrangement: Arrangement) -> Arrangement:
    """Everybody may do everything in each scope of theirs, and a profile has its first version."""
    match arrangement:
        case PutUser(grants=grants):
            scopes = {grant.scope for grant in grants} or {""}
            every = frozenset(g for scope in scopes for g in every_grant(scope))
            return replace(arrangement, grants=every if len(grants) < 4 else frozenset())
        case PutProfile(profile):
            return PutProfile(replace(profile, editions=profile.editions[:1]))
    return arrangement


@pytest.mark.parametrize(
    ("driver", "asked"),
    [
        ("inprocess", ("PRE-7", "PRE-8")),
        pytest.param("http", tuple(UNLIKE), marks=pytest.mark.slow),
    ],
    ids=["inprocess", "http"],
)
def test_permissions_and_versions_that_are_others_are_no_ground_for_a_verdict(
    driver: str, asked: tuple[str, ...]
) -> None:
    really = CentralSide.arrange
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CentralSide, "arrange", lambda self, asked: really(self, unlike(asked)))
        results = tried(*asked, by=(driver,))
    for requirement in asked:
        (why, at_least), result = UNLIKE[requirement], results[driver, requirement]
        grey = [e.reason for e in result.with_verdict(Verdict.INCONCLUSIVE)]
        assert not result.with_verdict(Verdict.FAIL), result.with_verdict(Verdict.FAIL)
        assert sum(f"What was arranged is not so: {why}" in reason for reason in grey) >= at_least
