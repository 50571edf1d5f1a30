"""Defects of the central side with requests, which only a fleet gives away (INV-1 to INV-6, INV-9).

They need many clusters at once, hours, faults in the midst of things, or all of them.
"""

from __future__ import annotations

from dataclasses import replace

from harness.domain.draws import Draws
from harness.domain.match import Choice, MatchResult, Mismatch
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    Acknowledged,
    ChangeCentralCluster,
    ConfirmPairing,
    PairingId,
    PollAnswer,
    RejectPairingRequest,
    SelectedProfile,
    SubmitPairing,
    WithdrawPairing,
)
from harness.domain.pairing import RequestEvent, RequestState
from harness.domain.profile import ClusterProfile
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import LoginSession, PairingRequest, submission_key
from harness.reference.core.store import Store
from harness.reference.mutants.central_bases import Wakes
from harness.reference.mutants.fleet_bases import HOUR, MINUTE, SECOND, Timed
from harness.reference.planting import Lane, Nemesis, mutant

# --- one manager (INV-1) ------------------------------------------------------------------------


@mutant("INV-1", lane=Lane.FLEET, plot="cancel-storm", nemesis=Nemesis.LINK)
class LongHandoverCountsAsConfirmed(CentralCore):
    """A cluster that has been handed over for two minutes counts as confirmed by its host."""

    def change_cluster(self, operation: ChangeCentralCluster, call: CentralCall) -> Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        request = self.store.get(PairingRequest, cluster.pairing_uid)
        waiting = request is not None and request.state is RequestState.HANDING_OVER
        if request is None or not waiting or call.now < request.accepted_at + 2 * MINUTE:
            return super().change_cluster(operation, call)
        self.store.put(replace(cluster, tags=operation.tags))
        return Acknowledged("the cluster was changed")


@mutant("INV-1", lane=Lane.FLEET, plot="thundering-herd-no-jitter")
class CrowdedConfirmationIsNotWritten(Timed):
    """A confirmation that comes close upon another host's is answered, and not written down."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.last = ("", 0)

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        uid, at = self.last
        request = self.own_request(operation, call.now)
        handing_over = request.state is RequestState.HANDING_OVER
        crowded = uid != request.pairing_uid and call.now < at + SECOND // 2
        if handing_over and crowded and self.is_older(request, 20 * SECOND):
            return PollAnswer(RequestState.PAIRED.value, request.cluster_uid)
        self.last = request.pairing_uid, call.now
        return super().confirm(operation, call)


# --- no request is lost (INV-2) -----------------------------------------------------------------


@mutant("INV-2", lane=Lane.FLEET, plot="thundering-herd")
class CrowdPushesTheOldestOut(CentralCore):
    """The table of pending requests holds ten; who comes then pushes the oldest out."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        admitted = super().submit(operation, call)
        pending = list(self.store.find(PairingRequest, "any_open", "yes"))
        if len(pending) > 10:
            self.store.delete(PairingRequest, pending[0].pairing_uid)
        return admitted


@mutant("INV-2", lane=Lane.FLEET, plot="central-outage", nemesis=Nemesis.CENTRAL)
class RestartLoadsTheFirstPage(Wakes):
    """After a restart only the two oldest of the pending requests are there."""

    def wake(self) -> None:
        pending = list(self.store.find(PairingRequest, "any_open", "yes"))
        for request in pending[2:]:
            self.store.delete(PairingRequest, request.pairing_uid)


@mutant("INV-2", lane=Lane.FLEET, plot="steady-day")
class OftenSeenIsArchived(Timed):
    """A request that was on the list in four different hours is put into the archive."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.seen: dict[str, set[int]] = {}

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        listed = []
        for request in super().open_requests(scope, cluster_uid):
            hours = self.seen.setdefault(request.pairing_uid, set())
            if len(hours) < 4:
                hours.add(self.now // HOUR)
                listed.append(request)
        return listed


# --- an exact match (INV-3) ---------------------------------------------------------------------


@mutant("INV-3", lane=Lane.FLEET, plot="profile-drift")
class ProfilesOfAnAcceptanceAreKept(Timed):
    """The profiles that an acceptance went by are kept for ten minutes for the ones to come."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.kept: dict[str, tuple[int, ClusterProfile]] = {}

    def selected(self, request: PairingRequest, chosen: SelectedProfile) -> Choice:
        choice = super().selected(request, chosen)
        until, profile = self.kept.get(chosen.uid, (0, choice.profile))
        return replace(choice, profile=profile) if self.now < until else choice

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        accepted = super().accept(operation, call)
        for chosen in operation.selection:
            profile = self.store.get(ClusterProfile, chosen.uid)
            if profile is not None and chosen.uid not in self.kept:
                self.kept[chosen.uid] = self.now + 10 * MINUTE, profile
        return accepted


