"""The parser, the published JSON Schema and the page say the same about target files."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import harness.targets
from harness.configuration.kinds import Node, relation_of
from harness.configuration.toml_lines import Path as Way
from harness.configuration.toml_lines import dotted
from harness.targets.target_keys import TARGETS, target_schema_text, to_markdown

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_FILE = Path(harness.targets.__file__).parent / "schemas" / "target-1.schema.json"
PAGE = ROOT / "docs" / "target-file.md"
VALUES = (
    *("", " ", "x", "https://x.example", "https://x/ y", "VARIABLE", "/path", "pairproof/target/1"),
    *(True, 0, 1, -1, 0.5, 1e9, [], {}, [{}], ["edge"], ["edge", "edge"], ["pages", 1]),
    {"unknown": 1},
)
TEXTS = (
    *("pairproof/target/1", "https://x.example", "VARIABLE", "/path", "POST", "127.0.0.1"),
    *(f"sha256:{'ab' * 32}", "http://x.example", "127.0.0.1:80", "proxy", "pass", "closed"),
    *("needed", "cluster", "kernel", "POST /beat", ""),
)
TREE = TARGETS.tree
SCHEMA_TEXT = target_schema_text()
VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA_TEXT))


def whole(node: Node = TREE) -> dict[str, Any]:
    """A table with every key there is: of two that may not stand together, the first."""
    made: dict[str, Any] = {}
    shut_out: set[str] = set()
    for name, inner in node["properties"].items():
        relation = relation_of(inner)
        if name not in shut_out and relation.not_with not in made:
            made[name] = example(inner)
            shut_out |= {relation.instead, relation.not_with}
    return made if node is not TREE else {"schema": TARGETS.schema, **made}


def example(node: Node) -> Any:
    match node.get("type"):
        case None if "enum" in node:
            return node["enum"][0]
        case "string" if "enum" in node:
            return node["enum"][0]
        case "string":
            return next(text for text in TEXTS if re.search(node.get("pattern", ""), text))
        case "boolean":
            return True
        case "integer":
            return max(1, node["minimum"])
        case "number":
            return 1
        case "array" if node.get("uniqueItems") and "enum" in node["items"]:
            return node["items"]["enum"]
        case "array":
            return [example(node["items"])]
        case "object" if "properties" in node:
            return whole(node)
        case "object":
            names = node.get("propertyNames", {}).get("enum", ["of one's own"])
            if pattern := node.get("propertyNames", {}).get("pattern"):
                names = [text for text in TEXTS if re.search(pattern, text)]
            return {name: example(node["additionalProperties"]) for name in names[:2]}
    return "word"


def ways(value: Any, way: Way = ()) -> Iterator[Way]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in entries:
        yield (*way, name)
        if isinstance(inner, dict | list):
            yield from ways(inner, (*way, name))


def sections() -> Iterator[dict[str, Any]]:
    """The file's parts, each beside no more than every file has: a small file is quickly read."""
    everything = whole()
    needed = {name: everything[name] for name in ("schema", *TREE["required"])}
    yield from ({**needed, name: everything[name]} for name in everything if name not in needed)


def spoilt() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each section with one value replaced, removed or added, in every place."""
    seen: set[Way] = set()
    for section in sections():
        fresh = [way for way in ways(section) if way not in seen]
        seen.update(fresh)
        for *above, name in fresh:
            for value in (*VALUES, None):
                data, place = copied(section, above)
                if value is None:
                    del place[name]
                else:
                    place[name] = value
                yield f"{dotted((*above, name))} = {value!r}", data
            if str(name).endswith("_env"):
                yield from in_a_file(section, above, str(name))


def in_a_file(
    section: dict[str, Any], above: list[str | int], name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A credential in a file, with its variable and in its place."""
    for beside in (True, False):
        data, place = copied(section, above)
        place[name.replace("_env", "_file")] = "secret.txt"
        if not beside:
            del place[name]
        yield f"{dotted((*above, name))} as a file, beside the variable: {beside}", data


def copied(section: dict[str, Any], above: list[str | int]) -> tuple[dict[str, Any], Any]:
    """A copy, and the place in it that the steps lead to."""
    data = copy.deepcopy(section)
    place: Any = data
    for step in above:
        place = place[step]
    return data, place


def parser_takes(data: dict[str, Any]) -> bool:
    rest = {name: value for name, value in data.items() if name != "schema"}
    return data.get("schema") == TARGETS.schema and not TARGETS.judge(rest)[1]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA_TEXT))


def test_both_take_a_file_with_every_key() -> None:
    VALIDATOR.validate(whole())
    assert parser_takes(whole())


def test_both_take_the_examples_of_the_page() -> None:
    texts = re.findall(r"```toml\n(schema = .*?)```", PAGE.read_text("utf-8"), re.S)
    assert len(texts) == 3
    for data in map(tomllib.loads, texts):
        VALIDATOR.validate(data)
        assert parser_takes(data)


@pytest.mark.slow
def test_they_agree_on_everything_that_is_spoilt() -> None:
    seen = [(what, VALIDATOR.is_valid(data), parser_takes(data)) for what, data in spoilt()]
    assert [what for what, schema, parser in seen if schema is not parser] == []
    assert {parser for _, _, parser in seen} == {True, False}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [(SCHEMA_FILE, SCHEMA_TEXT), (PAGE, to_markdown())],
    ids=["schema", "page"],
)
def test_what_is_published_is_up_to_date(path: Path, wanted: str) -> None:
    stale = f"{path.name} is stale: target_schema_text() or to_markdown() makes it"
    assert path.read_text("utf-8").endswith(wanted), stale
