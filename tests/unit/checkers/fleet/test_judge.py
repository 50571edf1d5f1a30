"""One stream, judged and measured: what is found, when, and how much is remembered."""

from __future__ import annotations

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.invariants.known import Bounds
from tests.unit.checkers.fleet.judging import heard, judged
from tests.unit.checkers.invariants.tale import SECOND, Tale


def test_what_the_invariants_find_is_handed_back() -> None:
    tale = Tale().stage()
    tale.send("A")
    tale.cancel()
    wrong = tale.local_shows("Pairing", "A")
    found = heard(CellJudge(Bounds(), bucket=SECOND), tale)
    assert [v.invariant for v in found] == ["INV-4"]
    assert wrong in found[0].operations


def test_what_is_found_at_the_end_is_handed_back() -> None:
    tale = Tale().stage()
    tale.send("A")
    judge = judged(tale, watch=True)
    assert "nobody looked" in judge.measures().undecided["INV-9"]


def test_one_violation_stands_in_the_way_of_no_later_one() -> None:
    tale = Tale().stage()
    for uid in ("A", "B"):
        tale.send(uid)
        tale.cancel()
        tale.local_shows("Pairing", uid)
    found = heard(CellJudge(Bounds(), bucket=SECOND), tale)
    assert [violation.invariant for violation in found] == ["INV-4", "INV-4"]


def test_the_bounds_decide_what_is_late() -> None:
    def found(settle: int) -> list[str]:
        tale = Tale().stage()
        tale.send("A")
        tale.reject("A")
        tale.later(60)
        tale.local_shows("Pairing", "A")
        judge = CellJudge(Bounds(edge_lag=settle, settle=settle), bucket=SECOND)
        return [violation.invariant for violation in heard(judge, tale)]

    assert found(120 * SECOND) == []
    assert found(10 * SECOND)


def test_without_a_watch_everything_is_measured_and_nothing_blamed() -> None:
    tale = Tale().stage()
    tale.send("A")
    tale.cancel()
    tale.local_shows("Pairing", "A")
    judge, blind = judged(tale, watch=True), judged(tale)
    assert heard(CellJudge(Bounds(), bucket=SECOND, watch=False), tale) == []
    assert blind.measures().operations == judge.measures().operations
    assert blind.measures().undecided == {}
    assert blind.ids() == judge.ids()


def test_pending_requests_are_those_that_wait_for_a_decision() -> None:
    tale, judge = Tale().stage(), CellJudge(Bounds(), bucket=SECOND)
    tale.cluster("other")
    tale.send("A")
    tale.send("B", host="other")
    heard(judge, tale)
    assert judge.pending == 2
    tale.operations.clear()
    tale.reject("A")
    heard(judge, tale)
    assert judge.pending == 1
