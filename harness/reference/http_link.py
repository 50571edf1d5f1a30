"""How a host's messages really reach the central side: HTTP, bounded in time and size."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import Any, TypeVar

import httpcore
import httpx
import uvloop

from harness import __version__
from harness.domain.flows import pairing_uid_of
from harness.domain.operations import (
    AgentOperation,
    Credentials,
    PollPairing,
    Probe,
    SubmitPairing,
    Unknown,
    WithdrawPairing,
)
from harness.loopback import addresses_of
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.layout import Carry
from harness.reference.strays import StrayMessages
from harness.wire.codec import CallInput, CallSequence
from harness.wire.http import BODY_BYTES_MAX, HttpRequest, HttpResponse, reworded
from harness.wire.mapping import PLAIN, WireMap

Result = TypeVar("Result")

_WITHOUT_NEWS = frozenset({204, 304})
"""What a question that was held in vain may be answered with."""

_SENDING = "http11.send_request_headers.started"
"""The event after which nobody can say any more that a message did not arrive."""


class HttpLink:
    """A `Link` over HTTP and HTTPS with connections that are kept.

    `ca_file` holds certificates that are trusted besides the system's; `trusted` is what they are
    checked with in its place. `proxy` is asked for connections, if there is one. What is meant for
    an address in `carried` does not go over HTTP. `timeout_s` bounds each of three steps of a call:
    connecting, which begins with the name; TLS; and the rest, from the first byte sent to the last
    one read. Redirects are not followed, and no more than `BODY_BYTES_MAX` is read. Safe to use
    from many threads. A question that Palette may hold is waited for as much longer. Where Palette
    withdraws by the id alone, one that never came is asked for by submitting once more.

    The exchange runs on an event loop of its own: only there can the resolving of a name,
    and a server that sends a byte now and then, be bounded.
    """

    def __init__(
        self,
        ca_file: Path | None = None,
        timeout_s: float = 2.0,
        wire: WireMap = PLAIN,
        trusted: ssl.SSLContext | None = None,
        *,
        proxy: str = "",
        carried: Mapping[str, Carry] = MappingProxyType({}),
        strays: StrayMessages | None = None,
        hears: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Make it; `strays` is told of each answer that is none to what was asked, `hears` is how
        hosts read the body of one.
        """
        self._carried = carried
        self._timeout_s = timeout_s
        self._wire = wire
        self._mark, self._numbers = token_hex(4), count(1)
        self._strays = strays
        self._hears = hears
        self._reworded: set[str] = set()
        self._questions: dict[str, set[Future[LinkReply]]] = {}
        self._submitted: dict[str, SubmitPairing] = {}
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="pairproof-link", daemon=True
        )
        self._thread.start()
        self._trusting = _transport(trusted or _trusting_context(ca_file), proxy)
        self._insecure = _transport(_insecure_context(), proxy)
        self._closed = False

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: AgentOperation
    ) -> LinkReply:
        """Deliver and wait for the answer.

        `NotDelivered` when it failed before the first byte of the request went out;
        `Unknown` when it failed after that, or when what answers is not a Palette.
        """
        if self._closed:
            return NotDelivered("the edge is being stopped")
        if carry := self._carried.get(base_url):
            return carry(host_uid, operation)
        transport = self._insecure if insecure else self._trusting
        is_reworded = host_uid in self._reworded
        self._reworded.discard(host_uid)
        work = self._carry(_Way(transport, base_url, is_reworded), operation)
        if not (self._wire.agents.hold_s and isinstance(operation, PollPairing)):
            return self._run(work)
        question = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._questions.setdefault(host_uid, set()).add(question)
        try:
            return question.result()
        except CancelledError:
            return Unknown(f"{base_url}: the host did not wait for the answer any longer")
        finally:
            self._questions.get(host_uid, set()).discard(question)

    def reword_next(self, host_uid: str) -> None:
        """The answer to the next message of this host comes in another writing."""
        self._reworded.add(host_uid)

    def hang_up(self, host_uid: str) -> None:
        """Wait no longer for the answers to questions of this host that are held."""
        for question in self._questions.pop(host_uid, ()):
            question.cancel()

    async def _carry(self, way: _Way, operation: AgentOperation) -> LinkReply:
        if not self._wire.spoken(WithdrawPairing).route.parameters():
            return await self._exchanged(way, operation)
        match operation:
            case SubmitPairing(cluster_token=secret):
                self._submitted[secret] = operation
            case WithdrawPairing(cluster_token=secret, pairing_uid="") if secret in self._submitted:
                # Its id never came. The same submission is answered with the same id (SND-4).
                again = await self._exchanged(way, self._submitted[secret])
                uid = "" if isinstance(again, NotDelivered) else pairing_uid_of(again)
                if not uid:
                    return again
                operation = replace(operation, pairing_uid=uid)
        return await self._exchanged(way, operation)

    def _unique(self, operation: AgentOperation) -> str:
        """A text for this message alone; a submission that is sent once more has its own again."""
        if isinstance(operation, SubmitPairing):
            secret = operation.cluster_token.encode()
            return f"{self._mark}-{hashlib.blake2b(secret, digest_size=8).hexdigest()}"
        return f"{self._mark}-{next(self._numbers)}"

    async def _exchanged(self, way: _Way, operation: AgentOperation) -> LinkReply:
        base_url = way.base_url
        given = CallInput(base_url, self._unique(operation), _now())
        sequence = CallSequence(operation, Credentials(), self._wire, given)
        holds_s = self._wire.agents.hold_s if isinstance(operation, PollPairing) else 0.0
        response = None
        while (due := sequence.due) is not None:
            await asyncio.sleep(due.after_s)
            exchange = _Exchange(self._timeout_s, holds_s, is_sent=response is not None)
            try:
                request = self._request(base_url, due.request, exchange)
                response = await exchange.carry(way.transport, request)
            except (TimeoutError, httpx.TimeoutException):
                waited_s = self._timeout_s + holds_s
                return exchange.failed(f"{base_url}: no answer within {waited_s:g} s")
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                return exchange.failed(f"{base_url}: {_what_failed(error)}")
            body = reworded(response.body) if way.is_reworded else response.body
            sequence.answered(replace(response, body=self._hears(body)), _now())
        reply = sequence.reply or Unknown("")
        if not isinstance(reply, Unknown):
            return reply
        if response is None:
            return NotDelivered(reply.why)
        self._note(operation, response.status, reply.why)
        return Unknown(f"{base_url}: what answers there is not a Palette ({reply.why})")

    def _note(self, operation: AgentOperation, status: int, why: str) -> None:
        """Keep an answer that was one, and no news of a server that is down or of a stranger."""
        nothing_new = self._wire.agents.hold_s and isinstance(operation, PollPairing)
        if (
            self._strays is None
            or status >= 500
            or isinstance(operation, Probe)
            or (nothing_new and status in _WITHOUT_NEWS)
        ):
            return
        kind, route = type(operation).__name__, self._wire.routes[type(operation)]
        self._strays.note(
            f"Palette's answer to {kind} ({route.method} {route.path}) cannot be read ({why}):"
            f" correct [paths.{kind}] of the target file"
        )

    def _request(self, base_url: str, message: HttpRequest, exchange: _Exchange) -> httpx.Request:
        return httpx.Request(
            message.method,
            base_url + message.path,
            params=dict(message.query) or None,
            headers={
                **message.headers,
                "Accept-Encoding": "identity",
                "User-Agent": f"pairproof-edge/{__version__}",
            },
            content=message.body(),
            extensions={"trace": exchange.trace, "timeout": exchange.timeouts},
        )

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Close the connections. What is carried from now on is not delivered."""
        if self._closed:
            return
        self._closed = True
        for host_uid in tuple(self._questions):
            self.hang_up(host_uid)
        self._run(self._trusting.aclose())
        self._run(self._insecure.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a message goes, and whether its answer comes in another writing."""

    transport: httpx.AsyncHTTPTransport
    base_url: str
    is_reworded: bool


