"""Planted defects: the pairing id, and what a pending request changes (SND-3 to SND-6, ACC-24)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.cluster import Cluster, ManagementMode
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import (
    Acknowledged,
    DeleteCluster,
    Done,
    Management,
    PairingId,
    PairingView,
    PollPairing,
    SendPairingRequest,
    SubmitPairing,
    UpdateCluster,
    UpdateStack,
    ViewManagement,
    ViewPairing,
)
from harness.domain.pairing import LocalState
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore, Work
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, Site
from harness.reference.mutants.edge_bases import Remembers, busy, cluster_uid, is_in, of_request
from harness.reference.planting import mutant

# --- the id is shown --------------------------------------------------------------------------


@mutant("SND-3")
class IdIsKeptInMemory(Remembers):
    """The pairing id is kept in memory, and is not shown after a restart of the edge."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        answer = super().admitted(host_uid, request, reply)
        self.keep(of_request(self.site_of(host_uid).request))
        return answer

    def shown(self, request: LocalRequest) -> PairingView:
        view = super().shown(request)
        return view if view.pairing_uid in self.kept else replace(view, pairing_uid="")


@mutant("SND-3")
class IdIsShownToItsSenderOnly(Remembers):
    """The pairing id is shown in the session that sent the request, and in no later one."""

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        session = call.credentials.session
        if self.keep(view.pairing_uid, session) != session:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request of yours")
        return view


@mutant("SND-3")
class LatestIdIsShownEverywhere(EdgeCore):
    """Local UI of every cluster shows the request that was sent last, whoever sent it."""

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        pending = [s.request for s in self.store.every(Site) if is_in(s, LocalState.PENDING)]
        latest = pending[-1] if pending else None
        return self.shown(latest) if latest and view.status == latest.state else view


@mutant("SND-3")
class IdIsGoneAfterTheFirstLook(Remembers):
    """The pairing id is shown once, and later only that a request is pending."""

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        if view.pairing_uid in self.kept:
            return replace(view, pairing_uid="")
        self.keep(view.pairing_uid)
        return view


@mutant("WDR-2")
class IdIsHiddenWithoutALink(Remembers):
    """Local UI shows no request while its host cannot ask Palette about it."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        answer = yield self.call("polling", request, _question(request))
        self.kept[request.pairing_uid] = str(isinstance(answer.reply, NotDelivered))
        yield from super().follow_pending(slot, request)

    def view_pairing(self, operation: ViewPairing, call: EdgeCall) -> PairingView:
        view = super().view_pairing(operation, call)
        if self.kept.get(view.pairing_uid) == "True":
            raise Refusal(Reason.HOST_UNREACHABLE, "Palette cannot be asked at the moment")
        return view


def _question(request: LocalRequest) -> PollPairing:
    return PollPairing(request.pairing_uid, request.cluster_token)


# --- the same id on both sides ----------------------------------------------------------------


class _ShowsAnotherId(EdgeCore):
    """Answers and shows something else than the id that Palette gave."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, Done) and isinstance(answer.value, PairingId):
            return Done(PairingId(self.shown_as(answer.value.pairing_uid, host_uid)))
        return answer

    def shown(self, request: LocalRequest) -> PairingView:
        view = super().shown(request)
        return replace(view, pairing_uid=self.shown_as(view.pairing_uid, request.host_uid))

    def shown_as(self, pairing_uid: str, host_uid: str) -> str:
        """The id that is shown."""
        raise NotImplementedError


@mutant("SND-4")
class IdIsCutShort(_ShowsAnotherId):
    """The edge keeps and shows only the first sixteen characters of the pairing id."""

    def shown_as(self, pairing_uid: str, host_uid: str) -> str:
        return pairing_uid[:16]


@mutant("SND-4")
class IdIsInUpperCase(_ShowsAnotherId):
    """The edge shows the pairing id in upper case, under which Palette does not know it."""

    def shown_as(self, pairing_uid: str, host_uid: str) -> str:
        return pairing_uid.upper()


@mutant("SND-4")
class ClusterUidIsShownForTheId(_ShowsAnotherId):
    """The edge shows the uid of its cluster in place of the pairing id."""

    def shown_as(self, pairing_uid: str, host_uid: str) -> str:
        return cluster_uid(self.site_of(host_uid))


