"""The one way in which a file of a user's is read: a regular file, of bounded size and shape; and
the one in which a file is written whole.

A pipe would be waited for and a device read for ever, so neither is asked for a byte. Nor is a
parser given what would cost it more than an honest file does. What a file is called, how large
it may be and which error it raises stands in its `FileKind`, beside what reads it.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from harness.domain.errors import PairproofError

NESTING_MAX: Final = 64
"""No honest file has so many levels of tables and lists; Python's own limit lies at a thousand."""
KEY_PARTS_MAX: Final = 16
"""No key that is known has as many. Each costs `tomllib` what all the ones before it cost."""
MIB: Final = 1024 * 1024


class UnusableFile(PairproofError):
    """A file of a user's cannot be used: which, in which line (0: as a whole), why, what to do."""

    def __init__(self, file: str, line: int, problem: str, remedy: str) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {problem}; {remedy}")
        self.told = f"{file} cannot be used: {problem}"


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is for.

    Attributes:
        remedy: what to do where it cannot be read.
        bytes_max: no honest one is larger; without it, it is streamed.
        error: makes the error of the file, the line (0: as a whole), what is wrong and what to do.
        private: it holds secrets, so nobody else may read it.
    """

    remedy: str
    bytes_max: int = MIB
    error: Callable[[str, int, str, str], PairproofError] = UnusableFile
    private: bool = False


def descriptor_of(path: Path, kind: FileKind, flags: int = os.O_RDONLY) -> int:
    """The regular file at a path, opened. Nothing is waited for.

    Raises:
        PairproofError: what the kind has for one that cannot be opened.
    """
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # a null byte in a path
        raise unreadable(path, kind, error) from error
    mode = os.fstat(descriptor).st_mode
    others = kind.private and stat.S_IMODE(mode) & 0o077
    if stat.S_ISREG(mode) and not others:
        return descriptor
    os.close(descriptor)
    if others and stat.S_ISREG(mode):
        told = f"others may read it (mode {stat.S_IMODE(mode):o})"
        raise kind.error(str(path), 0, told, f"run: chmod 600 {path}")
    raise _not_read(path, kind, "it is a folder" if stat.S_ISDIR(mode) else _NO_FILE)


_NO_FILE: Final = "it is no regular file"


def unreadable(path: Path, kind: FileKind, error: OSError | ValueError) -> PairproofError:
    """The error of a file that the system would not open or read."""
    if isinstance(error, FileNotFoundError):
        return kind.error(str(path), 0, "there is no such file", kind.remedy)
    number = getattr(error, "errno", None)
    told = _NO_FILE if number == errno.ENXIO else getattr(error, "strerror", None) or str(error)
    return _not_read(path, kind, told)


def _not_read(path: Path, kind: FileKind, why: str) -> PairproofError:
    return kind.error(str(path), 0, f"it cannot be read ({why})", kind.remedy)


def opened(path: Path, kind: FileKind) -> BinaryIO:
    """The regular file at a path, to be streamed.

    Raises:
        PairproofError: as `descriptor_of` does.
    """
    return os.fdopen(descriptor_of(path, kind), "rb")


def read_bytes(path: Path, kind: FileKind) -> bytes:
    """All that a file holds.

    Raises:
        PairproofError: it cannot be read, or is too large.
    """
    with opened(path, kind) as file:
        try:
            raw = file.read(kind.bytes_max + 1)
        except OSError as error:
            raise unreadable(path, kind, error) from error
    if len(raw) > kind.bytes_max:
        told = f"it is too large: more than {kind.bytes_max:,} bytes"
        raise kind.error(str(path), 0, told, kind.remedy)
    return raw


def folder_name(text: str) -> str:
    """As a folder is called that has this name; empty where nothing is left of it."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


PEM: Final = FileKind("name a file with certificates or a key, in PEM")


def put_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; its folder is made if need be.

    Raises:
        OSError: it cannot be written, and what was there is as it was.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def require_pem(*paths: Path | None, kind: FileKind = PEM) -> None:
    """Make sure of files that OpenSSL reads by itself, which would wait for a pipe for ever.

    Raises:
        PairproofError: as `read_bytes` does.
    """
    for path in paths:
        if path is not None:
            read_bytes(path, kind)


def read_text(path: Path, kind: FileKind) -> str:
    """The text of a file, in UTF-8 with or without a mark of byte order.

    Raises:
        PairproofError: it cannot be read, is too large, or is no text.
    """
    raw = read_bytes(path, kind)
    try:
        if (end := raw.find(b"\0")) < 0:
            return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        end = error.start
    line = raw.count(b"\n", 0, end) + 1
    raise kind.error(str(path), line, "this is no text in UTF-8", "save it as UTF-8")


def read_toml(path: Path, kind: FileKind) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file, and what it says.

    Raises:
        PairproofError: as `read_text` and `parse_toml` do.
    """
    text = read_text(path, kind)
    return text, parse_toml(text, str(path), kind)


def parse_toml(
    text: str, file: str, kind: FileKind, parse_float: Callable[[str], Any] = float
) -> dict[str, Any]:
    """What a TOML text says; `file` is what messages call it.

    Raises:
        PairproofError: it is no TOML, or nested beyond reason.
    """
    if long := _LONG_KEY.search(text):
        line = text.count("\n", 0, long.start() + 1) + 1
        told = f"a key has more than {KEY_PARTS_MAX} parts"
        raise kind.error(file, line, told, "correct it there")
    try:
        data = tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as error:
        _, found, rest = str(error).rpartition("(at line ")  # … (at line 3, column 7)
        line = int(rest.partition(",")[0]) if found else 0
        lines = text.splitlines()
        is_in_braces = found and lines[line - 1 : line] and lines[line - 1].rstrip().endswith("{")
        remedy = "correct it there"
        if is_in_braces:
            remedy = "write what is in braces on one line, or as a table below a heading"
        raise kind.error(file, line, f"this is not TOML: {error}", remedy) from error
    except RecursionError as error:
        raise kind.error(file, 0, TOO_DEEP, _REMEDY) from error
    except MemoryError as error:
        raise kind.error(file, 0, "it takes more memory than there is", _REMEDY) from error
    except (ValueError, ArithmeticError) as error:  # of Python's own numbers
        raise kind.error(file, 0, _TOO_LARGE, _REMEDY) from error
    if found := beyond_reason(data):
        raise kind.error(file, 0, found, _REMEDY)
    return data


_REMEDY: Final = "correct it"
TOO_DEEP: Final = f"it is nested deeper than {NESTING_MAX} levels"
_TOO_LARGE: Final = "a number in it does not fit into 64 bits"


def beyond_reason(data: object) -> str:
    """What of parsed data nothing that walks through it, or reckons with it, could bear."""
    level = [data]
    for _ in range(NESTING_MAX + 1):
        level = [inner for each in level for inner in _within(each)]
        if any(isinstance(each, int) and each.bit_length() > 64 for each in level):
            return _TOO_LARGE
        if not level:
            return ""
    return TOO_DEEP


def _within(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


_PART: Final = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY: Final = re.compile(
    rf"(?:^|[\[{{,])[ \t\[]*+(?:{_PART}\.[ \t]*+){{{KEY_PARTS_MAX}}}", re.M
)
"""A key stands where a line, a header, or a pair of an inline table begins."""
