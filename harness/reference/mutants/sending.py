"""Planted defects: who sends, and what a pending request brings (SND-1 to SND-6, ACC-24)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ManagementMode
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import LocalEvent, LocalState, RequestState
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Begun, EdgeCore, Work
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, LoginSession, PairingRequest, SlotState
from harness.reference.mutants import bases
from harness.reference.planting import mutant


# --- who sends -----------------------------------------------------------------------------------
class _LetsIn(EdgeCore):
    """Takes another session for the one that a call carries."""

    def authenticate(self, call: EdgeCall) -> LoginSession:
        session = self.taken_for(call.credentials.session, call)
        return super().authenticate(replace(call, credentials=ops.Credentials(session)))

    def taken_for(self, session: str, call: EdgeCall) -> str:
        """The session that counts."""
        raise NotImplementedError

    def sessions_here(self, call: EdgeCall) -> list[str]:
        """The sessions of the host, in the order in which they were opened."""
        return [s.token for s in self.store.every(LoginSession) if s.subject == call.host_uid]


@mutant("SND-1")
class OneLoginIsEnoughForAll(_LetsIn):
    """Once somebody is logged in at a host, nobody else needs a session there."""

    def taken_for(self, session: str, call: EdgeCall) -> str:
        known = self.sessions_here(call)
        return session if session in known or not known else known[-1]


@mutant("SND-1")
class LogOutEndsTheLatestLogin(EdgeCore):
    """Whoever logs out at a host ends the login that was opened there last, whosever it is."""

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        host = self.authenticate(call).subject
        opened = [s for s in self.store.every(LoginSession) if s.subject == host]
        self.store.delete(LoginSession, opened[-1].token)
        return ops.Acknowledged()


@mutant("SND-1")
class BeginningOfASessionIsEnough(_LetsIn):
    """A session is looked up by the beginning that is given of it."""

    def taken_for(self, session: str, call: EdgeCall) -> str:
        found = [known for known in self.sessions_here(call) if known.startswith(session)]
        return found[0] if session and found else session


@mutant("SND-1")
class LocalSessionNeverExpires(EdgeCore):
    """How long a session lasts is counted in milliseconds and compared in microseconds."""

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        return super().session_is_over(session, now // 1000)


@mutant("SND-1")
class LogoutOnlySaysSo(EdgeCore):
    """A logout is acknowledged, and the session goes on."""

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        self.authenticate(call)
        return ops.Acknowledged()


@mutant("SND-1")
class SendIsServedBeforeTheLogin(EdgeCore):
    """A send asks for no session; everything else does."""

    def authenticate(self, call: EdgeCall) -> LoginSession:
        if self._sending:
            return LoginSession("", call.host_uid, call.now)
        return super().authenticate(call)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        self._sending = True
        try:
            return super().sendable(operation, call)
        finally:
            self._sending = False

    _sending = False


@mutant("SND-1")
class EmptyPasswordLogsIn(EdgeCore):
    """A login with an empty password is let through, as by a directory that binds anonymously."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        password = operation.password or self.choices.password
        return super().log_in(replace(operation, password=password), call)


@mutant("SND-1")
class UserNameIsNotLookedAt(EdgeCore):
    """Only the password counts at a login, whatever the user is called."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        return super().log_in(replace(operation, username=self.choices.username), call)


@mutant("SND-1")
class EndOfThePasswordIsCutOff(EdgeCore):
    """A wrong password logs in if it begins like the right one."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        right = self.choices.password
        alike = operation.password[:8] == right[:8]
        return super().log_in(
            replace(operation, password=right if alike else operation.password), call
        )


@mutant("SND-1")
class LogoutIsUndoneByARestart(bases.Remembers):
    """A logout is kept in memory, and the session is good again after a restart of the edge."""

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        self.keep(self.authenticate(call).token)
        return ops.Acknowledged()

    def authenticate(self, call: EdgeCall) -> LoginSession:
        if call.credentials.session in self.kept:
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        return super().authenticate(call)


