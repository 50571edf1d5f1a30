"""The driver that reaches a target over HTTP, in real time, and its look before a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from secrets import token_hex
from typing import Final
from urllib.parse import quote

from harness.domain import operations as ops
from harness.domain.arrangements import (
    Arrangement,
    FaultEffect,
    FaultNextMessage,
    Heard,
    Inventory,
    PutUser,
    Side,
    side_of,
)
from harness.domain.endpoint import base_url
from harness.domain.errors import Reason, Refused
from harness.history.operation import Json
from harness.http_client import USER_AGENT, HttpClient, NoAnswer, RequestPacer, Sent
from harness.targets import exchange, port
from harness.targets.arranging.chain import chain_for, slots_of
from harness.targets.control_port import ControlPort
from harness.targets.endpoints import EVERYWHERE, BadEndpoints, usable_forms
from harness.targets.links.opening import OpenLinks
from harness.targets.logins import KeyLogins
from harness.targets.peer_table import PALETTE_PORTS
from harness.targets.target import Control, Target, check_permission
from harness.wire.codec import CallInput, CallSequence, Sessions
from harness.wire.codec.calls import StepwiseAcceptances
from harness.wire.control import HEALTH_PATH, bearer
from harness.wire.http import HttpRequest, HttpResponse
from harness.wire.json_path import Unknowable
from harness.wire.mapping import WireMap
from harness.wire.writings import Rewriting

_READABLE = "/#[](),;:=+*!'@ "
"""What stays as it is in a correlation id; the rest is percent-encoded, as headers are ASCII."""

_SECOND = 1_000_000
_LEAST_S = 0.001


LOCAL_LOOKS: Final = (ops.ViewCluster(), ops.ViewManagement(), ops.ViewPairing())
CENTRAL_LOOKS: Final = (ops.ListTokens(), ops.ListPairingRequests(), ops.ListCentralClusters())
"""What changes nothing, and what nobody may see who has not logged in."""


class HttpDriver:
    """Reaches what a target file describes, and the peer for the other side, in real time.

    `secrets` are what it proves itself with, besides the local user, each with its kind.
    """

    name = "http"

    def __init__(
        self,
        target: Target,
        *,
        peer: Target | None = None,
        links: OpenLinks | None = None,
        closing: Callable[[], None] = lambda: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make the driver. `peer` describes the side that `target` does not, which the harness
        plays; `links` cuts what is between the two, and belongs to whoever made it; `closing`
        is called last when it is closed; `pause` waits so many seconds.
        """
        both = (target, peer) if peer else (target,)
        self.target = target
        self.info = target.info
        self._of = {side: described for described in both for side in described.sides}
        self.local_user = self._of.get(Side.EDGE, target).local_user
        self.limits = target.limits
        self.secrets = tuple(secret for described in both for secret in described.secrets())
        self._closing = closing
        self._pause = pause
        self._start, self._began = time.monotonic_ns(), time.time_ns() // 1_000
        self._mark, self._numbers = token_hex(4), count(1)
        self._sessions, self._acceptances = Sessions(), StepwiseAcceptances()
        self._key_logins = KeyLogins()
        for key, login in target.arranging.logins.items():
            self._key_logins.name(key, login)
        self._address_of = {h.uid: h.url for described in both for h in described.hosts()}
        self.client = _client_for(both, pause)
        self._peer_port = self._control_port(peer) if peer else None
        self._peer_sides = peer.sides if peer else frozenset()
        self.links = links
        more: dict[str, port.Arranger] = {"control": self._control_port(target)}
        more |= {"link": links.arranger} if links else {}
        person = links.person if links else None
        self.arranging = chain_for(self, target.arranging, target.slots(), more=more, person=person)
        self._bad_endpoints = _bad_endpoints(target)

    def _control_port(self, described: Target) -> ControlPort:
        return ControlPort(self.client, described.controls, self.limits.answer_s)

    # --- what a run may use ---------------------------------------------------------------

    def inventory(self) -> Inventory:
        edge, central = (self._of.get(side, self.target) for side in (Side.EDGE, Side.CENTRAL))
        local = self._bad_endpoints.forms() if self._bad_endpoints else {}
        forms = {**usable_forms(central.endpoint), **EVERYWHERE, **local}
        named = {form.value: address for form, address in forms.items()}
        slots = edge.slots()
        if edge is self.target:
            slots = slots_of(slots, edge.arranging, self.arranging)
        found = Inventory(slots, central.endpoint, {**named, **central.endpoint_forms})
        return self.links.offered(found, self.arranging.ways_for) if self.links else found

    def check(self) -> None:
        """Try every address once, changing nothing. Raises `TargetUnusable`, and says what came."""
        check_permission(self.target)
        for host in self.target.hosts():
            for look in self.looks(LOCAL_LOOKS)[:1]:
                _check_operation(self, look, f"Local UI of host {host.uid}", host.uid)
        if Side.CENTRAL in self.target.sides:
            for look in self.looks(CENTRAL_LOOKS)[:1]:
                _check_operation(self, look, "Palette")
        if Side.EDGE not in self.target.sides:
            _check_endpoint(self)
        for control in dict.fromkeys(self.target.controls.values()):
            _check_control(self, control)

    def looks(self, among: Iterable[ops.Operation]) -> list[ops.Operation]:
        """Those of these looks that the target has."""
        return [look for look in among if self.info.offers(type(look))]

    # --- operations -----------------------------------------------------------------------

    def send(self, outgoing: port.Outgoing) -> port.Exchange:
        """Obeys a 429 or 503 that says when to come back, a few times, and reads a list to its end;
        waits and further pages are part of what is recorded as the response.
        """
        self.info.must_offer(type(outgoing.operation))
        if outgoing.credentials.api_key and not self._wire(outgoing.operation).has_api_keys:
            return self._key_logins.send(outgoing, self._sent)
        return self._sent(outgoing)

    def _sent(self, outgoing: port.Outgoing) -> port.Exchange:
        waited: list[Json] = []
        first = self._ask_patiently(outgoing, "", waited)
        self._tell_what_is_known(first.reply)
        return exchange.recorded(first, self._further_pages(outgoing, first, waited), waited)

    def _tell_what_is_known(self, reply: ops.Reply) -> None:
        """Tell the Palette that is played which of its answers came to a host: where only the
        secret tells one submission from another, it takes what follows for another one.
        """
        wire = self.target.wire
        told = wire.agents.secret_stays and not wire.has_submission_key
        if not told or self._peer_port is None or Side.CENTRAL not in self._peer_sides:
            return
        match reply:
            case ops.Done(ops.PairingId(uid) | ops.PairingView(pairing_uid=uid)) if uid:
                self._peer_port.know(uid)

    def together(self, works: Sequence[Callable[[], None]]) -> None:
        """Do these at one instant, each on a thread of its own."""
        with ThreadPoolExecutor(len(works)) as threads:
            for done in [threads.submit(work) for work in works]:
                done.result()

    def _ask_patiently(
        self, outgoing: port.Outgoing, page: str, waited: list[Json]
    ) -> exchange.MappedExchange:
        within_s = self.target.answer_s(type(outgoing.operation))
        sequence, calls = self._sequence(outgoing, page), list[exchange.CallExchange]()
        while True:
            answered = self._carry(outgoing, sequence, calls, within_s)
            if self._acceptances.begins_anew(outgoing.operation, outgoing.credentials, sequence):
                sequence = self._sequence(outgoing, page)
                continue
            pause_s = exchange.wait_asked_for(answered, self.target.rate_limit.wait_s)
            if pause_s is None or len(waited) >= self.target.rate_limit.waits:
                return answered
            status = answered.response.status if answered.response else 429
            waited.append({"status": status, "waited_s": pause_s})
            self._pause(pause_s)
            if not exchange.may_be_asked_again(answered):
                return answered
            calls.pop()
            sequence.again()

    def _further_pages(
        self, outgoing: port.Outgoing, first: exchange.MappedExchange, waited: list[Json]
    ) -> list[exchange.MappedExchange]:
        """The pages after the first; one that leads back, or one too many, is unknown."""
        within_s = self.target.answer_s(type(outgoing.operation))
        deadline = self.now() + round(within_s * 1_000_000)
        seen: set[str] = set()
        answers: list[exchange.MappedExchange] = []
        last = first
        while page := last.next_page():
            if page in seen or self.now() > deadline:
                why = "leads back to an earlier one" if page in seen else "comes too late"
                told = f"{last.sent.method} {last.sent.url}: the page that follows {why}"
                return [*answers, replace(last, reply=ops.Unknown(told))]
            seen.add(page)
            if outgoing.between_pages is not None:
                outgoing.between_pages()
            last = self._ask_patiently(outgoing, page, waited)
            answers.append(last)
        return answers

    def ask(
        self, outgoing: port.Outgoing, within_s: float, page: str = ""
    ) -> exchange.MappedExchange:
        """Ask once, for one page of a list."""
        return self._carry(outgoing, self._sequence(outgoing, page), [], within_s)

    def would_write(self, outgoing: port.Outgoing) -> None:
        """Write what the operation begins with as it is asked to be, and send nothing."""
        sequence = self._sequence(outgoing, "")
        if outgoing.rewriting is not None and (due := sequence.due) is not None:
            _rewritten(outgoing.rewriting, due.request, outgoing.operation, sequence.wire)

    def _sequence(self, outgoing: port.Outgoing, page: str) -> CallSequence:
        operation, wire = outgoing.operation, self._wire(outgoing.operation)
        try:
            part = self._acceptances.part(operation, outgoing.credentials, wire)
        except Unknowable as error:
            raise port.NotOffered(type(operation), str(error)) from error
        given = CallInput(
            self._base_url(outgoing),
            f"{self._mark}-{next(self._numbers)}",
            self._epoch(),
            self._sessions.of(outgoing.credentials),
            self._described(operation).leaders(side_asked(type(operation))),
            part,
        )
        return CallSequence(operation, outgoing.credentials, wire, given, page)

    def _carry(
        self,
        outgoing: port.Outgoing,
        sequence: CallSequence,
        calls: list[exchange.CallExchange],
        within_s: float,
    ) -> exchange.MappedExchange:
        """Make the calls that are left. All together take no longer than `within_s`, but for those
        that are made again and again, which have a limit of their own.
        """
        operation, wire = outgoing.operation, sequence.wire
        correlation = {"X-Request-Id": quote(outgoing.correlation, safe=_READABLE)}
        more = {**USER_AGENT, **wire.headers_sent(correlation)}
        until = self.now() + round(within_s * _SECOND)
        while (due := sequence.due) is not None:
            began = self.now()
            if due.after_s:
                self._pause(due.after_s)
            request = due.request
            if outgoing.rewriting is not None:
                request = _rewritten(outgoing.rewriting, request, operation, wire)
            sent = self.client.prepare(due.base_url, request, more)
            left_s = max((until - began) / _SECOND, _LEAST_S) if calls else within_s
            response = self._exchanged(due.base_url, sent, sequence, due.limit_s or left_s)
            again = due.limit_s is not None
            times = calls.pop().times + 1 if again else 1
            calls.append(exchange.CallExchange(sent, response, due.spoken, times))
            until += self.now() - began if again else 0
        self._sessions.note(sequence)
        reply = sequence.reply or ops.Unknown("")
        if isinstance(reply, ops.Unknown) and calls and calls[-1].response:
            reply = _located(reply, calls[-1].sent, calls[-1].response)
        published = None if wire.is_plain else sequence.published()
        is_login = isinstance(reply, ops.Done) and isinstance(reply.value, ops.Session)
        # What a login kept is sent with all that follows, which tells that it is secret as well:
        # a login in place of a key is no operation of its own.
        kept = {**self._sessions.of(outgoing.credentials), **(sequence.kept if is_login else {})}
        return exchange.MappedExchange(
            tuple(calls), reply, operation, sequence.answer, published, tuple(kept.values())
        )

    def _exchanged(
        self, at: str, sent: Sent, sequence: CallSequence, within_s: float
    ) -> HttpResponse | None:
        try:
            response = self.client.exchange(at, sent, within_s)
        except NoAnswer as error:
            sequence.unanswered(str(error))
            return None
        sequence.answered(response, self._epoch())
        return response

    def _epoch(self) -> int:
        """Now, since the epoch, by a clock that is never set."""
        return self._began + self.now()

    def _wire(self, operation: ops.Operation) -> WireMap:
        """How it is asked. Between the sides it is always the target's way."""
        crosses = isinstance(operation, ops.AgentOperation)
        return (self.target if crosses else self._described(operation)).wire

    def _base_url(self, outgoing: port.Outgoing) -> str:
        """Where an operation is asked: at a host's Local UI, or at Palette."""
        operation = outgoing.operation
        if isinstance(operation, ops.LocalOperation):
            return self._address_of[outgoing.host_uid]
        central = self._described(operation)
        at_endpoint = isinstance(operation, ops.AgentOperation)
        return base_url(central.endpoint) if at_endpoint else central.central_url

    def _described(self, operation: ops.Operation) -> Target:
        """What describes the side that is asked: the target, or the peer."""
        return self._of[side_asked(type(operation))]

    # --- arrangements and time ------------------------------------------------------------

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Goes by the ways of the target file; the peer's side has a control port."""
        if self._peer_port is not None and self.is_of_peer(arrangement):
            return self._peer_port.arrange(arrangement)
        if isinstance(arrangement, PutUser):
            names = self.info.permissions
            if names and not arrangement.named and (why := names.blurred(arrangement.grants)):
                raise port.CannotArrange("PutUser", why)
            arrangement = self.info.named(arrangement)
        if self.links is not None:
            self.links.arranger.noticed(arrangement)
        came = self.arranging.arrange(arrangement)
        if isinstance(came, PutUser):
            self._key_logins.put(came)
        if isinstance(arrangement, FaultNextMessage) and self._peer_port is not None:
            self._peer_port.release()  # what is held now was asked before
        return came

    @property
    def ways(self) -> Sequence[port.Arranger]:
        """How the target's own side is arranged, tried one after the other."""
        return self.arranging.ways

    def is_of_peer(self, arrangement: Arrangement) -> bool:
        """Whether it concerns but the side that the harness plays."""
        return self._peer_sides.issuperset(side_of(arrangement))

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        if self._peer_port is not None and self.is_of_peer(arrangement):
            return self._peer_port.seen(arrangement)
        return self.arranging.seen(arrangement)

    def cannot(self, kind: type[Arrangement]) -> str:
        if self._peer_port is not None and self._peer_sides.issuperset(kind.sides):
            return self._peer_port.cannot(kind)
        return self.arranging.cannot(kind)

    def confirmation(self) -> port.Confirmation | None:
        return self.arranging.confirmation()

    def take_heard(self) -> Heard:
        return self._peer_port.take_heard() if self._peer_port is not None else Heard()

    def now(self) -> int:
        return (time.monotonic_ns() - self._start) // 1_000

    def epoch(self) -> int:
        return time.time_ns() // 1_000

    def sleep(self, duration: int) -> None:
        self._pause(duration / 1_000_000)

    def begin_scenario(self, scenario: str) -> None: ...

    def end_scenario(self, scenario: str) -> None: ...

    def close(self) -> None:
        self.arranging.close()
        self.client.close()
        if self._bad_endpoints is not None:
            self._bad_endpoints.close()
            self._bad_endpoints = None
        closing, self._closing = self._closing, lambda: None
        closing()


