"""Variants of the edge in what it does, answers and shows, and when, and of both sides in how they
refuse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.cluster import Cluster, ClusterState, ManagementMode
from harness.domain.draws import derived_bits
from harness.domain.endpoint import base_url
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.flows import pairing_uid_of
from harness.domain.pairing import LocalEvent, LocalState, RequestState
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core import choices
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import (
    Begun,
    Carrying,
    EdgeCore,
    Probing,
    Work,
    is_final,
    why_not,
)
from harness.reference.core.link import Call, LinkReply, NotDelivered
from harness.reference.core.records import (
    Boots,
    LocalRequest,
    LoginSession,
    OwedWithdrawal,
    PairingRequest,
    SlotState,
)
from harness.reference.core.store import Store
from harness.reference.planting import Memory, variant, varies

# --- choices of the reference's own --------------------------------------------------------------
_TEN_MINUTES = 600_000_000


def _edge(**chosen: object) -> Behaviour:
    return Behaviour(edge=choices.EdgeChoices(**chosen))  # type: ignore[arg-type]


_UPLOADED = StackProfile(
    "edge-next",
    ProfileType.FULL,
    "2.0.0",
    (Pack(Layer.OS, "Ubuntu", "24.04"), Pack(Layer.K8S, "PXK-E", "1.32.1")),
)
variant(
    "profiles_come_in_archives",
    "SND-6",
    "Profiles are changed by an archive that was uploaded, and are not taken in the call.",
    _edge(archives=(("/content/edge-next.tgz", (_UPLOADED,)),)),
)
variant(
    "second_send_answered_with_the_same_id",
    "SND-7",
    "A second send while a request is pending is answered with the id of that request.",
    _edge(second_send=choices.SecondSend.SAME),
)
variant(
    "second_send_replaces_the_first",
    "SND-7",
    "A second send while a request is pending withdraws it and sends another.",
    _edge(second_send=choices.SecondSend.REPLACE),
)
variant(
    "offline_cancel_is_never_told",
    "WDR-8",
    "A host that has cancelled without a link never tells Palette afterwards.",
    _edge(after_offline_cancel=choices.AfterOfflineCancel.FORGET),
)
variant(
    "login_is_good_for_the_whole_cluster",
    "SND-10",
    "A login to one host's Local UI is good at every host of its cluster.",
    _edge(session_reach=choices.SessionReach.CLUSTER),
)
variant(
    "local_cluster_follows_the_acceptance",
    "ACC-22",
    "The local cluster takes over the name and the tags that were confirmed on acceptance.",
    _edge(local_follows_central=True),
)
variant(
    "logins_last_ten_minutes",
    "SND-1",
    "A login to either side is over after ten minutes.",
    Behaviour(
        choices.CentralChoices(session=_TEN_MINUTES),
        choices.EdgeChoices(session=_TEN_MINUTES, extended_session=2 * _TEN_MINUTES),
    ),
)


# --- what Local UI shows -------------------------------------------------------------------------
@varies("SND-10")
class TheRequestIsShownWhereItWasSent(EdgeCore):
    """The pairing request is shown on the host where it was sent, and on no sibling of it."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.host_uid != call.host_uid:
            raise Refusal(Reason.NOTHING_PENDING, "no pairing request was sent from this host")
        return view


@varies("WDR-3")
class ACancelledRequestIsShownAsFailed(EdgeCore):
    """After a cancel Local UI shows the request as failed, until another one is sent."""

    _shown_as_failed = Memory[dict[str, ops.PairingView]](dict)

    def end(self, slot: str, request: LocalRequest) -> Work:
        shown = replace(self.view_of(request), status="Failed", message="it was cancelled")
        yield from super().end(slot, request)
        site = self.slot_state(slot)
        if site is not None and site.cluster is not None and site.request is None:
            self._shown_as_failed[site.cluster.uid] = shown

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        uid = site.cluster.uid if site.cluster else ""
        if site.request is None and uid in self._shown_as_failed:
            return self._shown_as_failed[uid]
        return super().view_pairing(operation, call)


