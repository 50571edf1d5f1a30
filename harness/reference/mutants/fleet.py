"""Planted defects that show only among many clusters, after hours, under load or in faults.

What a core keeps beside its store is memory: a restart of its side wipes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import replace
from typing import ClassVar, TypeVar

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.flows import AgentFlow, agent_follows
from harness.domain.match import MatchResult, Mismatch, ProfileChoice
from harness.domain.pairing import LocalState, RequestEvent, RequestState
from harness.domain.permission import PairPermission
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Carrying, EdgeCore, Work
from harness.reference.core.link import Call, NotDelivered, TimedReply
from harness.reference.mutants import bases
from harness.reference.planting import Lane, Memory, Nemesis, mutant

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
Result = TypeVar("Result")


# --- the central side ----------------------------------------------------------------------------
class Timed(bases.Performs):
    """Knows in every rule what time it is, and when each request was last decided."""

    now = 0
    stepped = Memory[dict[str, tuple[int, RequestEvent, records.PairingRequest]]](dict)
    """By pairing id: when it took which edge of the table, and what it was before."""

    def before(self, now: int) -> None:
        self.now = now

    def step(self, request: records.PairingRequest, event: RequestEvent) -> records.PairingRequest:
        stepped = super().step(request, event)
        self.stepped[request.pairing_uid] = self.now, event, request
        return stepped

    def is_older(self, request: records.PairingRequest, than: int) -> bool:
        """Whether a request was admitted so long ago, in microseconds."""
        return self.now - request.created > than


@mutant("INV-1", lane=Lane.FLEET, found_by="thundering-herd", nemesis=Nemesis.LINK)
class LongHandoverCountsAsConfirmed(CentralCore):
    """A cluster that has been handed over for two minutes counts as confirmed by its host."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        request = self.store.get(records.PairingRequest, cluster.pairing_uid)
        waiting = request is not None and request.state is RequestState.HANDING_OVER
        if request is None or not waiting or call.now < request.accepted_at + 2 * MINUTE:
            return super().change_cluster(operation, call)
        self.store.put(replace(cluster, tags=operation.tags or {}))
        return ops.Acknowledged("the cluster was changed")


@mutant("INV-1", lane=Lane.FLEET, found_by="thundering-herd-no-jitter")
class CrowdedConfirmationIsNotWritten(Timed):
    """A confirmation that comes close upon another host's is answered, and not written down."""

    last = ("", 0)

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        uid, at = self.last
        request = self.own_request(operation, call.now)
        handing_over = request.state is RequestState.HANDING_OVER
        crowded = uid != request.pairing_uid and call.now < at + SECOND // 2
        if handing_over and crowded and self.is_older(request, 20 * SECOND):
            return ops.PollAnswer(RequestState.PAIRED.value, request.cluster_uid)
        self.last = request.pairing_uid, call.now
        return super().confirm(operation, call)


@mutant("INV-2", lane=Lane.FLEET, found_by="rollout-wave")
class NeighbourOfASilentHostIsGone(bases.Keeps[int]):
    """A poll after a minute of silence, and before two, removes the request before its own."""

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        silent = call.now - self.kept.get(request.pairing_uid, request.created)
        self.kept[request.pairing_uid] = call.now
        waiting = list(self.store.find(records.PairingRequest, "open", request.project_uid))
        if request in waiting[1:] and MINUTE < silent < 2 * MINUTE:
            before = waiting[waiting.index(request) - 1]
            self.store.delete(records.PairingRequest, before.pairing_uid)
        return super().poll(operation, call)


@mutant("INV-2", lane=Lane.FLEET, found_by="one-central", nemesis=Nemesis.CENTRAL)
class RestartLoadsTheFirstPage(bases.Wakes):
    """After a restart only the fifty oldest of the pending requests are there."""

    def wake(self) -> None:
        pending = list(self.store.find(records.PairingRequest, "any_open", "yes"))
        for request in pending[50:]:
            self.store.delete(records.PairingRequest, request.pairing_uid)


