"""One stream, judged and measured: what is found, when, and how much is remembered."""

from __future__ import annotations

from dataclasses import replace

from harness.checkers.fleet.judge import AT_LAST, CellJudge
from harness.checkers.invariants.known import LATE, Bounds
from harness.history.operation import Json
from tests.unit.checkers.fleet.judging import heard, judge_history
from tests.unit.checkers.invariants.handwritten import SECOND, HistoryBuilder


def test_what_the_invariants_find_is_handed_back() -> None:
    history = HistoryBuilder().set_up()
    history.send("A")
    history.cancel()
    history.later(60)
    wrong = history.local_shows("Pairing", "A")
    found = heard(CellJudge(Bounds(), bucket=SECOND), history)
    assert [v.invariant for v in found] == ["INV-4"]
    assert wrong in found[0].operations


def test_what_is_found_at_the_end_is_handed_back() -> None:
    history = HistoryBuilder().set_up()
    history.send("A")
    judge = judge_history(history, watch=True)
    assert "nobody looked" in judge.measures().undecided["INV-9"]


def test_one_violation_stands_in_the_way_of_no_later_one() -> None:
    history = HistoryBuilder().set_up()
    for uid in ("A", "B"):
        history.send(uid)
        history.cancel()
        history.later(60)
        history.local_shows("Pairing", uid)
    found = heard(CellJudge(Bounds(), bucket=SECOND), history)
    assert [violation.invariant for violation in found] == ["INV-4"] * 2


def test_the_bounds_decide_what_is_late() -> None:
    def findings(settle: int) -> list[str]:
        history = HistoryBuilder().set_up()
        history.send("A")
        history.reject("A")
        history.later(60)
        history.local_shows("Pairing", "A")
        judge = CellJudge(Bounds(edge_lag=settle, settle=settle), bucket=SECOND)
        return [violation.invariant for violation in heard(judge, history)]

    assert findings(120 * SECOND) == []
    assert findings(10 * SECOND)


def test_without_a_watch_everything_is_measured_and_nothing_blamed() -> None:
    history = HistoryBuilder().set_up()
    history.send("A")
    history.cancel()
    history.local_shows("Pairing", "A")
    judge, blind = judge_history(history, watch=True), judge_history(history)
    assert heard(CellJudge(Bounds(), bucket=SECOND, watch=False), history) == []
    assert blind.measures().operations == judge.measures().operations
    assert blind.measures().undecided == {}
    assert blind.ids() == judge.ids()


def test_pending_requests_are_those_that_wait_for_a_decision() -> None:
    history, judge = HistoryBuilder().set_up(), CellJudge(Bounds(), bucket=SECOND)
    history.cluster("other")
    history.send("A")
    history.send("B", host="other")
    heard(judge, history)
    assert judge.pending == 2
    history.operations.clear()
    history.reject("A")
    heard(judge, history)
    assert judge.pending == 1


def test_a_send_at_last_is_judged_and_is_no_request() -> None:
    def sent(tags: dict[str, Json]) -> CellJudge:
        history = HistoryBuilder().set_up()
        history.send("A")
        send = history.operations[-1]
        history.operations[-1] = replace(send, tags={**send.tags, **tags})
        return judge_history(history)

    assert sent({}).pending == 1
    at_last = sent({AT_LAST: True})
    assert at_last.pending == 0
    assert at_last.measures().operations["SendPairingRequest"]["ok"] == 1


def late_for(history: HistoryBuilder, operation: str, late_us: int) -> None:
    """The harness was late for so long before an operation."""
    history.operations = [
        replace(o, tags={**o.tags, LATE: late_us}) if o.id == operation else o
        for o in history.operations
    ]


def pending_for_a_minute() -> tuple[HistoryBuilder, str]:
    """A request that was rejected, and that Local UI still shows a minute later."""
    history = HistoryBuilder().set_up()
    history.send("A")
    history.reject("A")
    history.later(60)
    return history, history.local_shows("Pairing", "A")


def test_what_was_not_seen_while_the_harness_starved_is_inconclusive() -> None:
    history, look = pending_for_a_minute()
    late_for(history, look, 4 * SECOND)
    judge = CellJudge(Bounds(), bucket=SECOND)
    assert not heard(judge, history) + list(judge.end(history.now))
    undecided = judge.measures().undecided
    for invariant in ("INV-8", "INV-9"):
        assert "but the harness itself was late by 4.0 s of 30 s" in undecided[invariant]


def test_a_slow_target_is_blamed_where_the_harness_was_in_time() -> None:
    """A tenth of the bound, and what it was late for before another look, excuse nothing."""
    history, look = pending_for_a_minute()
    late_for(history, look, SECOND // 2)
    late_for(history, history.operations[-2].id, 29 * SECOND)
    judge = CellJudge(Bounds(), bucket=SECOND)
    found = heard(judge, history) + list(judge.end(history.now))
    assert {violation.invariant for violation in found} == {"INV-8", "INV-9"}


def test_what_is_no_matter_of_time_is_blamed_of_a_starved_harness_too() -> None:
    history = HistoryBuilder().set_up()
    history.send("A")
    history.cluster("other")
    again = history.send("A", host="other")
    late_for(history, again, 30 * SECOND)
    found = heard(CellJudge(Bounds(), bucket=SECOND), history)
    assert "INV-5" in {violation.invariant for violation in found}
