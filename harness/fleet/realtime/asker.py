"""Asks a side of the target, over HTTP or over a driver of another package; measures how long that
takes, and keeps the budget.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Final, Protocol

from harness import __version__
from harness.checkers.fleet.durations import FineDurations
from harness.domain import operations as ops
from harness.domain.errors import PairproofError, Reason, Refused
from harness.domain.flows import pairing_uid_of, steps_before
from harness.fleet.realtime.environment import Environment, Event
from harness.fleet.realtime.pace import Spending
from harness.fleet.realtime.translation import Translation
from harness.fleet.scenario import SECOND
from harness.history.fleet_lines import EffortLine
from harness.load.errors import NoResponse, NotSent
from harness.reference.core.link import LinkReply, NotDelivered
from harness.targets.port import Exchange, NotOffered, Outgoing
from harness.wire import codec
from harness.wire.codec.client import is_list, joined, next_page
from harness.wire.http import HttpRequest, HttpResponse
from harness.wire.mapping import PLAIN, WireMap

Asked = ops.CentralOperation | ops.AgentOperation | ops.LocalOperation

_PAGES_MAX: Final = 1_000
_LEAST: Final = 1_000
"""No request gets less time than that, in microseconds."""
_AGENT: Final = {"User-Agent": f"pairproof/{__version__}"}
_OVER: Final = "the run has used up its budget, and sends nothing more"


class Client(Protocol):
    """Carries requests and answers, over connections of its own. See `harness.load.LoadClient`."""

    async def __aenter__(self) -> Client:
        """Get ready."""

    async def close(self) -> None:
        """Close all connections."""

    async def request(
        self,
        base_url: str,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
    ) -> HttpResponse:
        """The answer to a request, within so many seconds.

        Raises:
            NotSent: definitely not a byte of it left.
            NoAnswer: no whole answer came; it may have arrived.
        """


@dataclass(frozen=True, slots=True)
class TargetRequest:
    """What somebody asks of Palette, or of Local UI.

    Attributes:
        base_url: where; empty for where people ask Palette.
        host_uid: of the edge host that is asked, or that asks.
        within: how long the answer is waited for, in microseconds.
        correlation: goes out as a header, to be found again in the target's logs.
        measured: false where the harness itself spoils the exchange.
    """

    operation: Asked
    credentials: ops.Credentials
    within: int
    base_url: str = ""
    host_uid: str = ""
    correlation: str = ""
    measured: bool = True


@dataclass(frozen=True, slots=True)
class AskedSide:
    """A side of the target, as it is asked.

    Attributes:
        context: which certificates are trusted.
        url: where, if a request does not say it.
        wire: how it speaks.
        per_second: how many requests each address may get a second; 0 for no bound.
        steps: asked before each acceptance; one that is not done is its reply.
        leaders: where else it may be asked if it says so, by addresses and by uids.
        send: a driver that carries operations in place of HTTP.
        at_once: how many that bears.
    """

    context: ssl.SSLContext
    url: str = ""
    wire: WireMap = PLAIN
    per_second: float = 0.0
    steps: Collection[type[ops.Operation]] = ()
    leaders: Mapping[str, str] = field(default_factory=dict)
    send: Callable[[Outgoing], Exchange] | None = None
    at_once: int = 1


class TargetClient:
    """Whoever asks one side of the target from this cell asks here.

    A reply that comes back is an event's value: nothing is raised, whatever the target does.
    """

    def __init__(
        self, env: Environment, side: AskedSide, translation: Translation, spending: Spending
    ) -> None:
        self._env = env
        self._side = side
        self._translation = translation
        self._spending = spending
        self._submitted = codec.SubmittedBefore(side.wire)
        self._interval = round(SECOND / side.per_second) if side.per_second else 0
        self._next_turn: dict[str, int] = {}
        self._answered: dict[str, FineDurations] = {}
        self._unanswered: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, question: TargetRequest) -> Event:
        """Ask; the reply is the event's value."""
        event, loop = self._env.event(), asyncio.get_running_loop()
        task = loop.create_task(self._ask(event, question, self._env.began(self._env.now)))
        self._tasks.add(task)
        task.add_done_callback(self._is_done)
        return event

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            told = {"message": "a request ended badly", "exception": error}
            task.get_loop().call_exception_handler(told)

    async def _ask(self, event: Event, question: TargetRequest, due: int) -> None:
        if self._interval:
            due = max(due, await self._turn(question.base_url or self._side.url))
        theirs = replace(
            question,
            operation=self._translation.outward(question.operation),
            credentials=self._translation.outward(question.credentials),
            host_uid=self._translation.outward(question.host_uid),
        )
        reply, was_sent = await self._stepped(theirs)
        if question.measured and was_sent:
            self._measure(type(question.operation).__name__, reply, self._env.now - due)
        event.succeed(self._translation.reply_from_target(reply))

    async def _stepped(self, question: TargetRequest) -> tuple[LinkReply, bool]:
        """The reply to an operation, after what it has before it: the steps of an acceptance, or
        the submission whose id never came.
        """
        until, asked = self._env.now + question.within, question.operation
        again = self._submitted.of(asked)
        if again and isinstance(asked, ops.WithdrawPairing):
            before = await self._exchanged(replace(question, operation=again))
            if isinstance(before[0], NotDelivered) or not (uid := pairing_uid_of(before[0])):
                return before
            question = replace(question, operation=replace(asked, pairing_uid=uid))
        if self._side.steps and isinstance(asked, ops.AcceptPairingRequest):
            for step in steps_before(asked, self._side.steps):
                before = await self._exchanged(replace(question, operation=step))
                if not isinstance(before[0], ops.Done):
                    return before
                question = replace(question, within=max(until - self._env.now, _LEAST))
        return await self._exchanged(question)

    async def _turn(self, base_url: str) -> int:
        """Wait until the target's own bound lets a request go there; when that is."""
        now = self._env.now
        turn = max(now, self._next_turn.get(base_url, 0))
        self._next_turn[base_url] = turn + self._interval
        if turn > now:
            await asyncio.sleep((turn - now) / SECOND)
        return turn

    def _measure(self, kind: str, reply: LinkReply, took: int) -> None:
        if isinstance(reply, ops.Done | Refused):
            durations = self._answered.get(kind)
            if durations is None:
                durations = self._answered[kind] = FineDurations()
            durations.add(took)
        else:
            self._unanswered[kind] = self._unanswered.get(kind, 0) + 1

    async def _exchanged(self, question: TargetRequest) -> tuple[LinkReply, bool]:
        """The reply, and whether anything was sent for it; a list is read to its last page."""
        raise NotImplementedError

    def _spend(self, reply: LinkReply | None) -> None:
        """Count an answer; what it says in words has no secret when the run tells it."""
        why = self._translation.redactor.text(_why(reply))
        self._spending.on_answer(usable=_is_usable(reply), why=why)

    # --- what it took ---------------------------------------------------------------------

    def effort(self) -> EffortLine:
        """What was asked so far, and how long the answers took."""
        return EffortLine(
            requests=self._spending.requests,
            answered={k: d.histogram() for k, d in sorted(self._answered.items())},
            unanswered=dict(sorted(self._unanswered.items())),
            lag=self._env.lag.histogram(),
        )

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def let_go(self) -> None:
        """Let go of what carries it."""