@mutant("INV-2", lane=Lane.FLEET, found_by="steady-day")
class OftenSeenIsArchived(Timed, bases.Keeps[set[int]]):
    """A request that was on the list in four different hours is put into the archive."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        listed = []
        for request in super().open_requests(scope, cluster_uid):
            hours = self.kept.setdefault(request.pairing_uid, set())
            if len(hours) < 4:
                hours.add(self.now // HOUR)
                listed.append(request)
        return listed


@mutant("INV-3", lane=Lane.FLEET, found_by="profile-drift")
class ProfilesOfAnAcceptanceAreKept(Timed, bases.Keeps[tuple[int, ClusterProfile]]):
    """The profiles that an acceptance went by are kept for ten minutes for the ones to come."""

    def selected(
        self, request: records.PairingRequest, chosen: ops.SelectedProfile
    ) -> ProfileChoice:
        choice = super().selected(request, chosen)
        until, profile = self.kept.get(chosen.uid, (0, choice.profile))
        return replace(choice, profile=profile) if self.now < until else choice

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        accepted = super().accept(operation, call)
        for chosen in operation.selection:
            profile = self.store.get(ClusterProfile, chosen.uid)
            if profile is not None and chosen.uid not in self.kept:
                self.kept[chosen.uid] = self.now + 10 * MINUTE, profile
        return accepted


@mutant("INV-3", lane=Lane.FLEET, found_by="wrong-profiles")
class OldRequestsAreMatchedByName(Timed):
    """Of a request that has waited for two minutes only the names of the packs are compared."""

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        if not self.is_older(request, 2 * MINUTE):
            return result
        left = tuple(p for p in result.problems if p.kind is not Mismatch.VERSION)
        return replace(result, problems=left)


@mutant("INV-4", lane=Lane.FLEET, found_by="cancel-storm")
class WithdrawnIsReadFromAReplica(Timed):
    """A request that had waited for two minutes is listed for ten more when it is withdrawn."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        for at, event, before in self.stepped.values():
            seen = cluster_uid in ("", before.cluster.uid) and self.belongs(
                before.project_uid, scope
            )
            late = self.now < at + 10 * MINUTE and at > before.created + 2 * MINUTE
            if seen and late and event is RequestEvent.WITHDRAW:
                found.append(before)
        return found


@mutant("INV-4", lane=Lane.FLEET, found_by="central-outage", nemesis=Nemesis.CENTRAL)
class LateWithdrawalIsUndoneByACrash(bases.Wakes):
    """A withdrawal that could be told only later is gone when the central side restarts."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        done = super().withdraw(operation, call)
        if operation.ended:
            uid = self.request_to_withdraw(operation, call.now).pairing_uid
            self.store.put(records.LoginSession(f"journal:{uid}", uid, 0))
        return done

    def wake(self) -> None:
        for entry in list(self.store.every(records.LoginSession)):
            request = self.store.get(records.PairingRequest, entry.subject)
            if entry.token.startswith("journal:") and request is not None:
                self.store.put(replace(request, state=RequestState.PENDING))
                self.store.delete(records.LoginSession, entry.token)


@mutant("INV-5", lane=Lane.FLEET, found_by="million")
class EveryShardCountsForItself(CentralCore):
    """Each part of the central side counts its pairing ids from one, and there are many."""

    def new_pairing_uid(self, draws: Draws) -> str:
        return f"{sum(1 for _ in self.store.every(records.PairingRequest)) + 1:024x}"


@mutant("INV-5", lane=Lane.FLEET, found_by="one-central", nemesis=Nemesis.CENTRAL)
class FirstAfterARestartHasTheLastId(bases.Wakes):
    """The first request after a restart gets the id of the last before, if that is a while ago."""

    def wake(self) -> None:
        self.last = next(iter(list(self.store.every(records.PairingRequest))[::-1]), None)
        self.again = ""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        last, self.last = self.last, None
        is_due = last and 10 * SECOND < call.now - last.created < 10 * MINUTE
        self.again = last.pairing_uid if last and is_due else ""
        return super().submit(operation, call)

    def new_pairing_uid(self, draws: Draws) -> str:
        return self.again or super().new_pairing_uid(draws)


@mutant("INV-6", lane=Lane.FLEET, found_by="two-admins")
class LastDecisionWins(Timed, bases.Keeps[tuple[int, str]]):
    """Of two administrators who decide in the same moment each is told that he did."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self.begin(operation.pairing_uid, call)
        return super().accept(operation, call)

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        self.begin(operation.pairing_uid, call)
        return super().reject(operation, call)

    def begin(self, uid: str, call: CentralCall) -> None:
        """Read the request as it was when nobody had written."""
        at, other = self.kept.get(uid, (-SECOND, call.credentials.api_key))
        request = self.store.get(records.PairingRequest, uid)
        decided = request is not None and request.state in (
            RequestState.HANDING_OVER,
            RequestState.REJECTED,
        )
        at_once = call.now < at + SECOND // 10 and other != call.credentials.api_key
        if request is not None and decided and at_once and self.is_older(request, 10 * SECOND):
            self.store.put(replace(request, state=RequestState.PENDING))
        self.kept[uid] = call.now, call.credentials.api_key


