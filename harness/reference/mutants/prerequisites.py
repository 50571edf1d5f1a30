"""Planted defects: which clusters may send a pairing request (PRE-1 to PRE-3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.domain.cluster import Cluster, ClusterState, Health, Node, NodePool
from harness.domain.errors import Reason, Refusal
from harness.domain.operations import SendPairingRequest, ViewCluster
from harness.domain.pairing import CENTRALLY_MANAGED
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import Site
from harness.reference.mutants.edge_bases import Remembers, is_in
from harness.reference.planting import mutant

# --- the cluster's state ----------------------------------------------------------------------


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
class StateIsReadOnce(Remembers):
    """The cluster's state is read at its first send, and never again."""

    def require_running(self, cluster: Cluster) -> None:
        state = ClusterState(self.keep(cluster.uid, cluster.state.value))
        if state is not ClusterState.RUNNING:
            super().require_running(cluster)
            raise Refusal(Reason.CLUSTER_NOT_RUNNING, f"cluster {cluster.name} is {state.value}")


# --- the nodes' health ------------------------------------------------------------------------


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
class MiddleNodesIgnored(_LooksAtSome):
    """Of each pool the first and the last node are looked at, and none between them."""

    def looked_at(self, pool: NodePool) -> Iterable[Node]:
        return (pool.nodes[0], pool.nodes[-1]) if pool.nodes else ()


@mutant("PRE-2")
class MostlyHealthyIsHealthy(EdgeCore):
    """A cluster with a single unhealthy node among several counts as healthy."""

    def require_healthy(self, cluster: Cluster) -> None:
        if len(cluster.unhealthy_nodes()) > 1 or len(cluster.host_uids()) == 1:
            super().require_healthy(cluster)


@mutant("PRE-2")
class OnlyTheSendersHealthCounts(EdgeCore):
    """A host looks at its own node's health, and at none of the others."""

    def sendable(self, operation: SendPairingRequest, call: EdgeCall) -> Site:
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
class RecoveryIsNotNoticed(Remembers):
    """A cluster that was refused for an unhealthy node is refused from then on."""

    def require_healthy(self, cluster: Cluster) -> None:
        if cluster.unhealthy_nodes():
            self.keep(cluster.uid)
        super().require_healthy(cluster)
        if cluster.uid in self.kept:
            raise Refusal(Reason.NODE_UNHEALTHY, "every node must be healthy to pair")


@mutant("PRE-2")
class GoesByTheHealthThatWasShown(Remembers):
    """A cluster that was shown healthy once counts as healthy from then on."""

    def view_cluster(self, operation: ViewCluster, call: EdgeCall) -> Cluster:
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


# --- a local cluster --------------------------------------------------------------------------


@mutant("PRE-3")
class PairedClusterSendsAgain(EdgeCore):
    """A cluster that is paired already may send another request."""

    def sendable(self, operation: SendPairingRequest, call: EdgeCall) -> Site:
        site = self.site_of(call.host_uid)
        if not is_in(site, *CENTRALLY_MANAGED):
            return super().sendable(operation, call)
        self.authenticate(call)
        self.require_running(self.cluster_at(site))
        return site


@mutant("PRE-3")
class InstalledModeIsForgotten(EdgeCore):
    """A host that was installed in central mode counts as locally managed."""

    def is_central(self, site: Site) -> bool:
        return is_in(site, *CENTRALLY_MANAGED)


@mutant("PRE-3")
class NoClusterIsAnEmptyCluster(EdgeCore):
    """Hosts without a cluster send the request of a cluster that has no nodes."""

    def cluster_at(self, site: Site) -> Cluster:
        return site.cluster or Cluster("00000000", "cluster")


@mutant("PRE-3")
class SiblingOfAPairedHostSends(EdgeCore):
    """Only the host that sent the request knows at a send that its cluster is paired."""

    def sendable(self, operation: SendPairingRequest, call: EdgeCall) -> Site:
        site = self.site_of(call.host_uid)
        request = site.request
        if request is None or request.host_uid == call.host_uid:
            return super().sendable(operation, call)
        if not is_in(site, *CENTRALLY_MANAGED):
            return super().sendable(operation, call)
        self.authenticate(call)
        self.require_running(self.cluster_at(site))
        self.require_healthy(self.cluster_at(site))
        return site
