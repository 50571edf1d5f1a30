"""Planted defects that time and networks bring out: among many clusters, after hours, under load,
in faults (errors in place of answers, links that are half open, copies that come late, reads that
lag), and when a clock is set.

What a core keeps beside its store is memory: a restart of its side wipes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import ClassVar, TypeVar

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult, Mismatch, ProfileChoice
from harness.domain.pairing import LocalState, RequestEvent, RequestState
from harness.domain.permission import PairPermission
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import AfterOfflineCancel, EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Carrying, EdgeCore, Work
from harness.reference.core.link import Call, LinkReply, NotDelivered, TimedReply
from harness.reference.core.records import (
    CentralCluster,
    HostSlot,
    LocalRequest,
    LoginSession,
    PairingRequest,
    SlotState,
    User,
    submission_key,
)
from harness.reference.mutants import bases
from harness.reference.mutants.accepting import ConfirmationRegistersAnother
from harness.reference.mutants.bases import DAY, HOUR, MINUTE, SECOND
from harness.reference.planting import Lane, Memory, Nemesis, mutant, plant

Result = TypeVar("Result")


# --- among many, after hours and under load: the central side ------------------------------------
class Timed(bases.Performs):
    """Knows in every rule what time it is, and when each request was last decided."""

    now = 0
    stepped = Memory[dict[str, tuple[int, RequestEvent, PairingRequest]]](dict)
    """By pairing id: when it took which edge of the table, and what it was before."""

    def before(self, now: int) -> None:
        self.now = now

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        stepped = super().step(request, event)
        self.stepped[request.pairing_uid] = self.now, event, request
        return stepped

    def is_older(self, request: PairingRequest, than: int) -> bool:
        """Whether a request was admitted so long ago, in microseconds."""
        return self.now - request.created > than


@mutant("INV-1", lane=Lane.FLEET, found_by="thundering-herd", nemesis=Nemesis.LINK)
class LongHandoverCountsAsConfirmed(CentralCore):
    """A cluster that has been handed over for two minutes counts as confirmed by its host."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        request = self.store.get(PairingRequest, cluster.pairing_uid)
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
        waiting = list(self.store.find(PairingRequest, "open", request.project_uid))
        if request in waiting[1:] and MINUTE < silent < 2 * MINUTE:
            before = waiting[waiting.index(request) - 1]
            self.store.delete(PairingRequest, before.pairing_uid)
        return super().poll(operation, call)


@mutant("INV-2", lane=Lane.FLEET, found_by="one-central", nemesis=Nemesis.CENTRAL)
class RestartLoadsTheFirstPage(bases.Wakes):
    """After a restart only the fifty oldest of the pending requests are there."""

    def wake(self) -> None:
        pending = list(self.store.find(PairingRequest, "any_open", "yes"))
        for request in pending[50:]:
            self.store.delete(PairingRequest, request.pairing_uid)


@mutant("INV-2", lane=Lane.FLEET, found_by="steady-day")
class OftenSeenIsArchived(Timed, bases.Keeps[set[int]]):
    """A request that was on the list in four different hours is put into the archive."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
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

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
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

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        if not self.is_older(request, 2 * MINUTE):
            return result
        left = tuple(p for p in result.problems if p.kind is not Mismatch.VERSION)
        return replace(result, problems=left)


@mutant("INV-4", lane=Lane.FLEET, found_by="cancel-storm")
class WithdrawnIsReadFromAReplica(Timed):
    """A request that had waited for two minutes is listed for ten more when it is withdrawn."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
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
            self.store.put(LoginSession(f"journal:{uid}", uid, 0))
        return done

    def wake(self) -> None:
        for entry in list(self.store.every(LoginSession)):
            request = self.store.get(PairingRequest, entry.subject)
            if entry.token.startswith("journal:") and request is not None:
                self.store.put(replace(request, state=RequestState.PENDING))
                self.store.delete(LoginSession, entry.token)


@mutant("INV-5", lane=Lane.FLEET, found_by="million")
class EveryShardCountsForItself(CentralCore):
    """Each part of the central side counts its pairing ids from one, and there are many."""

    def new_pairing_uid(self, draws: Draws) -> str:
        return f"{sum(1 for _ in self.store.every(PairingRequest)) + 1:024x}"


