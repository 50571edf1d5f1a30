"""Waivers: what they excuse, what they do not, and what is said of them everywhere."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from harness.catalogue.lawful import lawful_besides
from harness.catalogue.verdict import Overall, Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import WaiverLine
from harness.history.redaction import Redactor
from harness.reporting.files import REPORT_FILES, read_report, write_reports
from harness.reporting.model import Report
from harness.reporting.waiving import Standing
from harness.running.waivers import read_waivers
from tests.unit.history.writing import scenario, verdict
from tests.unit.reporting.runs import Said, header_of, write_repeats, write_run
from tests.unit.reporting.test_files import schema

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
A, B, C = "withdraw/a", "withdraw/b", "withdraw/c"


def waiver(scenario: str = "", expires: str = "2026-12-31") -> WaiverLine:
    return WaiverLine("WDR-4", "vendor bug 17", "Ana", expires, scenario)


def verdicts_of(folder: Path, said: Said, *waivers: WaiverLine, **header: object) -> Report:
    return read_report(write_run(folder, said, waivers=list(waivers), **header))


def test_a_waiver_for_one_scenario_excuses_that_one_alone(tmp_path: Path) -> None:
    said = {A: ("WDR-4", FAIL), B: ("WDR-4", FAIL), C: ("WDR-3", PASS)}
    report = verdicts_of(tmp_path / "1", said, waiver(scenario=A))
    assert report.verdict is Overall.DOES_NOT_CONFORM
    both = verdicts_of(tmp_path / "2", said, waiver(scenario=A), waiver(scenario=B))
    assert both.verdict is Overall.CONFORMS
    (wdr_4,) = [r for r in both.requirements if r.requirement.id == "WDR-4"]
    assert [s.waived and s.waived.scenario for s in wdr_4.scenarios] == [A, B]


def test_a_waiver_for_one_scenario_says_nothing_of_one_that_could_not_be_judged(
    tmp_path: Path,
) -> None:
    said = {A: ("WDR-4", FAIL), B: ("WDR-4", UNSURE), C: ("WDR-3", PASS)}
    assert verdicts_of(tmp_path / "1", said, waiver(scenario=A)).verdict is Overall.INCONCLUSIVE
    assert verdicts_of(tmp_path / "2", said, waiver()).verdict is Overall.CONFORMS


def test_a_waiver_never_excuses_what_could_not_be_judged(tmp_path: Path) -> None:
    report = verdicts_of(tmp_path, {A: ("WDR-4", UNSURE), B: ("WDR-3", PASS)}, waiver())
    assert report.verdict is Overall.INCONCLUSIVE
    assert [w.standing for w in report.waivers] == [Standing.NOT_JUDGED]


@pytest.mark.parametrize(
    ("given", "expires", "standing"),
    [
        (FAIL, "2026-11-24", Standing.USED),
        (FAIL, "2026-11-23", Standing.EXPIRED),
        (PASS, "2026-11-23", Standing.EXPIRED),
        (PASS, "2026-12-31", Standing.NOT_NEEDED),
        (Verdict.NOT_SUPPORTED, "2026-12-31", Standing.NOT_JUDGED),
    ],
)
def test_what_a_waiver_comes_to(
    given: Verdict, expires: str, standing: Standing, tmp_path: Path
) -> None:
    said = {A: ("WDR-4", given), B: ("WDR-3", PASS)}
    report = verdicts_of(tmp_path, said, waiver(expires=expires))
    (found,) = report.waivers
    assert found.standing is standing
    told = [w for w in report.warnings if w == found.told]
    assert bool(told) is (standing is not Standing.USED)


def test_one_for_what_was_not_selected_is_not_called_needless(tmp_path: Path) -> None:
    report = verdicts_of(tmp_path, {B: ("WDR-3", PASS)}, waiver())
    assert [w.standing for w in report.waivers] == [Standing.NOT_JUDGED]


@pytest.mark.parametrize("scenario", ["features/gone", A])
def test_one_for_a_scenario_that_the_run_does_not_have_says_so(
    scenario: str, tmp_path: Path
) -> None:
    said = {A: ("WDR-4", UNSURE), B: ("WDR-3", PASS)}
    (found,) = verdicts_of(tmp_path, said, waiver(scenario=scenario)).waivers
    assert found.standing is Standing.NOT_JUDGED
    assert ("this run has no scenario of that id" in found.told) is (scenario != A)


def test_a_run_that_does_not_say_when_it_was_is_excused_nothing(tmp_path: Path) -> None:
    said = {A: ("WDR-4", FAIL), B: ("WDR-3", PASS)}
    report = verdicts_of(tmp_path, said, waiver(), started_at="")
    assert report.verdict is Overall.DOES_NOT_CONFORM
    assert "does not say when it was" in report.waivers[0].told


def test_an_unstable_failure_is_excused_and_stays_visible(tmp_path: Path) -> None:
    runs = [{A: ("WDR-4", given), B: ("WDR-3", PASS)} for given in (PASS, FAIL)]
    report = read_report(write_repeats(tmp_path, *runs, waivers=[waiver()]))
    assert report.verdict is Overall.CONFORMS
    (wdr_4,) = [r for r in report.requirements if r.unstable]
    assert (wdr_4.verdict, wdr_4.waived) == (UNSURE, waiver())
    assert report.repeats[1].verdict is Overall.CONFORMS


def test_an_unstable_one_that_never_failed_is_not(tmp_path: Path) -> None:
    runs = [{A: ("WDR-4", given), B: ("WDR-3", PASS)} for given in (PASS, UNSURE)]
    report = read_report(write_repeats(tmp_path, *runs, waivers=[waiver()]))
    assert report.verdict is Overall.INCONCLUSIVE


def test_every_file_says_waived_and_none_says_passed(tmp_path: Path) -> None:
    said = {A: ("WDR-4", FAIL), B: ("WDR-3", PASS)}
    path = write_run(tmp_path, said, waivers=[waiver()])
    report = write_reports(path, tmp_path)
    assert report.counts["fail"] == 1
    document = json.loads((tmp_path / "report.json").read_text())
    schema("report-1.schema.json").validate(document)
    (failed,) = [r for r in document["requirements"] if r["id"] == "WDR-4"]
    assert failed["verdict"] == "fail"
    assert failed["waived"]["owner"] == "Ana"
    assert failed["scenarios"][0]["waived"]["expires"] == "2026-12-31"
    assert [w["standing"] for w in document["waivers"]] == ["used"]
    junit = ET.parse(tmp_path / "junit.xml").getroot()
    assert (junit.get("failures"), len([*junit.iter("skipped")])) == ("0", 1)
    (skipped,) = junit.iter("skipped")
    assert skipped.get("type") == "waived"
    assert "waived until 2026-12-31 by Ana: vendor bug 17" in str(skipped.get("message"))
    assert "because" in str(skipped.get("message"))
    summary = (tmp_path / "summary.md").read_text()
    assert "### Waived, not passed" in summary
    assert "### Failed" not in summary
    page = (tmp_path / "report.html").read_text()
    assert "Waived, not passed" in page
    assert "(1 waived)" in page


def test_junit_skips_a_case_only_if_all_of_its_failures_are_waived(tmp_path: Path) -> None:
    said = {A: ("WDR-4", FAIL), B: ("WDR-4", FAIL)}
    path = write_run(tmp_path, said, waivers=[waiver(scenario=A)])
    write_reports(path, tmp_path)
    junit = ET.parse(tmp_path / "junit.xml").getroot()
    assert (junit.get("failures"), len([*junit.iter("skipped")])) == ("1", 1)


def test_markup_in_a_waiver_stays_text(tmp_path: Path) -> None:
    bad = WaiverLine("WDR-4", "<script>alert(1)</script>", "<b>Ana</b>", "2026-12-31")
    path = write_run(tmp_path, {A: ("WDR-4", FAIL), B: ("WDR-3", PASS)}, waivers=[bad])
    write_reports(path, tmp_path)
    for name in ("report.html", "summary.md"):
        assert "<script>alert" not in (tmp_path / name).read_text()
        assert "<b>Ana" not in (tmp_path / name).read_text()


def test_junit_does_not_skip_a_case_that_fails_another_requirement_too(tmp_path: Path) -> None:
    line = msgspec.structs.replace(scenario(A, "WDR-4", "WDR-3"))
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(header_of(waivers=[waiver()]))
        writer.scenario(line)
        for requirement in line.requirements:
            writer.verdict(verdict(A, requirement, FAIL, "no"))
    write_reports(tmp_path / "evidence.jsonl", tmp_path)
    junit = ET.parse(tmp_path / "junit.xml").getroot()
    assert (junit.get("failures"), len([*junit.iter("skipped")])) == ("1", 0)


def test_one_whose_scenarios_were_judged_in_part_is_not_called_needless(tmp_path: Path) -> None:
    report = verdicts_of(tmp_path, {A: ("WDR-4", PASS), B: ("WDR-4", UNSURE)}, waiver())
    assert [w.standing for w in report.waivers] == [Standing.NOT_JUDGED]


def test_where_all_that_was_judged_is_waived_nothing_conforms(tmp_path: Path) -> None:
    report = verdicts_of(tmp_path, {A: ("WDR-4", FAIL)}, waiver())
    assert (report.verdict, report.exit_code) == (Overall.INCONCLUSIVE, 3)


def test_what_is_disputed_is_called_so_and_stays_failed(tmp_path: Path) -> None:
    waiver = WaiverLine("WDR-4", "read otherwise", "Ana", "2026-12-31", kind="disputed")
    path = write_run(tmp_path, {"withdraw/a": ("WDR-4", Verdict.FAIL)}, waivers=[waiver])
    report = write_reports(path, tmp_path)
    (requirement,) = (r for r in report.requirements if r.requirement.id == "WDR-4")
    assert requirement.verdict is Verdict.FAIL
    assert report.verdict is not Overall.DOES_NOT_CONFORM
    texts = {name: (tmp_path / name).read_text("utf-8") for name in REPORT_FILES}
    for name in ("report.html", "summary.md", "junit.xml"):
        assert re.search("disputed(, not passed</strong>)? until 2026-12-31", texts[name]), name
    assert json.loads(texts["report.json"])["waivers"][0]["kind"] == "disputed"
    assert 'type="disputed"' in texts["junit.xml"]


def test_a_failed_must_says_how_to_dispute_it(tmp_path: Path) -> None:
    path = write_run(tmp_path, {"withdraw/a": ("WDR-3", Verdict.FAIL)})
    write_reports(path, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    told = html.unescape(page[page.index('id="contest-WDR-3"') :])
    assert lawful_besides("WDR-3")
    assert [s for s in lawful_besides("WDR-3") if s not in told[:4_000]] == []
    waiver = told[told.index("schema =") : told.index("</pre>")]
    waiver = waiver.replace("the last day, as 2027-03-31", "2027-03-31")
    assert read_waivers(waiver, "w.toml")[0].kind == "disputed"
    assert page.count("may it be contested?") == 1
