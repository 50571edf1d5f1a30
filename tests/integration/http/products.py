"""A small product whose operations take calls of its own: a wizard and jobs, a login by a form's
cookie, the id of a request in the path and its secret in a header.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.integration.leaks.canaries import canary

SID, CSRF, KEY, PROOF, PASSWORD = map(canary, ("cookie", "csrf", "key", "proof", "password"))

MAPPING = """
[headers]
Authorization = "Cookie: sid={}"
[constants]
"X-Csrf:" = "{session.csrf}"
"X-Site:" = "{env.SITE_KEY}"
[codes]
GONE = "NotFound"
STALE = "PairingRequestDecided"
"-32001" = "NotFound"
[errors]
code = "why.code"
message = "why.text"

[rpc]
path = "/rpc"
[paths.DeleteToken]
rpc = "token.drop"
request = { "{uid}" = "token" }

[paths.LogInToPalette]
path = "/session"
keep = { csrf = "data.csrf" }
request = { "?setCookie" = "" }
[paths.LogInToPalette.response]
Authorization = "Set-Cookie: sid"

[[paths.AcceptPairingRequest.calls]]
name = "open"
path = "/wizards"
request = { "{pairingUid}" = "request" }
constants = { "X-Once:" = "{unique}" }
keep = { wizard = "data.id" }
[[paths.AcceptPairingRequest.calls]]
name = "profiles"
method = "PUT"
path = "/wizards/{kept.wizard}/profiles"
request = { "spec.profiles" = "choice", "spec.profiles[].uid" = "choice[].profile" }
[[paths.AcceptPairingRequest.calls]]
name = "details"
method = "PUT"
path = "/wizards/{kept.wizard}/details"
request = { "metadata.name" = "name" }
[[paths.AcceptPairingRequest.calls]]
name = "finish"
path = "/wizards/{kept.wizard}/finish"
keep = { job = "Location:" }
[[paths.AcceptPairingRequest.calls]]
name = "job"
method = "GET"
path = "{kept.job}"
repeat = { while = { "data.state" = ["queued", "running"] }, every_s = 0.2, within_s = 30 }
refused_when = { "data.state" = "failed" }
response = { uid = "data.cluster" }

[paths.WithdrawPairing]
method = "DELETE"
path = "/requests/{id}"
status = [202]
[paths.WithdrawPairing.request]
pairingUid = "{id}"
ended = ""
"clusterMeta.localClusterUid" = "?cluster"
"clusterMeta.localClusterToken" = "X-Proof:"
"""


@dataclass
class Product:
    """What it was asked, and how it answers; `spoils` answers in place of what is right."""

    port: int = 0
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    spoils: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)
    looks: int = 0
    choice: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, what: str, headers: dict[str, str], body: Any) -> tuple[int, Any, Any]:
        self.asked.append((what, headers, body))
        if what in self.spoils:
            return self.spoils.pop(what)
        if what == "POST /session":
            right = body["password"] == PASSWORD and headers["X-Site"] == KEY
            cookies = {"Set-Cookie": f"sid={SID}; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT"}
            return (200, {"data": {"csrf": CSRF}}, cookies) if right else _no(401, "LOGIN")
        if what.startswith("DELETE /requests/"):
            good = headers.get("X-Proof") == PROOF and what.endswith("r-1?cluster=c-1")
            return (202, None, {}) if good else _no(404, "GONE")
        if headers.get("Cookie") != f"sid={SID}" or headers.get("X-Csrf") != CSRF:
            return _no(401, "LOGIN")
        if what == "POST /rpc":
            return self.rpc(body)
        return self.wizard(what, headers, body)

    def rpc(self, body: Any) -> tuple[int, Any, Any]:
        told = {"jsonrpc": "2.0", "id": body["id"]}
        if body["method"] == "token.drop" and body["params"] == {"token": "t-1"}:
            return 200, {**told, "result": None}, {}
        return 200, {**told, "error": {"code": -32001, "message": "no such token"}}, {}

    def wizard(self, what: str, headers: dict[str, str], body: Any) -> tuple[int, Any, Any]:
        if what == "POST /wizards":
            if headers["X-Once"] in self.once:
                return _no(409, "STALE")
            self.once.add(headers["X-Once"])
            known = body == {"request": "r-1"}
            return (201, {"data": {"id": "w-1"}}, {}) if known else _no(404, "GONE")
        if re.fullmatch("PUT /wizards/w-1/(profiles|details)", what):
            self.choice = body.get("choice", self.choice)
            return 204, None, {}
        if what == "POST /wizards/w-1/finish":
            self.looks = 0
            return 202, None, {"Location": f"{self.url}/jobs/7?all=1"}
        if what == "GET /jobs/7?all=1":
            self.looks += 1
            state = ["queued", "running", "done"][min(self.looks, 3) - 1]
            return 200, {"data": {"state": state, "cluster": "cluster-9"}}, {}
        return _no(404, "GONE")


def _no(status: int, code: str) -> tuple[int, Any, dict[str, str]]:
    return status, {"why": {"code": code, "text": "no"}}, {}


@contextmanager
def running() -> Iterator[Product]:
    """The product on a port of this machine."""
    product = Product()

    class Talk(BaseHTTPRequestHandler):
        def do(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            what = f"{self.command} {self.path}"
            status, out, headers = product.answer(what, dict(self.headers), body)
            sent = b"" if out is None else json.dumps(out).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(sent))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            return

    for verb in ("GET", "POST", "PUT", "DELETE"):
        setattr(Talk, f"do_{verb}", Talk.do)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = False
    product.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield product
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