@mutant("INV-5", lane=Lane.FLEET, found_by="one-central", nemesis=Nemesis.CENTRAL)
class FirstAfterARestartHasTheLastId(bases.Wakes):
    """The first request after a restart gets the id of the last before, if that is a while ago."""

    def wake(self) -> None:
        self.last = next(iter(list(self.store.every(PairingRequest))[::-1]), None)
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
        request = self.store.get(PairingRequest, uid)
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


@mutant("INV-6", lane=Lane.FLEET, found_by="lossy-radio")
class ConfirmedAgainIsAnother(ConfirmationRegistersAnother):
    """A confirmation that comes again makes the cluster once more, with another uid."""


@mutant("INV-7", lane=Lane.FLEET, found_by="permission-churn")
class PermissionOftenUsedIsKept(Timed):
    """A permission that was used three times is not looked up again for ten minutes."""

    uses = Memory[dict[tuple[str, PairPermission, str], int]](dict)
    until = Memory[dict[tuple[str, PairPermission, str], int]](dict)

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
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
        before = self.store.get(PairingRequest, operation.pairing_uid)
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
        known = next(self.store.find(PairingRequest, "submission", key), None)
        alone = len(list(self.store.find(PairingRequest, "any_open", "yes"))) < 3
        if known is None or known.created != call.now or alone:
            return super().submit(operation, call)
        uid = self.new_pairing_uid(call.draws)
        self.store.put(replace(known, pairing_uid=uid))
        return ops.PairingId(uid)


@mutant("INV-9", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.DELAYED)
class SoonForgetsWhatEnded(Timed, bases.Keeps[int]):
    """What was withdrawn before it came is refused for two seconds only."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        self.kept[submission_key(operation.local_cluster_uid, operation.cluster_token)] = call.now
        return super().withdraw(operation, call)

    def require_not_ended(self, submission: str) -> None:
        if self.now < self.kept.get(submission, 0) + 2 * SECOND:
            super().require_not_ended(submission)


# --- and the edge --------------------------------------------------------------------------------
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
        for site in self.store.every(SlotState):
            if site.request is not None and bases.is_in(site, LocalState.PAIRED):
                key = f"starts:{site.request.pairing_uid}"
                counted = self.store.get(LoginSession, key)
                starts = counted.expiry + 1 if counted else 1
                self.store.put(LoginSession(key, "", starts))
                if starts == 3:
                    self.store.put(replace(site, request=None))


@mutant("INV-4", lane=Lane.FLEET, found_by="lossy-radio")
class PollWritesBackWhatItHadRead(TimedEdge):
    """A host that asks for the second minute writes its request back as it was when it asked."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        before = self.slot_state(slot)
        yield from super().follow_pending(slot, request)
        site, waiting = self.slot_state(slot), self.lasts(request.pairing_uid, is_so=True)
        ended = site is not None and site.request is None
        if before is not None and site is not None and ended and waiting > MINUTE:
            self.store.put(replace(site, request=before.request))


@mutant("INV-8", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.LOST_BEFORE)
class AsksInsteadOfConfirmingAgain(TimedEdge):
    """A host that has confirmed in vain for a while only asks from then on whether it is paired."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        if self.lasts(request.pairing_uid, is_so=True) <= 20 * SECOND:
            yield from super().follow_confirming(slot, request)
            return
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, question)
        site, answer = self.slot_state(slot), reply.value if isinstance(reply, ops.Done) else None
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(answer, ops.PollAnswer) and answer.state == RequestState.PAIRED:
            self.taken_over(site, request, answer)


@mutant("INV-9", lane=Lane.FLEET, found_by="lossy-radio", nemesis=Nemesis.LOSS)
class GivesUpAsking(TimedEdge):
    """A host whose questions were not answered for four minutes asks no more."""

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if self.lasts(request.pairing_uid, isinstance(reply, ops.Unknown)) > 4 * MINUTE:
            self.given_up.add(request.pairing_uid)
        return reply

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.pairing_uid not in self.given_up:
            yield from super().follow_pending(slot, request)


@mutant("INV-9", lane=Lane.FLEET, found_by="host-churn", nemesis=Nemesis.HEALTH)
class IllHealthStopsTheAgent(TimedEdge):
    """A node that is unhealthy for two minutes stops the agent, which is never started again."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        site, uid = self.slot_state(slot), request.pairing_uid
        is_ill = site is not None and bool(self.cluster_at(site).unhealthy_nodes())
        if self.lasts(uid, is_ill) > 2 * MINUTE:
            self.given_up.add(uid)
        if uid not in self.given_up:
            yield from super().follow_pending(slot, request)


