"""`report.html`: one self-contained file for people, with nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.catalogue.document import LEVEL_MEANINGS, VERDICT_MEANINGS
from harness.catalogue.requirements import groups
from harness.catalogue.verdict import Verdict
from harness.reporting.model import Report, RequirementReport
from harness.reporting.page import render_page
from harness.reporting.story import STORIES_MAX, stories


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """The requirements of one part of the procedure."""

    title: str
    about: str
    requirements: Sequence[RequirementReport]


def report_html(report: Report, evidence_file: str = "") -> str:
    """The report as one HTML page. `evidence_file` is how it names its evidence."""
    failed = stories(report, Verdict.FAIL)
    inconclusive = stories(report, Verdict.INCONCLUSIVE)
    return render_page(
        "report.html.j2",
        ["report.css"],
        "report.js",
        kicker="conformance report",
        subject=" ".join((report.header.implementation.name, report.header.implementation.version)),
        report=report,
        header=report.header,
        evidence=report.evidence,
        problems=report.evidence.problems,
        evidence_file=evidence_file or report.evidence.path.name,
        beside=evidence_file == ".",
        excused=sum(r.verdict is Verdict.FAIL and bool(r.waived) for r in report.requirements),
        groups=_groups(report),
        failed=failed,
        inconclusive=inconclusive,
        anchors={s.line.id: f"scenario-{n}" for n, s in enumerate((*failed, *inconclusive), 1)},
        stories_max=STORIES_MAX,
        unasked=_without_scenarios(report, Verdict.INCONCLUSIVE),
        not_judged=_not_judged(report),
        verdicts=tuple(Verdict),
        verdict_meanings=VERDICT_MEANINGS,
        level_meanings=LEVEL_MEANINGS,
    )


def _groups(report: Report) -> list[ReportGroup]:
    """By part of the procedure; what belongs to none comes last."""
    left = {r.requirement.id: r for r in report.requirements}
    found = []
    for group in groups():
        own = [left.pop(r.id) for r in group.requirements if r.id in left]
        found.append(ReportGroup(group.title, group.about, own))
    found.append(ReportGroup("Others", "Not in the catalogue of this version.", [*left.values()]))
    return [group for group in found if group.requirements]


def _without_scenarios(report: Report, verdict: Verdict) -> list[RequirementReport]:
    return [r for r in report.requirements if r.verdict is verdict and not r.scenarios]


def _not_judged(report: Report) -> list[tuple[RequirementReport, str]]:
    """Requirements that are not supported or were skipped, each with the reason."""
    return [
        (r, "; ".join(dict.fromkeys(s.reason for s in r.scenarios if s.reason)) or r.reason)
        for r in report.requirements
        if r.verdict in (Verdict.NOT_SUPPORTED, Verdict.SKIPPED)
    ]
