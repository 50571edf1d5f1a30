"""Writes and reads the manifest of a fleet's evidence: what was run, its parts, what was found.

The order of its lines is that of `harness.history.fleet_lines`. It is written at the end, at
once and whole, so where there are parts and no manifest, the run was killed. The digest in its
footer covers every line but the `run` objects, and so, by the parts' own digests, all that the
run recorded: equal runs have equal digests, whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, cast

import msgspec

from harness.history import fleet_lines
from harness.history.envelope import EvidenceEnvelope
from harness.history.errors import EvidenceError
from harness.history.evidence import footer, write_whole
from harness.history.lines import EvidenceHeader, Footer, LineCounts, VerdictLine, digested, encode
from harness.history.parts import part_digest, part_file, parts_in
from harness.history.scan import FLEET, LineT, RawLine, scan_as

MANIFEST: Final = "evidence.jsonl"

ManifestLine = (
    EvidenceHeader | fleet_lines.FleetLine | fleet_lines.PartLine | VerdictLine
    | fleet_lines.ViolationLine | fleet_lines.MeasuresLine | fleet_lines.GateLine | Footer
)  # fmt: skip
"""A line of a manifest, in the order in which they stand there."""

_DECODER: Final[msgspec.json.Decoder[ManifestLine]] = msgspec.json.Decoder(ManifestLine)
_ORDER: Final = ("header", "fleet", "part", "verdict", "violation", "measures", "gate")
_ONE_OF_EACH: Final = ("fleet", "measures")

_BYTES_AN_OPERATION: Final = 60
_BYTES_BESIDES: Final = 2_000_000


class Trouble(NamedTuple):
    """What does not fit in a manifest: of which kind, in which line (from 1; 0: none), a sentence.

    `kind` is one of `EvidenceEnvelope`'s, `out_of_order`, or `part` where parts were read through.
    """

    kind: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class FleetEvidence:
    """All that a manifest says.

    Attributes:
        path: the manifest itself.
        complete: there is a footer, and the run got to its end.
        troubles: what does not fit, in the order of lines.
        places: in which lines those of each `type` stand.
        digest: of the lines as they are; where the footer says another, that is a trouble.
        sha256: of the manifest's bytes.
    """

    path: Path
    header: EvidenceHeader
    fleet: fleet_lines.FleetLine
    parts: tuple[fleet_lines.PartLine, ...]
    verdicts: tuple[VerdictLine, ...]
    violations: tuple[fleet_lines.ViolationLine, ...]
    measures: fleet_lines.MeasuresLine
    gates: tuple[fleet_lines.GateLine, ...]
    footer: Footer | None
    complete: bool
    troubles: tuple[Trouble, ...]
    places: Mapping[str, Sequence[int]]
    digest: str
    sha256: str

    @property
    def problems(self) -> tuple[str, ...]:
        """What does not fit, as sentences."""
        return tuple(
            f"line {trouble.line}: {trouble.text}" if trouble.line else trouble.text
            for trouble in self.troubles
        )

    @property
    def operation_count(self) -> int:
        """How many operations its parts are said to have."""
        return sum(part.operations for part in self.parts)

    def path_of(self, part: fleet_lines.PartLine) -> Path:
        """Where the part lies.

        Raises:
            EvidenceError: the manifest names a file that is not in the folder of its parts.
        """
        if part.file != part_file(part.name) or "/" in part.name:
            problem = f"part {part.name!r} is said to lie in {part.file!r}, and no run writes there"
            raise EvidenceError(self.path, problem, "use an undamaged copy, or run again")
        return self.path.parent / part.file


def write_manifest(
    path: Path,
    header: EvidenceHeader,
    fleet: fleet_lines.FleetLine,
    parts: Sequence[fleet_lines.PartLine],
    verdicts: Sequence[VerdictLine],
    violations: Sequence[fleet_lines.ViolationLine],
    measures: fleet_lines.MeasuresLine,
    gates: Sequence[fleet_lines.GateLine],
    *,
    interrupted: bool = False,
    ended_at: str = "",
) -> str:
    """Write the manifest at `path`, at once and whole or not at all; returns its digest.

    `interrupted` says that the run did not get to its end, whether somebody or a violation
    stopped it. `ended_at` is wall time, RFC 3339 in UTC.

    Raises:
        EvidenceError: it cannot be written.
    """
    lines = (header, fleet, *parts, *verdicts, *violations, measures, *gates)
    raw = [encode(line) for line in lines]
    body = b"".join((digested(raw[0]), *raw[1:]))
    digest = f"sha256:{sha256(body).hexdigest()}"
    raw.append(footer(_counts(parts, verdicts), digest, interrupted, ended_at))
    write_whole(path, b"".join(raw))
    return digest


def estimate_bytes(operations: int) -> int:
    """About how much disk a run of so many operations takes, and rather too much.

    Measured: 48 to 56 bytes an operation once it is compressed, and 2 MB for manifest and reports.
    """
    return _BYTES_BESIDES + _BYTES_AN_OPERATION * operations


def is_fleet(path: Path) -> bool:
    """Whether a fleet's evidence lies here: a manifest, its folder, or what a killed run left."""
    file = path / MANIFEST if path.is_dir() else path
    if path.is_dir() and not file.exists():
        return bool(parts_in(path))
    try:
        first = next(scan_as(file, _DECODER)).line
    except EvidenceError:
        return False
    return isinstance(first, EvidenceHeader) and first.kind == FLEET