@mutant("SND-4")
class CancelledIdIsShownAgain(Remembers):
    """After a cancel, Local UI shows the new request under the id of the cancelled one."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, Done) and isinstance(answer.value, PairingId):
            self.keep(cluster_uid(self.site_of(host_uid)), answer.value.pairing_uid)
        return answer

    def shown(self, request: LocalRequest) -> PairingView:
        view = super().shown(request)
        uid = cluster_uid(self.site_of(request.host_uid))
        return replace(view, pairing_uid=self.keep(uid, view.pairing_uid))


@mutant("SND-5")
class SendRepeatsItsFirstAnswer(Remembers):
    """Every send of a cluster is answered with the id of its first request."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, Done) and isinstance(answer.value, PairingId):
            uid = cluster_uid(self.site_of(host_uid))
            return Done(PairingId(self.keep(uid, answer.value.pairing_uid)))
        return answer


@mutant("SND-5")
class SecretIsNumberedSinceTheStart(EdgeCore):
    """A host numbers its submissions since its start, so that after one they repeat themselves."""

    _submissions = 0

    def begin(
        self, operation: SendPairingRequest, call: EdgeCall, url: str
    ) -> tuple[LocalRequest, SubmitPairing]:
        request, submission = super().begin(operation, call, url)
        self._submissions += 1
        secret = f"{self._submissions:032x}"
        numbered = replace(request, cluster_token=secret)
        self.store.put(replace(self.site_of(call.host_uid), request=numbered))
        return numbered, replace(submission, cluster_token=secret)


# --- local hands ------------------------------------------------------------------------------


@mutant("SND-6")
class PendingRequestLocksTheCluster(EdgeCore):
    """Local operations are refused as soon as a request is pending."""

    def require_local(self, site: Site) -> None:
        super().require_local(site)
        if is_in(site, LocalState.PENDING):
            raise busy()


@mutant("SND-6")
class PendingRequestSaysCentral(EdgeCore):
    """Local UI says centrally managed as soon as a request is pending."""

    def view_management(self, operation: ViewManagement, call: EdgeCall) -> Management:
        seen = super().view_management(operation, call)
        pending = is_in(self.site_of(call.host_uid), LocalState.PENDING)
        return Management(ManagementMode.CENTRAL) if pending else seen


@mutant("SND-6")
class PendingRequestSwallowsTheStack(EdgeCore):
    """While a request is pending, a change of the profiles is acknowledged and not made."""

    def update_stack(self, operation: UpdateStack, call: EdgeCall) -> Acknowledged:
        if is_in(self.changeable(operation, call), LocalState.PENDING):
            return Acknowledged("the change was taken")
        return super().update_stack(operation, call)


@mutant("SND-6")
class PendingRequestRefusesTheUpdate(EdgeCore):
    """While a request is pending, the cluster can be patched and not updated."""

    def update_cluster(self, operation: UpdateCluster, call: EdgeCall) -> Acknowledged:
        if is_in(self.changeable(operation, call), LocalState.PENDING):
            raise busy()
        return super().update_cluster(operation, call)


@mutant("SND-6")
class PendingRequestKeepsTheCluster(EdgeCore):
    """While a request is pending, the cluster cannot be deleted."""

    def delete_cluster(self, operation: DeleteCluster, call: EdgeCall) -> Acknowledged:
        if is_in(self.changeable(operation, call), LocalState.PENDING):
            raise busy()
        return super().delete_cluster(operation, call)


@mutant("SND-6")
class PendingRequestLocksAfterARestart(Remembers):
    """A request that was pending at a start of the edge locks the cluster from then on."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(Site):
            if is_in(site, LocalState.PENDING):
                self.keep(of_request(site.request))

    def require_local(self, site: Site) -> None:
        super().require_local(site)
        if of_request(site.request) in self.kept:
            raise busy()


@mutant("SND-6")
class LocalChangeRotatesTheSecret(EdgeCore):
    """A local change renews the cluster's secret, by which its pending request was known."""

    def _changed(self, site: Site, cluster: Cluster) -> Acknowledged:
        request = site.request
        if request is not None and is_in(site, LocalState.PENDING):
            renewed = replace(request, cluster_token=f"{request.cluster_token[1:]}0")
            site = replace(site, request=renewed)
        return super()._changed(site, cluster)


# --- what the request brings along ------------------------------------------------------------


class _SendsAnotherCluster(EdgeCore):
    """Sends something else than the cluster as it is."""

    def begin(
        self, operation: SendPairingRequest, call: EdgeCall, url: str
    ) -> tuple[LocalRequest, SubmitPairing]:
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
