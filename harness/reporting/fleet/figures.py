"""What was measured of a run, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.history.fleet_lines import Histogram, MeasuresLine, RealtimeLine
from harness.reporting.fleet.faults import fault_kinds
from harness.reporting.fleet.quantities import duration, number
from harness.reporting.fleet.realtime import every_answer, told
from harness.reporting.fleet.wording import PERCENTILES, VIRTUAL, WAITINGS, Named, state_named
from harness.reporting.words import kind_in_words


@dataclass(frozen=True, slots=True)
class Figures:
    """A table: names on the left, figures to the right. `data` is the file that has them too."""

    caption: str
    about: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    data: str = ""


def figures(measures: MeasuresLine, time: str = VIRTUAL) -> list[Figures]:
    """Every table that has any rows."""
    return [table for table in _tables(measures, time) if table.rows]


def _tables(measures: MeasuresLine, time: str) -> Iterator[Figures]:
    yield Figures(
        "How requests ended",
        "",
        ("At the end of the run", "Requests"),
        [(state_named(s), number(n)) for s, n in measures.requests.items()],
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
        {WAITINGS.get(name, Named(name, name)).sentence: h for name, h in measures.waiting.items()},
        "waiting.csv",
    )
    yield Figures(
        "Operations",
        "Ok: it happened. Refused: it definitely did not, which is often just what must be."
        " Unknown: no well-formed answer came.",
        ("Operation", "All", "Ok", "Refused", "Unknown"),
        _most_first((kind_in_words(k), counts) for k, counts in measures.operations.items()),
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
        f"In {time}, from the call to its answer.",
        "Operation",
        {kind_in_words(kind): h for kind, h in measures.latency.items()},
        "latency.csv",
    )


def real_figures(realtime: RealtimeLine | None) -> list[Figures]:
    """The tables that only a run in real time has."""
    if realtime is None:
        return []
    effort = realtime.effort
    answers = {"all of them": every_answer(effort)}
    answers |= {kind_in_words(kind): found for kind, found in effort.answered.items()}
    about = "From when a request was due until its answer was there, as the network client saw it."
    tables = [
        _durations("How long answers took", f"{about} What the harness itself spoiled is not"
                   " counted.", "Asked", answers, ""),
        _durations("How late the harness was", "With what was due, whoever had to do it.",
                   "", {"everything": effort.lag}, ""),
        Figures("In real time", "", ("What", "How"), list(told(realtime))),
    ]  # fmt: skip
    return [table for table in tables if table.rows]


def _durations(
    caption: str, about: str, first: str, histograms: Mapping[str, Histogram], data: str
) -> Figures:
    rows = [
        (name, number(h.count), *(duration(h.percentile(n)) for n in PERCENTILES.values()))
        for name, h in histograms.items()
    ]
    head = (first, "How many", "p50", "p90", "p99", "p99.9", "Longest")
    return Figures(caption, about, head, rows, data)


def _most_first(kinds: Iterable[tuple[str, Mapping[str, int]]]) -> list[tuple[str, ...]]:
    """How many operations of each kind ended how, the most frequent kind first."""
    every = [(name, [c.get(o, 0) for o in ("ok", "fail", "info")]) for name, c in kinds]
    every.sort(key=lambda row: (-sum(row[1]), row[0]))
    return [(name, *map(number, (sum(ended), *ended))) for name, ended in every]