@varies("WDR-6")
class AnAcceptedRequestIsShownAsPairedAtOnce(EdgeCore):
    """Local UI shows a request as paired as soon as the host has learned of its acceptance."""

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        view = super().view_of(request)
        if request.state is LocalState.CONFIRMING:
            return replace(view, status=LocalState.PAIRED.value)
        return view


@varies("ACC-12")
class NothingIsShownOncePaired(EdgeCore):
    """Local UI shows no pairing request any more once the cluster is paired."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if view.status == LocalState.PAIRED.value:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


@varies("REJ-7")
class ARejectedRequestIsShownForASecond(EdgeCore):
    """Local UI shows a rejected request for a second from the first look on, then no request."""

    SHOWN_FOR = 1_000_000
    _shown_since = Memory[dict[tuple[str, str], int]](dict)

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if view.status == LocalState.REJECTED.value:
            # A Palette that was set up anew may count its requests from the first on again.
            known = _uid(self.site_of(call.host_uid)), view.pairing_uid
            since = self._shown_since.setdefault(known, call.now)
            if call.now - since >= self.SHOWN_FOR:
                raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


# --- logins and entries --------------------------------------------------------------------------
@varies("SND-1")
class ANewLoginEndsTheOneBefore(EdgeCore):
    """At each host only one login is good: the last."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        session = super().log_in(operation, call)
        for other in list(self.store.every(LoginSession)):
            if other.subject == call.host_uid and other.token != session.token:
                self.store.delete(LoginSession, other.token)
        return session


@varies("SND-3")
class ARestartEndsEveryLogin(EdgeCore):
    """After a restart of the edge everybody has to log in to Local UI again."""

    def recover(self) -> None:
        super().recover()
        for session in list(self.store.every(LoginSession)):
            self.store.delete(LoginSession, session.token)


@varies("PRE-4")
class AnEmptyTokenIsLeftToPalette(EdgeCore):
    """Local UI sends whatever was entered as a token; Palette refuses an empty one."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        return base_url(operation.endpoint)


@varies("SND-10")
class ALoginIsGoodEverywhere(EdgeCore):
    """A login to one host's Local UI is good at every host of every cluster."""

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        return True


# --- the connection check ------------------------------------------------------------------------
@varies("PRE-11")
class TheConnectionCheckIgnoresTheToken(EdgeCore):
    """The connection check does not mind a token that is missing."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        if isinstance(operation, ops.VerifyConnection):
            return base_url(operation.endpoint)
        return super().usable_entries(operation)


@varies("PRE-5")
class TheConnectionCheckSaysNoWithAnError(EdgeCore):
    """A connection check that fails is answered with an error."""

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        value = reply.value if isinstance(reply, ops.Done) else None
        if isinstance(value, ops.Verification) and not value.verified:
            raise Refusal(Reason.HOST_UNREACHABLE, value.message)
        return reply


@varies("PRE-11")
class AHostDoesNotCheckItself(EdgeCore):
    """Of several hosts, the one whose Local UI is asked does not check its own connection."""

    _asked = ""

    def authenticate(self, call: EdgeCall) -> LoginSession:
        self._asked = call.host_uid
        return super().authenticate(call)

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return tuple(uid for uid in hosts if uid != self._asked) or hosts


@varies("PRE-11")
class TheConnectionCheckNamesEveryHost(EdgeCore):
    """The connection check asks every host, and names each one that cannot reach Palette."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        found = []
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, bool(entries.insecure), ops.Probe())
            if not isinstance(answer.reply, ops.Done):
                why = why_not(answer.reply)
                found.append(f"host {host_uid} cannot reach {entries.endpoint}: {why}")
        return "; ".join(found)


