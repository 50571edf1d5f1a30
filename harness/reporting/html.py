"""`report.html`: one self-contained file for people, with nothing fetched from elsewhere.

What came from a target is escaped data. A content security policy names the style sheet and the
script of a page by their digests, so nothing else could run even so.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.catalogue.document import LEVEL_MEANINGS, VERDICT_MEANINGS
from harness.catalogue.requirements import groups
from harness.catalogue.verdict import Verdict
from harness.reporting import words
from harness.reporting.model import Report, RequirementReport
from harness.reporting.story import STORIES_MAX, Cause, causes

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """The requirements of one part of the procedure."""

    title: str
    about: str
    requirements: Sequence[RequirementReport]


def report_html(report: Report, evidence_file: str = "") -> str:
    """The report as one HTML page. `evidence_file` is how it names its evidence."""
    failed = causes(report, Verdict.FAIL)
    inconclusive = causes(report, Verdict.INCONCLUSIVE)
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
        anchors=_anchors((*failed, *inconclusive)),
        stories_max=STORIES_MAX,
        unasked=[
            r for r in report.requirements if r.verdict is Verdict.INCONCLUSIVE and not r.scenarios
        ],
        not_judged=_not_judged(report),
        verdicts=tuple(Verdict),
        verdict_meanings=VERDICT_MEANINGS,
        level_meanings=LEVEL_MEANINGS,
    )


def _anchors(found: Sequence[Cause]) -> dict[str, str]:
    """Where a scenario is told, by its id: the same in every report, so that links stay good."""
    ids = (story.line.id for cause in found for story in cause.stories)
    return {id_: f"scenario-{sha256(id_.encode()).hexdigest()[:12]}" for id_ in ids}


def _groups(report: Report) -> list[ReportGroup]:
    """By part of the procedure; what belongs to none comes last."""
    left = {r.requirement.id: r for r in report.requirements}
    found = []
    for group in groups():
        own = [left.pop(r.id) for r in group.requirements if r.id in left]
        found.append(ReportGroup(group.title, group.about, own))
    found.append(ReportGroup("Others", "Not in the catalogue of this version.", [*left.values()]))
    return [group for group in found if group.requirements]


def _not_judged(report: Report) -> list[tuple[RequirementReport, str]]:
    """Requirements that are not supported or were skipped, each with the reason."""
    return [
        (r, "; ".join(dict.fromkeys(s.reason for s in r.scenarios if s.reason)) or r.reason)
        for r in report.requirements
        if r.verdict in (Verdict.NOT_SUPPORTED, Verdict.SKIPPED)
    ]


# --- pages -----------------------------------------------------------------------------------


def render_page(template: str, styles: Sequence[str], script: str = "", **values: object) -> str:
    """The page that a template makes of these values, with its style sheets and its script.

    `template`, `styles` and `script` are names of files in the folder of the templates.
    """
    style = "".join(_asset(name) for name in styles)
    code = _asset(script) if script else ""
    policy = f"default-src 'none'; style-src {_source(style)}"
    return _environment().get_template(template).render(
        values,
        style=Markup(style),
        script=Markup(code),
        policy=f"{policy}; script-src {_source(code)}" if code else policy,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["words"] = words
    return environment


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _source(inline: str) -> str:
    """How a content security policy names an inline script or style sheet."""
    return f"'sha256-{base64.b64encode(sha256(inline.encode()).digest()).decode()}'"
