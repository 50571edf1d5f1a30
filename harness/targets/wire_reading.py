"""Reads what a target file says about the target's wire, and writes a mapping as such tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.configuration.toml_writing import assignments
from harness.files import read_toml
from harness.targets.reading import TARGET_FILE, TargetFileReader, TargetProblem
from harness.targets.target_keys import FILE, SCHEMA, WIRE_KEYS
from harness.wire.mapping import MappingError, OperationMap, WireMap
from harness.wire.mapping.plan import WordTable
from harness.wire.routes import ROUTES

_Table = Mapping[str, Any]


def read_wire(reading: TargetFileReader, data: _Table) -> WireMap:
    """The mapping that the tables of a target file make, whose structure is right.

    Raises:
        TargetFileError: it contradicts itself, or names what is not there.
    """
    operation_of = {route.operation.__name__: route.operation for route in ROUTES.values()}
    errors = dict(data.get("errors", {}))
    refused = errors.pop("refused", [])
    in_success = errors.pop("in_success", False)
    try:
        return WireMap(
            operations={
                operation_of[name]: _operation(table)
                for name, table in data.get("paths", {}).items()
            },
            headers=data.get("headers", {}),
            fields=data.get("fields", {}),
            codes=data.get("codes", {}),
            code_status=data.get("code_status", {}),
            errors=errors,
            errors_in_success=in_success,
            refused=tuple(refused),
            states=_words(data.get("states", {})),
            constants=data.get("constants", {}),
        )
    except MappingError as error:
        problem = TargetProblem(error.found, error.allowed, error.remedy)
        reading.refuse(error.place, problem)


def _operation(table: _Table) -> OperationMap:
    return OperationMap(
        method=table.get("method", ""),
        path=table.get("path", ""),
        status=tuple(table.get("status", ())),
        refused=tuple(table.get("refused", ())),
        request=table.get("request", {}),
        response=table.get("response", {}),
        states=_words(table.get("states", {})),
        constants=table.get("constants", {}),
        answer_constants=table.get("answer_constants", {}),
    )


def _words(table: _Table) -> WordTable:
    return {
        ours: (theirs,) if isinstance(theirs, str) else tuple(theirs)
        for ours, theirs in table.items()
    }


def load_wire(path: Path) -> WireMap:
    """The mapping of a file with just its tables, or of a target file.

    Raises:
        TargetFileError: the file cannot be read or is wrong; says where, and what to do.
    """
    text, data = read_toml(path, TARGET_FILE)
    reading = TargetFileReader(text, str(path), path.parent, {})
    is_target = data.get("schema") == SCHEMA
    reading.check_structure(data, FILE if is_target else WIRE_KEYS)
    return read_wire(reading, data)


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
