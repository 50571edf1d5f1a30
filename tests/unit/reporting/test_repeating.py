"""Repeats taken together: what they disagree on is unstable; no pass makes up for a failure."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.catalogue.verdict import Overall, Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import LeakLine
from harness.history.reader import is_repeated, repeat_folder, repeat_folders
from harness.history.redaction import Redactor
from harness.reporting.files import REPORT_FILES, read_report, write_reports
from harness.reporting.model import Report
from tests.unit.reporting.runs import header_of, write_repeats, write_run
from tests.unit.reporting.test_files import schema

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
A, B = "withdraw/a", "withdraw/b"


def repeated(out: Path, *verdicts: Verdict) -> Report:
    """WDR-4 with this verdict in each repeat; WDR-3 passes in all of them."""
    runs = [{A: ("WDR-4", given), B: ("WDR-3", PASS)} for given in verdicts]
    return read_report(write_repeats(out, *runs), out)


def of(report: Report, id_: str) -> Verdict:
    return next(r.verdict for r in report.requirements if r.requirement.id == id_)


@pytest.mark.parametrize(
    ("verdicts", "together", "overall", "code"),
    [
        ([PASS, PASS], PASS, Overall.CONFORMS, 0),
        ([FAIL, FAIL], FAIL, Overall.DOES_NOT_CONFORM, 1),
        ([FAIL, PASS], UNSURE, Overall.INCONCLUSIVE, 3),
        ([PASS, PASS, FAIL], UNSURE, Overall.INCONCLUSIVE, 3),
        ([PASS, UNSURE], UNSURE, Overall.INCONCLUSIVE, 3),
        ([FAIL, UNSURE], UNSURE, Overall.INCONCLUSIVE, 3),
        ([PASS, Verdict.OBSERVED], UNSURE, Overall.INCONCLUSIVE, 3),
    ],
)
def test_what_repeats_come_to(
    verdicts: list[Verdict], together: Verdict, overall: Overall, code: int, tmp_path: Path
) -> None:
    report = repeated(tmp_path, *verdicts)
    assert of(report, "WDR-4") is together
    assert of(report, "WDR-3") is PASS
    assert (report.verdict, report.exit_code) == (overall, code)
    assert [r.unstable for r in report.requirements if r.requirement.id == "WDR-4"] == [
        len(set(verdicts)) > 1
    ]


def test_a_failure_in_one_repeat_is_never_a_pass_wherever_it_stands(tmp_path: Path) -> None:
    for place in range(4):
        verdicts = [FAIL if n == place else PASS for n in range(4)]
        assert of(repeated(tmp_path / str(place), *verdicts), "WDR-4") is UNSURE


def test_both_evidences_are_linked(tmp_path: Path) -> None:
    report = repeated(tmp_path, PASS, FAIL)
    (scenario,) = next(r for r in report.requirements if r.unstable).scenarios
    assert [(r.file, r.verdict) for r in scenario.repeats] == [
        ("repeat-1/evidence.jsonl", PASS),
        ("repeat-2/evidence.jsonl", FAIL),
    ]
    assert scenario.reason.startswith("unstable: pass in repeat-1, fail in repeat-2; ")
    assert scenario.reproduce.endswith(" --repeat 2")
    assert "repeats do not agree on WDR-4" in report.why


def test_a_requirement_that_fails_in_each_repeat_fails_though_each_time_elsewhere(
    tmp_path: Path,
) -> None:
    first = {A: ("WDR-4", FAIL), B: ("WDR-4", PASS)}
    second = {A: ("WDR-4", PASS), B: ("WDR-4", FAIL)}
    report = read_report(write_repeats(tmp_path, first, second))
    assert of(report, "WDR-4") is FAIL
    assert report.verdict is Overall.DOES_NOT_CONFORM


def test_what_fails_always_outweighs_what_is_unstable(tmp_path: Path) -> None:
    runs = [{A: ("WDR-4", FAIL), B: ("WDR-3", given)} for given in (PASS, FAIL)]
    report = read_report(write_repeats(tmp_path, *runs))
    assert (of(report, "WDR-4"), of(report, "WDR-3")) == (FAIL, UNSURE)
    assert report.exit_code == 1


def test_a_scenario_that_a_whole_repeat_did_not_judge_is_unstable(tmp_path: Path) -> None:
    runs = [{A: ("WDR-4", PASS), B: ("WDR-3", PASS)}, {B: ("WDR-3", PASS)}]
    report = read_report(write_repeats(tmp_path, *runs))
    assert of(report, "WDR-4") is UNSURE


def test_a_repeat_that_was_cut_off_makes_nothing_unstable_and_the_whole_inconclusive(
    tmp_path: Path,
) -> None:
    write_run(repeat_folder(tmp_path, 1), {A: ("WDR-4", PASS), B: ("WDR-3", PASS)}, repeat=2)
    write_run(repeat_folder(tmp_path, 2), {A: ("WDR-4", PASS)}, repeat=2, footer=False)
    report = read_report(tmp_path)
    assert (of(report, "WDR-3"), report.unstable) == (PASS, ())
    assert report.verdict is Overall.INCONCLUSIVE


def test_a_repeat_that_is_missing_makes_the_whole_inconclusive(tmp_path: Path) -> None:
    write_repeats(tmp_path, {A: ("WDR-4", PASS)}, {A: ("WDR-4", PASS)}, repeat=3)
    report = read_report(tmp_path)
    assert report.verdict is Overall.INCONCLUSIVE
    assert "3 repeats were asked for, and the evidence of 2 is there" in report.evidence.problems
    assert not report.evidence.complete


def test_repeats_of_different_runs_are_no_repeats(tmp_path: Path) -> None:
    write_run(repeat_folder(tmp_path, 1), {A: ("WDR-4", PASS)}, repeat=2)
    write_run(repeat_folder(tmp_path, 2), {A: ("WDR-4", PASS)}, repeat=2, seed=8)
    report = read_report(tmp_path)
    assert report.verdict is Overall.INCONCLUSIVE
    assert "repeat-2 is of another run than repeat-1" in report.evidence.problems


def test_ten_repeats_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write_repeats(tmp_path, *({A: ("WDR-4", PASS)} for _ in range(11)))
    (tmp_path / "repeat-01").mkdir()
    (tmp_path / "repeat-12").mkdir()
    assert [p.name for p in repeat_folders(tmp_path)] == [f"repeat-{n}" for n in range(1, 12)]
    assert is_repeated(tmp_path)
    assert not is_repeated(repeat_folder(tmp_path, 1))


def test_the_report_can_be_made_again_byte_for_byte(tmp_path: Path) -> None:
    repeated(tmp_path, PASS, FAIL)
    write_reports(tmp_path, tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in REPORT_FILES}
    write_reports(tmp_path, tmp_path)
    assert first == {name: (tmp_path / name).read_bytes() for name in REPORT_FILES}


def test_every_file_tells_of_it(tmp_path: Path) -> None:
    repeated(tmp_path, PASS, FAIL)
    write_reports(tmp_path, tmp_path)
    document = json.loads((tmp_path / "report.json").read_text())
    schema("report-1.schema.json").validate(document)
    assert document["repeat"] == 2
    assert [r["file"] for r in document["repeats"]] == [
        "repeat-1/evidence.jsonl",
        "repeat-2/evidence.jsonl",
    ]
    (wdr_4,) = [r for r in document["requirements"] if r["id"] == "WDR-4"]
    assert wdr_4["unstable"]
    assert [r["verdict"] for r in wdr_4["scenarios"][0]["repeats"]] == ["pass", "fail"]
    page = unescape((tmp_path / "report.html").read_text("utf-8"))
    for part in ("repeat-2/report.html#WDR-4", "repeat-1/evidence.jsonl", "unstable: pass in"):
        assert part in page
    summary = (tmp_path / "summary.md").read_text()
    assert "### Unstable" in summary
    assert "repeat-2/evidence.jsonl" in summary
    junit = ET.parse(tmp_path / "junit.xml").getroot()
    (case,) = [c for c in junit.iter("testcase") if c.find("error") is not None]
    assert "=fail: repeat-2/evidence.jsonl" in (case.findtext("system-out") or "")
    assert junit.get("failures") == "0"


def test_what_one_repeat_left_behind_the_whole_left_behind(tmp_path: Path) -> None:
    write_run(repeat_folder(tmp_path, 1), {A: ("WDR-4", PASS)}, repeat=2)
    with EvidenceWriter(repeat_folder(tmp_path, 2) / "evidence.jsonl", Redactor()) as writer:
        writer.header(header_of(repeat=2))
        writer.leak(LeakLine(n=3, kind="project", what="qa-7", side="central"))
    report = read_report(tmp_path)
    assert [leak.what for leak in report.evidence.leaks] == ["qa-7"]
