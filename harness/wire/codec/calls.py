"""The calls of an operation, one after the other, without I/O, whoever carries the requests."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from urllib.parse import parse_qsl, urlsplit

from harness.domain import operations as ops
from harness.domain.endpoint import origin_of
from harness.domain.errors import Reason, Refused
from harness.wire.codec import client
from harness.wire.codec.engine import ANSWERS
from harness.wire.http import HttpRequest, HttpResponse, Json
from harness.wire.json_path import BODY, HEADERS, Unknowable, Way, is_in_body
from harness.wire.mapping import PLAIN, WireMap, translate
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.keys import RepeatRule
from harness.wire.mapping.rooms import Rooms, value_in, with_value
from harness.wire.model import Malformed
from harness.wire.timestamps import to_timestamp


@dataclass(slots=True)
class CallProgress:
    """How far an operation is: calls answered, what later ones were given, the answer so far."""

    made: list[Spoken] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    answer: Json = None


@dataclass(frozen=True, slots=True)
class AcceptancePart:
    """Some calls of an acceptance, filled from it, which go on from what was made before."""

    acceptance: ops.AcceptPairingRequest
    calls: tuple[Spoken, ...]
    progress: CallProgress


class StepwiseAcceptances:
    """The acceptances of which somebody takes the steps themselves, by their request and by who.

    Asked for a step, it makes the calls of that step, and before them what is no step and was not
    made yet: other steps are left out. Pair cluster is what follows the last step.
    """

    def __init__(self) -> None:
        self._begun: dict[tuple[str, ops.Credentials], CallProgress] = {}

    def part(
        self, operation: ops.Operation, who: ops.Credentials, wire: WireMap
    ) -> AcceptancePart | None:
        """An operation's calls, where it is a part of an acceptance. Raises `Unknowable`."""
        calls = wire.calls(ops.AcceptPairingRequest)
        if isinstance(operation, ops.AcceptanceStep) and type(operation) in wire.steps:
            progress = self._begun.setdefault((operation.pairing_uid, who), CallProgress())
            own = [each for each in calls if each.step is type(operation)]
        elif (
            isinstance(operation, ops.AcceptPairingRequest)
            and (begun := (operation.pairing_uid, who)) in self._begun
        ):
            progress = self._begun[begun]
            if calls[-1] in progress.made:
                del self._begun[begun]
                return None
            last = max(n for n, each in enumerate(calls) if each.step)
            own = list(calls[last + 1 :])
        else:
            return None
        before = calls[: calls.index(own[-1])]
        beside = [each for each in before if not each.step and each not in progress.made]
        several = tuple(each for each in calls if each in own or each in beside)
        _check_known(calls, several, progress)
        return AcceptancePart(_acceptance_for(operation), several, progress)

    def begins_anew(
        self, operation: ops.Operation, who: ops.Credentials, sequence: CallSequence
    ) -> bool:
        """Whether the first step finds nothing any more of what was begun for it before, as with a
        wizard that ended when another step was refused. That is forgotten then: the step opens
        another.
        """
        reply = sequence.reply
        if not (sequence.goes_on and isinstance(reply, Refused)):
            return False
        calls = sequence.wire.calls(ops.AcceptPairingRequest)
        first = next(each.step for each in calls if each.step)
        if not isinstance(operation, first) or reply.reason is not Reason.NOT_FOUND:
            return False
        del self._begun[operation.pairing_uid, who]
        return True


def _check_known(
    calls: tuple[Spoken, ...], several: tuple[Spoken, ...], progress: CallProgress
) -> None:
    known = {f"kept.{name}" for name in progress.kept}
    for each in several:
        needed = {name for text in each.templates() for name in text.names()}
        for name in sorted(needed - known):
            for giver in calls:
                if name in _given_by(giver) and giver not in several:
                    raise Unknowable(
                        f"the call {each.name} needs what the call {giver.name} gives,"
                        " which cannot be left out"
                    )
        known |= _given_by(each)


def _given_by(spoken: Spoken) -> set[str]:
    return {f"kept.{name}" for name, _ in spoken.keep}


def _acceptance_for(
    operation: ops.AcceptanceStep | ops.AcceptPairingRequest,
) -> ops.AcceptPairingRequest:
    match operation:
        case ops.AcceptPairingRequest():
            return operation
        case ops.EnterDetails(uid, name, description, tags):
            return ops.AcceptPairingRequest(uid, (), name, description, tags)
        case ops.ConfirmMatch(uid, selection):
            return ops.AcceptPairingRequest(uid, selection)
    return ops.AcceptPairingRequest(operation.pairing_uid, ())


