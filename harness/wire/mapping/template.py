"""Texts with names between braces, which stand for what is known once a call is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.wire.mapping.json_path import At, Way

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
    """A text in parts: what stays, names, and places of the published request.

    Attributes:
        at: where it stands in a target file.
    """

    parts: tuple[str | KnownName | Way, ...]
    at: At = ()

    def filled(
        self,
        known: Known,
        at: Callable[[Way], str | None],
        spelt: Callable[[str], str] = lambda text: text,
    ) -> str:
        """The text, with `spelt` of what its names stand for.

        Raises:
            Unknowable: nobody knows one of them.
        """
        return "".join(part if isinstance(part, str) else spelt(_value(part, known, at))
                       for part in self.parts)  # fmt: skip

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
    """What a text with names between braces means, which stands at this key; a brace of its own is
    written twice.

    Raises:
        ValueError: a brace is not closed, or `place_for` does not know a name.
    """
    parts: list[str | KnownName | Way] = []
    for found in _PART.finditer(text):
        if found[0] in ("{", "}"):
            raise ValueError(f"{text!r} has a brace without its other one")
        is_name = found[1] is not None
        parts.append(
            place_for(found[1]) if is_name else found[0].replace("{{", "{").replace("}}", "}")
        )
    return Template(tuple(parts), at)
