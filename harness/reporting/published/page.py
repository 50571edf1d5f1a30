"""The page of all published reports: implementations by requirement, and what each does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.catalogue.document import VERDICT_MEANINGS
from harness.catalogue.edition import EDITION, TITLE
from harness.catalogue.lawful import without_details
from harness.catalogue.requirement import Requirement
from harness.catalogue.requirements import groups
from harness.catalogue.verdict import Verdict
from harness.reporting.html import render_page
from harness.reporting.model import RequirementReport
from harness.reporting.published import entry
from harness.reporting.published.entry import PublishedReport


@dataclass(frozen=True, slots=True)
class Column:
    """An implementation on the page: its report, where that lies, and how its claims stand."""

    published: PublishedReport
    at: str
    claims: Sequence[tuple[str, str, str, str]]
    """Profile, what is said of it, its tone, and the file of its badge."""
    judged: dict[str, RequirementReport]


@dataclass(frozen=True, slots=True)
class SilentSituation:
    """A situation on which the procedure is silent: what was observed there, and of whom."""

    situation: str
    observed: Sequence[tuple[str, Sequence[Column]]]

    @property
    def differs(self) -> bool:
        """Whether not all do the same."""
        return len(self.observed) > 1


def page_of(published: Sequence[PublishedReport], out: Path) -> str:
    """The page, as it lies at `out`; the same reports make the same page, whatever their order."""
    columns = [_column(each, out) for each in sorted(published, key=_order)]
    return render_page(
        "published.html.j2",
        ["report.css", "published.css"],
        columns=columns,
        implementations=len({c.published.header.implementation.name for c in columns}),
        groups=groups(),
        silent=[(r, list(_silent(r, columns))) for g in groups() for r in g.requirements],
        edition=EDITION,
        document=TITLE,
        verdict_meanings=VERDICT_MEANINGS,
        verdicts=tuple(Verdict),
        evidence_file=entry.EVIDENCE_FILE,
        report_file=entry.REPORT,
        readme_file=entry.README,
    )


def _order(published: PublishedReport) -> tuple[str, list[tuple[int, str]], str]:
    """By name, and then by version, 2.10 after 2.9."""
    made = published.header.implementation
    parts = re.findall(r"\d+|\D+", made.version)
    version = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return made.name.lower(), version, str(published.folder)


def _column(published: PublishedReport, out: Path) -> Column:
    claims = ((p, *entry.standing(claim)) for p, claim in published.claims.items())
    return Column(
        published=published,
        at=Path(os.path.relpath(published.folder, out.parent)).as_posix(),
        claims=[(p.value, said, tone, entry.BADGES[p]) for p, said, tone in claims],
        judged={r.requirement.id: r for r in published.report.requirements},
    )


def _silent(requirement: Requirement, columns: Sequence[Column]) -> Iterator[SilentSituation]:
    """What was observed of a requirement, situation by situation; what differs comes first."""
    found: dict[str, dict[str, list[Column]]] = {}
    for column in columns:
        for each in column.published.report.observations:
            if each.requirement == requirement.id:
                seen = found.setdefault(each.situation, {})
                seen.setdefault(without_details(each.observed), []).append(column)
    situations = [SilentSituation(name, [*seen.items()]) for name, seen in found.items()]
    yield from sorted(situations, key=lambda each: not each.differs)
