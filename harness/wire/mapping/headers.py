"""How a header is called on the other side, and what stands around its value there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.wire.mapping.errors import MappingError

HEADERS = (
    "Authorization",
    "ApiKey",
    "ProjectUid",
    "LocalClusterToken",
    "X-Request-Id",
    "Retry-After",
)
"""The headers that a mapping can rename."""

_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:: *([\x20-\x7e]*)\{\}([\x20-\x7e]*))?")


@dataclass(frozen=True, slots=True)
class Header:
    """A header of the target's. An empty `name` says that it has no such header."""

    name: str
    before: str = ""
    after: str = ""

    def written(self, value: str) -> str:
        """A value of ours as the target has it."""
        return f"{self.before}{value}{self.after}"

    def read(self, value: str) -> str | None:
        """The value without what stands around it; `None` if something else does."""
        fits = value.startswith(self.before) and value.endswith(self.after)
        if not fits or len(value) < len(self.before) + len(self.after):
            return None
        return value[len(self.before) : len(value) - len(self.after)]


def header_of(text: str, at: tuple[str, ...]) -> Header:
    """The header that a mapping names: `X-Token`, or `Authorization: Bearer {}`.

    Raises:
        MappingError: it names none.
    """
    found = _HEADER.fullmatch(text)
    if text and found is None:
        allowed = "the name of a header, or a form such as Authorization: Bearer {}"
        raise MappingError(at, f"{text!r} is no header", allowed, "correct it")
    return Header(found[1], found[2] or "", found[3] or "") if found else Header("")


def theirs_of(headers: Mapping[str, str], names: Mapping[str, Header]) -> dict[str, str]:
    """Headers of ours as the target has them; those that it does not have are left out."""
    found = {}
    lowered = {name.lower(): theirs for name, theirs in names.items()}
    for name, value in headers.items():
        theirs = lowered.get(name.lower())
        if theirs is None:
            found[name] = value
        elif theirs.name:
            found[theirs.name] = theirs.written(value)
    return found


def ours_of(headers: Mapping[str, str], names: Mapping[str, Header]) -> dict[str, str]:
    """The target's headers by our names, in lower case.

    One that bears a name of ours that the target calls otherwise is left out: that it came is
    no more than chance.
    """
    given = {name.lower(): value for name, value in headers.items()}
    renamed = {name.lower() for name in names} | {h.name.lower() for h in names.values()}
    found = {name: value for name, value in given.items() if name not in renamed}
    for ours, theirs in names.items():
        value = theirs.read(given[theirs.name.lower()]) if theirs.name.lower() in given else None
        if value is not None:
            found[ours.lower()] = value
    return found