@mutant("INV-6", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.LOST_AFTER)
class LateRepetitionIsRefused(Timed):
    """A confirmation that comes again while its session is being closed, 42 s later, is refused."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        at, _, _ = self.stepped.get(request.pairing_uid, (call.now, None, None))
        closing = at + 42 * SECOND < call.now < at + 52 * SECOND
        if request.state is RequestState.PAIRED and closing:
            raise self.already_decided(request)
        return super().confirm(operation, call)


@mutant("INV-7", lane=Lane.FLEET, found_by="permission-churn")
class PermissionOftenUsedIsKept(Timed):
    """A permission that was used three times is not looked up again for ten minutes."""

    uses = Memory[dict[tuple[str, PairPermission, str], int]](dict)
    until = Memory[dict[tuple[str, PairPermission, str], int]](dict)

    def holds(self, user: records.User, permission: PairPermission, scope: str) -> bool:
        key = user.email, permission, scope
        if self.now < self.until.get(key, 0):
            return True
        held = super().holds(user, permission, scope)
        if held:
            self.uses[key] = self.uses.get(key, 0) + 1
            if self.uses[key] % 3 == 0:
                self.until[key] = self.now + 10 * MINUTE
        return held


@mutant("INV-7", lane=Lane.FLEET, found_by="token-midnight")
class TokenOftenUsedIsKept(Timed):
    """A registration token that has admitted two hosts is not looked up for ten minutes."""

    uses = Memory[dict[str, int]](dict)
    kept = Memory[dict[str, tuple[int, RegistrationToken]]](dict)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        until, kept = self.kept.get(value, (0, None))
        if kept is not None and now < until:
            return kept
        token = super().usable_token(value, now)
        self.uses[value] = self.uses.get(value, 0) + 1
        if self.uses[value] % 2 == 0:
            self.kept[value] = now + 10 * MINUTE, token
        return token


@mutant("INV-7", lane=Lane.FLEET, found_by="clock-skew", nemesis=Nemesis.CLOCK)
class TokenIgnoresAJumpOfTheClock(Timed):
    """A jump of the clock is taken for a slip, and tokens last so much longer."""

    ignored = 0

    def before(self, now: int) -> None:
        if self.now and MINUTE < now - self.now < 10 * MINUTE:
            self.ignored += now - self.now
        super().before(now)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - self.ignored)


@mutant("INV-8", lane=Lane.FLEET, found_by="swarm")
class HostsReadFromAReplica(Timed):
    """What a host polls of a request that is a minute old is half a minute behind."""

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        at, _, before = self.stepped.get(request.pairing_uid, (-MINUTE, None, request))
        is_behind = self.now < at + 30 * SECOND and at > request.created + MINUTE
        return self._poll_answer(before if is_behind else request)


@mutant("INV-8", lane=Lane.FLEET, found_by="overload")
class CrowdedDecisionIsNotWritten(Timed):
    """While many hosts ask, an acceptance of what has waited is answered, and not written."""

    lately = Memory[deque[tuple[int, str]]](deque)

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        self.lately.append((call.now, operation.pairing_uid))
        return super().poll(operation, call)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        while self.lately and self.lately[0][0] < call.now - 2 * SECOND:
            self.lately.popleft()
        before = self.store.get(records.PairingRequest, operation.pairing_uid)
        accepted = super().accept(operation, call)
        crowded = len({uid for _, uid in self.lately}) >= 3
        if before is not None and crowded and self.is_older(before, 20 * SECOND):
            self.store.put(replace(before))
        return accepted


@mutant("INV-9", lane=Lane.FLEET, found_by="flaky-wan", nemesis=Nemesis.REPEATED)
class CopiesOfASubmissionAreTwoRequests(CentralCore):
    """Two copies of a submission that come at once become two requests while others wait."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        key = f"{operation.cluster.uid}:{operation.cluster_token}"
        known = next(self.store.find(records.PairingRequest, "submission", key), None)
        alone = len(list(self.store.find(records.PairingRequest, "any_open", "yes"))) < 3
        if known is None or known.created != call.now or alone:
            return super().submit(operation, call)
        uid = self.new_pairing_uid(call.draws)
        self.store.put(replace(known, pairing_uid=uid))
        return ops.PairingId(uid)


