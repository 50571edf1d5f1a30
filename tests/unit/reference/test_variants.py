"""The variants: what is declared of them, and that each of them does something else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.catalogue.limits import Limits
from harness.catalogue.requirements import REQUIREMENTS
from harness.domain.errors import PairproofError
from harness.opening import open_inprocess
from harness.plugin.header import limits_of
from harness.reference.behaviour import Behaviour
from harness.reference.changed_answers import ApiRequest, Changed
from harness.reference.description import target_text
from harness.reference.embedded import EmbeddedReference, Layout
from harness.reference.planting import VARIANTS, Variant, Wire, behaviour_with, load
from harness.reference.variants.palette import (
    DecidingNeedsToReadAsWell,
    TheConfirmationNeedsAGoodToken,
)

from ..core.world import SmallWorld
from .probes import PROBES, Probe

load()
ON_PAGES = {entry.name for entry in VARIANTS if entry.behaviour.needs_a_browser}
"""What shows on pages is tried in a browser."""
OVER_HTTP = [e.name for e in VARIANTS if e.wire is Wire.HTTP and e.name not in ON_PAGES]
ERROR = {"code": "Conflict", "message": "the request is pending", "details": {"uid": "1"}}


def test_there_are_enough_of_them_and_each_has_a_probe() -> None:
    assert len(VARIANTS) >= 25
    assert {entry.name for entry in VARIANTS} - ON_PAGES == {*PROBES, *WIRE_PROBES}


def what_is_wrong(entry: Variant) -> Iterator[str]:
    if entry.requirement not in {requirement.id for requirement in REQUIREMENTS}:
        yield f"{entry.name} concerns {entry.requirement}, which does not exist"
    if not (entry.says[:1].isupper() and entry.says.endswith(".")):
        yield f"{entry.name} does not say in a sentence what it is: {entry.says!r}"
    try:
        Limits.from_mapping(entry.behaviour.limits)
    except PairproofError as error:
        yield f"{entry.name} has limits that cannot be: {error}"


def test_each_says_what_it_is_and_what_it_concerns() -> None:
    assert [wrong for entry in VARIANTS for wrong in what_is_wrong(entry)] == []


def test_the_guard_sees_each_kind() -> None:
    sound = VARIANTS.named("the_list_is_two_seconds_behind")
    planted: list[tuple[str, dict[str, Any]]] = [
        ("does not exist", {"requirement": "WDR-99"}),
        ("does not say in a sentence", {"says": "the list is behind."}),
        ("does not say in a sentence", {"says": "The list is behind"}),
        ("does not say in a sentence", {"says": ""}),
        ("limits that cannot be", {"behaviour": Behaviour(limits={"await": 5.0})}),
        ("limits that cannot be", {"behaviour": Behaviour(limits={"await_s": 61.0})}),
    ]
    unseen = [
        (kind, changes)
        for kind, changes in planted
        if not any(kind in wrong for wrong in what_is_wrong(replace(sound, **changes)))
    ]
    assert unseen == []


@cache
def as_it_is(probe: Probe) -> object:
    return probe(SmallWorld(behaviour=Behaviour()))


@pytest.mark.parametrize("name", PROBES)
def test_it_does_something_else_than_the_reference(name: str) -> None:
    probe = PROBES[name]
    assert probe(SmallWorld(behaviour=VARIANTS.named(name).behaviour)) != as_it_is(probe)


def test_the_limits_of_a_behaviour_are_those_of_its_run() -> None:
    driver = open_inprocess(1, "variant:the_list_is_two_seconds_behind")
    assert limits_of(driver) == Limits(list_lag_s=2.0, stays_s=Limits().edge_lag_s)
    driver.close()
    behaviour = behaviour_with("variant:answers_are_slow_at_times")
    with EmbeddedReference(1, Layout(clusters=1, hosts=1), behaviour=behaviour) as reference:
        assert "\nanswer_s = 20.0\n" in target_text(reference)


# --- over HTTP ------------------------------------------------------------------------------------


def answering(status: int, content: object) -> ASGIApp:
    """An app that always says the same."""
    return JSONResponse(content, status)


def ask(
    app: ASGIApp, method: str, path: str, query: str = "", asked: bytes = b""
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of one answer."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": asked, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}

    async def exchange() -> None:
        await app({**scope, "headers": []}, receive, send)

    asyncio.run(exchange())
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], dict(messages[0]["headers"]), body


def palette(name: str, status: int, content: object) -> ASGIApp:
    """Palette as a variant has it, before an app that always says the same."""
    return VARIANTS.named(name).behaviour.wrap_palette(answering(status, content))


def another_server_answers() -> None:
    moment = "2026-11-24T14:05:00.000001Z"
    told = {"uid": "1", "labels": {"site": "a"}, "at": moment}
    app = palette("another_servers_answers", 201, told)
    status, headers, body = ask(app, "POST", "/v1/edgehosts/tokens")
    found = json.loads(body)
    assert status == 202
    assert found["labels"] == {"site": "a"}
    assert found["at"] != moment
    assert set(found) > set(told)
    assert list(found)[-3:] == list(reversed(told))
    assert b"Content-Type" in headers
    assert b"Content-Length" not in headers
    said = palette("another_servers_answers", 200, {"message": "done"})
    assert ask(said, "PUT", "/v1/spectroclusters/1/metadata")[::2] == (204, b"")


def a_list_comes_by_a_cursor() -> None:
    whole = [str(n) for n in range(120)]
    every = {"items": [{"uid": uid} for uid in whole]}
    app, query = palette("lists_come_by_a_cursor", 200, every), ""
    pages: list[list[str]] = []
    for _ in range(4):
        page = json.loads(ask(app, "POST", "/v1/spectroclusters/pairing/search", query)[2])
        pages.append([item["uid"] for item in page["items"]])
        query = f"continue={page['listmeta']['continue']}"
    assert [len(page) for page in pages] == [2, 50, 50, 18]
    assert ([uid for page in pages for uid in page], query) == (whole[::-1], "continue=")


def a_match_says_no_and_no_more() -> None:
    told = {"valid": False, "packs": [{"pack": "Calico"}], "problems": [{"kind": "extra"}]}
    answer = ask(palette("no_match_has_no_reason", 200, told), "POST", "/v1/x/match")
    assert json.loads(answer[2]) == {"valid": False, "packs": [], "problems": []}


def refusals_have_many_statuses() -> None:
    app = palette("refusals_have_any_status", 409, ERROR)
    answers = [ask(app, "DELETE", f"/v1/spectroclusters/pairing/{n}") for n in range(60)]
    assert {status for status, _, _ in answers} == {400, 403, 404, 409, 422, 500}
    assert all(set(json.loads(body)) == {"code", "message"} for _, _, body in answers)
    assert ask(app, "POST", "/v1/edgehosts/clusters/pairing")[0] == 409


def a_proxy_says_little() -> None:
    local_ui = VARIANTS.named("behind_a_proxy_that_says_little").behaviour.wrap_local_ui
    cluster = "/v1/edge-mgmt/cluster"
    status, headers, body = ask(local_ui(answering(401, ERROR)), "DELETE", cluster)
    assert (status, body) == (401, b"")
    assert b"content-type" not in headers
    assert ask(local_ui(answering(202, {})), "PATCH", cluster)[::2] == (404, b"")
    assert ask(local_ui(answering(409, ERROR)), "DELETE", cluster)[2] != b""
    assert ask(local_ui(answering(404, ERROR)), "GET", f"{cluster}/pair/details")[2] == b""


def cookies_are_set() -> None:
    headers = ask(palette("cookies_of_ordinary_words", 200, {}), "GET", "/v1/edgehosts/tokens")[1]
    assert headers[b"set-cookie"] == b"env=local"


def a_stranger_is_all_of_it() -> None:
    behaviour = VARIANTS.named("a_stranger_in_all_of_it").behaviour
    app = behaviour.wrap_local_ui(answering(401, ERROR))
    _, headers, body = ask(app, "DELETE", "/v1/edge-mgmt/cluster")
    assert (headers[b"set-cookie"], body) == (b"env=local", b"")
    for core in (DecidingNeedsToReadAsWell, TheConfirmationNeedsAGoodToken):
        assert issubclass(cast(type, behaviour.make_central), core)


def some_answers_are_slow() -> None:
    app = palette("answers_are_slow_at_times", 200, {})
    assert isinstance(app, Changed)
    pauses = [app.pauses(ApiRequest("POST", "/v1/x", {})) for _ in range(50)]
    limit_s = VARIANTS.named("answers_are_slow_at_times").behaviour.limits["answer_s"]
    assert 0 < max(pauses) < limit_s
    assert pauses.count(0.0) == 48


def some_requests_are_too_many() -> None:
    app = palette("requests_are_limited_at_times", 200, {})
    answers = [ask(app, "GET", "/v1/edgehosts/tokens") for _ in range(60)]
    assert [status for status, _, _ in answers] == [*[200] * 59, 429]
    assert answers[-1][1][b"retry-after"] == b"0"


async def repeating(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers with the body that it was sent."""
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def read(name: str, body: str) -> Any:
    """What a variant reads of the body of a pairing request that is sent."""
    app = VARIANTS.named(name).behaviour.wrap_local_ui(repeating)
    status, _, said = ask(app, "POST", "/v1/edge-mgmt/cluster/pair", asked=body.encode())
    return json.loads(said) if status == 200 else status


