"""Waiver files: what they may say, and what is said of each mistake."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

import harness.running.waivers
from harness.running.waivers import (
    WaiverFileError,
    load_waivers,
    read_waivers,
    waiver_schema_text,
)

HEAD = 'schema = "pairproof/waivers/1"\n'
GOOD = """
[[waiver]]
requirement = "WDR-4"
reason = "bug 17"
owner = "Ana"
expires = 2027-03-31
"""
SCHEMA_FILE = Path(harness.running.waivers.__file__).parent / "schemas" / "waivers-1.schema.json"


def test_a_waiver_says_what_why_who_and_until_when() -> None:
    in_quotes = GOOD.replace("WDR-4", "WDR-3").replace("2027-03-31", '"2027-03-31"')
    first, second = read_waivers(HEAD + GOOD + 'scenario = "withdraw/a"\n' + in_quotes, "w.toml")
    assert (first.requirement, first.scenario, first.expires) == (
        "WDR-4", "withdraw/a", "2027-03-31"
    )  # fmt: skip
    assert (second.requirement, second.reason, second.owner, second.expires) == (
        "WDR-3", "bug 17", "Ana", "2027-03-31"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("waiver = 3", 0, "", "not TOML"),
        (HEAD + "waiver = []", 2, "waiver", "the list is empty"),
        (HEAD + "waiver = 3", 2, "waiver", "a list of tables"),
        (GOOD, 1, "schema", "it is missing"),
        ('schema = "x"' + GOOD, 1, "schema", "pairproof/waivers/1"),
        (HEAD + "waivers = 1\n" + GOOD, 2, "waivers", "did you mean waiver?"),
        (HEAD + GOOD.replace("WDR-4", "WDR-44"), 4, "waiver[0].requirement", "did you mean WDR-4?"),
        (HEAD + GOOD.replace("WDR-4", "wdr-4"), 4, "waiver[0].requirement", "did you mean WDR-4?"),
        (HEAD + GOOD.replace("WDR-4", "X"), 4, "waiver[0].requirement", "pairproof requirements"),
        (HEAD + GOOD.replace("bug 17", " "), 5, "waiver[0].reason", "not blank"),
        (HEAD + GOOD.replace('owner = "Ana"', ""), 3, "waiver[0].owner", "it is missing"),
        (HEAD + GOOD + 'kind = "dispute"\n', 8, "waiver[0].kind", "did you mean disputed?"),
        (HEAD + GOOD.replace("owner", "owners"), 6, "waiver[0].owners", "did you mean owner?"),
        (HEAD + GOOD.replace("2027-03-31", '"soon"'), 7, "waiver[0].expires", "a date such as"),
        (HEAD + GOOD.replace("2027-03-31", '"2027-02-30"'), 7, "waiver[0].expires", "is no day"),
        (HEAD + GOOD.replace("2027-03-31", "2027-03-31T10:00:00Z"), 7, "waiver[0].expires", "date"),
        (HEAD + GOOD + GOOD, 10, "waiver[1].requirement", "there is a waiver for WDR-4 already"),
    ],
    ids=str,
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_key(
    text: str, line: int, key: str, words: str
) -> None:
    if words == "not TOML":
        text = "waiver = [[["
    with pytest.raises(WaiverFileError) as told:
        read_waivers(text, "w.toml")
    (mistake,) = told.value.mistakes
    assert (mistake.line, mistake.key) == (line, key)
    assert words in str(told.value)
    assert str(told.value).startswith(f"w.toml:{line}: " if line else "w.toml: ")


def test_everything_wrong_is_told_at_once() -> None:
    text = HEAD + GOOD.replace("WDR-4", "WDR-44").replace("owner", "owners").replace("bug 17", " ")
    with pytest.raises(WaiverFileError) as told:
        read_waivers(text.replace("2027-03-31", '"soon"'), "w.toml")
    assert [(mistake.line, mistake.key.partition(".")[2]) for mistake in told.value.mistakes] == [
        (4, "requirement"), (5, "reason"), (6, "owners"), (7, "expires")
    ]  # fmt: skip


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(WaiverFileError, match="there is no such file"):
        load_waivers(tmp_path / "w.toml")
    (tmp_path / "w.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WaiverFileError, match="no text in UTF-8"):
        load_waivers(tmp_path / "w.toml")


def test_the_published_schema_says_the_same() -> None:
    assert SCHEMA_FILE.read_text("utf-8") == waiver_schema_text()
    validator = jsonschema.Draft202012Validator(json.loads(waiver_schema_text()))
    good = tomllib.loads(HEAD + GOOD.replace("2027-03-31", '"2027-03-31"'))
    assert validator.is_valid(good)
    assert read_waivers(HEAD, "w.toml") == ()
    assert validator.is_valid(tomllib.loads(HEAD))
    for bad in (HEAD + GOOD.replace("owner", "owners"), GOOD):
        assert not validator.is_valid(tomllib.loads(bad.replace("2027-03-31", '"2027-03-31"')))
