"""Planted defects: what a send needs, and what it goes by (PRE-1 to PRE-6, SND-8, SND-13), and what
becomes of registration tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, Health, Node, NodePool
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import CENTRALLY_MANAGED, LocalEvent, LocalState
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, Probing, Work
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, PairingRequest, SlotState, User
from harness.reference.mutants import bases
from harness.reference.planting import Memory, mutant


# --- the cluster's state -------------------------------------------------------------------------
@mutant("PRE-1")
class DeletingClusterSends(EdgeCore):
    """A cluster that is being deleted may send a request until it is gone."""

    def require_running(self, cluster: Cluster) -> None:
        if cluster.state is not ClusterState.DELETING:
            super().require_running(cluster)


@mutant("PRE-1")
class HealthStandsInForTheState(EdgeCore):
    """A cluster counts as Running when all its nodes are healthy, whatever its state is."""

    def require_running(self, cluster: Cluster) -> None:
        if cluster.unhealthy_nodes():
            super().require_running(cluster)


@mutant("PRE-1")
class ProvisioningClusterSends(EdgeCore):
    """A cluster that is still being provisioned may send a request."""

    def require_running(self, cluster: Cluster) -> None:
        if cluster.state is not ClusterState.PROVISIONING:
            super().require_running(cluster)


@mutant("PRE-1")
class StateIsReadOnce(bases.Remembers):
    """The cluster's state is read at its first send, and never again."""

    def require_running(self, cluster: Cluster) -> None:
        state = ClusterState(self.keep(cluster.uid, cluster.state.value))
        if state is not ClusterState.RUNNING:
            super().require_running(cluster)
            raise Refusal(Reason.CLUSTER_NOT_RUNNING, f"cluster {cluster.name} is {state.value}")


class _GoesByTheCheck(bases.Remembers):
    """What the connection check has found to be well is not looked at again by a send."""

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        match reply:
            case ops.Done(ops.Verification(verified=True)):
                self.found_well(self.cluster_at(self.site_of(call.host_uid)))
        return reply

    def found_well(self, cluster: Cluster) -> None:
        """Keep what was well."""


@mutant("PRE-1")
class RunsAsWhenItWasChecked(_GoesByTheCheck):
    """A cluster that was Running at its connection check counts as Running when it sends."""

    def found_well(self, cluster: Cluster) -> None:
        if cluster.state is ClusterState.RUNNING:
            self.keep(cluster.uid)

    def require_running(self, cluster: Cluster) -> None:
        if cluster.uid not in self.kept:
            super().require_running(cluster)


# --- the nodes' health ---------------------------------------------------------------------------
class _LooksAtSome(EdgeCore):
    """Looks at the health of some of the nodes only."""

    def require_healthy(self, cluster: Cluster) -> None:
        looked_at = [node for pool in cluster.pools for node in self.looked_at(pool)]
        if any(node.health is not Health.HEALTHY for node in looked_at):
            super().require_healthy(cluster)

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        """The nodes of a pool that are looked at."""
        raise NotImplementedError


@mutant("PRE-2")
class MiddleOfAPoolIgnored(_LooksAtSome):
    """Of each pool, the health of the first and of the last node is looked at."""

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        return (pool.nodes[0], pool.nodes[-1])


@mutant("PRE-2")
class LastWorkerIgnored(_LooksAtSome):
    """Only the last worker's health is ignored."""

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        return pool.nodes if pool.control_plane else pool.nodes[:-1]


@mutant("PRE-2")
class WorkersIgnored(_LooksAtSome):
    """Only the health of the control plane is looked at."""

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        return pool.nodes if pool.control_plane else ()


@mutant("PRE-2")
class ControlPlaneIgnored(_LooksAtSome):
    """Only the health of the workers is looked at."""

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        return () if pool.control_plane else pool.nodes


@mutant("PRE-2")
class FirstNodeSpeaksForItsPool(_LooksAtSome):
    """The first node of each pool is taken for the whole pool."""

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        return pool.nodes[:1]


