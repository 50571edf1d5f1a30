"""What tells where a run took place, found by its form, becomes a label before it is published.

The same value has the same label wherever it stands, and another value another one. So what a check
compares is as equal as it was, and the verdicts are reached again as from the evidence of the run.
What only its owner knows for internal (a public name of a lab, a project) has to be named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

import msgspec
import zstandard

from harness.history import lines
from harness.history.evidence import write_whole
from harness.history.scan import RawLine, scan

_LEVEL: Final = 16
_PACKING: Final = {
    "min_match": 4,
    "target_length": 999,
    "window_log": 25,
    "search_log": 5,
    "chain_log": 26,
    "hash_log": 24,
}
"""Scenarios are alike over the whole of a run: it pays to look far back, and not to look for long.
Without that, a fifth more comes out in half the time."""

_NETWORKS: Final = [
    ip_network(network)
    for network in "10.0.0.0/8 100.64.0.0/10 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16"
    " fc00::/7 fe80::/10".split()
]
_SUFFIXES: Final = "internal|local|lan|corp|intranet|localdomain|home[.]arpa"
_SLASH: Final = r"(?:[\\/]|%2[Ff])"

_TOKENS: Final = rf"""
    (?:(?<![\w.~-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{{2}}))
        {_SLASH}+(?:home|Users){_SLASH}+(?P<user>\w[\w.-]*)
  | <[a-z_]+:\d+> | %[0-9A-Fa-f]{{2}} | \\+[A-Za-z]
  | (?P<host>(?:\w[\w-]*\.)+(?i:{_SUFFIXES})(?![\w-]|\.\w))
  | (?P<address>(?<!\d\.)\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![^\W_]|\.\d)
        |(?i:f[cd][0-9a-f]{{2}}|fe[89ab][0-9a-f])(?::[0-9a-fA-F]{{0,4}}){{2,7}}(?!\w))
"""
"""From left to right: a label or a character that is spelled otherwise ends where it ends, so that
what follows it is met at its beginning."""

_SUSPECT: Final = rf"""
    [.](?:{_SUFFIXES}) | (?<!\d)(?:10|100|169|172|192)[.]\d | home | users | f[cde][0-9a-f]{{2}}:
"""

_LABELS: Final = re.compile(rb"<(user|host|address|name):(\d+)>")


class Scrubber:
    """Knows what is internal by its form, and besides these names, in any case."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        own = "".join(f"|{re.escape(name)}" for name in sorted(names, key=len, reverse=True))
        named = f"|(?P<name>(?i:{own[1:]})(?!\\w))" if own else ""
        self._tokens = re.compile(rf"{_TOKENS}{named}|[^\W_]+", re.VERBOSE)
        self._suspect = re.compile(f"{_SUSPECT}{own}", re.VERBOSE | re.IGNORECASE)
        self._numbers: dict[str, int] = {}
        self.labels: dict[tuple[str, str], str] = {}
        """What was replaced so far, by kind and value."""

    def suspects(self, line: bytes) -> bool:
        """Whether a line of evidence may hold something internal, spelled as we spell it."""
        return self._suspect.search(line.decode("utf-8", "replace")) is not None

    def internal(self, text: str) -> Iterator[tuple[str, str]]:
        """What of a text is internal, with its kind."""
        if self._suspect.search(text):
            for match in self._tokens.finditer(text):
                if kind := _kind(match):
                    yield kind, match[kind]

    def text(self, text: str) -> str:
        """The text with labels in place of what is internal."""
        return self._tokens.sub(self._replaced, text) if self._suspect.search(text) else text

    def leave_out(self, line: bytes) -> None:
        """The labels of this line are taken: it was scrubbed before."""
        for kind, number in _LABELS.findall(line):
            name = kind.decode()
            self._numbers[name] = max(self._numbers.get(name, 0), int(number))

    def _replaced(self, match: re.Match[str]) -> str:
        kind = _kind(match)
        if not kind:
            return match[0]
        key = (kind, match[kind])
        if key not in self.labels:
            self._numbers[kind] = self._numbers.get(kind, 0) + 1
            self.labels[key] = f"<{kind}:{self._numbers[kind]}>"
        begin, end = match.start(kind) - match.start(), match.end(kind) - match.start()
        return f"{match[0][:begin]}{self.labels[key]}{match[0][end:]}"