def only_the_published_is_read() -> None:
    name, plain = "only_what_is_published_is_read", '{"registrationToken": "a"}'
    assert read(name, plain) == json.loads(plain)
    assert read(name, '{"registrationToken": "a", "x": 1}') == 400
    assert read(name, '{"registrationToken": "a", "registrationToken": "a"}') == 400


def keys_are_read_in_any_case() -> None:
    body = '{"registrationToken": "a", "RegistrationToken": "b", "labels": {"Site": "c"}}'
    found = read("keys_in_any_case", body)
    assert found == {"registrationToken": "b", "labels": {"Site": "c"}}


def the_first_key_is_read() -> None:
    assert read("the_first_of_two_keys_counts", '{"a": 1, "b": 2, "a": 3}') == {"a": 1, "b": 2}


def flags_are_read_from_texts() -> None:
    body = '{"insecure": "false", "registrationToken": "true"}'
    assert read("texts_stand_for_flags", body) == {"insecure": False, "registrationToken": "true"}


def texts_are_read_composed() -> None:
    found = read("texts_are_composed", '{"a": "Cafe\\u0301 st\\u200bore"}')
    assert found == {"a": "Caf\u00e9 store"}


def lists_are_the_other_way_round() -> None:
    told = {"items": [{"at": "2026-11-24T14:05:00.000001Z"}, {"at": "x"}]}
    answer = ask(palette("lists_come_the_other_way_round", 200, told), "GET", "/v1/x")
    assert [item["at"] for item in json.loads(answer[2])["items"]] == [
        "x",
        "2026-11-24T19:35:00.000+05:30",
    ]


WIRE_PROBES: dict[str, Callable[[], None]] = {
    "another_servers_answers": another_server_answers,
    "lists_come_by_a_cursor": a_list_comes_by_a_cursor,
    "no_match_has_no_reason": a_match_says_no_and_no_more,
    "refusals_have_any_status": refusals_have_many_statuses,
    "behind_a_proxy_that_says_little": a_proxy_says_little,
    "cookies_of_ordinary_words": cookies_are_set,
    "a_stranger_in_all_of_it": a_stranger_is_all_of_it,
    "answers_are_slow_at_times": some_answers_are_slow,
    "requests_are_limited_at_times": some_requests_are_too_many,
    "only_what_is_published_is_read": only_the_published_is_read,
    "keys_in_any_case": keys_are_read_in_any_case,
    "the_first_of_two_keys_counts": the_first_key_is_read,
    "texts_stand_for_flags": flags_are_read_from_texts,
    "texts_are_composed": texts_are_read_composed,
    "lists_come_the_other_way_round": lists_are_the_other_way_round,
}


@pytest.mark.parametrize("name", OVER_HTTP)
def test_it_answers_otherwise_over_http(name: str) -> None:
    WIRE_PROBES[name]()
