"""Scenarios as TOML: a file that says no more than it must, and loads as the same scenario."""

from __future__ import annotations

from collections.abc import Iterator

from harness.fleet.contradictions import parts
from harness.fleet.keys import SCHEMA, TOP, Key, Plan, Table
from harness.fleet.kinds import toml_text
from harness.fleet.kinds_of_many import Named
from harness.fleet.scenario import Scenario
from harness.targets.toml_lines import Path

_ALWAYS = frozenset({"gate"})
"""What a reader wants to see, even where it is the default."""


def as_toml(scenario: Scenario) -> str:
    """The text of the scenario's file. What has its default is left out, but for the gate."""
    lines = [f"schema = {toml_text(SCHEMA)}", *_lines(scenario, (), TOP, scenario)]
    if "faults" in scenario.given and not scenario.faults:
        lines.append("faults = []")
    for path, table, plan in parts(scenario):
        inside = list(_lines(scenario, path, table, plan)) if path else []
        if inside or path[:1] == ("faults",):
            lines += ["", _header(path), *inside]
    for key in _keys_of_tables():
        lines += _as_table(scenario, key)
    return "\n".join(lines) + "\n"


def _header(path: Path) -> str:
    return f"[[{path[0]}]]" if len(path) > 1 else f"[{path[0]}]"


def _lines(scenario: Scenario, path: Path, table: Table, plan: Plan) -> Iterator[str]:
    for key in table.keys:
        is_given = f"{table.name}.{key.name}" in scenario.given
        is_table = isinstance(key.kind, Named)
        if not is_table and (is_given or key.name in _ALWAYS or table.is_set(plan, key.field)):
            yield f"{key.name} = {key.kind.text(getattr(plan, key.field))}"


def _keys_of_tables() -> Iterator[Key]:
    """The keys at the top that are written as tables."""
    return (key for key in TOP.keys if isinstance(key.kind, Named))


def _as_table(scenario: Scenario, key: Key) -> list[str]:
    """A table of numbers by name, after everything else."""
    pairs: tuple[tuple[str, int], ...] = getattr(scenario, key.field)
    if not pairs or not isinstance(key.kind, Named):
        return []
    number = key.kind.number
    return ["", f"[{key.name}]", *(f"{name} = {number.text(value)}" for name, value in pairs)]
