"""What a key of a file may hold, beside its type: metadata of `Annotated` that pydantic asks.

A kind checks a value, and says as JSON Schema and in words (`title`) what is allowed. At the end,
what a kind of file is for people and editors: tables of keys, and JSON Schema.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from harness.configuration.errors import Misspelt
from harness.configuration.toml_lines import toml

Node = dict[str, Any]
"""A part of a JSON Schema."""


_FEW: Final = 10
"""So many names are told."""


def words_of(node: Node) -> str:
    """What is allowed at a place, in words."""
    if "title" in node:
        return str(node["title"])
    if "const" in node:
        return str(node["const"])
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    match node.get("type"):
        case "integer" if "maximum" in node:
            return f"a whole number from {node['minimum']} to {node['maximum']}"
        case "integer":
            return "a whole number"
        case "boolean":
            return "true or false"
        case "array" if "properties" in node["items"]:
            return "a list of tables"
        case "array":
            return f"a list, each item {words_of(node['items'])}"
        case "object" if node.get("additionalProperties"):
            names = node.get("propertyNames", {}).get("enum", ())
            known = f" ({', '.join(names)})" if 0 < len(names) <= _FEW else ""
            noun = f"{node.get('noun', 'name')}{known}"
            return f"a table: {noun} = {words_of(node['additionalProperties'])}"
        case "object":
            return "a table"
        case _:
            return "a text"


class Spelling(ABC):
    """A value that a file says in another form than the one in which it is kept."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What is allowed, for messages and for the page."""

    @property
    @abstractmethod
    def form(self) -> Node:
        """What a file may hold, as JSON Schema."""

    @abstractmethod
    def read(self, value: object) -> object:
        """What a value of a file says. Raises `Misspelt`."""

    def write(self, value: Any) -> object:
        """What a file says for a value; nothing for `None`."""
        return value

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.no_info_plain_validator_function(self.read, serialization=written)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> Node:
        return {**self.form, "title": self.words}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.int_schema(ge=self.least, le=self.most, strict=True)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that holds something; with `pattern`, one that has something like it.

    `reads` is what makes of it what is kept; raises `Misspelt`.
    """

    pattern: str = r"\S"
    words: str = "a text that is not blank"
    reads: Callable[[str], Any] | None = None

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=self.pattern, strict=True)
        if self.reads is None:
            return text
        return core_schema.no_info_after_validator_function(self.reads, text)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> Node:
        return {"type": "string", "pattern": self.pattern, "title": self.words}


class OneOf:
    """One of a few names."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.names))


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.bool_schema(strict=True)


@dataclass(frozen=True, slots=True)
class Above:
    """A number above 0, up to a bound."""

    most: float
    noun: str = "a number of seconds"

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.float_schema(gt=0, le=self.most, strict=True, allow_inf_nan=False)

    def __get_pydantic_json_schema__(self, of: CoreSchema, handler: GetJsonSchemaHandler) -> Node:
        return {**handler(of), "title": f"{self.noun} above 0 and at most {self.most:g}"}


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table by a dataclass that is made, and so is no type for a type checker."""

    made: Any

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self.made)


@dataclass(frozen=True, slots=True)
class Distinct:
    """A list in which nothing stands twice."""

    def __get_pydantic_core_schema__(self, of: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._distinct, handler(of))

    def _distinct(self, read: tuple[Any, ...]) -> tuple[Any, ...]:
        for n, each in enumerate(read):
            if each in read[:n]:
                raise Misspelt(f"{each} stands there twice", "write each once")
        return read

    def __get_pydantic_json_schema__(self, of: CoreSchema, handler: GetJsonSchemaHandler) -> Node:
        return {**handler(of), "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class NamedBy:
    """A table of names of one's own, kept as it is; `noun` is what a name is."""

    noun: str

    def __get_pydantic_json_schema__(self, of: CoreSchema, handler: GetJsonSchemaHandler) -> Node:
        return {**handler(of), "noun": self.noun}


@dataclass(frozen=True, slots=True)
class AtLeastOne:
    """A list or a table that is not empty where it stands; `is_required` where it has to."""

    is_required: bool = False

    def __get_pydantic_core_schema__(self, of: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._some, handler(of))

    def _some(self, read: Any) -> Any:
        if not read:
            what = "table" if isinstance(read, dict) else "list"
            otherwise = "" if self.is_required else f", or leave the {what} out"
            raise Misspelt(f"the {what} is empty", f"write one at least{otherwise}")
        return read

    def __get_pydantic_json_schema__(self, of: CoreSchema, handler: GetJsonSchemaHandler) -> Node:
        node = handler(of)
        return {**node, "minItems" if node["type"] == "array" else "minProperties": 1}


@dataclass(frozen=True, slots=True)
class Pairs:
    """A table of names of one's own, kept as pairs in its order.

    Attributes:
        noun: what a name is, in words.
        name, value: what a name and its value may be, as types.
        is_weights: the names are numbers, and one of the values is above 0.
    """

    noun: str
    name: Any
    value: Any
    is_weights: bool = False

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        name, value = handler.generate_schema(self.name), handler.generate_schema(self.value)
        if self.is_weights:
            name = core_schema.chain_schema([_FROM_TEXT, name])
        table = core_schema.dict_schema(name, value)
        return core_schema.no_info_after_validator_function(
            self._pairs,
            table,
            serialization=core_schema.wrap_serializer_function_ser_schema(
                lambda kept, write: write(dict(kept)), schema=table
            ),
        )

    def _pairs(self, read: Mapping[Any, Any]) -> tuple[tuple[Any, Any], ...]:
        if self.is_weights and not any(read.values()):
            raise Misspelt("none of them has a weight above 0", 'write a table such as { "1" = 1 }')
        return tuple(read.items())

    def __get_pydantic_json_schema__(self, of: CoreSchema, handler: GetJsonSchemaHandler) -> Node:
        node = handler(of)
        title = f"a table: {self.noun} = {words_of(node['additionalProperties'])}"
        return {**node, "title": title, **({"minProperties": 1} if self.is_weights else {})}


_NUMBER: Final = "^[1-9][0-9]{0,8}$"
_FROM_TEXT: Final = core_schema.no_info_after_validator_function(
    int, core_schema.str_schema(pattern=_NUMBER)
)


@dataclass(frozen=True, slots=True)
class KeyRelation:
    """How a key goes with others of its table.

    Attributes:
        needs: without any of these it has no effect.
        not_with: it contradicts this one.
        instead: the one that may stand in its place, where one of the two has to stand there.
        only_for: another key, and with which of its values this one may stand.
    """

    needs: tuple[str, ...] = ()
    not_with: str = ""
    instead: str = ""
    only_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __get_pydantic_json_schema__(self, of: CoreSchema, handler: GetJsonSchemaHandler) -> Node:
        return {**handler(of), RELATION: self}


RELATION: Final = "relation"
"""Where a node of a tree holds how its key goes with others."""


def relation_of(node: Node) -> KeyRelation:
    """How the key of a node goes with others."""
    relation: KeyRelation = node.get(RELATION, KeyRelation())
    return relation


@dataclass(frozen=True, slots=True)
class NotWritten:
    """A field that no key of a file says: one of that name is as unknown as any other."""

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        nothing = core_schema.plain_serializer_function_ser_schema(lambda _: None)
        return core_schema.no_info_plain_validator_function(self._refuse, serialization=nothing)

    def _refuse(self, _: object) -> object:
        raise PydanticCustomError("unexpected_keyword_argument", "it is no key of a file")

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> Node:
        return {"not": {}}


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
