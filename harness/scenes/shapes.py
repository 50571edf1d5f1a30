"""How many nodes a cluster has, and in which pools they are."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.cluster import Node, NodePool


@dataclass(frozen=True, slots=True)
class Shape:
    """How many nodes a cluster has in its control plane, and in how many pools its workers are."""

    control_plane: int = 1
    workers: int = 0
    worker_pools: int = 1


def pools_of(shape: Shape, host_uids: tuple[str, ...]) -> tuple[NodePool, ...]:
    """The pools of a cluster of this shape, on the first of these hosts."""
    split = shape.control_plane
    control = _nodes("control-plane", host_uids[:split])
    workers = _nodes("worker", host_uids[split : split + shape.workers])
    pools = [NodePool("control-plane-pool", True, control)]
    for index in range(shape.worker_pools):
        name = f"worker-pool-{index + 1}" if index else "worker-pool"
        first, end = (shape.workers * n // shape.worker_pools for n in (index, index + 1))
        pools.append(NodePool(name, False, workers[first:end]))
    return tuple(pool for pool in pools if pool.nodes)


def _nodes(kind: str, host_uids: tuple[str, ...]) -> tuple[Node, ...]:
    return tuple(Node(f"{kind}-{n}", uid) for n, uid in enumerate(host_uids, start=1))