_SECOND = 1_000_000
_LEAST_S = 1.0
_HOPS_MAX = 2
_WITHOUT_NEWS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class CallInput:
    """What an operation is given besides itself.

    Attributes:
        base_url: where it is asked.
        leaders: other addresses where it may be asked if that says so, by themselves and by uid.
        unique: a text that no other operation of a run is given.
        now: microseconds since the epoch.
        session: what the login kept whose session it is asked with.
        part: the calls of an acceptance that it is, if not all of an operation of its kind.
    """

    base_url: str = ""
    unique: str = ""
    now: int = 0
    session: Mapping[str, str] = field(default_factory=dict)
    leaders: Mapping[str, str] = field(default_factory=dict)
    part: AcceptancePart | None = None


def unique_for(operation: ops.Operation, mark: str, number: int) -> str:
    """A text that no other operation of a run is given; one that is sent again has its own."""
    if isinstance(operation, ops.SubmitPairing):
        secret = operation.cluster_token.encode()
        return f"{mark}-{blake2b(secret, digest_size=8).hexdigest()}"
    return f"{mark}-{number}"


class SubmittedBefore:
    """What hosts have submitted, for a Palette that withdraws by the id alone: one that never came
    is learned by submitting once more, which is answered with the same id (SND-4).
    """

    def __init__(self, wire: WireMap) -> None:
        self._is_needed = bool(wire.spoken(ops.WithdrawPairing).route.parameters())
        self._by_secret: dict[str, ops.SubmitPairing] = {}

    def of(self, operation: ops.Operation) -> ops.SubmitPairing | None:
        """What has to be submitted once more before this can be asked, if anything."""
        match operation:
            case ops.SubmitPairing(cluster_token=secret) if self._is_needed:
                self._by_secret[secret] = operation
            case ops.WithdrawPairing(cluster_token=secret, pairing_uid=""):
                return self._by_secret.get(secret)
        return None


@dataclass(frozen=True, slots=True)
class DueCall:
    """A request to send to `base_url` after `after_s`; its answer may take `limit_s`, or as long as
    the carrier says.
    """

    request: HttpRequest
    base_url: str
    spoken: Spoken
    after_s: float = 0.0
    limit_s: float | None = None


