"""What stands before an app that speaks another wire: its own answers, and what gets through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from harness.domain import operations as ops
from harness.domain.operations import Credentials, Surface
from harness.reference.local_ui.app import make_local_ui_app
from harness.reference.palette.app import make_palette_app
from harness.reference.remapped import Remapped, speaking
from harness.wire.http import BODY_BYTES_MAX
from harness.wire.mapping import PLAIN
from tests.integration.reference_http.test_shells import (
    AlwaysUnknown,
    Broken,
    Recording,
    _EveryPort,
    call,
)
from tests.unit.wire.mapped import WILD

TRACE = {"X-Trace": "corr-7"}


def palette(side: Any) -> Any:
    return speaking(make_palette_app(side), WILD, Surface.PALETTE, Surface.AGENT)


def fault(response: httpx.Response) -> Mapping[str, Any]:
    found: Mapping[str, Any] = response.json()["fault"]
    return found


def test_the_published_wire_needs_nothing_before_the_app() -> None:
    app = make_palette_app(Recording())
    assert speaking(app, PLAIN, Surface.PALETTE) is app
    assert isinstance(palette(Recording()), Remapped)


def test_an_operation_reaches_the_side_with_its_credentials() -> None:
    side = Recording()
    headers = {"X-Auth": "Session jwt", "Authorization": "Key k", "X-Workspace": "p"}
    body = {"decision": "deny"}
    done = call(palette(side), "PUT", "/plane/handovers/a%20b/decision", headers=headers, json=body)
    assert done.status_code == 200
    assert side.asked == [(ops.RejectPairingRequest("a b"), Credentials("jwt", "k", "p"))]


def test_the_published_names_prove_nothing() -> None:
    side = Recording()
    headers = {"Authorization": "jwt", "ApiKey": "k", "ProjectUid": "p"}
    call(palette(side), "DELETE", "/plane/clusters/c", headers=headers)
    assert side.asked == [(ops.ReleaseCentralCluster("c"), Credentials())]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v1/edgehosts/tokens", b"", 410, "gone"),
        ("GET", "/v1/openapi.json", b"", 410, "gone"),
        ("PATCH", "/plane/tickets", b"", 405, "MethodNotAllowed"),
        ("PUT", "/plane/tickets", b"{", 422, "bad_request"),
        ("PUT", "/plane/tickets", b'{"until": 5}', 422, "bad_request"),
        ("PUT", "/plane/tickets", b"[]", 422, "bad_request"),
        ("PUT", "/plane/tickets", b"x" * (BODY_BYTES_MAX + 1), 413, "RequestTooLarge"),
        ("POST", "/plane/knock/ask", b'{"proof": {"secret": "s"}}', 422, "bad_request"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_what_is_no_request_is_refused_in_the_words_of_the_mapping(
    method: str, path: str, body: bytes, status: int, code: str
) -> None:
    side = Recording()
    response = call(palette(side), method, path, headers=TRACE, content=body)
    assert (response.status_code, fault(response)["type"]) == (status, code)
    assert (fault(response)["trace"], response.headers["X-Trace"]) == ("corr-7", "corr-7")
    assert {type(operation) for operation, _ in side.asked} <= {ops.ListProjects}, "but the login"


def test_the_methods_of_a_path_are_named() -> None:
    response = call(palette(Recording()), "PATCH", "/plane/tickets")
    assert response.headers["Allow"] == "GET, PUT"


def test_a_defect_is_told_in_the_words_of_the_mapping_and_still_raised() -> None:
    response = call(palette(Broken()), "GET", "/plane/tickets", headers=TRACE)
    assert (response.status_code, fault(response)["type"]) == (503, "our_fault")
    assert "s3cret" not in response.text


def test_what_nobody_knows_stays_unknown() -> None:
    app = speaking(make_local_ui_app(AlwaysUnknown(), _EveryPort()), WILD, Surface.LOCAL_UI)
    response = call(app, "DELETE", "/device/handover")
    assert response.status_code == 504
    assert response.json() == {"outcome": "unknown", "why": "nobody knows"}


def test_pages_are_left_alone() -> None:
    plain = call(make_palette_app(Recording()), "GET", "/login")
    assert call(palette(Recording()), "GET", "/login").content == plain.content