@mutant("PRE-2")
class MiddleNodesIgnored(EdgeCore):
    """Of the cluster's nodes the first and the last are looked at, and none between them."""

    def require_healthy(self, cluster: Cluster) -> None:
        nodes = [node for pool in cluster.pools for node in pool.nodes]
        ends = NodePool("ends", True, (nodes[0], nodes[-1]))
        super().require_healthy(replace(cluster, pools=(ends,)))


@mutant("PRE-2")
class MostlyHealthyIsHealthy(EdgeCore):
    """A cluster with a single unhealthy node among several counts as healthy."""

    def require_healthy(self, cluster: Cluster) -> None:
        if len(cluster.unhealthy_nodes()) > 1 or len(cluster.host_uids()) == 1:
            super().require_healthy(cluster)


@mutant("PRE-2")
class OnlyTheSendersHealthCounts(EdgeCore):
    """A host looks at its own node's health, and at none of the others."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        try:
            return super().sendable(operation, call)
        except Refusal as refusal:
            site = self.site_of(call.host_uid)
            sick = self.cluster_at(site).unhealthy_nodes() if site.cluster else ()
            if refusal.refused.reason is not Reason.NODE_UNHEALTHY:
                raise
            if call.host_uid in {node.host_uid for node in sick}:
                raise
            return site


@mutant("PRE-2")
class RecoveryIsNotNoticed(bases.Remembers):
    """A cluster that was refused for an unhealthy node is refused from then on."""

    def require_healthy(self, cluster: Cluster) -> None:
        if cluster.unhealthy_nodes():
            self.keep(cluster.uid)
        super().require_healthy(cluster)
        if cluster.uid in self.kept:
            raise Refusal(Reason.NODE_UNHEALTHY, "every node must be healthy to pair")


@mutant("PRE-2")
class HealthyAsWhenItWasChecked(_GoesByTheCheck):
    """Nodes that were healthy at the connection check count as healthy when the cluster sends."""

    def found_well(self, cluster: Cluster) -> None:
        if not cluster.unhealthy_nodes():
            self.keep(cluster.uid)

    def require_healthy(self, cluster: Cluster) -> None:
        if cluster.uid not in self.kept:
            super().require_healthy(cluster)


@mutant("PRE-2")
class GoesByTheHealthThatWasShown(bases.Remembers):
    """A cluster that was shown healthy once counts as healthy from then on."""

    def view_cluster(self, operation: ops.ViewCluster, call: EdgeCall) -> Cluster:
        shown = super().view_cluster(operation, call)
        if not shown.unhealthy_nodes():
            self.keep(shown.uid)
        return shown

    def require_healthy(self, cluster: Cluster) -> None:
        if cluster.uid not in self.kept:
            super().require_healthy(cluster)


@mutant("PRE-2")
class FirstWorkerPoolOnly(EdgeCore):
    """Of several pools of workers the first one's health is looked at."""

    def require_healthy(self, cluster: Cluster) -> None:
        workers = [pool for pool in cluster.pools if not pool.control_plane]
        looked_at = tuple(pool for pool in cluster.pools if pool not in workers[1:])
        super().require_healthy(replace(cluster, pools=looked_at))


# --- a local cluster -----------------------------------------------------------------------------
@mutant("PRE-3")
class PairedClusterSendsAgain(EdgeCore):
    """A cluster that is paired already may send another request."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        if not bases.is_in(site, *CENTRALLY_MANAGED):
            return super().sendable(operation, call)
        self.authenticate(call)
        self.require_running(self.cluster_at(site))
        return site


@mutant("PRE-3")
class InstalledModeIsForgotten(EdgeCore):
    """A host that was installed in central mode, and says so, sends like a local one."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        if bases.is_in(site, *CENTRALLY_MANAGED):
            return super().sendable(operation, call)
        self.authenticate(call)
        self.require_running(self.cluster_at(site))
        self.require_healthy(self.cluster_at(site))
        return site


@mutant("PRE-3")
class NoClusterIsAnEmptyCluster(EdgeCore):
    """Hosts without a cluster send the request of a cluster that has no nodes."""

    def cluster_at(self, site: SlotState) -> Cluster:
        return site.cluster or Cluster("00000000", "cluster")


