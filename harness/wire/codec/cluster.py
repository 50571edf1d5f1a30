"""A cluster as Local UI shows it, without its stack, and back."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.cluster import Cluster, ClusterState, Health, Node, NodePool
from harness.wire import local_ui as wire
from harness.wire.codec.parts import DESCRIPTION, needed
from harness.wire.model import Malformed


def to_cluster(cluster: Cluster) -> wire.V1Cluster:
    """The cluster as Local UI shows it. Hosts bear the names of the nodes that they run."""
    healthy = not cluster.unhealthy_nodes()
    return wire.V1Cluster(
        metadata=wire.V1MetaData(
            id=cluster.uid,
            name=cluster.name,
            labels=dict(cluster.tags),
            annotations={DESCRIPTION: cluster.description} if cluster.description else None,
        ),
        spec=wire.V1ClusterSpec(
            hostIDs=list(cluster.host_uids()),
            nodePools=[_to_pool_spec(pool) for pool in cluster.pools],
        ),
        status=wire.V1ClusterStatus(
            clusterState=cluster.state.value,
            health=wire.V1Health(status="Healthy" if healthy else "Unhealthy"),
            nodePools=[_to_pool_status(pool, cluster.state) for pool in cluster.pools],
        ),
    )


def _to_pool_spec(pool: NodePool) -> wire.V1ClusterNodePoolSpec:
    hosts = [wire.V1EdgeHost(hostID=node.host_uid, hostName=node.name) for node in pool.nodes]
    return wire.V1ClusterNodePoolSpec(pool=_head(pool), hosts=hosts)


def _to_pool_status(pool: NodePool, state: ClusterState) -> wire.V1ClusterNodePoolStatus:
    nodes = [
        wire.V1ClusterNodeStatus(
            nodeName=node.name,
            health=wire.V1Health(status=node.health.value),
            nodeState=state.value,
        )
        for node in pool.nodes
    ]
    return wire.V1ClusterNodePoolStatus(pool=_head(pool), nodes=nodes)


def _head(pool: NodePool) -> wire.V1ClusterNodePool:
    return wire.V1ClusterNodePool(name=pool.name, isControlPlane=pool.control_plane)


def from_cluster(body: wire.V1Cluster) -> Cluster:
    """The cluster that Local UI shows.

    A node runs on the host of its pool that bears its name, or else on the one in its place.

    Raises:
        Malformed: id, name, state, or a node's name or health is missing.
    """
    metadata = body.metadata or wire.V1MetaData()
    status = body.status or wire.V1ClusterStatus()
    specs = body.spec.nodePools if body.spec else None
    return Cluster(
        needed(metadata.id, "metadata.id"),
        needed(metadata.name, "metadata.name"),
        (metadata.annotations or {}).get(DESCRIPTION, ""),
        dict(metadata.labels or {}),
        ClusterState(needed(status.clusterState, "status.clusterState")),
        tuple(
            _pool(pool, _hosts_of(pool, n, specs or []), f"status.nodePools.{n}")
            for n, pool in enumerate(status.nodePools or [])
        ),
    )


def _hosts_of(
    pool: wire.V1ClusterNodePoolStatus, index: int, specs: Sequence[wire.V1ClusterNodePoolSpec]
) -> list[wire.V1EdgeHost]:
    """The hosts of the pool of this name, or of the one in this place if names repeat."""
    name = pool.pool.name if pool.pool else None
    same_name = [s for s in specs if s.pool is not None and s.pool.name == name]
    if len(same_name) == 1:
        return same_name[0].hosts or []
    return (specs[index].hosts or []) if index < len(specs) else []


def _pool(
    pool: wire.V1ClusterNodePoolStatus, hosts: Sequence[wire.V1EdgeHost], place: str
) -> NodePool:
    if pool.pool is None or pool.pool.name is None:
        raise Malformed(f"{place}.pool.name", "it is missing")
    nodes = tuple(
        _node(node, n, hosts, f"{place}.nodes.{n}") for n, node in enumerate(pool.nodes or [])
    )
    return NodePool(pool.pool.name, bool(pool.pool.isControlPlane), nodes)


def _node(
    node: wire.V1ClusterNodeStatus, index: int, hosts: Sequence[wire.V1EdgeHost], place: str
) -> Node:
    name = needed(node.nodeName, f"{place}.nodeName")
    health = needed(node.health.status if node.health else None, f"{place}.health.status")
    return Node(name, _host_uid(name, index, hosts), Health(health))


def _host_uid(name: str, index: int, hosts: Sequence[wire.V1EdgeHost]) -> str:
    same_name = [h for h in hosts if h.hostName == name]
    if len(same_name) == 1:
        return same_name[0].hostID or ""
    return (hosts[index].hostID or "") if index < len(hosts) else ""
