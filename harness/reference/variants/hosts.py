"""Variants in how hosts, and what they ask, answer and show what is so, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Generic, TypeVar

from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.cluster import Cluster, ClusterState, ManagementMode
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import LocalState, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core import edge_flows
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import EdgeChoices, SecondSend
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.records import (
    Boots,
    LocalRequest,
    LoginSession,
    PairingRequest,
    SlotState,
)
from harness.reference.core.store import Store
from harness.reference.planting import Memory, variant, varies

A_SECOND = 1_000_000

_ROUNDS = 20
"""How many rounds of the agents a second has."""

Shown = TypeVar("Shown")


class _Behind(Generic[Shown]):
    """What is shown is a second behind, from the first look at it on."""

    def __init__(self) -> None:
        self._shown: dict[str, Shown] = {}
        self._next: dict[str, tuple[int, Shown]] = {}

    def at(self, key: str, now: int, current: Shown, at_first: Shown) -> Shown:
        """What is shown of something that is so by now."""
        shown = self._shown.setdefault(key, at_first)
        since, known = self._next.get(key, (now, current))
        if known != current:
            since, known = now, current
        self._next[key] = (since, known)
        if now - since >= A_SECOND:
            shown = self._shown[key] = current
        return shown


def _uid(site: SlotState) -> str:
    return site.cluster.uid if site.cluster else ""


@varies("SND-3")
class TheRequestIsShownASecondLate(edge_flows.EdgeCore):
    """What Local UI shows of the request is a second behind."""

    _behind = _Behind["ops.PairingView | None"]()

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view: ops.PairingView | None = None
        try:
            view = super().view_pairing(operation, call)
        except Refusal as refusal:
            if refusal.refused.reason is not Reason.NOTHING_PENDING:
                raise
        key = _uid(self.site_of(call.host_uid))
        shown = self._behind.at(key, call.now, view, None)
        if shown is None:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return shown


@varies("ACC-19")
class AReturnIsTakenAndComesToNothing(edge_flows.EdgeCore):
    """A return to local management is acknowledged, and nothing comes of it."""

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        return ops.Acknowledged("it was looked at")


@varies("SND-6")
class LocalUiAddsATagOfItsOwn(edge_flows.EdgeCore):
    """Local UI shows each cluster with a tag of its own."""

    def view_cluster(self, operation: ops.ViewCluster, call: EdgeCall) -> Cluster:
        view = super().view_cluster(operation, call)
        return replace(view, tags={**view.tags, "shown-by": "local-ui"})


@varies("ACC-13")
class APairedClusterIsReconciled(edge_flows.EdgeCore):
    """A paired cluster is soon shown as being provisioned anew, with a tag of Palette's."""

    _seen: ClassVar[set[str]] = set()

    def view_cluster(self, operation: ops.ViewCluster, call: EdgeCall) -> Cluster:
        view = super().view_cluster(operation, call)
        if not self.is_central(self.site_of(call.host_uid)):
            return view
        if view.uid not in self._seen:
            self._seen.add(view.uid)
            return view
        tags = {**view.tags, "managed-by": "palette"}
        return replace(view, tags=tags, state=ClusterState.PROVISIONING)


@varies("PRE-2")
class ARecoveredClusterHasToWait(edge_flows.EdgeCore):
    """A cluster that was refused for its state or its health may send a second later."""

    _ill: ClassVar[set[str]] = set()
    _well_since: ClassVar[dict[str, int]] = {}

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        uid = _uid(self.site_of(call.host_uid))
        try:
            site = super().sendable(operation, call)
        except Refusal as refusal:
            if refusal.refused.reason in (Reason.NODE_UNHEALTHY, Reason.CLUSTER_NOT_RUNNING):
                self._ill.add(uid)
                self._well_since.pop(uid, None)
            raise
        since = self._well_since.setdefault(uid, call.now)
        if uid in self._ill and call.now - since < A_SECOND:
            raise Refusal(Reason.NODE_UNHEALTHY, "every node has to be healthy for a second")
        return site


@varies("WDR-7")
class ANewRequestWaitsForTheCancel(edge_flows.EdgeCore):
    """Within a second of a cancel no new request is taken: it is being cleared up."""

    _cancelled: ClassVar[dict[str, int]] = {}

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().cancel(operation, call)
        self._cancelled[_uid(self.site_of(call.host_uid))] = call.now
        return reply

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if 0 <= call.now - self._cancelled.get(_uid(site), 0) < A_SECOND:
            raise Refusal(Reason.CONFLICT, "the last pairing request is being cleared up")
        return site


