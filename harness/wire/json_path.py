r"""Where a value stands in a request or an answer, as a mapping writes it.

| text | place |
| --- | --- |
| `spec.profiles[].uid` | a field of the body; `[]` is each element of a list |
| `conditions[type=Paired].status` | the same, in the element of a list whose `type` is `Paired` |
| `errors[0].code` | the same, in the first element of a list |
| `$` | the whole body |
| `?state` | a query parameter |
| `{uid}` | a parameter of the path |
| `X-Tenant:` | a header |
| `Cookie: sid`, `Set-Cookie: sid` | a cookie of that name |
| (empty) | nowhere: the other side has no such thing |

A dot that belongs to a name is written `\.`. On the target's side a conversion may follow:
`created as seconds`. In a `Template`, places and other names stand between braces, for what is
known once a call is made.

PairproofError
+-- MappingError   a mapping contradicts itself, or names what is not there
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.domain.errors import PairproofError

EACH = "[]"
"""The step of a way that stands for each element of a list."""

PATH, QUERY, HEADERS, COOKIES, BODY = "path", "query", "headers", "cookies", "body"
"""The rooms of a message."""

Way = tuple[str, ...]
"""The steps to a field of a body: names, `EACH`, and choices of one element (`[type=Paired]`, and
`[0]`, the first); the whole body has none. The way to a place of a message begins with its room,
and one that is nowhere has no steps.
"""

NOWHERE: Way = ()

At = tuple[str | int, ...]
"""The way to a key of a target file: `("paths", "LogIn", "calls", 0, "request")`."""

_PARAMETER = re.compile(r"\{(\w+)\}")
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):")
_COOKIE = re.compile(r"(?:Set-)?Cookie: *([^\s;,=]+)", re.IGNORECASE)
_QUERY = re.compile(r"\?([^\s?&=#]+)")
_STEP = re.compile(r"((?:[^.\[\]\\]|\\.)+)((?:\[(?:0|\w+=[^\[\]]+)?\])*)")
_LIST_STEP = re.compile(r"\[[^\]]*\]")
_CHOICE = re.compile(r"\[(?:0|(\w+)=([^\[\]]+))\]")
_WAY = re.compile(rf"{_STEP.pattern}(?:\.{_STEP.pattern})*")
_SPECIAL = re.compile(r"[.\[\]\\]")
_ESCAPED = re.compile(r"\\(.)")


_FORMS = {PATH: _PARAMETER, HEADERS: _HEADER, COOKIES: _COOKIE, QUERY: _QUERY}


def place_of(text: str) -> Way:
    """The place that a text means. Raises `ValueError`: it means none; says why."""
    if not text:
        return NOWHERE
    for room, form in _FORMS.items():
        if found := form.fullmatch(text):
            return (room, found[1])
    if text[0] in "?{" or text.endswith(":"):
        raise ValueError(f"{text!r} is no place")
    return (BODY, *way_of(text))


def is_in_body(place: Way) -> bool:
    """Whether a place is in the body."""
    return place[:1] == (BODY,)


def way_of(text: str) -> Way:
    """The way that a dotted text means: `a.b[].c`, `$`, `$[].c`.

    Raises:
        ValueError: it means none.
    """
    found = _WAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no field")
    steps: list[str] = []
    for name, lists in _STEP.findall(text):
        steps += [_ESCAPED.sub(r"\1", name)] if name != "$" else []
        steps += _LIST_STEP.findall(lists)
    return tuple(steps)


@lru_cache
def chosen_by(step: str) -> dict[str, str] | None:
    """The field and text by which a step chooses an element of a list; nothing of the first."""
    found = _CHOICE.fullmatch(step)
    if found is None:
        return None
    return {found[1]: found[2]} if found[1] else {}


def dotted(way: Way) -> str:
    """The way as one writes it."""
    text = ""
    for step in way:
        is_of_list = step == EACH or chosen_by(step) is not None
        text += step if is_of_list else "." + _SPECIAL.sub(r"\\\g<0>", step)
    return text[1:] if text.startswith(".") else f"${text}"


class MappingError(PairproofError):
    """A mapping cannot be used: what is `found` at a place, what is `allowed`, and the remedy."""

    def __init__(self, place: At, found: str, allowed: str, remedy: str) -> None:
        self.place = place
        self.found = found
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(f"{'.'.join(map(str, place))}: {found}; allowed: {allowed}; {remedy}")


# --- texts with names between braces --------------------------------------------------------------

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")

Known = Mapping[str, str]
"""What names stand for: `unique`, `now`, `basic`, `env.X`, `kept.X`, `session.X`."""

NOTHING: Known = {}


class Unknowable(ValueError):
    """A text cannot be filled: nobody knows what one of its names stands for."""


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name that is looked up as it is."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """What stays of a text, names, places of the request; `at` is where a file has it."""

    parts: tuple[str | KnownName | Way, ...]
    at: At = ()

    def filled(
        self,
        known: Known,
        at: Callable[[Way], str | None],
        spelt: Callable[[str], str] = lambda text: text,
    ) -> str:
        """The text, with `spelt` of what its names stand for. Raises `Unknowable`."""
        return "".join(part if isinstance(part, str) else spelt(_value(part, known, at))
                       for part in self.parts)  # fmt: skip

    def matched(self, text: str) -> dict[str, str]:
        """What the names in it stand for in a text that it makes; nothing in any other one."""
        parts = (re.escape(part) if isinstance(part, str) else "(.+)" for part in self.parts)
        found = re.fullmatch("".join(parts), text, re.DOTALL)
        held = [part for part in self.parts if not isinstance(part, str)]
        pairs = zip(held, found.groups(), strict=True) if found else ()
        return {part.name: value for part, value in pairs if isinstance(part, KnownName)}

    def names(self) -> Iterator[str]:
        """The names in it that are looked up as they are."""
        return (part.name for part in self.parts if isinstance(part, KnownName))


def _value(part: KnownName | Way, known: Known, at: Callable[[Way], str | None]) -> str:
    if isinstance(part, KnownName):
        name, value = part.name, known.get(part.name)
    else:
        name, value = ".".join(part[1:]), at(part)
    if value is None:
        raise Unknowable(f"nobody knows {{{name}}}")
    return value


def template_of(text: str, place_for: Callable[[str], KnownName | Way], at: At) -> Template:
    """What a text at this key means, with names in braces; braces of its own are doubled.

    Raises `ValueError`: a brace is not closed, or `place_for` does not know a name.
    """
    parts: list[str | KnownName | Way] = []
    for found in _PART.finditer(text):
        if found[0] in ("{", "}"):
            raise ValueError(
                f"{text!r} has a brace without its other one; one of its own is doubled"
            )
        is_name = found[1] is not None
        parts.append(
            place_for(found[1]) if is_name else found[0].replace("{{", "{").replace("}}", "}")
        )
    return Template(tuple(parts), at)
