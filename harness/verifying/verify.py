"""Reads evidence line by line and judges each check and each verdict again.

What the digest alone would tell, somebody who computes it anew can hide; so all that lines say
of each other is looked at as well: numbers, beginnings and ends, checks and verdicts, and what
the suite of this version would have made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.history import lines
from harness.history.envelope import CUT_OFF, EvidenceEnvelope
from harness.history.errors import EvidenceError
from harness.history.lines import EvidenceHeader, Line, line_counts
from harness.history.reader import EVIDENCE_FILES, evidence_files
from harness.history.scan import RawLine, scan
from harness.verifying import differences
from harness.verifying.again import Again
from harness.verifying.differences import DifferenceKind
from harness.verifying.known import Expecting, VersionKnowledge

_NAMES_MAX = 5
"""More scenarios are counted, not named."""


def verify(
    path: Path, known: VersionKnowledge, expecting: Expecting = lambda header: None
) -> differences.RunVerification:
    """Judge the run again whose evidence lies at `path`, a file or the folder of a run.

    Memory is bounded by the longest scenario, not by the file.

    Raises:
        EvidenceError: there is nothing to read, it is not evidence, or of another version.
    """
    walk = _Walk(known, expecting)
    files = evidence_files(path)
    for file in files:
        walk.leave_present()
        for line in _lines(file, walk):
            walk.take(line)
    return walk.end(is_part=path.is_dir() and files[0].name not in EVIDENCE_FILES)


def _lines(file: Path, walk: _Walk) -> Iterator[RawLine[Line]]:
    """The lines as far as they can be read; where they break off, the walk is told."""
    read = False
    try:
        for line in scan(file):
            read = True
            yield line
    except EvidenceError as error:
        if not read:
            raise
        walk.broken(error)


class _Walk:
    def __init__(self, known: VersionKnowledge, expecting: Expecting) -> None:
        self._known = known
        self._expecting = expecting
        self._found = differences.DifferenceList()
        self._tally = dict.fromkeys(
            ("checks", "checks_same", "verdicts", "verdicts_derived", "verdicts_stated"), 0
        )
        self._envelope = EvidenceEnvelope(self._does_not_fit)
        self._scenarios: dict[str, Again] = {}
        self._present: Again | None = None
        self._last_of_files: set[str] = set()
        self._lines: Counter[str] = Counter()
        self._cut_off = ""
        self._number = 0

    def leave_present(self) -> None:
        """A file is over, or begins: the scenario that came last was the last one of its file."""
        if self._present is not None:
            self._last_of_files.add(self._present.line.id)
        self._present = None

    def take(self, raw: RawLine[Line]) -> None:
        """Take one line."""
        self._number = raw.number
        line = self._envelope.open(raw)
        if line is not None:
            self._judge(line, raw.number)

    def _does_not_fit(self, kind: str, text: str, line: int) -> None:
        if kind == CUT_OFF:
            self._cut_off = f"line {line} breaks off in the middle, and nothing follows"
        else:
            self._found.add(DifferenceKind(kind), text, line)

    def broken(self, error: EvidenceError) -> None:
        """The file cannot be read any further."""
        message = f"{error.problem}; {error.hint}"
        self._found.add(DifferenceKind.BROKEN_LINE, message, self._number + 1)
        self._cut_off = self._cut_off or f"{error.problem}, and nothing after it can be judged"

    def end(self, *, is_part: bool) -> differences.RunVerification:
        """All lines are in; what they come to."""
        header, interrupted = self._envelope.header, self._envelope.interrupted
        if header is None:
            raise AssertionError("scan yields a header first, or raises")
        self._end_scenarios(interrupted)
        self._envelope.compare(line_counts(self._lines))
        if self._envelope.footer is None and not self._cut_off:
            self._cut_off = (
                "these are the parts of a run that was cut off before they were put together"
                if is_part
                else f"the file ends after line {self._number} without a footer: the run was cut"
                " off, or goes on"
            )
        notes = tuple(self._notes(header, interrupted))
        return differences.RunVerification(
            header=header,
            counts=line_counts(self._lines),
            tally=differences.VerifiedTally(**self._tally),
            differences=tuple(sorted(self._found.differences, key=lambda d: d.line)),
            difference_count=self._found.counts.total(),
            notes=notes,
            cut_off=self._cut_off,
            interrupted=interrupted,
            sha256=self._envelope.sha256,
        )

    def _end_scenarios(self, interrupted: bool) -> None:
        """Where the file breaks off, its last scenario owes nothing, and no operation an end."""
        self.leave_present()
        for id_, scenario in self._scenarios.items():
            if self._envelope.footer is not None:
                scenario.end(interrupted=interrupted)
            elif id_ not in self._last_of_files:
                scenario.check_verdicts()

    # --- lines ----------------------------------------------------------------------------

    def _judge(self, line: Line, number: int) -> None:
        match line:
            case EvidenceHeader():
                differences.check_edition(line, self._known.edition, number, self._found)
            case lines.ScenarioLine():
                self._scenario(line, number)
            case lines.InvokeLine():
                self._lines["operations"] += 1
                if again := self._named(line.scenario, number):
                    again.invoke(line, number)
            case lines.OutcomeLine():
                if again := self._named(line.id.rpartition("#")[0], number):
                    again.outcome(line, number)
            case lines.CheckLine():
                self._lines["checks"] += 1
                if again := self._named(line.scenario, number):
                    again.check(line, number)
            case lines.VerdictLine():
                self._lines["verdicts"] += 1
                if again := self._named(line.scenario, number):
                    again.verdict(line, number)

    def _scenario(self, line: lines.ScenarioLine, number: int) -> None:
        self._lines["scenarios"] += 1
        if line.id in self._scenarios:
            message = f"scenario {line.id} begins a second time here"
            self._found.add(DifferenceKind.TWICE, message, number, scenario=line.id)
            return
        if self._present is not None:
            self._present.forget()
        self._present = Again(line, number, self._found, self._tally)
        self._scenarios[line.id] = self._present
        self._look_up(line, number)

    def _named(self, scenario: str, number: int) -> Again | None:
        again = self._scenarios.get(scenario)
        if again is None:
            message = f"scenario {scenario!r} is named here, and does not begin before"
            self._found.add(DifferenceKind.WITHOUT_BEGINNING, message, number, scenario=scenario)
        return again

    # --- what this version knows ----------------------------------------------------------

    def _look_up(self, line: lines.ScenarioLine, number: int) -> None:
        """Scenarios of fleets are none of the features'; what requires nothing judges nothing."""
        for requirement in line.requirements:
            if requirement not in self._known.requirements:
                self._found.add(
                    DifferenceKind.UNKNOWN_REQUIREMENT,
                    f"requirement {requirement} of scenario {line.id} is not in the catalogue of"
                    " this version",
                    number,
                    scenario=line.id,
                    requirement=requirement,
                )
        header = self._envelope.header
        if header is None or header.kind != "certify" or not line.requirements:
            return
        if line.feature == lines.DRAWN:
            return  # it was drawn, so no suite has it; what it judges, its checks say
        known = self._known.scenarios.get(line.id)
        if known is None:
            self._found.add(
                DifferenceKind.UNKNOWN_SCENARIO,
                f"scenario {line.id} is not in the suite of this version; a scenario of your own"
                " judges what it says, and nobody else can know what that is",
                number,
                scenario=line.id,
            )
        elif known.requirements != tuple(line.requirements):
            self._found.add(
                DifferenceKind.OTHER_REQUIREMENTS,
                f"scenario {line.id} judges {', '.join(known.requirements)} in the suite of this"
                f" version, and {', '.join(line.requirements)} in the file",
                number,
                scenario=line.id,
            )

    def _notes(self, header: EvidenceHeader, interrupted: bool) -> Iterator[str]:
        yield from differences.notes_on(header, interrupted)
        if header.kind != "certify" or interrupted or self._envelope.footer is None:
            return
        expected = self._expecting(header)
        if expected is None:
            yield "which scenarios were selected cannot be told, so none is known to be missing"
            return
        missing = sorted(set(expected) - self._scenarios.keys())
        if missing:
            more = f" and {len(missing) - _NAMES_MAX} more" if len(missing) > _NAMES_MAX else ""
            self._found.add(
                DifferenceKind.MISSING_SCENARIO,
                f"missing scenarios that the run's selection asks for: {len(missing)}, namely"
                f" {', '.join(missing[:_NAMES_MAX])}{more}",
                scenario=missing[0],
            )
