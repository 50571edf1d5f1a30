"""What an edge host asks of Palette, over paths of ours."""

from __future__ import annotations

from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.pairing import RequestState
from harness.wire.codec import fields as at
from harness.wire.codec.fields import TableRow, WireField, asks, record
from harness.wire.codec.pools import PALETTE_POOL
from harness.wire.codec.stack import PALETTE_PROFILE
from harness.wire.model import Malformed
from harness.wire.palette import SERVICE

CLUSTER_TOKEN_HEADER = "LocalClusterToken"
"""The header in which a host proves that a request is its own. A header of ours."""


def _is_palette(body: Any) -> None:
    if body.get("service") != SERVICE:
        raise Malformed("service", "it is not a Palette that answers here")


_PING = record(ops.Acknowledged, {"service": at.constant(SERVICE)}, _is_palette)

_CLUSTER = record(
    Cluster,
    uid=at.needed("spec.clusterMeta.localClusterUid"),
    name=at.needed("spec.clusterMeta.name", "metadata.name"),
    description=at.unless_empty("metadata.annotations.description"),
    tags=at.texts("metadata.labels"),
    pools=at.each(PALETTE_POOL, "spec.machinepoolconfig"),
    stack=at.each(PALETTE_PROFILE, "spec.profiles"),
)
"""State and health do not cross: the host checks both before it submits (PRE-1, PRE-2)."""

_POLL_ANSWER = record(
    ops.PollAnswer,
    state=WireField(("status.state",), at.word_of(RequestState)),
    cluster_uid=at.text("status.pairingClusterUid"),
    name=at.text("status.pairingClusterName"),
    tags=at.texts("metadata.labels"),
)


def _of_request(kind: type[ops.OfRequest]) -> TableRow:
    return asks(
        kind,
        _POLL_ANSWER,
        pairing_uid=at.parameter("pairingUid"),
        cluster_token=at.needed(f"{CLUSTER_TOKEN_HEADER}:"),
    )


TABLE: tuple[TableRow, ...] = (
    asks(ops.Probe, _PING),
    asks(
        ops.SubmitPairing,
        record(ops.PairingId, pairing_uid=at.needed("uid")),
        {"spec.cloudConfig": at.empty_object, "spec.clusterConfig": at.empty_object},
        registration_token=at.present("spec!.registrationToken"),
        cluster_token=at.needed("spec.clusterMeta.localClusterToken"),
        cluster=at.inside(_CLUSTER),
        agent_version=at.text("spec.stylusAgentVersion"),
    ),
    _of_request(ops.PollPairing),
    _of_request(ops.ConfirmPairing),
    asks(
        ops.WithdrawPairing,
        local_cluster_uid=at.needed("clusterMeta.localClusterUid"),
        cluster_token=at.needed("clusterMeta.localClusterToken"),
        pairing_uid=at.unless_empty("pairingUid"),
        ended=at.if_set("ended"),
    ),
)
"""Each operation with its fields and its answer."""
