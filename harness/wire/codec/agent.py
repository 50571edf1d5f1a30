"""What an edge host asks of Palette, over paths of ours."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.operations import AgentOperation, Operation, Value
from harness.domain.pairing import RequestState
from harness.wire import palette as wire
from harness.wire.codec import parts, pools, stack
from harness.wire.http import Json
from harness.wire.model import Malformed, WireModel, parse_model


def to_parts(operation: AgentOperation) -> parts.Parts:
    """What the operation contributes to its request.

    Raises:
        TypeError: the operation does not cross HTTP.
    """
    match operation:
        case ops.Probe():
            return parts.Parts()
        case ops.SubmitPairing():
            return parts.Parts(body=_submission(operation))
        case ops.OfRequest(pairing_uid, cluster_token):
            return parts.Parts(
                {"pairingUid": pairing_uid}, headers={parts.CLUSTER_TOKEN_HEADER: cluster_token}
            )
        case ops.WithdrawPairing(local_cluster_uid, cluster_token, pairing_uid, ended):
            cluster = wire.V1SpectroClusterPairMeta(
                localClusterUid=local_cluster_uid, localClusterToken=cluster_token
            )
            uid = parts.unless_empty(pairing_uid)
            return parts.Parts(
                body=wire.V1ClusterPairWithdrawal(
                    pairingUid=uid, clusterMeta=cluster, ended=ended or None
                )
            )
    raise TypeError(f"{type(operation).__name__} does not cross HTTP")


def _submission(operation: ops.SubmitPairing) -> WireModel:
    cluster = operation.cluster
    metadata = wire.V1ObjectMetaInputEntity(
        name=cluster.name,
        labels=dict(cluster.tags),
        annotations={parts.DESCRIPTION: cluster.description} if cluster.description else None,
    )
    spec = wire.V1SpectroEdgeNativeClusterPairEntitySpec(
        cloudConfig=wire.V1EdgeNativeClusterConfig(),
        clusterConfig=wire.V1EdgeNativeClusterConfigPairEntity(),
        clusterMeta=wire.V1SpectroClusterPairMeta(
            name=cluster.name,
            localClusterUid=cluster.uid,
            localClusterToken=operation.cluster_token,
        ),
        machinepoolconfig=pools.to_palette(cluster.pools),
        profiles=stack.to_palette(cluster.stack),
        registrationToken=operation.registration_token,
        stylusAgentVersion=operation.agent_version,
    )
    return wire.V1SpectroEdgeNativeClusterPairEntity(metadata=metadata, spec=spec)


# --- requests, as the server reads them -----------------------------------------------------


def _of_request(
    kind: type[ops.PollPairing] | type[ops.ConfirmPairing], incoming: parts.Incoming
) -> Operation:
    token = incoming.headers.get(parts.CLUSTER_TOKEN_HEADER.lower())
    return kind(incoming.parameter("pairingUid"), parts.needed(token, parts.CLUSTER_TOKEN_HEADER))


def _submit(incoming: parts.Incoming) -> Operation:
    """State and health do not cross: the host checks both before it submits (PRE-1, PRE-2)."""
    body = parse_model(wire.V1SpectroEdgeNativeClusterPairEntity, incoming.json)
    if body.spec is None:
        raise Malformed("spec", "it is missing")
    meta = body.spec.clusterMeta or wire.V1SpectroClusterPairMeta()
    return ops.SubmitPairing(
        body.spec.registrationToken,
        parts.needed(meta.localClusterToken, "spec.clusterMeta.localClusterToken"),
        _cluster(body.metadata or wire.V1ObjectMetaInputEntity(), body.spec, meta),
        body.spec.stylusAgentVersion,
    )


def _cluster(
    metadata: wire.V1ObjectMetaInputEntity,
    spec: wire.V1SpectroEdgeNativeClusterPairEntitySpec,
    meta: wire.V1SpectroClusterPairMeta,
) -> Cluster:
    return Cluster(
        parts.needed(meta.localClusterUid, "spec.clusterMeta.localClusterUid"),
        parts.needed(meta.name or metadata.name, "spec.clusterMeta.name"),
        (metadata.annotations or {}).get(parts.DESCRIPTION, ""),
        dict(metadata.labels or {}),
        pools=pools.from_palette(spec.machinepoolconfig, "spec.machinepoolconfig"),
        stack=stack.from_palette(spec.profiles, "spec.profiles"),
    )


def _withdraw(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1ClusterPairWithdrawal, incoming.json)
    cluster = body.clusterMeta or wire.V1SpectroClusterPairMeta()
    return ops.WithdrawPairing(
        parts.needed(cluster.localClusterUid, "clusterMeta.localClusterUid"),
        parts.needed(cluster.localClusterToken, "clusterMeta.localClusterToken"),
        body.pairingUid or "",
        ended=bool(body.ended),
    )


OPERATIONS: Mapping[type[Operation], parts.FromRequest] = {
    ops.SubmitPairing: _submit,
    ops.PollPairing: lambda incoming: _of_request(ops.PollPairing, incoming),
    ops.ConfirmPairing: lambda incoming: _of_request(ops.ConfirmPairing, incoming),
    ops.WithdrawPairing: _withdraw,
}
"""How each operation is read from its request."""


# --- answers ------------------------------------------------------------------------------


def to_answer(value: Value) -> WireModel:
    """The body for a value that Palette answers a host.

    Raises:
        TypeError: Palette answers a host no such value.
    """
    match value:
        case ops.Acknowledged():
            return wire.V1PairingPing(service=wire.SERVICE)
        case ops.PairingId(pairing_uid):
            return wire.V1Uid(uid=pairing_uid)
        case ops.PollAnswer(state, cluster_uid, name, tags):
            status = wire.V1SpectroClusterPairStatus(
                state=state, pairingClusterUid=cluster_uid, pairingClusterName=name
            )
            metadata = wire.V1ObjectMeta(labels=dict(tags))
            return wire.V1SpectroEdgeNativeClusterPair(metadata=metadata, status=status)
    raise TypeError(f"a host is not answered a {type(value).__name__}")


def _ping(json: Json) -> Value:
    if parse_model(wire.V1PairingPing, json).service != wire.SERVICE:
        raise Malformed("service", "it is not a Palette that answers here")
    return ops.Acknowledged()


def _pairing_id(json: Json) -> Value:
    return ops.PairingId(parts.needed(parse_model(wire.V1Uid, json).uid, "uid"))


def _poll_answer(json: Json) -> Value:
    body = parse_model(wire.V1SpectroEdgeNativeClusterPair, json)
    status = body.status or wire.V1SpectroClusterPairStatus()
    state = parts.needed(status.state, "status.state")
    if state not in frozenset(RequestState):
        raise Malformed("status.state", f"one of {', '.join(RequestState)} is needed")
    labels = body.metadata.labels if body.metadata else None
    return ops.PollAnswer(
        state, status.pairingClusterUid or "", status.pairingClusterName or "", dict(labels or {})
    )


VALUES: Mapping[type[Operation], parts.FromAnswer] = {
    ops.Probe: _ping,
    ops.SubmitPairing: _pairing_id,
    ops.PollPairing: _poll_answer,
    ops.ConfirmPairing: _poll_answer,
}
"""How each operation's answer is read."""
