"""Each sample fleet, written once, with its reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.reporting.fleet.files import write_fleet_reports
from harness.reporting.fleet.model import FleetReport
from tests.unit.reporting.fleet.fleets import ALL


@dataclass(frozen=True)
class Made:
    """The reports of a fleet, and the folder in which they lie."""

    folder: Path
    report: FleetReport

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    done: dict[str, Made] = {}

    def make(name: str) -> Made:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            done[name] = Made(folder, write_fleet_reports(ALL[name]().write(folder), folder))
        return done[name]

    return make


def published(name: str) -> dict[str, Any]:
    folder = resources.files("harness.reporting").joinpath("schemas")
    loaded: dict[str, Any] = json.loads(folder.joinpath(name).read_text("utf-8"))
    Draft202012Validator.check_schema(loaded)
    return loaded


@pytest.fixture(scope="session")
def schema() -> Draft202012Validator:
    return Draft202012Validator(published("report-1.schema.json"))
