"""Waiver files: failures that somebody accepts for a while (TOML, `pairproof/waivers/1`).

docs/trust.md explains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, ClassVar, Final

import msgspec
from pydantic import ConfigDict

from harness.catalogue.requirements import REQUIREMENTS
from harness.configuration.errors import ConfigurationError, Flaw, Misspelt, literal, nearest
from harness.configuration.kinds import AtLeastOne, Node, OneOf, Spelling, Text
from harness.configuration.model import FileModel, config, schema_text
from harness.files import FileKind, read_text
from harness.history.lines import DISPUTED, WaiverLine


class WaiverFileError(ConfigurationError):
    """A waiver file cannot be used."""


class _RequirementId(Spelling):
    """The id of a requirement that there is."""

    words = "an id of the catalogue"
    form: ClassVar[Node] = {"type": "string", "pattern": r"\S"}

    def read(self, value: object) -> object:
        known = [requirement.id for requirement in REQUIREMENTS]
        if value not in known:
            otherwise = "look it up: pairproof requirements"
            near = nearest(str(value).upper(), known, otherwise)
            raise Misspelt(f"there is no requirement {literal(value)}", near)
        return value


class _Day(Spelling):
    """A day that there is. TOML has dates of its own; a bare one is as good as one in quotes."""

    words = "a date such as 2027-03-31"
    form: ClassVar[Node] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}

    def read(self, value: object) -> object:
        bare = isinstance(value, date) and not isinstance(value, datetime)
        text = value.isoformat() if isinstance(value, date) and bare else value
        if not isinstance(text, str) or not re.fullmatch(self.form["pattern"], text):
            raise Misspelt(f"{literal(value)} is no day", f"write {self.words}")
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise Misspelt(f"{text} is no day", "correct the date") from error
        return text


@dataclass(frozen=True, slots=True)
class _Waiver:
    """One failure that is accepted."""

    requirement: Annotated[str, _RequirementId()]
    """The id of the requirement whose failure is accepted."""
    reason: Annotated[str, Text()]
    """Why it is accepted."""
    owner: Annotated[str, Text()]
    """Who answers for it."""
    expires: Annotated[str, _Day()]
    """The last day on which it holds."""
    scenario: Annotated[str, Text()] = ""
    """The id of the one scenario in which it is accepted."""
    kind: Annotated[str, OneOf(DISPUTED)] = ""
    """`disputed` where its owner reads the procedure otherwise; without, it is to be mended."""

    def line(self) -> WaiverLine:
        """As evidence holds it."""
        reason, owner = (" ".join(text.split()) for text in (self.reason, self.owner))
        kind = self.kind or msgspec.UNSET
        return WaiverLine(self.requirement, reason, owner, self.expires, self.scenario, kind)


@dataclass(frozen=True, slots=True)
class _WaiverFile:
    """What a waiver file holds."""

    __pydantic_config__: ClassVar[ConfigDict] = config()

    waiver: Annotated[tuple[_Waiver, ...], AtLeastOne()] = ()
    """The waivers."""


_FILE: Final = FileKind("name a waiver file", error=WaiverFileError.whole)
_WAIVERS: Final = FileModel(
    _WaiverFile, WaiverFileError, "pairproof/waivers/1", "a waiver file", _FILE
)


def waiver_schema_text() -> str:
    """The published JSON Schema (2020-12) of a waiver file, as its file holds it."""
    return schema_text(_WAIVERS.json_schema("A waiver file of pairproof, version 1"))


def load_waivers(path: Path) -> tuple[WaiverLine, ...]:
    """The waivers of a file.

    Raises:
        WaiverFileError: it cannot be read, or says what it may not say.
    """
    return read_waivers(read_text(path, _FILE), str(path))


def read_waivers(text: str, file: str) -> tuple[WaiverLine, ...]:
    """The waivers of a text; `file` is what messages call it.

    Raises:
        WaiverFileError: it says what it may not say.
    """
    read, flaws = _WAIVERS.read(_WAIVERS.parse(text, file))
    waivers = [waiver.line() for waiver in read.waiver] if read else []
    if found := [*flaws, *_repeated(waivers)]:
        raise WaiverFileError.of(file, text, found)
    return tuple(waivers)


def _repeated(waivers: Iterable[WaiverLine]) -> Iterator[Flaw]:
    seen: set[tuple[str, str]] = set()
    for number, waiver in enumerate(waivers):
        place = (waiver.requirement, waiver.scenario)
        if place in seen:
            where = f" in {waiver.scenario}" if waiver.scenario else ""
            told = f"there is a waiver for {waiver.requirement}{where} already"
            yield Flaw(("waiver", number, "requirement"), told, "remove one of the two")
        seen.add(place)
