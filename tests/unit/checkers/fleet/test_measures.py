"""What is measured of a stream: operations, time, and what becomes of requests."""

from __future__ import annotations

from harness.checkers.fleet.requests import ID_BYTES
from harness.checkers.invariants.ids_are_never_reused import digest_of
from tests.unit.checkers.fleet.judging import judge_history, measured
from tests.unit.checkers.invariants.handwritten import MS, SECOND, HistoryBuilder

# --- operations and time --------------------------------------------------------------------


def test_operations_are_counted_by_kind_and_outcome_and_refusals_by_reason() -> None:
    history = HistoryBuilder().set_up()
    history.send(so="NodeUnhealthy")
    history.send(so="NodeUnhealthy")
    history.send(so="info")
    history.send()
    line = measured(history)
    assert line.operations["SendPairingRequest"] == {"ok": 1, "fail": 2, "info": 1}
    assert line.reasons == {"NodeUnhealthy": 2}
    assert (line.clusters, line.hosts, line.ended_at) == (1, 1, history.now)


def test_latencies_are_those_of_whoever_asks_and_not_of_what_is_arranged() -> None:
    history = HistoryBuilder().set_up()
    history.send(at=(100, 200))
    history.tell("Restart", actor="nemesis", side="central", at=(300, 900))
    line = measured(history)
    assert list(line.latency) == ["SendPairingRequest"]
    assert 100 * MS <= line.latency["SendPairingRequest"].percentile(1000) <= 102 * MS


def test_waiting_is_from_the_first_send_to_the_pairing_and_from_a_send_to_its_decision() -> None:
    history = HistoryBuilder().set_up()
    history.send(so="NodeUnhealthy", at=(1_000, 1_001))
    history.send("A", at=(2_000, 2_001))
    history.reject("A", at=(3_000, 3_001))
    history.send("B", at=(5_000, 5_001))
    history.accept("B", at=(6_000, 6_002))
    history.confirms("B")
    line = measured(history)
    assert line.waiting["to_decide"].count == 2
    assert 1_001 * MS <= line.waiting["to_decide"].percentile(500) <= 1_017 * MS
    assert line.waiting["to_pair"].count == 1
    assert 5_003 * MS <= line.waiting["to_pair"].percentile(500) <= 5_081 * MS


def test_series_say_what_came_in_each_step_and_what_there_was_at_its_end() -> None:
    history = HistoryBuilder().set_up()
    history.send("A", at=(1_000, 1_001))
    history.cluster("other")
    history.send("B", host="other", at=(9_000, 9_999))
    history.send("C", host="edge", so="PairingRequestPending", at=(9_000, 10_000))
    history.accept("A", at=(15_000, 16_000))
    history.confirms("A")
    history.reject("B", at=(35_000, 36_000))
    history.later(14)
    line = measured(history)
    assert line.bucket == 10 * SECOND
    assert line.series == {
        "pending": [2, 1, 1, 0, 0, 0],
        "paired": [0, 1, 1, 1, 1, 1],
        "sent": [2, 0, 0, 0, 0, 0],
        "rejected": [0, 0, 0, 1, 0, 0],
        "withdrawn": [0, 0, 0, 0, 0, 0],
        "failed": [0, 0, 0, 0, 0, 0],
        "operations": [7, 3, 0, 1, 0, 0],
        "refused": [0, 1, 0, 0, 0, 0],
        "unknown": [0, 0, 0, 0, 0, 0],
    }


def test_measures_can_be_taken_in_the_middle() -> None:
    history = HistoryBuilder().set_up()
    history.send("A", at=(1_000, 1_001))
    judge = judge_history(history)
    assert judge.measures() == judge.measures()
    assert judge.measures().series["sent"] == [1]


# --- what becomes of requests ---------------------------------------------------------------


def test_requests_are_counted_by_how_they_ended() -> None:
    history = HistoryBuilder()
    for name in "abcdefgh":
        history.cluster(name)
    history.token()
    for name in "abcdefgh":
        history.send(name.upper(), host=name)
    history.accept("A")
    history.confirms("A")
    history.reject("B")
    history.withdraws("C")
    history.accept("D")
    history.tell("PollPairing", value={"state": "Failed"}, pairing_uid="D")
    history.link("e", up=False)
    history.cancel(host="e")
    history.accept("F")
    history.local_shows("Rejected", "G", host="g")
    judge = judge_history(history)
    assert judge.measures().requests == {
        "open": 1,
        "accepted": 1,
        "stale": 1,
        "paired": 1,
        "rejected": 2,
        "withdrawn": 1,
        "failed": 1,
    }
    assert judge.pending == 2


def test_a_request_is_one_though_its_submission_and_its_send_are_answered_with_its_id() -> None:
    history = HistoryBuilder().set_up()
    history.send("A", at=(100, 300))
    tags: dict[str, object] = {"host": "edge"}
    value = {"pairing_uid": "A"}
    history.tell("SubmitPairing", tags=tags, value=value, at=(110, 200))  # type: ignore[arg-type]
    history.reject("A", at=(210, 220))
    judge = judge_history(history)
    assert sum(judge.measures().requests.values()) == 1
    assert judge.ids() == digest_of("A", ID_BYTES)


def test_ids_are_sorted_and_stand_once_each() -> None:
    history = HistoryBuilder().set_up()
    for uid in ("A", "B", "C", "B"):
        history.send(uid)
        history.cancel()
        history.reject(uid)
    assert judge_history(history).ids() == b"".join(
        sorted(digest_of(uid, ID_BYTES) for uid in "ABC")
    )


def test_what_was_decided_is_let_go_of() -> None:
    history = HistoryBuilder().set_up()
    for number in range(50):
        history.send(f"R{number}")
        history.reject(f"R{number}")
    judge = judge_history(history)
    assert not judge._ledger.requests
    assert judge.measures().requests["rejected"] == 50
