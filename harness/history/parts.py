"""Writes and reads the parts of a fleet's evidence: the operations of one cell, compressed.

A part is `parts/07.jsonl.zst`: lines `invoke` and `outcome` as in any evidence, where what is
empty is left out, in frames of Zstandard that each hold whole lines. So a part whose writer was
killed can be read up to its last whole frame, and `zstdcat` serves who wants plain lines. The
digest is of the uncompressed lines: it does not depend on the version of the library.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from io import FileIO
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from harness.history.errors import EvidenceError
from harness.history.evidence import open_file, unwritable, write_all
from harness.history.fleet_lines import PARTS, GrantsLine, PartLine
from harness.history.lines import STILL_OPEN, InvokeLine, OutcomeLine, encode, ended, invoked
from harness.history.operation import OperationRecord, Outcome
from harness.history.scan import RawLine, decoded, lines_in, unpacked

BLOCK_BYTES: Final = 128 * 1024
"""So much is hashed, compressed and written at a time. Half as much saves 128 KB a writer and
costs 4 % more disk; four times as much saves 6 % of it and is no faster."""

GRANTS: Final = "grants"
"""The name of the part that says what each cell was granted."""

_SUFFIX = ".jsonl.zst"
_FASTEST = 1

PartRecord = InvokeLine | OutcomeLine | GrantsLine
"""A line of a part."""

_DECODER: Final[msgspec.json.Decoder[PartRecord]] = msgspec.json.Decoder(PartRecord)


class _Invoke(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag="invoke"):
    """An `InvokeLine` as it stands in a part. Its fields are what the record has."""

    id: str
    scenario: str
    actor: str
    kind: str
    args: object
    start: int
    tags: object = {}


class _Outcome(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag="outcome"):
    """An `OutcomeLine` as it stands in a part."""

    id: str
    outcome: Outcome
    end: int
    value: object = None
    error: object = None
    request: object = None
    response: object = None


def part_file(name: str) -> str:
    """Where the part of this name lies, seen from the manifest."""
    return f"{PARTS}/{name}{_SUFFIX}"


def part_name(path: Path) -> str:
    """The name of the part that lies here: that of its cell."""
    return path.name.removesuffix(_SUFFIX)


def parts_in(folder: Path) -> list[Path]:
    """The parts beside the place of a manifest, cells in their order and grants last."""
    return sorted((folder / PARTS).glob(f"*{_SUFFIX}"), key=_in_order)


def _in_order(path: Path) -> tuple[bool, int, str]:
    name = part_name(path)
    return not name.isdecimal(), len(name), name


class PartWriter:
    """Writes one part, in the order in which it is told. It is not for threads to share.

    Memory is bounded by one block and by what is open. Without a path it writes nowhere, and
    has the digest and the counts all the same.

    What it is given holds no secrets, only their labels. `args`, `value` and `tags` of a record
    may be `msgspec.Raw`: JSON that is encoded already.

    Raises:
        EvidenceError: the file cannot be opened or written. Every later call raises as well.
    """

    def __init__(self, path: Path | None, name: str) -> None:
        self.path = path
        self.name = name
        if path is not None:
            open_file(path).close()
        self._digest = sha256()
        self._buffer = bytearray()
        self._open: dict[str, OperationRecord] = {}
        self._lines = 0
        self._operations = 0
        self._blocks = 0
        self._written = 0
        self._is_closed = False

    def invoke(self, record: OperationRecord) -> None:
        self._open[record.id] = record
        self._operations += 1
        self._put(_Invoke(
            record.id, record.scenario, record.actor, record.kind, record.args, record.start,
            record.tags,
        ))  # fmt: skip

    def outcome(self, record: OperationRecord) -> None:
        """The operation has its outcome.

        Raises:
            KeyError: no operation of this id is open.
            ValueError: the record does not say when it ended.
        """
        if record.end is None:
            raise ValueError(f"operation {record.id} has no end")
        del self._open[record.id]
        self._put(_Outcome(
            record.id, record.outcome, record.end, record.value, record.error, record.request,
            record.response,
        ))  # fmt: skip

    def grants(self, line: GrantsLine) -> None:
        """What each cell was granted of one window. In the part `grants` only."""
        self._put(line)

    def end_open(self) -> tuple[OperationRecord, ...]:
        """End what is open as unknown, in order of invocation. Returns the whole records.

        Such an operation ends where it began: when it did is unknown, like all else of it.
        """
        records = tuple(
            replace(record, end=record.start, outcome=Outcome.INFO, error={"why": STILL_OPEN})
            for record in self._open.values()
        )
        for record in records:
            self.outcome(record)
        return records

    def close(self, ended_at: int = 0) -> PartLine:
        """End what is open and write what is left. Closing again changes nothing.

        `ended_at` is the last moment of the cell, in microseconds of the run.
        """
        if not self._is_closed:
            self.end_open()
            if self._buffer or not self._blocks:
                self._write_block()
            self._is_closed = True
        return PartLine(
            name=self.name,
            file=part_file(self.name),
            lines=self._lines,
            operations=self._operations,
            digest=f"sha256:{self._digest.hexdigest()}",
            ended_at=ended_at,
        )

    def _put(self, line: msgspec.Struct) -> None:
        if self._is_closed:
            path = self.path or Path(part_file(self.name))
            raise EvidenceError(path, "the part is closed", "nothing more was recorded")
        buffer = self._buffer
        length = len(buffer)
        try:
            _ENCODER.encode_into(line, buffer, -1)
            buffer += b"\n"
        except UnicodeEncodeError:
            buffer[length:] = encode(line)  # without the halves of characters
        self._lines += 1
        if len(buffer) >= BLOCK_BYTES:
            self._write_block()

    def _write_block(self) -> None:
        self._digest.update(self._buffer)
        self._blocks += 1
        if self.path is not None:
            # A compressor holds 1 MB, so none is kept for each of many writers.
            compressor = zstandard.ZstdCompressor(_FASTEST, write_checksum=True)
            self._write_frame(self.path, compressor.compress(self._buffer))
        self._buffer = bytearray()

    def _write_frame(self, path: Path, frame: bytes) -> None:
        """Write it whole or not at all, so that all that is there can be read.

        The file is open only meanwhile: a run has many parts, and where it fails, nobody may be
        left to close them. Each frame has its place, so that of two writers of one part, of
        which one was given up as lost, both write the same.
        """
        try:
            with FileIO(path, "r+") as file:
                file.seek(self._written)
                try:
                    write_all(file, frame)
                except OSError:
                    with suppress(OSError):
                        file.truncate(self._written)
                    raise
        except OSError as error:
            self._is_closed = True
            raise unwritable(path, error, self._written) from None
        self._written += len(frame)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no plain form: {value!r:.80}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)


class PartReader:
    """The lines of one part, streamed: iterate it once, then ask for its digest and counts.

    A line of a type that this version does not know comes with `line=None`.

    Raises:
        EvidenceError: while it is iterated: the file cannot be read, is damaged, cut off, or a
            line is broken. What stands before comes first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self.operations = 0
        self._digest = sha256()

    @property
    def digest(self) -> str:
        """That of the lines read so far, as it stands in a `PartLine`."""
        return f"sha256:{self._digest.hexdigest()}"

    def __iter__(self) -> Iterator[RawLine[PartRecord]]:
        offset = 0
        for raw in lines_in(self.path, self._blocks()):
            self.lines += 1
            line = decoded(self.path, self.lines, raw, _DECODER)
            self.operations += isinstance(line, InvokeLine)
            yield RawLine(self.lines, offset, raw, line)
            offset += len(raw)

    def _blocks(self) -> Iterator[bytes]:
        for block in unpacked(self.path):
            self._digest.update(block)
            yield block


