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
from harness.targets.structure import check_structure
from harness.targets.target_errors import TargetFileError
from harness.targets.target_keys import FILE, Key, Kind, json_schema, schema_text, to_markdown
from harness.targets.toml_lines import Path as Way
from harness.targets.toml_lines import dotted

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_FILE = Path(harness.targets.__file__).parent / "schemas" / "target-1.schema.json"
PAGE = ROOT / "docs" / "target-file.md"
VALUES = (
    *("", " ", "x", "https://x.example", "https://x/ y", "VARIABLE", "/path", "pairproof/target/1"),
    *(True, 0, 1, -1, 0.5, 1e9, [], {}, [{}], ["edge"], ["edge", "edge"], ["pages", 1]),
    {"unknown": 1},
)
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def whole(keys: Any = FILE) -> dict[str, Any]:
    """A file that has every key there is; of the operations, which are all alike, two."""
    names = list(keys)[:2] if keys is FILE["paths"].table else keys
    return {name: example(keys[name]) for name in names}


def example(key: Key) -> Any:
    match key.kind:
        case Kind.TEXT:
            given = ("pairproof/target/1", "https://x.example", "VARIABLE", "/path", "POST", "")
            return next(text for text in given if re.search(key.pattern, text))
        case Kind.FLAG:
            return True
        case Kind.SECONDS | Kind.COUNT:
            return 1
        case Kind.NAMES:
            return list(key.names)
        case Kind.TABLE:
            return whole(key.table)
    return [whole(key.table)]


def ways(value: Any, way: Way = ()) -> Iterator[Way]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in entries:
        yield (*way, name)
        if isinstance(inner, dict | list):
            yield from ways(inner, (*way, name))


def spoilt() -> Iterator[tuple[str, dict[str, Any]]]:
    """The whole file with one value replaced, removed or added, in every place."""
    for *above, name in ways(whole()):
        for value in (*VALUES, None):
            data = copy.deepcopy(whole())
            place = data
            for step in above:
                place = place[step]
            if value is None:
                del place[name]
            else:
                place[name] = value
            yield f"{dotted((*above, name))} = {value!r}", data


def parser_takes(data: dict[str, Any]) -> bool:
    def refuse(path: Way, problem: Any) -> Any:
        raise TargetFileError("file", 0, dotted(path), problem)

    try:
        check_structure(data, refuse)
    except TargetFileError:
        return False
    return True


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_both_take_a_file_with_every_key() -> None:
    VALIDATOR.validate(whole())
    assert parser_takes(whole())


def test_both_take_the_example_of_the_page() -> None:
    (example_text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    data = tomllib.loads(example_text)
    VALIDATOR.validate(data)
    assert parser_takes(data)


def test_they_agree_on_everything_that_is_spoilt() -> None:
    seen = [(what, VALIDATOR.is_valid(data), parser_takes(data)) for what, data in spoilt()]
    assert [what for what, schema, parser in seen if schema is not parser] == []
    assert {parser for _, _, parser in seen} == {True, False}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [(SCHEMA_FILE, schema_text()), (PAGE, to_markdown())],
    ids=["schema", "page"],
)
def test_what_is_published_is_up_to_date(path: Path, wanted: str) -> None:
    stale = f"{path.name} is stale: put schema_text() or to_markdown() of target_keys into it"
    assert path.read_text("utf-8").endswith(wanted), stale
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == json_schema()
