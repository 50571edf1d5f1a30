"""Variants of the edge that are cores of another make."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from harness.domain.cluster import ClusterState
from harness.domain.endpoint import base_url
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import (
    Done,
    LogIn,
    PairingInput,
    PairingView,
    Probe,
    SendPairingRequest,
    Session,
    SubmitPairing,
    Verification,
    VerifyConnection,
    ViewPairing,
    WithdrawPairing,
)
from harness.domain.pairing import LocalEvent, LocalState
from harness.domain.profile import StackProfile
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, Work, is_final, why_not
from harness.reference.core.link import Answer, Call, LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, LoginSession, OwedWithdrawal, Site
from harness.reference.core.store import Store
from harness.reference.variants.declaring import varies

# --- what Local UI shows ----------------------------------------------------------------------


@varies("SND-10")
class TheRequestIsShownWhereItWasSent(EdgeCore):
    """The pairing request is shown on the host where it was sent, and on no sibling of it."""

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.host_uid != call.host_uid:
            raise Refusal(Reason.NOTHING_PENDING, "no pairing request was sent from this host")
        return view


@varies("WDR-3")
class ACancelledRequestIsShownAsFailed(EdgeCore):
    """After a cancel Local UI shows the request as failed, until another one is sent."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self._cancelled: dict[str, PairingView] = {}

    def end(self, slot: str, request: LocalRequest) -> Work:
        shown = replace(self.shown(request), status="Failed", message="it was cancelled")
        yield from super().end(slot, request)
        site = self.site(slot)
        if site is not None and site.cluster is not None and site.request is None:
            self._cancelled[site.cluster.uid] = shown

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        uid = site.cluster.uid if site.cluster else ""
        if site.request is None and uid in self._cancelled:
            return self._cancelled[uid]
        return super().view_pairing(operation, call)


@varies("WDR-6")
class AnAcceptedRequestIsShownAsPairedAtOnce(EdgeCore):
    """Local UI shows a request as paired as soon as the host has learned of its acceptance."""

    def shown(self, request: LocalRequest) -> PairingView:
        view = super().shown(request)
        if request.state is LocalState.CONFIRMING:
            return replace(view, status=LocalState.PAIRED.value)
        return view


@varies("ACC-12")
class NothingIsShownOncePaired(EdgeCore):
    """Local UI shows no pairing request any more once the cluster is paired."""

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        if view.status == LocalState.PAIRED.value:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


@varies("REJ-7")
class ARejectedRequestIsShownForASecond(EdgeCore):
    """Local UI shows a rejected request for a second from the first look on, then no request."""

    SHOWN_FOR = 1_000_000

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self._shown_since: dict[str, int] = {}

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        if view.status == LocalState.REJECTED.value:
            since = self._shown_since.setdefault(view.pairing_uid, call.now)
            if call.now - since >= self.SHOWN_FOR:
                raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


# --- logins and entries -------------------------------------------------------------------------


@varies("SND-1")
class ANewLoginEndsTheOneBefore(EdgeCore):
    """At each host only one login is good: the last."""

    def log_in(self, operation: LogIn, call: EdgeCall) -> Session:
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

    def usable_entries(self, operation: SendPairingRequest | VerifyConnection) -> str:
        return base_url(operation.endpoint)


# --- the connection check ---------------------------------------------------------------------


@varies("PRE-11")
class TheConnectionCheckIgnoresTheToken(EdgeCore):
    """The connection check does not mind a token that is missing."""

    def usable_entries(self, operation: SendPairingRequest | VerifyConnection) -> str:
        if isinstance(operation, VerifyConnection):
            return base_url(operation.endpoint)
        return super().usable_entries(operation)


