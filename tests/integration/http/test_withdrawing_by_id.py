"""Edge hosts that the harness plays, where Palette takes a withdrawal by the id alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.context.stacks import DOCUMENTED_STACK
from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.reference.core.link import NotDelivered
from harness.reference.http_link import HttpLink
from harness.targets.target_file import load_wire

MAPPING = """
[paths.SubmitPairing]
path = "/requests"
constants = { "X-Once:" = "{unique}" }
[paths.WithdrawPairing]
method = "DELETE"
path = "/requests/{id}"
[paths.WithdrawPairing.request]
pairingUid = "{id}"
ended = "?ended"
"clusterMeta.localClusterUid" = ""
"clusterMeta.localClusterToken" = "LocalClusterToken:"
"""
SUBMISSION = ops.SubmitPairing(
    "a-token", "a-secret", Cluster("c-1", "plant", stack=DOCUMENTED_STACK), "1"
)


class Numbering:
    """A Palette that gives each submission a number, and the same one to the same key again."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.withdrawn: list[str] = []
        outer = self

        class Talk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.keys.append(self.headers["X-Once"])
                number = list(dict.fromkeys(outer.keys)).index(outer.keys[-1]) + 1
                body = json.dumps({"uid": f"r-{number}"}).encode()
                self.send_response(201)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_DELETE(self) -> None:
                outer.withdrawn.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def palette() -> Iterator[Numbering]:
    made = Numbering()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def link(tmp_path: Path) -> Iterator[HttpLink]:
    (tmp_path / "wire.toml").write_text(MAPPING, "utf-8")
    made = HttpLink(wire=load_wire(tmp_path / "wire.toml"))
    yield made
    made.close()


def test_a_submission_that_comes_twice_is_the_same_one(palette: Numbering, link: HttpLink) -> None:
    first, again, other = (
        link.carry(
            "h", palette.url, False, ops.SubmitPairing("a-token", secret, SUBMISSION.cluster)
        )
        for secret in ("a-secret", "a-secret", "another")
    )
    assert first == again == ops.Done(ops.PairingId("r-1"))
    assert other == ops.Done(ops.PairingId("r-2"))


def test_an_id_that_never_came_is_asked_for_by_submitting_again(
    palette: Numbering, link: HttpLink
) -> None:
    link.carry("h", palette.url, False, SUBMISSION)  # and its answer is lost on the way
    withdrawal = ops.WithdrawPairing("c-1", "a-secret", ended=True)
    assert link.carry("h", palette.url, False, withdrawal) == ops.Done(ops.Acknowledged())
    assert palette.withdrawn == ["/requests/r-1?ended=true"]
    assert palette.keys == [palette.keys[0]] * 2


def test_what_was_never_submitted_cannot_be_withdrawn(palette: Numbering, link: HttpLink) -> None:
    reply = link.carry("h", palette.url, False, ops.WithdrawPairing("c-1", "a-secret"))
    assert isinstance(reply, NotDelivered)
    assert "{id}" in reply.why
    assert palette.withdrawn == []
