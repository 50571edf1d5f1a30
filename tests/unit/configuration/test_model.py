"""All that is wrong with a file is told at once, and its schema says the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import jsonschema
import pytest
from pydantic import ConfigDict

from harness.configuration.errors import ConfigurationError
from harness.configuration.kinds import (
    Above,
    AtLeastOne,
    Distinct,
    Flag,
    KeyRelation,
    NamedBy,
    NotWritten,
    OneOf,
    Pairs,
    Text,
    Whole,
)
from harness.configuration.model import FileModel, config
from harness.configuration.toml_lines import toml_document
from harness.files import FileKind


@dataclass(frozen=True)
class Room:
    """A room."""

    name: Annotated[str, Text()] = field(kw_only=True)
    """What it is called."""
    kind: Annotated[str, OneOf("kitchen", "garden")] = "kitchen"
    oven: Annotated[bool, Flag(), KeyRelation(only_for={"kind": ("kitchen",)})] = False
    beds: Annotated[int, Whole(0, 9), KeyRelation(not_with="oven")] = 0
    roses: Annotated[int, Whole(0, 9), KeyRelation(needs=("beds", "kind"))] = 0


@dataclass(frozen=True)
class House:
    """A house."""

    __pydantic_config__: ClassVar[ConfigDict] = config()

    rooms: Annotated[tuple[Room, ...], AtLeastOne()] = ()
    """Its rooms."""
    people: Annotated[
        tuple[tuple[str, int], ...], Pairs("name", str, Annotated[int, Whole(0, 99)])
    ] = ()
    """How old they are."""
    nickname: Annotated[str, NotWritten()] = "no key says it"


@dataclass(frozen=True)
class Gate:
    """How one comes in."""

    key_env: Annotated[str, Text(), KeyRelation(instead="key_file")] = ""
    """The variable that holds the key."""
    key_file: str = ""
    """In place of it."""
    open_s: Annotated[float, Above(60)] = 1.0
    ways: Annotated[tuple[Annotated[str, OneOf("in", "out")], ...], Distinct()] = ()
    codes: Annotated[dict[Annotated[str, OneOf("north", "south")], int], NamedBy("side")] = field(
        default_factory=dict
    )


@dataclass(frozen=True)
class Yard:
    """A yard."""

    __pydantic_config__: ClassVar[ConfigDict] = config()

    gates: Annotated[dict[str, Gate], NamedBy("gate")] = field(default_factory=dict)


YARDS = FileModel(Yard, ConfigurationError, "yard/1", "a yard", FileKind("give a yard"))
HOUSES = FileModel(House, ConfigurationError, "house/1", "a house", FileKind("give a house"))


def flaws_of(data: dict[str, Any]) -> list[str]:
    _, found = HOUSES.read(data)
    told = ConfigurationError.of("h.toml", "", [*found, *HOUSES.clashes(data)])
    return [f"{each}" for each in told.mistakes]


WHOLE = {"rooms": [{"name": "a", "oven": True}, {"name": "b", "kind": "garden", "beds": 2}]}


def test_a_file_becomes_what_it_says_and_is_written_again() -> None:
    house = House(tuple(Room(**room) for room in WHOLE["rooms"]), (("Ana", 7),))
    data = WHOLE | {"people": {"Ana": 7}}

    assert HOUSES.read(data) == (house, [])
    assert flaws_of(data) == []
    assert HOUSES.write(house) == data
    assert HOUSES.parse('schema = "house/1"\n' + toml_document(data), "h.toml") == data


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"rooms": []}, ["rooms: the list is empty; write one at least, or leave the list out"]),
        ({"rooms": {}}, ["rooms: a table is no list; write a list of tables, in brackets"]),
        ({"rooms": [3]}, ["rooms[0]: 3 is no table; write a table: [[rooms]]"]),
        (
            {"nickname": "x"},
            ["nickname: there is no such key in a house; remove it; there are rooms, people"],
        ),
        (
            {"people": {"Ana": 100}},
            ["people.Ana: 100 is out of bounds; write a whole number from 0 to 99"],
        ),
        (
            {"rooms": [{"naem": "x", "beds": True}, {"kind": "gardn"}]},
            [
                "rooms[0].beds: true is no whole number; write a whole number from 0 to 9",
                "rooms[0].naem: there is no such key in [rooms[0]]; did you mean name? there are"
                " kind, oven, beds, roses, name",
                'rooms[1].kind: there is no "gardn" here; did you mean garden?',
                "rooms[1].name: it is missing; add name = …: a text that is not blank."
                " What it is called.",
            ],
        ),
        (
            {"rooms": [{"name": "a", "kind": ["garden"]}]},
            ["rooms[0].kind: a list stands there; write one of kitchen, garden"],
        ),
        (
            {"rooms": [{"name": "a", "kind": "garden", "oven": True, "beds": 1}]},
            [
                'rooms[0].oven: kind "garden" has no oven; remove it; these have it: kitchen',
                "rooms[0].beds: beds and oven contradict each other; remove one of them",
            ],
        ),
        (
            {"rooms": [{"name": "a", "roses": 1}]},
            [
                "rooms[0].roses: it has no effect without beds or kind; set beds or kind, or"
                " remove it"
            ],
        ),
    ],
    ids=str,
)  # fmt: skip
def test_all_that_is_wrong_is_told_and_the_schema_refuses_it_too(
    data: dict[str, Any], told: list[str]
) -> None:
    validator = jsonschema.Draft202012Validator(HOUSES.json_schema("A house"))
    validator.validate({"schema": "house/1"} | WHOLE)

    assert flaws_of(data) == told
    assert not validator.is_valid({"schema": "house/1"} | data)


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ({}, "key_env: it is missing; add key_env = … (or key_file = …): a text that"),
        ({"key_env": "K", "key_file": "f"}, "key_env: key_env and key_file contradict each other"),
        ({"key_env": "K", "open_s": 0}, "open_s: 0 is out of bounds; write a number of seconds"),
        ({"key_env": "K", "open_s": True}, "open_s: true is no number"),
        ({"key_env": "K", "ways": ["in", "in"]}, "ways: in stands there twice; write each once"),
        ({"key_env": "K", "codes": {"nord": 1}}, 'codes.nord: there is no "nord" here; did you'),
        ({"key_env": 'a@b "', "key_file": 1}, "key_file: 1 is no text"),
        ({"key_env": " "}, "key_env: something else does not do"),
        ({"key": "secret!"}, "key: there is no such key in [gates.a]; credentials never stand in"),
    ],
    ids=str,
)
def test_tables_of_ones_own_are_judged_like_any_other(gate: dict[str, Any], told: str) -> None:
    data = {"gates": {"a": gate}}
    validator = jsonschema.Draft202012Validator(YARDS.json_schema("A yard"))
    validator.validate({"schema": "yard/1", "gates": {"a": {"key_file": "f", "open_s": 60}}})

    _, found = YARDS.judge(data)
    text = str(ConfigurationError.of("y.toml", "", found))
    assert f"y.toml: gates.a.{told}" in text
    assert "secret!" not in text
    assert not validator.is_valid({"schema": "yard/1", **data})


def test_what_has_no_mistake_is_judged_without_a_tree() -> None:
    fresh = FileModel(Yard, ConfigurationError, "yard/1", "a yard", FileKind("give a yard"))
    value, found = fresh.judge({"gates": {"a": {"key_file": "f"}}})
    assert (value, found) == (Yard({"a": Gate(key_file="f")}), [])
    assert "tree" not in vars(fresh)


def test_a_misspelt_key_is_not_missing_as_well_but_what_else_is_wrong_is_told() -> None:
    assert len(flaws_of({"rooms": [{"nam": "x"}]})) == 1
    assert len(flaws_of({"rooms": [{"nam": "x", "name": 3}]})) == 2


def test_the_page_has_a_table_for_each_table() -> None:
    page = HOUSES.to_markdown({"rooms": [{"kind": "kitchen", "beds": 0}]}).splitlines()

    assert (
        "| `people` | a table: name = a whole number from 0 to 99 | none | How old they are. |"
        in page
    )
    assert page[page.index("### `[[rooms]]`") + 2] == "Its rooms."
    assert "| `name` | a text that is not blank | required | What it is called. |" in page
    assert "| `oven` | true or false | `false` | Only with `kind` kitchen. |" in page