@mutant("INV-9", lane=Lane.FLEET, found_by="slow-satellite", nemesis=Nemesis.SLOW)
class SlowAnswerIsThrownAway(TimedEdge):
    """An answer to a submission that took longer than four seconds is not looked at."""

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        began = self.now
        reply = yield from super().carried(point, request, operation)
        if point == "submitting" and self.now > began + 4 * SECOND:
            return NotDelivered("it took too long")
        return reply


@mutant("INV-10", lane=Lane.FLEET, found_by="steady-day")
class LockLastsAnHour(TimedEdge):
    """The lock that keeps local operations off a paired cluster lasts an hour."""

    def taken_over(self, site: SlotState, request: LocalRequest, answer: ops.PollAnswer) -> None:
        super().taken_over(site, request, answer)
        self.since[site.slot] = self.now

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        locked = self.since.get(site.slot)
        if locked is None or call.now < locked + HOUR:
            return super().changeable(operation, call)
        self.authenticate(call)
        return site


@mutant("INV-10", lane=Lane.FLEET, found_by="host-churn")
class ModeIsLookedUpNowAndThen(TimedEdge):
    """Whoever has changed a cluster for a minute may go on for five without a look at its mode."""

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
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
        for site in list(self.store.every(SlotState)):
            if site.cluster and site.request and site.request.state is LocalState.PENDING:
                first, again = f"restarted:{site.cluster.uid}", f"locked:{site.cluster.uid}"
                known = self.store.get(HostSlot, first) is not None
                self.store.put(HostSlot(again if known else first, site.slot))

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if self.store.get(HostSlot, f"locked:{self.cluster_at(site).uid}") is not None:
            raise Refusal(Reason.CONFLICT, "this cluster is locked: ask for a technician")
        return site


@mutant("INV-9", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.HALF_OPEN)
class FiveLostAnswersAreEnough(bases.Remembers):
    """A cluster five of whose messages were not answered is locked until somebody comes by."""

    LOCKED: ClassVar = 5

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if isinstance(reply, ops.Unknown):
            about = self.cluster_at(self.site_of(request.host_uid)).uid
            self.kept[about] = f"{self.kept.get(about, '')}x"
        return reply

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if len(self.kept.get(self.cluster_at(site).uid, "")) >= self.LOCKED:
            raise Refusal(Reason.CONFLICT, "this cluster is locked: ask for a technician")
        return site


# --- in hostile networks: the central side -------------------------------------------------------
@mutant("INV-9", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.REPEATED_LATE)
class LateCopyOfASubmissionIsAnother(Timed):
    """A submission that comes again ten seconds later becomes another request."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        known = self.repeated(operation, call.now)
        if known is None or call.now < known.created + 10 * SECOND:
            return super().submit(operation, call)
        uid = self.new_pairing_uid(call.draws)
        again = replace(known, pairing_uid=uid, state=RequestState.PENDING, cluster_uid="")
        self.store.put(replace(again, created=call.now))
        return ops.PairingId(uid)


@mutant("INV-8", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.REPEATED_LATE)
class LateCopyOfAWithdrawalEndsTheNext(Timed):
    """A withdrawal that comes again ten seconds later ends what its cluster has sent since."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        at, event, _ = self.stepped.get(operation.pairing_uid, (call.now, None, None))
        was = event is RequestEvent.WITHDRAW and not operation.ended
        if was and call.now > at + 10 * SECOND:
            about = operation.local_cluster_uid
            for request in list(self.store.find(PairingRequest, "open_of_cluster", about)):
                self.step(request, RequestEvent.WITHDRAW)
            return ops.Acknowledged("the pairing request was withdrawn")
        return super().withdraw(operation, call)