def part_digest(path: Path) -> str:
    """The digest of a part, as it stands in a `PartLine`; no line of it is parsed.

    Raises:
        EvidenceError: as `PartReader` does, but for its lines.
    """
    digest = sha256()
    for block in unpacked(path):
        digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def read_part(path: Path) -> PartReader:
    """The lines of the part at `path`, streamed; see `PartReader`."""
    return PartReader(path)


def records(path: Path) -> Iterator[tuple[bool, OperationRecord]]:
    """The operations of a part as they went: `(False, …)` as invoked, `(True, …)` as ended.

    Raises:
        EvidenceError: as `read_part` does; or an operation ends that does not begin before.
    """
    under_way: dict[str, OperationRecord] = {}
    for raw in read_part(path):
        match raw.line:
            case InvokeLine() as line:
                record = under_way[line.id] = invoked(line)
                yield False, record
            case OutcomeLine() as line if line.id in under_way:
                yield True, ended(under_way.pop(line.id), line)
            case OutcomeLine() as line:
                problem = f"line {raw.number} ends operation {line.id}, which does not begin before"
                raise EvidenceError(path, problem, "use an undamaged copy, or run again")
            case _:
                pass


def operations(paths: Iterable[Path], ids: Collection[str]) -> dict[str, OperationRecord]:
    """The operations of these ids, by id, in the order in which they were asked for.

    Only the parts of their cells are read, and each only as far as need be. What is not there
    is left out; what never ended is as it was invoked.

    Raises:
        EvidenceError: as `records` does.
    """
    found: dict[str, OperationRecord] = {}
    for path in paths:
        wanted = {id_ for id_ in ids if id_.partition("#")[0] == part_name(path)}
        for is_over, record in records(path) if wanted else ():
            if record.id in wanted:
                found[record.id] = record
                if is_over:
                    wanted.discard(record.id)
            if not wanted:
                break
    return {id_: found[id_] for id_ in ids if id_ in found}