def read_manifest(path: Path) -> FleetEvidence:
    """Read the manifest at `path`, or in the folder of a run. No part is opened.

    Raises:
        EvidenceError: there is none, it is no evidence or that of no fleet, it is of another
            version, a line is broken, or nothing tells what was run.
    """
    file = _manifest_in(path)
    collector = _Collector(file)
    for raw in scan_as(file, _DECODER):
        collector.add(raw)
    return collector.evidence()


def read_whole(path: Path) -> FleetEvidence:
    """The same, with each part read through: one that is not as it was written is a trouble.

    Raises:
        EvidenceError: as `read_manifest` does.
    """
    evidence = read_manifest(path)
    found = [Trouble("part", 0, text) for text in _unsound_parts(evidence)]
    return replace(evidence, troubles=(*evidence.troubles, *found))


def _unsound_parts(evidence: FleetEvidence) -> Iterator[str]:
    for part in evidence.parts:
        try:
            if part_digest(evidence.path_of(part)) != part.digest:
                yield f"{part.file} is not the part that the run wrote: its digest does not fit"
        except EvidenceError as error:
            yield f"{part.file}: {error.problem}"


def _manifest_in(path: Path) -> Path:
    file = path / MANIFEST if path.is_dir() else path
    if not file.exists() and (parts := parts_in(file.parent)):
        size = sum(part.stat().st_size for part in parts)
        problem = (
            f"there is no {MANIFEST}: the run was killed before its end. {len(parts)} parts with"
            f" {size:,} bytes are in {file.parent / fleet_lines.PARTS}"
        )
        hint = (
            "run it again with the same scenario, hosts and seed, which does the same; or look at"
            f" what is there with `pairproof report {file.parent} --operations`"
        )
        raise EvidenceError(file, problem, hint)
    return file


def _counts(parts: Sequence[fleet_lines.PartLine], verdicts: Sequence[VerdictLine]) -> LineCounts:
    operations = sum(part.operations for part in parts)
    return LineCounts(scenarios=1, operations=operations, verdicts=len(verdicts))


class _Collector:
    """Puts the lines together and notes what does not fit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._envelope = EvidenceEnvelope(self._trouble)
        self._lines: list[ManifestLine] = []
        self._places: dict[str, list[int]] = {kind: [] for kind in _ORDER}
        self._troubles: list[Trouble] = []

    def add(self, raw: RawLine[ManifestLine]) -> None:
        """Take one line."""
        line = self._envelope.open(raw)
        if line is not None:
            self._take(line, raw.number)

    def evidence(self) -> FleetEvidence:
        """All lines are in; what they say together."""
        header = self._envelope.header
        if header is None or header.kind != FLEET:
            problem = "this is evidence of single scenarios, and not of a fleet"
            raise EvidenceError(self._path, problem, "name the evidence of `pairproof fleet`")
        fleet = self._only(fleet_lines.FleetLine)
        if fleet is None:
            problem = "there is no `fleet` line, so nothing tells what was run"
            raise EvidenceError(self._path, problem, "use an undamaged copy, or run again")
        self._check_the_end()
        return FleetEvidence(
            path=self._path,
            header=header,
            fleet=fleet,
            parts=self._all(fleet_lines.PartLine),
            verdicts=self._all(VerdictLine),
            violations=self._all(fleet_lines.ViolationLine),
            measures=self._only(fleet_lines.MeasuresLine) or fleet_lines.MeasuresLine(),
            gates=self._all(fleet_lines.GateLine),
            footer=self._envelope.footer,
            complete=self._envelope.complete,
            troubles=tuple(self._troubles),
            places=self._places,
            digest=self._envelope.digest,
            sha256=self._envelope.sha256,
        )

    def _take(self, line: ManifestLine, number: int) -> None:
        kind = cast(str, line.__struct_config__.tag)
        if kind in _ONE_OF_EACH and self._places[kind]:
            self._trouble("twice", f"a second line of type `{kind}`; ignored", number)
        elif any(self._places[later] for later in _ORDER[_ORDER.index(kind) + 1 :]):
            self._trouble("out_of_order", f"a line of type `{kind}` stands too late", number)
        self._places[kind].append(number)
        self._lines.append(line)

    def _check_the_end(self) -> None:
        if not self._places["measures"]:
            self._trouble("counts", "there is no line of type `measures`")
        if self._envelope.footer is None:
            self._trouble("cut_off", "the manifest has no footer: it is not a whole copy")
        counts = _counts(self._all(fleet_lines.PartLine), self._all(VerdictLine))
        self._envelope.compare(counts)

    def _all(self, kind: type[LineT]) -> tuple[LineT, ...]:
        return tuple(line for line in self._lines if isinstance(line, kind))

    def _only(self, kind: type[LineT]) -> LineT | None:
        return next(iter(self._all(kind)), None)

    def _trouble(self, kind: str, text: str, line: int = 0) -> None:
        self._troubles.append(Trouble(kind, line, text))
