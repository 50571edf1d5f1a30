"""How a host's messages really reach the central side: HTTP, bounded in time and size."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

from harness import __version__
from harness.domain import operations as ops
from harness.domain.errors import Refused
from harness.domain.flows import pairing_uid_of
from harness.http_client import HttpCall, HttpClient, NoAnswer, TooLate, what_failed
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.heard import HeardMessages, request_in_words
from harness.reference.layout import Carry
from harness.wire.codec import CallInput, CallSequence, SubmittedBefore, unique_for
from harness.wire.http import reworded
from harness.wire.mapping import PLAIN, WireMap

_KEPT_S = 2.0
"""Idle connections are let go of before any server would: what is sent over one that is closed
just then may have arrived."""

_STOPPING = "the edge is being stopped"
_CALLS_ITSELF = {"User-Agent": f"pairproof-edge/{__version__}"}


class HttpLink:
    """A `Link` over HTTP and HTTPS with connections that are kept.

    `ca_file` holds certificates that are trusted besides the system's; `trusted` is what they are
    checked with in its place. `proxy` is asked for connections, if there is one. What is meant for
    an address in `carried` does not go over HTTP. `timeout_s` bounds each of three steps of a call:
    connecting, which begins with the name; TLS; and the rest, from the first byte sent to the last
    one read. Redirects are not followed, and no more than `BODY_BYTES_MAX` is read. Safe to use
    from many threads. A question that Palette may hold is waited for as much longer. Where Palette
    withdraws by the id alone, one that never came is asked for by submitting once more.
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
        heard: HeardMessages | None = None,
        hears: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Make it; `heard` is told of each answer, and of those that are none to what was asked;
        `hears` is how hosts read the body of one.
        """
        self._carried = carried
        self._timeout_s = timeout_s
        self._wire = wire
        self._mark, self._numbers = token_hex(4), count(1)
        self._heard = heard
        self._hears = hears
        self._reworded: set[str] = set()
        self._questions: dict[str, set[HttpCall]] = {}
        self._submitted = SubmittedBefore(wire)
        self._lock = threading.Lock()
        self._trusting = _client(trusted or _trusting_context(ca_file), timeout_s, proxy)
        self._insecure = _client(_insecure_context(), timeout_s, proxy)
        self._closing = threading.Event()

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: ops.AgentOperation
    ) -> LinkReply:
        """Deliver and wait for the answer.

        `NotDelivered` when it failed before the first byte of the request went out;
        `Unknown` when it failed after that, or when what answers is not a Palette.
        """
        if self._closing.is_set():
            return NotDelivered(_STOPPING)
        if carry := self._carried.get(base_url):
            return carry(host_uid, base_url, insecure, operation)
        client = self._insecure if insecure else self._trusting
        is_reworded = host_uid in self._reworded
        self._reworded.discard(host_uid)
        way = _Way(client, base_url, is_reworded)
        if not (self._wire.agents.hold_s and isinstance(operation, ops.PollPairing)):
            return self._carry(way, operation, self._call())
        question = self._call(self._wire.agents.hold_s)
        with self._lock:
            if self._closing.is_set():  # nobody would hang it up any more
                return NotDelivered(_STOPPING)
            self._questions.setdefault(host_uid, set()).add(question)
        try:
            reply = self._carry(way, operation, question)
        finally:
            with self._lock:
                self._questions.get(host_uid, set()).discard(question)
        if question.is_over:
            return ops.Unknown(f"{base_url}: the host did not wait for the answer any longer")
        return reply

    def reword_next(self, host_uid: str) -> None:
        """The answer to the next message of this host comes in another writing."""
        self._reworded.add(host_uid)

    def hang_up(self, host_uid: str) -> None:
        """Wait no longer for the answers to questions of this host that are held."""
        with self._lock:
            questions = self._questions.pop(host_uid, set())
        for question in questions:
            question.hang_up()

    def _call(self, holds_s: float = 0.0) -> HttpCall:
        return HttpCall(self._timeout_s + holds_s)

    def _carry(self, way: _Way, operation: ops.AgentOperation, call: HttpCall) -> LinkReply:
        before = self._submitted.of(operation)
        if before and isinstance(operation, ops.WithdrawPairing):
            again = self._exchanged(way, before, self._call())
            uid = "" if isinstance(again, NotDelivered) else pairing_uid_of(again)
            if not uid:
                return again
            operation = replace(operation, pairing_uid=uid)
        return self._exchanged(way, operation, call)

    def _exchanged(self, way: _Way, operation: ops.AgentOperation, call: HttpCall) -> LinkReply:
        base_url = way.base_url
        unique = unique_for(operation, self._mark, next(self._numbers))
        given = CallInput(base_url, unique, _now())
        sequence = CallSequence(operation, ops.Credentials(), self._wire, given)
        within_s = 2 * self._timeout_s + (call.answer_s or 0.0)
        response = None
        while (due := sequence.due) is not None:
            if due.after_s:
                self._closing.wait(due.after_s)
            sent = way.client.prepare(base_url, due.request, _CALLS_ITSELF)
            try:
                response = way.client.exchange(base_url, sent, within_s, call)
            except NoAnswer as error:
                why = f"{base_url}: {self._what_failed(error, call)}"
                self._hear(operation, "no answer")
                return ops.Unknown(why) if call.is_sent else NotDelivered(why)
            body = reworded(response.body) if way.is_reworded else response.body
            sequence.answered(replace(response, body=self._hears(body)), _now())
        reply = sequence.reply or ops.Unknown("")
        answered = f"{response.status} {_in_a_word(reply)}" if response else "not sent"
        self._hear(operation, answered.rstrip())
        if not isinstance(reply, ops.Unknown):
            return reply
        if response is None:
            return NotDelivered(reply.why)
        self._note(operation, response.status, reply.why)
        return ops.Unknown(f"{base_url}: what answers there is not a Palette ({reply.why})")

    def _hear(self, operation: ops.AgentOperation, answered: str) -> None:
        """Keep a message, and how it was answered."""
        if self._heard is not None:
            kind, route = type(operation).__name__, self._wire.routes[type(operation)]
            asked = request_in_words(route.method, route.path)
            self._heard.note(f"{kind}, {asked}: {answered}")

    def _note(self, operation: ops.AgentOperation, status: int, why: str) -> None:
        """Keep an answer that was one, and no news of a server that is down or of a stranger."""
        if self._heard is None or status >= 500 or isinstance(operation, ops.Probe):
            return
        kind, route = type(operation).__name__, self._wire.routes[type(operation)]
        self._heard.note_stray(
            f"Palette's answer to {kind} ({route.method} {route.path}) cannot be read ({why}):"
            f" correct [paths.{kind}] of the target file"
        )

    def _what_failed(self, error: NoAnswer, call: HttpCall) -> str:
        """What went wrong, in words that a person at Local UI can act on."""
        if isinstance(error, TooLate):
            return f"no answer within {(call.answer_s if call.is_sent else self._timeout_s):g} s"
        return what_failed(error.__cause__, _remedy) if error.__cause__ else str(error)

    def close(self) -> None:
        """Close the connections. What is carried from now on is not delivered."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        for host_uid in tuple(self._questions):
            self.hang_up(host_uid)
        self._trusting.close()
        self._insecure.close()


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a message goes, and whether its answer comes in another writing."""

    client: HttpClient
    base_url: str
    is_reworded: bool


def _client(context: ssl.SSLContext, timeout_s: float, proxy: str) -> HttpClient:
    return HttpClient(context, timeout_s, proxy=proxy, kept_s=_KEPT_S)


def _in_a_word(reply: LinkReply) -> str:
    """The reason of a refusal, or the state that is told."""
    match reply:
        case Refused(reason=reason):
            return reason.value
        case ops.Done(value=value):
            return str(getattr(value, "state", ""))
        case _:
            return "not understood"


def _now() -> int:
    return time.time_ns() // 1_000


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


def _remedy(_: ssl.SSLCertVerificationError) -> str:
    return "install its CA, or ask for an insecure connection"
