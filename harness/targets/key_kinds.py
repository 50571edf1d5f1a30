"""What a key of a target file may hold, where the kinds of other files do not say it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from harness.configuration.errors import Misspelt, literal
from harness.configuration.kinds import AtLeastOne, Node, OneOf, Spelling, Text, Whole
from harness.wire.routes import ROUTES


def address(url: str) -> str:
    """An address without a slash at its end. Raises `Misspelt`."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        told = f"{literal(url)} stands there, whose host or port is none"
        raise Misspelt(told, "write an address such as https://edge-1.example:5080")
    return url.rstrip("/")


def _ip(text: str) -> str:
    try:
        ip_address(text)
    except ValueError as error:
        raise Misspelt(f"{literal(text)} is none", f"write {_IP}") from error
    return text


_IP: Final = "an IP address of this machine"

Named = Annotated[str, Text()]
Address = Annotated[
    str,
    Text(
        r"^https?://[^/\s@?#]+(/[^\s?#]*)?$",
        "an address that begins with https:// or http:// and names a host",
        address,
    ),
]
ProxyAddress = Annotated[
    str,
    Text(
        r"^http://[^/\s@?#]+/?$",
        "an address that begins with http://, such as http://proxy.example:3128",
        address,
    ),
]
OwnIp = Annotated[str, Text(r"^[0-9A-Fa-f.:]+$", _IP, _ip)]
File = Annotated[
    Path | None,
    Text(
        r"\S",
        "the path of a file; a relative one starts at the target file's folder",
        lambda text: Path(text).expanduser(),
    ),
]
Variable = Annotated[
    str,
    Text(r"^[A-Z_][A-Z0-9_]*$", "the name of an environment variable, in capitals, digits and _"),
]
Texts = Annotated[tuple[str, ...], AtLeastOne()]
Status = Annotated[int, Whole(200, 599)]
Statuses = Annotated[tuple[Status, ...], AtLeastOne()]
OperationName = Annotated[str, OneOf(*(kind.__name__ for kind in ROUTES))]


@dataclass(frozen=True, slots=True)
class OneOrMore(Spelling):
    """A text or several, kept as several.

    Attributes:
        of: what each may be, as JSON Schema, and `noun` in words.
        is_kept: whether one is kept as it is.
    """

    of: tuple[str, ...] = ("string",)
    noun: str = "text"
    is_kept: bool = False

    @property
    def words(self) -> str:
        return f"a {self.noun}, or a list of {self.noun}s"

    @property
    def form(self) -> Node:
        kind = self.of[0] if len(self.of) == 1 else list(self.of)
        one = {"type": kind} | ({} if self.is_kept else {"minLength": 1})
        several = {"type": "array", "items": {"type": kind, "minLength": 1}, "minItems": 1}
        return {"anyOf": [one, several]}

    def read(self, value: object) -> object:
        if self.is_kept and isinstance(value, str):
            return value
        each = value if isinstance(value, list) else [value]
        kinds = str if self.of == ("string",) else str | int | float
        if not each or not all(isinstance(one, kinds) and one != "" for one in each):
            raise Misspelt(f"{literal(value)} is neither", f"write {self.words}")
        return tuple(each)


class Scalar(Spelling):
    """A value that is no list and no table."""

    words = "a text, a number, or true or false"
    form: ClassVar[Node] = {"type": ["string", "number", "boolean"]}

    def read(self, value: object) -> object:
        if not isinstance(value, str | int | float):
            raise Misspelt(f"{literal(value)} is none of them", f"write {self.words}")
        return value


AnyScalar = Annotated[str | int | float | bool, Scalar()]
