"""The recorder of one scenario: every operation goes through it and is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar, cast

from harness.catalogue.limits import Limits
from harness.checkers.answers import ARRANGES
from harness.checkers.effects import HEAR_MESSAGES, HEAR_STRAYS
from harness.checkers.registry import Finding, run_check
from harness.domain.arrangements import (
    CARRIES,
    AdvanceClock,
    Arrangement,
    DisturbMessages,
    FaultEffect,
    FaultNextMessage,
    Heard,
    MessageFault,
    PutProfile,
    PutUser,
    Restart,
    SetLink,
    SetRateLimit,
    to_be_seen,
)
from harness.domain.errors import PairproofError, Reason, Refused
from harness.domain.flows import AdminFlow, OperatorFlow
from harness.domain.operations import (
    CreatedToken,
    Credentials,
    Done,
    Operation,
    Reply,
    Session,
    Value,
)
from harness.domain.profile import ClusterProfile
from harness.history.evidence import EvidenceWriter
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.plain import to_json, to_json_object
from harness.history.predicates import Sample, holds, starved_s
from harness.history.redaction import CUT, Redactor
from harness.targets.port import (
    CannotArrange,
    Driver,
    Exchange,
    NotOffered,
    Outgoing,
    heard_by,
    together,
)
from harness.targets.port import NotSupported as NotSupported
from harness.wire.writings import Rewriting, Writing

A = TypeVar("A", bound=Arrangement)

SAMPLE_CHARACTERS_MAX = 4_096
"""How much is kept of the body of an answer that a wait saw."""


class Inconclusive(PairproofError):
    """The harness cannot judge, and says why."""


class OnlyObserved(Exception):
    """What the scenario had to see is observed, and nothing is left to judge."""


class NotReached(Inconclusive):
    """A precondition was not reached: an operation failed, or a wait never saw what it should."""

    def __init__(self, record: OperationRecord, why: str) -> None:
        super().__init__(f"precondition not reached: {why}")
        self.record = record


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: at one host's Local UI, or at Palette.

    `label` is what the evidence says: `operator`, `administrator`, or a role of a scenario; `user`
    is the e-mail of somebody at Palette.
    """

    label: str
    credentials: Credentials
    host_uid: str = ""
    user: str = ""

    def in_session(self, token: str) -> Actor:
        """This actor with a login's token."""
        return replace(self, credentials=replace(self.credentials, session=token))


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """An operation that was carried out: its record, and the answer in the domain's words."""

    record: OperationRecord
    reply: Reply

    @property
    def id(self) -> str:
        """The operation's id in the evidence."""
        return self.record.id

    @property
    def value(self) -> Value | None:
        """The answer's value, if it happened."""
        return self.reply.value if isinstance(self.reply, Done) else None


class WrittenPlainly(NotSupported):
    """An operation has no body that could be written so; what came of it as it is."""

    def __init__(self, taken: RecordedReply, writing: str) -> None:
        told = f"written with {writing}, {taken.record.kind} is what it is without"
        super().__init__(f"{told}: no JSON body of it has what that changes")
        self.taken, self.writing = taken, writing


_FAULTS = SetLink, FaultNextMessage, DisturbMessages, Restart


def _is_of_words(arrangement: Arrangement) -> bool:
    """Whether it takes a wire."""
    fault = arrangement.fault if isinstance(arrangement, FaultNextMessage) else None
    return fault is MessageFault.REWORDED


