"""The same scenario, hosts and seed give the same evidence byte for byte; nothing else matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import pytest

from harness.fleet.cell import make_cell
from harness.fleet.pool.coordinator import capacity_of, divide
from harness.fleet.pool.local import ProcessTransport
from harness.fleet.port import Job
from harness.fleet.roster import Roster
from harness.fleet.run import FleetResult, Telling
from harness.fleet.scenario import CentralPlan, Scenario
from harness.history.fleet_lines import GrantsLine
from harness.history.lines import RunInfo
from harness.history.operation import OperationRecord
from harness.history.parts import parts_in, read_part, records
from tests.integration.fleet.lively import LIVELY, TAINTS, run

ROOT = Path(__file__).resolve().parents[3]
HASH_SEEDS = ("0", "1", "random")

AMPLE = replace(
    LIVELY,
    fleet=replace(LIVELY.fleet, sizes=((1, 1),)),
    central=CentralPlan(workers=1_000_000),
)
"""Nobody ever waits for the central plane, so that no cell can tell how busy others are."""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FleetResult]:
    folder = tmp_path_factory.mktemp("once")
    return folder, run(folder)


def parts_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in parts_in(folder)}


def digests_in(folder: Path) -> dict[str, str]:
    found = {}
    for path in parts_in(folder):
        part = read_part(path)
        for _ in part:
            pass
        found[path.name.partition(".")[0]] = part.digest
    return found


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What processes with different hash seeds come to, which run at the same time."""
    running = []
    for hash_seed in HASH_SEEDS:
        folder = tmp_path_factory.mktemp("elsewhere")
        command = [sys.executable, "-m", "tests.integration.fleet.lively", str(folder)]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=PIPE))
    told = [process.communicate()[0] for process in running]
    return [json.loads(digests) for digests in told]


# --- repeated -------------------------------------------------------------------------------


def test_everything_happens_in_it(once: tuple[Path, FleetResult]) -> None:
    _, finished = once
    kinds = finished.measures.operations
    assert {"AdvanceClock", "Restart", "SetLink", "SetNodeHealth", "FaultNextMessage"} <= set(kinds)
    assert {"SetTokenState", "PutProfile", "PutUser", "PutToken"} <= set(kinds)
    assert finished.measures.requests["paired"] > 5
    assert finished.complete
    assert finished.violations == ()


def test_a_run_that_is_repeated_is_the_same_byte_for_byte(
    once: tuple[Path, FleetResult], tmp_path: Path
) -> None:
    folder, finished = once
    telling = Telling(RunInfo(command=["another"]), lambda: "2026-11-25T00:00:00Z")
    again = run(tmp_path, telling=telling)
    assert again.digest == finished.digest
    assert parts_of(tmp_path) == parts_of(folder)


def test_two_workers_come_to_the_same_as_one(
    once: tuple[Path, FleetResult], tmp_path: Path
) -> None:
    folder, finished = once
    transport = ProcessTransport(make_cell, 2)
    try:
        again = run(tmp_path, transport=transport)
    finally:
        transport.close()
    assert again.digest == finished.digest
    assert parts_of(tmp_path) == parts_of(folder)


def test_it_is_the_same_in_every_process(
    once: tuple[Path, FleetResult], elsewhere: list[dict[str, str]]
) -> None:
    assert [digests[""] for digests in elsewhere] == [once[1].digest] * len(HASH_SEEDS)


@pytest.mark.parametrize("taint", TAINTS)
def test_whatever_else_it_depended_on_would_be_seen(
    elsewhere: list[dict[str, str]], taint: str
) -> None:
    zero, one, _ = (digests[taint] for digests in elsewhere)
    assert zero != one


def test_another_seed_gives_another_run(once: tuple[Path, FleetResult], tmp_path: Path) -> None:
    folder, finished = once
    assert run(tmp_path, replace(LIVELY, seed=2)).digest != finished.digest
    ours, theirs = digests_in(folder), digests_in(tmp_path)
    assert all(ours[name] != theirs[name] for name in ours)


# --- one cell alone ---------------------------------------------------------------------------


def grants_in(folder: Path) -> dict[int, list[int]]:
    return {
        raw.line.window: raw.line.grants
        for path in parts_in(folder)
        for raw in (read_part(path) if path.name.startswith("grants") else ())
        if isinstance(raw.line, GrantsLine)
    }


@pytest.mark.parametrize("number", [0, 3])
def test_a_cell_is_run_again_alone_from_what_it_was_granted(
    once: tuple[Path, FleetResult], tmp_path: Path, number: int
) -> None:
    logged = grants_in(once[0])
    cells, width = LIVELY.fleet.cells, LIVELY.fleet.window
    unasked = divide(capacity_of(LIVELY), [0] * cells)
    cell = make_cell(Job(LIVELY, keep_going=True, parts=tmp_path), number)
    report, window = None, 0
    while report is None or report.next_event is not None:
        if report is not None and report.next_event is not None:
            window = max(window + 1, report.next_event // width)
        report = cell.run((window + 1) * width, logged.get(window, unasked)[number])
    part = cell.finish(whole=True).part
    assert part is not None
    assert part.digest == digests_in(once[0])[f"{number:02d}"]
    assert any(grants[number] != unasked[number] for grants in logged.values())


# --- one host more ----------------------------------------------------------------------------


def with_hosts(hosts: int) -> Scenario:
    return replace(AMPLE, fleet=replace(AMPLE.fleet, hosts=hosts))


def first_of(folder: Path, kind: str) -> Mapping[object, OperationRecord]:
    """The first operation of a kind of each cluster, by its first host."""
    first: dict[object, OperationRecord] = {}
    for path in parts_in(folder):
        for is_over, record in records(path) if path.name[0].isdigit() else ():
            if record.kind == kind and not is_over:
                first.setdefault(record.tags.get("host"), record)
    return first


def test_one_host_more_leaves_the_draws_of_all_others_alone(tmp_path: Path) -> None:
    few, more = tmp_path / "few", tmp_path / "more"
    run(few, with_hosts(40))
    run(more, with_hosts(41))
    roster = Roster(with_hosts(41))
    newcomer = roster.member(40)
    ours, theirs = digests_in(few), digests_in(more)
    same = {name for name in ours if name.isdecimal() and ours[name] == theirs[name]}
    assert same == {f"{cell:02d}" for cell in range(4) if cell != roster.cell_of(40)}
    before, after = first_of(few, "InstallCluster"), first_of(more, "InstallCluster")
    assert after.keys() - before.keys() == {newcomer.host_uids[0]}
    assert {h: (r.start, r.args) for h, r in before.items()} == {
        h: (r.start, r.args) for h, r in after.items() if h in before
    }
    sent, sent_after = first_of(few, "VerifyConnection"), first_of(more, "VerifyConnection")
    assert {h: r.start for h, r in sent.items()} == {h: sent_after[h].start for h in sent}