@mutant("PRE-3")
class SiblingOfAPairedHostSends(EdgeCore):
    """Only the host that sent the request knows at a send that its cluster is paired."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        request = site.request
        if request is None or request.host_uid == call.host_uid:
            return super().sendable(operation, call)
        if not bases.is_in(site, *CENTRALLY_MANAGED):
            return super().sendable(operation, call)
        self.authenticate(call)
        self.require_running(self.cluster_at(site))
        self.require_healthy(self.cluster_at(site))
        return site


# --- tokens at the central side ------------------------------------------------------------------
@mutant("PRE-4")
class TokenExpiresByTheWrongUnit(CentralCore):
    """A token's expiry is compared with a time in milliseconds, and so never comes."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now // 1000)


@mutant("PRE-4")
class TokenExpiresInAnotherTimeZone(CentralCore):
    """A token lasts an hour longer than it says, as if it were kept in local time."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - bases.HOUR)


@mutant("PRE-4")
class TokenExpiresTwoHoursEarly(CentralCore):
    """A token admits nobody any more in the last two hours of its time."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now + 2 * bases.HOUR)


@mutant("PRE-4")
class TokensBehindFiftyAreUnknown(CentralCore):
    """A registration token is looked for among the fifty oldest of its project."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        oldest = list(self.store.find(RegistrationToken, "project", token.project_uid))[:50]
        return super().usable_token(value if token in oldest else "", now)


@mutant("PRE-4")
class FiftyTokensCanBeDeactivated(CentralCore):
    """That a token was deactivated is looked up among the fifty oldest of its project."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        project = token.project_uid if token else ""
        behind = list(self.store.find(RegistrationToken, "project", project))[50:]
        if token in behind and replace(token, active=True).why_unusable(now) is None:
            return token
        return super().usable_token(value, now)


@mutant("PRE-4")
class RevokedTokenStillAdmits(CentralCore):
    """A token that was deactivated still admits clusters until it expires."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        if token is not None and replace(token, active=True).why_unusable(now) is None:
            return token
        return super().usable_token(value, now)


@mutant("PRE-4")
class EndlessTokenIsNeverOff(CentralCore):
    """A token that never expires goes on admitting clusters when it is deactivated."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        is_endless = token is not None and token.expiry is None
        return token if token and is_endless else super().usable_token(value, now)


@mutant("PRE-4")
class DeletedTokenIsRemembered(bases.Keeps[RegistrationToken]):
    """A token that has admitted a request is remembered, and goes on when it is deleted."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        kept = next(self.store.find(RegistrationToken, "value", value), None)
        remembered = self.kept.get(value)
        if kept is None and remembered is not None:
            return remembered
        return self.kept.setdefault(value, super().usable_token(value, now))


@mutant("PRE-4")
class KnownClusterNeedsNoToken(CentralCore):
    """A cluster that was admitted before is admitted again without a look at its token."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self._admits_again = any(
            request.cluster.uid == operation.cluster.uid
            for request in self.store.every(PairingRequest)
        )
        return super().submit(operation, call)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        return token if token and self._admits_again else super().usable_token(value, now)


@mutant("PRE-4")
class BeginningOfATokenAdmits(CentralCore):
    """A token is looked up by the beginning that is given of it."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        found = [t for t in self.store.every(RegistrationToken) if t.value.startswith(value)]
        return super().usable_token(found[0].value if value and found else value, now)


@mutant("PRE-4")
class EndOfATokenIsCutOff(CentralCore):
    """What is given beyond the length of a token is cut off before it is looked up."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        found = [t for t in self.store.every(RegistrationToken) if value.startswith(t.value)]
        return super().usable_token(found[0].value if found else value, now)


@mutant("PRE-4")
class TokensAreGoodInAnyCase(CentralCore):
    """A token is looked up without regard to capital letters."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        tokens = self.store.every(RegistrationToken)
        alike = (token.value for token in tokens if token.value.lower() == value.lower())
        return super().usable_token(next(alike, value), now)


# --- a token that was refused --------------------------------------------------------------------
@mutant("PRE-4")
class RefusedTokenStaysPending(EdgeCore):
    """A request whose token Palette refused is shown as pending all the same, and for good."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        refused = super().admitted(host_uid, request, reply)
        if isinstance(refused, Refused) and refused.reason is Reason.TOKEN_UNUSABLE:
            left = replace(request, state=LocalState.PENDING)
            self.store.put(replace(self.site_of(host_uid), request=left))
        return refused

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        unknown = isinstance(reply, Refused) and reply.reason is Reason.NOT_FOUND
        return None if unknown else super().event_of(reply)