@mutant("SND-1")
class LogoutIsOfOneHostAlone(bases.Remembers):
    """A login is good at each host of its cluster, and a log-out counts only where it was asked."""

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        there, here = self.site_of(session.subject), self.site_of(host_uid)
        return there.slot == here.slot and f"{session.token} {host_uid}" not in self.kept

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        self.keep(f"{self.authenticate(call).token} {call.host_uid}")
        return ops.Acknowledged()


# --- the id is shown -----------------------------------------------------------------------------
@mutant("SND-3")
class IdIsKeptInMemory(bases.Remembers):
    """The pairing id is kept in memory, and is not shown after a restart of the edge."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        answer = super().admitted(host_uid, request, reply)
        self.keep(bases.of_request(self.site_of(host_uid).request))
        return answer

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        view = super().view_of(request)
        return view if view.pairing_uid in self.kept else replace(view, pairing_uid="")


@mutant("SND-3")
class IdIsShownToItsSenderOnly(bases.Remembers):
    """The pairing id is shown in the session that sent the request, and in no later one."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        session = call.credentials.session
        if self.keep(view.pairing_uid, session) != session:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request of yours")
        return view


@mutant("SND-3")
class LatestIdIsShownEverywhere(EdgeCore):
    """Local UI of every cluster shows the request that was sent last, whoever sent it."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        pending = [
            s.request for s in self.store.every(SlotState) if bases.is_in(s, LocalState.PENDING)
        ]
        latest = pending[-1] if pending else None
        return self.view_of(latest) if latest and view.status == latest.state else view


@mutant("SND-3")
class IdIsGoneAfterTheFirstLook(bases.Remembers):
    """The pairing id is shown once, and later only that a request is pending."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if view.pairing_uid in self.kept:
            return replace(view, pairing_uid="")
        self.keep(view.pairing_uid)
        return view


@mutant("WDR-2")
class IdIsHiddenWithoutALink(bases.Remembers):
    """Local UI shows no request while its host cannot ask Palette about it."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        answer = yield self.call("polling", request, _question(request))
        self.kept[request.pairing_uid] = str(isinstance(answer.reply, NotDelivered))
        yield from super().follow_pending(slot, request)

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        if self.kept.get(view.pairing_uid) == "True":
            raise Refusal(Reason.HOST_UNREACHABLE, "Palette cannot be asked at the moment")
        return view


def _question(request: LocalRequest) -> ops.PollPairing:
    return ops.PollPairing(request.pairing_uid, request.cluster_token)


# --- the same id on both sides -------------------------------------------------------------------
class _AnswersAnotherId(EdgeCore):
    """Answers something else than the id that Palette gave."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, ops.Done) and isinstance(answer.value, ops.PairingId):
            return ops.Done(ops.PairingId(self.told_as(answer.value.pairing_uid, host_uid)))
        return answer

    def told_as(self, pairing_uid: str, host_uid: str) -> str:
        """The id that is told."""
        raise NotImplementedError


class _ShowsAnotherId(_AnswersAnotherId):
    """Answers and shows something else than the id that Palette gave."""

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        view = super().view_of(request)
        return replace(view, pairing_uid=self.told_as(view.pairing_uid, request.host_uid))


@mutant("SND-4")
class IdIsCutShort(_ShowsAnotherId):
    """The edge keeps and shows only the first sixteen characters of the pairing id."""

    def told_as(self, pairing_uid: str, host_uid: str) -> str:
        return pairing_uid[:16]


@mutant("SND-4")
class IdIsInUpperCase(_ShowsAnotherId):
    """The edge shows the pairing id in upper case, under which Palette does not know it."""

    def told_as(self, pairing_uid: str, host_uid: str) -> str:
        return pairing_uid.upper()


@mutant("SND-4")
class ClusterUidIsShownForTheId(_ShowsAnotherId):
    """The edge shows the uid of its cluster in place of the pairing id."""

    def told_as(self, pairing_uid: str, host_uid: str) -> str:
        return bases.cluster_uid(self.site_of(host_uid))