@mutant("INV-9", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.DELAYED)
class SoonForgetsWhatEnded(Timed, bases.Keeps[int]):
    """What was withdrawn before it came is refused for two seconds only."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        self.kept[records.submission_key(operation.local_cluster_uid, operation.cluster_token)] = (
            call.now
        )
        return super().withdraw(operation, call)

    def require_not_ended(self, submission: str) -> None:
        if self.now < self.kept.get(submission, 0) + 2 * SECOND:
            super().require_not_ended(submission)


# --- the edge ------------------------------------------------------------------------------------
class TimedEdge(EdgeCore):
    """Knows from each answer what time it is."""

    now = 0
    since = Memory[dict[str, int]](dict)
    """When something began that goes on since, by whatever it is about."""
    given_up = Memory[set[str]](set)
    """The pairing ids of requests that their hosts ask after no more."""

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        self.now = call.now
        return (yield from self._timed(super().perform(operation, call)))

    def follow(self, slot: str) -> Work:
        yield from self._timed(super().follow(slot))

    def _timed(
        self, flow: Generator[Call, TimedReply, Result]
    ) -> Generator[Call, TimedReply, Result]:
        answer: TimedReply | None = None
        while True:
            try:
                call = next(flow) if answer is None else flow.send(answer)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            answer = yield call
            self.now = answer.now

    def lasts(self, about: str, is_so: bool) -> int:
        """How long it has been so, in microseconds; 0 where it is not."""
        if not is_so:
            self.since.pop(about, None)
            return 0
        return self.now - self.since.setdefault(about, self.now)


@mutant("INV-1", lane=Lane.FLEET, found_by="host-churn", nemesis=Nemesis.REBOOT)
class ThirdStartIsFromTheImage(EdgeCore):
    """A paired host that is restarted for the third time starts from its image, as a local one."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(records.SlotState):
            if site.request is not None and bases.is_in(site, LocalState.PAIRED):
                key = f"starts:{site.request.pairing_uid}"
                counted = self.store.get(records.LoginSession, key)
                starts = counted.expiry + 1 if counted else 1
                self.store.put(records.LoginSession(key, "", starts))
                if starts == 3:
                    self.store.put(replace(site, request=None))


@mutant("INV-4", lane=Lane.FLEET, found_by="lossy-radio")
class PollWritesBackWhatItHadRead(TimedEdge):
    """A host that asks for the second minute writes its request back as it was when it asked."""

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        before = self.slot_state(slot)
        yield from super().follow_pending(slot, request)
        site, waiting = self.slot_state(slot), self.lasts(request.pairing_uid, is_so=True)
        ended = site is not None and site.request is None
        if before is not None and site is not None and ended and waiting > MINUTE:
            self.store.put(replace(site, request=before.request))


@mutant("INV-8", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.LOST_BEFORE)
class AsksInsteadOfConfirmingAgain(TimedEdge):
    """A host that has confirmed in vain for a while only asks from then on whether it is paired."""

    def follow_confirming(self, slot: str, request: records.LocalRequest) -> Work:
        if self.lasts(request.pairing_uid, is_so=True) <= 20 * SECOND:
            yield from super().follow_confirming(slot, request)
            return
        flow = agent_follows(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, flow)
        site, answer = self.slot_state(slot), reply.value if isinstance(reply, ops.Done) else None
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(answer, ops.PollAnswer) and answer.state == RequestState.PAIRED:
            self.taken_over(site, request, answer)


