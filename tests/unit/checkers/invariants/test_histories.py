"""Each invariant over histories written by hand: what it lets pass, and what it blames."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.invariants.entities import reason_of
from harness.checkers.invariants.stream import ALL, Bounds, violations_of
from harness.checkers.registry import run_check
from harness.history.operation import History, OperationRecord, Outcome
from tests.unit.checkers.invariants import (
    histories_of_managers,
    histories_of_permission,
    histories_of_requests,
)
from tests.unit.checkers.invariants.handwritten import HistoryBuilder
from tests.unit.checkers.invariants.histories import BAD, GOOD, Teller

__all__ = ["histories_of_managers", "histories_of_permission", "histories_of_requests"]

CHECKS = {
    "INV-1": "one_manager",
    "INV-2": "no_request_is_lost",
    "INV-3": "accepted_by_exact_match",
    "INV-4": "cancel_stays_done",
    "INV-5": "ids_are_never_reused",
    "INV-6": "decided_once",
    "INV-7": "only_who_may_changes",
    "INV-9": "everything_settles",
    "INV-10": "nothing_local_after_confirmation",
}
LISTED = pytest.mark.parametrize
NAMES = [f"{invariant}-{teller.__name__}" for invariant, teller in GOOD]  # type: ignore[attr-defined]
BAD_NAMES = [f"{invariant}-{teller.__name__}" for invariant, teller in BAD]  # type: ignore[attr-defined]


def written_by(teller: Teller) -> tuple[HistoryBuilder, object]:
    history = HistoryBuilder()
    return history, teller(history)


@LISTED(("invariant", "teller"), GOOD, ids=NAMES)
def test_what_is_right_is_blamed_by_none(invariant: str, teller: Teller) -> None:
    history, _ = written_by(teller)
    assert violations_of(history.history()) == ()


@LISTED(("invariant", "teller"), BAD, ids=BAD_NAMES)
def test_what_is_wrong_is_blamed_on_the_operation_that_shows_it(
    invariant: str, teller: Teller
) -> None:
    history, culprit = written_by(teller)
    found = [v for v in violations_of(history.history()) if v.invariant == invariant]
    assert len(found) == 1
    assert culprit in found[0].operations
    finding = run_check(CHECKS[invariant], history.history(), {})
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, found[0].reason)


def reason_with(teller: Teller, message: str) -> tuple[str, tuple[str, ...]]:
    """What is said of a history where every refusal has this message, and of which operations."""
    operations = written_by(teller)[0].history().operations
    told = [replace(o, error={**o.error, "message": message}) if o.error else o for o in operations]
    (found,) = violations_of(History(tuple(told)))
    return found.reason, found.operations


def test_what_palette_answered_is_told_of_a_send_that_is_always_refused() -> None:
    reason, operations = reason_with(
        histories_of_requests.palette_breaks_down_over_each_submission_of_a_cluster_at_rest,
        "no free\nconnection",
    )
    assert reason.endswith(
        "the last one as HostCannotReachPalette, where Palette answered its submission as"
        " InternalError (no free connection)"
    )
    assert operations == ("t#10", "t#9")


def test_what_the_host_says_is_told_where_its_messages_are_not_heard() -> None:
    def teller(t: HistoryBuilder) -> str:
        histories_of_requests.at_rest(t)
        t.send(so="Conflict")
        t.listed()
        t.send(so="Conflict")
        return t.send(so="HostCannotReachPalette")

    assert reason_with(teller, "x" * 200)[0].endswith(
        f"the last one as HostCannotReachPalette ({'x' * 120}…)"
    )


@LISTED(("invariant", "teller"), GOOD, ids=NAMES)
def test_what_was_never_answered_makes_nothing_wrong_of_what_is_right(
    invariant: str, teller: Teller
) -> None:
    operations = written_by(teller)[0].history().operations
    for number, operation in enumerate(operations):
        unknown = replace(operation, outcome=Outcome.INFO, value=None, error={"why": "no answer"})
        changed = (*operations[:number], unknown, *operations[number + 1 :])
        assert violations_of(History(changed)) == (), operation


@LISTED(("invariant", "teller"), BAD, ids=BAD_NAMES)
def test_the_operation_that_shows_it_shows_nothing_without_an_answer(
    invariant: str, teller: Teller
) -> None:
    history, culprit = written_by(teller)
    operations = tuple(
        replace(o, outcome=Outcome.INFO, value=None, error={"why": "no answer"})
        if o.id == culprit
        else o
        for o in history.history().operations
    )
    assert invariant not in {v.invariant for v in violations_of(History(operations))}


def test_each_invariant_has_enough_of_both() -> None:
    for histories in (GOOD, BAD):
        counts = Counter(invariant for invariant, _ in histories)
        assert {i: n for i, n in counts.items() if n < 3} == {}
        assert set(counts) == set(ALL) - {"INV-8"}


def test_what_nobody_can_tell_is_inconclusive() -> None:
    history = HistoryBuilder()
    history.send()
    history.accept()
    finding = run_check("accepted_by_exact_match", history.history(), {})
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "the stack" in finding.reason
    finding = run_check("everything_settles", history.history(), {})
    assert finding.verdict is Verdict.INCONCLUSIVE


def test_the_bounds_are_the_callers() -> None:
    history = HistoryBuilder().set_up()
    history.send()
    history.listed()
    assert violations_of(history.history()) == ()
    assert len(violations_of(history.history(), ["INV-2"], Bounds(list_lag=0))) == 1
    finding = run_check("no_request_is_lost", history.history(), {"list_lag_s": 0, "settle_s": 30})
    assert finding.verdict is Verdict.FAIL
    with pytest.raises(TypeError, match="list_lag"):
        run_check("no_request_is_lost", history.history(), {"list_lag": 0})


def test_what_a_page_does_not_show_neither_side_has_told() -> None:
    asked = OperationRecord("s#1", "s", "an administrator", "RejectPairingRequest", {}, 0, 1)
    refused = replace(asked, outcome=Outcome.FAIL, error={"reason": "NotFound"})
    assert reason_of(refused) == "NotFound"
    assert reason_of(replace(refused, request={"by": "browser"})) == ""
