"""The cells run window by window; what is left out changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.fleet.pool.coordinator import Moment, PoolRun, Watching, capacity_of, divide, run_cells
from harness.fleet.pool.local import LocalTransport
from harness.fleet.pool.orders import PoolError
from harness.fleet.port import CellOutcome, Job
from harness.history.fleet_lines import GrantsLine
from tests.unit.fleet.pool.fake import Habits, fakes, scenario

CROWDED = Habits(arrivals=200, service=100_000)
"""Much more than one worker can do in the time."""


def course_of(job: Job, habits: Habits, watching: Watching[Moment] = Watching()) -> PoolRun:
    return run_cells(job, LocalTransport(fakes(habits)), watching=watching)


def every_cell_in_every_window(job: Job, habits: Habits) -> list[CellOutcome]:
    """The same without leaving anything out, as plainly as can be."""
    cells = [fakes(habits)(job, number) for number in range(job.scenario.fleet.cells)]
    demands, until, goes_on = [0] * len(cells), 0, True
    while goes_on:
        until += job.scenario.fleet.window
        grants = divide(capacity_of(job.scenario), demands)
        reports = [cell.run(until, grant) for cell, grant in zip(cells, grants, strict=True)]
        demands = [report.asked + report.backlog for report in reports]
        goes_on = any(report.next_event is not None for report in reports)
    return [cell.finish(whole=True) for cell in cells]


@pytest.mark.parametrize("habits", [Habits(arrivals=6), Habits(), CROWDED])
def test_windows_and_cells_without_an_event_are_left_out_and_nothing_is_changed(
    habits: Habits, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ours, plain = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("plain")
    job = Job(scenario(), parts=ours)
    outcomes = course_of(job, habits).outcomes
    expected = every_cell_in_every_window(replace(job, parts=plain), habits)
    assert [o.part for o in outcomes] == [o.part for o in expected]


def test_a_fleet_that_sleeps_costs_no_windows() -> None:
    job = Job(scenario(seconds=100_000))
    assert course_of(job, Habits(arrivals=2)).windows <= 11


def test_the_grants_are_logged_where_somebody_asked_for_something() -> None:
    lines: list[GrantsLine] = []
    course = run_cells(Job(scenario()), LocalTransport(fakes(CROWDED)), lines.append)
    assert [line.window for line in lines[:3]] == [1, 2, 3]
    assert {sum(line.grants) for line in lines} == {1_000_000}
    assert len(lines) == course.windows - 1


def test_it_ends_with_the_window_of_the_first_violation() -> None:
    course = course_of(Job(scenario()), Habits(trouble="violation", cell=2))
    (found,) = course.violations
    assert not course.ended
    assert max(o.measures.ended_at for o in course.outcomes) == (found.at // 10**6 + 1) * 10**6


def test_it_goes_on_after_a_violation_where_that_is_wanted() -> None:
    job = Job(scenario(), keep_going=True)
    course = course_of(job, Habits(trouble="violation", cell=2))
    assert course.ended
    assert len(course.violations) == 1


def test_it_ends_with_the_window_in_which_somebody_stops_it() -> None:
    seen: list[Moment] = []
    course = course_of(
        Job(scenario()), Habits(), Watching(progress=seen.append, stopped=lambda: len(seen) == 3)
    )
    assert course.interrupted
    assert course.windows == 3


def test_each_window_says_how_far_the_run_is() -> None:
    seen: list[Moment] = []
    course_of(Job(scenario()), Habits(arrivals=40), Watching(progress=seen.append))
    assert [moment.at for moment in seen] == sorted(moment.at for moment in seen)
    assert (seen[-1].operations, seen[-1].events, seen[-1].pending) == (200, 400, 0)


def test_what_a_cell_refuses_with_its_reason_ends_the_run_with_it() -> None:
    with pytest.raises(PoolError, match="the disk is full"):
        course_of(Job(scenario()), Habits(trouble="refuses"))
