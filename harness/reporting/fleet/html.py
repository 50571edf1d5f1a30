"""`report.html` of a fleet run: one self-contained file for people, without a script."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.catalogue.verdict import Verdict
from harness.history.fleet_lines import DurationBuckets, GateLine, MeasuresLine, RealtimeLine
from harness.history.wording import counted, describe_kind
from harness.reporting.diagram import OUTCOME_MARKS
from harness.reporting.fleet import wording
from harness.reporting.fleet.faults import fault_kinds
from harness.reporting.fleet.model import FleetReport, violation_details
from harness.reporting.fleet.pictures import pictures
from harness.reporting.fleet.quantities import duration, exact, number
from harness.reporting.fleet.realtime import asked_of_played, describe, every_answer
from harness.reporting.fleet.report_json import throughput
from harness.reporting.html import render_page
from harness.reporting.model import RequirementReport
from harness.reporting.words import command

DATA: Final = "data"
"""The folder of the tables, beside the report."""


@dataclass(frozen=True, slots=True)
class GateRow:
    """An expression as the table of the gate shows it."""

    line: GateLine
    verdict: Verdict
    value: str
    advice: str


def fleet_report_html(report: FleetReport) -> str:
    """The report as one HTML page."""
    made, hosts = report.header.implementation, counted(report.hosts, "host")
    own = asked_of_played(report.realtime, report.measures.latency)
    return render_page(
        "fleet.html.j2",
        ["report.css", "fleet.css"],
        kicker="report of a fleet run",
        subject=f"{report.scenario} · {hosts} · {made.name} {made.version}".strip(),
        report=report,
        header=report.header,
        measures=report.measures,
        evidence=report.evidence,
        evidence_file=report.evidence_file,
        problems=report.problems,
        gate=[*map(_gate_row, report.gates)],
        demands=[*map(_gate_row, report.demands)],
        broken=[*_broken(report)],
        platform=", ".join(f"{name} {v}" for name, v in report.header.run.platform.items()),
        marks=OUTCOME_MARKS,
        violations=violation_details(report.evidence),
        pictures=pictures(report.measures, report.time, own),
        throughput=throughput(report),
        figures=[*figures(report.measures, report.time, own), *real_figures(report.realtime)],
        commands=[*_commands(report)],
        data=DATA,
        counted=counted,
        duration=duration,
        number=number,
    )


def _gate_row(line: GateLine) -> GateRow:
    value = "–" if line.value is None else exact(line.value)
    return GateRow(line, wording.VERDICT_OF[line.holds], value, wording.advice(line))


def _broken(report: FleetReport) -> Iterator[tuple[RequirementReport, int]]:
    """Every invariant that was violated, and how often."""
    times = Counter(violation.invariant for violation in report.evidence.violations)
    for checker in report.requirements:
        if times[checker.requirement.id]:
            yield checker, times[checker.requirement.id]


def _commands(report: FleetReport) -> Iterator[tuple[str, str]]:
    """What there is to do with this run, and how."""
    seed, hosts = str(report.header.seed), str(report.hosts)
    if report.header.run.command:
        yield "As it was started", shlex.join(report.header.run.command)
    if report.realtime is None:
        yield "The same run again, compared with this one", report.replay
        elsewhere = ["fleet", report.scenario, "--hosts", hosts, "--seed", seed]
        yield "The scenario by its name, if it comes with pairproof", command(*elsewhere)
    if report.shrink:
        yield "The smallest run that still fails", report.shrink
    yield "Every verdict once more, offline", command("verify", report.evidence_file)
    yield "This report again", command("report", report.evidence_file)


# --- what was measured, as tables ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """A table: names on the left, figures to the right. `data` is the file that has them too."""

    caption: str
    about: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    data: str = ""


def figures(
    measures: MeasuresLine, time: str = wording.VIRTUAL, own: Sequence[str] = ()
) -> list[Figures]:
    """Every table that has any rows. The kinds of operations that are its `own` were asked of a
    side that the harness played.
    """
    return [table for table in _tables(measures, time, own) if table.rows]


def _tables(measures: MeasuresLine, time: str, own: Sequence[str]) -> Iterator[Figures]:
    yield Figures(
        "How requests ended",
        "",
        ("At the end of the run", "Requests"),
        [(wording.state_named(s), number(n)) for s, n in measures.requests.items()],
    )
    yield Figures(
        "Faults",
        "When each kind first began, when the last one was over, and for how long any was there."
        " What strikes all cells at once is counted in each of them.",
        ("What was wrong", "Times", "First after", "Over after", "For"),
        [
            (k.named.sentence, number(k.count), *map(duration, (k.first, k.last, k.lasted)))
            for k in fault_kinds(measures)
        ],
        "faults.csv",
    )
    yield _durations(
        "Waiting",
        f"In {time}. What never came is not counted.",
        "For",
        {
            wording.WAITINGS.get(name, wording.NamedSentence(name, name)).sentence: h
            for name, h in measures.waiting.items()
        },
        "waiting.csv",
    )
    yield Figures(
        "Operations",
        "Ok: it happened. Refused: it definitely did not, which is often just what must be."
        " Unknown: no well-formed answer came.",
        ("Operation", "All", "Ok", "Refused", "Unknown"),
        _most_first((describe_kind(k), counts) for k, counts in measures.operations.items()),
    )
    reasons = sorted(measures.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    yield Figures(
        "Why operations were refused",
        "",
        ("Reason", "Times"),
        [(reason or "no reason", number(times)) for reason, times in reasons],
    )
    yield _durations(
        "How long operations took",
        f"In {time}, from the call to its answer.{wording.not_of_target(own)}",
        "Operation",
        {describe_kind(kind): h for kind, h in measures.latency.items()},
        "latency.csv",
    )


def real_figures(realtime: RealtimeLine | None) -> list[Figures]:
    """The tables that only a run in real time has."""
    if realtime is None:
        return []
    effort = realtime.effort
    answers = {"all of them": every_answer(effort)}
    answers |= {describe_kind(kind): found for kind, found in effort.answered.items()}
    about = "From when a request was due until its answer was there, as the network client saw it."
    tables = [
        _durations("How long answers took", f"{about} What the harness itself spoiled is not"
                   " counted.", "Asked", answers, ""),
        _durations("How late the harness was", "With what was due, whoever had to do it.",
                   "", {"everything": effort.lag}, ""),
        Figures("In real time", "", ("What", "How"), list(describe(realtime))),
    ]  # fmt: skip
    return [table for table in tables if table.rows]


def _durations(
    caption: str, about: str, first: str, histograms: Mapping[str, DurationBuckets], data: str
) -> Figures:
    rows = [
        (name, number(h.count), *(duration(h.percentile(n)) for n in wording.PERCENTILES.values()))
        for name, h in histograms.items()
    ]
    head = (first, "How many", "p50", "p90", "p99", "p99.9", "Longest")
    return Figures(caption, about, head, rows, data)


def _most_first(kinds: Iterable[tuple[str, Mapping[str, int]]]) -> list[tuple[str, ...]]:
    """How many operations of each kind ended how, the most frequent kind first."""
    every = [(name, [c.get(o, 0) for o in ("ok", "fail", "info")]) for name, c in kinds]
    every.sort(key=lambda row: (-sum(row[1]), row[0]))
    return [(name, *map(number, (sum(ended), *ended))) for name, ended in every]
