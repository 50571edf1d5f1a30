"""Faults by their kinds, and where a run was over."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from harness.history.fleet_lines import FaultWindow, MeasuresLine
from harness.reporting.fleet.faults import describe, fault_kinds, lanes, never_struck
from harness.reporting.fleet.strips import busy, steps_of
from tests.unit.reporting.fleet.fleets import MIN, H, S, faulty


@pytest.mark.parametrize(
    ("spans", "lasted"),
    [
        ([(1, 2)], 1),
        ([(1, 5), (2, 3), (4, 9), (11, 12)], 9),
        ([(1, 2), (2, 3)], 2),
    ],
)
def test_what_overlaps_counts_once(spans: list[tuple[int, int]], lasted: int) -> None:
    (kind,) = fault_kinds(MeasuresLine(faults=[FaultWindow("link", *span) for span in spans]))
    assert kind.lasted == lasted


def test_a_kind_sums_up_its_windows() -> None:
    kinds = {kind.what: kind for kind in fault_kinds(faulty().measures)}
    central = kinds["central"]
    assert (central.count, central.first, central.last) == (2, 31 * MIN, 82 * MIN)
    assert (central.lasted, central.shaded) == (7 * MIN, True)
    assert not kinds["message"].shaded
    assert kinds["clock"].note == "× 1"
    assert kinds["central"].note == "7 min"


def test_lanes_and_words_tell_the_same() -> None:
    measures = faulty().measures
    assert [lane.name for lane in lanes(measures) if not lane.shaded] == ["Messages"]
    told = describe(measures)
    assert told.startswith(" Shaded: while ")
    assert told.endswith("Too long or too often to be shaded: messages were lost, delayed,"
                         " repeated or answered with an error.")  # fmt: skip
    assert describe(MeasuresLine(ended_at=S)) == ""


def test_what_this_version_does_not_know_has_its_own_name() -> None:
    (lane,) = lanes(MeasuresLine(ended_at=H, faults=[FaultWindow("quake", 0, S)]))
    assert lane.name == "Quake"


def quiet(**series: list[int]) -> MeasuresLine:
    return MeasuresLine(ended_at=10 * H, bucket=H, series=series)


@pytest.mark.parametrize(
    ("measures", "hours"),
    [
        (quiet(operations=[1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), 3),
        (quiet(operations=[0] * 10, pending=[1, 2, 2, 2, 2, 2, 2, 2, 2, 2]), 2),
        (quiet(operations=[1, 1, 1, 1, 1, 1, 1, 1, 0, 0]), 10),
        (quiet(operations=[1, 0, 0, 0, 0, 0, 0, 0, 0, 1]), 10),
        (quiet(operations=[0] * 10), 10),
        (quiet(), 10),
    ],
)
def test_a_run_is_shown_until_nothing_more_happens(measures: MeasuresLine, hours: int) -> None:
    seen = busy(measures)
    assert seen.ended_at == hours * H
    assert all(len(values) == hours for values in seen.series.values())


def test_a_fault_is_something_that_happens() -> None:
    measures = msgspec.structs.replace(
        quiet(operations=[1] + [0] * 9), faults=[FaultWindow("link", 0, 5 * H + 1)]
    )
    seen = busy(measures)
    assert seen.ended_at == 5 * H + 1
    assert len(seen.series["operations"]) == 6


def test_steps_keep_the_sum_of_their_buckets() -> None:
    measures = MeasuresLine(ended_at=1_000 * S, bucket=S, series={"sent": [*range(1_000)]})
    steps = steps_of(measures, "sent")
    assert sum(steps.values) == sum(range(1_000))
    assert len(steps.values) <= 180
    assert steps.points[-1] == (1_000 * S, 0)


LOSSY: Mapping[str, object] = {
    "faults": [
        {"kind": "link", "share_ppm": 1_000_000},
        {"kind": "errors", "share_ppm": 5},
        {"kind": "half_open", "share_ppm": 5},
        {"kind": "slow", "share_ppm": 0},
    ],
    "network": {"lost_before_ppm": 0, "delayed_ppm": 3},
    "admins": {"delayed_ppm": 3, "repeated_late_ppm": 3},
}


def test_what_never_took_hold_is_named() -> None:
    measures = MeasuresLine(
        faults=[FaultWindow("errors", 1, 2), FaultWindow("half_open", 1, 2)],
        sometimes={"message_lost_after": 1, "decision_delayed": 4},
    )
    assert never_struck(LOSSY, measures) == [
        'a fault of kind "link"',
        'a fault of kind "errors"',
        "network.delayed",
        "admins.repeated_late",
    ]
    assert never_struck(LOSSY, measures, hears_hosts=False) == [
        'a fault of kind "link"',
        "admins.repeated_late",
    ]
    assert never_struck({}, measures) == []
