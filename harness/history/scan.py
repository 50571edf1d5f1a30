"""The lines of an evidence file, streamed, and the error that says best what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Generic, NamedTuple, TypeVar, get_args

import msgspec
import zstandard

from harness.files import MIB, NESTING_MAX, TOO_DEEP, FileKind, beyond_reason, opened, unreadable
from harness.history.errors import CutOff, EvidenceError
from harness.history.lines import DECODER, SCHEMA, EvidenceHeader, Line

LINE_BYTES_MAX: Final = 64 * MIB
"""No writer of ours makes a longer line; a file that has one is not read into memory."""

PACKED: Final = ".zst"
"""How the name of evidence ends that is packed by Zstandard, as it is published."""

PACKED_BYTES_MAX: Final = 256 * MIB
"""So much may come out of packed evidence: six times what the whole suite writes over HTTP."""

_READ_BYTES: Final = 1024
"""So little is unpacked at a time, since each byte may stand for 32,768."""

FLEET: Final = "fleet"
"""The `kind` in the header of a fleet's manifest, which has lines of its own."""

LineT = TypeVar("LineT")

_GET_PAIRPROOF_FILE = "name an evidence.jsonl that pairproof wrote"
_DAMAGED = "the file was changed or damaged after the run; use an undamaged copy, or run again"

EVIDENCE: Final = FileKind(
    "look for evidence.jsonl in the folder that the run named at its end",
    error=lambda file, _, problem, hint: EvidenceError(Path(file), problem, hint),
)


class RawLine(NamedTuple, Generic[LineT]):
    """A line as it stands in the file: its number from 1, where it begins, its bytes."""

    number: int
    offset: int
    raw: bytes
    line: LineT | None
    """`None` for a line that was cut off, or whose type this version does not know."""


def scan(path: Path) -> Iterator[RawLine[Line]]:
    """The lines of one file, streamed: bounded memory, whatever the size of the file.

    The first is the header. A last line that was cut off comes with `line=None`.

    Raises:
        EvidenceError: as `read_evidence` does; or it is a fleet's manifest.
    """
    for raw in scan_as(path, DECODER):
        if isinstance(raw.line, EvidenceHeader) and raw.line.kind == FLEET:
            problem = "this is the evidence of a fleet, whose operations lie in files beside it"
            raise EvidenceError(path, problem, "use a command that takes a fleet's evidence")
        yield raw


def scan_as(
    path: Path, decoder: msgspec.json.Decoder[LineT]
) -> Iterator[RawLine[LineT | EvidenceHeader]]:
    """The same, for a file whose lines after the header are of other types.

    Raises:
        EvidenceError: as `read_evidence` does.
    """
    number = offset = 0
    for raw in raw_lines(path):
        number += 1
        if number == 1:
            yield RawLine(number, offset, raw, _header(path, raw))
        else:
            yield RawLine(number, offset, raw, decoded(path, number, raw, decoder))
        offset += len(raw)
    if number == 0:
        problem = "the file is empty, so the run ended before it recorded anything"
        raise EvidenceError(path, problem, "run again")


def raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file as they stand there, unpacked where it is packed.

    Raises:
        EvidenceError: it cannot be read, or unpacked.
    """
    if path.suffix == PACKED:
        yield from lines_in(path, unpacked(path, PACKED_BYTES_MAX))
        return
    with opened(path, EVIDENCE) as file:
        try:
            yield from iter(partial(file.readline, LINE_BYTES_MAX), b"")
        except OSError as error:
            raise unreadable(path, EVIDENCE, error) from None


def lines_in(path: Path, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that these blocks hold, which are of the file at `path`.

    Raises:
        EvidenceError: one is longer than any of ours, or has no end.
    """
    begun, number = bytearray(), 0
    for block in blocks:
        head, end_of_line, tail = block.rpartition(b"\n")
        if end_of_line:
            for line in BytesIO(b"".join((begun, head, end_of_line))):
                number += 1
                yield line
            begun.clear()
        if len(begun) + len(tail) > LINE_BYTES_MAX:
            problem = f"line {number + 1} is longer than any that pairproof writes"
            raise EvidenceError(path, problem, "use an undamaged copy")
        begun += tail
    if begun:
        raise _cut_off(path)


