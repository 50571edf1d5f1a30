"""The page on drivers of one's own, held against the port, the base class and the operations."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import ARRANGEMENTS, FaultEffect
from harness.targets.own import OwnDriver
from harness.targets.plugged import PluggedDriver
from harness.targets.port import Driver, TargetInfo, TargetUnusable
from harness.targets.target import Target
from harness.wire.routes import ROUTES

PAGE = (Path(__file__).parents[3] / "docs" / "driver.md").read_text("utf-8")


def rows(head: str) -> dict[str, list[str]]:
    """The rows of the table whose first column is called so, by the name that each begins with."""
    table = re.search(rf"^\| {head} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None, head
    cells = ([cell.strip() for cell in row.split("|")[1:-1]] for row in table[1].splitlines())
    return {cell[0].strip("`"): cell[1:] for cell in cells}


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


def methods(kind: type) -> set[str]:
    return {name for name in public(kind) if inspect.isfunction(vars(kind)[name])}


def test_every_method_of_the_port_is_on_the_page() -> None:
    told = rows("method")
    assert told.keys() == methods(Driver) == methods(OwnDriver)
    assert all(asked and may in ("yes", "no") for asked, may, _ in told.values())


def test_what_may_be_left_out_has_a_default_and_what_follows_is_told() -> None:
    for name, (_, may, follows) in rows("method").items():
        body = inspect.getsource(getattr(OwnDriver, name))
        assert ("NotImplementedError" in body) is (may == "no"), name
        assert follows or may == "no", name


def test_every_attribute_is_on_the_page() -> None:
    told = rows("attribute")
    assert told.keys() == public(OwnDriver) - methods(OwnDriver)
    assert told.keys() >= set(Driver.__annotations__)


@pytest.mark.parametrize("kind", [ops.Done, ops.Refused, ops.Unknown])
def test_every_kind_of_reply_is_on_the_page(kind: type) -> None:
    assert any(name.startswith(kind.__name__) for name in rows("reply"))


def fields_of(kind: type) -> str:
    """The fields as they are written in Python, without those that every class has."""
    return ", ".join(f"`{field.name}: {field.type}`" for field in fields(kind)) or "none"


def test_every_operation_is_on_the_page_with_what_is_published_and_what_it_answers() -> None:
    told = rows("operation")
    assert told.keys() == {kind.__name__ for kind in ROUTES}
    for kind, route in ROUTES.items():
        answers = re.search(r"Answers (?:an? )?`(\w+)`", kind.__doc__ or "")
        answer = answers[1] if answers else "Acknowledged"
        published = f"`{route.method} {route.path}`"
        assert told[kind.__name__] == [fields_of(kind).replace("|", "or"), published, f"`{answer}`"]


def values_in(*kinds: object) -> dict[str, list[str]]:
    """The row of each class and enumeration of the domain that these consist of."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        found |= values_in(*get_args(kind))
        if not isinstance(kind, type) or not kind.__module__.startswith("harness.domain."):
            continue
        if issubclass(kind, Enum):
            told = ", ".join(f"`{each.value}`" for each in kind)
        elif is_dataclass(kind):
            told = fields_of(kind).replace("|", "or")
            found |= values_in(*get_type_hints(kind).values())
        else:
            continue
        found[kind.__name__] = [f"`{kind.__module__.removeprefix('harness.domain.')}`", told]
    return found


def test_every_value_is_on_the_page_with_its_module_and_its_fields() -> None:
    answers = {row[-1].strip("`") for row in rows("operation").values()}
    expected = values_in(
        *ROUTES, *ARRANGEMENTS.values(), FaultEffect, *(getattr(ops, a, None) for a in answers)
    )
    named = {kind.__name__ for kind in (*ROUTES, *ARRANGEMENTS.values())}
    expected = {name: row for name, row in sorted(expected.items()) if name not in named}
    assert rows("value") == expected


@pytest.mark.parametrize("at_once", [0, "4", True])
def test_what_a_driver_bears_at_once_is_a_number(at_once: object) -> None:
    own = OwnDriver()
    own.at_once = at_once  # type: ignore[assignment]
    with pytest.raises(TargetUnusable, match="at_once is a whole number of at least 1"):
        PluggedDriver("acme", own, Target(TargetInfo("acme")))