@mutant("PRE-4")
class RefusedTokenLocksTheCluster(bases.Remembers):
    """After a token was refused the cluster takes no local operation any more."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, Refused):
            self.keep(bases.cluster_uid(self.site_of(host_uid)))
        return answer

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if bases.cluster_uid(site) in self.kept:
            raise Refusal(Reason.REQUEST_PENDING, "a pairing request is being sent")


# --- every host ----------------------------------------------------------------------------------
class _MakesUp(EdgeCore):
    """Keeps a send that was refused for a reason, and makes it when that is over."""

    REASON: ClassVar[Reason]

    _kept: ClassVar[dict[str, tuple[ops.SendPairingRequest, EdgeCall]]] = {}

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        slot = self.site_of(call.host_uid).slot
        try:
            reply = yield from super().send(operation, call)
        except Refusal as refusal:
            if refusal.refused.reason is self.REASON:
                self._kept[slot] = (operation, call)
            raise
        self._kept.pop(slot, None)
        return reply

    def working_slots(self) -> list[str]:
        return list(dict.fromkeys([*super().working_slots(), *self._kept]))

    def follow(self, slot: str) -> Work:
        if slot in self._kept:
            with suppress(Refusal):
                yield from self.send(*self._kept[slot])
        yield from super().follow(slot)


@mutant("PRE-2")
class RefusedSendIsMadeOnceHealthy(_MakesUp):
    """A send that was refused for an unhealthy node is made when the node has recovered."""

    REASON = Reason.NODE_UNHEALTHY


@mutant("PRE-5")
class RefusedSendIsMadeOnceLinked(_MakesUp):
    """A send that was refused for a host without a link is made when the link is back."""

    REASON = Reason.HOST_UNREACHABLE


@mutant("PRE-5")
class OnlyTheFirstHostIsProbed(EdgeCore):
    """Only the first host of the cluster is asked whether it reaches Palette."""

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        return super().hosts_to_probe(site)[:1]


@mutant("PRE-5")
class LastHostIsNotProbed(EdgeCore):
    """The last host of several is not asked whether it reaches Palette."""

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return hosts[:-1] or hosts


@mutant("PRE-5")
class OnlyTheControlPlaneIsProbed(EdgeCore):
    """The hosts of the workers are not asked whether they reach Palette."""

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        pools = [pool for pool in self.cluster_at(site).pools if pool.control_plane]
        return tuple(node.host_uid for pool in pools for node in pool.nodes)


@mutant("PRE-5")
class SendSkipsTheProbes(EdgeCore):
    """Only the connection check asks every host; a send goes ahead without."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        why = ""
        if isinstance(entries, ops.VerifyConnection) or len(self.hosts_to_probe(site)) == 1:
            why = yield from super().unreachable(site, url, entries)
        return why