@varies("PRE-5")
class HostsReportTheirLinksEachSecond(edge_flows.EdgeCore):
    """Whether a host reaches an endpoint is known from what it said within the last second."""

    _now = 0
    _said: ClassVar[dict[str, tuple[int, str]]] = {}

    def authenticate(self, call: EdgeCall) -> LoginSession:
        self._now = call.now
        return super().authenticate(call)

    def unreachable(
        self, site: SlotState, url: str, entries: ops.PairingInput
    ) -> edge_flows.Probing:
        key = f"{_uid(site)} {entries.endpoint} {entries.insecure}"
        at, why = self._said.get(key, (-A_SECOND, ""))
        if self._now - at >= A_SECOND:
            now = self._now
            why = yield from super().unreachable(site, url, entries)
            self._said[key] = (now, why)
        return why


@varies("SND-10")
class TheLeaderSpeaksForItsCluster(edge_flows.EdgeCore):
    """Only at the first host of a cluster something can be done; at the others one may look."""

    def require_leader(self, call: EdgeCall) -> None:
        """Refuse what is asked of another host."""
        self.authenticate(call)
        cluster = self.site_of(call.host_uid).cluster
        if cluster is not None and cluster.host_uids()[0] != call.host_uid:
            raise Refusal(Reason.CONFLICT, "ask the leader of the cluster")

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        self.require_leader(call)
        return super().changeable(operation, call)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        self.require_leader(call)
        return super().sendable(operation, call)

    def cancellable(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        self.require_leader(call)
        return super().cancellable(operation, call)

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        self.require_leader(call)
        return (yield from super().verify(operation, call))


@varies("SND-9")
class ARequestEndsWithItsToken(CentralCore):
    """A pending request has failed once its registration token is not usable any more."""

    def current(self, pairing_uid: str, now: int) -> PairingRequest | None:
        request = super().current(pairing_uid, now)
        if request is None or request.state is not RequestState.PENDING:
            return request
        token = self.store.get(RegistrationToken, request.token_uid)
        if token is not None and not token.why_unusable(now):
            return request
        ended = replace(request, state=RequestState.FAILED)
        self.store.put(ended)
        return ended

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        for request in list(self.store.every(PairingRequest)):
            self.current(request.pairing_uid, call.now)
        return super().list_requests(operation, call)


class _ReplacesBeforeItTries(edge_flows.EdgeCore):
    """A second send withdraws the first request before it tries its own endpoint."""

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.sendable(operation, call)
        earlier = self.pending(site)
        if earlier is not None:
            yield from self.end(site.slot, earlier)
        return (yield from super().send(operation, call))


variant(
    "a_second_send_ends_the_first_before_it_is_tried",
    "SND-7",
    "A second send withdraws the first request before it tries its own endpoint and token.",
    Behaviour(make_edge=_ReplacesBeforeItTries, edge=EdgeChoices(second_send=SecondSend.REPLACE)),
)


@varies("ACC-12")
class TheModeIsShownASecondLate(edge_flows.EdgeCore):
    """Who manages the cluster is shown a second late."""

    _behind = _Behind[ops.Management]()

    def view_management(self, operation: ops.ViewManagement, call: EdgeCall) -> ops.Management:
        view = super().view_management(operation, call)
        key = _uid(self.site_of(call.host_uid))
        return self._behind.at(key, call.now, view, ops.Management(ManagementMode.LOCAL))


@varies("WDR-6", limits={"edge_lag_s": 3.0})
class TheHandoverTakesASecond(edge_flows.EdgeCore):
    """A host that has learned of the acceptance confirms it a second later."""

    _rounds: ClassVar[dict[str, int]] = {}

    def follow_confirming(self, slot: str, request: LocalRequest) -> edge_flows.Work:
        key = request.cluster_token
        self._rounds[key] = self._rounds.get(key, 0) + 1
        if self._rounds[key] >= _ROUNDS:
            yield from super().follow_confirming(slot, request)


@varies("INV-1", limits={"edge_lag_s": 3.0})
class TheClusterIsLocalUntilItConfirms(TheHandoverTakesASecond):
    """For a second a handover is prepared: the cluster is still local, and no request is shown."""

    def is_preparing(self, site: SlotState) -> bool:
        """Whether the host has learned of the acceptance, and has not begun to confirm it."""
        request = site.request
        return (
            request is not None
            and request.state is LocalState.CONFIRMING
            and self._rounds.get(request.cluster_token, 0) < _ROUNDS - 1
        )

    def is_central(self, site: SlotState) -> bool:
        return super().is_central(site) and not self.is_preparing(site)

    def require_not_accepted(self, site: SlotState) -> None:
        if self.is_preparing(site):
            raise Refusal(Reason.ALREADY_ACCEPTED, "the pairing request was accepted")
        super().require_not_accepted(site)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        self.authenticate(call)
        if self.is_preparing(self.site_of(call.host_uid)):
            raise Refusal(Reason.ALREADY_ACCEPTED, "the pairing request was accepted")
        return super().sendable(operation, call)

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if self.is_preparing(self.site_of(call.host_uid)):
            raise Refusal(Reason.NOTHING_PENDING, "there is no pending pairing request")
        return view


@varies("PRE-3")
class WithoutAClusterNothingIsShown(edge_flows.EdgeCore):
    """On a host without a cluster, a look at the request is refused for that reason."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        self.authenticate(call)
        self.cluster_at(self.site_of(call.host_uid))
        return super().view_pairing(operation, call)


@varies("PRE-3")
class NoRequestIsShownUnderCentralManagement(edge_flows.EdgeCore):
    """Once Palette manages the cluster, a look at the request is refused for that reason."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        self.authenticate(call)
        self.require_local(self.site_of(call.host_uid))
        return super().view_pairing(operation, call)


@varies("SND-1")
class LoginsEndWithTheHandover(edge_flows.EdgeCore):
    """When Local UI changes between local and central management, everybody logs in anew."""

    _central: ClassVar[dict[str, bool]] = {}

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        session = super().log_in(operation, call)
        self._central[session.token] = self.is_central(self.site_of(call.host_uid))
        return session

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        central = self.is_central(self.site_of(host_uid))
        same = self._central.get(session.token, central) is central
        return same and super().is_good_here(session, host_uid)


def _has_restarted(store: Store, side: Side) -> bool:
    """Whether a side was started more often than once."""
    boots = store.get(Boots, side.value)
    return boots is not None and boots.count > 1


@varies("SND-3")
class ARestartTakesHalfASecond(edge_flows.EdgeCore):
    """For half a second after a restart Local UI answers that it is starting."""

    _since = 0

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        self._since = self._since or call.now
        if _has_restarted(self.store, Side.EDGE) and 0 <= call.now - self._since < A_SECOND // 2:
            raise Refusal(Reason.INTERNAL, "Local UI is starting")
        return (yield from super().perform(operation, call))


@varies("SND-4")
class ARestartOfPaletteTakesASecond(CentralCore):
    """For a second after a restart Palette answers that it is starting."""

    _since = 0

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        self._since = self._since or call.now
        if _has_restarted(self.store, Side.CENTRAL) and 0 <= call.now - self._since < A_SECOND:
            return Refused(Reason.INTERNAL, "Palette is starting")
        return super().perform(operation, call)


@varies("SND-1")
class AJumpOfTheClockEndsEveryLogin(edge_flows.EdgeCore):
    """A clock that goes back, or half an hour forth at once, ends every login to Local UI."""

    _last = 0
    _ended = Memory[set[str]](set)

    def _notice(self, now: int) -> None:
        last, self._last = self._last, now
        if last and not 0 <= now - last < 1_800 * A_SECOND:
            self._ended |= {session.token for session in self.store.every(LoginSession)}

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        self._notice(call.now)
        return super().log_in(operation, call)

    def authenticate(self, call: EdgeCall) -> LoginSession:
        self._notice(call.now)
        if call.credentials.session in self._ended:
            raise Refusal(Reason.UNAUTHENTICATED, "log in again: the clock was set")
        return super().authenticate(call)


@varies("SND-4")
class ARequestIsShownASecondLate(CentralCore):
    """A request is shown to nobody at Palette for its first second."""

    _now = 0

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        return [request for request in found if self.has_arrived(request)]

    def has_arrived(self, request: PairingRequest) -> bool:
        """Whether it came more than a second ago, or at a time that is still to come."""
        return not 0 <= self._now - request.created < A_SECOND

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        self._now = call.now
        return super().perform(operation, call)

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and not self.has_arrived(request):
            raise self.no_request(operation.pairing_uid)
        return super().view_request(operation, call)