def _kind(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind != "address":
        return kind
    try:
        address = ip_address(match[kind])
    except ValueError:
        return ""
    return kind if any(address in network for network in _NETWORKS) else ""


def pack(evidence: Path, out: Path, scrubber: Scrubber) -> None:
    """Write evidence packed, with labels in place of what is internal, and its digest anew.

    Folders of the machine go as well: of a file that was named, its name is left.

    Raises:
        EvidenceError: it cannot be read or written.
    """
    for read in scan(evidence):
        scrubber.leave_out(read.raw)
    how = zstandard.ZstdCompressionParameters.from_level(_LEVEL, **_PACKING, write_checksum=True)
    compressor = zstandard.ZstdCompressor(compression_params=how).compressobj()
    digest, packed = sha256(), []
    for read in scan(evidence):
        line = _scrubbed(read, scrubber)
        if isinstance(read.line, lines.Footer):
            line = lines.encode(
                msgspec.structs.replace(read.line, digest=f"sha256:{digest.hexdigest()}")
            )
        else:
            digest.update(lines.digested(line) if read.number == 1 else line)
        packed.append(compressor.compress(line))
    write_whole(out, b"".join((*packed, compressor.flush())))


def _scrubbed(read: RawLine[lines.Line], scrubber: Scrubber) -> bytes:
    is_header = isinstance(read.line, lines.EvidenceHeader)
    if read.line is None or not (is_header or scrubber.suspects(read.raw)):
        return read.raw  # one that was cut off is as it is, for whoever judges it
    data = msgspec.json.decode(read.raw)
    if is_header:
        run = data["run"]
        data["target_file"] = _name_of(data["target_file"])
        run["command"] = ["=".join(map(_name_of, word.split("=", 1))) for word in run["command"]]
    return lines.ENCODER.encode(lines.with_texts(data, scrubber.text)) + b"\n"


def _name_of(word: str) -> str:
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(word).is_absolute():
            return kind(word).name
    return word


def internal_in(evidence: Path, scrubber: Scrubber) -> dict[tuple[str, str], int]:
    """What of evidence is internal, by kind and value, with the line where it stands first.

    Raises:
        EvidenceError: it cannot be read.
    """
    found: dict[tuple[str, str], int] = {}
    for read in scan(evidence):
        if scrubber.suspects(read.raw):
            for text in _strings(read.raw):
                for internal in scrubber.internal(text):
                    found.setdefault(internal, read.number)
    return found


def _strings(raw: bytes) -> Iterator[str]:
    """All texts of a line; of one that is broken, the line itself."""
    try:
        waiting: list[object] = [msgspec.json.decode(raw)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        waiting = [raw.decode("utf-8", "replace")]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as items:
                waiting += items
            case dict() as fields:
                waiting += [*fields, *fields.values()]


def hosts_in(evidence: Path) -> list[str]:
    """The hosts of addresses in evidence that somebody could look up, in the order of their names.

    Raises:
        EvidenceError: it cannot be read.
    """
    found = {host.lower() for read in scan(evidence) for host in _HOSTS.findall(read.raw)}
    return sorted(host.decode() for host in found if not _NOBODYS.fullmatch(host))


_HOSTS: Final = re.compile(rb"://(?:[^/\s@\"\\]*@)?([\w-]+(?:[.][\w-]+)+)")
_NOBODYS: Final = re.compile(
    rb"127[.][\d.]+|.*[.](?:test|invalid|localhost)|(?:.*[.])?example(?:[.]\w+)?"
)
"""By the standards, and on this machine."""
