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
from harness.catalogue.edition import ANCHORS, SENTENCES
from harness.catalogue.lawful import choice_of_reference, lawful_besides, without_details
from harness.catalogue.requirement import Level, Profile, Requirement
from harness.catalogue.requirements import REQUIREMENTS, groups
from harness.catalogue.verdict import Verdict
from harness.reporting import words
from harness.reporting.causes import causes
from harness.reporting.diagram import OUTCOME_MARKS
from harness.reporting.model import Observation, Report, RequirementReport
from harness.reporting.story import STORIES_MAX, Address, details_of, film_of

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """The requirements of one part of the procedure."""

    title: str
    about: str
    requirements: Sequence[RequirementReport]


def report_html(
    report: Report, evidence_file: str = "", picture: Address = lambda operation: ""
) -> str:
    """The report as one HTML page.

    `evidence_file` is how it names its evidence, `picture` how it finds the picture of an
    operation; empty where there is none.
    """
    films = {
        id_: film for id_ in report.scenario_verdicts if (film := film_of(report, id_, picture))
    }
    failed = causes(report, Verdict.FAIL)
    inconclusive = causes(report, Verdict.INCONCLUSIVE)
    return render_page(
        "report.html.j2",
        ["report.css"],
        "report.js",
        shows_files=bool(films),
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
        details={**details_of(report, failed), **details_of(report, inconclusive)},
        anchors={t.line.id: t.anchor for c in (*failed, *inconclusive) for t in c.stories},
        films=films,
        outline=_outline(report),
        clauses={r.requirement.id: clause_anchor(r.requirement) for r in report.requirements},
        profiles=tuple(Profile),
        asked=[v for v in Verdict if report.counts[v.value] or report.scenario_counts[v.value]],
        marks=OUTCOME_MARKS,
        choices=[_choice(o) for o in report.observations],
        lawful={r.requirement.id: _lawful(r.requirement) for r in report.requirements},
        stories_max=STORIES_MAX,
        unasked=[
            r for r in report.requirements if r.verdict is Verdict.INCONCLUSIVE and not r.scenarios
        ],
        not_judged=[
            r for r in report.requirements if r.verdict in (Verdict.NOT_SUPPORTED, Verdict.SKIPPED)
        ],
        verdicts=tuple(Verdict),
        verdict_meanings=VERDICT_MEANINGS,
        level_meanings=LEVEL_MEANINGS,
    )


@dataclass(frozen=True, slots=True)
class Clause:
    """A place of the document: what it says, and what comes of it in this run."""

    name: str
    anchor: str
    says: str
    requirements: Sequence[RequirementReport]
    left_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the document with its places, in order."""

    title: str
    anchor: str
    places: Sequence[Clause]


def _lawful(requirement: Requirement) -> list[str]:
    """What is known to be lawful besides, and on what the document is silent at the same place."""
    silent = [r for r in REQUIREMENTS if r.level is Level.UNSPECIFIED and r.id != requirement.id]
    here = [r for r in silent if r.source == requirement.source]
    left_open = [f"{r.id} is left open: {r.title}" for r in here]
    return [*lawful_besides(requirement.id), *left_open]


def _choice(observation: Observation) -> str:
    """What the reference does there."""
    known = choice_of_reference(observation.requirement, observation.situation)
    return "the same" if known == without_details(observation.observed) else known


def clause_anchor(requirement: Requirement) -> str:
    """Where on the page the clause stands that a requirement comes from."""
    anchor, _, place = requirement.source.partition(" ")
    return _place_anchor(anchor, place) if anchor in ANCHORS else requirement.id


def _place_anchor(anchor: str, place: str) -> str:
    return "-".join(["clause", anchor.lstrip("#"), *place.split()])


def _outline(report: Report) -> list[Section]:
    """The document in its own order."""
    judged = {r.requirement.id: r for r in report.requirements}
    sources: dict[str, list[str]] = {}
    for requirement in (*REQUIREMENTS, *(r.requirement for r in report.requirements)):
        sources.setdefault(requirement.source, []).append(requirement.id)
    sections = []
    for anchor, title in ANCHORS.items():
        said = [sentence for sentence in SENTENCES if sentence.anchor == anchor]
        own = {s.partition(" ")[2]: ids for s, ids in sources.items() if s.split(" ")[0] == anchor}
        places = []
        for place in dict.fromkeys([*(s.place for s in said), *own]):
            here = [s for s in said if s.place == place]
            ids = dict.fromkeys([i for s in here for i in s.requirements] + own.get(place, []))
            places.append(
                Clause(
                    name=place,
                    anchor=_place_anchor(anchor, place) if place else "",
                    says="; ".join(s.paraphrase for s in here),
                    requirements=[judged[i] for i in ids if i in judged],
                    left_out=[i for i in ids if i not in judged],
                )
            )
        sections.append(Section(title, _place_anchor(anchor, ""), places))
    return [s for s in sections if s.places]


def _groups(report: Report) -> list[ReportGroup]:
    """By part of the procedure; what belongs to none comes last."""
    left = {r.requirement.id: r for r in report.requirements}
    found = []
    for group in groups():
        own = [left.pop(r.id) for r in group.requirements if r.id in left]
        found.append(ReportGroup(group.title, group.about, own))
    found.append(ReportGroup("Others", "Not in the catalogue of this version.", [*left.values()]))
    return [group for group in found if group.requirements]


# --- pages -----------------------------------------------------------------------------------


def render_page(
    template: str,
    styles: Sequence[str],
    script: str = "",
    *,
    shows_files: bool = False,
    **values: object,
) -> str:
    """The page that a template makes of these values, with its style sheets and its script.

    `template`, `styles` and `script` are names of files in the folder of the templates. With
    `shows_files` the page may show pictures that lie beside it.
    """
    style = "".join(_asset(name) for name in styles)
    code = _asset(script) if script else ""
    policy = f"default-src 'none'; style-src {_source(style)}"
    policy += "; img-src 'self'" * shows_files
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
