"""Arrangements as JSON, strictly, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.arrangements import (
    ARRANGEMENTS,
    TIMES_MAX,
    Arrangement,
    FaultNextMessage,
    Inventory,
    MessageFault,
    MessageKind,
    PutUser,
    Slot,
)
from harness.domain.permission import every_grant
from harness.wire import control
from harness.wire.http import parse_json
from harness.wire.model import Malformed

FAULT = {"host_uid": "h", "message": "poll", "fault": "late"}

st.register_type_strategy(
    FaultNextMessage,
    st.builds(
        FaultNextMessage,
        st.text(),
        st.sampled_from(MessageKind),
        st.sampled_from(MessageFault),
        times=st.integers(1, TIMES_MAX),
    ),
)


@pytest.mark.parametrize("kind", ARRANGEMENTS.values(), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_arrangement_comes_back(kind: type[Arrangement], data: st.DataObject) -> None:
    arrangement = data.draw(st.from_type(kind))
    request = control.encode_arrangement(arrangement, "secret")
    assert request.path == control.arrangement_path(kind)
    assert control.arrangement_from(kind.__name__, parse_json(request.body())) == arrangement


def test_the_secret_goes_out_as_a_bearer() -> None:
    assert control.bearer("s") == {"Authorization": "Bearer s"}


def test_equal_values_give_equal_bytes() -> None:
    grants = every_grant("p")
    users = [
        PutUser("e", "p", "k", frozenset(order)) for order in (grants, sorted(grants, key=repr))
    ]
    one, other = (control.encode_arrangement(user, "").body() for user in users)
    assert one == other


def test_an_inventory_comes_back() -> None:
    inventory = Inventory((Slot("s", ("h1", "h2")),), "https://p.test", {"url": "https://p.test"})
    assert control.from_json(Inventory, control.to_json(inventory)) == inventory


@pytest.mark.parametrize(
    ("name", "json", "says"),
    [
        ("InstallCluster", [], "body"),
        ("InstallCluster", {}, "slot"),
        ("InstallCluster", {"slot": 1, "cluster": None}, "slot"),
        ("InstallCluster", {"slot": "s", "cluster": None, "clusters": 1}, "clusters"),
        (
            "InstallCluster",
            {"slot": "s", "cluster": {"uid": "u", "name": "n", "colour": "red"}},
            "cluster.colour",
        ),
        ("Restart", {"side": "middle"}, "side"),
        ("AdvanceClock", {"side": "edge", "by": 1.5}, "by"),
        ("AdvanceClock", {"side": "edge", "by": "1"}, "by"),
        ("FaultNextMessage", {**FAULT, "times": 0}, "times"),
        ("FaultNextMessage", {**FAULT, "times": TIMES_MAX + 1}, "times"),
    ],
)
def test_what_is_not_an_arrangement_is_refused(name: str, json: Any, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        control.arrangement_from(name, json)


def test_what_json_has_no_form_for_is_no_plain_value() -> None:
    with pytest.raises(TypeError, match="complex"):
        control.to_json(1j)
