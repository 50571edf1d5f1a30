"""A scenario's steps as a report shows them: each with a mark, a time, and where it is told."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine, StepLine
from harness.history.operation import Outcome
from harness.history.reader import Evidence, read_evidence
from harness.history.redaction import Redactor
from harness.reporting.causes import anchor_of, causes
from harness.reporting.html import report_html
from harness.reporting.model import build_report
from harness.reporting.story import StoryDetail, details_of
from tests.unit.history.writing import HEADER, scenario, verdict

ID = "withdraw/a"
TOKEN = "t0ken-of-this-step"


def write(path: Path, given: Verdict, *, with_steps: bool = True, ends_at: str = "check") -> Path:
    """Three steps, of which the last is never begun: the second one ends the scenario, by a check
    of an operation or by what is no check.
    """
    redactor = Redactor()
    redactor.register(TOKEN, "token")
    with EvidenceWriter(path, redactor) as writer:
        writer.header(HEADER)
        writer.scenario(scenario(ID))
        for n, text in enumerate(("Given a request", f"When it is cancelled by {TOKEN}"), 1):
            if with_steps:
                writer.step(StepLine(scenario=ID, text=text, line=n, at=n * 1_000_000))
            sent = writer.invoke(ID, "operator", "ViewPairing", {}, start=n * 1_000_000)
            writer.outcome(sent.id, Outcome.OK, end=n * 1_000_000 + 5, value={})
        operations = [sent.id] if ends_at == "check" else []
        if ends_at == "check":
            writer.check(
                CheckLine(
                    scenario=ID, requirement="WDR-4", check="succeeded", args={}, step=text,
                    verdict=given, reason="it is not so", operations=operations,
                )
            )  # fmt: skip
        if with_steps:
            writer.step(StepLine(scenario=ID, text="Then it is gone", line=3))
        line = verdict(ID, given=given, reason="it is not so")
        writer.verdict(msgspec.structs.replace(line, operations=operations))
    return path


def detail_of(evidence: Evidence, given: Verdict) -> StoryDetail:
    report = build_report(evidence, REQUIREMENTS)
    (detail,) = details_of(report, causes(report, given)).values()
    return detail


@pytest.mark.parametrize("given", [Verdict.FAIL, Verdict.INCONCLUSIVE])
@pytest.mark.parametrize("ends_at", ["check", "else"])
def test_each_step_has_its_mark_and_its_time(tmp_path: Path, given: Verdict, ends_at: str) -> None:
    evidence = read_evidence(write(tmp_path / "e.jsonl", given, ends_at=ends_at))
    assert not evidence.problems
    assert [s.operations for s in evidence.steps[ID]] == [(f"{ID}#1",), (f"{ID}#2",), ()]
    detail = detail_of(evidence, given)
    assert [(s.keyword, s.text, s.verdict, s.took) for s in detail.steps] == [
        ("Given", "a request", Verdict.PASS, "1 s"),
        ("When", "it is cancelled by <token:1>", given, ""),
        ("Then", "it is gone", None, ""),
    ]
    assert [(e.id, e.decisive) for e in detail.exchanges][-1] == (f"{ID}#2", True)


def test_a_step_and_an_arrow_lead_to_what_was_exchanged(tmp_path: Path) -> None:
    evidence = read_evidence(write(tmp_path / "e.jsonl", Verdict.FAIL))
    detail, anchor = detail_of(evidence, Verdict.FAIL), anchor_of(ID)
    page = report_html(build_report(evidence, REQUIREMENTS))
    links = re.findall(r'href="#(scenario-[0-9a-f]{12}-\d+)"', page)
    assert [s.anchor for s in detail.steps] == [f"{anchor}-1", f"{anchor}-2", ""]
    assert sorted(links) == sorted([f"{anchor}-{n}" for n in (1, 2)] * 2)
    for link in links:
        assert page.count(f'id="{link}"') == 1


def test_evidence_of_older_versions_tells_the_steps_that_judged(tmp_path: Path) -> None:
    evidence = read_evidence(write(tmp_path / "e.jsonl", Verdict.FAIL, with_steps=False))
    (step,) = detail_of(evidence, Verdict.FAIL).steps
    assert (step.keyword, step.verdict, step.took) == ("When", Verdict.FAIL, "")
    assert step.anchor


def test_a_part_that_was_cut_off_tells_where_it_stood(tmp_path: Path) -> None:
    path = write(tmp_path / "e.jsonl", Verdict.FAIL)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]))
    assert len(read_evidence(path).steps[ID]) == 1
