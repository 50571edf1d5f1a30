"""HTTP/1.1 for the harness: kept connections, exchanges that are bounded in time and size and go at
an even pace, and what failed on the wire in words that a person can act on.

The one place that imports httpx.
"""

from __future__ import annotations

import errno
import logging
import socket
import ssl
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from harness import __version__
from harness.domain.endpoint import origin_of
from harness.domain.errors import PairproofError
from harness.loopback import addresses_of, is_loopback, resolved
from harness.wire.http import BODY_BYTES_MAX, HttpRequest, HttpResponse

# At the level DEBUG it logs the headers of every answer, and with them sessions and cookies.
logging.getLogger("httpcore").setLevel(logging.INFO)

_KEPT_MAX = 8
"""So many idle connections are kept to one address."""

USER_AGENT = {"User-Agent": f"pairproof/{__version__}"}
"""What the harness calls itself."""


class NoAnswer(PairproofError):
    """An exchange brought no whole answer; the message says why, and what to do."""


class TooLate(NoAnswer):
    """No connection stood in time, or no whole answer came in time."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class PinMismatch(ssl.SSLError):
    """A server shows another certificate, `found`, than one of those that are `expected`."""

    def __init__(self, found: str, expected: tuple[str, ...]) -> None:
        super().__init__(f"the certificate is {found}, and {' or '.join(expected)} is expected")
        self.found = found
        self.expected = expected


class HttpCall:
    """One exchange, for whoever has to know how far it came, or may end it from another thread.

    Attributes:
        answer_s: how long it may take from the first byte that is sent, in place of what is left
            of the time for all of it.
        is_sent: whether any byte of a request, of this exchange or one before, may have arrived.
        is_over: whether it was hung up.
    """

    def __init__(self, answer_s: float | None = None) -> None:
        self.answer_s = answer_s
        self.is_sent = False
        self.is_over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def hang_up(self) -> None:
        """Wait for the answer no longer, and send nothing that was not sent."""
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                _shut(self._socket)

    def uses(self, connection: socket.socket | None) -> None:
        """It goes on over this connection, or none. Raises `httpcore.ReadError`: it was hung up."""
        with self._lock:
            self._socket = connection
            if self.is_over and connection is not None:
                raise httpcore.ReadError("it was hung up")


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # whoever is at the other end was quicker
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS would say farewell first


class HttpClient:
    """Sends requests to any number of addresses and keeps the connections.

    Redirects are not followed, cookies are not kept, no proxy of the environment is used, and
    nothing is tried twice. Safe to use from many threads.

    Certificates are checked with `contexts` by address, and with `context` elsewhere. Through
    `proxy` goes what is not on this machine; it may be empty. A connection that is idle is kept
    for `kept_s`, or as long as its address has shown that it keeps it.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        connect_s: float,
        contexts: Mapping[str, ssl.SSLContext] | None = None,
        *,
        proxy: str = "",
        before: Callable[[str], None] = lambda _: None,
        body_bytes_max: int = BODY_BYTES_MAX,
        kept_s: float = 30,
    ) -> None:
        """Make the client. `before` is called with its address before each request is sent."""
        self._body_bytes_max = body_bytes_max
        self._before = before
        self._context = context
        self._connect_s = connect_s
        self._contexts = contexts or {}
        self._proxy = proxy
        self._backend = _BoundedBackend(kept_s)
        self._lock = threading.Lock()
        self._transports: dict[str, _Transport] = {}

    def prepare(self, base_url: str, request: HttpRequest, headers: Mapping[str, str]) -> Sent:
        """The request as it is going to be sent, with more headers than its own."""
        query = httpx.QueryParams(dict(request.query)) if request.query else ""
        url = f"{base_url}{request.path}{f'?{query}' if query else ''}"
        identity = {"Accept-Encoding": "identity"}
        return Sent(request.method, url, {**identity, **request.headers, **headers}, request.body())

    def exchange(
        self, base_url: str, sent: Sent, within_s: float, call: HttpCall | None = None
    ) -> HttpResponse:
        """Send the request and read the whole answer.

        `within_s` bounds all of it, from the name's resolving to the last byte, however slowly
        the bytes come.

        Raises:
            NoAnswer: no answer came, or none that is whole and of bounded size.
            TooLate: none in time.
        """
        self._before(base_url)
        call = call or HttpCall()
        self._backend.begin(call, within_s)
        try:
            return self._exchange(self._transport(base_url), sent, within_s)
        except httpx.ConnectTimeout as error:
            raise TooLate(
                _late(self._place(base_url), "no connection stood", min(self._connect_s, within_s))
            ) from error
        except httpx.TimeoutException as error:
            told = _late(self._place(base_url), "no whole answer came", within_s)
            raise TooLate(told) from error
        except httpx.ProxyError as error:
            told = (
                f"the proxy lets nothing through ({error}); look at its log, and at network.proxy"
            )
            raise NoAnswer(f"{self._place(base_url)}: {told}") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise NoAnswer(f"{self._place(base_url)}: {what_failed(error)}") from error
        except KeyboardInterrupt:  # it may leave a lock of the connections taken, for ever
            self._transports.pop(base_url, None)
            raise
        finally:
            call.uses(None)

    def _exchange(self, transport: _Transport, sent: Sent, within_s: float) -> HttpResponse:
        timeouts = {
            "connect": min(self._connect_s, within_s),
            "read": within_s,
            "write": within_s,
            "pool": within_s,
        }
        request = httpx.Request(
            sent.method,
            _url(sent.url),
            headers=dict(sent.headers),
            content=sent.body,
            extensions={"timeout": timeouts},
        )
        response = transport.handle_request(request)
        try:
            body = _bounded(response.stream, sent.url, self._body_bytes_max)
        finally:
            response.close()
        return HttpResponse(response.status_code, dict(response.headers.items()), body)

    def _transport(self, base_url: str) -> _Transport:
        """The connections to one address. A pool for all would look through all each time."""
        with self._lock:
            if base_url not in self._transports:
                context = self._contexts.get(base_url, self._context)
                proxy = self._proxy_for(base_url)
                self._transports[base_url] = _Transport(context, self._backend, proxy)
            return self._transports[base_url]

    def _proxy_for(self, base_url: str) -> str:
        return "" if is_loopback(base_url) else self._proxy

    def _place(self, base_url: str) -> str:
        """An address as messages have it, with what is in between."""
        proxy = self._proxy_for(base_url)
        return f"{base_url} (through the proxy {proxy})" if proxy else base_url

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()
            self._transports.clear()


