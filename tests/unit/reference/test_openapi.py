"""The documents of the reference require what its operations cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.reference.openapi import describe
from harness.wire.codec.engine import REQUESTS
from harness.wire.json_path import BODY
from harness.wire.model import Malformed
from harness.wire.routes import ROUTES, routes_of
from tests.unit.wire.samples import as_read, sample_request

DOCUMENTS = {surface: describe("one", routes_of(ROUTES, surface)) for surface in Surface}
READ_BY_HAND = {
    ops.ScaleMachinePool: "a patch",
    ops.PatchNamedCluster: "a patch",
    ops.WithdrawPairing: "either of two",
}
WITH_A_BODY = [k for k, route in ROUTES.items() if route.request and k not in READ_BY_HAND]


def without_one(json: Any) -> Iterator[Any]:
    """The JSON with one field less, for each field at any depth."""
    if isinstance(json, dict):
        for name, inner in json.items():
            yield {other: value for other, value in json.items() if other != name}
            yield from ({**json, name: less} for less in without_one(inner))
    elif isinstance(json, list):
        yield from ([less, *json[1:]] for each in json[:1] for less in without_one(each))


def is_read(kind: type[Operation], body: Any) -> bool:
    try:
        REQUESTS[kind][0](as_read({**sample_request(kind), BODY: body}))
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("kind", WITH_A_BODY, ids=lambda kind: kind.__name__)
def test_a_field_is_required_where_it_cannot_be_missing(kind: type[Operation]) -> None:
    route, document = ROUTES[kind], DOCUMENTS[kind.surface]
    asked = document["paths"][route.path][route.method.lower()]["requestBody"]["content"]
    schema = {**asked["application/json"]["schema"], "components": document["components"]}
    validator = Draft202012Validator(schema)
    body = sample_request(kind)[BODY]
    assert validator.is_valid(body)
    differing = [
        less for less in without_one(body) if not is_read(kind, less) and validator.is_valid(less)
    ]
    assert differing == []
