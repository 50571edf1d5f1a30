"""Operations of a fleet's cell for the tests of this folder, and raw files of parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import zstandard

from harness.history.fleet_lines import PartLine
from harness.history.operation import OperationRecord, Outcome
from harness.history.parts import PartWriter, part_file


def begun(number: int, cell: str = "07", start: int | None = None) -> OperationRecord:
    """A poll, as it is sent."""
    return OperationRecord(
        id=f"{cell}#{number}",
        scenario=cell,
        actor="agent",
        kind="PollPairing",
        args={"pairing_uid": f"{number:024x}"},
        start=100 * number if start is None else start,
        tags={"host": f"host-{number}"},
    )


def over(record: OperationRecord, outcome: Outcome = Outcome.OK) -> OperationRecord:
    """The same, once it has ended."""
    end = record.start + 50
    if outcome is Outcome.OK:
        return replace(record, end=end, outcome=outcome, value={"status": "Pairing"})
    return replace(record, end=end, outcome=outcome, error={"reason": "NotFound"})


def write_part(folder: Path, name: str = "07", count: int = 3) -> PartLine:
    """A part of so many polls in its place below the folder."""
    writer = PartWriter(folder / part_file(name), name)
    for number in range(1, count + 1):
        record = begun(number, name)
        writer.invoke(record)
        writer.outcome(over(record))
    return writer.close()


def lines_in(path: Path) -> list[bytes]:
    """The lines of a part, by another reader than ours."""
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return reader.read().splitlines(keepends=True)


def pack(path: Path, *frames: Sequence[bytes]) -> Path:
    """A part of these frames of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(_packed(frames)))
    return path


def _packed(frames: Sequence[Sequence[bytes]]) -> Iterator[bytes]:
    for lines in frames:
        yield zstandard.ZstdCompressor(write_checksum=True).compress(b"".join(lines))