# --- what the agents do, and when ----------------------------------------------------------------
@varies("INV-8", limits={"edge_lag_s": 2.0})
class TheAgentsFollowUpEachSecond(EdgeCore):
    """A host asks only each second what became of its request."""

    ROUNDS = 20

    _round = 0

    def working_slots(self) -> list[str]:
        self._round += 1
        return [] if self._round % self.ROUNDS else super().working_slots()


@varies("WDR-8")
class AnOfflineCancelIsToldSecondsLater(EdgeCore):
    """A host that has cancelled without a link tries only each two seconds to tell Palette."""

    ROUNDS = 40
    _untold_for = Memory[dict[OwedWithdrawal, int]](dict)

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        self._untold_for[owed] = self._untold_for.get(owed, 0) + 1
        if self._untold_for[owed] % self.ROUNDS == 0:
            yield from super().settle_debt(slot, owed)


class _OneSecretForGood(AnOfflineCancelIsToldSecondsLater):
    """A host that tells of an offline cancel late, under the secret of all its requests; before it
    sends again where it knows no id, as that would end the next one.
    """

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.sendable(operation, call)
        for owed in (each for each in site.owed if not each.pairing_uid):
            yield from EdgeCore.settle_debt(self, site.slot, owed)
        if not all(owed.pairing_uid for owed in self.site_of(call.host_uid).owed):
            raise Refusal(Reason.HOST_UNREACHABLE, "Palette could not be told of a request before")
        return (yield from super().send(operation, call))

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        secret = f"{derived_bits(0, submission.cluster.uid, 0):032x}"
        request = replace(request, cluster_token=secret)
        self.store.put(replace(self.site_of(call.host_uid), request=request))
        return request, replace(submission, cluster_token=secret)

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        told = super().admitted(host_uid, request, reply)
        site = self.site_of(host_uid)
        uid = "" if isinstance(reply, NotDelivered) else pairing_uid_of(reply)
        if uid and (site.request is None or site.request.pairing_uid != uid):
            self.owe(site, replace(request, pairing_uid=uid))
        return told


variant(
    "one_secret_for_good_and_an_offline_cancel_told_late",
    "WDR-7",
    "A host has one secret for all that it submits, which a key tells apart, and submits another"
    " request before it tells of a cancel.",
    Behaviour(
        central=choices.CentralChoices(host_secret_stays=True),
        edge=choices.EdgeChoices(keys_submissions=True),
        make_edge=_OneSecretForGood,
    ),
)


@varies("WDR-8")
class ACancelIsToldAfterwards(EdgeCore):
    """A cancel ends the request locally at once; Palette is told afterwards, by the agent."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        if site is not None and self.is_same(site.request, request):
            self.owe(replace(site, request=None), request)
        yield from ()


@varies("WDR-10")
class ACancelIsToldByAnyHost(EdgeCore):
    """A host that is cut off lets its siblings tell Palette that the request is cancelled."""

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> Carrying:
        reply = yield from super().inform(request, message)
        for host_uid in self.cluster_at(self.site_of(request.host_uid)).host_uids():
            if not isinstance(reply, NotDelivered):
                break
            if host_uid != request.host_uid:
                reply = yield from super().inform(replace(request, host_uid=host_uid), message)
        return reply


@varies("WDR-10")
class ACancelFailsWhenPaletteAnswersWithAnError(EdgeCore):
    """A cancel that Palette answers with an error is refused, and the request goes on."""

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> Carrying:
        reply = yield from super().inform(request, message)
        if isinstance(reply, Refused) and not is_final(reply):
            raise Refusal(Reason.CONFLICT, f"Palette does not withdraw it: {reply.message}")
        return reply


# --- what has changed since the send -------------------------------------------------------------
@varies("SND-9")
class AnUnhealthyClustersRequestIsWithdrawn(EdgeCore):
    """A host withdraws its request when the cluster is not Running and healthy any more."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        cluster = site.cluster if site else None
        running = cluster is not None and cluster.state is ClusterState.RUNNING
        if running and cluster is not None and not cluster.unhealthy_nodes():
            yield from super().follow_pending(slot, request)
        else:
            yield from self.end(slot, request)


