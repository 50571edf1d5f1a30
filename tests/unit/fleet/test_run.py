"""A run: its cells to the end, the gate, and a manifest whose digest equal runs share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue.verdict import Overall, Verdict
from harness.fleet.cell import make_cell
from harness.fleet.loading import as_plain, from_plain, read
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.run import (
    FleetResult,
    Telling,
    ends_about,
    folder_of_parts,
    operations_about,
    run_fleet,
)
from harness.fleet.scenario import SECOND
from harness.history.lines import RunInfo
from harness.history.manifest import read_manifest
from harness.history.parts import read_part
from tests.unit.fleet.pool.fake import Habits, fakes, scenario
from tests.unit.fleet.tiny import DEFECT, TINY

JOB = Job(read(TINY, "tiny"))


def run(
    job: Job, watching: Watching[Moment] = Watching(), telling: Telling = Telling()
) -> FleetResult:
    return run_fleet(job, LocalTransport(make_cell), telling, watching)


def written(folder: Path, job: Job = JOB, watching: Watching[Moment] = Watching()) -> FleetResult:
    return run(replace(job, parts=folder_of_parts(folder)), watching)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> FleetResult:
    return written(tmp_path_factory.mktemp("whole"))


def test_the_manifest_says_all_that_was_found(whole: FleetResult) -> None:
    assert whole.evidence is not None
    manifest = read_manifest(whole.evidence)
    assert (manifest.digest, manifest.complete, manifest.troubles) == (whole.digest, True, ())
    assert (manifest.measures, manifest.gates) == (whole.measures, whole.gates)
    assert {line.verdict for line in manifest.verdicts} == {Verdict.PASS}
    assert [part.name for part in manifest.parts] == ["00", "01", "02", "grants"]
    for part in manifest.parts:
        reader = read_part(manifest.path_of(part))
        assert sum(1 for _ in reader) == part.lines
        assert (reader.digest, reader.operations) == (part.digest, part.operations)


def test_the_evidence_is_enough_to_run_it_again(whole: FleetResult, tmp_path: Path) -> None:
    assert whole.evidence is not None
    fleet = read_manifest(whole.evidence).fleet
    again = from_plain(fleet.scenario)
    assert again == JOB.scenario
    assert as_plain(again) == fleet.scenario
    assert written(tmp_path, Job(again, fleet.planted, fleet.keep_going)).digest == whole.digest


def test_how_a_run_was_made_is_in_the_evidence_and_not_in_the_digest(
    whole: FleetResult, tmp_path: Path
) -> None:
    telling = Telling(RunInfo(command=["x"], started_at="then", workers=7), lambda: "now")
    other = run(replace(JOB, parts=folder_of_parts(tmp_path)), telling=telling)
    assert other.digest == whole.digest
    manifest = read_manifest(tmp_path)
    assert (manifest.header.run.workers, manifest.header.run.started_at) == (7, "then")
    assert manifest.footer is not None
    assert manifest.footer.run.ended_at == "now"


@pytest.mark.parametrize("change", ["seed", "hosts"])
def test_another_run_has_another_digest(whole: FleetResult, tmp_path: Path, change: str) -> None:
    other = replace(JOB.scenario, seed=2)
    if change == "hosts":
        other = replace(JOB.scenario, fleet=replace(JOB.scenario.fleet, hosts=13))
    assert written(tmp_path, replace(JOB, scenario=other)).digest != whole.digest


def test_nothing_is_written_unless_there_is_a_folder(whole: FleetResult) -> None:
    plain = run(JOB)
    assert (plain.evidence, plain.digest) == (None, "")
    assert (plain.measures, plain.verdict) == (whole.measures, whole.verdict)


def test_a_violation_stops_a_run_at_the_end_of_its_window(tmp_path: Path) -> None:
    job = replace(JOB, planted=f"mutant:{DEFECT}")
    stopped = written(tmp_path, job)
    assert (stopped.verdict, stopped.complete) == (Overall.DOES_NOT_CONFORM, False)
    assert "INV-4" in {violation.invariant for violation in stopped.violations}
    window = JOB.scenario.fleet.window
    last = max(violation.at for violation in stopped.violations)
    assert stopped.measures.ended_at // window == last // window
    assert read_manifest(tmp_path).fleet.stopped_at is None
    on = run(replace(job, keep_going=True))
    assert (on.verdict, on.complete) == (Overall.DOES_NOT_CONFORM, True)
    assert on.violations[: len(stopped.violations)] == stopped.violations


def test_somebody_stops_a_run_and_it_says_where(tmp_path: Path) -> None:
    seen: list[Moment] = []
    watching = Watching(progress=seen.append, stopped=lambda: len(seen) == 50)
    stopped = written(tmp_path, watching=watching)
    assert (stopped.verdict, stopped.complete) == (Overall.INCONCLUSIVE, False)
    manifest = read_manifest(tmp_path)
    assert manifest.fleet.stopped_at == seen[-1].at
    assert not manifest.complete
    assert {line.verdict for line in manifest.verdicts} == {Verdict.INCONCLUSIVE}


def test_a_run_that_is_given_up_keeps_what_was_recorded(tmp_path: Path) -> None:
    def give_up(moment: Moment) -> None:
        raise KeyboardInterrupt

    parts = folder_of_parts(tmp_path)
    job = Job(scenario(), parts=parts)
    with pytest.raises(KeyboardInterrupt):
        run_fleet(job, LocalTransport(fakes(Habits())), watching=Watching(progress=give_up))
    assert [path.stat().st_size > 0 for path in parts.iterdir()] == [True] * 6
    assert not (tmp_path / "evidence.jsonl").exists()


def test_what_is_told_of_its_size_beforehand_is_about_right(whole: FleetResult) -> None:
    recorded = sum(sum(kinds.values()) for kinds in whole.measures.operations.values())
    assert recorded <= operations_about(JOB.scenario) <= 4 * recorded
    assert JOB.scenario.duration < whole.measures.ended_at < ends_about(JOB.scenario) + 600 * SECOND
