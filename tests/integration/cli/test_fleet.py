"""`pairproof fleet` as a process: what it says, what it leaves behind, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import fleet_driving
from harness.fleet.loading import names
from harness.history.manifest import read_manifest
from tests.integration.cli.command import Command, wait_until
from tests.unit.fleet.tiny import DEFECT, TINY, long, tiny

FILES = {
    "badge.svg",
    "data",
    "evidence.jsonl",
    "junit.xml",
    "parts",
    "report.html",
    "report.json",
    "summary.md",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A run that holds, in a folder of its own."""
    folder = tmp_path_factory.mktemp("made")
    page = folder / "page.md"
    done = Command(folder).run(
        "fleet", tiny(folder), "--out", "out", "--workers", "2",
        env={"GITHUB_STEP_SUMMARY": str(page)},
    )  # fmt: skip
    return done, folder


def test_a_run_says_what_it_does_what_came_of_it_and_where_it_is(
    made: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, folder = made
    first, *said = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert first.startswith("pairproof ")
    assert first.endswith(
        " runs tiny: 12 hosts, seed 1, 30m of virtual time, 3 cells in 2 processes,"
        " about 2 MB of evidence in out"
    )
    assert "✓ violations == 0 (it is 0)" in said
    assert "invariants    10 pass" in said
    assert any(line.startswith("✓ fleet passes: tiny, 12 hosts, seed 1, ") for line in said)
    assert said[-3:] == [
        "report        out/report.html",
        "evidence      out/evidence.jsonl",
        "once more     pairproof replay out",
    ]
    assert {path.name for path in (folder / "out").iterdir()} == FILES
    assert "Fleet passes: tiny" in (folder / "page.md").read_text()


def test_the_evidence_says_how_the_run_was_made(
    made: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    manifest = read_manifest(made[1] / "out")
    run = manifest.header.run
    assert run.command[:3] == ["pairproof", "fleet", "./tiny.toml"]
    assert run.workers == 2
    assert run.started_at < manifest.footer.run.ended_at if manifest.footer else False
    assert manifest.complete


# --- replay ---------------------------------------------------------------------------------


def test_a_replay_comes_to_the_same_with_any_number_of_workers(
    made: tuple[subprocess.CompletedProcess[str], Path], command: Command
) -> None:
    done = command.here("replay", str(made[1] / "out"), "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"✓ the same again: {made[1] / 'out'}, 4 parts, sha256:" in done.stdout


def test_a_replay_shows_the_first_line_that_was_changed(
    made: tuple[subprocess.CompletedProcess[str], Path], command: Command, tmp_path: Path
) -> None:
    shutil.copytree(made[1] / "out", tmp_path / "out")
    manifest = tmp_path / "out" / "evidence.jsonl"
    manifest.write_text(manifest.read_text().replace('"operations":', '"operations":1', 1))
    done = command.here("replay", "out")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ not the same: out, 4 parts. the manifest, line 3" in done.stdout
    assert "which was changed after the run" in done.stdout
    assert "the digest does not fit" in done.stderr


def test_a_replay_of_another_seed_differs_in_the_parts(
    made: tuple[subprocess.CompletedProcess[str], Path], command: Command, tmp_path: Path
) -> None:
    shutil.copytree(made[1] / "out", tmp_path / "out")
    manifest = tmp_path / "out" / "evidence.jsonl"
    manifest.write_text(
        manifest.read_text().replace('"seed":1', '"seed":2').replace("0.1.0", "0.0.9")
    )
    done = command.here("replay", "out")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the evidence is of pairproof 0.0.9, and this is" in done.stderr
    assert "✗ not the same: out, 4 parts. part 00, line " in done.stdout


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda out: (out / "evidence.jsonl").unlink(), "the run was killed before its end"),
        (
            lambda out: (out / "parts" / "01.jsonl.zst").unlink(),
            "a part of the evidence cannot be read",
        ),
        (lambda out: (out / "parts" / "01.jsonl.zst").write_bytes(b"no"), "the file is damaged"),
        (lambda out: shutil.rmtree(out), "out: there is no such file"),
    ],
    ids=["killed", "a part is missing", "a part is damaged", "nothing there"],
)
def test_evidence_that_cannot_be_replayed_is_refused(
    made: tuple[subprocess.CompletedProcess[str], Path],
    command: Command,
    tmp_path: Path,
    damage: Callable[[Path], None],
    said: str,
) -> None:
    shutil.copytree(made[1] / "out", tmp_path / "out")
    damage(tmp_path / "out")
    done = command.here("replay", "out")
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# --- what does not hold ---------------------------------------------------------------------