class CallSequence:
    """One operation on its way. It `goes_on` from calls that were made before, if there were any.

    Send what `due` says, and say what came; where it is `None`, `reply` is what became of it.
    """

    def __init__(
        self,
        operation: ops.Operation,
        credentials: ops.Credentials = ops.Credentials(),
        wire: WireMap = PLAIN,
        given: CallInput = CallInput(),
        page: str = "",
    ) -> None:
        """Begin it; `page` asks for one of a list. Raises `KeyError`: it does not cross HTTP."""
        self._operation = operation
        self.wire = wire
        self._given = given
        part = given.part
        self._asked = client.asked_of(part.acceptance if part else operation, credentials, page)
        self._calls = part.calls if part else wire.calls(type(operation))
        self._progress = part.progress if part else CallProgress()
        self.goes_on = bool(self._progress.made)
        self._number = 0
        self._now = given.now
        self._repeats_since: int | None = None
        self._base_url, self._hops = given.base_url, 0
        self.due: DueCall | None = None
        self.reply: ops.Reply | None = None
        self._begin()

    @property
    def spoken(self) -> Spoken:
        """How the messages look of the call that it has come to."""
        return self._calls[self._number]

    @property
    def answer(self) -> Json:
        """The published answer, as far as it was read."""
        return self._progress.answer

    @property
    def kept(self) -> Mapping[str, str]:
        """What the answers gave to later calls."""
        return self._progress.kept

    def published(self) -> HttpRequest:
        """The request as it is published."""
        return client.request_of(self._asked, PLAIN.spoken(type(self._operation)))

    # --- what comes -----------------------------------------------------------------------

    def answered(self, response: HttpResponse, now: int = 0) -> None:
        """This came to the request of `due`, at `now`. Never raises for anything in it."""
        self._now = now
        try:
            self.due = self._next(response)
        except _Over as over:
            self._end(over.reply)
        except Malformed as malformed:
            named = "" if self.wire.is_plain else " (by its published name)"
            self._end(self._unknown(response, f"{malformed}{named}"))

    def unanswered(self, why: str) -> None:
        """Nothing came, or nothing whole."""
        self._end(ops.Unknown(why))

    def again(self) -> None:
        """Its last call was turned away without anything done: make it once more."""
        self._begin()

    # --- what is next ---------------------------------------------------------------------

    def _begin(self) -> None:
        """Make the call that it has come to."""
        self.reply = None
        try:
            self.due = self._due_call()
        except Unknowable as error:
            self._end(ops.Unknown(f"it cannot be asked: {error}"))

    def _due_call(self) -> DueCall:
        known = {} if self.wire.is_plain else self._known()
        request = client.request_of(self._asked, self.spoken, self.wire, known)
        located = _located(request, self._base_url) if self.spoken.paths else request
        return DueCall(located, self._base_url, self.spoken)

    def _known(self) -> dict[str, str]:
        given, operation = self._given, self._operation
        known = {
            "unique": given.unique,
            "now": to_timestamp(self._now),
            translate.CALL_ID: self._call_id(),
        }
        known |= {f"env.{name}": value for name, value in self.wire.environment.items()}
        known |= {f"session.{name}": value for name, value in given.session.items()}
        known |= {f"kept.{name}": value for name, value in self.kept.items()}
        match operation:
            case ops.LogIn(name, password) | ops.LogInToPalette(name, password):
                known["basic"] = b64encode(f"{name}:{password}".encode()).decode()
        return known

    def _call_id(self) -> str:
        return f"{self._given.unique}.{self._number}"

    def _next(self, response: HttpResponse) -> DueCall | None:
        """What follows an answer; raises `_Over`, or `Malformed` where it makes no sense."""
        spoken, wire, status = self.spoken, self.wire, response.status
        repeat = spoken.said.repeat
        if wire.tables.leader and status in wire.leader.status:
            return self._at_the_leader(wire.tables.leader, response)
        if repeat and status in repeat.status:
            return self._once_more(repeat, response)
        if status in spoken.refused:
            raise _Over(client.refused_from(response, wire, spoken, in_any_form=True))
        if self._tells_no_news(status):
            raise _Over(ops.Done(ops.PollAnswer(ops.NO_NEWS)))
        has_happened = client.happened(status, spoken)
        if (has_happened or 200 <= status < 300) and (
            refused := client.refused_within(response, wire, spoken)
        ):
            raise _Over(refused)
        if not has_happened:
            if 400 <= status < 600:
                raise _Over(client.refused_or_unknown(self._operation, response, wire, spoken))
            raise _Over(self._unknown(response, _neither(status, spoken)))
        json = client.json_of(response) if spoken.reads_body else None
        if spoken.said.rpc:
            is_error = isinstance(json, dict) and bool(json.get("error"))
            json = translate.rpc_result(json, self._call_id())
            if is_error:
                raise _Over(client.refused_from(response, wire, spoken, in_any_form=True))
        came: Rooms = {HEADERS: response.headers, BODY: json}
        if repeat and translate.is_met(spoken.while_, came):
            return self._once_more(repeat, response)
        if translate.is_met(spoken.refused_when, came):
            failed = replace(spoken, error=spoken.failure)
            raise _Over(client.refused_from(response, wire, failed, in_any_form=True))
        self._take(came)
        if self._number + 1 == len(self._calls):
            raise _Over(ops.Done(ANSWERS[type(self._operation)][0](self.answer)))
        self._number += 1
        self._hops, self._repeats_since = 0, None
        self._begin()
        return self.due

    def _tells_no_news(self, status: int) -> bool:
        """Whether a question that was held in vain is answered with this."""
        is_held = self.wire.agents.hold_s > 0 and isinstance(self._operation, ops.PollPairing)
        return is_held and status in _WITHOUT_NEWS

    def _at_the_leader(self, place: Way, response: HttpResponse) -> DueCall:
        """The same call at the host that an answer names; those after it stay there."""
        json = client.json_of(response) if is_in_body(place) else None
        came = {HEADERS: response.headers, BODY: json}
        told = translate.as_text(value_in(came, place)) or ""
        named = next((to for name, to in self._given.leaders.items() if _leads(told, name)), None)
        if named is None:
            raise _Over(self._unknown(response, f"{told!r} is no address that the file names"))
        if urlsplit(self._base_url).scheme == "https" != urlsplit(named).scheme:
            raise _Over(self._unknown(response, f"{named} is without TLS, and is not asked"))
        if self._hops == _HOPS_MAX:
            raise _Over(self._unknown(response, f"it leads on to {named}, for the third time"))
        self._hops += 1
        self._base_url = named
        return self._due_call()

    def _once_more(self, repeat: RepeatRule, response: HttpResponse) -> DueCall:
        if self._repeats_since is None:
            self._repeats_since = self._now
        left_s = repeat.within_s - (self._now - self._repeats_since) / _SECOND - repeat.every_s
        if left_s < 0:
            raise _Over(self._unknown(response, f"it is not over after {repeat.within_s:g} s"))
        return replace(self._due_call(), after_s=repeat.every_s, limit_s=max(left_s, _LEAST_S))

    def _take(self, came: Rooms) -> None:
        """Keep what later calls need, and what the published answer holds."""
        spoken, progress = self.spoken, self._progress
        for name, place in spoken.keep:
            value = translate.as_text(value_in(came, place))
            if not value:
                raise Malformed(".".join(place[1:]), "it is missing")
            progress.kept[name] = value
        if not spoken.is_silent:
            progress.answer = merged(progress.answer, translate.ours_answered(came, spoken))
        known = self._known() if spoken.filled else {}
        for way, template, form in spoken.filled:
            try:
                value = translate.filled(template, known, self._asked)
            except Unknowable:
                continue
            told = form.from_text(value, ".".join(way))
            progress.answer = with_value(progress.answer, way, told)
        progress.made.append(spoken)

    # --- what becomes of it ---------------------------------------------------------------

    def _end(self, reply: ops.Reply) -> None:
        """It is over; what did not happen says in which of several calls."""
        self.due = None
        name = self.spoken.name
        match reply:
            case Refused() if name:
                reply = replace(reply, details={**reply.details, "call": name})
            case ops.Unknown(why) if name:
                reply = ops.Unknown(f"call {name}: {why}")
        self.reply = reply

    def _unknown(self, response: HttpResponse, problem: str) -> ops.Unknown:
        return ops.Unknown(
            client.what_came(response, problem, secret=client.may_hold_secrets(self._operation))
        )