def unpacked(path: Path, most: int = 0) -> Iterator[bytes]:
    """What the frames of a packed file hold, a little at a time; no more than `most` bytes.

    Raises:
        EvidenceError: it cannot be read, is damaged, cut off, or holds more.
    """
    count = 0
    try:
        with opened(path, EVIDENCE) as file:
            for block in _unpacked(path, file):
                count += len(block)
                if most and count > most:
                    problem = f"more than {most // MIB} MiB come out of it, as of no run"
                    raise EvidenceError(path, problem, "pack evidence that pairproof wrote")
                yield block
    except OSError as error:
        raise unreadable(path, EVIDENCE, error) from None
    except zstandard.ZstdError as error:
        problem = f"the file is damaged, or not compressed by Zstandard ({error})"
        raise EvidenceError(path, problem, "use an undamaged copy, or run again") from None


def _unpacked(path: Path, file: BinaryIO) -> Iterator[bytes]:
    frame = None
    while packed := file.read(_READ_BYTES):
        while packed:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(packed)
            packed = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise _cut_off(path)


def _cut_off(path: Path) -> CutOff:
    problem = "the file breaks off: its writer was stopped, or it was not copied whole"
    return CutOff(path, problem, "use a whole copy, or run again with the same seed")


def decoded(
    path: Path, number: int, raw: bytes, decoder: msgspec.json.Decoder[LineT]
) -> LineT | None:
    """The line of this number; `None` if it was cut off or is of a type not known here.

    Raises:
        EvidenceError: it is broken.
    """
    why = _unsound(raw)
    if not why:
        try:
            return decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if not raw.endswith(b"\n") or _is_of_unknown_type(raw, decoder.type):
                return None
            why = str(error)
        except MemoryError:
            why = "it takes more memory than there is"
    raise EvidenceError(path, f"line {number} is broken ({why})", _DAMAGED) from None


def _unsound(raw: bytes) -> str:
    """What no run writes, and no decoder or reader should be asked to bear."""
    if len(raw) >= LINE_BYTES_MAX:
        return f"longer than {LINE_BYTES_MAX // MIB} MiB"
    if b"\0" in raw:
        return "it holds null bytes"
    if raw.count(b"{") + raw.count(b"[") <= NESTING_MAX:
        return ""
    try:
        return beyond_reason(msgspec.json.decode(raw))
    except RecursionError:
        return TOO_DEEP
    except (msgspec.DecodeError, UnicodeDecodeError, MemoryError):
        return ""  # as the decoder will say


def _is_of_unknown_type(raw: bytes, lines: object) -> bool:
    """Whether the type of this line is none of the union of lines."""
    try:
        kind = msgspec.json.decode(raw, type=dict[str, object]).get("type")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    tags = [line.__struct_config__.tag for line in get_args(lines) or (lines,)]
    return isinstance(kind, str) and kind not in tags


def _header(path: Path, raw: bytes) -> EvidenceHeader:
    """The header, or the error that says best what the file is instead."""
    if not raw.endswith(b"\n") and raw.startswith(b'{"type":"header"'):
        problem = "the file ends within its first line, so the run recorded nothing else"
        raise EvidenceError(path, problem, "run again")
    try:
        first = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MemoryError):
        raise EvidenceError(path, _what_it_is(raw), _GET_PAIRPROOF_FILE) from None
    if why := beyond_reason(first):
        raise EvidenceError(path, f"line 1, the header, is broken ({why})", _DAMAGED)
    if not isinstance(first, dict) or first.get("type") != "header":
        problem = "this is JSON, and not evidence: its first line is no header"
        raise EvidenceError(path, problem, _GET_PAIRPROOF_FILE)
    schema = first.get("schema")
    if schema != SCHEMA:
        problem = f"the schema is {schema!r}, and this version of pairproof reads {SCHEMA!r}"
        raise EvidenceError(path, problem, "use the version of pairproof that wrote the file")
    try:
        return msgspec.convert(first, EvidenceHeader)
    except msgspec.ValidationError as error:
        problem = f"line 1, the header, is broken ({error})"
        raise EvidenceError(path, problem, _DAMAGED) from None


def _what_it_is(raw: bytes) -> str:
    start = raw[:512].lstrip().lower()
    if raw.startswith((b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")):
        return "this is a compressed file, and not evidence; unpack it first"
    if start.startswith((b"<!doctype html", b"<html")):
        return "this is an HTML page, and not evidence"
    if b"\0" in raw[:4096] or not _is_text(raw[:4096]):
        return "this is a binary file, and not evidence"
    if start.startswith((b"{", b"[")):
        return "this is JSON over several lines, and not evidence, which has one value a line"
    return "this is text, and not evidence"


def _is_text(raw: bytes) -> bool:
    try:
        # The end may lie within a character of several bytes.
        raw[: max(len(raw) - 4, 1)].decode()
    except UnicodeDecodeError:
        return False
    return True
