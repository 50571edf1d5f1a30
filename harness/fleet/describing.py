"""The keys of a scenario file as a JSON Schema and as the tables of `docs/scenarios.md`.

`harness/fleet/schemas/scenario-1.schema.json` is `schema_text()`, and the tables of the page are
`to_markdown()`; a test says when one of them is stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.fleet.keys import FAULT, SCHEMA, TABLES, TOP, ScenarioKey, Table, name_of
from harness.fleet.kinds import Drawn
from harness.fleet.scenario import FaultKind
from harness.history.operation import Json


def schema() -> dict[str, Json]:
    """The published JSON Schema (2020-12) of a scenario file, as read from TOML.

    It knows keys, types, bounds of numbers, and which keys go together; the loader is stricter.
    """
    tables: dict[str, Json] = {table.name: _object(table) for table in TABLES}
    faults: Json = {
        "description": FAULT.about,
        "type": "array",
        "items": {**_object(FAULT), "required": ["kind"], **_relations(FAULT), **_by_kind()},
    }
    head: dict[str, Json] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of pairproof, version 1",
        "type": "object",
        "properties": {
            "schema": {"description": "the version of the file", "const": SCHEMA},
            **_properties(TOP),
            **tables,
            "faults": faults,
        },
        "additionalProperties": False,
        "required": ["schema", *(key.name for key in TOP.keys if key.field not in TOP.defaults)],
    }
    # In a swarm, what a key needs may be among what is drawn.
    related: dict[str, Json] = {t.name: _relations(t) for t in TABLES if _relations(t)}
    is_swarm: Json = {"properties": {"swarm": {"const": True}}, "required": ["swarm"]}
    return head | {"if": is_swarm, "then": True, "else": {"properties": related}}


def schema_text() -> str:
    """The schema as its file holds it."""
    return f"{json.dumps(schema(), indent=2)}\n"


def _object(table: Table) -> dict[str, Json]:
    return {
        "description": table.about,
        "type": "object",
        "properties": _properties(table),
        "additionalProperties": False,
    }


def _properties(table: Table) -> dict[str, Json]:
    return {key.name: {"description": key.meaning, **key.kind.schema()} for key in table.keys}


def _relations(table: Table) -> dict[str, Json]:
    """Which keys need others, and which contradict them."""
    needs: dict[str, Json] = {}
    for key in table.keys:
        if key.needs:
            anyone: list[Json] = [{"required": [name_of(needed)]} for needed in key.needs]
            needs[key.name] = {"anyOf": anyone}
        if key.not_with:
            needs[key.name] = {"not": {"required": [name_of(key.not_with)]}}
    return {"dependentSchemas": needs} if needs else {}


def _by_kind() -> dict[str, Json]:
    """Which keys a fault of each kind does not have."""
    cases: list[Json] = []
    for kind in FaultKind:
        foreign: dict[str, Json] = {
            key.name: False for key in FAULT.keys if key.only_for and kind not in key.only_for
        }
        is_kind: Json = {"properties": {"kind": {"const": kind.value}}, "required": ["kind"]}
        cases.append({"if": is_kind, "then": {"properties": foreign}})
    return {"allOf": cases}


# --- the page ---------------------------------------------------------------------------


def to_markdown() -> str:
    """A table for each table of the file: key, what it holds, its default, what it means."""
    sections = [_section("At the top", TOP)]
    sections += [_section(f"`[{table.name}]`", table) for table in TABLES]
    sections.append(_section("`[[faults]]`", FAULT))
    return "\n".join(sections)


def _section(title: str, table: Table) -> str:
    head = ["| key | holds | default | meaning |", "| --- | --- | --- | --- |"]
    rows = [
        f"| `{key.name}` | {key.kind.words} | {_default(key, table)} | {'; '.join(_meaning(key))} |"
        for key in table.keys
    ]
    return "\n".join([f"### {title}", "", table.about, "", *head, *rows, ""])


def _default(key: ScenarioKey, table: Table) -> str:
    if key.field not in table.defaults:
        return "required"
    value = table.defaults[key.field]
    has_word = isinstance(key.kind, Drawn) and key.kind.none
    if value is None and not has_word:
        return "none"
    text = key.kind.text(value)
    return "none" if text == "{}" else f"`{text}`"


def _meaning(key: ScenarioKey) -> Iterator[str]:
    yield key.meaning
    if key.needs:
        yield f"needs {' or '.join(f'`{name_of(needed)}`' for needed in key.needs)}"
    if key.not_with:
        yield f"not together with `{name_of(key.not_with)}`"
    if key.only_for:
        yield f"only for {', '.join(key.only_for)}"
