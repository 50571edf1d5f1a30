"""What the driver looks at before a run, what it can arrange, and which endpoints it has."""

from __future__ import annotations

import pytest

from harness.domain.arrangements import CreateProject, Restart, Side
from harness.domain.endpoint import EndpointForm
from harness.targets.endpoints import usable_forms
from harness.targets.port import CannotArrange, TargetUnusable
from harness.targets.target import Control
from tests.integration.http import faulty
from tests.integration.http.faulty import Behave, always, answer
from tests.integration.http.targets import (
    EMPTY,
    HOST,
    NOT_LOGGED_IN,
    Open,
    target_at,
    with_control,
)

SHORT_S = 0.3
"""How long an answer may take where none is going to come."""


# --- the check before a run ---------------------------------------------------------------------


def control_or(reply: bytes, control: bytes) -> Behave:
    """Answers the control port's paths so, and all others otherwise."""

    def behave(visit: faulty.Visit) -> None:
        while head := visit.head():
            visit.say(control if b" /control/" in head else reply)

    return behave


def test_a_target_that_answers_passes_the_check(opened: Open) -> None:
    target = opened.faulty(control_or(NOT_LOGGED_IN, answer("200 OK", b"{}")))
    opened.driver(with_control(target.url)).check()
    assert len(target.heads) == 3


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (faulty.hangs, f"no whole answer came within {SHORT_S:g} s"),
        (faulty.resets, "reset"),
        (faulty.turns_in_a_circle, "redirects"),
        (always(answer("200 OK", b"<html>", kind="text/html")), "text/html"),
        (always(answer("200 OK", b"[1]")), "an array"),
        (always(answer("404 Not Found", b"nothing here", kind="text/plain")), "404, text/plain"),
    ],
)
def test_one_that_does_not_is_unusable(opened: Open, behave: Behave, told: str) -> None:
    target = opened.faulty(behave)
    answer_s = SHORT_S if behave is faulty.hangs else 5.0  # what comes may come late
    with pytest.raises(TargetUnusable) as caught:
        opened.driver(target_at(target.url, answer_s)).check()
    message = str(caught.value)
    assert message.startswith(f"Local UI of host {HOST} cannot be used: GET {target.url}/v1/")
    assert told in message


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (NOT_LOGGED_IN, "control.secret_env"),
        (answer("404 Not Found", b""), "this is no control port"),
    ],
)
def test_a_control_port_that_is_none_is_unusable(opened: Open, control: bytes, told: str) -> None:
    target = opened.faulty(control_or(NOT_LOGGED_IN, control))
    with pytest.raises(TargetUnusable, match=told) as caught:
        opened.driver(with_control(target.url)).check()
    assert "canary-secret" not in str(caught.value)


def test_elsewhere_nothing_is_asked_unless_it_may_be_changed(opened: Open) -> None:
    with pytest.raises(TargetUnusable, match="allow_writes = true"):
        opened.driver(target_at("https://palette.invalid")).check()
    with pytest.raises(TargetUnusable, match="cannot be resolved"):
        opened.driver(target_at("https://palette.invalid", allow_writes=True)).check()


# --- arrangements -------------------------------------------------------------------------------


def test_without_a_control_port_nothing_can_be_arranged(opened: Open) -> None:
    driver = opened.at(always(EMPTY))
    with pytest.raises(
        CannotArrange, match=r"CreateProject .*central side.*no control port"
    ) as caught:
        driver.arrange(CreateProject("p", "P"))
    assert caught.value.what == "CreateProject"


def test_an_arrangement_goes_to_the_side_that_it_concerns(opened: Open) -> None:
    done = answer("204 No Content", b"").replace(b"Content-Length: 0\r\n", b"")
    edge, central = opened.faulty(always(done)), opened.faulty(always(done))
    controls = {Side.EDGE: Control(edge.url, "e"), Side.CENTRAL: Control(central.url, "c")}
    driver = opened.driver(target_at(edge.url, controls=controls))
    driver.arrange(Restart(Side.EDGE))
    driver.arrange(CreateProject("p", "P"))
    assert [head.split(b" ")[1] for head in edge.heads] == [b"/control/Restart"]
    assert [head.split(b" ")[1] for head in central.heads] == [b"/control/CreateProject"]


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (
            always(answer("409 Conflict", b'{"code": "Conflict", "message": "no slot x"}')),
            "no slot",
        ),
        (always(answer("500 Oops", b"")), "answered 500"),
        (faulty.closes, "closed before an answer"),
    ],
)
def test_what_the_control_port_cannot_do_is_told(opened: Open, behave: Behave, told: str) -> None:
    driver = opened.driver(with_control(opened.faulty(behave).url))
    with pytest.raises(CannotArrange, match=told):
        driver.arrange(CreateProject("p", "P"))


# --- endpoints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "forms"),
    [
        (
            "https://p.example:8443/",
            {"url": "https://p.example:8443/", "bare-host": "p.example:8443"},
        ),
        ("p.example", {"url": "https://p.example", "bare-host": "p.example"}),
        ("http://p.example", {"url": "http://p.example", "plain-http": "http://p.example"}),
    ],
)
def test_the_endpoint_has_other_forms(endpoint: str, forms: dict[str, str]) -> None:
    found = {form.value: text for form, text in usable_forms(endpoint).items()}
    assert found == {"usable": endpoint, **forms}


def test_bad_endpoints_are_served_where_the_target_can_reach_them(opened: Open) -> None:
    url = opened.faulty(always(EMPTY)).url
    forms = opened.driver(target_at(url, endpoint_forms={"silent": "mine"})).inventory()
    assert forms.endpoint_forms.keys() >= {"refusing", "not-a-palette", "missing", "malformed"}
    assert forms.endpoint_forms["silent"] == "mine"
    far = opened.driver(target_at("https://far.example")).inventory().endpoint_forms
    assert far.keys() & {form.value for form in EndpointForm} == {
        *("usable", "url", "bare-host", "missing", "malformed", "unresolvable")
    }
