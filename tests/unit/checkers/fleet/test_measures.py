"""What is measured of a stream, and of the parts of a run together."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from harness.checkers.fleet.durations import Durations
from harness.checkers.fleet.errors import MergeError
from harness.checkers.fleet.faults import joined
from harness.checkers.fleet.judge import CellJudge
from harness.checkers.fleet.merging import merge, shared_ids
from harness.checkers.invariants.base import Bounds
from harness.checkers.invariants.ids import digest_of
from harness.checkers.invariants.stream import replayed
from harness.history.fleet_lines import FaultWindow, MeasuresLine
from tests.unit.checkers.invariants.tale import MS, SECOND, Tale


def judged(tale: Tale, *, bucket: int = 10 * SECOND, watch: bool = False) -> CellJudge:
    judge = CellJudge(Bounds(), bucket=bucket, watch=watch)
    for is_over, operation in replayed(tale.history()):
        if is_over:
            judge.ended(operation)
        else:
            judge.invoked(operation)
    judge.end(tale.now)
    return judge


def measured(tale: Tale) -> MeasuresLine:
    return judged(tale).measures()


# --- durations ------------------------------------------------------------------------------


@pytest.mark.parametrize("duration", [0, 1, 63, 127, 128, 129, 1000, 999_999, 86_400_000_000])
def test_a_duration_falls_into_a_bucket_that_is_at_most_a_64th_above_it(duration: int) -> None:
    durations = Durations()
    durations.add(duration)
    (bound,) = durations.histogram().bounds
    assert duration <= bound <= duration + duration // 64


def test_buckets_that_are_full_lie_within_a_64th_of_each_other() -> None:
    durations = Durations()
    for duration in range(100, 20_000):
        durations.add(duration)
    histogram = durations.histogram()
    assert histogram.count == 19_900
    assert all(b - a <= max(1, -(-a // 64)) for a, b in pairwise(histogram.bounds))
    assert abs(histogram.percentile(500) - 10_050) <= 10_050 // 64


# --- operations and time --------------------------------------------------------------------


def test_operations_are_counted_by_kind_and_outcome_and_refusals_by_reason() -> None:
    tale = Tale().stage()
    tale.send(so="NodeUnhealthy")
    tale.send(so="NodeUnhealthy")
    tale.send(so="info")
    tale.send()
    line = measured(tale)
    assert line.operations["SendPairingRequest"] == {"ok": 1, "fail": 2, "info": 1}
    assert line.reasons == {"NodeUnhealthy": 2}
    assert (line.clusters, line.hosts, line.ended_at) == (1, 1, tale.now)


def test_latencies_are_those_of_whoever_asks_and_not_of_what_is_arranged() -> None:
    tale = Tale().stage()
    tale.send(at=(100, 200))
    tale.tell("Restart", actor="nemesis", side="central", at=(300, 900))
    line = measured(tale)
    assert list(line.latency) == ["SendPairingRequest"]
    assert 100 * MS <= line.latency["SendPairingRequest"].percentile(1000) <= 102 * MS


def test_waiting_is_from_the_first_send_to_the_pairing_and_from_a_send_to_its_decision() -> None:
    tale = Tale().stage()
    tale.send(so="NodeUnhealthy", at=(1_000, 1_001))
    tale.send("A", at=(2_000, 2_001))
    tale.reject("A", at=(3_000, 3_001))
    tale.send("B", at=(5_000, 5_001))
    tale.accept("B", at=(6_000, 6_002))
    tale.confirms("B")
    line = measured(tale)
    assert line.waiting["to_decide"].count == 2
    assert 1_001 * MS <= line.waiting["to_decide"].percentile(500) <= 1_017 * MS
    assert line.waiting["to_pair"].count == 1
    assert 5_003 * MS <= line.waiting["to_pair"].percentile(500) <= 5_081 * MS


def test_series_say_what_came_in_each_step_and_what_there_was_at_its_end() -> None:
    tale = Tale().stage()
    tale.send("A", at=(1_000, 1_001))
    tale.cluster("other")
    tale.send("B", host="other", at=(9_000, 9_999))
    tale.send("C", host="edge", so="PairingRequestPending", at=(9_000, 10_000))
    tale.accept("A", at=(15_000, 16_000))
    tale.confirms("A")
    tale.reject("B", at=(35_000, 36_000))
    tale.later(14)
    line = measured(tale)
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
    tale = Tale().stage()
    tale.send("A", at=(1_000, 1_001))
    judge = judged(tale)
    assert judge.measures() == judge.measures()
    assert judge.measures().series["sent"] == [1]


# --- what becomes of requests ---------------------------------------------------------------


def test_requests_are_counted_by_how_they_ended() -> None:
    tale = Tale()
    for name in "abcdefgh":
        tale.cluster(name)
    tale.token()
    for name in "abcdefgh":
        tale.send(name.upper(), host=name)
    tale.accept("A")
    tale.confirms("A")
    tale.reject("B")
    tale.withdraws("C")
    tale.accept("D")
    tale.tell("PollPairing", value={"state": "Failed"}, pairing_uid="D")
    tale.link("e", up=False)
    tale.cancel(host="e")
    tale.accept("F")
    tale.local_shows("Rejected", "G", host="g")
    judge = judged(tale)
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
    tale = Tale().stage()
    tale.send("A", at=(100, 300))
    tags: dict[str, object] = {"host": "edge"}
    value = {"pairing_uid": "A"}
    tale.tell("SubmitPairing", tags=tags, value=value, at=(110, 200))  # type: ignore[arg-type]
    tale.reject("A", at=(210, 220))
    judge = judged(tale)
    assert sum(judge.measures().requests.values()) == 1
    assert judge.ids() == digest_of("A", 16)


def test_ids_are_sorted_and_stand_once_each() -> None:
    tale = Tale().stage()
    for uid in ("A", "B", "C", "B"):
        tale.send(uid)
        tale.cancel()
        tale.reject(uid)
    assert judged(tale).ids() == b"".join(sorted(digest_of(uid, 16) for uid in "ABC"))


def test_what_was_decided_is_let_go_of() -> None:
    tale = Tale().stage()
    for number in range(50):
        tale.send(f"R{number}")
        tale.reject(f"R{number}")
    judge = judged(tale)
    assert not judge._ledger.requests
    assert judge.measures().requests["rejected"] == 50


# --- faults ---------------------------------------------------------------------------------


def test_a_fault_lasts_until_it_has_healed_or_to_the_end() -> None:
    tale = Tale()
    tale.cluster("a", hosts="a b")
    tale.tell("SetLink", host_uid="a", up=False, at=(20_000, 20_000))
    tale.tell("SetLink", host_uid="b", up=False, at=(25_000, 25_000))
    tale.tell("SetLink", host_uid="a", up=True, at=(30_000, 30_000))
    tale.tell("SetLink", host_uid="b", up=True, at=(42_000, 42_000))
    tale.tell("Restart", side="central", at=(50_000, 55_000))
    tale.tell("Restart", side="edge", slot="slot-a", at=(56_000, 57_000))
    tale.tell("SetNodeHealth", slot="slot-a", node="a", health="Unhealthy", at=(60_000, 60_000))
    tale.tell("FaultNextMessage", host_uid="a", fault="delayed", at=(61_000, 61_000))
    tale.tell("AdvanceClock", side="edge", by=1, at=(62_000, 62_000))
    tale.tell("SetLink", host_uid="b", up=False, at=(80_000, 80_000))
    tale.later(10)
    assert measured(tale).faults == [
        FaultWindow("link", 20 * SECOND, 42 * SECOND, 2),
        FaultWindow("central", 50 * SECOND, 55 * SECOND),
        FaultWindow("reboot", 56 * SECOND, 57 * SECOND),
        FaultWindow("health", 60 * SECOND, 90 * SECOND),
        FaultWindow("message", 61 * SECOND, 61 * SECOND),
        FaultWindow("clock", 62 * SECOND, 62 * SECOND),
        FaultWindow("link", 80 * SECOND, 90 * SECOND),
    ]


def test_faults_that_are_near_each_other_are_one_window() -> None:
    tale = Tale()
    tale.cluster("a")
    for at in range(0, 400_000, 9_000):
        tale.tell("FaultNextMessage", host_uid="a", fault="delayed", at=(at, at))
    tale.tell("FaultNextMessage", host_uid="a", fault="delayed", at=(420_000, 420_000))
    assert measured(tale).faults == [
        FaultWindow("message", 0, 396 * SECOND, 45),
        FaultWindow("message", 420 * SECOND, 420 * SECOND, 1),
    ]


def test_a_long_fault_takes_up_all_the_windows_within_it() -> None:
    windows = [
        FaultWindow("link", 0, 5),
        FaultWindow("link", 20, 25),
        FaultWindow("link", 3, 18),
        FaultWindow("link", 40, 41),
        FaultWindow("central", 4, 5),
    ]
    assert joined(windows, 10) == [
        FaultWindow("link", 0, 25, 3),
        FaultWindow("central", 4, 5),
        FaultWindow("link", 40, 41),
    ]


# --- parts together -------------------------------------------------------------------------


def cell(number: int) -> CellJudge:
    """Each a little different, in length too."""
    tale = Tale().stage()
    for step in range(number + 1):
        uid = f"{number}-{step}"
        tale.send(uid)
        tale.later(7 * (number + 1))
        tale.accept(uid, so="Forbidden" if step % 2 else "ok")
        tale.reject(uid)
        tale.tell("FaultNextMessage", host_uid="edge", fault="delayed")
        tale.cluster(f"edge-{number}-{step}")
    return judged(tale)


def test_the_order_in_which_parts_are_merged_makes_no_difference() -> None:
    a, b, c, d = (cell(number).measures() for number in range(4))
    whole = merge([a, b, c, d])
    assert len(whole.reasons) == 1
    for other in (
        merge([merge([a, b]), merge([c, d])]),
        merge([a, merge([b, merge([c, d])])]),
        merge([merge([merge([a, b]), c]), d]),
        merge([whole]),
    ):
        assert msgspec.json.encode(other) == msgspec.json.encode(whole)


def test_a_whole_is_the_sum_of_its_parts() -> None:
    parts = [cell(number).measures() for number in range(3)]
    whole = merge(parts)
    assert whole.clusters == sum(p.clusters for p in parts) == 9
    assert whole.operations["SendPairingRequest"] == {"ok": 6, "fail": 0, "info": 0}
    assert whole.latency["AcceptPairingRequest"].count == 6
    assert whole.sometimes["permission_refused"] == 2
    assert whole.requests["rejected"] == 6
    assert whole.ended_at == max(p.ended_at for p in parts)
    assert sum(whole.series["operations"]) == sum(sum(p.series["operations"]) for p in parts)
    assert len(whole.series["operations"]) == whole.ended_at // whole.bucket + 1


def test_a_part_that_ended_early_stays_as_it_was() -> None:
    short = MeasuresLine(series={"paired": [1, 2], "sent": [1, 1]})
    long = MeasuresLine(series={"paired": [0, 0, 1], "sent": [0, 0, 1]})
    assert merge([short, long]).series == {"paired": [1, 2, 3], "sent": [1, 1, 1]}


def test_the_first_cell_that_could_not_be_judged_says_why() -> None:
    parts = [MeasuresLine(undecided={"INV-8": why}) for why in ("first", "second")]
    assert merge([MeasuresLine(), *parts]).undecided == {"INV-8": "first"}


def test_parts_of_different_steps_are_refused() -> None:
    with pytest.raises(MergeError, match=r"steps of 1, 2"):
        merge([MeasuresLine(bucket=1), MeasuresLine(bucket=2)])


def test_ids_that_two_cells_have_given_are_found() -> None:
    def part(*uids: str) -> bytes:
        return b"".join(sorted(digest_of(uid, 16) for uid in uids))

    parts = [part("A", "B", "C"), part("D"), b"", part("B", "E"), part("B", "D")]
    found = dict(shared_ids(parts))
    assert found == {digest_of("B", 16): (0, 3, 4), digest_of("D", 16): (1, 4)}
    assert list(found) == sorted(found)
    assert shared_ids(parts[:3]) == []


# --- the judge ------------------------------------------------------------------------------


def test_what_the_invariants_find_is_handed_back() -> None:
    tale = Tale().stage()
    tale.send("A")
    tale.cancel()
    wrong = tale.local_shows("Pairing", "A")
    judge = CellJudge(Bounds(), bucket=SECOND)
    found = []
    for is_over, operation in replayed(tale.history()):
        if is_over:
            found += judge.ended(operation)
        else:
            judge.invoked(operation)
    assert [v.invariant for v in found] == ["INV-4"]
    assert wrong in found[0].operations


def test_what_is_found_at_the_end_is_handed_back() -> None:
    tale = Tale().stage()
    tale.send("A")
    judge = judged(tale, watch=True)
    assert "nobody looked" in judge.measures().undecided["INV-9"]