@varies("ACC-21")
class AChangedStackIsNotHandedOver(EdgeCore):
    """An acceptance fails at the host when the local profiles have changed since the send."""

    _sent = Memory[dict[str, tuple[StackProfile, ...]]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self._sent[request.cluster_token] = submission.cluster.stack
        return request, submission

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        runs = site.cluster.stack if site.cluster else ()
        changed = self._sent.get(request.cluster_token, runs) != runs
        if event is not LocalEvent.LEARNED_ACCEPTED or not changed:
            super().learned(site, request, event)
            return
        self.put_state(site, request, LocalEvent.LEARNED_FAILED)
        failed = self.slot_state(site.slot)
        if failed is not None:
            self.owe(failed, request)


# --- refusals ------------------------------------------------------------------------------------
class _Reworded:
    """Something that words a refusal anew."""

    def reworded(self, operation: ops.Operation, refused: Refused) -> Refused:
        """The refusal as it is answered."""
        raise NotImplementedError


class _RewordedPalette(_Reworded, CentralCore):
    """A central side that words what it refuses to people anew; hosts have to understand it."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        reply = super().perform(operation, call)
        if isinstance(reply, Refused) and isinstance(operation, ops.CentralOperation):
            return self.reworded(operation, reply)
        return reply


class _RewordedEdge(_Reworded, EdgeCore):
    """An edge that words what it refuses anew."""

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        try:
            reply = yield from super().perform(operation, call)
        except Refusal as refusal:
            told = self.reworded(operation, refusal.refused)
            raise Refusal(told.reason, told.message, **told.details) from None
        return self.reworded(operation, reply) if isinstance(reply, Refused) else reply


_MEANT = (
    *(Reason.NOT_FOUND, Reason.NOTHING_PENDING),
    *(Reason.NO_LOCAL_CLUSTER, Reason.CENTRALLY_MANAGED),
)
"""What a look is answered with where there is nothing: that is no refusal, but the answer."""


class _OneReason(_Reworded):
    """Has one reason for all that it refuses."""

    reason = Reason.CONFLICT

    def reworded(self, operation: ops.Operation, refused: Refused) -> Refused:
        looks = type(operation).__name__.startswith(("View", "List"))
        if looks and refused.reason in _MEANT:
            return refused
        return replace(refused, reason=self.reason)


def _refusing(reason: Reason) -> Behaviour:
    """Both sides, with this reason for whatever they refuse."""
    palette = type("Palette", (_OneReason, _RewordedPalette), {"reason": reason})
    edge = type("Edge", (_OneReason, _RewordedEdge), {"reason": reason})
    return Behaviour(make_central=palette, make_edge=edge)


_STATUSES = {
    400: ("a_bad_request", "a bad request", Reason.INVALID_INPUT),
    403: ("forbidden", "forbidden", Reason.FORBIDDEN),
    404: ("not_found", "not found", Reason.NOT_FOUND),
    409: ("a_conflict", "a conflict", Reason.CONFLICT),
    422: ("mismatching", "something that does not fit", Reason.PROFILES_MISMATCH),
    500: ("an_internal_error", "an internal error", Reason.INTERNAL),
}


for _status, (_name, _words, _reason) in _STATUSES.items():
    variant(
        f"refuses_as_{_name}",
        "PRE-1",
        f"Whatever is refused, on both sides, is called {_words} ({_status} over HTTP).",
        _refusing(_reason),
    )


class _SaysNothing(_Reworded):
    """Refuses without a word."""

    def reworded(self, operation: ops.Operation, refused: Refused) -> Refused:
        return Refused(refused.reason, "")


variant(
    "refuses_without_a_word",
    "ACC-13S",
    "Whatever is refused, on both sides, has a code and no message.",
    Behaviour(
        make_central=type("Palette", (_SaysNothing, _RewordedPalette), {}),
        make_edge=type("Edge", (_SaysNothing, _RewordedEdge), {}),
    ),
)


_TROUBLES = {
    "cannot be resolved": "dial tcp: lookup failed: no such host",
    "connection was refused": "dial tcp: connect: connection refused",
    "no answer came in time": "context deadline exceeded while awaiting headers",
    "not a Palette": "unexpected response, the server is not a Palette",
    "certificate": "tls: failed to verify certificate: x509: unknown authority",
}
"""What is wrong with an endpoint, as another client would say it."""


_WORDS = {
    Reason.TOKEN_UNUSABLE: "edge registration token validation failed",
    Reason.CENTRALLY_MANAGED: "operation not supported in central management mode",
    Reason.TRANSFER_IS_FINAL: "unpairing is not supported",
    Reason.CLUSTER_NOT_RUNNING: "cluster is not in a valid state for this operation",
    Reason.NODE_UNHEALTHY: "one or more nodes failed the health check",
    Reason.NO_LOCAL_CLUSTER: "cluster does not exist",
    Reason.UNAUTHENTICATED: "Unauthorized",
    Reason.FORBIDDEN: "Operation not allowed",
    Reason.NOT_FOUND: "resource does not exist",
    Reason.NOTHING_PENDING: "no active pairing found",
    Reason.REQUEST_PENDING: "pairing is already in progress",
    Reason.ALREADY_ACCEPTED: "pairing can no longer be rejected",
    Reason.REQUEST_DECIDED: "pairing is not in the expected state",
    Reason.NOT_CONFIRMED: "cluster is not ready",
    Reason.PROFILES_MISMATCH: "cluster profile validation failed",
}


class _OtherWords(_Reworded):
    """Says everything in other words, and gives no details."""

    def reworded(self, operation: ops.Operation, refused: Refused) -> Refused:
        if refused.reason is Reason.ENDPOINT_UNUSABLE:
            missing = isinstance(operation, ops.PairingInput) and not operation.endpoint.strip()
            words = "paletteEndpoint in body is required" if missing else "parse: invalid URL"
            return Refused(refused.reason, words)
        return Refused(refused.reason, _WORDS.get(refused.reason, refused.message))


class _PaletteInOtherWords(_OtherWords, _RewordedPalette):
    """Palette's part of it."""


class _EdgeInOtherWords(_OtherWords, _RewordedEdge):
    """The edge's part of it."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, bool(entries.insecure), ops.Probe())
            if not isinstance(answer.reply, ops.Done):
                why = why_not(answer.reply)
                trouble = next((new for old, new in _TROUBLES.items() if old in why), why)
                return f"precheck failed on {host_uid}: Get {urlsplit(url).hostname}: {trouble}"
        return ""


variant(
    "other_words",
    "PRE-6S",
    "Every refusal is worded otherwise, briefly and without details; its file adds no words.",
    Behaviour(make_central=_PaletteInOtherWords, make_edge=_EdgeInOtherWords, words={}),
)


# --- what is shown, and when ---------------------------------------------------------------------
A_SECOND = 1_000_000

_ROUNDS = 20
"""How many rounds of the agents a second has."""

Shown = TypeVar("Shown")


class _Behind(Generic[Shown]):
    """What is shown was read up to a second ago; before the first look there was something else."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, Shown]] = {}

    def at(self, key: str, now: int, current: Shown, at_first: Shown) -> Shown:
        """What is shown of something that is so by now."""
        since, shown = self._read.get(key, (now, at_first))
        if not 0 <= now - since < A_SECOND:
            since, shown = now, current
        self._read[key] = since, shown
        return shown


def _uid(site: SlotState) -> str:
    return site.cluster.uid if site.cluster else ""


@varies("SND-3")
class TheRequestIsShownASecondLate(EdgeCore):
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
class AReturnIsTakenAndComesToNothing(EdgeCore):
    """A return to local management is acknowledged, and nothing comes of it."""

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        return ops.Acknowledged("it was looked at")


@varies("SND-6")
class LocalUiAddsATagOfItsOwn(EdgeCore):
    """Local UI shows each cluster with a tag of its own."""

    def view_cluster(self, operation: ops.ViewCluster, call: EdgeCall) -> Cluster:
        view = super().view_cluster(operation, call)
        return replace(view, tags={**view.tags, "shown-by": "local-ui"})


@varies("ACC-13")
class APairedClusterIsReconciled(EdgeCore):
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
class ARecoveredClusterHasToWait(EdgeCore):
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
class ANewRequestWaitsForTheCancel(EdgeCore):
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
class HostsReportTheirLinksEachSecond(EdgeCore):
    """Whether a host reaches an endpoint is known from what it said within the last second."""

    _now = 0
    _said: ClassVar[dict[str, tuple[int, str]]] = {}

    def authenticate(self, call: EdgeCall) -> LoginSession:
        self._now = call.now
        return super().authenticate(call)

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        key = f"{_uid(site)} {entries.endpoint} {entries.insecure}"
        at, why = self._said.get(key, (-A_SECOND, ""))
        if self._now - at >= A_SECOND:
            now = self._now
            why = yield from super().unreachable(site, url, entries)
            self._said[key] = (now, why)
        return why


@varies("SND-10")
class TheLeaderSpeaksForItsCluster(EdgeCore):
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


@varies("SND-7", edge=choices.EdgeChoices(second_send=choices.SecondSend.REPLACE))
class ASecondSendEndsTheFirstBeforeItIsTried(EdgeCore):
    """A second send withdraws the first request before it tries its own endpoint and token."""

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.sendable(operation, call)
        earlier = self.pending(site)
        if earlier is not None:
            yield from self.end(site.slot, earlier)
        return (yield from super().send(operation, call))


@varies("ACC-12")
class TheModeIsShownASecondLate(EdgeCore):
    """Who manages the cluster is shown a second late."""

    _behind = _Behind[ops.Management]()

    def view_management(self, operation: ops.ViewManagement, call: EdgeCall) -> ops.Management:
        view = super().view_management(operation, call)
        key = _uid(self.site_of(call.host_uid))
        return self._behind.at(key, call.now, view, ops.Management(ManagementMode.LOCAL))


@varies("WDR-6", limits={"edge_lag_s": 3.0})
class TheHandoverTakesASecond(EdgeCore):
    """A host that has learned of the acceptance confirms it a second later."""

    _rounds: ClassVar[dict[str, int]] = {}

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        key = request.cluster_token
        self._rounds[key] = self._rounds.get(key, 0) + 1
        if self._rounds[key] >= _ROUNDS:
            yield from super().follow_confirming(slot, request)


@varies("INV-1", limits={"edge_lag_s": 3.0})
class TheClusterIsLocalUntilItConfirms(TheHandoverTakesASecond):
    """A handover is prepared for a second, locally managed; no request is shown till it is over."""

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
        request = self.site_of(call.host_uid).request
        if request is not None and request.state is LocalState.CONFIRMING:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pending pairing request")
        return view


@varies("PRE-3")
class WithoutAClusterNothingIsShown(EdgeCore):
    """On a host without a cluster, a look at the request is refused for that reason."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        self.authenticate(call)
        self.cluster_at(self.site_of(call.host_uid))
        return super().view_pairing(operation, call)


@varies("PRE-3")
class NoRequestIsShownUnderCentralManagement(EdgeCore):
    """Once Palette manages the cluster, a look at the request is refused for that reason."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        self.authenticate(call)
        self.require_local(self.site_of(call.host_uid))
        return super().view_pairing(operation, call)


@varies("SND-1")
class LoginsEndWithTheHandover(EdgeCore):
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
class ARestartTakesHalfASecond(EdgeCore):
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
class AJumpOfTheClockEndsEveryLogin(EdgeCore):
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
