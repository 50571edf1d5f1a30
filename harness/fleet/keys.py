"""Scenario files as a kind of file: the model, its JSON Schema, and the tables of the page.

`harness/fleet/schemas/scenario-1.schema.json` is `scenario_schema_text()`, and the tables of
`docs/scenarios.md` are `to_markdown()`; a test says when one of them is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Final

from harness.configuration.errors import ConfigurationError
from harness.configuration.kinds import Node
from harness.configuration.model import FileModel, schema_text
from harness.files import FileKind
from harness.fleet.scenario import PLANS, FaultKind, FaultPlan, Scenario


class ScenarioError(ConfigurationError):
    """A scenario cannot be read, or says what it may not say."""


SCENARIO_FILE: Final = FileKind("give the path of a scenario file", error=ScenarioError.whole)
SCENARIOS: Final = FileModel(
    Scenario, ScenarioError, "pairproof/scenario/1", "a scenario", SCENARIO_FILE, Decimal
)


def settings_in(plan: object) -> Iterator[str]:
    """The fields of a plan that say something else than their default, in their order."""
    for field in fields(plan):  # type: ignore[arg-type]
        if getattr(plan, field.name) != field.default:
            yield field.name


def schema() -> Node:
    """The published JSON Schema (2020-12) of a scenario file, as read from TOML.

    It knows keys, types, bounds of numbers, and which keys go together; the loader is stricter.
    In a swarm, what a key needs may be among what is drawn.
    """
    made = SCENARIOS.json_schema("A scenario of pairproof, version 1")
    tables = {name: made["properties"][name] for name in PLANS}
    related = {
        name: {"dependentSchemas": table.pop("dependentSchemas")}
        for name, table in tables.items()
        if "dependentSchemas" in table
    }
    is_swarm = {"properties": {"swarm": {"const": True}}, "required": ["swarm"]}
    return made | {"if": is_swarm, "then": True, "else": {"properties": related}}


def scenario_schema_text() -> str:
    """The schema as its file holds it."""
    return schema_text(schema())


def to_markdown() -> str:
    """A table for each table of the file: key, what it holds, its default, what it means."""
    plain = Scenario("", "", 0, faults=(FaultPlan(FaultKind.LINK),))
    return SCENARIOS.to_markdown(SCENARIOS.write(plain, defaults=True))
