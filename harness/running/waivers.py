"""Waiver files: failures that somebody accepts for a while (TOML, `pairproof/waivers/1`).

docs/trust.md explains them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NoReturn

from harness.catalogue.requirements import REQUIREMENTS
from harness.files import FileKind, parse_toml, read_text
from harness.history.lines import WaiverLine
from harness.targets import toml_lines
from harness.targets.key_kinds import Table, TargetKey, TargetKeyKind, check_structure, named
from harness.targets.reading import FileError, TargetProblem
from harness.targets.target_schema import json_schema

SCHEMA: Final = "pairproof/waivers/1"
_DAY: Final = r"^\d{4}-\d{2}-\d{2}$"
_A_DAY: Final = "a date such as 2027-03-31, the last day on which it holds"

_WAIVER: Final[Mapping[str, TargetKey]] = {
    "requirement": named("the id of the requirement whose failure is accepted"),
    "scenario": named("the id of the one scenario in which it is accepted", required=False),
    "reason": named("why it is accepted"),
    "owner": named("who answers for it"),
    "expires": TargetKey(
        "the last day on which it holds", required=True, allowed=_A_DAY, pattern=_DAY
    ),
}

KEYS: Final[Mapping[str, TargetKey]] = {
    "schema": TargetKey(
        "the version of the file", required=True, allowed=f'"{SCHEMA}"', pattern=f"^{SCHEMA}$"
    ),
    "waiver": TargetKey("the waivers", TargetKeyKind.TABLES, table=_WAIVER),
}
"""Every key of a waiver file."""


class WaiverFileError(FileError):
    """A waiver file cannot be used."""


def _unusable(file: str, line: int, found: str, remedy: str) -> WaiverFileError:
    return WaiverFileError(file, line, "", TargetProblem(found, "a text in TOML 1.0", remedy))


_FILE: Final = FileKind("name a waiver file", error=_unusable)


def schema_text() -> str:
    """The published JSON Schema (2020-12) of a waiver file, as its file holds it."""
    return f"{json.dumps(json_schema(KEYS, 'A waiver file of pairproof, version 1'), indent=2)}\n"


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
    reading = _Reading(text, file)
    data = reading.data()
    reading.check_top(data)
    check_structure(data, reading.refuse, KEYS)
    found: dict[tuple[str, str], WaiverLine] = {}
    for number, table in enumerate(data.get("waiver", [])):
        waiver = reading.waiver(table, number)
        place = (waiver.requirement, waiver.scenario)
        if place in found:
            where = f" in {waiver.scenario}" if waiver.scenario else ""
            told = f"there is a waiver for {waiver.requirement}{where} already"
            problem = TargetProblem(told, "one for each", "remove one of the two")
            reading.refuse(("waiver", number, "requirement"), problem)
        found[place] = waiver
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Reading:
    """A waiver file that is being read."""

    text: str
    file: str

    def refuse(self, path: toml_lines.Path, problem: TargetProblem) -> NoReturn:
        """Give up because of what stands at a path."""
        line = toml_lines.line_of(self.text, path)
        raise WaiverFileError(self.file, line, toml_lines.dotted(path), problem)

    def data(self) -> Table:
        """The text as data, with each date as its text."""
        data = parse_toml(self.text, self.file, _FILE)
        return {name: _with_texts(value) for name, value in data.items()}

    def check_top(self, data: Table) -> None:
        """Refuse a key at the top that is none of a waiver file."""
        for name in data:
            if name not in KEYS:
                near = get_close_matches(name, KEYS, n=1)
                remedy = f"did you mean {near[0]}?" if near else "remove it"
                self.refuse(
                    (name,), TargetProblem("a waiver file has no such key", ", ".join(KEYS), remedy)
                )

    def waiver(self, table: Table, number: int) -> WaiverLine:
        """One waiver: of a requirement that there is, until a day that there is."""
        known = [requirement.id for requirement in REQUIREMENTS]
        id_ = table["requirement"]
        if id_ not in known:
            near = get_close_matches(str(id_).upper(), known, n=1)
            remedy = f"did you mean {near[0]}?" if near else "look it up: pairproof requirements"
            problem = TargetProblem(
                f"there is no requirement {id_!r}", "an id of the catalogue", remedy
            )
            self.refuse(("waiver", number, "requirement"), problem)
        try:
            date.fromisoformat(table["expires"])
        except ValueError:
            problem = TargetProblem(f"{table['expires']} is no day", _A_DAY, "correct the date")
            self.refuse(("waiver", number, "expires"), problem)
        return WaiverLine(
            requirement=id_,
            reason=" ".join(table["reason"].split()),
            owner=" ".join(table["owner"].split()),
            expires=table["expires"],
            scenario=table.get("scenario", ""),
        )


def _with_texts(value: object) -> object:
    """TOML has dates of its own; a bare one is as good as one in quotes."""
    match value:
        case datetime():
            return value
        case date():
            return value.isoformat()
        case list():
            return [_with_texts(item) for item in value]
        case dict():
            return {name: _with_texts(item) for name, item in value.items()}
        case _:
            return value
