"""Cells in real processes: the same evidence, whoever of them is killed, and when."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from harness.fleet.pool.coordinator import Moment, PoolRun, Watching, run_cells
from harness.fleet.pool.local import LocalTransport, ProcessTransport
from harness.fleet.pool.orders import PoolError
from harness.fleet.port import Job
from harness.history.fleet_lines import GrantsLine
from tests.unit.fleet.pool.fake import Habits, fakes, scenario
from tests.unit.fleet.tiny import evidence

ARRIVALS, SERVICE = 60, 100_000
"""More than one worker can do in the time, so that every grant matters."""


NAMES = ("00", "01", "02", "grants")
"""The parts of a real run."""


def habits(trouble: str = "", scar: Path | None = None, at: int = 20) -> Habits:
    return Habits(ARRIVALS, SERVICE, trouble, cell=3, at=at, scar=scar)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[PoolRun, list[GrantsLine]]:
    lines: list[GrantsLine] = []
    job = Job(scenario(), parts=tmp_path_factory.mktemp("undisturbed"))
    return run_cells(job, LocalTransport(fakes(habits())), lines.append), lines


def in_processes(
    parts: Path, habits: Habits, workers: int = 2, said: list[str] | None = None
) -> tuple[PoolRun, list[GrantsLine]]:
    lines: list[GrantsLine] = []
    watching = Watching(warn=(said if said is not None else []).append)
    transport = ProcessTransport(fakes(habits), workers)
    course = run_cells(Job(scenario(), parts=parts), transport, lines.append, watching)
    assert multiprocessing.active_children() == []
    return course, lines


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".zst"}


@pytest.mark.parametrize("workers", [2, 3, 9])
def test_any_number_of_processes_comes_to_the_same(
    undisturbed: tuple[PoolRun, list[GrantsLine]], tmp_path: Path, workers: int
) -> None:
    assert in_processes(tmp_path, habits(), workers) == undisturbed


@pytest.mark.parametrize(
    ("trouble", "at"), [("killed", 1), ("killed", 20), ("killed at the end", 1)]
)
def test_a_process_that_is_killed_loses_nothing(
    undisturbed: tuple[PoolRun, list[GrantsLine]], tmp_path: Path, trouble: str, at: int
) -> None:
    said: list[str] = []
    parts = tmp_path / "parts"
    parts.mkdir()
    came_to = in_processes(parts, habits(trouble, tmp_path / "scar", at), said=said)
    assert "SIGKILL" in said[0]
    assert came_to == undisturbed


def test_parts_are_written_again_from_the_start(tmp_path: Path) -> None:
    for name, trouble in (("calm", ""), ("rough", "killed")):
        (tmp_path / name).mkdir()
        in_processes(tmp_path / name, habits(trouble, tmp_path / "scar"))
    assert len(bytes_in(tmp_path / "calm")) == 5
    assert bytes_in(tmp_path / "rough") == bytes_in(tmp_path / "calm")


def test_a_process_that_is_always_killed_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"lost 6 times.*SIGKILL.*fewer --workers"):
        in_processes(tmp_path, habits("killed"))
    assert multiprocessing.active_children() == []


def test_a_cell_that_does_not_come_to_the_same_again_is_seen(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"cell . was run again and came to something else"):
        in_processes(tmp_path, habits("chance", tmp_path / "scar"))


def test_a_defect_in_a_cell_is_not_tried_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PoolError, match="ended with 1; what it said stands above"):
        in_processes(tmp_path, habits("fails"))
    assert capfd.readouterr().err.count("ZeroDivisionError: a defect of the fake") == 1


def test_what_a_cell_refuses_reaches_the_user(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="the disk is full; choose another one"):
        in_processes(tmp_path, habits("refuses"))


# --- real cells -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return evidence(tmp_path_factory.mktemp("alone"), LocalTransport)


def test_a_real_run_leaves_the_same_evidence_with_two_workers(
    alone: dict[str, bytes], tmp_path: Path
) -> None:
    assert set(alone) == {"evidence.jsonl", *(f"parts/{n}.jsonl.zst" for n in NAMES)}
    assert evidence(tmp_path, lambda make: ProcessTransport(make, 2)) == alone


def test_a_worker_killed_in_the_middle_of_a_real_run_changes_nothing(
    alone: dict[str, bytes], tmp_path: Path
) -> None:
    said: list[str] = []
    seen: list[Moment] = []

    def kill_one(moment: Moment) -> None:
        seen.append(moment)
        if len(seen) == 100:
            os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)

    watching = Watching(progress=kill_one, warn=said.append)
    assert evidence(tmp_path, lambda make: ProcessTransport(make, 2), watching) == alone
    assert ["was ended by SIGKILL" in text for text in said] == [True]
    assert multiprocessing.active_children() == []