class WireClient(TargetClient):
    """Asks over HTTP, by connections of a client."""

    def __init__(
        self,
        env: Environment,
        client: Client,
        side: AskedSide,
        translation: Translation,
        spending: Spending,
    ) -> None:
        super().__init__(env, side, translation, spending)
        self.client = client
        self._mark, self._asked = token_hex(4), 0
        self._began = time.time_ns() // 1_000 - env.now
        self._sessions = codec.Sessions()

    async def _exchanged(self, question: TargetRequest) -> tuple[LinkReply, bool]:
        until = self._env.now + question.within
        page, seen, replies = "", set[str](), list[ops.Reply]()
        while True:
            self._asked += 1
            given = codec.CallInput(
                question.base_url or self._side.url,
                codec.unique_for(question.operation, self._mark, self._asked),
                self._now(),
                self._sessions.of(question.credentials),
                self._side.leaders,
            )
            sequence = codec.CallSequence(
                question.operation, question.credentials, self._side.wire, given, page
            )
            failed = await self._called(sequence, question, until)
            if failed is not None:
                return failed
            self._sessions.note(sequence)
            reply = sequence.reply or ops.Unknown("")
            replies.append(reply)
            page = next_page(sequence.answer) if is_list(question.operation, reply) else ""
            if not page:
                return joined(replies), True
            if page in seen or len(seen) >= _PAGES_MAX:
                return ops.Unknown(f"the list has no end: page {page!r:.80} comes again"), True
            seen.add(page)

    async def _called(
        self, sequence: codec.CallSequence, question: TargetRequest, until: int
    ) -> tuple[LinkReply, bool] | None:
        """Make the calls of an operation; what became of it where they end before their time."""
        was_sent = False
        while (due := sequence.due) is not None:
            if not self._spending.may_send():
                return (ops.Unknown(_OVER) if was_sent else NotDelivered(_OVER)), was_sent
            began = self._env.now
            await asyncio.sleep(due.after_s) if due.after_s else None
            left_s = max(until - began, _LEAST) / SECOND
            try:
                response = await self._sent(question, due, left_s)
            except NotSent as error:
                self._spending.on_answer(usable=False, why=error.why)
                return (ops.Unknown if was_sent else NotDelivered)(error.why), True
            except NoResponse as error:
                self._spending.on_answer(usable=False, why=error.why)
                return ops.Unknown(error.why), True
            was_sent = True
            sequence.answered(response, self._now())
            until += self._env.now - began if due.limit_s is not None else 0
            reply = sequence.reply
            self._spend(reply)
        return None if was_sent else (NotDelivered(_why(sequence.reply)), False)

    async def _sent(
        self, question: TargetRequest, due: codec.DueCall, left_s: float
    ) -> HttpResponse:
        """The answer to one request."""
        headers = dict(_AGENT)
        if question.correlation:
            headers |= self._side.wire.headers_sent({"X-Request-Id": question.correlation})
        limit_s = due.limit_s or left_s
        return await self.client.request(due.base_url, due.request, headers, limit_s)

    def _now(self) -> int:
        """Now, since the epoch, by a clock that is never set."""
        return self._began + self._env.now

    async def let_go(self) -> None:
        await self.client.close()


