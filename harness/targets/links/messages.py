"""Faults of single messages, where the proxy can read them: plain HTTP, or TLS that it ends.

What the proxy takes for one message is one request with its answer on one connection. Hosts do
not send a second request before the first one is answered; if one does, the fate of the first
is that of all that came with it.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl

import httptools

from harness.domain.arrangements import FaultEffect, MessageFault, MessageKind
from harness.domain.draws import derived_bits
from harness.targets.links.crossing import Crossing
from harness.targets.links.faults import EVERYONE, Disturbance, TrafficCounts
from harness.wire.http import BODY_BYTES_MAX, INSTEAD, HttpResponse, NotJson, parse_asked, reworded
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY
from harness.wire.mapping.rooms import CallConstants, Rooms

_HELD_BYTES_MAX = BODY_BYTES_MAX + 64 * 1024
_MILLION = 1_000_000
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_HOST = re.compile(rb"(?im)^host:[^\r\n]*")


@dataclass(frozen=True, slots=True)
class MessagePattern:
    """What tells a message from others: its method, and its path without the query.

    Attributes:
        decides: whether it is the call by which the operation happens, of several.
        constants: what tells it from others that are asked at its place.
        follows: whether an answer tells its whole path. Then it is what comes after another call of
            its operation and is no other message.
    """

    kind: MessageKind
    method: str
    path: re.Pattern[str]
    decides: bool = True
    constants: CallConstants | None = None
    follows: bool = False


MessageTable = tuple[MessagePattern, ...]


def patterns_of(table: MessageTable, method: str, target: str) -> list[MessagePattern]:
    """Which messages a request may be by its path."""
    fitting = (each for each in table if each.method == method and not each.follows)
    return [each for each in fitting if each.path.fullmatch(target)]


def pattern_of(
    table: MessageTable,
    method: str,
    target: str,
    body: bytes = b"",
    after: MessageKind | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> MessagePattern | None:
    """Which message a request is, if it is one; `after` is what came before it from its source.

    Of several at one place it is the one of whose constants it holds most, as for the Palette that
    the harness plays; one of which it holds none is another message, which nobody has to know.
    """
    found = patterns_of(table, method, target)
    if any(each.constants for each in found):
        asked = _taken_apart(target, headers, body)
        ranks = [_rank(each, asked) for each in found]
        first = next((e.path for e, rank in zip(found, ranks, strict=True) if rank >= 0), None)
        ranked = [(r, e) for r, e in zip(ranks, found, strict=True) if e.path == first and r >= 0]
        found = [max(ranked, key=lambda each: each[0])[1]] if ranked else []
    following = (e for e in table if e.follows and e.kind is after and e.method == method)
    return next(iter(found), None) or next(following, None)


def _rank(pattern: MessagePattern, asked: Rooms) -> int:
    """How much speaks for a request to be this message; less than nothing if it is not."""
    if pattern.constants is None:
        return 0
    held = pattern.constants.held(asked)
    return held if held or pattern.constants.rpc else -1


def _taken_apart(target: str, headers: Mapping[str, str], body: bytes) -> Rooms:
    """A request in its rooms; a body that nobody can read is none."""
    query = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
    try:
        read = parse_asked(body, headers.get("content-type", ""))
    except NotJson:
        read = None
    return {PATH: {}, QUERY: query, HEADERS: headers, BODY: read}


@dataclass(frozen=True, slots=True)
class WireFate:
    """What happens to one message; `delay` is in microseconds. The connection of one whose answer
    is lost is reset, or, if `silent`, stays as it is, and nothing comes over it any more.
    """

    fault: MessageFault
    delay: int = 0
    silent: bool = False


@dataclass(slots=True)
class Spoiling:
    """What was arranged for messages, by source; draws are functions of the seed."""

    seed: str
    queued: dict[tuple[str, MessageKind], deque[WireFate]] = field(default_factory=dict)
    disturbed: dict[str, Disturbance] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)
    before: dict[str, MessageKind] = field(default_factory=dict)
    """What came last of each source."""
    met: dict[tuple[str, MessageKind | None], list[int]] = field(default_factory=dict)
    """When messages met what was queued for them; by `None`, what disturbs all of a source."""
    late: list[tuple[str, bytes]] = field(default_factory=list)
    """Messages that are still to arrive, each with its source."""

    def queue(self, source: str, kind: MessageKind, fate: WireFate, times: int = 1) -> None:
        """A fate for the next messages of a kind from a source, or from anybody."""
        self.queued.setdefault((source, kind), deque()).extend([fate] * times)

    def seen(self, source: str, kind: MessageKind | None) -> FaultEffect:
        """What has come of it, for messages of a kind, or (`None`) of the disturbance."""
        left = len(self.queued.get((source, kind), ())) if kind else 0
        return FaultEffect(tuple(self.met.get((source, kind), ())), left)

    def disturb(self, source: str, disturbance: Disturbance) -> None:
        """What happens to all messages of a source from now on."""
        self.disturbed[source] = disturbance

    def heal(self, source: str | None) -> None:
        """Let the messages of a source (of all, with `None`) be."""
        for key in [k for k in self.queued if source in (None, k[0])]:
            del self.queued[key]
        for met in [k for k in self.met if source in (None, k[0])]:
            del self.met[met]
        for name in [s for s in self.disturbed if source in (None, s)]:
            del self.disturbed[name]
        self.late = [late for late in self.late if source not in (None, EVERYONE, late[0])]

    def late_of(self, source: str) -> list[bytes]:
        """The messages of a source, or of everyone, that are still to arrive."""
        return [message for whose, message in self.late if source in (EVERYONE, whose)]

    def fate_of(
        self, source: str, kind: MessageKind | None, *, decides: bool = True
    ) -> WireFate | None:
        """What happens to a message that came; what was queued meets the call that decides."""
        if kind is None:
            return None
        now = time.time_ns() // 1_000
        for key in ((source, kind), (EVERYONE, kind)):
            if decides and (queue := self.queued.get(key)):
                self.met.setdefault(key, []).append(now)
                return queue.popleft()
        whose = source if source in self.disturbed else EVERYONE
        if whose not in self.disturbed:
            return None
        fate = self._disturbed(source, self.disturbed[whose])
        if fate is not None:
            self.met.setdefault((whose, None), []).append(now)
        return fate

    def _disturbed(self, source: str, disturbance: Disturbance) -> WireFate | None:
        self.drawn[source] = self.drawn.get(source, 0) + 1
        drawn = derived_bits(self.seed, f"loss:{source}", self.drawn[source]) % _MILLION
        if drawn < disturbance.lost_before:
            return WireFate(MessageFault.LOST_BEFORE)
        if disturbance.half_open:
            return WireFate(MessageFault.LOST_AFTER, silent=True)
        left = drawn - disturbance.lost_before - disturbance.lost_after
        if left < 0:
            return WireFate(MessageFault.LOST_AFTER)
        if left < disturbance.answered:
            return WireFate(disturbance.answers[left % len(disturbance.answers)])
        return WireFate(MessageFault.DELAYED, disturbance.held) if disturbance.held else None


class Conversation:
    """Reads one connection's messages, and does to each what was arranged for it."""

    def __init__(
        self,
        crossing: Crossing,
        table: MessageTable,
        host: str,
        spoiling: Spoiling,
        tally: TrafficCounts,
    ) -> None:
        self._crossing = crossing
        self._table = table
        self._host_line = f"Host: {host}".encode() if host else b""
        self._spoiling = spoiling
        self._tally = tally
        self._requests = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._held = bytearray()
        self._is_http = True
        self._has_head = self._is_whole = self._is_decided = False
        self._fate: WireFate | None = None
        self._is_waiting = False
        self._timer: asyncio.TimerHandle | None = None
        self._cuts_answer = self._is_silent = False
        self._again = b""
        self._answers: AnswerReader | None = None
        """Reads an answer that is nobody's, as the message goes out again, or one to reword."""

    # --- what the parser tells ------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """The parser has read (a part of) where the request goes."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser has read a header; the first of equal ones counts."""
        self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_body(self, body: bytes) -> None:
        """The parser has read (a part of) the body, which may yet tell which message it is."""
        if not self._is_decided:
            self._body += body

    def on_headers_complete(self) -> None:
        """The parser has read the whole head."""
        self._has_head = True

    def on_message_complete(self) -> None:
        """The parser has read the whole request."""
        self._is_whole = True

    # --- requests -------------------------------------------------------------------------

    def request(self, data: bytes) -> None:
        """Bytes that came from the edge host."""
        if not self._is_http:
            self._crossing.edge.pass_on(data)
            return
        self._held += data
        try:
            self._requests.feed_data(data)
        except httptools.HttpParserError:
            self._give_up()
            return
        if self._has_head and not self._is_decided:
            self._decide()
        if len(self._held) > _HELD_BYTES_MAX:
            self._give_up()
        elif self._is_decided and not self._is_waiting:
            self._act()

    def _give_up(self) -> None:
        """This is no HTTP, or too much of it: from now on it passes as it comes."""
        self._is_http = False
        self._let_go()

    def _decide(self) -> None:
        """The head is there: which message is it, and what happens to it?"""
        method = self._requests.get_method().decode("ascii", "replace")
        target = self._target.decode("ascii", "replace")
        fitting = patterns_of(self._table, method, target)
        if not self._is_whole and any(pattern.constants for pattern in fitting):
            return  # its body says which it is
        self._is_decided = True
        self._tally.messages += 1
        source, before = self._crossing.source, self._spoiling.before
        told = pattern_of(
            self._table, method, target, bytes(self._body), before.get(source), self._headers
        )
        kind, decides = (told.kind, told.decides) if told else (None, True)
        before |= {source: kind} if kind else {}
        self._fate = self._spoiling.fate_of(source, kind, decides=decides)
        if self._fate is not None:
            self._tally.spoiled += 1
        if self._host_line:
            head, end, body = bytes(self._held).partition(b"\r\n\r\n")
            self._held = bytearray(_HOST.sub(lambda _: self._host_line, head, count=1) + end + body)

    def _act(self) -> None:
        match self._fate.fault if self._fate else None:
            case MessageFault.LOST_BEFORE:
                self._held.clear()
                self._crossing.reset()
            case MessageFault.UNANSWERED:
                self._held.clear()
                self._crossing.swallow()
            case MessageFault.LOST_AFTER:
                self._cuts_answer = True
                self._is_silent = self._fate is not None and self._fate.silent
                self._let_go()
            case MessageFault.DELAYED:
                self._is_waiting = True
                delay_s = (self._fate.delay if self._fate else 0) / _MILLION
                self._timer = asyncio.get_running_loop().call_later(delay_s, self._go_on)
            case MessageFault.REPEATED if self._is_whole:
                self._again = bytes(self._held)
                self._answers = AnswerReader()
                self._let_go()
            case MessageFault.REWORDED if self._is_whole:
                self._answers = AnswerReader()
                self._let_go()
            case MessageFault.REPEATED_LATE if self._is_whole:
                self._spoiling.late.append((self._crossing.source, bytes(self._held)))
                self._let_go()
            case MessageFault.LATE if self._is_whole:
                self._spoiling.late.append((self._crossing.source, bytes(self._held)))
                self._held.clear()
                self._crossing.reset()
            case fault if fault and fault in INSTEAD and self._is_whole:
                self._held.clear()
                self._crossing.palette.pass_on(_as_sent(INSTEAD[fault]))
                self._begin_anew()
            case None:
                self._let_go()
            case _:
                pass  # these need the whole message, which is still coming

    def _let_go(self) -> None:
        """Send on what is held; the next request begins anew."""
        data = bytes(self._held)
        self._held.clear()
        if self._is_whole:
            self._begin_anew()
        self._crossing.edge.pass_on(data)

    def _begin_anew(self) -> None:
        self._target = b""
        self._headers.clear()
        self._body.clear()
        self._has_head = self._is_whole = self._is_decided = False
        self._fate = None

    def _go_on(self) -> None:
        self._is_waiting, self._fate = False, None
        self._let_go()

    # --- answers --------------------------------------------------------------------------

    def response(self, data: bytes) -> None:
        """Bytes that came from Palette."""
        if self._cuts_answer:
            if not self._is_silent:
                self._crossing.reset()
        elif self._answers is not None:
            if not self._answers.is_whole_with(data):
                return
            answer, self._answers = self._answers, None
            again, self._again = self._again, b""
            if again:  # the answer to the first of two equal messages is nobody's
                self._crossing.edge.pass_on(again)
            else:
                self._crossing.palette.pass_on(answer.reworded())
        else:
            self._crossing.palette.pass_on(data)

    def stop(self) -> None:
        """The connection is over."""
        if self._timer is not None:
            self._timer.cancel()


def _as_sent(response: HttpResponse) -> bytes:
    """An answer in bytes."""
    fields = {**response.headers, "Content-Length": str(len(response.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {response.status} \r\n{head}\r\n".encode() + response.body


class AnswerReader:
    """Reads one answer to its end."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._is_whole = False
        self._headers: dict[str, str] = {}
        self._body = self._came = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser has read a header."""
        self._headers[name.decode("latin-1")] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """The parser has read (a part of) the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The parser has read all of it."""
        self._is_whole = True

    def is_whole_with(self, data: bytes) -> bool:
        """Whether these bytes end it; what is no HTTP ends at once."""
        self._came += data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            return True
        return self._is_whole

    def reworded(self) -> bytes:
        """The answer in another writing; as it came, where it has no JSON object."""
        body = reworded(self._body)
        if not self._is_whole or body == self._body:
            return self._came
        framing = ("content-length", "transfer-encoding")
        kept = {k: v for k, v in self._headers.items() if k.lower() not in framing}
        return _as_sent(HttpResponse(self._parser.get_status_code(), kept, body))
