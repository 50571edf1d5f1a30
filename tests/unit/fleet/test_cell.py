"""A cell as whatever runs it sees it: windows, reports, and what is left of it at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.fleet.cell import FleetCell, make_cell
from harness.fleet.port import CellOutcome, Job, WindowReport
from harness.fleet.roster import Roster
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    InvariantLimits,
    Only,
    Scenario,
    Spread,
    fixed,
)
from harness.history.operation import OperationRecord, Outcome
from harness.history.parts import records
from tests.unit.fleet.worlds import PLAIN, with_plans

FOREVER = 1 << 60
AMPLE = 10**12
"""So much service time that nobody waits for another."""
SMALL = replace(
    with_plans(
        PLAIN,
        fleet={"hosts": 12, "cells": 2},
        operators={"begin": Spread(0, 10 * MINUTE), "cancels_ppm": 500_000},
        admins={"mistypes_ppm": 200_000, "rejects_ppm": 200_000},
        central={"service": Spread(2_000, 900_000)},
    ),
    duration=30 * MINUTE,
    limits=InvariantLimits(settle=5 * MINUTE),
)
CROWDED = with_plans(SMALL, operators={"begin": fixed(0)}, central={"service": fixed(2 * SECOND)})


def cell(scenario: Scenario = SMALL, parts: Path | None = None, **job: object) -> FleetCell:
    return make_cell(Job(scenario, parts=parts, **job), 0)  # type: ignore[arg-type]


def run_through(cell: FleetCell, width: int, grant: int) -> list[WindowReport]:
    """Window after window, to the end."""
    reports = [cell.run(width, grant)]
    while (coming := reports[-1].next_event) is not None:
        reports.append(cell.run((coming // width + 1) * width, grant))
    return reports


def history(folder: Path) -> list[OperationRecord]:
    (part,) = folder.iterdir()
    return [record for is_over, record in records(part) if is_over]


def closed(cell: FleetCell) -> CellOutcome:
    return cell.finish(whole=True)


# --- windows --------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 60, 3_600])
def test_where_nobody_waits_the_width_of_the_windows_changes_nothing(width: int) -> None:
    whole, parts = cell(), cell()
    whole.run(FOREVER, AMPLE)
    reports = run_through(parts, width * SECOND, AMPLE)
    assert width > SMALL.duration // SECOND or len(reports) > 10
    expected, found = closed(whole), closed(parts)
    assert found.measures == expected.measures
    assert found.ids == expected.ids
    assert found.measures.requests["paired"] > 2


@pytest.mark.parametrize("width", [1, 60])
def test_the_same_grants_give_the_same_part_however_scarce(width: int, tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        again = cell(CROWDED, tmp_path / name)
        run_through(again, width * SECOND, width * SECOND // 4)
        part = closed(again).part
        assert part is not None
        digests.add(part.digest)
    assert len(digests) == 1


def test_less_granted_takes_longer() -> None:
    def ended(grant: int) -> int:
        slow = cell(CROWDED)
        run_through(slow, SECOND, grant)
        waiting = closed(slow).measures.latency["SendPairingRequest"]
        return waiting.percentile(1000)

    assert ended(SECOND) > ended(8 * SECOND)


def test_a_report_says_what_arrived_in_the_window_and_what_waits_at_its_end() -> None:
    crowded = cell(CROWDED)
    count = len(Roster(CROWDED).indices_of_cell(0))
    reports = [crowded.run(window * SECOND, SECOND) for window in range(1, 9)]
    first = reports[1]  # Each checks its connection after a second's thought.
    assert first.asked == count * 2 * SECOND
    assert first.backlog == (count - 1) * 2 * SECOND
    assert reports[0].asked == reports[0].backlog == 0
    backlogs = [report.backlog for report in reports[1:4]]
    assert backlogs == [(count - 1 - served) * 2 * SECOND for served in (0, 0, 1)]


def test_a_window_ends_before_what_happens_at_its_end() -> None:
    whole = cell()
    coming = whole.run(MINUTE, AMPLE).next_event
    assert coming is not None
    assert whole.run(coming, AMPLE).next_event == coming
    after = whole.run(coming + 1, AMPLE)
    assert after.next_event is not None
    assert after.next_event > coming


def test_a_cell_in_which_something_waits_has_to_be_run_in_the_next_window_too() -> None:
    crowded = cell(with_plans(CROWDED, central={"queue": HOUR}))
    reports = [crowded.run(window * SECOND, SECOND // 100) for window in range(1, 20)]
    assert reports[5].backlog > 0
    assert [r.next_event for r in reports[3:]] == [window * SECOND for window in range(4, 20)]


def test_a_source_addresses_that_is_gone_leaves_nobody_waiting() -> None:
    """A cell that had asked for nothing was granted nothing while others did; then it asks."""
    crowded = cell(CROWDED)
    grants = [0] * 5 + [AMPLE] * 60
    for window, grant in enumerate(grants):
        crowded.run((window + 1) * SECOND, grant)
    crowded.run(FOREVER, AMPLE)
    measures = closed(crowded).measures
    assert "TooManyRequests" in measures.reasons or measures.operations["VerifyConnection"]["ok"]
    assert measures.requests["paired"] + measures.requests["rejected"] == measures.clusters


def test_counts_in_reports_are_of_all_windows_so_far() -> None:
    reports = run_through(cell(), MINUTE, AMPLE)
    assert [r.operations for r in reports] == sorted(r.operations for r in reports)
    assert [r.events for r in reports] == sorted(r.events for r in reports)
    assert max(r.pending for r in reports) > 0
    assert reports[-1].pending == 0


# --- the end --------------------------------------------------------------------------------


def test_it_ends_after_everybody_has_looked_at_both_sides(tmp_path: Path) -> None:
    whole = cell(SMALL, tmp_path)
    assert whole.run(FOREVER, AMPLE).next_event is None
    closed(whole)
    settled = SMALL.duration + SMALL.limits.settle
    looks = [record for record in history(tmp_path) if record.start > settled]
    hosts = {record.tags["host"] for record in looks if record.kind == "ViewPairing"}
    members = list(Roster(SMALL).members_of_cell(0))
    assert hosts == {member.host_uids[0] for member in members}
    assert {r.tags["host"] for r in looks if r.kind == "ViewManagement"} == hosts
    assert [r.kind for r in looks].count("ListPairingRequests") == SMALL.fleet.projects


def test_who_is_in_the_middle_of_something_when_it_is_over_changes_nothing_more(
    tmp_path: Path,
) -> None:
    slow = Spread(0, 6 * MINUTE)
    halting = with_plans(
        SMALL,
        operators={"begin": Spread(0, 29 * MINUTE), "think": slow, "cancel_after": slow},
        admins={"think": slow},
    )
    whole = cell(halting, tmp_path)
    whole.run(FOREVER, AMPLE)
    closed(whole)
    settled = halting.duration + halting.limits.settle
    people = [r for r in history(tmp_path) if r.actor not in ("agent", "harness")]
    kinds = {r.kind for r in people if r.start < halting.duration}
    assert {"SendPairingRequest", "CancelPairingRequest", "ListPairingRequests"} <= kinds
    late = [r.kind for r in people if halting.duration <= r.start <= settled]
    assert {kind for kind in late if not kind.startswith("View")} == set()


def test_a_host_that_asks_for_ever_does_not_keep_the_run_from_ending() -> None:
    nobody = with_plans(SMALL, admins={"notice": fixed(100 * HOUR)})
    assert cell(nobody).run(SMALL.duration + 2 * HOUR, AMPLE).next_event is None


def test_what_is_open_when_a_run_is_stopped_ends_as_unknown(tmp_path: Path) -> None:
    stopped = cell(SMALL, tmp_path)
    until = 0
    while not (found := begun(stopped, until)):
        until += SECOND // 10
    outcome = stopped.finish(whole=False)
    assert outcome.part is not None
    unknown = [record for record in history(tmp_path) if record.outcome is Outcome.INFO]
    assert [record.id for record in unknown] == found
    assert {record.end == record.start for record in unknown} == {True}
    assert outcome.violations == []


def begun(cell: FleetCell, until: int) -> list[str]:
    """The operations that are under way at a time."""
    cell.run(until, AMPLE)
    part = cell._part
    assert part is not None
    return list(part._open)


def test_a_cell_in_which_nobody_lives_has_nothing_to_do() -> None:
    empty = cell(replace(SMALL, only=Only(clusters=())))
    assert empty.run(FOREVER, AMPLE) == WindowReport(asked=0, backlog=0, next_event=None)
    assert closed(empty).measures.clusters == 0


# --- what is written, judged and collected -----------------------------------------------------


def test_without_parts_nothing_is_written_and_all_is_judged(tmp_path: Path) -> None:
    dry, wet = cell(), cell(SMALL, tmp_path)
    for each in (dry, wet):
        each.run(FOREVER, AMPLE)
    assert closed(dry).part is None
    part = closed(wet).part
    assert part is not None
    assert part.operations == sum(
        sum(outcomes.values()) for outcomes in closed(dry).measures.operations.values()
    )


def test_without_a_judge_only_the_part_is_there(tmp_path: Path) -> None:
    (tmp_path / "judged").mkdir()
    (tmp_path / "free").mkdir()
    judged, free = cell(SMALL, tmp_path / "judged"), cell(SMALL, tmp_path / "free", judge=False)
    for each in (judged, free):
        each.run(FOREVER, AMPLE)
    ours, theirs = closed(judged), closed(free)
    assert ours.part == theirs.part
    assert theirs.measures.operations == {}


def test_happenings_are_collected_where_they_are_asked_for() -> None:
    asked, unasked = cell(collect=True), cell()
    for each in (asked, unasked):
        each.run(FOREVER, AMPLE)
    names = closed(asked).happenings
    assert {name.split(".")[1] for name in names} == {"cancels", "mistypes", "rejects"}
    assert len(set(names)) == len(names)
    assert closed(unasked).happenings == []


def test_a_violation_is_told_in_the_window_in_which_it_is_found_and_once() -> None:
    planted = cell(planted="mutant:rejection_is_not_heard")
    reports = run_through(planted, SECOND, AMPLE)
    found = [violation for report in reports for violation in report.violations]
    assert len({violation.at for violation in found}) > 1
    assert {violation.cell for violation in found} == {"00"}
    at_the_end = closed(planted).violations
    assert not [violation for violation in at_the_end if violation in found]
