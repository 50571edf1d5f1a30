"""Repeats, waivers and comparisons from the outside: what is printed, written, and how it exits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import harness.cli.certify
from harness.cli.summary import shortened
from tests.integration.cli.command import Command

INPROCESS = ("certify", "--driver", "inprocess")
ONE = ("--requirement", "WDR-3", "-k", "a-cancel-ends-the-request-on-both-sides")
MUTANT = "mutant:withdrawal_only_says_so"
"""It breaks WDR-3."""


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A target that is broken in some runs: `plant(True, False)` in the first of two."""
    arguments = harness.cli.certify._arguments

    def broken_in(*runs: bool) -> None:
        left = iter(runs)

        def planted(*given: Any, **named: Any) -> list[str]:
            words = arguments(*given, **named)
            return [*words, f"--pairproof-planted={MUTANT}"] if next(left) else words

        monkeypatch.setattr(harness.cli.certify, "_arguments", planted)

    return broken_in


def report_in(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return document


def wdr_3(report: dict[str, Any]) -> dict[str, Any]:
    return next(r for r in report["requirements"] if r["id"] == "WDR-3")


def write_waiver(folder: Path, expires: str, requirement: str = "WDR-3") -> Path:
    path = folder / "waivers.toml"
    path.write_text(
        'schema = "pairproof/waivers/1"\n[[waiver]]\n'
        f'requirement = "{requirement}"\nreason = "bug 17"\nowner = "Ana"\nexpires = {expires}\n'
    )
    return path


def test_what_fails_in_one_repeat_is_unstable(command: Command, tmp_path: Path, plant: Any) -> None:
    plant(False, True)
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--repeat", "2")
    assert done.returncode == 3, done.stderr
    assert "2 runs do not agree on WDR-3" in done.stdout
    assert "repeat-2: fail, repeat-2/evidence.jsonl" in done.stdout
    report = report_in(tmp_path / "out")
    assert (report["repeat"], report["verdict"]) == (2, "inconclusive")
    assert [r["verdict"] for r in report["repeats"]] == ["conforms", "does_not_conform"]
    assert (wdr_3(report)["verdict"], wdr_3(report)["unstable"]) == ("inconclusive", True)
    for number in (1, 2):
        assert (tmp_path / "out" / f"repeat-{number}" / "evidence.jsonl").is_file()
        assert report_in(tmp_path / "out" / f"repeat-{number}")["repeats"] == []


def test_what_fails_in_each_repeat_fails(command: Command, plant: Any) -> None:
    plant(True, True)
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--repeat", "2")
    assert done.returncode == 1
    assert "all 2 runs came to the same verdicts" in done.stdout


def test_the_whole_is_made_again_and_verified_from_the_repeats(
    command: Command, tmp_path: Path, plant: Any
) -> None:
    plant(True, False)
    command.here(*INPROCESS, *ONE, "--out", "out", "--repeat", "2")
    out = tmp_path / "out"
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}
    assert sorted(before) == ["badge.svg", "junit.xml", "report.html", "report.json", "summary.md"]
    for name in before:
        (out / name).unlink()
    assert command.here("report", "out").returncode == 3
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == before
    assert command.here("verify", "out").returncode == 0
    told = json.loads(command.here("verify", "out", "--format", "json").stdout)
    assert (told["same"], len(told["repeats"])) == (True, 2)

    evidence = out / "repeat-2" / "evidence.jsonl"
    evidence.write_bytes(evidence.read_bytes().replace(b'"verdict":"pass"', b'"verdict":"fail"', 1))
    assert command.here("verify", "out").returncode == 1
    shutil.rmtree(out / "repeat-2")
    missing = command.here("verify", "out")
    assert missing.returncode == 1
    assert "2 repeats were asked for, and the evidence of 1 is there" in missing.stderr
    assert command.here("report", "out").returncode in (1, 3)