@mutant("SND-4")
class CancelledIdIsShownAgain(bases.Remembers):
    """After a cancel, Local UI shows the new request under the id of the cancelled one."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, ops.Done) and isinstance(answer.value, ops.PairingId):
            self.keep(bases.cluster_uid(self.site_of(host_uid)), answer.value.pairing_uid)
        return answer

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        view = super().view_of(request)
        uid = bases.cluster_uid(self.site_of(request.host_uid))
        return replace(view, pairing_uid=self.keep(uid, view.pairing_uid))


@mutant("SND-5")
class SendRepeatsItsFirstAnswer(_AnswersAnotherId, bases.Remembers):
    """Every send of a cluster is answered with the id of its first request."""

    def told_as(self, pairing_uid: str, host_uid: str) -> str:
        return self.keep(bases.cluster_uid(self.site_of(host_uid)), pairing_uid)


@mutant("SND-5")
class SecretIsNumberedSinceTheStart(bases.SubmitsAnotherSecret):
    """A host numbers its submissions since its start, so that after one they repeat themselves."""

    _submissions = 0

    def secret(self, submission: ops.SubmitPairing) -> str:
        self._submissions += 1
        return f"{self._submissions:032x}"


# --- local hands ---------------------------------------------------------------------------------
@mutant("SND-6")
class PendingRequestLocksTheCluster(EdgeCore):
    """Local operations are refused as soon as a request is pending."""

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if bases.is_in(site, LocalState.PENDING):
            raise bases.busy()


@mutant("SND-6")
class PendingRequestSaysCentral(EdgeCore):
    """Local UI says centrally managed as soon as a request is pending."""

    def view_management(self, operation: ops.ViewManagement, call: EdgeCall) -> ops.Management:
        seen = super().view_management(operation, call)
        pending = bases.is_in(self.site_of(call.host_uid), LocalState.PENDING)
        return ops.Management(ManagementMode.CENTRAL) if pending else seen


@mutant("SND-6")
class PendingRequestSwallowsTheSettings(EdgeCore):
    """While a request is pending, a change of the settings is acknowledged and not made."""

    def update_settings(
        self, operation: ops.UpdateClusterSettings, call: EdgeCall
    ) -> ops.Acknowledged:
        if bases.is_in(self.changeable(operation, call), LocalState.PENDING):
            return ops.Acknowledged("the change was taken")
        return super().update_settings(operation, call)


@mutant("SND-6")
class PendingRequestRefusesTheUpdate(EdgeCore):
    """While a request is pending, the cluster can be patched and not updated."""

    def update_cluster(self, operation: ops.UpdateCluster, call: EdgeCall) -> ops.Acknowledged:
        if bases.is_in(self.changeable(operation, call), LocalState.PENDING):
            raise bases.busy()
        return super().update_cluster(operation, call)


@mutant("SND-6")
class PendingRequestKeepsTheCluster(EdgeCore):
    """While a request is pending, the cluster cannot be deleted."""

    def delete_cluster(self, operation: ops.DeleteCluster, call: EdgeCall) -> ops.Acknowledged:
        if bases.is_in(self.changeable(operation, call), LocalState.PENDING):
            raise bases.busy()
        return super().delete_cluster(operation, call)


@mutant("SND-6")
class PendingRequestLocksAfterARestart(bases.Remembers):
    """A request that was pending at a start of the edge locks the cluster from then on."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            if bases.is_in(site, LocalState.PENDING):
                self.keep(bases.of_request(site.request))

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if bases.of_request(site.request) in self.kept:
            raise bases.busy()


@mutant("SND-6")
class RestartLocksUntilPaletteAnswers(PendingRequestLocksAfterARestart):
    """A request that was pending at a start of the edge locks the cluster while Palette is away."""

    is_away = False

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        self.is_away = isinstance(reply, NotDelivered)
        return super().event_of(reply)

    def require_local(self, site: SlotState) -> None:
        if self.is_away:
            super().require_local(site)
        else:
            EdgeCore.require_local(self, site)