class RequestPacer:
    """Lets requests to an address go one after the other, at an even pace.

    `per_second` is by address; addresses that are not named there go unbounded. Addresses of one
    host and port share one pace. Safe for many threads: each has its own turn.
    """

    def __init__(
        self,
        per_second: Mapping[str, float],
        *,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make the pacer. `now` is in seconds by a clock that is never set; `pause` waits."""
        rates = {origin_of(url)[1:]: rate for url, rate in per_second.items() if rate > 0}
        self._interval = {origin: 1 / rate for origin, rate in rates.items()}
        self._next: dict[tuple[str, int | None], float] = {}
        self._lock = threading.Lock()
        self._now = now
        self._pause = pause

    def take_turn(self, base_url: str) -> None:
        """Wait until a request may go to this address."""
        if not self._interval:
            return
        origin = origin_of(base_url)[1:]
        interval = self._interval.get(origin)
        if interval is None:
            return
        with self._lock:
            now = self._now()
            turn = max(now, self._next.get(origin, now))
            self._next[origin] = turn + interval
        if turn > now:
            self._pause(turn - now)


@lru_cache(maxsize=4_096)
def _url(text: str) -> httpx.URL:
    """An address, taken apart once: that is an eighth of what an exchange costs."""
    return httpx.URL(text)


def _late(place: str, what: str, within_s: float) -> str:
    return f"{place}: {what} within {within_s:g} s; check that it is running and not stuck"


def _bounded(stream: object, url: str, bytes_max: int) -> bytes:
    """All bytes of an answer, if they are not too many."""
    if not isinstance(stream, Iterable):
        raise TypeError(f"an answer cannot be read from a {type(stream).__name__}")
    body = bytearray()
    for chunk in stream:
        body += chunk
        if len(body) > bytes_max:
            raise NoAnswer(f"{url}: the answer is too large: more than {bytes_max} bytes")
    return bytes(body)


class _Transport(httpx.HTTPTransport):
    """httpx's transport over connections that keep a deadline."""

    def __init__(
        self, context: ssl.SSLContext, backend: httpcore.NetworkBackend, proxy: str
    ) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx bounds each read alone, so that a byte now and then never ends; its transport
        # takes no backend that would bound them together.
        make = partial(httpcore.HTTPProxy, proxy) if proxy else httpcore.ConnectionPool
        self._pool = make(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=_KEPT_MAX,
            network_backend=backend,
        )


@dataclass(slots=True)
class IdleConnections:
    """How long an address keeps connections that are idle: what is sent just as it closes one may
    or may not have arrived.

    Attributes:
        kept_s: after so long a connection is given up.
        proved_s: after so long one was answered all the same. One that is found closed sooner was
            not closed for being idle: whoever was there has restarted.
    """

    kept_s: float
    proved_s: float = 0.0

    def is_over(self, idle_s: float, *, closed: bool) -> bool:
        """Whether a connection that is idle for so long is given up."""
        if closed and idle_s > self.proved_s:
            self.kept_s = min(self.kept_s, max(self.proved_s, idle_s / 2))
        return closed or idle_s > self.kept_s

    def answers(self, idle_s: float) -> None:
        """A connection was answered that had been idle for so long."""
        self.proved_s = max(self.proved_s, idle_s)


class _UnderWay(threading.local):
    """Each thread's exchange, and when it has to be over, by the monotonic clock in seconds."""

    call = HttpCall()
    until: float = 0.0


class _BoundedBackend(httpcore.NetworkBackend):
    """Opens connections whose reads and writes end at the deadline of the calling thread."""

    def __init__(self, kept_s: float) -> None:
        self._inner = httpcore.SyncBackend()
        self._under_way = _UnderWay()
        self._kept = defaultdict[tuple[str, int], IdleConnections](lambda: IdleConnections(kept_s))

    def begin(self, call: HttpCall, within_s: float) -> None:
        """This thread's exchange begins; the deadline is for all that it does from now on."""
        self._under_way.call = call
        self._under_way.until = time.monotonic() + within_s

    def within(self, timeout: float | None) -> float:
        """The time that is left, if less than `timeout`. Raises `httpcore.ReadTimeout` for none."""
        left = self._under_way.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)

    def sends(self, stream: httpcore.NetworkStream) -> None:
        """This thread's exchange is about to send, and then to wait. Raises as `HttpCall.uses`."""
        call = self._under_way.call
        call.uses(stream.get_extra_info("socket"))
        if call.answer_s is not None:
            self._under_way.until = time.monotonic() + call.answer_s
        call.is_sent = True

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection to where the host was judged to be; no address takes others' time."""

        def opened(address: str, within_s: float | None) -> httpcore.NetworkStream:
            left = self.within(within_s)
            inner = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            return _BoundedStream(inner, self, self._kept[host, port])

        *others, last = _resolved_within(addresses_of(host), self.within(timeout))
        for follow, address in zip(range(len(others), 0, -1), others, strict=True):
            share = self.within(timeout) / (follow + 1)
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return opened(address, share)
        return opened(last, timeout)


