"""Reads what a target file says about the target's wire, and writes a mapping as such tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from harness.configuration.toml_lines import assignments
from harness.domain.operations import Operation
from harness.files import read_toml
from harness.targets.reading import TARGET_FILE, TargetFileError, TargetFileReader
from harness.targets.target_keys import SCHEMA, TARGETS, WIRES
from harness.wire.losses import losses
from harness.wire.mapping import PLAIN, MappingError, WireMap
from harness.wire.mapping.keys import WireKeys
from harness.wire.routes import ROUTES

_Kinds = Collection[type[Operation]]


def read_wire(
    reading: TargetFileReader, said: WireKeys, asked: _Kinds = ROUTES, served: _Kinds = ROUTES
) -> WireMap:
    """The mapping that the tables of a target file make, with the variables that it names. It has
    to do for the operations that are asked, and for those that the harness serves.
    """
    wire = _wire(reading, said, asked, served)
    variables = wire.tables.variables.items()
    values = {name: reading.variable(name, at) for name, at in variables}
    return replace(wire, environment=values) if values else wire


def _wire(reading: TargetFileReader, said: WireKeys, asked: _Kinds, served: _Kinds) -> WireMap:
    wrong: Iterable[MappingError]
    try:
        wire = WireMap(**{each.name: getattr(said, each.name) for each in fields(WireKeys)})
        wrong = losses(wire, asked, served)
    except MappingError as error:
        wire, wrong = PLAIN, [error]
    for each in wrong:
        reading.flaw(each.place, each.found, f"{each.remedy}; it takes {each.allowed}")
    return wire


def load_wire(path: Path) -> WireMap:
    """The mapping of a file with just its tables, or of a target file.

    Raises:
        TargetFileError: the file cannot be read or is wrong; says where, and what to do.
    """
    text, data = read_toml(path, TARGET_FILE)
    is_target = data.get("schema") == SCHEMA
    if is_target:
        del data["schema"]
    said, flaws = (TARGETS if is_target else WIRES).judge(data)
    reading = TargetFileReader(path.parent, {}, flaws=flaws)
    wire = PLAIN if said is None else _wire(reading, said, ROUTES, ROUTES)
    if flaws:
        raise TargetFileError.of(str(path), text, flaws)
    return wire


def wire_text(wire: WireMap) -> str:
    """The tables (TOML) that `read_wire` makes this mapping of; empty for the published wire."""
    return "\n".join([*_tables(WIRES.write(wire), ""), ""])


def _tables(data: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, part in data.items():
        if isinstance(part, Mapping):
            entries = {n: value for n, value in part.items() if not isinstance(value, Mapping)}
            yield from ("", f"[{above}{name}]", *assignments(entries))
            yield from _tables(part, f"{above}{name}.")
