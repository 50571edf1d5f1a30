"""The tree of a kind of file, for people and editors: in words, as tables of keys, as JSON Schema.

Also how data is written as TOML, since defaults are shown so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from harness.configuration.kinds import RELATION, KeyRelation, Node, relation_of, words_of

_ESCAPES = {"\x7f": "\\u007f"}
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


# --- the page ---------------------------------------------------------------------------


def described(node: Node, defaults: Any, name: str = "") -> Iterator[str]:
    """The lines of a table for each table below a node: key, what it holds, default, meaning."""
    yield f"### {f'`{name}`' if name else 'At the top'}"
    yield ""
    if node.get("description"):
        yield from (node["description"], "")
    yield from ("| key | holds | default | meaning |", "| --- | --- | --- | --- |")
    below = []
    for key, inner in node["properties"].items():
        if "properties" in inner:
            below.append((inner, defaults.get(key, {}), f"[{key}]"))
        elif "properties" in inner.get("items", {}):
            item = inner["items"] | {"description": inner.get("description", "")}
            below.append((item, defaults.get(key, [{}])[0], f"[[{key}]]"))
        else:
            default = f"`{toml(defaults[key])}`" if defaults.get(key) not in (None, {}) else "none"
            default = "required" if key in node.get("required", ()) else default
            yield f"| `{key}` | {words_of(inner)} | {default} | {' '.join(_meaning(inner))} |"
    yield ""
    for inner, values, header in below:
        yield from described(inner, values, header)


def _meaning(node: Node) -> Iterator[str]:
    relation = relation_of(node)
    if "description" in node:
        yield node["description"]
    if relation.needs:
        yield f"Needs {' or '.join(f'`{needed}`' for needed in relation.needs)}."
    if relation.not_with:
        yield f"Not together with `{relation.not_with}`."
    for other, values in relation.only_for.items():
        yield f"Only with `{other}` {', '.join(values)}."


# --- the JSON Schema --------------------------------------------------------------------


def published(node: Node) -> Node:
    """A node as JSON Schema says it: how keys go together is `dependentSchemas` there."""
    told = {name: part for name, part in node.items() if name != RELATION}
    for name in ("items", "additionalProperties"):
        if isinstance(told.get(name), dict):
            told[name] = published(told[name])
    if "properties" in node:
        told["properties"] = {name: published(part) for name, part in node["properties"].items()}
        related = {
            name: {"allOf": rules}
            for name, part in node["properties"].items()
            if (rules := list(_rules(relation_of(part))))
        }
        told |= {"dependentSchemas": related} if related else {}
    return told


def _rules(relation: KeyRelation) -> Iterator[Node]:
    if relation.needs:
        yield {"anyOf": [{"required": [needed]} for needed in relation.needs]}
    if relation.not_with:
        yield {"not": {"required": [relation.not_with]}}
    for other, values in relation.only_for.items():
        yield {"properties": {other: {"enum": list(values)}}}


# --- TOML -------------------------------------------------------------------------------


def toml(value: object) -> str:
    """A value as TOML, on one line but for a list of several items."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            quoted = json.dumps(value, ensure_ascii=False)
            return "".join(_ESCAPES.get(letter, letter) for letter in quoted)
        case Decimal():
            return f"{value.normalize():f}"
        case Mapping():
            inside = ", ".join(toml_lines_of(value))
            return f"{{ {inside} }}" if inside else "{}"
        case list() if len(value) > 1:
            return "".join(["[\n", *(f"    {toml(item)},\n" for item in value), "]"])
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            return str(value)


def toml_lines_of(table: Mapping[str, object]) -> Iterator[str]:
    """The assignments of a table."""
    for name, value in table.items():
        yield f"{name if _BARE.fullmatch(name) else toml(name)} = {toml(value)}"


def toml_document(data: Mapping[str, Any]) -> str:
    """Data as a file: first what is no table, then each table with its header.

    A list is one of tables where all its items are, and it has any.
    """
    tables = {name: part for name, part in data.items() if _is_headed(part)}
    lines = [*toml_lines_of({n: part for n, part in data.items() if n not in tables})]
    for name, part in tables.items():
        header = f"[[{name}]]" if isinstance(part, list) else f"[{name}]"
        for each in part if isinstance(part, list) else [part]:
            lines += ["", header, *toml_lines_of(each)]
    return "\n".join(lines) + "\n"


def _is_headed(part: object) -> bool:
    is_list = isinstance(part, list) and bool(part) and all(isinstance(p, dict) for p in part)
    return is_list or isinstance(part, dict)