class DriverClient(TargetClient):
    """Asks over a driver of another package, from threads: it is asked so many things at once as it
    bears, and how long a question waits for its turn is part of what its answer takes.

    Nobody can break off what a driver is at. It keeps its turn until it ends, and whoever asked
    goes on without an answer when their time is up.
    """

    def __init__(
        self,
        env: Environment,
        send: Callable[[Outgoing], Exchange],
        side: AskedSide,
        translation: Translation,
        spending: Spending,
    ) -> None:
        super().__init__(env, side, translation, spending)
        self._send = send
        self._turns = asyncio.Semaphore(side.at_once)

    async def _exchanged(self, question: TargetRequest) -> tuple[LinkReply, bool]:
        operation, left_s = question.operation, question.within / SECOND
        host_uid = "" if isinstance(operation, ops.CentralOperation) else question.host_uid
        asked = Outgoing(
            operation,
            question.credentials,
            host_uid,
            question.correlation,
            endpoint=question.base_url,
        )
        if not self._spending.may_send():
            return NotDelivered(_OVER), False
        reply: LinkReply = NotDelivered(f"the driver was at something else for {left_s:g} s")
        try:
            async with asyncio.timeout(left_s):
                await self._turns.acquire()
                reply = ops.Unknown(f"the driver did not answer within {left_s:g} s")
                reply = await self._in_thread(asked)
        except TimeoutError:
            self._spend(reply)
            return reply, True
        self._spend(reply)
        return reply, not isinstance(reply, NotDelivered)

    def _in_thread(self, asked: Outgoing) -> asyncio.Future[LinkReply]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[LinkReply] = loop.create_future()

        def came(reply: LinkReply) -> None:
            self._turns.release()
            if not answer.done():
                answer.set_result(reply)

        def ask() -> None:
            reply = self._carried(asked)
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(came, reply)

        threading.Thread(target=ask, name="pairproof-asking", daemon=True).start()
        return answer

    def _carried(self, asked: Outgoing) -> LinkReply:
        try:
            return self._send(asked).reply
        except NotOffered as error:
            return NotDelivered(str(error))
        except PairproofError as error:
            return ops.Unknown(str(error))


def _is_usable(reply: LinkReply | None) -> bool:
    """Whether it is an answer: a refusal is one, a failure is none."""
    failed = isinstance(reply, Refused) and reply.reason is Reason.INTERNAL
    return not failed and not isinstance(reply, ops.Unknown | NotDelivered)


def _why(reply: LinkReply | None) -> str:
    match reply:
        case Refused(message=message):
            return message
        case ops.Unknown(why) | NotDelivered(why):
            return why
    return ""