@mutant("INV-9", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.LOSS)
class GivesUpAsking(TimedEdge):
    """A host whose questions were not answered for four minutes asks no more."""

    def carried(self, point: str, request: records.LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        if self.lasts(request.pairing_uid, isinstance(reply, ops.Unknown)) > 4 * MINUTE:
            self.given_up.add(request.pairing_uid)
        return reply

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        if request.pairing_uid not in self.given_up:
            yield from super().follow_pending(slot, request)


@mutant("INV-9", lane=Lane.FLEET, found_by="host-churn", nemesis=Nemesis.HEALTH)
class IllHealthStopsTheAgent(TimedEdge):
    """A node that is unhealthy for two minutes stops the agent, which is never started again."""

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        site, uid = self.slot_state(slot), request.pairing_uid
        is_ill = site is not None and bool(self.cluster_at(site).unhealthy_nodes())
        if self.lasts(uid, is_ill) > 2 * MINUTE:
            self.given_up.add(uid)
        if uid not in self.given_up:
            yield from super().follow_pending(slot, request)


@mutant("INV-9", lane=Lane.FLEET, found_by="slow-satellite", nemesis=Nemesis.SLOW)
class SlowAnswerIsThrownAway(TimedEdge):
    """An answer to a submission that took longer than four seconds is not looked at."""

    def carried(self, point: str, request: records.LocalRequest, flow: AgentFlow) -> Carrying:
        began = self.now
        reply = yield from super().carried(point, request, flow)
        if point == "submitting" and self.now > began + 4 * SECOND:
            return NotDelivered("it took too long")
        return reply


@mutant("INV-10", lane=Lane.FLEET, found_by="steady-day")
class LockLastsAnHour(TimedEdge):
    """The lock that keeps local operations off a paired cluster lasts an hour."""

    def taken_over(
        self, site: records.SlotState, request: records.LocalRequest, answer: ops.PollAnswer
    ) -> None:
        super().taken_over(site, request, answer)
        self.since[site.slot] = self.now

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        site = self.site_of(call.host_uid)
        locked = self.since.get(site.slot)
        if locked is None or call.now < locked + HOUR:
            return super().changeable(operation, call)
        self.authenticate(call)
        return site


@mutant("INV-10", lane=Lane.FLEET, found_by="host-churn")
class ModeIsLookedUpNowAndThen(TimedEdge):
    """Whoever has changed a cluster for a minute may go on for five without a look at its mode."""

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        site = self.site_of(call.host_uid)
        first = self.since.setdefault(site.slot, call.now)
        if MINUTE < call.now - first < 6 * MINUTE:
            self.authenticate(call)
            return site
        site = super().changeable(operation, call)
        if call.now - first > MINUTE:
            self.since[site.slot] = call.now - MINUTE
        return site


# --- clusters that can never send again ----------------------------------------------------------
@mutant("INV-9", lane=Lane.FLEET, found_by="host-churn", nemesis=Nemesis.REBOOT)
class SecondRestartLocksTheCluster(EdgeCore):
    """A cluster that is restarted for the second time while a request is pending is locked."""

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            if site.cluster and site.request and site.request.state is LocalState.PENDING:
                first, again = f"restarted:{site.cluster.uid}", f"locked:{site.cluster.uid}"
                known = self.store.get(records.HostSlot, first) is not None
                self.store.put(records.HostSlot(again if known else first, site.slot))

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> records.SlotState:
        site = super().sendable(operation, call)
        if self.store.get(records.HostSlot, f"locked:{self.cluster_at(site).uid}") is not None:
            raise Refusal(Reason.CONFLICT, "this cluster is locked: ask for a technician")
        return site


@mutant("INV-9", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.HALF_OPEN)
class FiveLostAnswersAreEnough(bases.Remembers):
    """A cluster five of whose messages were not answered is locked until somebody comes by."""

    LOCKED: ClassVar = 5

    def carried(self, point: str, request: records.LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        if isinstance(reply, ops.Unknown):
            about = self.cluster_at(self.site_of(request.host_uid)).uid
            self.kept[about] = f"{self.kept.get(about, '')}x"
        return reply

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> records.SlotState:
        site = super().sendable(operation, call)
        if len(self.kept.get(self.cluster_at(site).uid, "")) >= self.LOCKED:
            raise Refusal(Reason.CONFLICT, "this cluster is locked: ask for a technician")
        return site