@mutant("PRE-5")
class EarlierCheckIsBelieved(bases.Remembers):
    """A send asks no host any more once a connection check has said yes."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        if isinstance(entries, ops.SendPairingRequest) and bases.cluster_uid(site) in self.kept:
            return ""
        why = yield from super().unreachable(site, url, entries)
        if not why and isinstance(entries, ops.VerifyConnection):
            self.keep(bases.cluster_uid(site))
        return why


@mutant("PRE-5")
class TheLeadersCheckIsItsOwn(EdgeCore):
    """Only the first host answers the connection check, and looks at its own connection alone."""

    _checking = False

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        self.authenticate(call)
        if self.cluster_at(self.site_of(call.host_uid)).host_uids()[0] != call.host_uid:
            raise Refusal(Reason.CONFLICT, "ask the leader of the cluster")
        self._checking = True
        try:
            return (yield from super().verify(operation, call))
        finally:
            self._checking = False

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return hosts[:1] if self._checking else hosts


@mutant("PRE-5")
class CheckRepeatsWhatItSaidFirst(bases.Remembers):
    """The connection check answers what it answered the first time, until a restart."""

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.Verification):
            now = "" if reply.value.verified else reply.value.message
            said = self.keep(bases.cluster_uid(self.site_of(call.host_uid)), now)
            return ops.Done(
                ops.Verification(not said, said or "every host of the cluster reaches Palette")
            )
        return reply


@mutant("PRE-5")
class NeighboursAreProbedToo(EdgeCore):
    """The hosts of other clusters have to reach Palette as well."""

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        clusters = [other.cluster for other in self.store.every(SlotState) if other.cluster]
        return tuple(host for cluster in clusters for host in cluster.host_uids())


# --- the endpoint --------------------------------------------------------------------------------
class _Repairs(EdgeCore):
    """Repairs an entered endpoint silently before it looks at it."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        return super().usable_entries(
            replace(operation, endpoint=self.repaired(operation.endpoint))
        )

    def repaired(self, endpoint: str) -> str:
        """The endpoint as it is understood."""
        raise NotImplementedError


@mutant("PRE-6")
class SpacesAreTakenOut(_Repairs):
    """A space within the endpoint is taken out, and the rest is used."""

    def repaired(self, endpoint: str) -> str:
        return endpoint.replace(":// ", "://")


@mutant("PRE-6")
class BadPortIsDropped(_Repairs):
    """A port that is no number is dropped from the endpoint."""

    def repaired(self, endpoint: str) -> str:
        return re.sub(r":(?![0-9]+)[a-z0-9]+$", "", endpoint)


@mutant("PRE-6")
class ForeignSchemeIsReplaced(_Repairs):
    """Whatever scheme the endpoint has, https is used."""

    def repaired(self, endpoint: str) -> str:
        scheme, found, rest = endpoint.partition("://")
        return f"https://{rest}" if found and scheme != "http" else endpoint


@mutant("PRE-6")
class FirstOfTwoUrlsIsTaken(_Repairs):
    """Of an endpoint with two URLs the first one is used."""

    def repaired(self, endpoint: str) -> str:
        first, _, second = endpoint.partition(" ")
        return first if "://" in first and "://" in second else endpoint


class EntersOtherwise(EdgeCore):
    """Sends with something else than what was entered."""

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        return (yield from super().send(self.entered(operation, call), call))

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        """What is sent by."""
        raise NotImplementedError


@mutant("PRE-6")
class AnyCertificateWillDo(EntersOtherwise):
    """A certificate that nobody trusts is accepted without insecure being asked for."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        return replace(operation, insecure=True)


@mutant("PRE-6")
class InsecureIsOverlooked(EntersOtherwise):
    """An untrusted certificate is refused even where insecure is asked for."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        return replace(operation, insecure=False)


@mutant("PRE-6")
class UnsaidMeansInsecure(EntersOtherwise):
    """Where nothing is said about certificates, one that nobody trusts will do."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        return replace(operation, insecure=operation.insecure is not False)


@mutant("SND-13")
class InsecureIsRememberedOfTheEndpoint(EntersOtherwise):
    """Where somebody has asked for insecure, nobody looks at the certificate any more."""

    _known = Memory[set[str]](set)

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        if entries.insecure:
            self._known.add(entries.endpoint)
        return (yield from super().unreachable(site, url, entries))

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        return replace(operation, insecure=operation.insecure or operation.endpoint in self._known)


@mutant("PRE-6")
class UnansweredSendCountsAsSent(EdgeCore):
    """A submission that nobody answered counts as a pending request."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        why = ""
        if isinstance(entries, ops.VerifyConnection):
            why = yield from super().unreachable(site, url, entries)
        return why

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        if isinstance(reply, ops.Unknown | NotDelivered):
            reply = ops.Done(ops.PairingId(request.cluster_token[:24]))
        return super().admitted(host_uid, request, reply)


