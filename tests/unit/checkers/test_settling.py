"""Whether both sides agree, over histories written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import run_check
from harness.checkers.settling import handed_over_in_time
from harness.history.operation import History, Json, OperationRecord, Outcome

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO
NONE: tuple[Outcome, dict[str, Json]] = (FAIL, {"reason": "NoPairingRequest"})


def operation(
    id_: str, kind: str, outcome: Outcome = OK, told: dict[str, Json] | None = None, **args: Json
) -> OperationRecord:
    value, error = (told or {}, None) if outcome is OK else (None, told or {})
    return OperationRecord(id_, "s", "a", kind, args, 0, 1, outcome, value, error)


def pending(uid: str) -> tuple[Outcome, dict[str, Json]]:
    return OK, {"status": "Pairing", "pairing_uid": uid}


def verdict(
    *before: OperationRecord,
    shown: tuple[Outcome, dict[str, Json]] = NONE,
    listed: tuple[str, ...] = (),
    mode: str = "local",
    local: Outcome = OK,
    central: Outcome | None = None,
    state: str = "Running",
    request: str = "",
    late_us: int = 0,
    may_lapse: bool = False,
    untold: bool = False,
) -> Verdict:
    """What is said of the looks at the end, after what was done before."""
    items: list[Json] = [
        {"pairing_uid": uid, "local_cluster_uid": "c", "state": "Pairing"} for uid in listed
    ]
    items.append({"pairing_uid": "other", "local_cluster_uid": "d", "state": "Pairing"})
    looks = [
        operation("pairing", "ViewPairing", *shown),
        operation("listed", "ListPairingRequests", OK, {"items": items}),
        operation("mode", "ViewManagement", OK, {"mode": mode}),
        operation("local", "PatchNamedCluster", local),
    ]
    named = {look.id: look.id for look in looks}
    if central is not None:
        looks.append(operation("central", "ChangeCentralCluster", central))
        looks.append(operation("handover", "ViewCentralCluster", OK, {"state": state}))
        named |= {"central": "central", "handover": "handover"}
    if request:
        told: dict[str, Json] = {"pairing_uid": "u", "state": request}
        looks.append(operation("request", "ViewPairingRequest", OK, told))
        named |= {"request": "request"}
    history = History((*before, *looks))
    waited = {"late_us": late_us, "within_s": 30}
    asked = {**named, **waited, "may_lapse": may_lapse, "untold": untold}
    return run_check("both_sides_agree", history, {"cluster_uid": "c", **asked}).verdict


SENT = operation("1", "SendPairingRequest", OK, {"pairing_uid": "u"})
NOT_SENT = operation("1", "SendPairingRequest", FAIL)
CANCELLED = operation("2", "CancelPairingRequest")
SENT_AGAIN = operation("3", "SendPairingRequest", OK, {"pairing_uid": "v"})
ACCEPTED = operation("2", "AcceptPairingRequest", pairing_uid="u")
REJECTED = operation("2", "RejectPairingRequest", pairing_uid="u")
LOST = operation("0", "FaultNextMessage", message="withdraw", fault="lost-before")
BUSY = operation("0", "FaultNextMessage", message="withdraw", fault="rate-limited")
TWICE = operation("0", "FaultNextMessage", message="withdraw", fault="repeated")
LATE = operation("0", "FaultNextMessage", message="withdraw", fault="late")
MENDED = operation("0b", "SetLink", host_uid="h", up=True)
CUT = operation("0", "SetLink", host_uid="h", up=False)


def test_both_sides_agree_on_what_is_pending() -> None:
    assert verdict(NOT_SENT) is Verdict.PASS
    assert verdict(SENT, shown=pending("u"), listed=("u",)) is Verdict.PASS
    assert verdict(NOT_SENT, shown=pending("u"), listed=("u",)) is Verdict.PASS  # it came through


def test_nothing_waits_that_only_one_side_knows_of() -> None:
    assert verdict(NOT_SENT, listed=("u",)) is Verdict.FAIL
    assert verdict(SENT, shown=pending("u")) is Verdict.FAIL
    assert verdict(SENT, shown=pending("u"), listed=("u", "v")) is Verdict.FAIL
    assert verdict(SENT, shown=pending("v"), listed=("u",)) is Verdict.FAIL


def test_a_played_palette_is_not_told_what_a_second_send_has_replaced() -> None:
    both = {"shown": pending("v"), "listed": ("u", "v")}
    assert verdict(SENT, SENT_AGAIN, **both, untold=True) is Verdict.PASS
    assert verdict(SENT, SENT_AGAIN, **both) is Verdict.FAIL
    assert verdict(SENT, CANCELLED, SENT_AGAIN, **both, untold=True) is Verdict.FAIL
    assert verdict(SENT, SENT_AGAIN, shown=pending("v"), listed=("u",), untold=True) is Verdict.FAIL


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((LOST, SENT, CANCELLED), Verdict.PASS),
        ((BUSY, SENT, CANCELLED), Verdict.PASS),
        ((CUT, SENT, CANCELLED), Verdict.PASS),
        ((LOST, MENDED, SENT, CANCELLED), Verdict.FAIL),
        ((TWICE, SENT, CANCELLED), Verdict.FAIL),
        ((LATE, SENT, CANCELLED), Verdict.FAIL),
        ((SENT, CANCELLED), Verdict.FAIL),
        ((LOST, NOT_SENT), Verdict.FAIL),
    ],
)
def test_only_the_request_of_a_cancel_whose_message_was_lost_may_wait_alone(
    before: tuple[OperationRecord, ...], expected: Verdict
) -> None:
    assert verdict(*before, listed=("u",)) is expected


def test_one_side_manages_the_cluster() -> None:
    paired = (OK, {"status": "Paired", "pairing_uid": "u"})
    for shown in (paired, NONE):
        central = verdict(SENT, ACCEPTED, shown=shown, mode="central", local=FAIL, central=OK)
        assert central is Verdict.PASS
    assert verdict(SENT, ACCEPTED, central=FAIL) is Verdict.PASS  # it came to nothing
    assert verdict(SENT, ACCEPTED, central=OK) is Verdict.FAIL
    assert verdict(SENT, ACCEPTED, mode="central", local=FAIL, central=FAIL) is Verdict.FAIL
    assert verdict(SENT, ACCEPTED, mode="central", local=OK, central=OK) is Verdict.FAIL
    assert verdict(SENT, ACCEPTED, local=FAIL, central=FAIL) is Verdict.FAIL
    assert verdict(SENT, ACCEPTED, shown=paired, central=FAIL) is Verdict.FAIL


def test_an_acceptance_comes_to_an_end() -> None:
    assert verdict(SENT, ACCEPTED, central=FAIL, state="Pairing") is Verdict.FAIL
    waits = verdict(SENT, ACCEPTED, shown=pending("u"), listed=("u",), central=FAIL)
    assert waits is Verdict.FAIL
    over = OK, dict[str, Json]({"status": "Failed", "pairing_uid": "u"})
    for before in ((SENT, ACCEPTED), (CUT, SENT, ACCEPTED, CANCELLED)):
        is_owed = CANCELLED in before
        waits = verdict(*before, shown=over, central=FAIL, request="Accepted")
        assert waits is (Verdict.PASS if is_owed else Verdict.FAIL)
        failed = verdict(*before, shown=over, central=FAIL, request="Failed")
        assert failed is Verdict.PASS


def test_what_was_answered_with_success_holds() -> None:
    assert verdict(SENT, CANCELLED) is Verdict.PASS
    assert verdict(SENT, REJECTED) is Verdict.PASS
    assert verdict(SENT) is Verdict.FAIL
    assert verdict(SENT, CANCELLED, shown=pending("u"), listed=("u",)) is Verdict.FAIL
    assert verdict(SENT, REJECTED, shown=pending("u"), listed=("u",)) is Verdict.FAIL
    both = verdict(SENT, CANCELLED, mode="central", local=FAIL, central=OK)
    assert both is Verdict.FAIL
    assert verdict(SENT, CANCELLED, SENT_AGAIN, shown=pending("v"), listed=("v",)) is Verdict.PASS


def test_what_nobody_decided_for_long_may_lapse_if_both_sides_know_of_that() -> None:
    assert verdict(SENT, may_lapse=True) is Verdict.PASS
    assert verdict(SENT, shown=pending("u"), listed=("u",), may_lapse=True) is Verdict.PASS
    assert verdict(SENT, shown=pending("u"), may_lapse=True) is Verdict.FAIL
    assert verdict(SENT, listed=("u",), may_lapse=True) is Verdict.FAIL


def test_without_an_answer_nobody_is_blamed() -> None:
    assert verdict(SENT, shown=(INFO, {"why": "no answer"}), listed=("u",)) is Verdict.INCONCLUSIVE


def test_a_harness_that_was_starved_blames_nobody() -> None:
    assert verdict(NOT_SENT, listed=("u",), late_us=2_000_000) is Verdict.FAIL
    assert verdict(NOT_SENT, listed=("u",), late_us=4_000_000) is Verdict.INCONCLUSIVE
    assert verdict(NOT_SENT, late_us=4_000_000) is Verdict.PASS


# --- around the confirmation ----------------------------------------------------------------------
L, C, V = "PatchNamedCluster", "ChangeCentralCluster", "ViewCentralCluster"
UNCONFIRMED: dict[str, Json] = {"reason": "PairingNotConfirmed"}


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("L+ C- L- C+ V+ L- C+", Verdict.PASS),
        ("L+ C- L+ C+ V+ L- C+", Verdict.PASS),
        ("L+ C+ V- L+ C+ V+ L- C+", Verdict.PASS),
        ("L+ C+ V+ L+ C+", Verdict.FAIL),
        ("L+ C- L- C+ V+ L- C-", Verdict.FAIL),
        ("L- C+ V+ L+", Verdict.FAIL),
        ("L+ C- L- C- L- C- L- C- L- C- L- C- L- C+ V+", Verdict.FAIL),
        ("L- C- L- C-", Verdict.INCONCLUSIVE),
        ("L+ C- L+ C-", Verdict.INCONCLUSIVE),
        ("L+ C+ V- L- C+ V-", Verdict.INCONCLUSIVE),
        ("L? C- L? C+ V+ L- C+", Verdict.PASS),
    ],
)
def test_one_side_hands_over_to_the_other(asked: str, verdict: Verdict) -> None:
    """Each takes a second, one after the other, and so do looks at the central cluster; neither
    may manage it for more than ten.
    """
    records = []
    for n, (who, how) in enumerate(asked.split()):
        outcome = OK if who == "V" else {"+": OK, "-": FAIL, "?": INFO}[how]
        told = UNCONFIRMED if outcome is FAIL else {"name": "new" if how == "+" else "old"}
        record = operation(str(n), {"L": L, "C": C, "V": V}[who], outcome, told)
        args: dict[str, Json] = {"name": "new"} if who == "C" else {}
        records.append(replace(record, args=args, start=n * 1_000_000, end=n * 1_000_000 + 900_000))
    names = [record.id for record in records]
    found = handed_over_in_time(History(tuple(records)), operations=names, within_s=10)
    assert found.verdict is verdict
