"""What hosts say to a central side, and what a lab does to it on the way."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import re
import socket
import ssl
import urllib.parse
from pathlib import Path
from typing import Any

from tests.strangers.kube import web
from tests.strangers.kube.web import Json, Refusal

MESSAGE_S = 2.0
TROUBLES: list[tuple[type[OSError], str, str]] = [
    (ssl.SSLCertVerificationError, "untrusted", "its certificate is not trusted"),
    (TimeoutError, "silent", "it does not answer in time"),
    (socket.gaierror, "unresolved", "its host name cannot be resolved"),
    (ssl.SSLError, "tls", "it does not speak TLS as it should"),
    (ConnectionRefusedError, "refused", "the connection is refused"),
]
STATUSES = {"server-error": 500, "unavailable": 503, "rate-limited": 429}


class Down(OSError):
    """A link that a lab has cut, or a message that it has lost."""


class Network:
    """Each message is one of a host, and of a kind that a lab knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.down: dict[str, int] = {}  # host: messages since it was cut
        self.faults: list[Json] = []  # in the order in which they were arranged
        self.seen: list[Json] = []  # all that ever were
        self.late: dict[str, list[Any]] = {}

    def trust(self, insecure: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context.load_verify_locations(self.folder / "trusted.pem")
        return context

    def clear(self, hosts: set[str]) -> None:
        self.faults = [one for one in self.faults if one["host"] not in hosts]
        self.seen = [one for one in self.seen if one["host"] not in hosts]
        for host in hosts:
            self.late.pop(host, None)

    def up(self, host: str) -> None:
        if self.down.pop(host, None) is None:
            # it was up already: nothing waits for its messages any more
            self.faults = [one for one in self.faults if one["host"] != host]
        for send in self.late.pop(host, []):
            asyncio.get_running_loop().create_task(self._quietly(send))

    async def _quietly(self, send: Any) -> None:
        with contextlib.suppress(OSError):
            await send()

    async def send(
        self,
        host: str,
        kind: str,
        method: str,
        url: str,
        *,
        insecure: bool,
        headers: dict[str, str] | None = None,
        body: Any = None,
        timeout: float = MESSAGE_S,
    ) -> web.Reply:
        async def go() -> web.Reply:
            return await web.call(method, url, headers or {}, body, self.trust(insecure), timeout)

        if host in self.down:
            raise Down(101, "network is unreachable")
        meant = [one for one in self.faults if (one["host"], one["message"]) == (host, kind)]
        fault = next((one for one in meant if one["left"] > 0), None)
        if fault is None:
            return await go()
        fault["left"] -= 1
        fault["met"].append(web.Clock().now())
        match fault["fault"]:
            case "lost-before":
                raise Down(104, "connection reset by peer")
            case "unanswered":
                await asyncio.sleep(timeout)
                raise TimeoutError
            case "lost-after":
                await go()
                raise Down(104, "connection reset by peer")
            case "delayed":
                await asyncio.sleep(fault["delay"] / 1e6)
                if host in self.down:
                    raise Down(101, "network is unreachable")
                return await go()
            case "late":
                self.late.setdefault(host, []).append(go)
                raise Down(104, "connection reset by peer")
            case "repeated":
                reply = await go()
                await self._quietly(go)
                return reply
            case "repeated-late":
                self.late.setdefault(host, []).append(go)
                return await go()
            case "server-error" | "unavailable" | "rate-limited" as what:
                status = STATUSES[what]
                reason = "InternalError" if status == 500 else "TooManyRequests"
                refusal = Refusal(status, reason, "not now")
                return web.Reply(status, {"retry-after": "1"}, json.dumps(refusal.body()).encode())
            case "garbled":
                return web.Reply(200, {}, b'{"kind": "Submission", "metadata": {"na')
            case "reworded":
                reply = await go()
                found = reply.json()
                if found is not None:
                    new = {"unasked": [1, {"for": None}], **dict(reversed(list(found.items())))}
                    reply.raw = json.dumps(new, indent=3).encode()
                return reply
        return await go()


def unusable(why: str, trouble: str, **details: Any) -> Refusal:
    details = {"trouble": trouble, **details}
    return Refusal(422, "EndpointUnusable", f"the endpoint {why}", details)


def base_url(text: str) -> str:
    """The address that an operator means; a bare host name is asked over HTTPS."""

    def wrong(why: str) -> Refusal:
        return unusable(f"is malformed: {why}", "malformed")

    text = text.strip()
    if not text:
        raise unusable("is missing", "missing")
    whole = text if "://" in text else f"https://{text}"
    try:
        parts = urllib.parse.urlsplit(whole)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise wrong("it is no address") from error
    surplus = parts.query or parts.fragment or parts.username
    if parts.scheme not in ("https", "http") or not host or surplus:
        raise wrong("it is neither a host name nor an address of http or https")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if not re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", host):
            raise wrong("its host is no name") from None
    if port == 0:
        raise wrong("its port is none")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def trouble(error: OSError) -> tuple[str, str]:
    """What is wrong with an endpoint, for people and for programs."""
    for kind, name, why in TROUBLES:
        if isinstance(error, kind):
            return name, why
    if "no HTTP" in str(error):
        return "stranger", "what answers there is no pairing API"
    return "unreachable", "no connection can be made"


def refuses(reply: web.Reply) -> bool:
    """A Status that says why."""
    found = reply.json() or {}
    is_status = found.get("kind") == "Status" and isinstance(found.get("reason"), str)
    return reply.status >= 400 and is_status
