r"""Where a value stands in a request or an answer, as a mapping writes it.

| text | place |
| --- | --- |
| `spec.profiles[].uid` | a field of the body; `[]` is each element of a list |
| `$` | the whole body |
| `?state` | a query parameter |
| `{uid}` | a parameter of the path |
| `X-Tenant:` | a header |
| `Cookie: sid`, `Set-Cookie: sid` | a cookie of that name |
| (empty) | nowhere: the other side has no such thing |

A dot that belongs to a name is written `\.`. On the target's side a conversion may follow:
`created as seconds`.

PairproofError
+-- MappingError   a mapping contradicts itself, or names what is not there
"""

from __future__ import annotations

import re

from harness.domain.errors import PairproofError

EACH = "[]"
"""The step of a way that stands for each element of a list."""

PATH, QUERY, HEADERS, COOKIES, BODY = "path", "query", "headers", "cookies", "body"
"""The rooms of a message."""

Way = tuple[str, ...]
"""The steps to a field of a body: names, and `EACH`; the whole body has none. The way to a place
of a message begins with its room, and one that is nowhere has no steps.
"""

NOWHERE: Way = ()

At = tuple[str | int, ...]
"""The way to a key of a target file: `("paths", "LogIn", "calls", 0, "request")`."""

_PARAMETER = re.compile(r"\{(\w+)\}")
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):")
_COOKIE = re.compile(r"(?:Set-)?Cookie: *([^\s;,=]+)", re.IGNORECASE)
_QUERY = re.compile(r"\?([^\s?&=#]+)")
_STEP = re.compile(r"((?:[^.\[\]\\]|\\.)+)((?:\[\])*)")
_WAY = re.compile(rf"{_STEP.pattern}(?:\.{_STEP.pattern})*")
_SPECIAL = re.compile(r"[.\[\]\\]")
_ESCAPED = re.compile(r"\\(.)")


_FORMS = {PATH: _PARAMETER, HEADERS: _HEADER, COOKIES: _COOKIE, QUERY: _QUERY}


def place_of(text: str) -> Way:
    """The place that a text means.

    Raises:
        ValueError: it means none; says why.
    """
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
        steps += [EACH] * (len(lists) // len(EACH))
    return tuple(steps)


def dotted(way: Way) -> str:
    """The way as one writes it."""
    text = ""
    for step in way:
        text += step if step == EACH else "." + _SPECIAL.sub(r"\\\g<0>", step)
    return text[1:] if text.startswith(".") else f"${text}"


class MappingError(PairproofError):
    """A mapping cannot be used.

    Attributes:
        place: the way to the key at fault.
        found: what stands there.
        allowed: what may stand there.
        remedy: what to do.
    """

    def __init__(self, place: At, found: str, allowed: str, remedy: str) -> None:
        self.place = place
        self.found = found
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(f"{'.'.join(map(str, place))}: {found}; allowed: {allowed}; {remedy}")
