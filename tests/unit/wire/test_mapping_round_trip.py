"""Whatever crosses a mapped wire arrives as it was sent, for every operation, both ways."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.errors import Refused
from harness.domain.operations import Credentials, Done, Operation, Unknown
from harness.wire.codec import decode, encode
from harness.wire.http import HttpResponse
from harness.wire.json_path import Way, dotted
from harness.wire.mapping import OperationMap, WireMap
from harness.wire.model import Each, Leaf, WireModel, ways
from harness.wire.routes import ROUTES, Route
from tests.unit.wire.mapped import WILD, answered, arrives
from tests.unit.wire.strategies import OPERATIONS, VALUES, header_words, refusals

operations = st.sampled_from(sorted(ROUTES, key=lambda kind: kind.__name__))


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_an_operation_arrives_over_a_wild_wire(kind: type[Operation], data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS[kind])
    assert arrives(operation, WILD)[0] == operation


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_value_comes_back_over_a_wild_wire(kind: type[Operation], data: st.DataObject) -> None:
    operation, value = data.draw(OPERATIONS[kind]), data.draw(VALUES[kind])
    assert decode(operation, answered(operation, Done(value), WILD), WILD) == Done(value)


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_nothing_of_the_published_wire_is_left(kind: type[Operation]) -> None:
    """A wild mapping that left something alone would prove less than it seems to."""
    ours, theirs = ROUTES[kind], WILD.routes[kind]
    assert theirs.path != ours.path
    assert (
        ours.status not in WILD.spoken(kind).said.status or kind.__name__ == "CancelPairingRequest"
    )


@given(kind=operations, refused=refusals, data=st.data())
def test_a_refusal_comes_back_over_a_wild_wire(
    kind: type[Operation], refused: Refused, data: st.DataObject
) -> None:
    operation = data.draw(OPERATIONS[kind])
    response = answered(operation, refused, WILD)
    back = decode(operation, response, WILD)
    assert isinstance(back, Refused)
    assert (back.reason, back.message) == (refused.reason, refused.message)
    code = json.loads(response.body)["fault"]["type"]
    assert back.details == dict(refused.details) | {"status": str(response.status), "code": code}


@given(kind=operations, why=st.text(), data=st.data())
def test_an_unknown_stays_unknown_over_a_wild_wire(
    kind: type[Operation], why: str, data: st.DataObject
) -> None:
    operation = data.draw(OPERATIONS[kind])
    assert decode(operation, answered(operation, Unknown(why), WILD), WILD) == Unknown(why)


@given(st.builds(Credentials, *[st.just("") | header_words] * 3), operations, st.data())
def test_credentials_arrive_over_a_wild_wire(
    credentials: Credentials, kind: type[Operation], data: st.DataObject
) -> None:
    assert arrives(data.draw(OPERATIONS[kind]), WILD, credentials)[1] == credentials


@given(operations, st.integers(100, 599), st.binary() | st.text().map(str.encode), st.data())
def test_reading_a_mapped_answer_is_total(
    kind: type[Operation], status: int, body: bytes, data: st.DataObject
) -> None:
    operation = data.draw(OPERATIONS[kind])
    decode(operation, HttpResponse(status, {"Content-Type": "text/html"}, body), WILD)


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


@given(operations, st.data())
def test_any_json_in_a_mapped_answer_is_read_or_unknown(
    kind: type[Operation], data: st.DataObject
) -> None:
    operation, value = data.draw(OPERATIONS[kind]), data.draw(VALUES[kind])
    response = answered(operation, Done(value), WILD)
    body = json.loads(response.body) if response.body else None
    spoilt = data.draw(_spoilt(body))
    again = HttpResponse(response.status, {}, json.dumps(spoilt).encode())
    assert isinstance(decode(operation, again, WILD), Done | Unknown)


@st.composite
def _spoilt(draw: st.DrawFn, body: object) -> object:
    """The JSON with one node replaced by any other JSON."""
    if isinstance(body, dict) and body and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(body)))
        return {**body, name: draw(_spoilt(body[name]))}
    if isinstance(body, list) and body and draw(st.booleans()):
        index = draw(st.integers(0, len(body) - 1))
        return [*body[:index], draw(_spoilt(body[index])), *body[index + 1 :]]
    return draw(any_json)


# --- mappings that nobody has thought of ------------------------------------------------------


@st.composite
def operation_maps(draw: st.DrawFn, route: Route) -> OperationMap:
    """Some fields of both bodies at places of their own, the lists that they are in included."""
    return OperationMap(
        request=draw(_entries(route.request)), response=draw(_entries(route.response))
    )


@st.composite
def _entries(draw: st.DrawFn, model: type[WireModel] | None) -> dict[str, str]:
    if model is None:
        return {}
    known = [(way, shape) for way, shape in ways(model.shape) if way[-1] != "[]"]
    leaves = [(w, s) for w, s in known if isinstance(s, Leaf | Each)]
    chosen = draw(st.lists(st.sampled_from(leaves), max_size=6, unique_by=lambda pair: pair[0]))
    lists: dict[Way, Way] = {}
    entries = {}
    for n, (way, _) in enumerate(sorted(chosen, key=lambda pair: len(pair[0]))):
        depth = len(way) - way[::-1].index("[]") if "[]" in way else 0
        base = _moved(way[:depth], lists)
        name = draw(st.sampled_from(["", "deep."])) + f"f{n}"
        theirs = (*base, *name.split("."))
        lists[way] = theirs
        entries[dotted(way)] = dotted(theirs)
    return entries


def _moved(context: Way, lists: dict[Way, Way]) -> Way:
    """Where the element of a list is, once the lists around it have moved."""
    for end in range(len(context), 0, -1):
        if context[:end] in lists:
            return (*lists[context[:end]], *context[end:])
    return context


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_any_mapping_of_fields_loses_nothing(kind: type[Operation], data: st.DataObject) -> None:
    wire = WireMap({kind: data.draw(operation_maps(ROUTES[kind]))})
    operation, value = data.draw(OPERATIONS[kind]), data.draw(VALUES[kind])
    assert arrives(operation, wire)[0] == operation
    assert decode(operation, answered(operation, Done(value), wire), wire) == Done(value)


@given(kind=operations, data=st.data())
def test_a_plain_wire_changes_nothing(kind: type[Operation], data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS[kind])
    assert encode(operation, wire=WireMap()) == encode(operation)
