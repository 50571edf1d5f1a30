"""What a budget leaves of the suite: each MUST once, then what is cheap, rows of outlines last."""

from __future__ import annotations

import pytest

from harness.catalogue import needs
from harness.catalogue.needs import Need
from harness.catalogue.requirement import Level, Requirement, Role
from harness.catalogue.requirements import by_id
from harness.running import budget
from harness.running.budget import BudgetTooSmall, within
from harness.verifying.known import known_here


def requirement(name: str, level: Level = Level.MUST) -> Requirement:
    return Requirement(name, Role.EDGE, "t", "t", "#s", level)


A, B, C = requirement("AAA-1"), requirement("AAA-2"), requirement("AAA-3", Level.SHOULD)
COSTS = {"f/a": 2, "f/a-dear": 9, "f/b[1]": 3, "f/b[2]": 4, "f/b[3]": 5, "f/c": 6, "f/again": 7}
SUITE = {
    "f/a-dear": [A],
    "f/a": [A],
    "f/b[3]": [B],
    "f/b[2]": [B],
    "f/b[1]": [B],
    "f/again": [B],
    "f/c": [C],
}


@pytest.fixture(autouse=True)
def costs(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {name: Need(waits_ms=1_000 * seconds) for name, seconds in COSTS.items()}
    monkeypatch.setattr(budget, "all_needs", lambda: table)


@pytest.mark.parametrize(
    ("seconds", "others"),
    [
        (5, ()),
        (10.5, ()),
        (11, ("f/c",)),
        (18, ("f/c", "f/again")),
        (27, ("f/c", "f/again", "f/a-dear")),
        (31, ("f/c", "f/again", "f/a-dear", "f/b[2]")),
        (36, ("f/c", "f/again", "f/a-dear", "f/b[2]", "f/b[3]")),
    ],
)
def test_each_must_is_asked_and_rows_that_are_repeats_come_last(
    seconds: float, others: tuple[str, ...]
) -> None:
    chosen = within(seconds, SUITE)
    assert (chosen.musts, chosen.others) == (("f/a", "f/b[1]"), others)
    assert chosen.lasts_s == sum(COSTS[s] for s in chosen.scenarios) <= seconds
    assert within(seconds, dict(reversed(SUITE.items()))) == chosen


def test_where_not_each_must_fits_it_says_how_long_that_takes() -> None:
    with pytest.raises(BudgetTooSmall, match=r"takes about 5 s \(2 of 7 scenarios\), and there"):
        within(4.9, SUITE)


def test_of_the_suite_each_must_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "all_needs", needs.all_needs)
    suite = {
        id_: [by_id(r) for r in known.requirements] for id_, known in known_here().scenarios.items()
    }
    chosen = within(30, suite)
    musts = {r.id for rs in suite.values() for r in rs if r.level is Level.MUST}
    assert musts <= {r.id for s in chosen.musts for r in suite[s]}
    assert len(chosen.musts) < len(chosen.scenarios) < len(suite)
    assert within(100_000, suite).scenarios[: len(chosen.scenarios)] == chosen.scenarios
    assert set(within(100_000, suite).scenarios) == set(suite)


@pytest.mark.parametrize(
    "lacks",
    [("SetLink",), ("FaultNextMessage", "PutUser"), ("Restart", "ViewProfile", "LogInToPalette")],
)
def test_a_must_is_asked_by_what_needs_nothing_that_the_target_lacks(
    monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...]
) -> None:
    monkeypatch.setattr(budget, "all_needs", needs.all_needs)
    suite = {
        id_: [by_id(r) for r in known.requirements] for id_, known in known_here().scenarios.items()
    }

    def missed(*lacking: str) -> set[str]:
        """The MUSTs that something could be said of, and of which nothing will be."""
        able = {s for s in suite if not budget._is_lacking(s, suite[s], frozenset(lacks))}
        asked = {r.id for s in within(60, suite, lacking).musts if s in able for r in suite[s]}
        return {r.id for s in able for r in suite[s] if r.level is Level.MUST} - asked

    assert not missed(*lacks)
    assert missed()


def test_what_ends_at_once_takes_no_time() -> None:
    assert within(0.1, SUITE, ("edge",)).lasts_s == 0
    assert within(0.1, SUITE, ("edge",)).musts == ("f/a", "f/b[1]")
