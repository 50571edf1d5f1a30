"""Clusters, node pools and nodes as Local UI shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from harness.domain.profile import StackProfile


class ClusterState(StrEnum):
    """The states of a cluster in the published Local UI API."""

    PROVISIONING = "Provisioning"
    RUNNING = "Running"
    DELETING = "Deleting"
    ERROR = "Error"


class Health(StrEnum):
    """The health of a node."""

    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"


class ManagementMode(StrEnum):
    """Who manages a host: its own Local UI, or Palette."""

    LOCAL = "local"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class Node:
    """One node; it runs on the edge host `host_uid`."""

    name: str
    host_uid: str
    health: Health = Health.HEALTHY


@dataclass(frozen=True, slots=True)
class NodePool:
    """A pool of nodes with one task."""

    name: str
    control_plane: bool
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster with its nodes, its labels and the stack that it runs.

    `tags` are the published model's `metadata.labels`, `description` is an annotation there.
    """

    uid: str
    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    state: ClusterState = ClusterState.RUNNING
    pools: tuple[NodePool, ...] = ()
    stack: tuple[StackProfile, ...] = ()

    def nodes(self) -> Iterator[Node]:
        """Every node, the control plane's pool first as the pools are ordered."""
        for pool in self.pools:
            yield from pool.nodes

    def host_uids(self) -> tuple[str, ...]:
        """The hosts below the nodes, in the order of the nodes."""
        return tuple([node.host_uid for pool in self.pools for node in pool.nodes])

    def unhealthy_nodes(self) -> tuple[Node, ...]:
        """The nodes that keep this cluster from pairing (PRE-2)."""
        healthy = Health.HEALTHY
        nodes = [node for pool in self.pools for node in pool.nodes]
        return tuple([node for node in nodes if node.health is not healthy])

    def with_health(self, node_name: str, health: Health) -> Cluster:
        """This cluster with one node's health changed.

        Raises:
            KeyError: no node has this name.
        """
        if node_name not in {node.name for node in self.nodes()}:
            raise KeyError(node_name)
        pools = tuple(
            replace(
                pool,
                nodes=tuple(
                    replace(node, health=health) if node.name == node_name else node
                    for node in pool.nodes
                ),
            )
            for pool in self.pools
        )
        return replace(self, pools=pools)
