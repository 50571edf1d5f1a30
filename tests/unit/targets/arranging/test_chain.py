"""The first way that can arranges; one that went wrong is the last that is tried."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harness.domain.arrangements import (
    AdvanceClock,
    Arrangement,
    FaultEffect,
    RemoveToken,
    SetLink,
    Side,
)
from harness.targets.arranging.api import PublishedApi
from harness.targets.arranging.chain import Chain
from harness.targets.port import ArrangingFailed, CannotArrange

ASKED = RemoveToken("t-1")


@dataclass
class Way:
    """Does what it is told to do, and notes what it was asked for."""

    name: str
    why: str = ""
    error: CannotArrange | None = None
    came: Arrangement | None = None
    effect: FaultEffect | None = None
    asked: list[Arrangement] = field(default_factory=list)

    def cannot(self, kind: type[Arrangement]) -> str:
        return self.why

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        return self.effect

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        self.asked.append(arrangement)
        if self.error:
            raise self.error
        return self.came or arrangement


def test_the_first_that_can_arranges_and_no_other() -> None:
    never, able, later = Way("never", "no"), Way("able", came=RemoveToken("own")), Way("later")
    chain = Chain([never, able, later])
    assert chain.arrange(ASKED) == RemoveToken("own")
    assert (never.asked, able.asked, later.asked) == ([], [ASKED], [])
    assert (chain.cannot(RemoveToken), chain.way_for(RemoveToken)) == ("", "able")


def test_one_that_finds_out_that_it_cannot_leaves_it_to_the_next() -> None:
    finds_out = Way("finds-out", error=CannotArrange("RemoveToken", "not this one"))
    chain = Chain([finds_out, Way("never", "no"), Way("able")])
    assert chain.arrange(ASKED) == ASKED
    assert chain.ways_for(RemoveToken) == ("finds-out", "able")


def test_what_has_come_of_a_fault_is_told_by_the_way_that_brought_it_about() -> None:
    cut, told = SetLink("h1", up=False), FaultEffect(passed=7)
    finds_out = Way("finds-out", error=CannotArrange("SetLink", "not h1"), effect=FaultEffect())
    chain = Chain([finds_out, Way("able", effect=told)])
    assert chain.seen(cut) == FaultEffect()
    chain.arrange(cut)
    assert chain.seen(cut) == told
    assert Chain([Way("never", "no", effect=told)]).seen(cut) is None


def test_what_nobody_has_arranged_is_told_by_the_first_that_can() -> None:
    """A clock that is asked for the time, where the first way is that of the other side."""
    told = FaultEffect(now=1)
    assert Chain([Way("other"), Way("able", effect=told)]).seen(AdvanceClock(Side.EDGE, 0)) == told


class AllOfIt(PublishedApi):
    """Shows something of everything."""

    def __init__(self) -> None:
        self.looks = 0

    def cannot(self, kind: type[Arrangement]) -> str:
        return "it only shows"

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        self.looks += 1
        return FaultEffect(latest="1.0.0")


@pytest.mark.parametrize(("told", "looks"), [(None, 1), (FaultEffect(latest="2.0.0"), 0)])
def test_where_a_way_cannot_tell_what_is_published_is_looked_at(
    told: FaultEffect | None, looks: int
) -> None:
    api = AllOfIt()
    chain = Chain([Way("commands", effect=told), api])
    chain.arrange(ASKED)
    assert chain.seen(ASKED) == (told or FaultEffect(latest="1.0.0"))
    assert api.looks == looks


def test_one_that_went_wrong_is_the_last() -> None:
    later = Way("later")
    broken = Way("broken", error=ArrangingFailed("RemoveToken", "half done"))
    with pytest.raises(ArrangingFailed, match="half done"):
        Chain([broken, later]).arrange(ASKED)
    assert later.asked == []


def test_without_any_it_says_of_each_why_not() -> None:
    chain = Chain([Way("a", "add this"), Way("b", error=CannotArrange("x", "not that"))])
    with pytest.raises(CannotArrange, match=r"RemoveToken \(a: add this; b: not that\)"):
        chain.arrange(ASKED)
    assert Chain([Way("a", "add this"), Way("c", "or that")]).cannot(SetLink) == (
        "a: add this; c: or that"
    )
    assert "names no way" in Chain([]).cannot(SetLink)
    assert Chain([]).way_for(SetLink) == ""