@varies("PRE-5")
class TheConnectionCheckSaysNoWithAnError(EdgeCore):
    """A connection check that fails is answered with an error."""

    def verify(self, operation: VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        value = reply.value if isinstance(reply, Done) else None
        if isinstance(value, Verification) and not value.verified:
            raise Refusal(Reason.HOST_UNREACHABLE, value.message)
        return reply


@varies("PRE-11")
class TheConnectionCheckNamesEveryHost(EdgeCore):
    """The connection check asks every host, and names each one that cannot reach Palette."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        found = []
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, entries.insecure, Probe())
            if not isinstance(answer.reply, Done):
                why = why_not(answer.reply)
                found.append(f"host {host_uid} cannot reach {entries.endpoint}: {why}")
        return "; ".join(found)


# --- what the agents do, and when -------------------------------------------------------------


@varies("INV-8", limits={"edge_lag_s": 2.0})
class TheAgentsFollowUpEachSecond(EdgeCore):
    """A host asks only each second what became of its request."""

    ROUNDS = 20

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self._round = 0

    def working_slots(self) -> list[str]:
        self._round += 1
        return [] if self._round % self.ROUNDS else super().working_slots()


@varies("WDR-8")
class AnOfflineCancelIsToldSecondsLater(EdgeCore):
    """A host that has cancelled without a link tries only each two seconds to tell Palette."""

    ROUNDS = 40

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self._rounds: dict[OwedWithdrawal, int] = {}

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        self._rounds[owed] = self._rounds.get(owed, 0) + 1
        if self._rounds[owed] % self.ROUNDS == 0:
            yield from super().settle_debt(slot, owed)


@varies("WDR-8")
class ACancelIsToldAfterwards(EdgeCore):
    """A cancel ends the request locally at once; Palette is told afterwards, by the agent."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        site = self.site(slot)
        if site is not None and self.is_same(site.request, request):
            self.owe(replace(site, request=None), request)
        yield from ()


@varies("WDR-10")
class ACancelIsToldByAnyHost(EdgeCore):
    """A host that is cut off lets its siblings tell Palette that the request is cancelled."""

    def told(
        self, request: LocalRequest, message: WithdrawPairing
    ) -> Generator[Call, Answer, LinkReply]:
        reply = yield from super().told(request, message)
        for host_uid in self.cluster_at(self.site_of(request.host_uid)).host_uids():
            if not isinstance(reply, NotDelivered):
                break
            if host_uid != request.host_uid:
                reply = yield from super().told(replace(request, host_uid=host_uid), message)
        return reply


@varies("WDR-10")
class ACancelFailsWhenPaletteAnswersWithAnError(EdgeCore):
    """A cancel that Palette answers with an error is refused, and the request goes on."""

    def told(
        self, request: LocalRequest, message: WithdrawPairing
    ) -> Generator[Call, Answer, LinkReply]:
        reply = yield from super().told(request, message)
        if isinstance(reply, Refused) and not is_final(reply):
            raise Refusal(Reason.CONFLICT, f"Palette does not withdraw it: {reply.message}")
        return reply


# --- what has changed since the send ----------------------------------------------------------


@varies("SND-9")
class AnUnhealthyClustersRequestIsWithdrawn(EdgeCore):
    """A host withdraws its request when the cluster is not Running and healthy any more."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        site = self.site(slot)
        cluster = site.cluster if site else None
        running = cluster is not None and cluster.state is ClusterState.RUNNING
        if running and cluster is not None and not cluster.unhealthy_nodes():
            yield from super().follow_pending(slot, request)
        else:
            yield from self.end(slot, request)


@varies("ACC-21")
class AChangedStackIsNotHandedOver(EdgeCore):
    """An acceptance fails at the host when the local profiles have changed since the send."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self._sent: dict[str, tuple[StackProfile, ...]] = {}

    def begin(
        self, operation: SendPairingRequest, call: EdgeCall, url: str
    ) -> tuple[LocalRequest, SubmitPairing]:
        request, submission = super().begin(operation, call, url)
        self._sent[request.cluster_token] = submission.cluster.stack
        return request, submission

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        runs = site.cluster.stack if site.cluster else ()
        changed = self._sent.get(request.cluster_token, runs) != runs
        if event is not LocalEvent.LEARNED_ACCEPTED or not changed:
            super().learned(site, request, event)
            return
        self.put_state(site, request, LocalEvent.LEARNED_FAILED)
        failed = self.site(site.slot)
        if failed is not None:
            self.owe(failed, request)
