"""The machine pools of a cluster, as a host submits them and Palette shows them."""

from __future__ import annotations

from harness.domain.cluster import Node, NodePool
from harness.wire.table import fields as at
from harness.wire.table.fields import WireRecord, record

_HOST = record(Node, name=at.text("hostName"), host_uid=at.needed("hostUid"))


def _labels(pool: NodePool) -> list[str]:
    return ["control-plane" if pool.control_plane else "worker"]


PALETTE_POOL: WireRecord = record(
    NodePool,
    {"poolConfig.size": lambda pool: len(pool.nodes), "poolConfig.labels": _labels},
    name=at.text("poolConfig!.name"),
    control_plane=at.flag("poolConfig.isControlPlane"),
    nodes=at.each(_HOST, "cloudConfig.edgeHosts"),
)
"""A pool as it goes to Palette. Neither state nor health of a node crosses."""
