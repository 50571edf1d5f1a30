"""Reads what a target file says about the target's wire, and writes a mapping as such tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from harness.configuration.toml_writing import assignments
from harness.files import read_toml
from harness.targets.reading import TARGET_FILE, TargetFileError, TargetFileReader
from harness.targets.target_keys import SCHEMA, TARGETS, WIRES, OperationTable, WireTables
from harness.wire.local_ui import V1Error
from harness.wire.mapping import PLAIN, MappingError, OperationMap, WireMap
from harness.wire.routes import ROUTES


def read_wire(reading: TargetFileReader, said: WireTables) -> WireMap:
    """The mapping that the tables of a target file make."""
    operation_of = {route.operation.__name__: route.operation for route in ROUTES.values()}
    errors = {name: getattr(said.errors, name) for name in V1Error.model_fields}
    try:
        return WireMap(
            operations={operation_of[n]: _operation(table) for n, table in said.paths.items()},
            headers=said.headers,
            fields=said.fields,
            codes=said.codes,
            code_status=said.code_status,
            errors={name: place for name, place in errors.items() if place is not None},
            errors_in_success=said.errors.in_success,
            refused=said.errors.refused,
            states=said.states,
            constants=said.constants,
        )
    except MappingError as error:
        reading.flaw(error.place, error.found, f"{error.remedy}; it takes {error.allowed}")
        return PLAIN


def _operation(said: OperationTable) -> OperationMap:
    return OperationMap(**{each.name: getattr(said, each.name) for each in fields(OperationMap)})


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
    wire = PLAIN if said is None else read_wire(reading, said)
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
    own = {
        "method": change.method,
        "path": change.path,
        "status": change.status,
        "refused": change.refused,
    }
    yield table, {name: value for name, value in own.items() if value}
    yield f"{table}.request", change.request
    yield f"{table}.response", change.response
    yield f"{table}.states", change.states
    yield f"{table}.constants", change.constants
    yield f"{table}.answer_constants", change.answer_constants