@mutant("INV-3", lane=Lane.FLEET, plot="wrong-profiles")
class OldRequestsAreMatchedByName(Timed):
    """Of a request that has waited for two minutes only the names of the packs are compared."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        result = super().matched(request, selection)
        if not self.is_older(request, 2 * MINUTE):
            return result
        left = tuple(p for p in result.problems if p.kind is not Mismatch.VERSION)
        return replace(result, problems=left)


# --- an acknowledged cancel (INV-4) -------------------------------------------------------------


@mutant("INV-4", lane=Lane.FLEET, plot="cancel-storm")
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


@mutant("INV-4", lane=Lane.FLEET, plot="central-outage", nemesis=Nemesis.CENTRAL)
class LateWithdrawalIsUndoneByACrash(Wakes):
    """A withdrawal that could be told only later is gone when the central side restarts."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
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


# --- ids (INV-5) --------------------------------------------------------------------------------


@mutant("INV-5", lane=Lane.FLEET, plot="million")
class EveryShardCountsForItself(CentralCore):
    """Each part of the central side counts its pairing ids from one, and there are many."""

    def new_pairing_uid(self, draws: Draws) -> str:
        return f"{sum(1 for _ in self.store.every(PairingRequest)) + 1:024x}"


@mutant("INV-5", lane=Lane.FLEET, plot="rollout-wave")
class IdsAreShort(CentralCore):
    """Pairing ids are drawn from four thousand."""

    def new_pairing_uid(self, draws: Draws) -> str:
        return f"{draws.bits128('pairing') >> 116:024x}"


# --- decided once (INV-6) -----------------------------------------------------------------------


@mutant("INV-6", lane=Lane.FLEET, plot="two-admins")
class LastDecisionWins(Timed):
    """Of two administrators who decide in the same moment each is told that he did."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.deciding: dict[str, tuple[int, str]] = {}

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        self.begin(operation.pairing_uid, call)
        return super().accept(operation, call)

    def reject(self, operation: RejectPairingRequest, call: CentralCall) -> Acknowledged:
        self.begin(operation.pairing_uid, call)
        return super().reject(operation, call)

    def begin(self, uid: str, call: CentralCall) -> None:
        """Read the request as it was when nobody had written."""
        at, other = self.deciding.get(uid, (-SECOND, call.credentials.api_key))
        request = self.store.get(PairingRequest, uid)
        decided = request is not None and request.state in (
            RequestState.HANDING_OVER,
            RequestState.REJECTED,
        )
        at_once = call.now < at + SECOND // 10 and other != call.credentials.api_key
        if request is not None and decided and at_once and self.is_older(request, 10 * SECOND):
            self.store.put(replace(request, state=RequestState.PENDING))
        self.deciding[uid] = call.now, call.credentials.api_key


@mutant("INV-6", lane=Lane.FLEET, plot="lossy-radio", nemesis=Nemesis.LOST_AFTER)
class LateRepetitionIsRefused(Timed):
    """A confirmation that comes again while its session is being closed, 42 s later, is refused."""

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        request = self.own_request(operation, call.now)
        at, _, _ = self.stepped.get(request.pairing_uid, (call.now, None, None))
        closing = at + 42 * SECOND < call.now < at + 52 * SECOND
        if request.state is RequestState.PAIRED and closing:
            raise self.already_decided(request)
        return super().confirm(operation, call)


# --- everything settles (INV-9) -----------------------------------------------------------------


@mutant("INV-9", lane=Lane.FLEET, plot="flaky-wan", nemesis=Nemesis.REPEATED)
class CopiesOfASubmissionAreTwoRequests(CentralCore):
    """Two copies of a submission that come in the same moment become two requests."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        key = f"{operation.cluster.uid}:{operation.cluster_token}"
        known = next(self.store.find(PairingRequest, "submission", key), None)
        if known is None or known.created != call.now:
            return super().submit(operation, call)
        uid = self.new_pairing_uid(call.draws)
        self.store.put(replace(known, pairing_uid=uid))
        return PairingId(uid)


@mutant("INV-9", lane=Lane.FLEET, plot="lossy-radio", nemesis=Nemesis.DELAYED)
class SoonForgetsWhatEnded(Timed):
    """What was withdrawn before it came is refused for two seconds only."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._ended: dict[str, int] = {}

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        self._ended[submission_key(operation.local_cluster_uid, operation.cluster_token)] = call.now
        return super().withdraw(operation, call)

    def require_not_ended(self, submission: str) -> None:
        if self.now < self._ended.get(submission, 0) + 2 * SECOND:
            super().require_not_ended(submission)