def _resolved_within(addresses: tuple[str, ...], within_s: float) -> tuple[str, ...]:
    """The addresses, resolved if that is a name. Raises `ConnectError`, `ConnectTimeout`."""
    (name, *_) = addresses
    with suppress(ValueError):
        ip_address(name.partition("%")[0])
        return addresses
    asked: Future[tuple[str, ...]] = Future()

    def ask() -> None:
        try:
            asked.set_result(resolved(name))
        except (OSError, UnicodeError) as error:
            asked.set_exception(error)

    threading.Thread(target=ask, name=f"pairproof-resolves-{name}", daemon=True).start()
    try:
        return asked.result(within_s)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"{name} was not resolved in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{name} cannot be resolved") from error


def _close_what_was_lost(error: BaseException) -> None:
    """Close the sockets that a failure has left behind: of a connection that ends just before TLS
    begins, the standard library closes neither the old one nor the new.
    """
    for cause in _causes(error):
        for frame, _ in traceback.walk_tb(cause.__traceback__):
            if isinstance(lost := frame.f_locals.get("self"), ssl.SSLSocket):
                lost.close()


class _BoundedStream(httpcore.NetworkStream):
    """A connection that knows the deadline.

    What is written goes out when an answer is read: a request is one piece and one TLS record.
    """

    def __init__(
        self, inner: httpcore.NetworkStream, backend: _BoundedBackend, kept: IdleConnections
    ) -> None:
        self._inner = inner
        self._backend = backend
        self._kept = kept
        self._unsent = bytearray()
        self._used = time.monotonic()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what was written, and read what is there, as long as there is time."""
        idle_s = 0.0
        if self._unsent:
            idle_s = time.monotonic() - self._used
            self._backend.sends(self._inner)
            buffer, self._unsent = bytes(self._unsent), bytearray()
            with suppress(httpcore.WriteError):  # whoever reads no further may have answered
                self._inner.write(buffer, self._backend.within(timeout))
        came = self._inner.read(max_bytes, self._backend.within(timeout))
        self._used = time.monotonic()
        if came:
            self._kept.answers(idle_s)
        return came

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take it; it is sent with the next read."""
        self._unsent += buffer

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Begin to speak TLS."""
        within_s = self._backend.within(timeout)
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, within_s)
        except httpcore.ConnectError as error:
            _close_what_was_lost(error)
            raise
        return _BoundedStream(inner, self._backend, self._kept)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself. An idle one is asked whether there is anything to
        read, which is so where it was closed.
        """
        known = self._inner.get_extra_info(info)
        if info != "is_readable":
            return known
        return self._kept.is_over(time.monotonic() - self._used, closed=bool(known))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()


