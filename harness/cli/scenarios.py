"""`pairproof scenarios`: the scenarios that are shipped, and one of them in full."""

from __future__ import annotations

from harness.cli.exits import CONFORMS, CannotDo, put, put_json, put_list
from harness.fleet.loading import as_plain, find, names, readme, text_of
from harness.fleet.scenario import Scenario, scenario_schema_text
from harness.fleet.spelling import duration_text
from harness.history.operation import Json


def list_scenarios(format: str) -> int:
    """Print the shipped scenarios: name, hosts, and why each exists.

    Raises:
        ScenarioError: one of them says what it may not say.
    """
    match format:
        case "markdown":
            put(readme().rstrip("\n"))
        case "json":
            put_json([_row(find(name)) for name in names()])
        case _:
            cells = [_cells(find(name)) for name in names()]
            put_list(("name", "hosts", "lasts", "why"), cells, numbers=("hosts", "lasts"))
    return CONFORMS


def show_scenario(name: str, format: str) -> int:
    """Print one scenario: the text of its file, or all that it comes to as JSON.

    Raises:
        CannotDo: one scenario is not printed in this form.
        ScenarioError: there is none, or it says what it may not say.
    """
    match format:
        case "markdown":
            raise CannotDo("one scenario is printed as table (its file) or json")
        case "json":
            put_json(as_plain(find(name)))
        case _:
            put(text_of(name).rstrip("\n"))
    return CONFORMS


def print_schema() -> int:
    """Print the JSON Schema of a scenario file."""
    put(scenario_schema_text().rstrip("\n"))
    return CONFORMS


def _row(scenario: Scenario) -> dict[str, Json]:
    return {
        "name": scenario.name,
        "why": _why(scenario),
        "hosts": scenario.fleet.hosts,
        "duration": duration_text(scenario.duration),
        "cells": scenario.fleet.cells,
        "faults": [fault.kind.value for fault in scenario.faults],
        "swarm": scenario.swarm,
        "reach": [name for name, _ in scenario.reach],
        "gate": [*scenario.gate],
    }


def _why(scenario: Scenario) -> str:
    return " ".join(scenario.why.split())


def _cells(scenario: Scenario) -> tuple[str, ...]:
    hosts, lasts = f"{scenario.fleet.hosts:,}", duration_text(scenario.duration)
    return scenario.name, hosts, lasts, _why(scenario)