def test_a_violation_is_shown_with_its_operations_and_replayed(command: Command) -> None:
    scenario = tiny(command.folder)
    done = command.here("fleet", scenario, "--mutant", DEFECT, "--out", "out")
    assert done.returncode == 1, done.stderr
    assert "✗ INV-4 An acknowledged cancel stays done" in done.stdout
    assert "      operations: 0" in done.stdout
    assert "smallest      pairproof shrink out" in done.stdout
    again = command.here("replay", "out")
    assert (again.returncode, "✓ the same again" in again.stdout) == (0, True), again.stderr


def test_keep_going_gets_to_the_end(command: Command) -> None:
    scenario = tiny(command.folder)
    done = command.here("fleet", scenario, "--mutant", DEFECT, "--out", "out", "--keep-going")
    assert done.returncode == 1
    assert "incomplete" not in done.stdout
    assert read_manifest(command.folder / "out").complete


def test_an_expression_that_does_not_hold_says_by_how_much(command: Command) -> None:
    scenario = tiny(command.folder)
    gate = ("--gate", "operations < 7", "--gate", "hosts == 12")
    done = command.here("fleet", scenario, "--out", "out", *gate)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ operations < 7 – operations is " in done.stdout
    assert "✓ hosts == 12 (it is 12)" in done.stdout


def test_what_the_run_was_to_reach_and_did_not_is_inconclusive(command: Command) -> None:
    scenario = tiny(command.folder)
    with (command.folder / scenario).open("a") as file:
        file.write("[reach]\ncancel_online = 1000\n")
    done = command.here("fleet", scenario, "--out", "out")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "? sometimes.cancel_online >= 1000 – cancel_online happened " in done.stdout


def test_json_is_the_one_thing_on_standard_output(command: Command) -> None:
    scenario = tiny(command.folder)
    done = command.here("fleet", scenario, "--out", "out", "--format", "json", "--hosts", "3")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["kind"], document["verdict"], document["hosts"]) == ("fleet", "conforms", 3)
    assert document == json.loads((command.folder / "out" / "report.json").read_text())
    assert "runs tiny: 3 hosts" in done.stderr


# --- stopped --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "number", "workers"),
    [(os.killpg, signal.SIGINT, "2"), (os.kill, signal.SIGTERM, "1")],
    ids=["Ctrl-C with workers", "SIGTERM"],
)
def test_a_signal_closes_the_evidence_and_reports_what_there_is(
    command: Command, send: Callable[[int, int], None], number: signal.Signals, workers: str
) -> None:
    words = ("fleet", long(command.folder), "--out", "out", "--workers", workers)
    out = command.folder / "out"
    with command.started(*words) as process:
        wait_until(lambda: is_under_way(out) or process.poll() is not None, "the run is under way")
        send(process.pid, number)
        said, errors = process.communicate()
        assert process.returncode == 130, said + errors
        assert command.alive() == []
    assert "Traceback" not in errors
    assert "pairproof: interrupted; what was recorded until then is whole" in errors
    assert "incomplete    the run did not get to its end: it was interrupted" in said
    assert {path.name for path in out.iterdir()} == FILES
    replayed = command.here("replay", "out", "--workers", "1")
    assert "it is replayed as far as it got" in replayed.stderr
    assert (replayed.returncode, "✓ the same again" in replayed.stdout) == (0, True)


def is_under_way(out: Path) -> bool:
    return any(path.stat().st_size for path in (out / "parts").glob("*.zst"))


# --- many seeds -----------------------------------------------------------------------------


def test_seeds_are_run_until_one_fails_and_that_one_is_recorded(command: Command) -> None:
    scenario = tiny(command.folder)
    words = ("--mutant", DEFECT, "--hosts", "3", "--seed", "5")
    done = command.here("fleet", scenario, *words, "--seeds", "50", "--out", "out")
    assert done.returncode == 1, done.stdout + done.stderr
    seed = read_manifest(command.folder / "out").header.seed
    assert f"; seed {seed} fails" in done.stdout
    again = f"fleet ./tiny.toml --hosts 3 --seed {seed} --mutant {DEFECT}"
    assert f"again with evidence: pairproof {again}" in done.stdout
    assert f"does not conform: seed {seed}" in done.stderr
    assert command.here(*again.split(), "--out", "by-hand").returncode == 1


