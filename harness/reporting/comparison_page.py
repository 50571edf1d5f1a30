"""Two runs side by side as a page: one self-contained file with links into their reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.catalogue.requirement import Profile
from harness.catalogue.verdict import RED, Verdict
from harness.history.fleet_lines import DurationBuckets
from harness.history.wording import begun, describe_kind
from harness.reporting.causes import anchor_of
from harness.reporting.comparing import Change, ChangedCause, ComparedRun, RunComparison, asked
from harness.reporting.files import address_from, utf8, write_file
from harness.reporting.fleet.quantities import duration, exact, number
from harness.reporting.fleet.wording import VERDICT_OF
from harness.reporting.html import render_page
from harness.reporting.model import ScenarioReport
from harness.reporting.words import uncapitalized

NAME: Final = "compare.html"
_TONES: Final = {0: "selection", 1: "does_not_conform", 3: "inconclusive"}
"""By exit code. That nothing broke is no certificate, and not green."""
_SYMBOLS: Final = {0: "=", 1: "✗", 3: "?"}


@dataclass(frozen=True, slots=True)
class ChangeSection:
    """How changes of one kind are called, of two runs of one implementation, and of two."""

    change: Change
    phrases: tuple[str, str]
    about: str
    tone: str


_SECTIONS: Final = (
    ChangeSection(
        Change.BROKE, ("broke", "fail in B alone"),
        "It fails in the second run, and does not in the first.", "fail",
    ),
    ChangeSection(
        Change.LOST, ("can no longer be judged", "judged in A alone"),
        "The first run tells whether it holds, and the second one could not.", "inconclusive",
    ),
    ChangeSection(
        Change.MENDED, ("mended", "pass in B alone"),
        "It passes in the second run. What the first one found:", "pass",
    ),
    ChangeSection(
        Change.ADDED, ("new", "asked of B alone"), "The first run has nothing of it.", "observed",
    ),
    ChangeSection(
        Change.GONE, ("gone", "asked of A alone"), "The second run has nothing of it.", "skipped",
    ),
    ChangeSection(
        Change.CHANGED, ("changed otherwise", "otherwise different"),
        "Another verdict that is neither, or the same by other scenarios.", "skipped",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComparedCauses:
    """A section of the page with its causes. `phrase` is what it is called."""

    section: ChangeSection
    phrase: str
    count: int
    causes: tuple[ChangedCause, ...]


@dataclass(frozen=True, slots=True)
class SidePage:
    """One of the two runs as the page shows it. `report` is where its report lies, or empty."""

    letter: str
    run: ComparedRun
    report: str

    def link(self, scenario: ScenarioReport, requirement: str) -> str:
        """Where its report tells of a scenario; of one that passed, of what it was asked for."""
        anchor = anchor_of(scenario.line.id) if scenario.verdict in RED else requirement
        is_told = scenario.line.id in self.run.findings
        return f"{self.report}#{anchor if is_told else requirement}" if self.report else ""


def write_comparison(comparison: RunComparison, out: Path) -> Path:
    """Write the page to this file, or into this folder; returns the file.

    Raises:
        ReportError: it cannot be written.
    """
    file = out if out.suffix in (".html", ".htm") else out / NAME
    again = "the page can be made again with `pairproof compare`"
    write_file(file, utf8(comparison_html(comparison, file.parent)), again)
    return file


def comparison_html(comparison: RunComparison, folder: Path) -> str:
    """The comparison as one HTML page that lies in this folder."""
    runs = (comparison.before, comparison.after)
    sides = [SidePage(n, r, _report_of(r, folder)) for n, r in zip("AB", runs, strict=True)]
    sections = [*_sections(comparison)]
    every = dict.fromkeys(id_ for run in runs for id_ in run.requirements)
    pairs = [[run.requirements.get(id_) for run in runs] for id_ in every]
    verdicts = {r.verdict for pair in pairs for r in pair if r}
    return render_page(
        "compare.html.j2",
        ["report.css", "fleet.css"],
        "report.js",
        kicker="two runs side by side",
        headline=headline(comparison),
        tone=_TONES[comparison.exit_code],
        symbol=_SYMBOLS[comparison.exit_code] if comparison.exit_code or not sections else "±",
        subject=" and ".join(
            f"{s.letter}: {s.run.header.implementation.called or s.run.name}" for s in sides
        ),
        why=". ".join(f"{s.letter}: {uncapitalized(s.run.headline)}" for s in sides) + ".",
        comparison=comparison,
        sides=sides,
        facts=[*_facts(*runs)],
        sections=sections,
        pairs=[(next(filter(None, pair)), pair) for pair in pairs],
        verdicts=[v for v in Verdict if v in verdicts],
        profiles=tuple(Profile),
        changes={c.requirement.id: c.change for c in comparison.changes},
        other=comparison.other_observations,
        latencies=[*_latencies(*runs)],
        gates=[*_gates(*runs)],
    )


def headline(comparison: RunComparison) -> str:
    """What changed, in a line."""
    told = [f"{number(s.count)} {s.phrase}" for s in _sections(comparison)]
    if told:
        return f"Requirements: {', '.join(told)}"
    same = "No verdict on a requirement changed"
    fell = comparison.before.overall is not comparison.after.overall
    return f"{same}, and that on the whole did" if fell else same


def _sections(comparison: RunComparison) -> Iterator[ComparedCauses]:
    """Those that there are any of."""
    before, after = (r.header.implementation.name for r in (comparison.before, comparison.after))
    for section in _SECTIONS:
        if count := comparison.counts[section.change]:
            phrase = section.phrases[before != after]
            yield ComparedCauses(section, phrase, count, tuple(comparison.of(section.change)))


def _report_of(run: ComparedRun, folder: Path) -> str:
    """The report beside the evidence as the page links to it; empty where there is none."""
    report = run.folder / "report.html"
    return address_from(folder, report) if report.is_file() else ""


def _facts(*runs: ComparedRun) -> Iterator[tuple[str, list[str]]]:
    """What each run was of, and was asked, row by row."""
    yield "Implementation", [run.header.implementation.called for run in runs]
    yield "Verdict", [run.headline for run in runs]
    yield "Why", [run.why for run in runs]
    questions = [asked(run.header) for run in runs]
    yield from ((begun(what), [q[what] for q in questions]) for what in questions[0])
    yield "Seed of every draw", [str(run.header.seed) for run in runs]
    times = [run.header.run.started_at for run in runs]
    yield "When", [at.replace("T", " ").replace("Z", " UTC") for at in times]
    yield "Evidence", [run.name for run in runs]
    yield "About the evidence", ["; ".join(run.unsound) or "whole" for run in runs]


def _latencies(
    before: ComparedRun, after: ComparedRun
) -> Iterator[tuple[str, list[list[str]], str]]:
    """By operation: how many there were of each run, what half of them took at most, and 99 of a
    hundred; and how many times as long half of them took in the second run.
    """
    for kind in dict.fromkeys((*before.latency, *after.latency)):
        both = [run.latency.get(kind, DurationBuckets()) for run in (before, after)]
        rows = [
            [number(h.count), *(duration(h.percentile(n)) for n in (500, 990))]
            if h.count
            else ["–"] * 3
            for h in both
        ]
        first, second = (h.percentile(500) for h in both)
        yield describe_kind(kind), rows, f"× {second / first:.2g}" if first and second else "–"


def _gates(
    before: ComparedRun, after: ComparedRun
) -> Iterator[tuple[str, list[tuple[Verdict | None, str]]]]:
    """By expression: whether it holds in each run, and its value."""
    for expression in dict.fromkeys((*before.gates, *after.gates)):
        lines = [run.gates.get(expression) for run in (before, after)]
        values = ["–" if not n or n.value is None else exact(n.value) for n in lines]
        verdicts = [VERDICT_OF[line.holds] if line else None for line in lines]
        yield expression, list(zip(verdicts, values, strict=True))