@mutant("PRE-6")
class SilentEndpointIsAskedAgainAndAgain(EdgeCore):
    """An endpoint that does not answer is asked many times over before a send is refused."""

    TIMES = 40
    """At a second a try, this is longer than an answer may take."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        why = ""
        for _ in range(self.TIMES):
            why = yield from super().unreachable(site, url, entries)
            if "answer" not in why:
                break
        return why


@mutant("PRE-6")
class UnreachableEndpointLeavesARequest(EdgeCore):
    """A send that is refused because its endpoint is not reached leaves a pending request."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        why = yield from super().unreachable(site, url, entries)
        if why and isinstance(entries, ops.SendPairingRequest):
            host, uid = self.hosts_to_probe(site)[0], bases.cluster_uid(site)
            left = LocalRequest(LocalState.PENDING, host, entries.endpoint, url, False, uid, uid)
            self.store.put(replace(site, request=left))
        return why

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        try:
            return (yield from super().send(operation, call))
        except Refusal as refusal:
            return refusal.refused


# --- forms of an endpoint ------------------------------------------------------------------------
@mutant("SND-8")
class SchemeIsRequired(EdgeCore):
    """A bare host name is refused as an endpoint."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        url = super().usable_entries(operation)
        if "://" not in operation.endpoint:
            raise Refusal(Reason.ENDPOINT_UNUSABLE, "the Palette endpoint is malformed: no scheme")
        return url


@mutant("SND-8")
class SchemeIsDoubled(EdgeCore):
    """Only a bare host name works: https is put before a URL as well."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        super().usable_entries(operation)
        return f"https://{operation.endpoint}"


@mutant("SND-8")
class SlashAtTheEndIsKept(EdgeCore):
    """A slash at the end of a URL is kept, so that every path has two."""

    def usable_entries(self, operation: ops.PairingInput) -> str:
        url = super().usable_entries(operation)
        return f"{url}/" if operation.endpoint.endswith("/") else url


@mutant("SND-8")
class CancelGoesToWhatWasEntered(EdgeCore):
    """A cancel is told to the endpoint as it was entered, which need not be a URL."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        yield from super().end(slot, replace(request, base_url=request.endpoint))


# --- each send by its own entries ----------------------------------------------------------------
@mutant("SND-13")
class FirstTokenIsUsedForEver(EntersOtherwise, bases.Remembers):
    """Every send goes by the token that the cluster sent with first."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        first = self.keep(bases.cluster_uid(self.site_of(call.host_uid)), operation.token)
        return replace(operation, token=first)


@mutant("SND-13")
class MissingTokenIsTheLastOne(EntersOtherwise, bases.Remembers):
    """A send without a token goes by the one that was entered before."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        uid = bases.cluster_uid(self.site_of(call.host_uid))
        self.kept[uid] = operation.token.strip() or self.kept.get(uid, "")
        return replace(operation, token=self.kept[uid])


@mutant("SND-13")
class MissingEndpointIsTheLastOne(EntersOtherwise, bases.Remembers):
    """A send without an endpoint goes to the one that was entered before."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        uid = bases.cluster_uid(self.site_of(call.host_uid))
        self.kept[uid] = operation.endpoint.strip() or self.kept.get(uid, "")
        return replace(operation, endpoint=self.kept[uid])


@mutant("SND-13")
class InsecureSticks(EntersOtherwise, bases.Remembers):
    """Insecure that was asked for once is taken for asked for at every later send."""

    def entered(self, operation: ops.SendPairingRequest, call: EdgeCall) -> ops.SendPairingRequest:
        uid = bases.cluster_uid(self.site_of(call.host_uid))
        if operation.insecure:
            self.keep(uid)
        return replace(operation, insecure=uid in self.kept)


@mutant("SND-13")
class RefusedSubmissionIsNeverClosed(EdgeCore):
    """A submission that Palette refused counts as under way for good, and blocks the next."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        if isinstance(reply, Refused):
            return reply
        return super().admitted(host_uid, request, reply)


@mutant("SND-13")
class RefusedEndpointIsRemembered(bases.Remembers):
    """An endpoint that did not work once makes every later send of the cluster fail."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        why = yield from super().unreachable(site, url, entries)
        return (
            self.keep(bases.cluster_uid(site), why)
            if why
            else self.kept.get(bases.cluster_uid(site), "")
        )


