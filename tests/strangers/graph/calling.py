"""How an edge host asks the management plane: GraphQL over HTTP, from the host's own address."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.strangers.graph.words import Json

ERRORS = "userErrors { code message }"
REQUEST = "id state cluster { id name } tags { key value }"
DOCUMENTS = {
    "Plane": "query Plane { plane { product } }",
    "SubmitPairing": "mutation SubmitPairing($input: SubmitPairingInput!)"
    f" {{ submitPairing(input: $input) {{ request {{ id }} {ERRORS} }} }}",
    "PairingOfSite": "query PairingOfSite($requestId: ID!, $siteSecret: String!) { pairingOfSite"
    f"(requestId: $requestId, siteSecret: $siteSecret) {{ {REQUEST} }} }}",
    "ConfirmPairing": "mutation ConfirmPairing($input: ConfirmPairingInput!)"
    f" {{ confirmPairing(input: $input) {{ request {{ {REQUEST} }} {ERRORS} }} }}",
    "WithdrawPairing": "mutation WithdrawPairing($input: WithdrawPairingInput!)"
    f" {{ withdrawPairing(input: $input) {{ {ERRORS} }} }}",
}
"""What hosts ask, by the name of the operation."""
THREADS = ThreadPoolExecutor(64)
NO_PLANE = "what answers is no management plane"


class PlaneError(Exception):
    """The plane did not do what it was asked. Without a code it may have done it.

    Attributes:
        arrived: whether the message may have arrived.
    """

    def __init__(self, message: str, code: str = "", *, arrived: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.arrived = arrived


def endpoint_url(text: str) -> str:
    """The address that an operator means, if any: a bare host name is asked over TLS."""
    whole = text.strip()
    whole = whole if "://" in whole else f"https://{whole}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    good = host and " " not in whole and all(one.isalnum() or one in "-._:" for one in host)
    surplus = parts.query or parts.fragment or parts.username or port == 0
    return whole.rstrip("/") if good and parts.scheme in ("http", "https") and not surplus else ""


@cache
def context(trusted: Path, insecure: bool) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=trusted)
    if insecure:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


class Caller:
    """Asks for one host; `trusted` holds the certificates that it trusts."""

    def __init__(self, address: str, trusted: Path, plants: frozenset[str]) -> None:
        self.address, self.trusted, self.plants = address, trusted, plants

    async def ask(
        self, endpoint: str, insecure: bool, name: str, variables: Json, timeout: float = 3.0
    ) -> Json:
        """What stands under the root field of the answer."""
        body = {"query": DOCUMENTS[name], "variables": variables}
        loop = asyncio.get_running_loop()
        status, raw = await loop.run_in_executor(
            THREADS, self.post, endpoint, insecure, json.dumps(body).encode(), timeout
        )
        try:
            told = json.loads(raw)
        except ValueError as error:
            raise PlaneError(NO_PLANE) from error
        if not isinstance(told, dict):
            raise PlaneError(NO_PLANE)
        return self.payload(told, status)

    def post(self, endpoint: str, insecure: bool, body: bytes, timeout: float) -> tuple[int, bytes]:
        parts = urlsplit(endpoint)
        host, source = parts.hostname or "", (self.address, 0)
        line = (
            http.client.HTTPSConnection(
                host,
                parts.port,
                timeout=timeout,
                source_address=source,
                context=context(self.trusted, insecure),
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout, source)
        )
        try:
            line.connect()
        except (OSError, ValueError) as error:
            raise PlaneError(trouble(error), arrived=False) from error
        try:
            headers = {"Content-Type": "application/json", "Connection": "close"}
            line.request("POST", f"{parts.path}/graphql", body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise PlaneError(trouble(error)) from error
        finally:
            line.close()

    def payload(self, told: Json, status: int) -> Json:
        """The only root field, unless there are errors beside or within it."""
        data = told.get("data")
        found: Any = next(iter(data.values()), None) if isinstance(data, dict) else None
        payload: Json = found if isinstance(found, dict) else {}
        errors = told.get("errors")
        if "user-errors-unread" not in self.plants:
            errors = errors or payload.get("userErrors")
        if errors and isinstance(errors, list) and isinstance(errors[0], dict):
            code = errors[0].get("code") or (errors[0].get("extensions") or {}).get("code")
            if code in ("INTERNAL", "RATE_LIMITED") or status >= 500 or status == 429:
                raise PlaneError(f"the management plane is in trouble ({status})")
            raise PlaneError(str(errors[0].get("message")), str(code or "REFUSED"))
        if status >= 300 or not isinstance(data, dict):
            raise PlaneError(f"{NO_PLANE} ({status})")
        return payload


def trouble(error: Exception) -> str:
    """What is wrong with an endpoint, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error, ssl.SSLError):
        return "TLS failed"
    if isinstance(error, socket.gaierror | ValueError):
        return "its host name cannot be resolved"
    if isinstance(error, TimeoutError):
        return "it stays silent"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return "the connection broke"
