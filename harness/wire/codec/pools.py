"""The machine pools of a cluster, as a host submits them and Palette shows them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.cluster import Node, NodePool
from harness.wire import palette as wire
from harness.wire.codec.parts import needed
from harness.wire.model import Malformed


def to_palette(pools: Sequence[NodePool]) -> list[wire.V1EdgeNativeMachinePoolConfigEntity]:
    """The pools as they go to Palette. Neither state nor health of a node crosses."""
    return [_to_pool(pool) for pool in pools]


def _to_pool(pool: NodePool) -> wire.V1EdgeNativeMachinePoolConfigEntity:
    hosts = [
        wire.V1EdgeNativeMachinePoolHostEntity(hostName=node.name, hostUid=node.host_uid)
        for node in pool.nodes
    ]
    head = wire.V1MachinePoolConfigEntity(
        name=pool.name,
        isControlPlane=pool.control_plane,
        size=len(hosts),
        labels=["control-plane" if pool.control_plane else "worker"],
    )
    cloud = wire.V1EdgeNativeMachinePoolCloudConfigEntity(edgeHosts=hosts)
    return wire.V1EdgeNativeMachinePoolConfigEntity(cloudConfig=cloud, poolConfig=head)


def from_palette(
    pools: Sequence[wire.V1EdgeNativeMachinePoolConfigEntity], place: str
) -> tuple[NodePool, ...]:
    """The pools that came; `place` is the path of the list in its body.

    Raises:
        Malformed: a pool lacks its head, or a host its uid.
    """
    return tuple(_from_pool(pool, f"{place}.{n}") for n, pool in enumerate(pools))


def _from_pool(pool: wire.V1EdgeNativeMachinePoolConfigEntity, place: str) -> NodePool:
    if pool.poolConfig is None:
        raise Malformed(f"{place}.poolConfig", "it is missing")
    hosts = pool.cloudConfig.edgeHosts if pool.cloudConfig else []
    place = f"{place}.cloudConfig.edgeHosts"
    nodes = tuple(
        Node(host.hostName or "", needed(host.hostUid, f"{place}.{n}.hostUid"))
        for n, host in enumerate(hosts)
    )
    return NodePool(pool.poolConfig.name, bool(pool.poolConfig.isControlPlane), nodes)
