"""Whatever the reference answers is what is published for it: no other field, no other type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.operations import Done, Operation
from harness.wire.codec import encode_reply
from harness.wire.model import WireModel
from harness.wire.routes import ROUTES
from tests.unit.wire.as_published import TABLES, differences
from tests.unit.wire.strategies import OPERATIONS, VALUES, refusals
from tests.unit.wire.test_published_names import published


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_answer_is_as_published(kind: type[Operation], data: st.DataObject) -> None:
    operation, value = data.draw(OPERATIONS[kind]), data.draw(VALUES[kind])
    for reply in (Done(value), data.draw(refusals)):
        answer = encode_reply(operation, reply)
        body = json.loads(answer.body()) if answer.body() else None
        assert differences(ROUTES[kind], answer.status, body) == []


def test_what_differs_is_seen() -> None:
    route = next(r for r in ROUTES.values() if r.id == "v1ClusterGet")
    spoilt = {
        "metadata": {"id": 5, "annotations": {"description": "ours"}, "colour": "red"},
        "spec": {"hostIDs": ["h", None], "nodePools": {}},
        "status": {"clusterState": "Resting", "health": "fine", "isRebootPending": 1},
    }
    assert differences(route, 200, spoilt) == [
        ".metadata.id is no text",
        "v1MetaData has no colour",
        ".spec.hostIDs.1 is no text",
        ".spec.nodePools is no {'list': {'of': 'v1ClusterNodePoolSpec'}}",
        ".status.clusterState is no {'one of': ['Deleting', 'Error', 'Provisioning', 'Running']}",
        ".status.health is no v1Health",
        ".status.isRebootPending is no flag",
    ]
    assert differences(route, 404, {"code": 404}) == [".code is no text"]
    silent = next(r for r in ROUTES.values() if r.response is None)
    assert differences(silent, 204, {}) == ["a body where none is published"]


# --- the types of our models ------------------------------------------------------------------


def plain(annotation: Any) -> str:
    """What an attribute holds, in the words of the table."""
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (k for k in get_args(annotation) if k is not NoneType)
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, WireModel):
        return "object"
    words = {Literal: "text", str: "text", bool: "flag", int: "number", dict: "object"}
    return words.get(origin, "list" if origin is list else f"{origin}")


def wanted(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    (name,) = kind
    return {"one of": "text", "list": "list"}.get(name, "object")


def loosened() -> Iterator[tuple[str, str, str]]:
    for api, models in TABLES.items():
        for name, kind in published(api).items():
            for attribute, info in kind.model_fields.items():
                field = info.alias or attribute
                if field in models.get(name, {}):
                    ours, theirs = plain(info.annotation), wanted(models[name][field])
                    if ours != theirs:
                        yield f"{name}.{field}", ours, theirs


def test_every_field_has_its_published_type() -> None:
    assert list(loosened()) == []
