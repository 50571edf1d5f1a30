"""The tree of a kind of file, for people and editors: as tables of keys, as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from harness.configuration.kinds import RELATION, KeyRelation, Node, relation_of, words_of
from harness.configuration.toml_lines import toml

# --- the page ---------------------------------------------------------------------------


def described(node: Node, defaults: Any, name: str = "") -> Iterator[str]:
    """The lines of a table for each table below a node: key, what it holds, default, meaning."""
    yield f"### {f'`{name}`' if name else 'At the top'}"
    yield ""
    if node.get("description"):
        yield from (node["description"], "")
    rows, below = [], []
    at = f"{name.strip('[]')}." if name else ""
    for key, inner in node["properties"].items():
        if "properties" in inner:
            below.append((inner, defaults.get(key, {}), f"[{at}{key}]"))
        elif "properties" in inner.get("items", {}):
            item = inner["items"] | {"description": inner.get("description", "")}
            below.append((item, defaults.get(key, [{}])[0], f"[[{at}{key}]]"))
        elif "properties" in (inner.get("additionalProperties") or {}):
            item = inner["additionalProperties"] | {"description": inner.get("description", "")}
            below.append((item, {}, f"[{at}{key}.<{inner['noun']}>]"))
        else:
            value = defaults[key] if key in defaults else inner.get("default")
            default = "none" if value in (None, {}, "", (), frozenset()) else f"`{toml(value)}`"
            default = "required" if key in node.get("required", ()) else default
            rows.append(
                f"| `{key}` | {words_of(inner)} | {default} | {' '.join(_meaning(inner))} |"
            )
    if rows:
        yield from ("| key | holds | default | meaning |", "| --- | --- | --- | --- |", *rows, "")
    for inner, values, header in below:
        yield from described(inner, values, header)


def _meaning(node: Node) -> Iterator[str]:
    relation = relation_of(node)
    if "description" in node:
        yield node["description"]
    if relation.needs:
        yield f"Needs {' or '.join(f'`{needed}`' for needed in relation.needs)}."
    if relation.instead:
        yield f"One of it and `{relation.instead}` is required."
    if relation.not_with:
        yield f"Not together with `{relation.not_with}`."
    for other, values in relation.only_for.items():
        yield f"Only with `{other}` {', '.join(values)}."


# --- the JSON Schema --------------------------------------------------------------------


_OURS: Final = (RELATION, "default", "noun")
"""What only we know of a node; a default may be kept in another form than it is written."""


def published(node: Node) -> Node:
    """A node as JSON Schema says it: how keys go together is `dependentSchemas` there."""
    told = {name: part for name, part in node.items() if name not in _OURS}
    for name in ("items", "additionalProperties"):
        if isinstance(told.get(name), dict):
            told[name] = published(told[name])
    if "properties" in node:
        told["properties"] = {name: published(part) for name, part in node["properties"].items()}
        pairs = [
            {"oneOf": [{"required": [name]}, {"required": [other]}]}
            for name, part in node["properties"].items()
            if (other := relation_of(part).instead)
        ]
        told |= {"allOf": pairs} if pairs else {}
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
