"""What an edge host asks of Palette, over paths of ours."""

from __future__ import annotations

from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.pairing import RequestState
from harness.wire import palette
from harness.wire.model import Malformed
from harness.wire.palette import SERVICE
from harness.wire.table import fields as at
from harness.wire.table.fields import TableRow, WireField, asks, record
from harness.wire.table.pools import PALETTE_POOL
from harness.wire.table.stack import PALETTE_PROFILE

CLUSTER_TOKEN_HEADER = "LocalClusterToken"
"""The header in which a host proves that a request is its own. A header of ours."""

SUBMISSION_KEY_HEADER = "SubmissionKey"
"""The header that says which submission this is, where its secret does not. A header of ours."""


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


def _of_request(kind: type[ops.OfRequest], call: str) -> TableRow:
    return asks(
        kind,
        call,
        (palette.V1SpectroEdgeNativeClusterPair, _POLL_ANSWER),
        pairing_uid=at.parameter("pairingUid"),
        cluster_token=at.needed(f"{CLUSTER_TOKEN_HEADER}:"),
    )


def _says_which(request: Any) -> None:
    """A withdrawal has the id of its request, or the uid of the cluster that it is of."""
    body = request["body"] or {}
    if not body.get("pairingUid") and not (body.get("clusterMeta") or {}).get("localClusterUid"):
        raise Malformed("clusterMeta.localClusterUid", "it is missing, and so is pairingUid")


_AGENT_PAIRING = "/v1/edgehosts/clusters/pairing"

TABLE: tuple[TableRow, ...] = (
    asks(
        ops.Probe,
        "ours GET /v1/edgehosts/pairing/ping 200 v1EdgeHostsPairingPing",
        (palette.V1PairingPing, _PING),
    ),
    asks(
        ops.SubmitPairing,
        f"ours POST {_AGENT_PAIRING} 201 v1EdgeHostsClustersPairingCreate",
        (palette.V1Uid, record(ops.PairingId, pairing_uid=at.needed("uid"))),
        palette.V1SpectroEdgeNativeClusterPairEntity,
        {"spec.cloudConfig": at.empty_object, "spec.clusterConfig": at.empty_object},
        registration_token=at.present("spec!.registrationToken"),
        cluster_token=at.needed("spec.clusterMeta.localClusterToken"),
        cluster=at.inside(_CLUSTER),
        agent_version=at.text("spec.stylusAgentVersion"),
        key=at.unless_empty(f"{SUBMISSION_KEY_HEADER}:"),
    ),
    _of_request(
        ops.PollPairing,
        f"ours GET {_AGENT_PAIRING}/{{pairingUid}}/status 200 v1EdgeHostsClustersPairingUidStatus",
    ),
    _of_request(
        ops.ConfirmPairing,
        f"ours POST {_AGENT_PAIRING}/{{pairingUid}}/confirm 200 "
        "v1EdgeHostsClustersPairingUidConfirm",
    ),
    asks(
        ops.WithdrawPairing,
        f"ours POST {_AGENT_PAIRING}/withdraw 204 v1EdgeHostsClustersPairingWithdraw",
        None,
        palette.V1ClusterPairWithdrawal,
        None,
        _says_which,
        local_cluster_uid=at.unless_empty("clusterMeta.localClusterUid"),
        cluster_token=at.needed("clusterMeta.localClusterToken"),
        pairing_uid=at.unless_empty("pairingUid"),
        ended=at.if_set("ended"),
    ),
)
"""Each operation with its fields and its answer."""
