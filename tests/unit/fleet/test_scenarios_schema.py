"""The loader, the published JSON Schema and the page say the same about scenario files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import harness.fleet
from harness.checkers.fleet.gate import METRICS
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.fleet.contradictions import NEEDS
from harness.fleet.loading import as_toml, read, shipped
from harness.fleet.scenario import (
    HOUR,
    Scenario,
    ScenarioError,
    scenario_schema_text,
    schema,
    to_markdown,
)
from harness.fleet.swarm import drawn
from tests.unit.fleet.judging_page import FAMILIES, family_of, metrics_table, situations_table

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_FILE = Path(harness.fleet.__file__).parent / "schemas" / "scenario-1.schema.json"
PAGE = ROOT / "docs" / "scenarios.md"
VALIDATOR = jsonschema.Draft202012Validator(schema())


def plain() -> dict[str, Any]:
    """A file with a table, a fault and something to reach, as it is read from TOML."""
    return {
        "schema": "pairproof/scenario/1",
        "name": "plain",
        "why": "It is plain.",
        "duration": "1h",
        "gate": ["violations == 0"],
        "operators": {"cancels": 0.5, "cancel_after": "1m..5m"},
        "faults": [{"kind": "link", "at": "5m"}],
        "reach": {"cancel_online": 1},
    }


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def stale(schema_file: str, page: str) -> list[str]:
    """What has to be put into the schema's file and into the page again."""
    made = {
        "harness.fleet.scenario.scenario_schema_text()": (scenario_schema_text(), schema_file),
        "harness.fleet.scenario.to_markdown()": (to_markdown(), page),
        "tests.unit.fleet.judging_page.metrics_table()": (metrics_table(), page),
        "tests.unit.fleet.judging_page.situations_table()": (situations_table(), page),
    }
    return [by for by, (text, published) in made.items() if text not in published]


def test_what_is_published_is_what_the_keys_say() -> None:
    schema_file, page = SCHEMA_FILE.read_text("utf-8"), PAGE.read_text("utf-8")
    assert stale(schema_file, page) == []
    assert stale(schema_file.replace("pairproof/scenario/1", "2"), page) == [
        "harness.fleet.scenario.scenario_schema_text()"
    ]
    for text in (to_markdown(), metrics_table(), situations_table()):
        assert len(stale(schema_file, page.replace(text, text[:-2]))) == 1


def test_shipped_files_are_valid() -> None:
    """That the validator sees what is wrong is shown below."""
    files = {path.name: tomllib.loads(path.read_text("utf-8")) for path in shipped()}
    invalid = [
        f"{name}: {error.json_path}: {error.message}"
        for name, data in files.items()
        for error in VALIDATOR.iter_errors(data)
    ]
    assert invalid == []


def test_what_is_drawn_and_saved_is_valid() -> None:
    for seed in range(40):
        scenario = drawn(Scenario("bees", "They know.", HOUR, swarm=True, seed=seed))
        VALIDATOR.validate(tomllib.loads(as_toml(scenario)))


def test_both_take_the_example_of_the_page() -> None:
    _, _, rest = PAGE.read_text("utf-8").partition("```toml\n")
    text = rest.partition("```")[0]

    VALIDATOR.validate(tomllib.loads(text))
    assert read(text, "late-links.toml").name == "late-links"


@pytest.mark.parametrize(
    "change",
    [
        {"hosts": 5},
        {"fleet": {"hots": 5}},
        {"fleet": {"hosts": 0}},
        {"fleet": {"hosts": "5"}},
        {"fleet": {"sizes": {"none": 1}}},
        {"duration": 5},
        {"duration": "soon"},
        {"operators": {"cancels": 2}},
        {"operators": {"cancel_after": "1m"}},
        {"operators": {"think": "1m.2m"}},
        {"operators": {"watch": "often"}},
        {"faults": [{"at": "5m"}]},
        {"faults": [{"kind": "lnik"}]},
        {"faults": [{"kind": "link", "factor": 3}]},
        {"faults": [{"kind": "link", "at": "5m", "every": "~5m"}]},
        {"faults": [{"kind": "link", "repeat": "5m"}]},
        {"reach": {"nowhere": 1}},
        {"reach": {"cancel_online": -1}},
        {"gate": "violations == 0"},
        {"schema": "pairproof/scenario/2"},
    ],
    ids=str,
)
def test_neither_takes_what_is_wrong(change: dict[str, Any]) -> None:
    VALIDATOR.validate(plain())
    data = plain() | change

    assert not VALIDATOR.is_valid(data)
    with pytest.raises(ScenarioError):
        read(toml_of(data), "wrong.toml")


def toml_of(data: dict[str, Any]) -> str:
    """The data as TOML, each table inline."""
    return "\n".join(f"{name} = {inline(value)}" for name, value in data.items())


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {inline(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_every_metric_and_every_situation_is_explained() -> None:
    assert {family_of(metric) for metric in METRICS} == {name for name, _ in FAMILIES}
    assert set(NEEDS) <= set(SITUATIONS)
    with pytest.raises(KeyError):
        family_of("latency_ms.accept.p98")


def test_a_swarm_may_leave_open_what_a_key_needs() -> None:
    alone = plain() | {"operators": {"cancel_after": "1m"}, "swarm": True, "reach": {}}

    VALIDATOR.validate(alone)
    assert read(toml_of(alone), "swarm.toml").given >= {"operators.cancel_after"}