def test_seeds_of_which_none_fails_leave_nothing_behind(command: Command) -> None:
    scenario = tiny(command.folder)
    words = ("--seeds", "3", "--hosts", "3", "--format", "json")
    done = command.here("fleet", scenario, *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["seeds"] == {"first": 1, "asked_for": 3, "run": 3}
    assert (found["failing"], found["report"], found["stopped"]) == (None, None, False)
    assert [path.name for path in command.folder.iterdir()] == ["tiny.toml"]


def test_seeds_end_when_the_time_is_up(command: Command) -> None:
    done = command.here("fleet", long(command.folder), "--seeds", "9", "--for", "10ms")
    assert done.returncode == 3, done.stdout + done.stderr
    assert (
        "0 of 9 seeds run, 0 operations, when the time was up, so nothing is known" in done.stdout
    )


# --- what cannot be done --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stedy-day",), "stedy-day: there is no such scenario; did you mean steady-day?"),
        (("./gone.toml",), "gone.toml: there is no such file"),
        (("./tiny.toml", "--hosts", "0"), "Invalid value for '--hosts'"),
        (("./tiny.toml", "--workers", "0"), "Invalid value for '--workers'"),
        (("./tiny.toml", "--seeds", "0"), "Invalid value for '--seeds'"),
        (("./tiny.toml", "--hosts", "99999999"), "fleet.hosts: 99999999 is out of bounds"),
        (("./tiny.toml", "--until", "5"), '--until: "5" is no duration; write one such as'),
        (("./tiny.toml", "--for", "5s"), "--for limits a hunt: give --seeds as well"),
        (("./tiny.toml", "--gate", "x = 1"), "gate 'x = 1': write a metric, a comparison"),
        (("./tiny.toml", "--gate", "violation == 0"), "did you mean violations"),
        (("./tiny.toml", "--mutant", "x"), "no mutant is called 'x'"),
        (("./tiny.toml", "--mutant", DEFECT, "--variant", "x"), "plant one of them at a time"),
        (("./tiny.toml", "--out", "/proc/x"), "/proc/x: the folder cannot be written"),
        (("./tiny.toml", "--out", "tiny.toml"), "--out tiny.toml: there is a file of this name"),
        (("./tiny.toml", "--scheduler", "a:1", "--seeds", "2"), "leave --scheduler out"),
        (("./broken.toml",), "broken.toml:7: fleet.hots: there is no such key in [fleet]"),
    ],
)
def test_bad_usage_is_one_message(command: Command, words: tuple[str, ...], said: str) -> None:
    tiny(command.folder)
    broken = TINY.replace("hosts", "hots").replace('"tiny"', '"broken"')
    (command.folder / "broken.toml").write_text(broken)
    done = command.here("fleet", *words)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in command.folder.iterdir()} == {"tiny.toml", "broken.toml"}


def test_a_disk_that_is_too_small_is_told_before_the_run(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(command.folder)._replace(free=1_000_000)
    monkeypatch.setattr(fleet_driving.shutil, "disk_usage", lambda _: free)
    done = command.here("fleet", tiny(command.folder), "--out", "out")
    assert done.returncode == 2, done.stdout
    assert "out: the run needs about 2 MB, and 1 MB are free there" in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_disk_that_fills_up_is_a_clear_end(
    command: Command, small_disk: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    free = shutil.disk_usage(command.folder)
    monkeypatch.setattr(fleet_driving.shutil, "disk_usage", lambda _: free)
    out = str(small_disk / "out")
    done = command.here("fleet", long(command.folder), "--out", out, "--workers", workers)
    assert done.returncode == 2, done.stdout
    assert ".jsonl.zst: the disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def test_dask_that_is_missing_says_what_to_install(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_driving, "find_spec", lambda _: None)
    done = command.here("fleet", tiny(command.folder), "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "pip install 'pairproof[dask]'" in done.stderr


# --- the scenarios --------------------------------------------------------------------------


def test_scenarios_are_listed_and_shown(command: Command, tmp_path: Path) -> None:
    listed = command.here("scenarios", "--format", "json")
    assert [row["name"] for row in json.loads(listed.stdout)] == list(names())
    shown = command.here("scenarios", "steady-day")
    assert shown.stdout.count('\nschema = "pairproof/scenario/1"\n') == 1
    assert json.loads(command.here("scenarios", "steady-day", "--format", "json").stdout)["why"]
    assert json.loads(command.here("scenarios", "--schema").stdout)["type"] == "object"
    assert command.here("scenarios", "--format", "markdown").stdout.startswith("# Scenarios\n")
    unknown = command.here("scenarios", "stedy-day")
    assert (unknown.returncode, "did you mean steady-day?" in unknown.stderr) == (2, True)