def test_a_run_that_is_stopped_is_reported_as_far_as_it_went(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runs = harness.cli.certify._run, iter((False, True))

    def stopped_in_the_second(*given: Any) -> Any:
        if next(runs):
            raise KeyboardInterrupt
        return run(*given)

    monkeypatch.setattr(harness.cli.certify, "_run", stopped_in_the_second)
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--repeat", "3")
    assert done.returncode == 130, done.stderr
    report = report_in(tmp_path / "out")
    assert (report["verdict"], len(report["repeats"])) == ("inconclusive", 1)


@pytest.mark.slow
def test_a_run_in_the_same_folder_leaves_no_repeats_of_an_earlier_one(
    command: Command, tmp_path: Path
) -> None:
    command.here(*INPROCESS, *ONE, "--out", "out", "--repeat", "3")
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--repeat", "2")
    assert done.returncode == 0, done.stdout
    assert len(report_in(tmp_path / "out")["repeats"]) == 2
    assert command.here(*INPROCESS, *ONE, "--out", "out").returncode == 0
    assert not list((tmp_path / "out").glob("repeat-*/*.jsonl"))


def test_a_waiver_excuses_and_is_shown(command: Command, tmp_path: Path, plant: Any) -> None:
    plant(True)
    write_waiver(tmp_path, "2999-12-31")
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--waivers", "waivers.toml")
    assert done.returncode == 3, "nothing else was judged: one that is waived is none that passed"
    assert "✗ WDR-3 (waived)" in done.stdout
    assert "waived until 2999-12-31 by Ana: bug 17" in done.stdout
    report = report_in(tmp_path / "out")
    assert wdr_3(report)["verdict"] == "fail"
    assert wdr_3(report)["waived"]["reason"] == "bug 17"


def test_a_waiver_that_has_expired_excuses_nothing(
    command: Command, tmp_path: Path, plant: Any
) -> None:
    plant(True)
    write_waiver(tmp_path, "2020-01-31")
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--waivers", "waivers.toml")
    assert done.returncode == 1
    assert "the waiver for WDR-3 expired on 2020-01-31; what it excused fails" in done.stdout
    again = command.here("report", "out")
    assert again.returncode == 1, "the evidence holds the waivers"
    assert "expired on 2020-01-31" in again.stdout


def test_a_waiver_for_nothing_is_an_error_before_anything_runs(
    command: Command, tmp_path: Path
) -> None:
    write_waiver(tmp_path, "2999-12-31", "WDR-99")
    done = command.here(*INPROCESS, *ONE, "--out", "out", "--waivers", "waivers.toml")
    assert done.returncode == 2
    assert 'waivers.toml:3: waiver[0].requirement: there is no requirement "WDR-99"' in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_failed_is_pointed_out_in_github_actions(
    command: Command, plant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(True, True)
    asked = command.here(*INPROCESS, *ONE, "--out", "out", "--annotations", "github")
    assert "\n::error file=features/withdraw.feature,line=" in asked.stdout
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    there = command.here(*INPROCESS, *ONE, "--out", "out")
    assert "\n::error file=features/withdraw.feature,line=" in there.stdout


def test_two_runs_are_compared(command: Command, plant: Any, tmp_path: Path) -> None:
    plant(False, True)
    command.here(*INPROCESS, *ONE, "--out", "before")
    command.here(*INPROCESS, *ONE, "--out", "after")
    same = command.here("compare", "before", "before")
    assert (same.returncode, same.stdout.splitlines()[-1]) == (
        0,
        "no verdict on a requirement changed",
    )
    broke = command.here("compare", "before", "after")
    assert broke.returncode == 1
    assert "✗ broke   WDR-3 ✓ pass → ✗ fail" in broke.stdout
    assert "whole     selection passes: 1 of " in broke.stdout
    assert " → does not conform, a selection of 1 of " in broke.stdout
    paged = command.here("compare", "before", "after", "--out", "page.html", "--format", "json")
    assert (paged.returncode, json.loads(paged.stdout)["exit_code"]) == (1, 1)
    assert 'href="after/report.html#WDR-3"' in (tmp_path / "page.html").read_text("utf-8")
    mended = command.here("compare", "after", "before", "--format", "json")
    assert mended.returncode == 0
    assert json.loads(mended.stdout)["counts"]["mended"] == 1
    assert command.here("compare", "before", "nowhere").returncode == 2
    nowhere = command.here("compare", "before", "after", "--out", "page.html/page.html")
    assert nowhere.returncode == 2
    assert "the page can be made again with `pairproof compare`" in nowhere.stderr


def test_a_fresh_seed_is_printed_first(command: Command, tmp_path: Path) -> None:
    seeds = set()
    for out in ("1", "2"):
        done = command.here(*INPROCESS, *ONE, "--out", out, "--seed", "random")
        seed = report_in(tmp_path / out)["seed"]
        assert done.stdout.splitlines()[0].endswith(f"seed {seed}")
        seeds.add(seed)
    assert len(seeds) == 2
    for command_of in ("certify", ("fleet", "flaky-wan")):
        words = (command_of,) if isinstance(command_of, str) else command_of
        refused = command.here(*words, "--seed", "fresh")
        assert refused.returncode == 2
        assert "neither a whole number nor 'random'" in refused.stderr


def test_nothing_that_a_target_says_is_a_command_to_a_runner() -> None:
    assert "##[" not in shortened("the target said ##[add-mask]x\n##[group]")
    assert shortened("a\n::error::b") == "a ::error::b"
