"""Makes one file of the parts that the workers of a run wrote.

The result does not depend on how many workers there were or which worker ran what: the
header comes first, then each scenario with all that belongs to it, in the order asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from io import FileIO
from pathlib import Path

from harness.history.errors import EvidenceError
from harness.history.evidence import footer, unwritable, write_all
from harness.history.lines import (
    STILL_OPEN,
    EvidenceHeader,
    InvokeLine,
    Line,
    OutcomeLine,
    ScenarioLine,
    digested,
    encode,
    line_counts,
)
from harness.history.operation import Outcome
from harness.history.reader import PARTS_DIR
from harness.history.scan import RawLine, scan

_COUNTED_AS = {
    "ScenarioLine": "scenarios",
    "InvokeLine": "operations",
    "CheckLine": "checks",
    "VerdictLine": "verdicts",
}


def merge_parts(
    paths: Sequence[Path],
    out: Path,
    order: Iterable[str],
    *,
    interrupted: bool = False,
    ended_at: str = "",
    remove: bool = False,
) -> None:
    """Merge the parts at `paths` into `out`, scenarios in `order` (their ids).

    Scenarios that `order` does not name follow, sorted by id. The header is that of the first
    part. A part that was cut off makes the whole interrupted; what it left open
    ends as `info`. `out` appears at once and whole, or not at all. With `remove` the parts
    are deleted once it is there.

    Raises:
        EvidenceError: a part cannot be read, a scenario is in two parts, the parts are of
            different runs, or `out` cannot be written.
    """
    if not paths:
        raise EvidenceError(out, "there are no parts to merge", "the workers wrote nothing")
    merge = _Merge()
    for path in paths:
        merge.index(path)
    unfinished = out.with_name(out.name + ".unfinished")
    try:
        with FileIO(unfinished, "w") as file:
            merge.write(file, order)
            counts, digest = line_counts(merge.counts), f"sha256:{merge.digest.hexdigest()}"
            write_all(file, footer(counts, digest, interrupted or merge.cut_off, ended_at))
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise unwritable(out, error) from None
    for path in paths if remove else ():
        path.unlink(missing_ok=True)
    for folder in dict.fromkeys(path.parent for path in paths if remove):
        if not any(folder.iterdir()):
            folder.rmdir()


def put_together(out: Path, ended: Collection[str] | None, ended_at: str) -> None:
    """Make one file of the parts in the folder of a run, in the order of their plan.

    `ended` are the scenarios that have ended; `None` where a worker has died. Where the disk was
    too full for a plan, nobody knows what was to be done, and the run counts as interrupted.

    Raises:
        EvidenceError: as `merge_parts` does.
    """
    parts = out / PARTS_DIR
    plans = sorted(parts.glob("*.plan"))
    plan = json.loads(plans[0].read_text("utf-8")) if plans else {"scenarios": [], "ended": []}
    left = set(plan["scenarios"]) - set(plan["ended"])
    for path in plans:
        path.unlink()
    merge_parts(
        sorted(parts.glob("*.jsonl")),
        out / "evidence.jsonl",
        plan["scenarios"],
        interrupted=not plans or ended is None or not left <= set(ended),
        ended_at=ended_at,
        remove=True,
    )


def extract(parts: Mapping[Path, Collection[str]], out: Path, header: EvidenceHeader) -> None:
    """Write a new part with just these scenarios of each of the parts, and this header.

    Raises:
        EvidenceError: as `merge_parts` does.
    """
    merge = _Merge()
    for part, scenarios in parts.items():
        merge.index(part, scenarios)
    try:
        with FileIO(out, "w") as file:
            merge.write(file, [id_ for scenarios in parts.values() for id_ in scenarios], header)
    except OSError as error:
        raise unwritable(out, error) from None


@dataclass(slots=True)
class _Scenario:
    """Where the lines of one scenario stand in its part, and what it left open, and since when."""

    part: Path
    ranges: list[tuple[int, int]] = field(default_factory=list)
    open: dict[str, int] = field(default_factory=dict)

    def add(self, raw: RawLine[Line]) -> None:
        begin, end = raw.offset, raw.offset + len(raw.raw)
        if self.ranges and self.ranges[-1][1] == begin:
            begin = self.ranges.pop()[0]
        self.ranges.append((begin, end))


class _Merge:
    """Only places are kept in memory, never the lines."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.digest = sha256()
        self.cut_off = False
        self._header = b""
        self._scenarios: dict[str, _Scenario] = {}
        self._scenario_of: dict[str, str] = {}

    def index(self, part: Path, only: Collection[str] | None = None) -> None:
        """Note where each scenario stands in the part, or each of these."""
        for raw in scan(part):
            match raw.line:
                case None if not raw.raw.endswith(b"\n"):
                    self.cut_off = True
                case EvidenceHeader():
                    if self._header and digested(raw.raw) != digested(self._header):
                        problem = "this part is of another run than the first part"
                        raise EvidenceError(part, problem, "merge only the parts of one run")
                    self._header = self._header or raw.raw
                case None:
                    continue
                case line if only is None or self._name_of_scenario(line) in only:
                    self._place(part, raw, line)
                    self.counts[_COUNTED_AS.get(type(line).__name__, "others")] += 1

    def write(
        self, file: FileIO, order: Iterable[str], header: EvidenceHeader | None = None
    ) -> None:
        """Copy the header, unless there is another, and the scenarios."""
        raw = encode(header) if header else self._header
        write_all(file, raw)
        self.digest.update(digested(raw))
        first = [scenario for scenario in dict.fromkeys(order) if scenario in self._scenarios]
        rest = sorted(self._scenarios.keys() - set(first))
        for scenario in (*first, *rest):
            for lines in self._lines_of(self._scenarios[scenario]):
                write_all(file, lines)
                self.digest.update(lines)

    def _lines_of(self, scenario: _Scenario) -> Iterator[bytes]:
        with scenario.part.open("rb") as part:
            for begin, end in scenario.ranges:
                part.seek(begin)
                yield part.read(end - begin)
        for operation, start in scenario.open.items():
            why: dict[str, object] = {"why": STILL_OPEN}
            yield encode(OutcomeLine(id=operation, outcome=Outcome.INFO, end=start, error=why))

    def _place(self, part: Path, raw: RawLine[Line], line: Line) -> None:
        name = self._name_of_scenario(line)
        scenario = self._scenarios.setdefault(name, _Scenario(part))
        if scenario.part != part:
            problem = f"scenario {name} is in this part and in {scenario.part.name}"
            raise EvidenceError(part, problem, "merge only the parts of one run")
        scenario.add(raw)
        match line:
            case InvokeLine():
                self._scenario_of[line.id] = name
                scenario.open[line.id] = line.start
            case OutcomeLine():
                scenario.open.pop(line.id, None)
            case _:
                pass

    def _name_of_scenario(self, line: Line) -> str:
        match line:
            case ScenarioLine():
                return line.id
            case OutcomeLine():
                return self._scenario_of.get(line.id, "")
            case _:
                return getattr(line, "scenario", "")
