"""Domain values as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import pytest

from harness.domain.arrangements import SetNodeHealth
from harness.domain.cluster import Health
from harness.domain.operations import AcceptPairingRequest, SelectedProfile
from harness.domain.permission import Grant, PairPermission
from harness.history.plain import to_json, to_json_object


class Size(IntEnum):
    SMALL = 1


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


def test_a_dataclass_becomes_its_fields_in_order() -> None:
    operation = AcceptPairingRequest("5f1c", (SelectedProfile("p", "1.0.0"),), tags={"b": "1"})
    assert list(to_json_object(operation).items()) == [
        ("pairing_uid", "5f1c"),
        ("selection", [{"uid": "p", "version": "1.0.0"}]),
        ("name", None),
        ("description", None),
        ("tags", {"b": "1"}),
    ]


def test_an_enum_becomes_its_value_and_mappings_keep_their_order() -> None:
    assert to_json(SetNodeHealth("s", "n", Health.UNHEALTHY)) == {
        "slot": "s",
        "node": "n",
        "health": Health.UNHEALTHY.value,
    }
    assert to_json({Size.SMALL: Pair(1.5, None), "z": 1, "a": 2}) == {
        "1": {"left": 1.5, "right": None},
        "z": 1,
        "a": 2,
    }


def test_sets_are_sorted() -> None:
    grants = frozenset(Grant(p, s) for p in PairPermission for s in ("b", "a"))
    plain = to_json({"grants": grants, "names": frozenset({"y", "x"})})
    assert plain == {
        "grants": [
            {"permission": permission, "scope": scope}
            for permission in sorted(p.value for p in PairPermission)
            for scope in ("a", "b")
        ],
        "names": ["x", "y"],
    }


@pytest.mark.parametrize(
    "value",
    [object(), b"bytes", Pair, {"a": {1j}}],
    ids=["an object", "bytes", "a class", "a complex number"],
)
def test_what_has_no_plain_form_is_said(value: object) -> None:
    with pytest.raises(TypeError, match="has no plain form"):
        to_json(value)


def test_only_a_dataclass_becomes_an_object() -> None:
    with pytest.raises(TypeError, match="is not a dataclass"):
        to_json_object({"a": 1})
