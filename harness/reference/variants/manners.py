"""Variants of both sides in how they answer and show what is so, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState
from harness.reference.core import edge_flows
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.edge import EdgeCall
from harness.reference.planting import varies


@varies("ACC-19")
class AReturnIsTakenAndComesToNothing(edge_flows.EdgeCore):
    """A return to local management is acknowledged, and nothing comes of it."""

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        return ops.Acknowledged("it was looked at")


@varies("ACC-12")
class ACentralChangeAddsItsTags(CentralCore):
    """A central change adds its tags to those that the cluster has."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        tags = None if operation.tags is None else {**cluster.tags, **operation.tags}
        return super().change_cluster(replace(operation, tags=tags), call)


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
