"""A kind of file, by the dataclass that it is read into.

Reading tells all that is wrong with a file at once. What is allowed at a place, for messages, for
the published JSON Schema and for the page, comes from the JSON Schema that pydantic makes of the
dataclass.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from enum import Enum
from functools import cache, cached_property
from inspect import getsource
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails, core_schema

from harness.configuration import kinds
from harness.configuration.errors import (
    ConfigurationError,
    Flaw,
    describe_value,
    like,
    literal,
    nearest,
)
from harness.configuration.toml_lines import Path, dotted
from harness.files import FileKind, parse_toml

Value = TypeVar("Value")


def config(alias_generator: Callable[[str], str] | None = None) -> ConfigDict:
    """What the dataclass of a file says as its `__pydantic_config__`; those inside go by it.

    `alias_generator` makes the name of a key from that of its field.
    """
    return ConfigDict(extra="forbid", alias_generator=alias_generator)


@dataclass(frozen=True)
class FileModel(Generic[Value]):
    """A kind of file.

    Attributes:
        value: the dataclass, whose `__pydantic_config__` is from `config`.
        error: what is raised.
        schema: what a file says of itself as `schema`, such as `pairproof/waivers/1`.
        noun: what messages call it, such as `a waiver file`.
        file: how its text is read.
        parse_float: what a number with a point becomes.
    """

    value: type[Value]
    error: type[ConfigurationError]
    schema: str
    noun: str
    file: FileKind
    parse_float: Callable[[str], Any] = float

    @cached_property
    def _adapter(self) -> TypeAdapter[Value]:
        return TypeAdapter(self.value)

    @cached_property
    def tree(self) -> kinds.Node:
        """The dataclass as JSON Schema, without references, with the relations of its keys."""
        made = self._adapter.json_schema(schema_generator=_Tree)
        return _tree(made, made.get("$defs", {}))

    def at(self, path: Path) -> kinds.Node:
        """What the tree says of a place."""
        node = self.tree
        for part in path:
            below = node.get("items") if isinstance(part, int) else None
            below = below or node.get("properties", {}).get(part)
            node = below or node.get("additionalProperties") or {}
        return node

    def relation(self, path: Path) -> kinds.KeyRelation:
        """How the key at a place goes with others."""
        return kinds.relation_of(self.at(path))

    # --- reading ------------------------------------------------------------------------------

    def parse(self, text: str, source: str) -> dict[str, Any]:
        """A text in TOML of this version as data. Raises `ConfigurationError`, of `source`."""
        data = parse_toml(text, source, self.file, self.parse_float)
        found = data.pop("schema", None)
        if found == self.schema:
            return data
        told = "it is missing" if found is None else f"{literal(found)} stands there"
        remedy = f'write schema = "{self.schema}", or use the pairproof that knows the other one'
        raise self.error.of(source, text, [Flaw(("schema",), told, remedy)])

    def read(self, data: Mapping[str, Any]) -> tuple[Value | None, list[Flaw]]:
        """What data says, or else all that is wrong with it, key by key."""
        try:
            return self._adapter.validate_python(data), []
        except ValidationError as error:
            errors = error.errors(include_url=False)
        unknown = [each["loc"] for each in errors if each["type"] == _UNKNOWN]
        meant = {(*at, like(str(name), self.at(tuple(at))["properties"])) for *at, name in unknown}
        told = [each for each in errors if each["type"] != "missing" or each["loc"] not in meant]
        return None, [self._flaw(each) for each in told]

    def judge(self, data: Mapping[str, Any]) -> tuple[Value | None, list[Flaw]]:
        """What data says, or else all that is wrong with it, with how its keys go together."""
        value, found = self.read(data)
        if value is not None and not _may_clash(value, data):
            return value, []  # without the tree, which takes longer than all the rest
        return value, [*found, *self.clashes(data)]

    def write(self, value: Value, *, defaults: bool = False) -> dict[str, Any]:
        """The data of a file that says so; what has its default only where that is wanted."""
        written: dict[str, Any] = _written(
            self._adapter.dump_python(value, by_alias=True, exclude_defaults=not defaults)
        )
        return written

    def _flaw(self, error: ErrorDetails) -> Flaw:
        path = tuple(part for part in error["loc"] if part != "[key]")
        node, value = self.at(path), describe_value(error["input"], path)
        if error["loc"][-1] == "[key]":
            table = self.at(path[:-1])
            node = table["propertyNames"] if "enum" in table["propertyNames"] else table
        match error["type"]:
            case "value_error":
                wrong = error["ctx"]["error"]  # a `Misspelt`
                return Flaw(path, wrong.found, wrong.remedy)
            case kind if kind == _UNKNOWN:
                known = [*self.at(path[:-1])["properties"]]
                where = f"[{dotted(path[:-1])}]" if path[:-1] else self.noun
                remedy = nearest(str(path[-1]), known, "remove it;")
                told = f"there is no such key in {where}"
                if f"{path[-1]}_env" in known:
                    remedy = (
                        f"credentials never stand in the file: name a variable with {path[-1]}_env,"
                        f" or a file with {path[-1]}_file;"
                    )
                there = f"there {'are' if len(known) > 1 else 'is'} {', '.join(known)}"
                return Flaw(path, told, f"{remedy} {there}")
            case "missing":
                return _missing(path, node)
            case "enum" | "literal_error":
                known = node["enum"] if "enum" in node else [node["const"]]
                remedy, named = f"write {kinds.words_of(node)}", error["input"]
                if not isinstance(named, str):
                    return Flaw(path, f"{value} stands there", remedy)
                return Flaw(path, f"there is no {value} here", nearest(named, known, remedy))
            case "dataclass_type" | "dict_type":
                return Flaw(path, f"{value} is no table", f"write a table: {_header(path)}")
            case kind:
                wrong, how = _FOUND.get(kind, ("is out of bounds", ""))
                if kind == "string_type" and isinstance(error["input"], dict) and error["input"]:
                    whole = f"{path[-1]}.{next(iter(error['input']))}"
                    how += f'; a name with a dot stands in quotes as a whole: "{whole}" = …'
                return Flaw(path, f"{value} {wrong}", f"write {kinds.words_of(node)}{how}")

    # --- how keys go together -----------------------------------------------------------------

    def clashes(self, data: Mapping[str, Any]) -> Iterator[Flaw]:
        """Keys that contradict each other, or have no effect without another."""
        yield from _clashes(data, self.tree, ())

    # --- what is published --------------------------------------------------------------------

    def json_schema(self, title: str) -> kinds.Node:
        """The published JSON Schema (2020-12) of a file, as read from TOML."""
        node = {
            name: part for name, part in kinds.published(self.tree).items() if name != "description"
        }
        version = {"description": "The version of the file.", "const": self.schema}
        head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
        known, required = node["properties"], node.get("required", [])
        return {
            **head,
            **node,
            "properties": {"schema": version, **known},
            "required": ["schema", *required],
        }

    def to_markdown(self, defaults: Mapping[str, Any]) -> str:
        """A table of keys for each table of the file, with the defaults as they are written."""
        return "\n".join(kinds.described(self.tree | {"description": ""}, defaults))


def schema_text(schema: kinds.Node) -> str:
    """A JSON Schema as its file holds it."""
    return f"{json.dumps(schema, indent=2)}\n"


def without(data: object, paths: Collection[Path], at: Path = ()) -> Any:
    """Data without what stands at these paths; of a list, one of which goes, nothing is left."""
    if isinstance(data, dict):
        kept = ((name, inner) for name, inner in data.items() if (*at, name) not in paths)
        return {name: without(inner, paths, (*at, name)) for name, inner in kept}
    if isinstance(data, list):
        gone = any((*at, n) in paths for n in range(len(data)))
        return [] if gone else [without(each, paths, (*at, n)) for n, each in enumerate(data)]
    return data


_UNKNOWN: Final = "unexpected_keyword_argument"
_FOUND: Final = {
    "int_type": ("is no whole number", ""),
    "int_from_float": ("is no whole number", ""),
    "float_type": ("is no number", ""),
    "finite_number": ("is no number", ""),
    "bool_type": ("is neither true nor false", ", without quotes"),
    "string_type": ("is no text", ", in quotes"),
    "tuple_type": ("is no list", ", in brackets"),
    "frozen_set_type": ("is no list", ", in brackets"),
    "string_pattern_mismatch": ("does not do", ""),
}
"""What is wrong by the types of pydantic's errors, and how the right value is written."""