@mutant("SND-6")
class LocalChangeRotatesTheSecret(EdgeCore):
    """A local change renews the cluster's secret, by which its pending request was known."""

    def _changed(self, site: SlotState, cluster: Cluster) -> ops.Acknowledged:
        request = site.request
        if request is not None and bases.is_in(site, LocalState.PENDING):
            renewed = replace(request, cluster_token=f"{request.cluster_token[1:]}0")
            site = replace(site, request=renewed)
        return super()._changed(site, cluster)


# --- what the request brings along ---------------------------------------------------------------
class _SendsAnotherCluster(EdgeCore):
    """Sends something else than the cluster as it is."""

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        return request, replace(submission, cluster=self.sent(submission.cluster))

    def sent(self, cluster: Cluster) -> Cluster:
        """The cluster as it is sent."""
        raise NotImplementedError


@mutant("ACC-24")
class DescriptionIsNotSent(_SendsAnotherCluster):
    """The request leaves the cluster's description behind."""

    def sent(self, cluster: Cluster) -> Cluster:
        return replace(cluster, description="")


@mutant("ACC-24")
class OnlyOneTagIsSent(_SendsAnotherCluster):
    """Of several tags the request brings along the first one only."""

    def sent(self, cluster: Cluster) -> Cluster:
        return replace(cluster, tags=dict(list(cluster.tags.items())[:1]))


@mutant("ACC-24")
class ForeignLettersAreLost(_SendsAnotherCluster):
    """Letters beyond ASCII are lost from the description on the way."""

    def sent(self, cluster: Cluster) -> Cluster:
        plain = cluster.description.encode("ascii", "replace").decode("ascii")
        return replace(cluster, description=plain)


@mutant("ACC-24")
class TagPrefixIsCutOff(_SendsAnotherCluster):
    """Of a tag's name the part before a slash is cut off."""

    def sent(self, cluster: Cluster) -> Cluster:
        return replace(cluster, tags={k.rpartition("/")[2]: v for k, v in cluster.tags.items()})


@mutant("ACC-24")
class MissingDescriptionIsMadeUp(_SendsAnotherCluster):
    """A cluster without a description is sent with its name for one."""

    def sent(self, cluster: Cluster) -> Cluster:
        return replace(cluster, description=cluster.description or cluster.name)


# --- ids at the central side ---------------------------------------------------------------------
@mutant("SND-5")
class IdsBeginAnewAtARestart(bases.CountsIds):
    """Pairing ids are counted, and the count begins anew when Palette is started."""


@mutant("SND-5")
class IdsAreOfAMillion(CentralCore):
    """Pairing ids are drawn from a million, and nobody looks whether one was given before."""

    def new_pairing_uid(self, draws: Draws) -> str:
        return f"{draws.bits128('pairing') % 1_000_000:06d}"


@mutant("SND-5")
class IdOfAnEndedRequestIsGivenAgain(CentralCore):
    """A new request gets the id of one that was rejected or withdrawn."""

    def new_pairing_uid(self, draws: Draws) -> str:
        ended = (RequestState.REJECTED, RequestState.WITHDRAWN)
        for request in self.store.every(PairingRequest):
            if request.state in ended:
                return request.pairing_uid
        return super().new_pairing_uid(draws)


@mutant("SND-5")
class IdIsTheClusters(CentralCore):
    """A pairing id is made from the cluster's uid, so that all requests of a cluster share it."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self._cluster_uid = operation.cluster.uid
        return super().submit(operation, call)

    def new_pairing_uid(self, draws: Draws) -> str:
        return self._cluster_uid[::-1]


@mutant("SND-5")
class IdIsThePlaceInTheList(CentralCore):
    """A pairing id counts the requests that are pending, and comes back when one has ended."""

    def new_pairing_uid(self, draws: Draws) -> str:
        requests = self.store.every(PairingRequest)
        taken = {r.pairing_uid for r in requests if r.state is RequestState.PENDING}
        places = (f"{place:024x}" for place in range(1, len(taken) + 2))
        return next(place for place in places if place not in taken)