# --- what a refusal says -------------------------------------------------------------------------
class RewordsRefusals(EdgeCore):
    """Refuses what it should, in other words."""

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        try:
            reply = yield from super().send(operation, call)
        except Refusal as refusal:
            raise self.reworded(refusal, operation) from None
        if isinstance(reply, ops.Done):
            return reply
        raise self.reworded(Refusal(reply.reason, reply.message, **reply.details), operation)

    def reworded(self, refusal: Refusal, operation: ops.SendPairingRequest) -> Refusal:
        """The refusal as it is worded here."""
        raise NotImplementedError


@mutant("PRE-4S")
class ErrorQuotesTheToken(RewordsRefusals):
    """The error about a token quotes it."""

    def reworded(self, refusal: Refusal, operation: ops.SendPairingRequest) -> Refusal:
        message = f"{refusal} (registration token {operation.token})"
        return Refusal(refusal.refused.reason, message)


@mutant("PRE-4S")
class TokenIsInTheDetails(RewordsRefusals):
    """The error's text is discreet, and the details beside it hold the token."""

    def reworded(self, refusal: Refusal, operation: ops.SendPairingRequest) -> Refusal:
        return Refusal(refusal.refused.reason, str(refusal), entered=operation.token)


@mutant("PRE-4S")
class RefusedTokenIsAFailedRequest(RewordsRefusals):
    """The error for a token that Palette refuses says only that the request was not admitted."""

    def reworded(self, refusal: Refusal, operation: ops.SendPairingRequest) -> Refusal:
        if operation.token.strip() and refusal.refused.reason is Reason.TOKEN_UNUSABLE:
            return Refusal(Reason.CONFLICT, "the request was not admitted")
        return refusal


@mutant("PRE-4S")
class MissingTokenIsAMissingEntry(RewordsRefusals):
    """The error for an empty token says that an entry is missing, and not which."""

    def reworded(self, refusal: Refusal, operation: ops.SendPairingRequest) -> Refusal:
        if operation.token.strip():
            return refusal
        return Refusal(Reason.INVALID_INPUT, "an entry is missing")


class _NamesOthers(EdgeCore):
    """Names other hosts than the one that is cut off."""

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        if not (isinstance(reply, ops.Done) and isinstance(reply.value, ops.Verification)):
            return reply
        hosts = self.hosts_to_probe(self.site_of(call.host_uid))
        found = [i for i, host in enumerate(hosts) if host in reply.value.message]
        if reply.value.verified or not found:
            return reply
        named = ", ".join(self.names(hosts, found[0]))
        return ops.Done(
            ops.Verification(verified=False, message=f"no link to Palette: host {named}")
        )

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        """The hosts that are named; the one at `found` is cut off."""
        raise NotImplementedError


@mutant("PRE-5S")
class EveryHostIsNamed(_NamesOthers):
    """The connection check names all hosts of the cluster when one of them is cut off."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return hosts


@mutant("PRE-5S")
class AskedHostIsNamed(_NamesOthers):
    """The connection check names the first host, whichever is cut off."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return hosts[:1]


@mutant("PRE-5S")
class EarlierHostsAreNamedToo(_NamesOthers):
    """The connection check names each host that it asked before it came to the one cut off."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return hosts[: found + 1]


@mutant("PRE-5S")
class HostIsCountedNotNamed(_NamesOthers):
    """The connection check says how many hosts are cut off, and not which."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return (f"count 1 of {len(hosts)}",)


