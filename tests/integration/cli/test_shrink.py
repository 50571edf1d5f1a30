"""`pairproof shrink`: a run that fails comes down to little more than why it fails."""

from __future__ import annotations

import re
import signal
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.fleet.cell import make_cell
from harness.fleet.loading import load
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.run import folder_of_parts, run_fleet
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    AdminPlan,
    Distribution,
    FaultKind,
    FaultPlan,
    FleetPlan,
    Only,
    OperatorPlan,
    Scenario,
    Spread,
)
from harness.fleet.shrinking.trying import (
    FailingScenario,
    Failure,
    SoughtFailure,
    TimeIsUp,
    WorkerTrials,
)
from harness.history.fleet_lines import ViolationLine
from tests.integration.cli.command import Command

MUTANT = "restart_forgets_the_rejection"
LINKS = FaultPlan(
    FaultKind.LINK,
    every=Spread(0, 20 * MINUTE, Distribution.EXPONENTIAL),
    lasts=Spread(SECOND, MINUTE),
)
REBOOTS = replace(LINKS, kind=FaultKind.REBOOT)
SCENARIO = Scenario(
    "churn",
    "Hosts that lose their links and are restarted, while some are rejected.",
    HOUR,
    FleetPlan(hosts=40, cells=4),
    OperatorPlan(begin=Spread(0, 10 * MINUTE), cancels_ppm=200_000),
    admins=AdminPlan(rejects_ppm=300_000),
    faults=(LINKS, REBOOTS),
)


def run_of(folder: Path, planted: str, scenario: Scenario = SCENARIO) -> Path:
    """The folder, with the evidence of a run."""
    job = Job(scenario, planted, parts=folder_of_parts(folder))
    run_fleet(job, LocalTransport(make_cell))
    return folder


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_of(tmp_path_factory.mktemp("failing"), f"mutant:{MUTANT}")


def changed(failing: Path, tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the manifest that says something else."""
    text = (failing / "evidence.jsonl").read_text("utf-8")
    assert old in text
    path = tmp_path / "evidence.jsonl"
    path.write_text(text.replace(old, new), "utf-8")
    return path


def before_and_after(out: str, what: str) -> tuple[int, int]:
    found = re.search(rf"^{what} +([\d,]+) → ([\d,]+)$", out, re.M)
    assert found, out
    before, after = (int(number.replace(",", "")) for number in found.groups())
    return before, after


def test_a_tenth_of_the_faults_and_one_cluster_are_left(command: Command, failing: Path) -> None:
    one = command.here("shrink", str(failing), "--out", "one.toml")
    assert one.returncode == 0, one.stderr
    faults, faults_left = before_and_after(one.stdout, "faults")
    assert faults > 20
    assert 1 <= faults_left <= faults // 10
    assert before_and_after(one.stdout, "clusters") == (40, 1)
    assert before_and_after(one.stdout, "operations")[1] < 150
    assert f"pairproof fleet ./one.toml --mutant {MUTANT}" in one.stdout
    assert re.search(r"INV-8 after .*: Local UI still shows it as pending", one.stdout)
    assert re.search(r"✓ \d+ View pairing", one.stdout)

    scenario = load(command.folder / "one.toml")
    with_it, without = (
        run_fleet(Job(scenario, planted), LocalTransport(make_cell))
        for planted in (f"mutant:{MUTANT}", "")
    )
    assert [violation.invariant for violation in with_it.violations] == ["INV-8"]
    assert not without.violations


def test_the_first_in_order_counts_and_not_the_quickest() -> None:
    quick = replace(SCENARIO, only=Only(clusters=(31,)))
    wanted = SoughtFailure(Failure.of(of_the_rejection("1 s", "2 s", "3 s")), f"mutant:{MUTANT}")
    seconds_left = 60.0
    with closing(WorkerTrials(wanted, 2, lambda: seconds_left)) as trials:
        assert number_of(trials.first([SCENARIO, quick])) == 0
        assert number_of(trials.first([replace(quick, faults=()), quick])) == 1
        assert trials.first([replace(quick, faults=())]) is None
        assert trials.first([]) is None
        seconds_left = 0.0
        with pytest.raises(TimeIsUp):
            trials.first([quick])


def number_of(found: tuple[int, FailingScenario] | None) -> int:
    assert found is not None
    return found[0]


def of_the_rejection(*times: str) -> ViolationLine:
    shown, decided, lag = times
    reason = f"Local UI still shows it as pending at {shown}, though it was decided at {decided}"
    behind = f"; the edge may be {lag} behind"
    return ViolationLine(
        invariant="INV-8", cell="00", reason=f"request 1: {reason}{behind}", operations=[], at=0
    )


def test_when_somebody_stops_it_the_smallest_so_far_is_written(
    command: Command, failing: Path
) -> None:
    copy = failing.rename(command.folder / "run")
    with command.started("shrink", str(copy)) as process:
        assert process.stderr is not None
        told = iter(process.stderr.readline, "")
        assert any("fails again" in line for line in told)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate()
    copy.rename(failing)
    assert process.returncode == 130, errors
    assert "the smallest so far" in errors
    assert load(failing / "churn-shrunk.toml").gate == ("violations == 0",)
    assert "--mutant" in out
    assert not command.alive()
    (failing / "churn-shrunk.toml").unlink()


def test_a_run_that_holds_cannot_be_shrunk(command: Command) -> None:
    holds = replace(SCENARIO, faults=(), duration=5 * MINUTE, gate=("share.paired >= 2",))
    ended = command.here("shrink", str(run_of(command.folder / "run", "", holds)))
    assert ended.returncode == 2
    assert "no invariant was broken" in ended.stderr
    assert "share.paired >= 2" in ended.stderr


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        (f'"planted":"mutant:{MUTANT}"', '"planted":""', "it holds"),
        ('"invariant":"INV-8"', '"invariant":"INV-9"', "it breaks INV-8"),
    ],
    ids=["does not fail", "fails in another way"],
)
def test_a_run_that_does_not_fail_again_is_refused(
    command: Command, failing: Path, old: str, new: str, about: str
) -> None:
    ended = command.here("shrink", str(changed(failing, command.folder, old, new)))
    assert ended.returncode == 3  # its digest does not fit
    assert about in ended.stderr
    assert "a defect of the harness, or changed evidence" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(command.folder.glob("*.toml"))


def test_the_evidence_of_another_version_is_named_as_such(command: Command, failing: Path) -> None:
    version = r'"harness":{"version":"9.9.9"'
    path = changed(failing, command.folder, f'"planted":"mutant:{MUTANT}"', '"planted":""')
    path.write_text(re.sub(r'"harness":\{"version":"[^"]*"', version, path.read_text("utf-8")))
    ended = command.here("shrink", str(path))
    assert ended.returncode == 3
    assert "written by pairproof 9.9.9" in ended.stderr


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (("--for", "60"), "is no duration"),
        (("--out", "shrunk.json"), "end it with .toml"),
        (("--out", "Not So.toml"), "small letters and digits"),
        (("--out", "there.toml"), "there is such a file"),
    ],
)
def test_what_was_typed_wrong_is_said_at_once(
    command: Command, failing: Path, words: tuple[str, ...], about: str
) -> None:
    (command.folder / "there.toml").touch()
    ended = command.here("shrink", str(failing), *words)
    assert ended.returncode == 2
    assert about in ended.stderr
