"""Reads evidence back, and says plainly what does not fit.

A file that was cut off, changed or that contradicts itself is still read as far as it makes
sense: `complete` and `problems` tell. What is no evidence at all is an `EvidenceError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec

from harness.catalogue.verdict import Verdict, worst
from harness.history import lines
from harness.history.envelope import EvidenceEnvelope
from harness.history.errors import EvidenceError
from harness.history.lines import EvidenceHeader, Footer, Line
from harness.history.operation import History, OperationRecord
from harness.history.scan import PACKED, RawLine, scan

PROBLEMS_MAX: Final = 50
"""More are counted, not listed."""

EVIDENCE_FILES: Final = ("evidence.jsonl", f"evidence.jsonl{PACKED}")
"""The evidence in the folder of a run, and as it is published."""

PARTS_DIR: Final = "evidence.parts"
"""The folder beside `evidence.jsonl` in which the workers of a run write their parts."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of a scenario, with the ids of its operations, and what its checks found."""

    line: lines.StepLine
    operations: tuple[str, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a file of evidence says.

    `complete` is true only for a whole run: a footer, no interruption, nothing cut off.
    `problems` are sentences, with line numbers where there are any; a digest that does not
    fit is one. `sha256` is of the file's bytes.
    """

    path: Path
    header: EvidenceHeader
    scenarios: tuple[lines.ScenarioLine, ...]
    histories: Mapping[str, History]
    """The history of each scenario, by its id."""
    checks: tuple[lines.CheckLine, ...]
    verdicts: tuple[lines.VerdictLine, ...]
    footer: Footer | None
    complete: bool
    problems: tuple[str, ...]
    sha256: str
    operation_count: int
    leaks: tuple[lines.LeakLine, ...] = ()
    """What the run could not remove from its target."""
    warnings: tuple[str, ...] = ()
    steps: Mapping[str, tuple[StepRecord, ...]] = field(default_factory=dict)
    """The steps of each scenario, by its id; evidence of older versions has none."""


def part_path(evidence: Path, worker: str) -> Path:
    """Where this worker of the run that will make `evidence` writes its part."""
    return evidence.parent / PARTS_DIR / f"{worker}.jsonl"


def read_evidence(path: Path) -> Evidence:
    """Read a file of evidence, or a folder that holds one or the parts of one.

    Raises:
        EvidenceError: there is nothing to read, it is not evidence, it is of another version,
            or a line in the middle is broken.
    """
    files = evidence_files(path)
    collector = _Collector(path)
    for file in files:
        collector.begin_file(file, several=len(files) > 1)
        for line in scan(file):
            collector.add(line)
    return collector.evidence()


def evidence_files(path: Path) -> list[Path]:
    """The file to read at a path, or in a folder; or the parts in it, in their order.

    Raises:
        EvidenceError: the folder holds neither.
    """
    if not path.is_dir():
        return [path]
    for name in EVIDENCE_FILES:
        if (path / name).is_file():
            return [path / name]
    parts = sorted(path.glob("*.jsonl")) or sorted((path / PARTS_DIR).glob("*.jsonl"))
    if not parts:
        problem = "this folder holds neither an evidence.jsonl nor parts of one"
        raise EvidenceError(path, problem, "name the folder of a run, or its evidence.jsonl")
    return parts


class _Collector:
    """Puts the lines together and notes what does not fit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._envelope = EvidenceEnvelope(self._does_not_fit)
        self._scenarios: dict[str, lines.ScenarioLine] = {}
        self._operations: dict[str, lines.InvokeLine] = {}
        self._outcomes: dict[str, lines.OutcomeLine] = {}
        self._checks: list[lines.CheckLine] = []
        self._steps: dict[str, list[StepRecord]] = {}
        self._verdicts: dict[tuple[str, str], lines.VerdictLine] = {}
        self._leaks: list[lines.LeakLine] = []
        self._warnings: dict[str, None] = {}
        self._problems: list[str] = []
        self._unlisted = 0
        self._place = ""

    def begin_file(self, file: Path, *, several: bool) -> None:
        """The lines that follow are of this file; several files are the parts of one run."""
        self._place = f"{file.name}, " if several else ""

    def add(self, raw: RawLine[Line]) -> None:
        """Take one line."""
        where = self._at(raw.number)
        if isinstance(raw.line, EvidenceHeader) and raw.raw != _respelled(raw.raw):
            self._problem(f"{where}, the header, is not spelled as pairproof writes it")
        line = self._envelope.open(raw)
        if line is not None:
            self._take(line, where)

    def evidence(self) -> Evidence:
        """All lines are in; what they say together."""
        header, footer = self._envelope.header, self._envelope.footer
        if header is None:  # `scan` yields a header first, or raises
            raise EvidenceError(self._path, "there is no header", "run again")
        self._check_the_end()
        more = (f"and {self._unlisted} more problems",) if self._unlisted else ()
        return Evidence(
            path=self._path,
            header=header,
            scenarios=tuple(self._scenarios.values()),
            histories=self._histories(),
            checks=tuple(self._checks),
            verdicts=tuple(self._verdicts.values()),
            footer=footer,
            complete=self._envelope.complete,
            problems=(*self._problems, *more),
            sha256=self._envelope.sha256,
            operation_count=len(self._operations),
            leaks=tuple(self._leaks),
            warnings=tuple(self._warnings),
            steps={id_: tuple(steps) for id_, steps in self._steps.items()},
        )

    def _does_not_fit(self, _: str, text: str, line: int) -> None:
        self._problem(f"{self._at(line)}: {text}")

    def _at(self, line: int) -> str:
        return f"{self._place}line {line}"

    def _take(self, line: Line, where: str) -> None:
        match line:
            case lines.ScenarioLine():
                if self._scenarios.setdefault(line.id, line) is not line:
                    self._problem(f"{where}: scenario {line.id} is here a second time; ignored")
            case lines.StepLine():
                self._know_scenario(line.scenario, where)
                self._steps.setdefault(line.scenario, []).append(StepRecord(line, (), ()))
            case lines.InvokeLine():
                self._know_scenario(line.scenario, where)
                self._in_step(line.scenario, operations=(line.id,))
                if self._operations.setdefault(line.id, line) is not line:
                    self._problem(f"{where}: operation {line.id} is here a second time; ignored")
            case lines.OutcomeLine():
                self._know_operations([line.id], where)
                if self._outcomes.setdefault(line.id, line) is not line:
                    self._problem(f"{where}: operation {line.id} ends a second time; ignored")
            case lines.CheckLine():
                self._know_scenario(line.scenario, where)
                self._know_operations(line.operations, where)
                self._checks.append(line)
                self._in_step(line.scenario, verdicts=(line.verdict,))
            case lines.VerdictLine():
                self._know_scenario(line.scenario, where)
                self._know_operations(line.operations, where)
                self._judge(line, where)
            case lines.LeakLine():
                self._leaks.append(line)
            case lines.WarningLine():
                self._warnings[line.text] = None
            case EvidenceHeader() | Footer():
                """The envelope looks at these."""

    def _in_step(
        self, scenario: str, operations: tuple[str, ...] = (), verdicts: tuple[Verdict, ...] = ()
    ) -> None:
        """What happens belongs to the step that was begun last."""
        steps = self._steps.get(scenario)
        if steps:
            was = steps[-1]
            both = (was.operations + operations, was.verdicts + verdicts)
            steps[-1] = StepRecord(was.line, *both)

    def _judge(self, line: lines.VerdictLine, where: str) -> None:
        """Of two verdicts on the same thing the worse one counts."""
        key = (line.scenario, line.requirement)
        first = self._verdicts.setdefault(key, line)
        if first is not line:
            what = f"a second verdict on {line.requirement} of scenario {line.scenario}"
            self._problem(f"{where} is {what}; the worse one counts")
            if worst((first.verdict, line.verdict)) is not first.verdict:
                self._verdicts[key] = line

    def _know_scenario(self, scenario: str, where: str) -> None:
        if scenario not in self._scenarios:
            self._problem(f"{where} names scenario {scenario}, which the file does not have")

    def _know_operations(self, operations: list[str], where: str) -> None:
        for operation in operations:
            if operation not in self._operations:
                self._problem(f"{where} names operation {operation}, which is not there")

    def _check_the_end(self) -> None:
        if self._envelope.footer is None:
            self._problem("the evidence has no footer: the run was cut off, or is still going on")
        if self._envelope.interrupted:
            self._problem("the run was interrupted before its end")
        self._envelope.compare(self._counts())
        for scenario in self._scenarios.values():
            for requirement in scenario.requirements:
                if (scenario.id, requirement) not in self._verdicts:
                    self._problem(f"scenario {scenario.id} has no verdict on {requirement}")

    def _counts(self) -> lines.LineCounts:
        return lines.LineCounts(
            scenarios=len(self._scenarios),
            operations=len(self._operations),
            checks=len(self._checks),
            verdicts=len(self._verdicts),
        )

    def _histories(self) -> dict[str, History]:
        grouped: dict[str, list[OperationRecord]] = {id_: [] for id_ in self._scenarios}
        for operation in self._operations.values():
            record, outcome = lines.invoked(operation), self._outcomes.get(operation.id)
            if outcome is None:  # it is unknown how it ended
                record = replace(record, error={"why": lines.STILL_OPEN})
            else:
                record = lines.ended(record, outcome)
            grouped.setdefault(operation.scenario, []).append(record)
        return {id_: History(tuple(records)) for id_, records in grouped.items()}

    def _problem(self, text: str) -> None:
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.append(text)
        else:
            self._unlisted += 1


def _respelled(header: bytes) -> bytes:
    return lines.ENCODER.encode(msgspec.json.decode(header)) + b"\n"


# --- the repeats of a run: each in a folder of its own, with evidence of its own ------------------

_NAME = re.compile(r"repeat-([1-9][0-9]*)")


def repeat_folder(out: Path, number: int) -> Path:
    """The folder of the n-th repeat (from 1) of the run whose folder is `out`."""
    return out / f"repeat-{number}"


def repeat_folders(out: Path) -> list[Path]:
    """The folders of repeats in `out` that hold evidence, or the parts of it, by their number."""
    if not out.is_dir():
        return []
    numbered = [(int(m[1]), p) for p in out.iterdir() if (m := _NAME.fullmatch(p.name))]
    return [path for _, path in sorted(numbered) if _holds_evidence(path)]


def is_repeated(path: Path) -> bool:
    """Whether this is the folder of a run that was repeated: no evidence but that of repeats."""
    return not (path / "evidence.jsonl").is_file() and bool(repeat_folders(path))


def _holds_evidence(folder: Path) -> bool:
    return (folder / "evidence.jsonl").is_file() or (folder / PARTS_DIR).is_dir()