class _SaysOtherwise(EdgeCore):
    """Says something else of an endpoint that cannot be reached."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        why = yield from super().unreachable(site, url, entries)
        return self.said(why) if why else ""

    def said(self, why: str) -> str:
        """What is said in place of the reason."""
        raise NotImplementedError


@mutant("PRE-6S")
class EveryTroubleIsTheSame(_SaysOtherwise):
    """Whatever keeps the endpoint from being reached, the error says that it cannot be used."""

    def said(self, why: str) -> str:
        return "the Palette endpoint cannot be used"


@mutant("PRE-6S")
class UntrustedCertificateIsATimeout(_SaysOtherwise):
    """An untrusted certificate is reported as an endpoint that does not answer."""

    def said(self, why: str) -> str:
        return "the Palette endpoint gave no answer" if "certificate" in why else why


@mutant("PRE-6S")
class UnknownNameIsARefusedConnection(_SaysOtherwise):
    """A host name that cannot be resolved is reported as a refused connection."""

    def said(self, why: str) -> str:
        return "the Palette endpoint refused the connection" if "resolve" in why else why


@mutant("PRE-6S")
class MissingEndpointIsMalformed(RewordsRefusals):
    """An endpoint that was not entered is called malformed."""

    def reworded(self, refusal: Refusal, operation: ops.SendPairingRequest) -> Refusal:
        if operation.endpoint.strip():
            return refusal
        return Refusal(Reason.ENDPOINT_UNUSABLE, "the Palette endpoint is malformed")


# --- what becomes of tokens, and who may change them ---------------------------------------------
@mutant("PRE-4")
class ATokenThatIsRenamedKeepsItsExpiry(CentralCore):
    """Of name and expiry of a token, where both change at once, the name alone does."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        renamed = operation.name not in ("", token.name)
        return super().update_token(replace(operation, expiry=None) if renamed else operation, call)


@mutant("PRE-4")
class AChangeActivatesAToken(CentralCore):
    """A token that is deactivated is active again when one of its values changes."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        done = super().update_token(operation, call)
        token = self.owned_token(operation.token_uid, call)
        self.store.put(replace(token, active=True))
        return done


@mutant("PRE-9")
class ATokenAdmitsToItsFirstProject(bases.Keeps[str]):
    """A request belongs to the project that its token was for before that was changed."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        self.keep(token.uid, token.project_uid)
        return super().update_token(operation, call)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        return replace(token, project_uid=self.kept.get(token.uid, token.project_uid))


@mutant("INV-7")
class WhoeverSeesATokenDeletesIt(CentralCore):
    """To delete a registration token takes no more than to be logged in."""

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        self.authenticate(call)
        token = self.known_token(operation.token_uid, self.scope_of(call))
        self.store.delete(RegistrationToken, token.uid)
        return ops.Acknowledged()


@mutant("PRE-4")
class DeletedTokensAreHidden(CentralCore):
    """A token that was deleted is found no more, and admits requests as before."""

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        self.store.put(replace(token, uid=f"deleted-{token.uid}"))
        return super().delete_token(operation, call)


@mutant("PRE-4")
class TokensOfWhatIsPendingAreKept(DeletedTokensAreHidden):
    """A token that is deleted while a request is pending that came with it admits further ones."""

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        waiting = self.store.find(PairingRequest, "any_open", "yes")
        if any(request.token_uid == operation.token_uid for request in waiting):
            return super().delete_token(operation, call)
        return CentralCore.delete_token(self, operation, call)


@mutant("INV-7")
class EveryProjectCreatesTokens(CentralCore):
    """Whoever works in a project creates registration tokens, for any other one as well."""

    def create_token(self, operation: ops.CreateToken, call: CentralCall) -> ops.CreatedToken:
        self.project_scope(call)
        uid = self.new_uid("token", call)
        value = f"{call.draws.bits128('token-value'):032x}"
        self.store.put(
            RegistrationToken(uid, operation.name, value, operation.project_uid, operation.expiry)
        )
        return ops.CreatedToken(uid)


@mutant("INV-7")
class ALoginKeepsTheRoleInTheTenant(bases.Keeps[bool]):
    """Who administers the tenant when they log in does so until that login ends."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(User, operation.email)
        self.keep(session.token, user is not None and user.tenant_admin)
        return session

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        kept = self.kept.get(call.credentials.session, user.tenant_admin)
        return user if call.credentials.api_key else replace(user, tenant_admin=kept)


@mutant("ACC-1")
class AnEmptyPasswordIsNotCompared(CentralCore):
    """A login to Palette without a password is let in under any e-mail that is known."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        user = self.store.get(User, operation.email)
        password = operation.password or (user.password if user else "")
        return super().log_in(replace(operation, password=password), call)
