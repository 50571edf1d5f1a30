"""Reads what a target file says about the target's wire, and writes a mapping as such tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from harness.configuration.toml_writing import assignments
from harness.files import read_toml
from harness.targets.reading import TARGET_FILE, TargetFileError, TargetFileReader
from harness.targets.target_keys import (
    SCHEMA,
    TARGETS,
    WIRES,
    CallKeys,
    ErrorPlaces,
    OperationTable,
    WireTables,
)
from harness.wire.mapping import PLAIN, CallMap, MappingError, OperationMap, RepeatRule, WireMap
from harness.wire.routes import ROUTES


def read_wire(reading: TargetFileReader, said: WireTables) -> WireMap:
    """The mapping that the tables of a target file make, with the variables that it names."""
    wire = _wire(reading, said)
    variables = wire.tables.variables.items()
    values = {name: reading.variable(name, at) for name, at in variables}
    return replace(wire, environment=values) if values else wire


def _wire(reading: TargetFileReader, said: WireTables) -> WireMap:
    operation_of = {route.operation.__name__: route.operation for route in ROUTES.values()}
    try:
        return WireMap(
            operations={operation_of[n]: _operation(table) for n, table in said.paths.items()},
            headers=said.headers,
            fields=said.fields,
            codes=said.codes,
            code_status=said.code_status,
            errors=_errors(said.errors),
            errors_in_success=said.errors.in_success,
            refused=said.errors.refused,
            states=said.states,
            constants=said.constants,
        )
    except MappingError as error:
        reading.flaw(error.place, error.found, f"{error.remedy}; it takes {error.allowed}")
        return PLAIN


def _operation(said: OperationTable) -> OperationMap:
    calls = tuple(CallMap(**_call(call), name=call.name) for call in said.calls)
    return OperationMap(**_call(said), answer_constants=said.answer_constants, calls=calls)


def _call(said: CallKeys) -> dict[str, Any]:
    own = {each.name: getattr(said, each.name) for each in fields(CallKeys)}
    repeat = said.repeat and RepeatRule(
        **{n.name: getattr(said.repeat, n.name) for n in fields(RepeatRule)}
    )
    return own | {"errors": _errors(said.errors), "repeat": repeat}


def _errors(said: ErrorPlaces) -> dict[str, str]:
    places = {each.name: getattr(said, each.name) for each in fields(ErrorPlaces)}
    return {name: place for name, place in places.items() if place is not None}


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
    wire = PLAIN if said is None else _wire(reading, said)
    if flaws:
        raise TargetFileError.of(str(path), text, flaws)
    return wire


_Entries = Mapping[str, object]


def wire_text(wire: WireMap) -> str:
    """The tables (TOML) that `read_wire` makes this mapping of; empty for the published wire."""
    lines: list[str] = []
    for table, entries in _tables(wire):
        if entries:
            lines += ["", f"[{table}]", *assignments(entries)]
    return "\n".join([*lines, ""])


def _tables(wire: WireMap) -> Iterator[tuple[str, _Entries]]:
    yield "headers", wire.headers
    yield "fields", wire.fields
    yield "states", wire.states
    own = {"in_success": wire.errors_in_success, "refused": wire.refused}
    yield "errors", {**wire.errors, **{name: value for name, value in own.items() if value}}
    yield "codes", wire.codes
    yield "code_status", wire.code_status
    yield "constants", wire.constants
    for kind, change in wire.operations.items():
        yield from _of_operation(f"paths.{kind.__name__}", change)


def _of_operation(table: str, change: OperationMap) -> Iterator[tuple[str, _Entries]]:
    said = _said(change)
    apart = {name: said.pop(name) for name in list(said) if isinstance(said[name], Mapping)}
    yield table, {name: value for name, value in said.items() if name != "calls"}
    for name, entries in apart.items():
        yield f"{table}.{name}", entries
    for call in change.calls:
        yield f"[{table}.calls]", _said(call)


def _said(change: Any) -> dict[str, Any]:
    """What a table says of a call or a repetition: all that is not left as it is."""
    plain = type(change)()
    said = {each.name: getattr(change, each.name) for each in fields(change)}
    written = {name: value for name, value in said.items() if value != getattr(plain, name)}
    if isinstance(repeat := written.get("repeat"), RepeatRule):
        written["repeat"] = _said(repeat)
    return {name.rstrip("_"): value for name, value in written.items()}
