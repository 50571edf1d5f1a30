"""The lines of an evidence file, streamed, and the error that says best what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from harness.history.errors import EvidenceError
from harness.history.lines import DECODER, SCHEMA, Header, Line

LINE_BYTES_MAX: Final = 64 * 1024 * 1024
"""No writer of ours makes a longer line; a file that has one is not read into memory."""

_KNOWN_TYPES = frozenset({"header", "scenario", "invoke", "outcome", "check", "verdict", "footer"})
_GET_PAIRPROOF_FILE = "name an evidence.jsonl that pairproof wrote"


class RawLine(NamedTuple):
    """A line as it stands in the file: its number from 1, where it begins, its bytes."""

    number: int
    offset: int
    raw: bytes
    line: Line | None
    """`None` for a line that was cut off, or whose type this version does not know."""


def scan(path: Path) -> Iterator[RawLine]:
    """The lines of one file, streamed: bounded memory, whatever the size of the file.

    The first is the header. A last line that was cut off comes with `line=None`.

    Raises:
        EvidenceError: as `read_evidence` does.
    """
    try:
        with path.open("rb") as file:
            yield from _lines(path, file)
    except OSError as error:
        raise _unreadable(path, error) from None


def _lines(path: Path, file: BinaryIO) -> Iterator[RawLine]:
    number = offset = 0
    while raw := file.readline(LINE_BYTES_MAX):
        number += 1
        if number == 1:
            yield RawLine(number, offset, raw, _header(path, raw))
        else:
            yield RawLine(number, offset, raw, _line(path, number, raw))
        offset += len(raw)
    if number == 0:
        problem = "the file is empty, so the run ended before it recorded anything"
        raise EvidenceError(path, problem, "run again")


def _line(path: Path, number: int, raw: bytes) -> Line | None:
    try:
        return DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if not raw.endswith(b"\n") and len(raw) < LINE_BYTES_MAX:
            return None
        if _is_of_unknown_type(raw):
            return None
        problem = f"line {number} is broken ({_why(raw, error)})"
        hint = "the file was changed or damaged after the run; use an undamaged copy, or run again"
        raise EvidenceError(path, problem, hint) from None


def _why(raw: bytes, error: Exception) -> str:
    if len(raw) >= LINE_BYTES_MAX:
        return f"longer than {LINE_BYTES_MAX // 1024 // 1024} MiB"
    return str(error)


def _is_of_unknown_type(raw: bytes) -> bool:
    try:
        kind = msgspec.json.decode(raw, type=dict[str, object]).get("type")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(kind, str) and kind not in _KNOWN_TYPES


def _header(path: Path, raw: bytes) -> Header:
    """The header, or the error that says best what the file is instead."""
    if not raw.endswith(b"\n") and raw.startswith(b'{"type":"header"'):
        problem = "the file ends within its first line, so the run recorded nothing else"
        raise EvidenceError(path, problem, "run again")
    try:
        first = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise EvidenceError(path, _what_it_is(raw), _GET_PAIRPROOF_FILE) from None
    if not isinstance(first, dict) or first.get("type") != "header":
        problem = "this is JSON, and not evidence: its first line is no header"
        raise EvidenceError(path, problem, _GET_PAIRPROOF_FILE)
    schema = first.get("schema")
    if schema != SCHEMA:
        problem = f"the schema is {schema!r}, and this version of pairproof reads {SCHEMA!r}"
        raise EvidenceError(path, problem, "use the version of pairproof that wrote the file")
    try:
        return msgspec.convert(first, Header)
    except msgspec.ValidationError as error:
        hint = "the file was changed or damaged after the run; use an undamaged copy"
        raise EvidenceError(path, f"line 1, the header, is broken ({error})", hint) from None


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


def _unreadable(path: Path, error: OSError) -> EvidenceError:
    if isinstance(error, FileNotFoundError):
        hint = "look for evidence.jsonl in the folder that the run named at its end"
        return EvidenceError(path, "there is no such file", hint)
    problem = f"the file cannot be read ({error.strerror or error})"
    return EvidenceError(path, problem, "check its permissions")
