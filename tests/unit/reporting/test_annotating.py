"""Annotations for GitHub: at the failing requirement, and nothing of a target's is a command."""

from __future__ import annotations

from pathlib import Path

from harness.catalogue.verdict import Verdict
from harness.history.lines import WaiverLine
from harness.reporting.files import read_report
from harness.reporting.junit import OF_A_KIND_MAX, github_commands
from tests.unit.reporting.runs import Said, write_repeats, write_run

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def commands(folder: Path, said: Said, **header: object) -> list[str]:
    return list(github_commands(read_report(write_run(folder, said, **header))))


def test_a_failure_points_at_its_scenario(tmp_path: Path) -> None:
    assert commands(tmp_path, {"withdraw/a": ("WDR-4", FAIL), "withdraw/b": ("WDR-3", PASS)}) == [
        "::error file=features/withdraw.feature,line=3,title=WDR-4%3A Without a link%2C a cancel"
        " still ends the request locally::a: withdraw/a fail because"
    ]


def test_it_points_at_the_target_file_where_there_is_one(tmp_path: Path) -> None:
    said: Said = {"withdraw/a": ("WDR-4", FAIL)}
    (line,) = commands(tmp_path, said, target_file="conformance/target.toml")
    assert line.startswith("::error file=conformance/target.toml,title=WDR-4%3A ")
    assert line.endswith("::features/withdraw.feature:3: a: withdraw/a fail because")


def test_what_does_not_fail_a_run_is_no_error(tmp_path: Path) -> None:
    said = {"withdraw/a": ("WDR-4", UNSURE), "prerequisites/b": ("PRE-5S", FAIL)}
    found = commands(tmp_path, said)
    assert [line.split()[0] for line in found] == ["::warning", "::warning"]


def test_a_selection_that_passes_is_said_to_be_no_certificate(tmp_path: Path) -> None:
    (line,) = commands(tmp_path, {"withdraw/a": ("WDR-4", PASS)})
    assert line.startswith("::notice title=Selection passes%3A 1 of ")
    assert line.endswith("It is a selection, and no certificate.")


def test_what_is_waived_is_a_notice(tmp_path: Path) -> None:
    waivers = [WaiverLine("WDR-4", "bug 17", "Ana", "2026-12-31")]
    (line,) = commands(tmp_path, {"withdraw/a": ("WDR-4", FAIL)}, waivers=waivers)
    assert line.startswith("::notice file=features/withdraw.feature")
    assert line.endswith("(waived until 2026-12-31 by Ana: bug 17)")


def test_a_waiver_that_has_expired_is_told(tmp_path: Path) -> None:
    waivers = [WaiverLine("WDR-4", "bug 17", "Ana", "2026-01-31")]
    found = commands(tmp_path, {"withdraw/a": ("WDR-4", FAIL)}, waivers=waivers)
    assert found[0].startswith("::error")
    assert found[1].startswith("::warning title=Waiver::the waiver for WDR-4 expired on 2026-01-31")


def test_an_unstable_one_is_a_warning(tmp_path: Path) -> None:
    runs = [{"withdraw/a": ("WDR-4", given)} for given in (PASS, FAIL)]
    (line,) = github_commands(read_report(write_repeats(tmp_path, *runs)))
    assert line.startswith("::warning file=features/withdraw.feature,line=3,")
    assert "unstable: pass in repeat-1, fail in repeat-2" in line


def test_no_text_ends_a_command_or_begins_one(tmp_path: Path) -> None:
    said = {"withdraw/a\n::error::y\r%0A\x1b": ("WDR-4", FAIL)}
    (line,) = commands(tmp_path, said)
    assert line.splitlines() == [line]
    assert line.startswith("::error file=")
    assert "a%0A::error::y%0D%250A\ufffd" in line


def test_there_are_no_more_than_are_shown(tmp_path: Path) -> None:
    said = {f"withdraw/s{n}": ("WDR-4", FAIL) for n in range(OF_A_KIND_MAX + 5)}
    found = commands(tmp_path, said)
    assert len(found) == OF_A_KIND_MAX + 1
    assert found[-1] == "pairproof: 5 more of the kind error are in the report"
