"""Each writing means what the plain one means, by anybody's reading of JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from harness.domain.operations import ListPairingRequests, SubmitPairing
from harness.wire.http import HttpRequest, Json
from harness.wire.routes import ROUTES
from harness.wire.writings import SILENT, WRITINGS, Rewriting, doubled, with_tags, with_texts

PACK: Json = {"layer": "cni", "name": "Calico \U0001f3ec", "version": "3.25.1", "tag": "3.25.1"}
OTHER: Json = {"layer": "os", "name": "Ubuntu", "version": "22.04", "tag": "22.04"}
BODY: dict[str, Json] = {
    "metadata": {"name": "Kühlhaus", "labels": {"site": "a"}},
    "spec": {"registrationToken": "good", "profiles": [{"packs": [PACK, OTHER]}]},
    "flags": {"ended": True, "size": 3},
}
MODEL = ROUTES[SubmitPairing].request
assert MODEL is not None
SHAPE = MODEL.shape


def within(plain: Any, found: Any) -> bool:
    """Whether all that the plain body says stands in the other one, lists in any order."""
    if isinstance(plain, dict):
        return isinstance(found, dict) and all(
            key in found and within(value, found[key]) for key, value in plain.items()
        )
    if isinstance(plain, list):
        return all(any(within(item, other) for other in found) for item in plain)
    return bool(found == plain or found == json.dumps(plain))


@pytest.mark.parametrize("shape", [SHAPE, None], ids=["published", "of another wire"])
@pytest.mark.parametrize("name", WRITINGS)
def test_it_says_the_same_in_other_bytes(name: str, shape: Any) -> None:
    text = WRITINGS[name](BODY, shape)
    assert text != json.dumps(BODY, separators=(",", ":"))
    assert within(BODY, json.loads(text))


def pairs(text: str) -> list[tuple[str, Any]]:
    """Every key of a body with its value, however often it stands there."""
    found: list[tuple[str, Any]] = []
    json.loads(text, object_pairs_hook=lambda each: found.extend(each) or dict(each))
    return found


def test_what_each_of_them_is_about() -> None:
    written = {name: writing(BODY, SHAPE) for name, writing in WRITINGS.items()}
    assert list(json.loads(written["its keys in another order"])) == list(reversed(BODY))
    escaped = r'(?:"(?:\\u[0-9a-f]{4})+"|[{}\[\]:,]|true|\d+)+'
    assert re.fullmatch(escaped, written["every letter escaped"])
    twice = written["each key twice, alike"]
    assert twice.startswith('{"metadata":{"name":')
    assert twice.count('"flags"') == 2
    nothing = json.loads(written["nothing in what it leaves out"])
    assert nothing["metadata"]["annotations"] is None
    assert nothing["metadata"]["labels"] == {"site": "a"}
    unknown = json.loads(written["fields that nobody knows"])
    assert unknown["status"] == {"state": "Paired"}
    assert unknown["metadata"]["labels"] == {"site": "a"}
    order = json.loads(written["its lists in another order"])
    assert order["spec"]["profiles"][0]["packs"] == [OTHER, PACK]
    texts = json.loads(SILENT["its numbers and flags as texts"](BODY, SHAPE))
    assert texts["flags"] == {"ended": "true", "size": "3"}
    assert len(written["two hundred thousand letters more"]) > 200_000
    assert written["a field two hundred levels deep"].count("[") > 100
    cased = json.loads(SILENT["its keys in another case"](BODY, SHAPE))
    assert cased["Spec"]["RegistrationToken"] == "good"
    assert cased["Metadata"]["Labels"] == {"site": "a"}


@pytest.mark.parametrize(
    ("first", "in_another_case", "expected"),
    [
        (True, False, [("registrationToken", "bad"), ("registrationToken", "good")]),
        (False, False, [("registrationToken", "good"), ("registrationToken", "bad")]),
        (True, True, [("RegistrationToken", "bad"), ("registrationToken", "good")]),
        (False, True, [("registrationToken", "good"), ("RegistrationToken", "bad")]),
    ],
)
def test_a_key_is_doubled_where_it_holds_the_text(
    first: bool, in_another_case: bool, expected: list[tuple[str, str]]
) -> None:
    text = doubled("good", "bad", first=first, in_another_case=in_another_case)(BODY, None)
    assert [pair for pair in pairs(text) if pair[1] in ("good", "bad")] == expected


def test_a_key_is_doubled_where_the_text_is_a_number_there() -> None:
    twice = doubled("7", "8", first=True, in_another_case=False)
    assert twice({"profile": 7, "name": "7"}, None) == (
        '{"profile":8,"profile":7,"name":"8","name":"7"}'
    )
    assert twice({"first": True, "n": 17}, None) == '{"first":true,"n":17}'
    assert doubled("1", "2", first=True, in_another_case=False)({"a": True}, None) == '{"a":true}'


def test_tags_and_texts_are_written_otherwise() -> None:
    tagged = json.loads(with_tags(lambda version: f"v{version}")(BODY, None))
    assert [p["tag"] for p in tagged["spec"]["profiles"][0]["packs"]] == ["v3.25.1", "v22.04"]
    texts = json.loads(with_texts(lambda text: {"good": "better"}.get(text, text))(BODY, None))
    assert texts["spec"]["registrationToken"] == "better"
    assert texts["metadata"] == BODY["metadata"]


def test_only_what_differs_counts_as_written() -> None:
    lists = Rewriting(WRITINGS["its lists in another order"])
    without = HttpRequest("POST", "/", json={"a": 1})
    assert lists.of(without, None).body() == b'{"a":1}'
    assert lists.met == 0
    assert lists.of(HttpRequest("POST", "/", json={"a": [1, 2]}), None).body() == b'{"a":[2,1]}'
    assert lists.met == 1
    for nothing in (HttpRequest("GET", "/"), HttpRequest("POST", "/", json={"a": "b"}, form=True)):
        assert lists.of(nothing, ListPairingRequests) == nothing
    assert lists.met == 1
