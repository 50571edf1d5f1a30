"""The parts of a run together: in whatever order, the sum of them."""

from __future__ import annotations

import msgspec
import pytest

from harness.checkers.fleet.concluding import MergeError, merge, shared_ids
from harness.checkers.fleet.judge import CellJudge
from harness.checkers.fleet.requests import ID_BYTES
from harness.checkers.invariants.ids_are_never_reused import digest_of
from harness.history.fleet_lines import FaultWindow, MeasuresLine
from tests.unit.checkers.fleet.judging import judge_history
from tests.unit.checkers.invariants.handwritten import HistoryBuilder


def cell(number: int) -> CellJudge:
    """Each a little different, in length too."""
    history = HistoryBuilder().set_up()
    for step in range(number + 1):
        uid = f"{number}-{step}"
        history.send(uid)
        history.later(7 * (number + 1))
        history.accept(uid, so="Forbidden" if step % 2 else "ok")
        history.reject(uid)
        history.tell("FaultNextMessage", host_uid="edge", fault="delayed")
        history.cluster(f"edge-{number}-{step}")
    return judge_history(history)


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


def test_what_strikes_every_part_at_once_counts_once() -> None:
    outage, link = FaultWindow("central", 10, 20), FaultWindow("link", 12, 14)
    early = MeasuresLine(bucket=1)
    parts = [MeasuresLine(bucket=1, faults=[outage, link]) for _ in range(3)]
    assert merge([early, *parts]).faults == [outage, FaultWindow("link", 12, 14, 3)]


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
        return b"".join(sorted(digest_of(uid, ID_BYTES) for uid in uids))

    parts = [part("A", "B", "C"), part("D"), b"", part("B", "E"), part("B", "D")]
    found = dict(shared_ids(parts))
    assert found == {digest_of("B", ID_BYTES): (0, 3, 4), digest_of("D", ID_BYTES): (1, 4)}
    assert list(found) == sorted(found)
    assert shared_ids(parts[:3]) == []


def test_faults_that_several_cells_saw_are_one_window() -> None:
    parts = [
        MeasuresLine(bucket=10, faults=[FaultWindow("link", start, start + 20)])
        for start in (100, 110, 500)
    ]
    assert merge(parts).faults == [FaultWindow("link", 100, 130, 2), FaultWindow("link", 500, 520)]


def test_nothing_together_is_nothing() -> None:
    assert merge([]) == MeasuresLine()
    assert shared_ids([]) == []


def test_what_only_some_of_them_measured_is_kept() -> None:
    parts = [
        MeasuresLine(reasons={"NotFound": 1}, operations={"A": {"ok": 1}}),
        MeasuresLine(reasons={"Forbidden": 2}, operations={"B": {"ok": 2}, "A": {"ok": 3}}),
    ]
    whole = merge(parts)
    assert whole.reasons == {"Forbidden": 2, "NotFound": 1}
    assert whole.operations == {"A": {"ok": 4}, "B": {"ok": 2}}
    assert list(whole.reasons) == sorted(whole.reasons)
