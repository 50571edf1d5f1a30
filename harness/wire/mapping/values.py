"""What a value or a header is called, or how it is written, on the other side."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from harness.wire.http import Json, spelt
from harness.wire.json_path import At, MappingError
from harness.wire.model import Malformed, json_kind
from harness.wire.timestamps import from_timestamp, to_timestamp

_SECOND = 1_000_000
_MILLISECOND = 1_000

Change = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value, or one `of_objects` of texts, changes on its way to the target, and back.

    What cannot be converted stays as it is, so that whoever reads it calls it malformed.
    """

    out: Change
    back: Change
    of_objects: bool = False

    def written(self, value: Json, there: Json) -> Json:
        """Ours as theirs, in place of what is `there`."""
        return self.out(value)

    def read(self, value: Json, name: str) -> Json:
        """Theirs as ours."""
        return self.back(value)


@dataclass(frozen=True, slots=True)
class TextPart:
    """A value as a part of a text of theirs, in which other fields may have parts too.

    Attributes:
        whole: the text, each part by the name of its field in braces: `{name}@v{version}`.
        own: the name of this one.
    """

    of_objects: ClassVar[bool] = False

    whole: str
    own: str

    @property
    def parts(self) -> frozenset[str]:
        """The names of all parts."""
        return frozenset(_PART.findall(self.whole))

    def written(self, value: Json, there: Json) -> str:
        """The text with this part filled; what is `there` has others filled already."""
        text = there if isinstance(there, str) else self.whole
        return text.replace(f"{{{self.own}}}", spelt(value))

    def read(self, text: Json, name: str) -> str:
        """This part of a text. Raises `Malformed`: it has another form."""
        around = (re.escape(piece) for piece in _PART.split(self.whole)[::2])
        parts = ("(.*)" if part == self.own else ".*" for part in _PART.findall(self.whole))
        form = "".join(part for pair in zip(around, (*parts, ""), strict=True) for part in pair)
        found = re.fullmatch(form, text, re.DOTALL) if isinstance(text, str) else None
        if found is None:
            raise Malformed(name, f"a text such as {self.whole} is needed")
        return found[1]


def _number(value: Json) -> Json:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _opposite(value: Json) -> Json:
    return not value if isinstance(value, bool) else value


def _epoch(unit: int) -> Conversion:
    def out(value: Json) -> Json:
        try:
            return from_timestamp(value, "") // unit if isinstance(value, str) else value
        except Malformed:
            return value

    def back(value: Json) -> Json:
        number = _number(value)
        if isinstance(number, bool) or not isinstance(number, int | float):
            return value
        return to_timestamp(round(number * unit))

    return Conversion(out, back)


def _two_words(yes: str, no: str) -> Conversion:
    back: Mapping[Json, Json] = {yes: True, no: False}

    def out(value: Json) -> Json:
        return (yes if value else no) if isinstance(value, bool) else value

    return Conversion(out, lambda v: back.get(v, v) if isinstance(v, str) else v)


def _pairs(name: str, text: str) -> Conversion:
    """An object of texts as a list of objects, each with a name and its text."""

    def out(value: Json) -> Json:
        return [{name: n, text: v} for n, v in value.items()] if isinstance(value, dict) else value

    def back(value: Json) -> Json:
        pairs: dict[str, Json] = {}
        for item in value if isinstance(value, list) else [None]:
            called = item.get(name) if isinstance(item, dict) else None
            if not isinstance(called, str) or called in pairs:
                return value
            pairs[called] = item.get(text)  # type: ignore[union-attr]
        return pairs

    return Conversion(out, back, of_objects=True)


def _joined(between: str) -> Conversion:
    """An object of texts as a list of texts, each a name, what is between, and its text."""

    def out(value: Json) -> Json:
        return [f"{n}{between}{v}" for n, v in value.items()] if isinstance(value, dict) else value

    def back(value: Json) -> Json:
        texts = value if isinstance(value, list) else [None]
        parted = [item.partition(between) for item in texts if isinstance(item, str)]
        found: dict[str, Json] = {name: text for name, _, text in parted}
        return found if len(found) == len(texts) else value

    return Conversion(out, back, of_objects=True)


def _of_the_next_link(parameter: str) -> Conversion:
    """A cursor, as a parameter of the address to which a `Link` header with rel="next" leads."""

    def out(value: Json) -> Json:
        return f'<?{urlencode({parameter: value})}>; rel="next"' if value else value

    def back(value: Json) -> Json:
        found = _NEXT.search(value) if isinstance(value, str) else None
        query = parse_qs(urlsplit(found[1]).query) if found else {}
        return query.get(parameter, [""])[0]

    return Conversion(out, back)


CONVERSIONS: Mapping[str, Conversion] = {
    "number": Conversion(_number, lambda value: str(value) if type(value) is int else value),
    "opposite": Conversion(_opposite, _opposite),
    "seconds": _epoch(_SECOND),
    "milliseconds": _epoch(_MILLISECOND),
}
"""By name: an id that is a number; a flag that says the opposite; times since the epoch."""