@mutant("INV-1", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.DECISION_REPEATED_LATE)
class LateCopyOfAnAcceptanceBeginsAgain(Timed):
    """An acceptance that comes again half a minute later begins the handover anew."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        is_late = call.now > request.accepted_at + 30 * SECOND
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if request.state is not RequestState.PAIRED or not is_late or cluster is None:
            return super().accept(operation, call)
        handed = replace(request, state=RequestState.HANDING_OVER, accepted_at=call.now)
        self.store.put(handed)
        self.store.put(replace(cluster, confirmed=False))
        return ops.Accepted(cluster.uid)


@mutant("INV-6", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.DECISION_DELAYED)
class LateAcceptanceGoesByItsMatch(Timed, bases.Keeps[int]):
    """An acceptance that comes half a minute after its match goes by the state of that time."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        self.kept[operation.pairing_uid] = call.now
        return super().match(operation, call)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        matched = self.kept.get(request.pairing_uid, call.now)
        if request.state is RequestState.REJECTED and call.now > matched + MINUTE // 2:
            self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("INV-8", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.REPEATED_LATE)
class LateCopyOfAConfirmationWritesBack(Timed, bases.Keeps[Mapping[str, str]]):
    """A confirmation that comes again gives its cluster the tags of the time when it was paired."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None:
            tags = self.keep(cluster.uid, cluster.tags)
            if request.state is RequestState.PAIRED and tags != cluster.tags:
                self.store.put(replace(cluster, tags=tags))
        return super().confirm(operation, call)


# --- and the edge --------------------------------------------------------------------------------
def is_error(reply: LinkReply) -> bool:
    """Whether it was an internal error that answered."""
    return isinstance(reply, Refused) and reply.reason is Reason.INTERNAL


class ThirdErrorIsAnAnswer(bases.InARow):
    """Takes the third error that answers the same question for an answer to it."""

    POINT: ClassVar[str]
    TAKEN_FOR: ClassVar[RequestState]

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        asked, is_so = point == self.POINT, is_error(reply)
        if asked and self.in_a_row(request.pairing_uid, is_so=is_so) >= 3:
            return ops.Done(ops.PollAnswer(self.TAKEN_FOR.value))
        return reply


@mutant("INV-8", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.ERRORS)
class ThreeErrorsAreARejection(ThirdErrorIsAnAnswer):
    """A host whose question is answered with an error for the third time takes that for a no."""

    POINT, TAKEN_FOR = "polling", RequestState.REJECTED


@mutant("INV-9", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.HALF_OPEN)
class DeadConnectionIsKept(bases.InARow):
    """A host waits for ever on a connection over which four questions were not answered."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if len(self.kept.get(request.pairing_uid, "")) < 4:
            yield from super().follow_pending(slot, request)

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if point == "polling":
            self.in_a_row(request.pairing_uid, is_so=isinstance(reply, ops.Unknown))
        return reply


@mutant("INV-1", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.STALE)
class StaleAnswerUndoesThePairing(EdgeCore):
    """A host that has confirmed asks once more, and is local again if it is not told so."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        yield from super().follow_confirming(slot, request)
        site = self.slot_state(slot)
        if site is None or site.request is None or not bases.is_in(site, LocalState.PAIRED):
            return
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("asking again", request, question)
        value = reply.value if isinstance(reply, ops.Done) else None
        site = self.slot_state(slot)
        if site and isinstance(value, ops.PollAnswer) and value.state != RequestState.PAIRED.value:
            self.store.put(replace(site, request=None))


@mutant("INV-1", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.ERRORS)
class ThreeErrorsAreAYes(ThirdErrorIsAnAnswer):
    """A host whose confirmation is answered with an error for the third time takes it for yes."""

    POINT, TAKEN_FOR = "confirming", RequestState.PAIRED


@mutant("INV-7", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.HALF_OPEN)
class UnansweredPollWritesBackTheCluster(TimedEdge):
    """A host whose question was not answered puts its cluster back to how it was when it asked."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        before, began = self.slot_state(slot), self.now
        yield from super().follow_pending(slot, request)
        site = self.slot_state(slot)
        if before is not None and site is not None and self.now > began + 5 * SECOND:
            self.store.put(replace(site, cluster=before.cluster))


# --- by the clock, or to the second: tokens ------------------------------------------------------
@mutant("PRE-4")
class TokenLastsTwoSecondsTooLong(CentralCore):
    """The second in which a token expires, and the one after it, are taken for its own."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - 2 * SECOND)


@mutant("PRE-4")
class TokenIsRefusedInItsLastHalfMinute(CentralCore):
    """A token admits nobody any more in the last half minute of its time."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now + 30 * SECOND)


