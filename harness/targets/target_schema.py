"""The keys of a target file, as a JSON Schema for editors and as a table for people.

`harness/targets/schemas/target-1.schema.json` is `schema_text()`, and the table in
`docs/target-file.md` is `to_markdown()`; a test says when one of them is stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from harness.history.operation import Json
from harness.targets.key_kinds import TargetKey, TargetKeyKind
from harness.targets.target_keys import ARRANGING_KEYS, FILE, OPERATION_KEYS, OPERATION_S_MAX


def json_schema(
    keys: Mapping[str, TargetKey] = FILE, title: str = "A target file of pairproof, version 1"
) -> dict[str, Json]:
    """The published JSON Schema (2020-12) of a file with these keys, as read from TOML."""
    head: dict[str, Json] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
    }
    return head | _object(keys)


def schema_text() -> str:
    """The schema as its file holds it."""
    return f"{json.dumps(json_schema(), indent=2)}\n"


def _object(keys: Mapping[str, TargetKey]) -> dict[str, Json]:
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {
            name: {"description": key.meaning, **_typed(key)} for name, key in keys.items()
        },
        "additionalProperties": False,
    }
    required: list[Json] = [n for n, key in keys.items() if key.required and not key.instead]
    pairs: list[Json] = [_one_of(n, key) for n, key in keys.items() if _leads(n, key)]
    return (
        schema | ({"required": required} if required else {}) | ({"allOf": pairs} if pairs else {})
    )


def _leads(name: str, key: TargetKey) -> bool:
    return bool(key.instead) and (key.required or name < key.instead)


def _one_of(name: str, key: TargetKey) -> Json:
    """Of two keys, one stands there; or at most one."""
    if not key.required:
        return {"not": {"required": [name, key.instead]}}
    return {"oneOf": [{"required": [name]}, {"required": [key.instead]}]}


def _typed(key: TargetKey) -> dict[str, Json]:
    match key.kind:
        case TargetKeyKind.TEXT:
            pattern: dict[str, Json] = {"pattern": key.pattern} if key.pattern else {}
            return {"type": "string", **pattern}
        case TargetKeyKind.FLAG:
            return {"type": "boolean"}
        case TargetKeyKind.COUNT:
            return {"type": "integer", "minimum": 0, "maximum": int(key.maximum)}
        case TargetKeyKind.SECONDS | TargetKeyKind.NUMBER:
            return {"type": "number", "exclusiveMinimum": 0, "maximum": key.maximum}
        case TargetKeyKind.TEXTS:
            items: dict[str, Json] = {"type": "string", "pattern": key.pattern}
            return {"type": "array", "items": items, "minItems": 1}
        case TargetKeyKind.NAMES:
            names: list[Json] = list(key.names)
            least: dict[str, Json] = {"minItems": 1} if key.required else {}
            return {"type": "array", "items": {"enum": names}, "uniqueItems": True, **least}
        case TargetKeyKind.WORDS:
            text: dict[str, Json] = {"type": "string", "minLength": 1}
            return {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
        case TargetKeyKind.STATUS:
            return {"type": "integer", "minimum": 200, "maximum": 599}
        case TargetKeyKind.STATUSES:
            status = _typed(TargetKey("", TargetKeyKind.STATUS))
            return {"type": "array", "items": status, "minItems": 1}
        case TargetKeyKind.SCALAR:
            return {"type": ["string", "number", "boolean"]}
        case TargetKeyKind.MAP:
            return {"type": "object", "additionalProperties": _typed(TargetKey("", key.value))}
        case TargetKeyKind.TEXT_TABLE:
            value: dict[str, Json] = {"type": "string", "pattern": key.pattern}
            return {"type": "object", "additionalProperties": value, "minProperties": 1}
        case TargetKeyKind.TABLE:
            return _object(key.table)
    return {"type": "array", "items": _object(key.table), "minItems": 1}


def to_markdown() -> str:
    """The table of all keys, for `docs/target-file.md`."""
    rows = [f"| {' | '.join(row)} |" for row in _rows(FILE, "")]
    return "\n".join(["| key | holds | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _rows(keys: Mapping[str, TargetKey], above: str) -> Iterator[tuple[str, str, str]]:
    for name, key in keys.items():
        path = f"{above}{name}"
        holds = f"{key.describe()}{'; required' if key.required else ''}"
        meaning = f"{key.meaning} (default: {key.default})" if key.default else key.meaning
        yield f"`{path}`", holds, meaning
        if name == "paths":  # an operation is like another, and `docs/wire.md` lists them
            yield from _rows(OPERATION_KEYS, f"{path}.<operation>.")
            continue
        if path == "arrange.commands":  # one entry is like another
            yield from _rows(ARRANGING_KEYS, f"{path}.<arrangement or *>.")
            continue
        if path == "limits.operations":
            one = TargetKey("its limit", TargetKeyKind.SECONDS, maximum=OPERATION_S_MAX)
            yield from _rows({"<operation>": one}, f"{path}.")
            continue
        yield from _rows(key.table, f"{path}{'[]' if key.kind is TargetKeyKind.TABLES else ''}.")
