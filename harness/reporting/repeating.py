"""Several runs of the same, taken together as one.

What all of them say is what the whole says. What they do not agree on is inconclusive and called
unstable, whatever most of them say: no repeat outvotes another, and none turns a failure into a
pass. What is told of an unstable scenario is the repeat in which it went worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

import msgspec

from harness.catalogue.verdict import Verdict, worst
from harness.history.lines import ENCODER, EvidenceHeader, VerdictLine, digested
from harness.history.reader import Evidence

UNSTABLE: Final = "unstable"
"""What the reason of a verdict begins with on which the repeats do not agree."""
MISSING: Final = "this repeat did not judge it"


@dataclass(frozen=True, slots=True)
class Repeat:
    """One run of several. `name` is short, `file` is how reports name its evidence."""

    name: str
    file: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class RepeatVerdict:
    """What one repeat says of a requirement by a scenario; no verdict if it did not judge it.

    `file` is its evidence.
    """

    name: str
    file: str
    verdict: Verdict | None
    reason: str


Key = tuple[str, str]
"""A scenario and a requirement, by their ids."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Repeats, and what they come to.

    Attributes:
        evidence: that of the whole: of each scenario the repeat in which it went worst, and
            the verdicts of all.
        unstable: what each repeat says where they do not agree.
        failing: requirements that failed in each of the repeats, wherever.
    """

    repeats: tuple[Repeat, ...]
    evidence: Evidence
    unstable: Mapping[Key, tuple[RepeatVerdict, ...]]
    failing: frozenset[str]


def together(repeats: Sequence[Repeat]) -> Repeated:
    """Take repeats together. There has to be one at least."""
    given = [{(v.scenario, v.requirement): v for v in r.evidence.verdicts} for r in repeats]
    chosen = _worst_of_each(repeats)
    unstable: dict[Key, tuple[RepeatVerdict, ...]] = {}
    verdicts: list[VerdictLine] = []
    for key in dict.fromkeys(key for verdicts_of_one in given for key in verdicts_of_one):
        told = tuple(_repeat_verdict(r, g.get(key)) for r, g in zip(repeats, given, strict=True))
        lines = {r.name: g[key] for r, g in zip(repeats, given, strict=True) if key in g}
        line = lines.get(chosen[key[0]].name) or next(iter(lines.values()))
        if _differ(told, repeats):
            unstable[key] = told
            line = _as_unstable(line, told)
        verdicts.append(line)
    failing = (
        {v.requirement for v in r.evidence.verdicts if v.verdict is Verdict.FAIL} for r in repeats
    )
    evidence = _whole(repeats, chosen, verdicts)
    return Repeated(tuple(repeats), evidence, unstable, frozenset(set.intersection(*failing)))


def _worst_of_each(repeats: Sequence[Repeat]) -> dict[str, Repeat]:
    """By scenario, the first repeat of those in which it went worst."""
    found: dict[str, list[tuple[Repeat, Verdict]]] = {}
    for repeat in repeats:
        by_scenario: dict[str, list[Verdict]] = {s.id: [] for s in repeat.evidence.scenarios}
        for line in repeat.evidence.verdicts:
            by_scenario.setdefault(line.scenario, []).append(line.verdict)
        for scenario, verdicts in by_scenario.items():
            found.setdefault(scenario, []).append((repeat, worst(verdicts)))
    return {
        scenario: next(r for r, v in told if v is worst(v for _, v in told))
        for scenario, told in found.items()
    }


def _repeat_verdict(repeat: Repeat, line: VerdictLine | None) -> RepeatVerdict:
    if line is None:
        return RepeatVerdict(repeat.name, repeat.file, None, MISSING)
    return RepeatVerdict(repeat.name, repeat.file, line.verdict, line.reason)


def _differ(told: Sequence[RepeatVerdict], repeats: Sequence[Repeat]) -> bool:
    """A repeat that was cut off says nothing of what it did not come to; a whole one does."""
    counted = [
        t.verdict
        for t, repeat in zip(told, repeats, strict=True)
        if t.verdict is not None or repeat.evidence.complete
    ]
    return len(set(counted)) > 1


def _as_unstable(line: VerdictLine, told: Sequence[RepeatVerdict]) -> VerdictLine:
    by_verdict: dict[str, list[str]] = {}
    for one in told:
        name = one.verdict.value.replace("_", " ") if one.verdict else "not judged"
        by_verdict.setdefault(name, []).append(one.name)
    seen = ", ".join(f"{verdict} in {' and '.join(names)}" for verdict, names in by_verdict.items())
    why = f"; {line.reason}" if line.reason else ""
    return msgspec.structs.replace(
        line, verdict=Verdict.INCONCLUSIVE, reason=f"{UNSTABLE}: {seen}{why}"
    )


# --- the evidence of the whole --------------------------------------------------------------


def _whole(
    repeats: Sequence[Repeat], chosen: Mapping[str, Repeat], verdicts: Sequence[VerdictLine]
) -> Evidence:
    first, last = repeats[0].evidence, repeats[-1].evidence
    given = {(r.name, s.id): s for r in repeats for s in r.evidence.scenarios}
    return replace(
        first,
        path=first.path.parent,
        scenarios=tuple(given[r.name, s] for s, r in chosen.items() if (r.name, s) in given),
        histories={
            s: r.evidence.histories[s] for s, r in chosen.items() if s in r.evidence.histories
        },
        checks=tuple(c for r in repeats for c in r.evidence.checks if chosen.get(c.scenario) is r),
        verdicts=tuple(verdicts),
        leaks=tuple(leak for r in repeats for leak in r.evidence.leaks),
        footer=last.footer,
        complete=all(r.evidence.complete for r in repeats) and len(repeats) == first.header.repeat,
        problems=tuple(_problems(repeats)),
        sha256=sha256("\n".join(r.evidence.sha256 for r in repeats).encode()).hexdigest(),
        operation_count=sum(r.evidence.operation_count for r in repeats),
    )


def _problems(repeats: Sequence[Repeat]) -> Iterator[str]:
    if missing := missing_repeats(repeats[0].evidence.header, len(repeats)):
        yield missing
    without_run = [digested(ENCODER.encode(repeat.evidence.header)) for repeat in repeats]
    for repeat, header in zip(repeats, without_run, strict=True):
        yield from (f"{repeat.name}: {problem}" for problem in repeat.evidence.problems)
        if header != without_run[0]:
            yield f"{repeat.name} is of another run than {repeats[0].name}"


def missing_repeats(header: EvidenceHeader, count: int) -> str:
    """What to say of a run of which only so many repeats are there; empty if all are."""
    if header.repeat == count:
        return ""
    return f"{header.repeat} repeats were asked for, and the evidence of {count} is there"
