"""Clusters that were accepted (ACC-12, ACC-19, INV-1)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.domain.permission import TENANT
from harness.reference.core.central.access import CentralCall
from harness.reference.core.central.book import RequestBook
from harness.reference.core.records import (
    CentralCluster,
)


class ClusterRules(RequestBook):
    """Registered clusters, and central operations on them."""

    def view_cluster(
        self, operation: ops.ViewCentralCluster, call: CentralCall
    ) -> ops.CentralClusterView:
        """A registered cluster (ACC-12)."""
        return self.shown_cluster(self.known_cluster(operation.cluster_uid, call))

    @staticmethod
    def shown_cluster(cluster: CentralCluster) -> ops.CentralClusterView:
        """A cluster under its published state."""
        state = "Running" if cluster.confirmed else "Pairing"
        return ops.CentralClusterView(
            cluster.uid, cluster.name, cluster.description, cluster.tags, state
        )

    def list_clusters(
        self, operation: ops.ListCentralClusters, call: CentralCall
    ) -> ops.CentralClusterList:
        """The clusters of the scope; one that is handed over says so by its state (ACC-12P)."""
        user = self.authenticate(call)
        scope = self.scope_of(call)
        if not self.is_member(user, scope):
            raise Refusal(Reason.FORBIDDEN, "the clusters belong to another scope")
        for cluster in self.clusters_of(scope):
            self.current(cluster.pairing_uid, call.now)
        return ops.CentralClusterList(tuple(map(self.shown_cluster, self.clusters_of(scope))))

    def clusters_of(self, scope: str) -> list[CentralCluster]:
        """The accepted clusters that can be seen from a scope."""
        if scope == TENANT:
            return list(self.store.every(CentralCluster))
        return list(self.store.find(CentralCluster, "project", scope))

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        """A central operation; takes effect only once the host has confirmed (INV-1)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.require_confirmed(cluster)
        self.store.put(replace(cluster, tags=operation.tags))
        return ops.Acknowledged("the cluster was changed")

    def require_confirmed(self, cluster: CentralCluster) -> None:
        """No central operation before the host has confirmed (INV-1)."""
        if not cluster.confirmed:
            raise Refusal(
                Reason.NOT_CONFIRMED,
                f"cluster {cluster.name} is being handed over: its host has not confirmed yet",
            )

    def release_cluster(
        self, operation: ops.ReleaseCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        """A return to local management does not exist (ACC-19)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        raise Refusal(
            Reason.TRANSFER_IS_FINAL,
            f"cluster {cluster.name} was paired, and a paired cluster stays centrally managed",
        )

    def known_cluster(self, uid: str, call: CentralCall) -> CentralCluster:
        """The cluster of this uid, if the caller can see it from the scope."""
        user = self.authenticate(call)
        scope = self.scope_of(call)
        cluster = self.store.get(CentralCluster, uid)
        if cluster is not None:
            request = self.current(cluster.pairing_uid, call.now)
            cluster = self.store.get(CentralCluster, uid) if request else None
        if cluster is None or not self.belongs(cluster.project_uid, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster {uid}")
        if not self.is_member(user, scope):
            raise Refusal(Reason.FORBIDDEN, "the cluster belongs to another scope")
        return cluster
