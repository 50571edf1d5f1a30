"""A mapping as the tables of a target file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from harness.wire.http import Json
from harness.wire.mapping import OperationMap, WireMap

_Entries = Mapping[str, object]


def wire_text(wire: WireMap) -> str:
    """The tables (TOML) that `read_wire` makes this mapping of; empty for the published wire."""
    tables = dict(_tables(wire))
    return "\n".join(_lines(tables))


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


def _lines(tables: Mapping[str, _Entries]) -> Iterator[str]:
    for table, entries in tables.items():
        if entries:
            yield from ("", f"[{table}]")
            yield from (f"{_text(name)} = {_value(value)}" for name, value in entries.items())
    yield ""


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: Json) -> str:
    """JSON's texts are TOML's too, as long as no DEL is in them."""
    return json.dumps(text).replace("\x7f", "\\u007f")
