"""The operators: people at Local UI who send, look, cancel, forget, and try again."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

from harness.checkers.fleet.judge import AT_LAST
from harness.checkers.invariants.everything_settles import TRIES
from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode
from harness.domain.errors import Reason, Refused
from harness.domain.flows import operator_cancels, operator_sends, pairing_uid_of
from harness.domain.pairing import LocalState
from harness.fleet.clock import Step
from harness.fleet.draws import Stream
from harness.fleet.roster import FleetSlot
from harness.fleet.world import World

Flow = Generator[ops.LocalOperation, ops.Reply, ops.Reply]

USERNAME = "edge-operator"
PASSWORD = "<password>"
ENDPOINT = "https://palette.test"
NO_TOKEN = "<token:unknown>"
_STAYS = (LocalState.PENDING.value,)
_WORK_REFUSED_MAX = 2


@dataclass(frozen=True, slots=True)
class OperatorCallbacks:
    """What operators need besides the world: a token to enter, and somebody to tell."""

    token: Callable[[FleetSlot, int], str]
    """The registration token that is handed out for a cluster at a time."""
    sent: Callable[[FleetSlot, str], None]
    """A request was sent: its pairing id is told to the administrators."""
    cancelled_cut_off: Callable[[FleetSlot, str], None]
    """A request was cancelled without a connection."""
    endpoint: str = ENDPOINT
    """What operators enter as the address of Palette."""


class Operators:
    """Everybody at the Local UI of one cell's clusters; one operator for each."""

    def __init__(self, world: World, callbacks: OperatorCallbacks) -> None:
        self._world = world
        self._callbacks = callbacks
        self._plan = world.scenario.operators

    # --- what they do -----------------------------------------------------------------

    def operator(self, slot: FleetSlot) -> Step[None]:
        """Pairs a cluster, with all that comes between."""
        world, plan, stream = self._world, self._plan, slot.operator
        for attempt in range(plan.tries):
            if world.is_over:
                return
            sent = yield from self._sends(slot, attempt)
            if isinstance(sent, ops.Done):
                knows = yield from self._follows(slot, attempt)
                if not knows or slot.is_paired or plan.again is None:
                    return
                pause = plan.again
            else:
                pause = plan.retry
            yield world.env.timeout(stream.spread(pause))

    def _sends(self, slot: FleetSlot, attempt: int) -> Step[ops.Reply]:
        world, plan, stream = self._world, self._plan, slot.operator
        token = self._callbacks.token(slot, world.clock.now())
        wrong, twice = stream.chance(plan.wrong_token_ppm), stream.chance(plan.sends_twice_ppm)
        if attempt == 0 and wrong and self._happens(slot, attempt, "wrong-token"):
            token = NO_TOKEN
        if twice and self._happens(slot, attempt, "sends-twice"):
            world.env.process(self._sends_too(slot, token))
        slot.has_sent = True
        sent = yield from self._drive(slot, operator_sends(self._callbacks.endpoint, token))
        uid = pairing_uid_of(sent)
        if uid:
            if slot.pairing_uid:
                project = (slot.member.tenant, slot.member.project)
                world.superseded.setdefault(project, []).append(slot.pairing_uid)
            slot.pairing_uid = uid
            self._callbacks.sent(slot, uid)
        return sent

    def _sends_too(self, slot: FleetSlot, token: str) -> Step[None]:
        yield self._world.env.timeout(slot.review.spread(self._plan.think))
        sent = yield from self._drive(slot, operator_sends(self._callbacks.endpoint, token))
        if uid := pairing_uid_of(sent):
            self._callbacks.sent(slot, uid)

    def _follows(self, slot: FleetSlot, attempt: int) -> Step[bool]:
        """Looks until it is decided, cancels if that was drawn, or forgets about it.

        Returns whether the operator knows in the end that the request is pending no more.
        """
        world, plan, stream = self._world, self._plan, slot.operator
        cancels, after = stream.chance(plan.cancels_ppm), stream.spread(plan.cancel_after)
        races, forgets = stream.chance(plan.cancels_decided_ppm), stream.chance(plan.forgets_ppm)
        cancel_at = 0
        if cancels and self._happens(slot, attempt, "cancels"):
            cancel_at = world.clock.now() + after
        slot.is_racing = races and self._happens(slot, attempt, "cancels-as-decided")
        forgotten = plan.watch is None or (forgets and self._happens(slot, attempt, "forgets"))
        if forgotten and not cancel_at:
            return False
        while not world.is_over:
            yield world.env.timeout(self._until_next_look(slot, cancel_at, forgotten))
            if cancel_at and world.env.now >= cancel_at:
                cancel_at = 0
                cancelled = yield from self._cancels(slot)
                if isinstance(cancelled, ops.Done):
                    return True
            if (yield from self._is_decided(slot)):
                return True
            if forgotten:
                return False
        return False

    def _until_next_look(self, slot: FleetSlot, cancel_at: int, forgotten: bool) -> int:
        left = max(0, cancel_at - self._world.clock.now())
        if forgotten or self._plan.watch is None:
            return left
        pause = slot.operator.spread(self._plan.watch)
        return min(pause, left) if cancel_at else pause

    def _is_decided(self, slot: FleetSlot) -> Step[bool]:
        """A look at Local UI: whether the request is pending no more."""
        reply = yield from self.asks(slot, ops.ViewPairing())
        if isinstance(reply, Refused):
            return reply.reason is Reason.NOTHING_PENDING
        view = _shown_by(reply)
        if view is None:
            return False
        if view.status == LocalState.PAIRED.value:
            slot.is_paired = True
            yield from self.asks(slot, ops.ViewManagement())
        return view.status not in _STAYS

    def _cancels(self, slot: FleetSlot) -> Step[ops.Reply]:
        """Looks, withdraws what is pending, and looks again."""
        was_cut_off, uid = bool(slot.down), slot.pairing_uid
        cancelled = yield from self._drive(slot, operator_cancels())
        if isinstance(cancelled, ops.Done) and was_cut_off and uid:
            self._callbacks.cancelled_cut_off(slot, uid)
        return cancelled

    def cancels_at_once(self, slot: FleetSlot, later: int) -> Step[None]:
        """Withdraws what is pending without looking first."""
        env, uid, was_cut_off = self._world.env, slot.pairing_uid, bool(slot.down)
        yield env.timeout(later)
        cancelled = yield from self.asks(slot, ops.CancelPairingRequest())
        if isinstance(cancelled, ops.Done) and was_cut_off and uid:
            self._callbacks.cancelled_cut_off(slot, uid)

    def tries_at_last(self, slot: FleetSlot) -> Step[str]:
        """Once everything has settled: looks, and where the cluster is in local hands and waits for
        nothing, sees whether it can still send. What is sent so is withdrawn, and not counted.
        Returns the id of the request by which it is paired, if it says so.
        """
        world, cut_off = self._world, bool(slot.down)
        pairing = yield from self.asks(slot, ops.ViewPairing())
        mode = yield from self.asks(slot, ops.ViewManagement())
        is_local = mode == ops.Done(ops.Management(ManagementMode.LOCAL))
        slot.tags = {**slot.tags, AT_LAST: True}
        if is_local and self._plan.work is not None:
            yield from self.asks(slot, ops.ViewCluster())
        view = _shown_by(pairing)
        waits = view is None or view.status in _STAYS
        if isinstance(pairing, Refused):
            waits = pairing.reason is not Reason.NOTHING_PENDING
        if not is_local or cut_off or waits:
            return view.pairing_uid if view and view.status == LocalState.PAIRED.value else ""
        for _ in range(TRIES):
            token = self._callbacks.token(slot, world.clock.now())
            send = ops.SendPairingRequest(self._callbacks.endpoint, token)
            if isinstance((yield from self.asks(slot, send)), ops.Done):
                yield from self.asks(slot, ops.CancelPairingRequest())
                break
            yield world.env.timeout(slot.operator.spread(self._plan.retry))
        return ""

    def works(self, slot: FleetSlot) -> Step[None]:
        """Local operations, for as long as Local UI permits any, and a little longer."""
        world, plan, revision, refused = self._world, self._plan, 0, 0
        if plan.work is None:
            return
        stream = Stream(world.scenario.seed, f"work:{slot.member.index}")
        while refused < _WORK_REFUSED_MAX:
            yield world.env.timeout(stream.spread(plan.work))
            if world.is_over:
                return
            if is_read_back(revision):
                yield from self.asks(slot, ops.ViewCluster())
            revision += 1
            change = ops.PatchCluster({"revision": str(revision)})
            reply = yield from self.asks(slot, change)
            refused += isinstance(reply, Refused) and reply.reason is Reason.CENTRALLY_MANAGED

    # --- how they do it ---------------------------------------------------------------

    def _drive(self, slot: FleetSlot, flow: Flow) -> Step[ops.Reply]:
        ask, thinks = partial(self.asks, slot), partial(slot.operator.spread, self._plan.think)
        return self._world.drives(flow, ask, thinks)

    def asks(self, slot: FleetSlot, operation: ops.LocalOperation) -> Step[ops.Reply]:
        """One operation, after a login where one is needed."""
        hosts = self._world.hosts
        if not slot.session.session:
            yield from self._logs_in(slot)
        reply = yield from hosts.perform(slot, operation)
        if isinstance(reply, Refused) and reply.reason is Reason.UNAUTHENTICATED:
            yield from self._logs_in(slot)
            reply = yield from hosts.perform(slot, operation)
        return reply

    def _logs_in(self, slot: FleetSlot) -> Step[None]:
        login = ops.LogIn(USERNAME, PASSWORD, extended=True)
        reply = yield from self._world.hosts.perform(slot, login)
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.Session):
            slot.session = ops.Credentials(session=reply.value.token)

    def _happens(self, slot: FleetSlot, attempt: int, what: str) -> bool:
        return self._world.happenings.allows(f"o.{what}.{slot.member.index}.{attempt}")


def is_read_back(change: int) -> bool:
    """Whether a change is read back before the next one: the first, second, fourth, eighth … of a
    cluster, so that whoever works for days does little else.
    """
    return change > 0 and not change & (change - 1)


def _shown_by(reply: ops.Reply) -> ops.PairingView | None:
    value = reply.value if isinstance(reply, ops.Done) else None
    return value if isinstance(value, ops.PairingView) else None