class Recorder:
    """Carries out operations against a target for one scenario, and records each.

    Nothing is judged here: that is the checks' work, from what was recorded.
    """

    def __init__(
        self,
        driver: Driver,
        writer: EvidenceWriter,
        redactor: Redactor,
        scenario: str,
        limits: Limits,
    ) -> None:
        self.driver = driver
        self.limits = limits
        self.scenario = scenario
        self.arranged: list[Arrangement] = []
        """What was arranged so far, as it came to be."""
        self._is_read_back = False
        self._lasting: dict[str, Arrangement] = {}
        """Users and profiles that nobody has told about yet, by e-mail and uid."""
        self.renew: Callable[[Actor], Credentials | Refused] = lambda actor: actor.credentials
        """What somebody who waits does where their login is not good any more."""
        self._faults: dict[Arrangement, None] = {}
        """The faults that stand, or wait for a message: what came of them is told at the end."""
        self._writer = writer
        self._redactor = redactor

    def secret(self, value: str, kind: str) -> str:
        """Make sure that a secret never reaches the evidence. Returns the secret."""
        if value:
            self._redactor.register(value, kind)
        return value

    def redacted(self, text: str) -> str:
        """A text as people may read it: without any secret that is known."""
        return self._redactor.text(text)

    def history(self) -> History:
        """What was exchanged in this scenario so far, by which it is judged; it holds secrets."""
        return self._writer.history(self.scenario)

    def written(self) -> History:
        """The same as it stands in the evidence, without them."""
        return self._writer.written(self.scenario)

    def as_written(self, name: str, args: Mapping[str, Json], finding: Finding) -> Finding:
        """A finding in the words that the evidence gives it, and whoever judges that again.

        They are those of the same check about labels; the verdict stays.
        """
        said = self._redactor.said(finding.reason)
        if said == finding.reason and not self._redactor.leaves_some:
            return finding
        known = self._redactor.known(dict(args))
        with suppress(LookupError, TypeError, ValueError, AttributeError):
            told = run_check(name, self.written(), cast(Mapping[str, Json], known))
            if told.verdict is finding.verdict:
                return told
        return replace(finding, reason=said)

    def perform(
        self,
        actor: Actor,
        operation: Operation,
        between_pages: Callable[[], None] | None = None,
        writing: tuple[str, Writing] | None = None,
    ) -> RecordedReply:
        """Carry out one operation: written down before it is sent, and after its outcome. What else
        is to be done `between_pages`, where it is a list that comes in several, is written down
        as under way at the same time. `writing` is how its body is written, with what that is
        called in evidence.

        Raises:
            NotOffered: the target does not have it.
            WrittenPlainly: nobody writes a body of it so; it was carried out as it is.
        """
        self.driver.info.must_offer(type(operation))
        kind, args = type(operation).__name__, to_json_object(operation)
        rewriting = Rewriting(writing[1]) if writing else None
        args |= {"written": writing[0]} if writing else {}
        invoked = self._invoke(actor, kind, args, _about(actor))
        about = (actor.credentials, actor.host_uid, invoked.id, between_pages, rewriting)
        outgoing = Outgoing(operation, *about)
        exchange = self._sent(invoked, outgoing)
        reply = exchange.reply
        if isinstance(reply, Done) and isinstance(reply.value, Session):
            self.secret(reply.value.token, "session")
        elif isinstance(reply, Done) and isinstance(reply.value, CreatedToken):
            self.secret(reply.value.token, "token")
        outcome, value, error = _ended(reply)
        record = self._writer.outcome(
            invoked.id,
            outcome,
            end=self.driver.now(),
            value=value,
            error=error,
            request=exchange.request,
            response=exchange.response,
        )
        taken = RecordedReply(record, reply)
        if writing and rewriting and not rewriting.met:
            raise WrittenPlainly(taken, writing[0])
        return taken

    def at_once(self, works: Sequence[Callable[[], RecordedReply]]) -> list[RecordedReply]:
        """Have these done at one instant, each an operation; what each came back with, in order.

        Raises:
            PairproofError: one of them could not be done; what the first of these says.
        """
        done: list[Future[RecordedReply]] = [Future() for _ in works]

        def kept(n: int) -> Callable[[], None]:
            def work() -> None:
                try:
                    done[n].set_result(works[n]())
                except PairproofError as error:
                    done[n].set_exception(error)

            return work

        together(self.driver, [kept(n) for n in range(len(works))])
        return [each.result(0) for each in done]

    def _sent(self, invoked: OperationRecord, outgoing: Outgoing) -> Exchange:
        """What came back; what the driver finds not to be there has not happened."""
        try:
            return self.driver.send(outgoing)
        except NotOffered as error:
            why: dict[str, Json] = {"why": str(error)}
            self._writer.outcome(invoked.id, Outcome.FAIL, end=self.driver.now(), error=why)
            raise

    def run(self, actor: Actor, flow: OperatorFlow | AdminFlow) -> RecordedReply:
        """Carry out a flow's operations one by one; the last one is what the flow is about.

        Returns the operation whose reply the flow returned.
        """
        taken: list[RecordedReply] = []
        operation = next(flow)
        while True:
            taken.append(self.perform(actor, operation))
            try:
                operation = flow.send(taken[-1].reply)
            except StopIteration as stop:
                return next(t for t in reversed(taken) if t.reply is stop.value)

    def arrange(self, arrangement: A) -> A:
        """Arrange a precondition or a fault; it is recorded like an operation.

        Returns it as it came to be: a target may choose its own uids, names and values.

        Raises:
            CannotArrange: the target offers no way.
            NotOffered: it is to befall a message that there is none of.
        """
        if isinstance(arrangement, PutUser):
            arrangement = self.driver.info.named(arrangement)
        elif isinstance(arrangement, FaultNextMessage):
            self.driver.info.must_offer(CARRIES[arrangement.message])
        self._see_before(arrangement)
        actor = Actor(ARRANGES, Credentials())
        name = type(arrangement).__name__
        invoked = self._invoke(actor, name, to_json_object(arrangement), {})
        try:
            if _is_of_words(arrangement) and self.driver.name == "inprocess":
                raise CannotArrange(name, "there is no wire, and so there are no words")
            came = self.driver.arrange(arrangement)
        except PairproofError as error:
            self._writer.outcome(
                invoked.id, Outcome.FAIL, end=self.driver.now(), error={"why": str(error)}
            )
            raise
        if not isinstance(came, type(arrangement)):
            raise TypeError(f"{name} was asked for, and the driver arranged {type(came).__name__}")
        # Secrets that the target chose become labels as it is written: their fields tell.
        value = {} if came == arrangement else to_json_object(came)
        self._writer.outcome(invoked.id, Outcome.OK, end=self.driver.now(), value=value)
        self._note_confirmation(name)
        self.arranged.append(came)
        self._see_after(came)
        return came

    def _see_before(self, arrangement: Arrangement) -> None:
        """A start and a clock are told apart from those before. What waits for a message is met
        before its link changes, or never; of what happened to a link nobody tells afterwards.
        """
        match arrangement:
            case Restart() | AdvanceClock():
                self.see_effect(arrangement)
            case SetLink(host_uid, up):
                for fault in [f for f in self._faults if getattr(f, "host_uid", "") == host_uid]:
                    self.see_effect(fault, self.patience(fault))
                if up:
                    self._faults.pop(SetLink(host_uid, up=False), None)

    @property
    def has_faults(self) -> bool:
        """Whether anything was arranged by which a message may be lost, or its answer."""
        return any(isinstance(arrangement, _FAULTS) for arrangement in self.arranged)

    def patience(self, fault: Arrangement, times: int = 1) -> float:
        """How many seconds to wait for a message to come by, or for several, which a host sends in
        its own time; each may come only when the one before was answered.
        """
        comes = isinstance(fault, FaultNextMessage) and (
            SetLink(fault.host_uid, up=False) not in self._faults
        )
        return self.limits.await_s + times * self.driver.info.hold_s if comes else 0

    def _see_after(self, arrangement: Arrangement) -> None:
        match arrangement:
            case Restart() | AdvanceClock():
                self.see_effect(arrangement)
            case SetLink(up=False) | FaultNextMessage() | DisturbMessages() | SetRateLimit():
                self._faults[arrangement] = None
            case PutUser(email=name) | PutProfile(ClusterProfile(uid=name)):
                self._lasting[name] = arrangement

    def see_effects(self, *, failed: bool) -> bool:
        """Have told what came of the faults that are left, and where something `failed`, of who may
        do what, which may be why; returns whether anything was told.
        """
        for fault in tuple(self._faults):
            self.see_effect(fault, self.patience(fault))
        for lasting in tuple(self._lasting.values()) if failed else ():
            self.see_effect(lasting)
        return self._is_read_back

    def see_effect(
        self, fault: Arrangement, within_s: float = 0, times: int = 1
    ) -> OperationRecord:
        """Have told what has come of something, by whoever brought it about; with a time, wait so
        long for a fault to meet a message, or so many, and for what lasts to be as it was arranged.
        """
        self._is_read_back, wanted = True, to_be_seen(fault)
        self._lasting = {name: a for name, a in self._lasting.items() if a != fault}
        about: dict[str, Json] = {"fault": type(fault).__name__, "fields": to_json_object(fault)}
        about |= {"wanted": _said(wanted)} if wanted else {}
        invoked = self._invoke(Actor(ARRANGES, Credentials()), "SeeEffect", about, {})
        deadline = self.driver.now() + round(within_s * 1_000_000)
        try:
            effect = self.driver.seen(fault)
            while (
                effect
                and len(effect.met) < times
                and (wanted is None or not effect.is_like(wanted))
                and self.driver.now() < deadline
            ):
                self.driver.sleep(round(self.limits.poll_s * 1_000_000))
                effect = self.driver.seen(fault)
        except PairproofError as error:
            why: dict[str, Json] = {"why": str(error)}
            return self._writer.outcome(invoked.id, Outcome.FAIL, end=self.driver.now(), error=why)
        if effect is not None and effect.met:
            self._faults.pop(fault, None)  # nothing more has to be told of it
        told: dict[str, Json] = {"told": effect is not None, **(_said(effect) if effect else {})}
        return self._writer.outcome(invoked.id, Outcome.OK, end=self.driver.now(), value=told)

    def forget_heard(self) -> None:
        """What crossed between the sides before this scenario is no matter of it."""
        with suppress(PairproofError):  # it will not be told at the end either
            heard_by(self.driver)

    def hear(self) -> bool:
        """Have told what crossed to and from the side that the harness plays since the scenario
        began, which is recorded; returns whether there was anything that it could not understand.
        """
        start = self.driver.now()
        try:
            heard = heard_by(self.driver)
        except PairproofError as error:
            heard = Heard((f"nobody can tell whether all that came was understood: {error}",))
        for kind, messages in ((HEAR_MESSAGES, heard.messages), (HEAR_STRAYS, heard.strays)):
            if messages:
                told: dict[str, Json] = {"messages": list(messages)}
                invoked = self._writer.invoke(self.scenario, ARRANGES, kind, {}, start=start)
                self._writer.outcome(invoked.id, Outcome.OK, end=self.driver.now(), value=told)
        return bool(heard.strays)

    def _note_confirmation(self, arrangement: str) -> None:
        """A person who has arranged something stands in the evidence as who did it."""
        confirmation = self.driver.confirmation()
        if confirmation is None:
            return
        person = Actor(confirmation.who, Credentials())
        told: dict[str, Json] = {"arrangement": arrangement, "asked": confirmation.asked}
        invoked = self._invoke(person, "ConfirmArrangement", told, {})
        self._writer.outcome(invoked.id, Outcome.OK, end=self.driver.now(), value={})

    def await_state(
        self,
        actor: Actor,
        operation: Operation,
        predicate: str,
        *,
        within_s: float | None = None,
        **args: Json,
    ) -> OperationRecord:
        """Ask again and again until the predicate holds, or the time is up: `await_s`, or
        `settle_s` where there was a fault.

        The answers are recorded where they change, as they were exchanged, and the last one;
        `asked` counts them, `unread` those that came and could not be read. Judge the record
        with the check `held`.

        Raises:
            NotOffered: the target does not have the operation.
        """
        if within_s is None:
            within_s = self.limits.await_s
            if self.has_faults:
                # A host that waits longer after each failure is lawful (INV-9).
                within_s = max(within_s, self.limits.settle_s)
        wait = {"within_s": within_s}
        return self._watch("await_state", actor, operation, predicate, args, wait, True)

    def stays(
        self,
        actor: Actor,
        operation: Operation,
        predicate: str,
        *,
        during_s: float | None = None,
        **args: Json,
    ) -> OperationRecord:
        """Ask again and again for a while, or until an answer shows that it does not hold.

        No answer is no such answer: the watch goes on.
        """
        during = self.limits.stays_s if during_s is None else during_s
        wait = {"during_s": during}
        return self._watch("stays", actor, operation, predicate, args, wait, False)

    def _watch(
        self,
        kind: str,
        actor: Actor,
        operation: Operation,
        predicate: str,
        args: Mapping[str, Json],
        wait: Mapping[str, float],
        until: bool,
    ) -> OperationRecord:
        self.driver.info.must_offer(type(operation))
        told: dict[str, Json] = {
            "predicate": predicate,
            "predicate_args": dict(args),
            "polls": type(operation).__name__,
            "polls_args": to_json_object(operation),
            **wait,
        }
        invoked = self._invoke(actor, kind, told, _about(actor))
        limit = round(next(iter(wait.values())) * 1_000_000)
        deadline = self.driver.now() + limit
        credentials = actor.credentials
        samples: list[Json] = []
        asked = unread = late = renewal = believed = 0
        once_more = until
        reply: Reply | None = None
        seen: dict[str, Json] = {}
        outcome, held = Outcome.INFO, False
        kept_out: Refused | None = None

        def came(answer: Reply) -> None:
            nonlocal reply, seen, outcome, held
            if answer != reply:  # mostly it is as it was
                reply = answer
                outcome, value, error = _ended(reply)
                seen = {"outcome": outcome.value, "value": value, "error": error}
                held = holds(predicate, Sample.from_json(seen), args)

        while True:
            outgoing = Outgoing(operation, credentials, actor.host_uid, invoked.id)
            exchange = self._sent(invoked, outgoing)
            came(exchange.reply)
            response = exchange.response
            asked += 1
            unread += outcome is Outcome.INFO and exchange.response is not None
            # What is awaited and refused may be refused for the login: not everybody says so.
            may_be_out = until and not held and self.driver.now() >= believed
            is_out = is_logged_out(exchange.reply) or (may_be_out and outcome is Outcome.FAIL)
            # Whoever is not let in does not try as often as somebody looks: accounts are locked.
            if is_out and self.driver.now() >= renewal:
                since = self.driver.now() - invoked.start
                renewal = self.driver.now() + min(since, _RENEWS_US)
                renewed = self.renew(replace(actor, credentials=credentials))
                kept_out = renewed if isinstance(renewed, Refused) else None
                if not isinstance(renewed, Refused):
                    credentials, believed = renewed, self.driver.now() + limit // _LOGINS_MAX
            if is_out and kept_out:  # whoever looks has to log in, and cannot
                came(kept_out)
                response = None
            settled = held if until else not held and outcome is not Outcome.INFO
            over = settled or self.driver.now() >= deadline
            found: dict[str, Json] = {"held": held, "asked": asked, "unread": unread}
            if late_s := starved_s(late, told):
                found["late_us"] = late
            if over and not settled and once_more and late_s:
                over, once_more, late = False, False, 0
                deadline = self.driver.now() + limit
            if over or not samples or not _same(samples[-1], seen):
                whole = {"response": _cut(response)} if response else {}
                samples.append({"at": self.driver.now(), **seen, **whole})
            if over:
                break
            pause, before = round(self.limits.poll_s * 1_000_000), self.driver.now()
            if not until:  # what has stayed so for long is looked at less often
                pause = max(pause, (before - invoked.start) // 10)
            self.driver.sleep(pause)
            late += max(0, self.driver.now() - before - pause)
        return self._writer.outcome(
            invoked.id,
            Outcome.OK,
            end=self.driver.now(),
            value={**found, "samples": samples},
            request=exchange.request,
        )

    def _invoke(
        self, actor: Actor, kind: str, args: Mapping[str, Json], tags: Mapping[str, Json]
    ) -> OperationRecord:
        start = self.driver.now()
        return self._writer.invoke(self.scenario, actor.label, kind, args, start=start, tags=tags)


def _said(effect: FaultEffect) -> dict[str, Json]:
    """As much as an effect says: of a fault, or of the one thing that lasts."""
    fields = to_json_object(effect)
    said = {name: fields.pop(name) for name in ("grants", "latest", "versions")}
    said["versions"] = said["versions"] or None  # none are none that were told; no grants are none
    return {n: v for n, v in said.items() if v is not None} or fields


def _about(actor: Actor) -> dict[str, Json]:
    project = actor.credentials.project_uid
    about = {"host": actor.host_uid, "project": project, "user": actor.user}
    return {name: value for name, value in about.items() if value}


_RENEWS_US = 500_000
"""After how long, at most, somebody who was not let in tries again while they look."""
_LOGINS_MAX = 4
"""So many logins are had in one wait where nothing tells that a refusal is for the login."""


def _ended(reply: Reply) -> tuple[Outcome, dict[str, Json] | None, dict[str, Json] | None]:
    """A reply as outcome, value and error of a record."""
    if isinstance(reply, Done):
        return Outcome.OK, to_json_object(reply.value), None
    if isinstance(reply, Refused):
        error: dict[str, Json] = {
            "reason": reply.reason.value,
            "message": reply.message,
            "details": to_json(reply.details),
        }
        return Outcome.FAIL, None, error
    return Outcome.INFO, None, {"why": reply.why}


def is_logged_out(reply: Reply) -> bool:
    """Whether somebody has to log in first."""
    return isinstance(reply, Refused) and reply.reason is Reason.UNAUTHENTICATED


def is_closed(reply: Reply) -> TypeGuard[Refused]:
    """Whether somebody is kept out as the cluster is centrally managed."""
    return isinstance(reply, Refused) and reply.reason is Reason.CENTRALLY_MANAGED


def _same(sample: Json, seen: Mapping[str, Json]) -> bool:
    """Whether an answer says what the sample before it says, whenever and however it came."""
    return isinstance(sample, dict) and all(sample[k] == seen[k] for k in seen)


def _cut(response: Mapping[str, Json]) -> dict[str, Json]:
    """A response as it stands among others, with no more of its body than tells."""
    body = response.get("body")
    if not isinstance(body, str) or len(body) <= SAMPLE_CHARACTERS_MAX:
        return dict(response)
    return {**response, "body": f"{body[:SAMPLE_CHARACTERS_MAX]}{CUT}"}
