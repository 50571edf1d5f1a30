"""Variants of the edge, and of both sides in how they refuse."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from harness.domain import operations as ops
from harness.domain.cluster import ClusterState
from harness.domain.draws import derived_bits
from harness.domain.endpoint import base_url
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import LocalEvent, LocalState
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.reference.behaviour import Behaviour
from harness.reference.core import edge_flows
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import (
    AfterOfflineCancel,
    CentralChoices,
    EdgeChoices,
    SecondSend,
    SessionReach,
)
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.link import Call, NotDelivered
from harness.reference.core.records import LocalRequest, LoginSession, OwedWithdrawal, SlotState
from harness.reference.planting import Memory, variant, varies

# --- choices of the reference's own --------------------------------------------------------------
_TEN_MINUTES = 600_000_000


def _edge(**chosen: object) -> Behaviour:
    return Behaviour(edge=EdgeChoices(**chosen))  # type: ignore[arg-type]


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
    _edge(second_send=SecondSend.SAME),
)
variant(
    "second_send_replaces_the_first",
    "SND-7",
    "A second send while a request is pending withdraws it and sends another.",
    _edge(second_send=SecondSend.REPLACE),
)
variant(
    "offline_cancel_is_never_told",
    "WDR-8",
    "A host that has cancelled without a link never tells Palette afterwards.",
    _edge(after_offline_cancel=AfterOfflineCancel.FORGET),
)
variant(
    "login_is_good_for_the_whole_cluster",
    "SND-10",
    "A login to one host's Local UI is good at every host of its cluster.",
    _edge(session_reach=SessionReach.CLUSTER),
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
        CentralChoices(session=_TEN_MINUTES),
        EdgeChoices(session=_TEN_MINUTES, extended_session=2 * _TEN_MINUTES),
    ),
)


# --- what Local UI shows -------------------------------------------------------------------------
@varies("SND-10")
class TheRequestIsShownWhereItWasSent(edge_flows.EdgeCore):
    """The pairing request is shown on the host where it was sent, and on no sibling of it."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.host_uid != call.host_uid:
            raise Refusal(Reason.NOTHING_PENDING, "no pairing request was sent from this host")
        return view


@varies("WDR-3")
class ACancelledRequestIsShownAsFailed(edge_flows.EdgeCore):
    """After a cancel Local UI shows the request as failed, until another one is sent."""

    _shown_as_failed = Memory[dict[str, ops.PairingView]](dict)

    def end(self, slot: str, request: LocalRequest) -> edge_flows.Work:
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
class AnAcceptedRequestIsShownAsPairedAtOnce(edge_flows.EdgeCore):
    """Local UI shows a request as paired as soon as the host has learned of its acceptance."""

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        view = super().view_of(request)
        if request.state is LocalState.CONFIRMING:
            return replace(view, status=LocalState.PAIRED.value)
        return view


@varies("ACC-12")
class NothingIsShownOncePaired(edge_flows.EdgeCore):
    """Local UI shows no pairing request any more once the cluster is paired."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if view.status == LocalState.PAIRED.value:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


@varies("REJ-7")
class ARejectedRequestIsShownForASecond(edge_flows.EdgeCore):
    """Local UI shows a rejected request for a second from the first look on, then no request."""

    SHOWN_FOR = 1_000_000
    _shown_since = Memory[dict[str, int]](dict)

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if view.status == LocalState.REJECTED.value:
            since = self._shown_since.setdefault(view.pairing_uid, call.now)
            if call.now - since >= self.SHOWN_FOR:
                raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


# --- logins and entries --------------------------------------------------------------------------
@varies("SND-1")
class ANewLoginEndsTheOneBefore(edge_flows.EdgeCore):
    """At each host only one login is good: the last."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        session = super().log_in(operation, call)
        for other in list(self.store.every(LoginSession)):
            if other.subject == call.host_uid and other.token != session.token:
                self.store.delete(LoginSession, other.token)
        return session


@varies("SND-3")
class ARestartEndsEveryLogin(edge_flows.EdgeCore):
    """After a restart of the edge everybody has to log in to Local UI again."""

    def recover(self) -> None:
        super().recover()
        for session in list(self.store.every(LoginSession)):
            self.store.delete(LoginSession, session.token)


@varies("PRE-4")
class AnEmptyTokenIsLeftToPalette(edge_flows.EdgeCore):
    """Local UI sends whatever was entered as a token; Palette refuses an empty one."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        return base_url(operation.endpoint)


@varies("SND-10")
class ALoginIsGoodEverywhere(edge_flows.EdgeCore):
    """A login to one host's Local UI is good at every host of every cluster."""

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        return True