class _Over(Exception):
    """An answer after which no call is made any more."""

    def __init__(self, reply: ops.Reply) -> None:
        super().__init__()
        self.reply = reply


def _neither(status: int, spoken: Spoken) -> str:
    if not 200 <= status < 300:
        return "an answer that is neither success nor error"
    statuses = ", ".join(map(str, spoken.said.status))
    return f"a 2xx that is not one of paths.{spoken.route.operation.__name__}.status ({statuses})"


def merged(one: Json, other: Json) -> Json:
    """What two answers say together; where they differ, the later one."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    both = {name: merged(one[name], other[name]) for name in one.keys() & other.keys()}
    return {**one, **other, **both}


def _located(request: HttpRequest, base_url: str) -> HttpRequest:
    """The request with a path that an answer told, as one below the base. Raises `Unknowable`."""
    try:
        base, there = urlsplit(base_url), urlsplit(request.path)
        is_elsewhere = there.netloc and origin_of(request.path) != origin_of(base_url)
    except ValueError as error:
        raise Unknowable(f"{request.path!r} is no path and no address ({error})") from error
    path = there.path.removeprefix(base.path.rstrip("/"))
    if is_elsewhere or not path.startswith("/"):
        raise Unknowable(f"{request.path} is not below {base_url}")
    query = {**dict(parse_qsl(there.query, keep_blank_values=True)), **request.query}
    return replace(request, path=path, query=query)


def _leads(told: str, name: str) -> bool:
    """Whether what an answer names is this address, or something there, or the host of this uid."""
    if "://" not in name or "://" not in told:
        return told == name
    try:
        is_there = origin_of(told) == origin_of(name)
        return is_there and urlsplit(told).path.startswith(urlsplit(name).path)
    except ValueError:  # an answer may name anything
        return False


class Sessions:
    """What logins kept, by the session that they began."""

    def __init__(self) -> None:
        self._kept: dict[str, Mapping[str, str]] = {}

    def note(self, ended: CallSequence) -> None:
        """An operation is over; it may have been a login."""
        if (
            ended.kept
            and isinstance(ended.reply, ops.Done)
            and isinstance(ended.reply.value, ops.Session)
        ):
            self._kept[ended.reply.value.token] = ended.kept

    def of(self, credentials: ops.Credentials) -> Mapping[str, str]:
        """What the login of these kept."""
        return self._kept.get(credentials.session, {})


def decode(operation: ops.Operation, response: HttpResponse, wire: WireMap = PLAIN) -> ops.Reply:
    """What the answer says to an operation that takes one call, whatever came."""
    sequence = CallSequence(operation, wire=wire)
    sequence.answered(response)
    return sequence.reply or ops.Unknown("it takes more calls")