class _Exchange:
    """One request with its answer, and whether any of it, or one before, may have arrived."""

    def __init__(self, timeout_s: float, holds_s: float, *, is_sent: bool) -> None:
        # The transport bounds connecting and TLS, each by itself; what it would count anew
        # with each byte that comes is bounded here.
        self.timeouts = {"connect": timeout_s, "pool": timeout_s, "read": None, "write": None}
        self._timeout_s = timeout_s + holds_s
        self._sent = is_sent
        self._answering = asyncio.timeout(None)

    async def trace(self, event: str, _: object) -> None:
        """Told by the transport how far it is."""
        if event == _SENDING:
            self._sent = True
            self._answering.reschedule(asyncio.get_running_loop().time() + self._timeout_s)

    def failed(self, why: str) -> LinkReply:
        """What a failure amounts to at this point."""
        return Unknown(why) if self._sent else NotDelivered(why)

    async def carry(
        self, transport: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> HttpResponse:
        """Send the request and read the answer, up to the limit."""
        async with self._answering:
            response = await transport.handle_async_request(request)
            try:
                body = await _bounded(response)
            finally:
                await response.aclose()
        return HttpResponse(response.status_code, dict(response.headers.items()), body)


def _now() -> int:
    return time.time_ns() // 1_000


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise httpx.ReadError(f"the answer is larger than {BODY_BYTES_MAX} bytes")
    return bytes(body)


def _transport(context: ssl.SSLContext, proxy: str) -> httpx.AsyncHTTPTransport:
    """A pool that lets go of idle connections before any server would."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=2)
    transport = httpx.AsyncHTTPTransport(
        verify=context, limits=limits, trust_env=False, proxy=proxy or None
    )
    if not proxy:  # httpx has no way to say where a host is
        transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_ToJudged(),
        )
    return transport


class _ToJudged(httpcore.AnyIOBackend):
    """Connects to where a host was judged to be."""

    async def connect_tcp(self, host: str, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        *others, last = addresses_of(host)
        for address in others:
            with suppress(httpcore.ConnectError):
                return await super().connect_tcp(address, *args, **more)
        return await super().connect_tcp(last, *args, **more)


def _trusting_context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _insecure_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the machine's certificates take a while
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _what_failed(error: Exception) -> str:
    """What went wrong, in words that a person at Local UI can act on."""
    for cause in _causes(error):
        match cause:
            case socket.gaierror() | UnicodeError():
                return "the host name cannot be resolved; check its spelling and the DNS"
            case ssl.SSLCertVerificationError():
                return (
                    f"the certificate is not trusted ({cause.verify_message}); install its CA,"
                    " or ask for an insecure connection"
                )
            case ssl.SSLError():
                return f"TLS failed ({cause.reason or cause}); is this an HTTPS endpoint?"
            case ConnectionRefusedError():
                return "the connection was refused; check the port, and that Palette runs"
            case httpx.InvalidURL() | httpx.UnsupportedProtocol():
                return f"this is no usable URL ({cause})"
    return str(error) or f"the connection broke ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error with everything that it was raised from, the parts of groups included."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions
