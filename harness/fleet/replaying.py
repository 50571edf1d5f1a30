"""Compares the evidence of a fleet run with that of a run that should be equal to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import msgspec

from harness.history.fleet_lines import PartLine
from harness.history.lines import ENCODER
from harness.history.manifest import FleetEvidence
from harness.history.parts import read_part
from harness.history.scan import scan_as

NO_LINE: Final = "(no such line)"
_LEFT_OUT: Final[Mapping[str, Sequence[str]]] = {
    # Who made it is told apart: another version may well do the same.
    "header": ("run", "harness", "implementation", "edition"),
    "footer": ("run", "digest"),
    # Of parts, the lines themselves are compared.
    "part": ("digest",),
}
"""What of a line of the manifest is not compared."""


@dataclass(frozen=True, slots=True)
class LineDifference:
    """The first line that differs in a file: `where`, and what stands there in both."""

    where: str
    first: str
    again: str
    changed: bool = False
    """The digest of the first file does not fit: it was changed after the run."""


def differences(first: FleetEvidence, again: FleetEvidence) -> Iterator[LineDifference]:
    """In order: of each part that differs, and of the manifest, the first line that does.

    Memory is bounded, whatever the size of the parts.

    Raises:
        EvidenceError: a part cannot be read.
    """
    theirs = {part.name: part for part in again.parts}
    for part in first.parts:
        other = theirs.pop(part.name, None)
        if other is None:
            yield LineDifference(f"part {part.name}", "", "(no such part)")
        else:
            yield from _of_part(first, part, again, other)
    for name in theirs:
        yield LineDifference(f"part {name}", "(no such part)", "")
    yield from _of_manifest(first, again)


def _of_part(
    first: FleetEvidence, part: PartLine, again: FleetEvidence, other: PartLine
) -> Iterator[LineDifference]:
    ours, theirs = read_part(first.path_of(part)), read_part(again.path_of(other))
    found: LineDifference | None = None
    for number, (line, same) in enumerate(zip_longest(ours, theirs), 1):
        raw, wanted = line.raw if line else None, same.raw if same else None
        if found is None and raw != wanted:
            found = LineDifference(f"part {part.name}, line {number}", _text(raw), _text(wanted))
    changed = ours.digest != part.digest
    if found is not None:
        yield LineDifference(found.where, found.first, found.again, changed)
    elif changed:
        yield LineDifference(f"the digest of part {part.name}", part.digest, ours.digest)


def _of_manifest(first: FleetEvidence, again: FleetEvidence) -> Iterator[LineDifference]:
    pairs = zip_longest(_lines(first), _lines(again))
    for number, (ours, theirs) in enumerate(pairs, 1):
        if ours != theirs:
            changed = first.footer is not None and first.footer.digest != first.digest
            where = f"the manifest, line {number}"
            yield LineDifference(where, _text(ours), _text(theirs), changed)
            return


def _lines(evidence: FleetEvidence) -> list[bytes]:
    found = scan_as(evidence.path, msgspec.json.Decoder(dict[str, object]))
    lines: list[dict[str, object]] = [msgspec.json.decode(line.raw) for line in found]
    for data in lines:
        for name in _LEFT_OUT.get(str(data.get("type")), ()):
            data.pop(name, None)
    return list(map(ENCODER.encode, lines))


def _text(raw: bytes | None) -> str:
    return NO_LINE if raw is None else raw.decode("utf-8", "replace").rstrip("\n")