# --- the connection check ------------------------------------------------------------------------
@varies("PRE-11")
class TheConnectionCheckIgnoresTheToken(edge_flows.EdgeCore):
    """The connection check does not mind a token that is missing."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        if isinstance(operation, ops.VerifyConnection):
            return base_url(operation.endpoint)
        return super().usable_entries(operation)


@varies("PRE-5")
class TheConnectionCheckSaysNoWithAnError(edge_flows.EdgeCore):
    """A connection check that fails is answered with an error."""

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        value = reply.value if isinstance(reply, ops.Done) else None
        if isinstance(value, ops.Verification) and not value.verified:
            raise Refusal(Reason.HOST_UNREACHABLE, value.message)
        return reply


@varies("PRE-11")
class AHostDoesNotCheckItself(edge_flows.EdgeCore):
    """Of several hosts, the one whose Local UI is asked does not check its own connection."""

    _asked = ""

    def authenticate(self, call: EdgeCall) -> LoginSession:
        self._asked = call.host_uid
        return super().authenticate(call)

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return tuple(uid for uid in hosts if uid != self._asked) or hosts


@varies("PRE-11")
class TheConnectionCheckNamesEveryHost(edge_flows.EdgeCore):
    """The connection check asks every host, and names each one that cannot reach Palette."""

    def unreachable(
        self, site: SlotState, url: str, entries: ops.PairingInput
    ) -> edge_flows.Probing:
        found = []
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, entries.insecure, ops.Probe())
            if not isinstance(answer.reply, ops.Done):
                why = edge_flows.why_not(answer.reply)
                found.append(f"host {host_uid} cannot reach {entries.endpoint}: {why}")
        return "; ".join(found)


# --- what the agents do, and when ----------------------------------------------------------------
@varies("INV-8", limits={"edge_lag_s": 2.0})
class TheAgentsFollowUpEachSecond(edge_flows.EdgeCore):
    """A host asks only each second what became of its request."""

    ROUNDS = 20

    _round = 0

    def working_slots(self) -> list[str]:
        self._round += 1
        return [] if self._round % self.ROUNDS else super().working_slots()


@varies("WDR-8")
class AnOfflineCancelIsToldSecondsLater(edge_flows.EdgeCore):
    """A host that has cancelled without a link tries only each two seconds to tell Palette."""

    ROUNDS = 40
    _untold_for = Memory[dict[OwedWithdrawal, int]](dict)

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> edge_flows.Work:
        self._untold_for[owed] = self._untold_for.get(owed, 0) + 1
        if self._untold_for[owed] % self.ROUNDS == 0:
            yield from super().settle_debt(slot, owed)


class _OneSecretForGood(AnOfflineCancelIsToldSecondsLater):
    """A host that tells of an offline cancel late, under the secret of all its requests."""

    def begin(
        self, operation: ops.SendPairingRequest, call: EdgeCall, url: str
    ) -> edge_flows.Begun:
        request, submission = super().begin(operation, call, url)
        secret = f"{derived_bits(0, submission.cluster.uid, 0):032x}"
        request = replace(request, cluster_token=secret)
        self.store.put(replace(self.site_of(call.host_uid), request=request))
        return request, replace(submission, cluster_token=secret)


variant(
    "one_secret_for_good_and_an_offline_cancel_told_late",
    "WDR-7",
    "A host has one secret for all that it submits, which a key tells apart, and submits another"
    " request before it tells of a cancel.",
    Behaviour(
        central=CentralChoices(host_secret_stays=True),
        edge=EdgeChoices(keys_submissions=True),
        make_edge=_OneSecretForGood,
    ),
)


@varies("WDR-8")
class ACancelIsToldAfterwards(edge_flows.EdgeCore):
    """A cancel ends the request locally at once; Palette is told afterwards, by the agent."""

    def end(self, slot: str, request: LocalRequest) -> edge_flows.Work:
        site = self.slot_state(slot)
        if site is not None and self.is_same(site.request, request):
            self.owe(replace(site, request=None), request)
        yield from ()


@varies("WDR-10")
class ACancelIsToldByAnyHost(edge_flows.EdgeCore):
    """A host that is cut off lets its siblings tell Palette that the request is cancelled."""

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> edge_flows.Carrying:
        reply = yield from super().inform(request, message)
        for host_uid in self.cluster_at(self.site_of(request.host_uid)).host_uids():
            if not isinstance(reply, NotDelivered):
                break
            if host_uid != request.host_uid:
                reply = yield from super().inform(replace(request, host_uid=host_uid), message)
        return reply


@varies("WDR-10")
class ACancelFailsWhenPaletteAnswersWithAnError(edge_flows.EdgeCore):
    """A cancel that Palette answers with an error is refused, and the request goes on."""

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> edge_flows.Carrying:
        reply = yield from super().inform(request, message)
        if isinstance(reply, Refused) and not edge_flows.is_final(reply):
            raise Refusal(Reason.CONFLICT, f"Palette does not withdraw it: {reply.message}")
        return reply


# --- what has changed since the send -------------------------------------------------------------
@varies("SND-9")
class AnUnhealthyClustersRequestIsWithdrawn(edge_flows.EdgeCore):
    """A host withdraws its request when the cluster is not Running and healthy any more."""

    def follow_pending(self, slot: str, request: LocalRequest) -> edge_flows.Work:
        site = self.slot_state(slot)
        cluster = site.cluster if site else None
        running = cluster is not None and cluster.state is ClusterState.RUNNING
        if running and cluster is not None and not cluster.unhealthy_nodes():
            yield from super().follow_pending(slot, request)
        else:
            yield from self.end(slot, request)


@varies("ACC-21")
class AChangedStackIsNotHandedOver(edge_flows.EdgeCore):
    """An acceptance fails at the host when the local profiles have changed since the send."""

    _sent = Memory[dict[str, tuple[StackProfile, ...]]](dict)

    def begin(
        self, operation: ops.SendPairingRequest, call: EdgeCall, url: str
    ) -> edge_flows.Begun:
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


class _RewordedEdge(_Reworded, edge_flows.EdgeCore):
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

    def unreachable(
        self, site: SlotState, url: str, entries: ops.PairingInput
    ) -> edge_flows.Probing:
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, entries.insecure, ops.Probe())
            if not isinstance(answer.reply, ops.Done):
                why = edge_flows.why_not(answer.reply)
                trouble = next((new for old, new in _TROUBLES.items() if old in why), why)
                return f"precheck failed on {host_uid}: Get {urlsplit(url).hostname}: {trouble}"
        return ""


variant(
    "other_words",
    "PRE-6S",
    "Every refusal is worded otherwise, briefly and without details; its file adds no words.",
    Behaviour(make_central=_PaletteInOtherWords, make_edge=_EdgeInOtherWords, words={}),
)