_NEXT = re.compile(r"""<([^>]*)>(?:\s*;[^,<]*)?;\s*rel="?next\b""", re.IGNORECASE)
_JOINED = re.compile(r"\{key\}([^{}]+)\{value\}")
_PART = re.compile(r"\{(\w+)\}")
_HAS_PARTS = re.compile(r"([^{}]*\{\w*\}(?=[^{}]|$))+[^{}]*")

CONVERSIONS_IN_WORDS = (
    f"{', '.join(CONVERSIONS)}, two words for true and false such as on|off, of a list of objects"
    " the names in each such as key=value, of a list of texts their form such as {key}={value}, of"
    " a cursor in a Link header the parameter such as next ?page, or the text that it stands in"
    " such as /hosts/{} or {}@{version}"
)


def conversion_named(name: str, of: str) -> Conversion | TextPart:
    """The conversion that a mapping asks for, `of` a field of this name.

    Raises `KeyError`: there is none of this name.
    """
    if name.startswith("next ?") and name != "next ?":
        return _of_the_next_link(name.removeprefix("next ?"))
    if form := _JOINED.fullmatch(name):
        return _joined(form[1])
    if _HAS_PARTS.fullmatch(name) and name.count("{}") == 1 and name != "{}":
        return TextPart(name.replace("{}", f"{{{of}}}"), of)
    for sign, made in (("|", _two_words), ("=", _pairs)):
        one, found, other = name.partition(sign)
        if found and one and other and one != other:
            return made(one, other)
    return CONVERSIONS[name]


@dataclass(frozen=True, slots=True)
class Words:
    """A closed set in the target's words: `out` has theirs by ours, `back` ours by theirs."""

    out: Mapping[str, str] = field(default_factory=dict)
    back: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: Json, name: str) -> Json:
        """A word of theirs as ours, if it is mapped; `Malformed` for one of ours that is."""
        if not isinstance(value, str):
            return value
        if value in self.back:
            return self.back[value]
        if value in self.out:
            told = f"{value} came, and by the mapping its word for that is {self.out[value]}"
            raise Malformed(name, told)
        return value


_FLAGS: Mapping[str, Json] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class ValueForm:
    """How one value is written by the target; a `flag` is what a query spells out."""

    conversion: Conversion | TextPart | None = None
    words: Words | None = None
    flag: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the value stays as it is."""
        return self.conversion is None and self.words is None

    def written(self, value: Json, there: Json = None) -> Json:
        """Ours as theirs; `there` is what stands there already."""
        if self.flag and isinstance(value, str):  # it comes from where only a text has room
            value = _FLAGS.get(value, value)
        if self.words is not None and isinstance(value, str):
            value = self.words.out.get(value, value)
        return self.conversion.written(value, there) if self.conversion else value

    def read(self, value: Json, name: str) -> Json:
        """Theirs as ours. Raises `Malformed`: it is a word that the target has another one for."""
        if self.conversion is not None:
            value = self.conversion.read(value, name)
        return value if self.words is None else self.words.read(value, name)

    def as_text(self, value: Json, there: Json = None) -> str:
        """Ours as theirs, where only a text has room."""
        return spelt(self.written(value, there))

    def from_text(self, text: str, name: str) -> Json:
        """Theirs as ours, from where only a text has room; or `Malformed`, as `read`."""
        value = self.read(_FLAGS.get(text, text) if self.flag else text, name)
        if self.flag and not isinstance(value, bool):
            raise Malformed(name, f"true or false is needed, and this is {json_kind(value)}")
        return value


RENAMED_HEADERS = tuple(
    "Authorization ApiKey ProjectUid LocalClusterToken SubmissionKey X-Request-Id"
    " Retry-After".split()
)
"""The headers that a mapping can rename."""

_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:: *([\x20-\x7e]*)\{\}([\x20-\x7e]*))?")


@dataclass(frozen=True, slots=True)
class MappedHeader:
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


def header_of(text: str, at: At) -> MappedHeader:
    """The header that `X-Token` or `Authorization: Bearer {}` names; or `MappingError`."""
    found = _HEADER.fullmatch(text)
    if text and found is None:
        allowed = "the name of a header, or a form such as Authorization: Bearer {}"
        raise MappingError(at, f"{text!r} is no header", allowed, "correct it")
    if found and re.search("[{}]", f"{found[2]}{found[3]}"):
        told, allowed = f"{text!r} has more than one room", "one {} for the value"
        raise MappingError(at, told, allowed, "leave one")
    return MappedHeader(found[1], found[2] or "", found[3] or "") if found else MappedHeader("")


def theirs_of(headers: Mapping[str, str], names: Mapping[str, MappedHeader]) -> dict[str, str]:
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


def ours_of(headers: Mapping[str, str], names: Mapping[str, MappedHeader]) -> dict[str, str]:
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