class _Code(IntEnum):
    """OpenSSL's reasons to refuse a certificate, as far as they ask for another remedy."""

    NOT_YET = 9
    EXPIRED = 10
    OTHER_NAME = 62
    OTHER_ADDRESS = 64


def _remedy(error: ssl.SSLCertVerificationError) -> str:
    match getattr(error, "verify_code", 0):
        case _Code.EXPIRED | _Code.NOT_YET:
            return "renew it, look at this machine's clock, or pin it with tls.fingerprints"
        case _Code.OTHER_NAME | _Code.OTHER_ADDRESS:
            return "ask at a name that stands in it, or pin it with tls.fingerprints"
    return "name its CA with tls.ca_file, pin it with tls.fingerprints, or set tls.insecure = true"


def what_failed(
    error: BaseException, remedy: Callable[[ssl.SSLCertVerificationError], str] = _remedy
) -> str:
    """What went wrong, and what to do about it, from the error and all that led to it.

    `remedy` says what is to be done about a certificate that is not trusted.
    """
    for cause in _causes(error):
        match cause:
            case PinMismatch():
                return (
                    f"its certificate is another one than was pinned: {cause.found} is shown, and"
                    f" {' or '.join(cause.expected)} is expected; find out why it changed, then"
                    " correct tls.fingerprints"
                )
            case ssl.SSLCertVerificationError():
                why = getattr(cause, "verify_message", cause)
                return f"its certificate is not trusted ({why}); {remedy(cause)}"
            case ssl.SSLError(reason="TLSV13_ALERT_CERTIFICATE_REQUIRED"):
                return "it asks for a certificate; name one with tls.cert_file"
            case ssl.SSLError():
                why = getattr(cause, "reason", None) or cause
                return (
                    f"TLS failed ({why}); does it speak plain HTTP, so that its address begins"
                    " with http://?"
                )
            case UnicodeEncodeError(encoding="ascii"):
                return "a header would hold what HTTP cannot carry, so nothing was sent"
            case socket.gaierror() | UnicodeError():
                return "its host name cannot be resolved; check its spelling and the DNS"
            case httpx.InvalidURL() | httpx.UnsupportedProtocol():
                return f"this is no usable URL ({cause})"
            case ConnectionRefusedError():
                return "the connection was refused; check the port, and that it is running"
            case ConnectionResetError() | BrokenPipeError() | OSError(errno=errno.ENOTCONN):
                return "the connection was reset before a whole answer came; look at its log"
    return _plain(error)


def _plain(error: BaseException) -> str:
    told = str(error)
    if "disconnected" in told:
        return "the connection was closed before an answer came; look at its log"
    return f"the exchange broke ({told or type(error).__name__}); does it speak HTTP/1.1?"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
