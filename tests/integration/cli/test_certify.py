"""`pairproof certify` from the outside: what it prints, what it writes, how it exits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness import __version__
from harness.catalogue.requirements import REQUIREMENTS
from harness.history.reader import Evidence, read_evidence
from tests.integration.cli.command import Command
from tests.unit.checkers.test_sentences import names_in

FILES = ["badge.svg", "evidence.jsonl", "junit.xml", "report.html", "report.json", "summary.md"]
SOME = ("--requirement", "WDR-3,PRE-1")
INPROCESS = ("certify", "--driver", "inprocess")


def evidence_in(folder: Path) -> Evidence:
    return read_evidence(folder / "evidence.jsonl")


def test_it_names_the_target_first_and_says_where_the_report_lies(
    command: Command, tmp_path: Path
) -> None:
    done = command.run(*INPROCESS, *SOME, "--out", "out", "--seed", "7")
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first == (
        f"pairproof {__version__} certifies the embedded reference, driver inprocess, seed 7"
    )
    assert last == "report        out/report.html"
    assert (
        f"✓ selection passes: 2 of {len(REQUIREMENTS)} requirements: pairproof reference"
        in done.stdout
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    header = evidence_in(tmp_path / "out").header
    assert header.selection.requirements == ["WDR-3", "PRE-1"]
    assert header.run.command == ["pairproof", *INPROCESS, *SOME, "--out", "out", "--seed", "7"]
    assert header.seed == 7


def test_over_http_it_starts_the_reference_itself(command: Command, tmp_path: Path) -> None:
    done = command.run("certify", "--requirement", "WDR-3", "--out", "out")
    assert done.returncode == 0, done.stderr
    evidence = evidence_in(tmp_path / "out")
    assert evidence.header.driver == "http"
    sent = [o for h in evidence.histories.values() for o in h.operations if o.request]
    assert sent
    assert command.alive() == []


def test_on_a_terminal_progress_is_live(command: Command) -> None:
    code, shown = command.on_terminal(*INPROCESS, *SOME, "--out", "out")
    assert code == 0, shown
    total = len(evidence_in(command.folder / "out").scenarios)
    assert f"/{total}" in shown
    assert "…" not in shown
    assert "\x1b[?25l" in shown, "the cursor is hidden meanwhile"
    assert shown.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in shown, "and comes back"


def test_without_out_a_folder_is_made_for_each_run(command: Command, tmp_path: Path) -> None:
    done = command.here(*INPROCESS, *SOME)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "reports" / "runs").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z-pairproof-reference", folder.name)
    assert f"reports/runs/{folder.name}/report.html" in done.stdout


def test_in_ci_progress_is_plain_lines_on_standard_error(command: Command) -> None:
    done = command.here(*INPROCESS, *SOME, "--out", "out")
    assert re.search(r"^(\d+)/\1  \1 pass  \d+\.\d s$", done.stderr, re.MULTILINE), done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_reports_of_an_earlier_run_outlive_none_that_records_anything(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "evidence.parts").mkdir(parents=True)
    (out / "evidence.parts" / "gw0.jsonl").write_text("stale")
    (out / "report.html").write_text("stale")
    (out / "mine.txt").write_text("kept")
    command.here(*INPROCESS, "--requirement", "PRE-1", "--role", "central", "--out", "out")
    assert {path.name for path in out.iterdir()} == {"evidence.parts", "report.html", "mine.txt"}
    command.here(*INPROCESS, "--requirement", "PRE-1", "--out", "out")
    assert "evidence.parts" not in {path.name for path in out.iterdir()}
    assert (out / "report.html").read_text("utf-8") != "stale"
    assert (out / "mine.txt").read_text("utf-8") == "kept"


def test_the_summary_is_appended_to_the_page_of_a_ci_job(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    command.here(*INPROCESS, *SOME, "--out", "out")
    assert page.read_text() == f"before\n{(tmp_path / 'out' / 'summary.md').read_text()}\n"


def test_a_page_that_cannot_be_written_changes_no_verdict(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/page")
    done = command.here(*INPROCESS, *SOME, "--out", "o")
    assert done.returncode == 0
    assert "cannot be appended to no/page" in done.stderr


def test_pytest_of_the_user_takes_no_part(command: Command, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('never loaded')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    theirs = {"PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "x"}
    done = command.here(*INPROCESS, *SOME, "--out", "out", env=theirs)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("-k", "cancels-nothing and not link"), None),
        (("--tags", "WDR-3 and core"), {"WDR-3"}),
        (("--requirement", "WDR-3", "--requirement", "PRE-1"), {"WDR-3", "PRE-1"}),
        (("--profile", "extended", "--profile", "core", "-k", "each"), None),
    ],
)
def test_what_was_selected_is_what_was_judged(
    command: Command, tmp_path: Path, words: tuple[str, ...], ids: set[str] | None
) -> None:
    done = command.here(*INPROCESS, *words, "--out", "out")
    assert done.returncode == 0, done.stderr
    evidence = evidence_in(tmp_path / "out")
    judged = {verdict.requirement for verdict in evidence.verdicts}
    assert judged
    assert ids is None or judged == ids


SPACED = "accept/an-opened-request-shows-what-the-local-cluster-has"
SPACED += "[A tag without a value-site=north, spare=]"
OTHER = "withdraw/a-cancel-ends-the-request-on-both-sides"


def test_a_scenario_is_chosen_by_its_id_whatever_it_holds(command: Command, tmp_path: Path) -> None:
    words = ("--scenario", SPACED, "--scenario", OTHER)
    done = command.here(*INPROCESS, *words, "--out", "out")
    assert done.returncode == 0, done.stderr
    evidence = evidence_in(tmp_path / "out")
    assert {verdict.scenario for verdict in evidence.verdicts} == {SPACED, OTHER}
    assert evidence.header.selection.scenarios == [SPACED, OTHER]
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    told = [s["reproduce"] for r in report["requirements"] for s in r["scenarios"]]
    assert any(f" --scenario '{SPACED}' " in each for each in told)
    assert "selection passes: " in (tmp_path / "out" / "badge.svg").read_text("utf-8")
    assert command.here("verify", "out").returncode == 0


def test_repeated_runs_have_to_agree(command: Command, tmp_path: Path) -> None:
    done = command.here(*INPROCESS, *SOME, "--out", "out", "--repeat", "2")
    assert done.returncode == 0, done.stderr
    assert "all 2 runs came to the same verdicts" in done.stdout
    first, second = (evidence_in(tmp_path / "out" / f"repeat-{n}") for n in (1, 2))
    assert first.header.repeat == second.header.repeat == 2
    assert first.footer is not None
    assert second.footer is not None
    assert first.footer.digest == second.footer.digest


def test_report_json_says_where_the_evidence_is(command: Command, tmp_path: Path) -> None:
    command.here(*INPROCESS, *SOME, "--out", "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["evidence"]["file"] == "evidence.jsonl"
    assert report["evidence"]["complete"] is True
    assert report["verdict"] == "conforms"


def test_a_planted_defect_fails_whoever_of_the_workers_meets_it(command: Command) -> None:
    """What is planted is in the name of what was certified: nobody takes it for the reference."""
    mutant = "cancel_clears_before_it_tells"
    some = ("--scenario", SPACED, "--scenario", OTHER, "--out", "out")
    done = command.run(*INPROCESS, "--workers", "2", "--mutant", mutant, *some)
    assert done.returncode == 1, done.stderr
    report = json.loads((command.folder / "out" / "report.json").read_text())
    assert report["implementation"]["name"] == f"pairproof reference with mutant {mutant}"
    broken = next(r for r in report["requirements"] if r["id"] == "WDR-3")
    assert broken["verdict"] == "fail"
    assert all(s["reproduce"].endswith(f" --mutant {mutant}") for s in broken["scenarios"])
    assert "✗ fail WDR-3 features/withdraw.feature" in done.stderr, "at once"
    assert names_in(done.stdout + done.stderr) == set(), "evidence has names, and people have words"


def test_the_bar_says_what_runs_now_and_what_failed_so_far(command: Command) -> None:
    mutant = ("--mutant", "cancel_clears_before_it_tells")
    some = ("--scenario", OTHER, "--scenario", SPACED, "--out", "out")
    code, shown = command.on_terminal(*INPROCESS, *mutant, *some, columns=200)
    assert code == 1, shown
    bars = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line) for line in shown.splitlines()]
    assert "1 pass · 1 fail" in bars
    names = {scenario.name for scenario in evidence_in(command.folder / "out").scenarios}
    assert names & {*bars}, "it is drawn anew ten times a second, and not for each"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--mutant", "nosuch"), "no mutant is called 'nosuch'"),
        (("--variant", "pairing_ids_are_uuids+pairing_ids_are_short"), "two of them change"),
        (("--variant", "pairing_ids_are_uuids", "--target", "a.toml"), "leave out the target"),
        (("--variant", "pairing_ids_are_uuids", "--mutant", "nosuch"), "one of them at a time"),
    ],
)
def test_what_cannot_be_planted_is_told_before_anything_runs(
    command: Command, words: tuple[str, ...], why: str
) -> None:
    done = command.run("certify", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert not (command.folder / "reports").exists()
