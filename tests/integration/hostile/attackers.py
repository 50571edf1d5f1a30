"""A target that puts an attack wherever it may say anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from tests.integration.http.faulty import Visit, answer

ATTACKS: Mapping[str, str] = {
    "path": "../../../escaped",
    "absolute path": "/tmp/pairproof-escaped",
    "markup": "\"'><script>alert('attack')</script><img src=x onerror=alert(1)>",
    "terminal": "\x1b[2J\x1b]0;attack\x07\x9b31m\r\b\x7f",
    "direction": "a\u202etxt.exe\u2066\u2028b",
    "NUL": "a\x00b\x00",
    "shell": "$(touch attacked) `touch attacked` ; touch attacked | touch attacked #",
    "template": "{{ 7*7 }}{% include '/etc/passwd' %}${7*7}%s%n",
    "CI command": "\n::error::attack\n##[error]attack\n::set-output name=x::attack",
    "XML": "]]></failure><failure>attack</failure><![CDATA[",
    "Markdown": "[attack](javascript:alert(1)) ![](http://attack.test) @everyone | `x` <b>",
    "long": "A" * 60_000,
    "half a character": "\ud800",
    "empty": "",
}


class Attacker:
    """Whoever logs in is let in; whatever else is asked is answered with the attack."""

    def __init__(self, attack: str, *, refuses: bool) -> None:
        self.attack = attack
        self.refuses = refuses

    def behave(self, visit: Visit) -> None:
        """Answer what comes on one connection."""
        while raw := visit.head():
            head, _, body = raw.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length:\s*(\d+)", head)
            while length and len(body) < int(length[1]):
                body += visit.connection.recv(65_536)
            text = head.decode("latin-1")
            visit.say(self._reply(text.split(" ")[1], known="\nauthorization:" in text.lower()))

    def _reply(self, path: str, *, known: bool) -> bytes:
        if path.startswith("/control/"):
            refused = self.refuses and path.endswith(("/PutUser", "/ForgetProject", "/RemoveUser"))
            return self._refusal("409 Conflict") if refused else answer("200 OK", b"{}")
        if "login" in path or "authenticate" in path:
            token = {"Authorization": "session-1", "Token": {"Authorization": "session-1"}}
            return answer("200 OK", json.dumps(token).encode())
        if not known:
            return answer("401 Unauthorized", b'{"code": "Unauthenticated", "message": "log in"}')
        if self.refuses:
            return self._refusal("409 Conflict")
        return self._answer()

    def _refusal(self, status: str) -> bytes:
        a = self.attack
        body = {"code": a or "Conflict", "message": a or "no", "details": {a: a, "host": a}}
        return answer(status, json.dumps(body).encode(), self._header())

    def _answer(self) -> bytes:
        a = self.attack
        item = {"uid": a, "pairingUid": a, "name": a, "metadata": {"uid": a, "name": a}, "state": a}
        body = {**item, "status": a, "message": a, "endpoint": a, "items": [item, item]}
        return answer("200 OK", json.dumps(body).encode(), self._header())

    def _header(self) -> str:
        """What of it a header can hold."""
        return f"X-Attack: {re.sub(r'[^ -~]', '?', self.attack)[:2_000]}"
