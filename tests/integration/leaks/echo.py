"""A target that repeats every secret it was ever told, in every spelling, wherever it can."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

import trustme

from tests.integration.http.faulty import Visit, answer
from tests.integration.leaks.canaries import FRAGMENT, canary, spelled

SESSION = canary("session")
COOKIES = (canary("cookie"), canary("second-cookie"))
AUTHORITY = trustme.CA(organization_name="Leaks")
PEM = AUTHORITY.issue_cert("leaks.test").private_key_pem.bytes().decode()
KEY = [line for line in PEM.splitlines() if "-----" not in line and len(line) >= 12]
"""The lines of a private key; the first is the same in every key of its kind."""
PAGE = 65_536
"""Where the evidence cuts a body."""

_TOLD = re.compile(
    r'"(?:password|token|apiKey|api_key|value|registrationToken)"\s*:\s*("(?:[^"\\]|\\.)*")'
)
_HEADER = re.compile(r"(?im)^(?:authorization|apikey|cookie):\s*(?:bearer\s+)?(.+?)\r?$")


class Echo:
    """What it was told, and what it has made up: all of it must stay between us."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.secrets = dict.fromkeys((SESSION, *COOKIES))
        self.asked: set[str] = set()

    def behave(self, visit: Visit) -> None:
        """Answer what comes on one connection."""
        while request := _request(visit):
            head, body = request
            self._listen(head, body)
            _, path, *_ = head.split(" ", 2)
            self.asked.add(path)
            known = _HEADER.search(head) is not None
            is_in = known or "/login" in path or "/auth" in path
            reply = self._reply(path) if is_in else self._not_logged_in()
            visit.say(reply)
            # After a sound answer the connection stays: it may be used again at once.
            if self.mode in ("garbles", "endless") and reply == MODES[self.mode](self):
                return

    def _listen(self, head: str, body: str) -> None:
        told = [json.loads(text) for text in _TOLD.findall(body)]
        for secret in (*told, *(h.strip() for h in _HEADER.findall(head))):
            if len(secret) >= 4:
                self.secrets[secret] = None

    def _reply(self, path: str) -> bytes:
        if path.startswith("/control/"):
            unwilling = self.mode == "unwilling" and path.endswith("/PutToken")
            return self._refusal() if unwilling else answer("200 OK", b"{}")
        if "login" in path or "authenticate" in path:
            token = {"Authorization": SESSION, "Token": {"Authorization": SESSION}}
            return answer("200 OK", json.dumps(token).encode(), *self._cookies())
        if path.endswith("/cluster/pair"):
            return answer("200 OK", b'{"pairingUid": "5f1c"}')
        if path.endswith("/pair/details"):
            return answer("200 OK", b'{"pairingUid": "5f1c", "status": "Pairing"}')
        return MODES[self.mode](self)

    def _cookies(self) -> list[str]:
        return [f"Set-Cookie: s{n}={c}; Path=/; HttpOnly" for n, c in enumerate(COOKIES)]

    def _not_logged_in(self) -> bytes:
        """What is tried before a run is well-formed."""
        body = {"code": "Unauthenticated", "message": "log in", "details": {}}
        return answer("401 Unauthorized", json.dumps(body).encode(), *self._cookies())

    def _refusal(self) -> bytes:
        echo = spelled(self.secrets)
        body = {"code": "Conflict", "message": f"no: {echo}", "details": {"echo": f"{echo} {PEM}"}}
        return answer("409 Conflict", json.dumps(body).encode(), *self._cookies(), self._header())

    def _header(self) -> str:
        return f"X-Echo: {spelled(self.secrets)}"

    # --- the ways to repeat them ------------------------------------------------------------

    def refuses(self) -> bytes:
        return self._refusal()

    def redirects(self) -> bytes:
        # What it makes up itself is told nowhere but here.
        minted = canary("redirect")
        self.secrets[minted] = None
        query = "&".join(f"q={spelled([s])}" for s in self.secrets)
        place = f"Location: https://u:{minted}@elsewhere.test/?token={minted}&{query}"
        return answer("302 Found", b"", place.replace(" | ", "|"))

    def breaks(self) -> bytes:
        """Each secret in turn stands where an excerpt of the body is cut."""
        secret = list(self.secrets)[len(self.asked) % len(self.secrets)]
        body = f'{{"{"x" * 40}{secret}{spelled(self.secrets)}'
        return answer("200 OK", body.encode())

    def floods(self) -> bytes:
        """A body whose cut is in the middle of a secret, however much is replaced before it."""
        secrets = list(self.secrets)
        many = "".join(secrets) * 200
        pad = "-" * max(0, PAGE - len(many) - 20)
        return answer("409 Conflict", f"{many}{pad}{secrets[0]}{secrets[-1]}".encode() * 3)

    def chunks(self) -> bytes:
        """The same refusal, in pieces of which none tells a secret."""
        head, _, body = self._refusal().partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
        size = FRAGMENT - 1
        pieces = [body[i : i + size] for i in range(0, len(body), size)]
        chunked = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces)
        return b"\r\n".join((*lines, b"Transfer-Encoding: chunked", b"", chunked + b"0\r\n\r\n"))

    def garbles(self) -> bytes:
        """A header line that is none, so that what reads it quotes it."""
        return f"HTTP/1.1 200 OK\r\n{' '.join(self.secrets)}\x00\r\n\r\n".encode()

    def endless(self) -> bytes:
        """A length that never comes, with secrets at the end."""
        return b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + spelled(self.secrets).encode()


MODES: Mapping[str, Callable[[Echo], bytes]] = {
    "refuses": Echo.refuses,
    "unwilling": Echo.refuses,
    "redirects": Echo.redirects,
    "breaks": Echo.breaks,
    "floods": Echo.floods,
    "chunks": Echo.chunks,
    "garbles": Echo.garbles,
    "endless": Echo.endless,
}


def _request(visit: Visit) -> tuple[str, str] | None:
    """A whole request as head and body; none when the client has left."""
    raw = visit.head()
    if not raw:
        return None
    head, _, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length:\s*(\d+)", head)
    while length and len(body) < int(length[1]):
        body += visit.connection.recv(65_536)
    return head.decode("latin-1"), body.decode("utf-8", "replace")