def _client_for(described: Sequence[Target], pause: Callable[[float], None]) -> HttpClient:
    target = described[0]
    trusts = {url: trust for each in described for url, trust in each.trust_at().items()}
    try:
        made = {trust: trust.context() for trust in {target.trust, *trusts.values()}}
    except OSError as error:  # it was there when the target file was read
        raise port.TargetUnusable(
            f"a certificate that the target file names cannot be used any more ({error})"
        ) from error
    return HttpClient(
        made[target.trust],
        target.timeouts.connect_s,
        {url: made[trust] for url, trust in trusts.items()},
        proxy=target.proxy,
        before=RequestPacer(
            dict.fromkeys(target.addresses(), target.rate_limit.per_second), pause=pause
        ).take_turn,
    )


def _bad_endpoints(target: Target) -> BadEndpoints | None:
    """The bad endpoints, where the target's edge hosts can reach them."""
    peer = target.peer
    if Side.CENTRAL not in target.sides:
        return BadEndpoints(peer.bind, peer.host, peer.port and peer.port + PALETTE_PORTS)
    return BadEndpoints() if target.is_local() else None


def _rewritten(
    rewriting: Rewriting, request: HttpRequest, operation: ops.Operation, wire: WireMap
) -> HttpRequest:
    return rewriting.of(request, type(operation) if wire.is_plain else None)


