"""docs/wire.md says what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from harness.domain.operations import PollPairing
from harness.targets.target_keys import OPERATION_KEYS, WIRE_KEYS
from harness.targets.wire_reading import load_wire
from harness.wire import palette
from harness.wire.codec.errors import STATUS_OF
from harness.wire.control import HEALTH_PATH, INVENTORY_PATH
from harness.wire.model import OwnModel
from harness.wire.routes import ROUTES
from tests.unit.wire.test_published_names import OUR_FIELDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "wire.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


def test_every_path_of_ours_is_documented_with_its_models_and_its_status() -> None:
    documented = {row.split("`")[1] for row in ROWS if "` | `" in row and " /v1/" in row}
    ours = [route for route in ROUTES.values() if not route.published]
    assert documented == {route.operation.__name__ for route in ours}
    for route in ours:
        (row,) = (r for r in ROWS if r.startswith(f"| `{route.operation.__name__}` "))
        assert f"`{route.method} {route.path}`" in row
        assert f"| {route.status}" in row
        for model in (route.request, route.response):
            assert model is None or model.__name__[1:] in row or route.status == 202


def test_every_model_of_ours_is_documented_with_its_fields() -> None:
    for model in vars(palette).values():
        if isinstance(model, type) and issubclass(model, OwnModel) and model is not OwnModel:
            (row,) = (r for r in ROWS if r.startswith(f"| `{model.wire_name()}` "))
            assert set(model.field_names()) <= set(re.findall(r"`(\w+)(?:\[\])?`", row))


def test_every_field_of_ours_is_documented() -> None:
    for model, fields in OUR_FIELDS.items():
        (row,) = (r for r in ROWS if r.startswith(f"| `{model}` | `"))
        assert set(re.findall(r"`(\w+)`", row)) >= set(fields.split())


def test_every_reason_is_documented_with_its_status() -> None:
    for reason, status in STATUS_OF.items():
        (row,) = (r for r in ROWS if r.startswith(f"| {status} |"))
        assert f"`{reason.value}`" in row


def test_the_control_port_is_documented() -> None:
    assert f"`GET {HEALTH_PATH}`" in PAGE
    assert f"`GET {INVENTORY_PATH}`" in PAGE


def test_the_example_of_a_mapping_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    (tmp_path / "example.toml").write_text(example, "utf-8")
    wire = load_wire(tmp_path / "example.toml")
    assert wire.routes[PollPairing].path == "/agent/state"
    assert set(tomllib.loads(example)) == set(WIRE_KEYS)
    said = set().union(*(table.keys() for table in tomllib.loads(example)["paths"].values()))
    assert said == set(OPERATION_KEYS)