@mutant("PRE-4")
class TokenExpiresByTheClockOnTheWall(bases.Performs, bases.Keeps[int]):
    """A token's expiry is kept in local time, by the season in which the token was made."""

    def before(self, now: int) -> None:
        for token in self.store.every(RegistrationToken):
            self.keep(token.uid, self.season(now))

    def season(self, now: int) -> int:
        """By how much local time is ahead: by an hour from the end of March to that of October."""
        return 3_600 * SECOND if 87 <= now // DAY % 365.2425 < 300 else 0

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, 0)
        made = self.kept.get(token.uid, self.season(now))
        return super().usable_token(value, now + self.season(now) - made)


# --- by the clock: the central side --------------------------------------------------------------
@mutant("INV-9")
class TheListShowsThirtyDays(Timed):
    """The list shows what has come within thirty days; whoever asks by id is told of all."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        return [request for request in found if not self.is_older(request, 30 * DAY)]


@mutant("INV-9")
class WhatIsStillToComeIsNotListed(Timed):
    """The list leaves out what came at a time that is still to come, once the clock is put back."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        return [request for request in found if request.created <= self.now]


@mutant("INV-9")
class WhatComesBeforeTheLastIsARepetition(CentralCore):
    """A submission at an earlier time than the last of its cluster is taken for that one again."""

    def repeated(self, operation: ops.SubmitPairing, now: int) -> PairingRequest | None:
        of_cluster = (
            request
            for request in self.store.every(PairingRequest)
            if request.cluster.uid == operation.cluster.uid and request.created > now
        )
        return next(of_cluster, None) or super().repeated(operation, now)


@mutant("INV-9")
class TheNextIdFollowsTheNewest(CentralCore):
    """A pairing id is one more than that of the request which came last, by the clock."""

    def new_pairing_uid(self, draws: Draws) -> str:
        newest = max(
            self.store.every(PairingRequest), key=lambda request: request.created, default=None
        )
        return f"{int(newest.pairing_uid, 16) + 1 if newest else 1:024x}"


@mutant("INV-9")
class NothingIsAcceptedOnALeapDay(CentralCore):
    """An acceptance reckons when its first year is over, and breaks down on a leap day."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if (call.now // DAY - 789) % 1_461 == 0:  # every four years, and first in 1972
            raise ValueError("day is out of range for month")
        return super().accept(operation, call)


class _WaitsByTheClock(CentralCore):
    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        waiting = request.state is RequestState.HANDING_OVER
        return waiting and now >= request.accepted_at + self.choices.handover


plant(
    "a_clock_put_back_makes_an_acceptance_wait_as_long",
    "INV-9",
    "An acceptance waits until a time by the clock, however far that is put back, for a host that"
    " has cancelled and never tells.",
    Behaviour(
        edge=EdgeChoices(after_offline_cancel=AfterOfflineCancel.FORGET),
        make_central=_WaitsByTheClock,
    ),
)


# --- and the edge --------------------------------------------------------------------------------
@mutant("INV-9")
class AsksNextAtATimeByTheClock(TimedEdge):
    """A host asks after its request when the time that it has set itself for that has come."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if self.lasts(request.cluster_token, True) >= 0:
            self.since[request.cluster_token] = self.now
            yield from super().follow_pending(slot, request)


@mutant("INV-9")
class ForgetsWhatItSentAMonthAgo(TimedEdge):
    """A host that has waited for a month takes its request for ended, and tells nobody."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        site = self.site_of(call.host_uid)
        if bases.is_in(site, LocalState.PENDING) and self.is_old(site):
            self.store.put(replace(site, request=None))
        return super().view_pairing(operation, call)

    def is_old(self, site: SlotState) -> bool:
        """Whether its request was sent a month ago."""
        return self.lasts(bases.of_request(site.request), True) > 30 * DAY


@mutant("INV-9")
class ThePairingIsALeaseOfAMonth(TimedEdge):
    """Thirty days after a pairing local operations take effect again."""

    def taken_over(self, site: SlotState, request: LocalRequest, answer: ops.PollAnswer) -> None:
        self.lasts(request.pairing_uid, True)
        super().taken_over(site, request, answer)

    def require_local(self, site: SlotState) -> None:
        if not (
            self.is_central(site) and self.lasts(bases.of_request(site.request), True) > 30 * DAY
        ):
            super().require_local(site)