def side_asked(kind: type[ops.Operation]) -> Side:
    """The side that answers operations of a kind."""
    return Side.EDGE if issubclass(kind, ops.LocalOperation) else Side.CENTRAL


def _located(reply: ops.Unknown, sent: Sent, response: HttpResponse) -> ops.Unknown:
    """What cannot be read says where it came from."""
    where = f"{sent.method} {sent.url}: {reply.why}"
    location = response.header("Location") if 300 <= response.status < 400 else ""
    return ops.Unknown(f"{where}; redirects ({location}) are not followed" if location else where)


# --- the look before a run ------------------------------------------------------------------------


def _check_operation(
    driver: HttpDriver, operation: ops.Operation, what: str, host_uid: str = ""
) -> None:
    """Any well-formed answer will do: nobody is logged in, so it is mostly a refusal."""
    outgoing = port.Outgoing(operation, ops.Credentials(), host_uid, "check")
    answered = driver.ask(outgoing, driver.target.timeouts.check_s)
    if isinstance(answered.reply, ops.Unknown):
        raise _unusable(what, answered.sent, answered.reply.why)


def _check_endpoint(driver: HttpDriver) -> None:
    """The edge hosts that the harness plays find there what they ask for."""
    what = "what edge hosts ask of Palette (central.endpoint)"
    outgoing = port.Outgoing(ops.Probe(), ops.Credentials(), "", "check")
    answered = driver.ask(outgoing, driver.target.timeouts.check_s)
    match answered.reply:
        case ops.Unknown(why):
            raise _unusable(what, answered.sent, why)
        case Refused(Reason.NOT_FOUND, message):
            why = f"{message}; say with [paths] where it is asked"
            raise _unusable(what, answered.sent, why)


def _check_control(driver: HttpDriver, control: Control) -> None:
    what = "the control port"
    request = HttpRequest("GET", HEALTH_PATH, headers=bearer(control.secret))
    sent = driver.client.prepare(control.url, request, USER_AGENT)
    try:
        response = driver.client.exchange(control.url, sent, driver.target.timeouts.check_s)
    except NoAnswer as error:
        raise _unusable(what, sent, str(error)) from error
    if response.status == 401:
        why = "401: it does not know the secret; check the variable that control.secret_env names"
        raise _unusable(what, sent, why)
    if response.status != 200:
        why = f"{response.status}: this is no control port"
        raise _unusable(what, sent, why)


def _unusable(what: str, sent: Sent, why: str) -> port.TargetUnusable:
    return port.TargetUnusable(
        f"{what} cannot be used: {sent.method} {sent.url} was tried, and this came: {why}"
    )
