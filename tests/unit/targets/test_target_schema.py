"""The parser, the published JSON Schema and the page say the same about target files."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import harness.targets
from harness.configuration.toml_lines import Path as Way
from harness.configuration.toml_lines import dotted
from harness.targets.key_kinds import TargetKey, TargetKeyKind, structure_flaws
from harness.targets.target_keys import FILE
from harness.targets.target_schema import json_schema, schema_text, to_markdown

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
    *("needed", "cluster", "kernel", ""),
)
ALIKE = (
    FILE["paths"].table,
    FILE["limits"].table["operations"].table,
    FILE["arrange"].table["commands"].table,
)
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def whole(keys: Any = FILE) -> dict[str, Any]:
    """A file with every key there is: of operations, which are all alike, two; of two keys that
    may stand in each other's place, the first.
    """
    names = list(keys)[:2] if keys in ALIKE else keys
    seen: set[str] = set()
    return {n: example(keys[n]) for n in names if not (seen.add(n) or keys[n].instead in seen)}


def example(key: TargetKey) -> Any:
    match key.kind:
        case TargetKeyKind.TEXT:
            return next(text for text in TEXTS if re.search(key.pattern, text))
        case TargetKeyKind.FLAG:
            return True
        case TargetKeyKind.SECONDS | TargetKeyKind.COUNT | TargetKeyKind.NUMBER:
            return 1
        case TargetKeyKind.TEXTS:
            return [example(replace(key, kind=TargetKeyKind.TEXT))]
        case TargetKeyKind.NAMES:
            return list(key.names)
        case TargetKeyKind.STATUSES:
            return [200]
        case TargetKeyKind.STATUS:
            return 404
        case TargetKeyKind.WORDS | TargetKeyKind.SCALAR:
            return "word"
        case TargetKeyKind.MAP:
            return {"of one's own": example(TargetKey("", key.value))}
        case TargetKeyKind.TEXT_TABLE:
            return {"of one's own": example(replace(key, kind=TargetKeyKind.TEXT))}
        case TargetKeyKind.TABLE:
            return whole(key.table)
    return [whole(key.table)]


def ways(value: Any, way: Way = ()) -> Iterator[Way]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in entries:
        yield (*way, name)
        if isinstance(inner, dict | list):
            yield from ways(inner, (*way, name))


def sections() -> Iterator[dict[str, Any]]:
    """The file's parts, each beside no more than every file has: a small file is quickly read."""
    everything = whole()
    needed = {name: everything[name] for name, key in FILE.items() if key.required}
    yield from ({**needed, name: everything[name]} for name in FILE if name not in needed)


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
    return not list(structure_flaws(data, FILE))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_both_take_a_file_with_every_key() -> None:
    VALIDATOR.validate(whole())
    assert parser_takes(whole())


def test_both_take_the_examples_of_the_page() -> None:
    texts = re.findall(r"```toml\n(schema = .*?)```", PAGE.read_text("utf-8"), re.S)
    assert len(texts) == 3
    for data in map(tomllib.loads, texts):
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
    stale = f"{path.name} is stale: put schema_text() or to_markdown() of target_schema into it"
    assert path.read_text("utf-8").endswith(wanted), stale
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == json_schema()