def _header(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f"[[{'.'.join(names)}]]" if isinstance(path[-1], int) else f"[{'.'.join(names)}]"


def _may_clash(value: object, data: Any) -> bool:
    """Whether a relation of keys does not hold somewhere in data that is read as this value."""
    if isinstance(value, tuple) and isinstance(data, list):
        return any(map(_may_clash, value, data))
    if isinstance(value, dict):
        return any(map(_may_clash, value.values(), data.values()))  # a name may be kept otherwise
    of: type = type(value)
    if not is_dataclass(of):
        return False
    relations = _relations(of).items()
    if any(each.instead and {name, each.instead}.isdisjoint(data) for name, each in relations):
        return True
    clashes = (_related(name, each, data, ()) for name, each in relations if name in data)
    return any(map(any, clashes)) or any(_may_clash(getattr(value, n, None), data[n]) for n in data)


@cache
def _relations(of: type) -> Mapping[str, kinds.KeyRelation]:
    """How the keys of a table go with others, of those that do."""
    hints = get_type_hints(of, include_extras=True)
    return {
        name: each
        for name, hint in hints.items()
        for each in getattr(hint, "__metadata__", ())
        if isinstance(each, kinds.KeyRelation)
    }


def _missing(path: Path, node: kinds.Node, other: str = "") -> Flaw:
    """What is not there has to be, or another key in its place."""
    how = _header(path) if "properties" in node else f"{path[-1]} = …"
    means = f"{kinds.words_of(node)}. {node.get('description', '')}".strip()
    return Flaw(path, "it is missing", f"add {how}{f' (or {other} = …)' if other else ''}: {means}")


def _clashes(data: Any, node: kinds.Node, path: Path) -> Iterator[Flaw]:
    if isinstance(data, list | tuple):
        for n, each in enumerate(data):
            yield from _clashes(each, node.get("items", {}), (*path, n))
    elif isinstance(data, Mapping):
        known = node.get("properties", {})
        meant = {like(name, known) for name in data if name not in known}
        for name, inner in known.items():
            pair = {name, other} if (other := kinds.relation_of(inner).instead) else set()
            if pair and pair.isdisjoint(data) and pair.isdisjoint(meant):
                yield _missing((*path, name), inner, other)
        for name, value in data.items():
            inner, here = known.get(name, node.get("additionalProperties") or {}), (*path, name)
            yield from _related(name, kinds.relation_of(inner), data, here)
            yield from _clashes(value, inner, here)


def _related(
    name: str, relation: kinds.KeyRelation, table: Mapping[str, Any], path: Path
) -> Iterator[Flaw]:
    if relation.needs and table.keys().isdisjoint(relation.needs):
        names = " or ".join(relation.needs)
        yield Flaw(path, f"it has no effect without {names}", f"set {names}, or remove it")
    for other in filter(None, (relation.not_with, relation.instead)):
        if other in table:
            told = f"{name} and {other} contradict each other"
            yield Flaw(path, told, "remove one of them")
    for other, values in relation.only_for.items():
        if other in table and table[other] not in values:
            told = f'{other} "{table[other]}" has no {name}'
            yield Flaw(path, told, f"remove it; these have it: {', '.join(values)}")


def _fields(schema: core_schema.DataclassSchema) -> list[str]:
    """In the order of the properties: what needs its name comes last, other than in the class."""
    arguments: Any = schema["schema"]
    return [field["name"] for field in arguments["fields"]]


class _Tree(GenerateJsonSchema):
    """Titles are what a kind says in words; what a key means is the text below its field."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> kinds.Node:
        made = super().dataclass_schema(schema)
        texts: dict[str, str] = {}
        for of in reversed(schema["cls"].__mro__[:-1]):
            texts |= texts_below(of)
        for field, node in zip(_fields(schema), made["properties"].values(), strict=True):
            node |= {"description": texts[field]} if field in texts else {}
        return made

    def dict_schema(self, schema: core_schema.DictSchema) -> kinds.Node:
        name, value = (self.generate_inner(schema[of]) for of in ("keys_schema", "values_schema"))
        return {"type": "object", "propertyNames": name, "additionalProperties": value}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> kinds.Node:
        node, default = self.generate_inner(schema["schema"]), schema.get("default")
        is_as_written = node.get("type") != "string" or isinstance(default, str)
        return {**node, "default": default} if is_as_written else node

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def sort(self, value: Any, parent_key: str | None = None) -> Any:
        return value


def texts_below(of: type) -> Mapping[str, str]:
    """The text below each field of a dataclass."""
    return _texts_in(of.__module__).get(of.__name__, {})


@cache
def _texts_in(module: str) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    body = ast.parse(getsource(sys.modules[module])).body
    for each in (each for each in body if isinstance(each, ast.ClassDef)):
        texts = found[each.name] = {}
        for field, below in pairwise(each.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                    value=ast.Constant(value=str(text))
                ):
                    texts[name] = " ".join(text.split())
    return found


def _tree(node: kinds.Node, named: Mapping[str, kinds.Node]) -> kinds.Node:
    """A part of a schema without references, and without what only Python knows of it."""
    if "$ref" in node:
        of = named[node["$ref"].rpartition("/")[2]]
        inside = {name: part for name, part in of.items() if name not in ("title", "description")}
        return _tree(inside | {name: part for name, part in node.items() if name != "$ref"}, named)
    either = [each for each in node.get("anyOf", ()) if each != {"type": "null"}]
    if len(either) == 1:
        rest = {name: part for name, part in node.items() if name != "anyOf"}
        return _tree(either[0] | rest, named)
    tree = {name: part for name, part in node.items() if name != "$defs"}
    if "properties" in tree:
        tree.pop("title", None)
        inside = {n: p for n, p in tree["properties"].items() if "not" not in p}
        tree["properties"] = {name: _tree(part, named) for name, part in inside.items()}
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(tree.get(name), dict):
            tree[name] = _tree(tree[name], named)
    return tree


def _written(value: Any) -> Any:
    """A value as TOML has it: without what is not there, sets sorted, names as texts."""
    match value:
        case Mapping():
            pairs = ((str(name), _written(inner)) for name, inner in value.items())
            return {name: inner for name, inner in pairs if inner is not None}
        case list() | tuple():
            return [_written(each) for each in value]
        case frozenset():
            return sorted(_written(each) for each in value)
        case Enum():
            return value.value
        case _:
            return value
