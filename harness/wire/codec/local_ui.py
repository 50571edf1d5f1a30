"""The operations of Local UI over its HTTP API, and a cluster as it is shown there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.domain.operations import LocalOperation, Operation, Value
from harness.domain.pairing import LocalState
from harness.wire import local_ui as wire
from harness.wire.codec import parts, stack
from harness.wire.http import Json
from harness.wire.model import Malformed, WireModel, parse_model


def to_cluster(cluster: Cluster) -> wire.V1Cluster:
    """The cluster as Local UI shows it. Hosts bear the names of the nodes that they run."""
    healthy = not cluster.unhealthy_nodes()
    return wire.V1Cluster(
        metadata=wire.V1MetaData(
            id=cluster.uid,
            name=cluster.name,
            labels=dict(cluster.tags),
            annotations={parts.DESCRIPTION: cluster.description} if cluster.description else None,
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
        parts.needed(metadata.id, "metadata.id"),
        parts.needed(metadata.name, "metadata.name"),
        (metadata.annotations or {}).get(parts.DESCRIPTION, ""),
        dict(metadata.labels or {}),
        ClusterState(parts.needed(status.clusterState, "status.clusterState")),
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
    name = parts.needed(node.nodeName, f"{place}.nodeName")
    health = parts.needed(node.health.status if node.health else None, f"{place}.health.status")
    return Node(name, _host_uid(name, index, hosts), Health(health))


def _host_uid(name: str, index: int, hosts: Sequence[wire.V1EdgeHost]) -> str:
    same_name = [h for h in hosts if h.hostName == name]
    if len(same_name) == 1:
        return same_name[0].hostID or ""
    return (hosts[index].hostID or "") if index < len(hosts) else ""


_LABELS = "/metadata/labels/"
_HOSTS = "/hosts"

_SHOWN: Mapping[str, str] = {
    LocalState.SUBMITTING: "Pairing",
    LocalState.PENDING: "Pairing",
    LocalState.CONFIRMING: "Pairing",
    LocalState.PAIRED: "Paired",
    LocalState.REJECTED: "Rejected",
    LocalState.FAILED: "Failed",
}
"""The published status of each state of the edge's copy; an abandoned one is not shown."""


def to_parts(operation: LocalOperation) -> parts.Parts:
    """What the operation contributes to its request.

    Raises:
        TypeError: the operation does not cross HTTP.
    """
    match operation:
        case ops.LogIn(username, password, extended):
            # Nobody but the caller keeps the session: a cookie jar would log in on its own.
            query = {"setCookie": "false"} | ({"extendedSession": "true"} if extended else {})
            return parts.Parts(
                query=query, body=wire.LocalV1AuthLogin(username=username, password=password)
            )
        case ops.PairingInput(endpoint, token, insecure):
            return parts.Parts(
                body=wire.V1ClusterPairMeta(
                    paletteEndpoint=endpoint, registrationToken=token, insecure=insecure
                )
            )
        case ops.UpdateCluster(cluster_name, tags):
            body = wire.V1ClusterConfiguration(metadata=_labelled(tags))
            return parts.Parts({"clusterName": cluster_name}, body=body)
        case ops.PatchNamedCluster(cluster_name, tags):
            return parts.Parts({"clusterName": cluster_name}, body=_patch(tags))
        case ops.PatchCluster(tags):
            return parts.Parts(body=wire.V1ClusterConfiguration(metadata=_labelled(tags)))
        case ops.UpdateStack(profiles):
            spec = wire.V1ClusterProfileConfigurationSpec(
                clusterProfileTemplates=stack.to_local(profiles)
            )
            return parts.Parts(body=wire.V1ClusterProfileConfiguration(spec=spec))
        case ops.AddMachinePool(pool):
            return parts.Parts(body=_to_pool_config(pool))
        case ops.UpdateMachinePool(pool):
            return parts.Parts({"poolName": pool.name}, body=_to_pool_config(pool))
        case ops.ScaleMachinePool(pool_name, host_uids):
            return parts.Parts({"poolName": pool_name}, body=_pool_patch(host_uids))
        case ops.RemoveMachinePool(pool_name):
            return parts.Parts({"poolName": pool_name})
        case ops.RemoveNode(pool_name, node_name):
            return parts.Parts({"poolName": pool_name, "nodeName": node_name})
        case ops.UpdateClusterSettings(settings):
            return parts.Parts(body=_to_settings(settings))
        case ops.CreateCluster(name, tags, pools):
            laid_out = _to_configuration(pools=pools).spec if pools else None
            metadata = _labelled(tags, name)
            return parts.Parts(body=wire.V1ClusterConfiguration(metadata=metadata, spec=laid_out))
        case ops.RestoreLocalManagement():
            return parts.Parts(body=wire.V1Management(type="local"))
        case ops.LogOut() | ops.ViewCluster() | ops.ViewStack() | ops.ViewManagement():
            return parts.Parts()
        case ops.ViewPairing() | ops.ViewClusterSettings():
            return parts.Parts()
        case ops.CancelPairingRequest() | ops.DeleteCluster():
            return parts.Parts()
    raise TypeError(f"{type(operation).__name__} does not cross HTTP")


def _labelled(tags: Mapping[str, str], name: str | None = None) -> wire.V1MetaData:
    return wire.V1MetaData(name=name, labels=dict(tags))


def _patch(tags: Mapping[str, str]) -> wire.V1ClusterPatch:
    return wire.V1ClusterPatch(
        clusterConfigPatches=[
            wire.V1HttpPatch(op="add", path=_LABELS + _escaped(key), value=value)
            for key, value in tags.items()
        ]
    )


def _to_pool_config(pool: NodePool) -> wire.V1EdgeNativeMachinePoolConfig:
    hosts = [wire.V1EdgeNativeHost(hostUid=n.host_uid, hostName=n.name) for n in pool.nodes]
    return wire.V1EdgeNativeMachinePoolConfig(
        name=pool.name, isControlPlane=pool.control_plane, size=len(hosts), hosts=hosts
    )


def _pool_patch(host_uids: Sequence[str]) -> wire.V1MachinePoolPatch:
    hosts: JsonValue = [{"hostUid": uid} for uid in host_uids]
    patch = wire.V1HttpPatch(op="replace", path=_HOSTS, value=hosts)
    return wire.V1MachinePoolPatch(machinePoolConfigPatches=[patch])


def _to_settings(settings: ops.ClusterSettings) -> wire.V1EdgeNativeClusterSettings:
    return wire.V1EdgeNativeClusterSettings(
        ntpServers=list(settings.ntp_servers), sshKeys=list(settings.ssh_keys)
    )


def _escaped(key: str) -> str:
    """A key in a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


# --- requests, as the server reads them -----------------------------------------------------


def _log_in(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.LocalV1AuthLogin, incoming.json)
    extended = incoming.flag("extendedSession")
    return ops.LogIn(
        parts.present(body.username, "username"), parts.present(body.password, "password"), extended
    )


def _pairing_input(
    kind: type[ops.VerifyConnection] | type[ops.SendPairingRequest], incoming: parts.Incoming
) -> Operation:
    """Empty and missing entries are let through: which rule they break is not ours to say."""
    body = parse_model(wire.V1ClusterPairMeta, incoming.json)
    return kind(body.paletteEndpoint or "", body.registrationToken or "", bool(body.insecure))


def _labels(incoming: parts.Incoming) -> dict[str, str]:
    metadata = parse_model(wire.V1ClusterConfiguration, incoming.json).metadata
    return dict(metadata.labels or {}) if metadata else {}


def _patched_labels(incoming: parts.Incoming) -> dict[str, str]:
    tags = {}
    patches = parse_model(wire.V1ClusterPatch, incoming.json).clusterConfigPatches or []
    for n, patch in enumerate(patches):
        place = f"clusterConfigPatches.{n}"
        if not patch.path.startswith(_LABELS) or "/" in patch.path.removeprefix(_LABELS):
            raise Malformed(f"{place}.path", f"only {_LABELS}<name> can be patched")
        if patch.op == "remove" or not isinstance(patch.value, str):
            raise Malformed(place, "only add and replace with a text are served")
        tags[_unescaped(patch.path.removeprefix(_LABELS))] = patch.value
    return tags


def _pool_config(incoming: parts.Incoming) -> NodePool:
    body = parse_model(wire.V1EdgeNativeMachinePoolConfig, incoming.json)
    return _from_pool_config(body, incoming.parameters.get("poolName", body.name))


def _from_pool_config(
    body: wire.V1EdgeNativeMachinePoolConfig, name: str | None, place: str = ""
) -> NodePool:
    """A node without a name bears that of its host."""
    hosts = enumerate(body.hosts)
    uids = [(h, parts.needed(h.hostUid, f"{place}hosts.{n}.hostUid")) for n, h in hosts]
    nodes = tuple(Node(host.hostName or uid, uid) for host, uid in uids)
    return NodePool(parts.needed(name, f"{place}name"), bool(body.isControlPlane), nodes)


def _scale_pool(incoming: parts.Incoming) -> Operation:
    patches = parse_model(wire.V1MachinePoolPatch, incoming.json).machinePoolConfigPatches or []
    if len(patches) != 1 or patches[0].op != "replace" or patches[0].path != _HOSTS:
        raise Malformed("machinePoolConfigPatches", f"only one replacement of {_HOSTS} is served")
    place = "machinePoolConfigPatches.0.value"
    value = patches[0].value
    if not isinstance(value, list):
        raise Malformed(place, "a list of hosts is needed")
    hosts = [parse_model(wire.V1EdgeNativeHost, host) for host in value]
    uids = (parts.needed(h.hostUid, f"{place}.{n}.hostUid") for n, h in enumerate(hosts))
    return ops.ScaleMachinePool(incoming.parameter("poolName"), tuple(uids))


def _update_settings(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1EdgeNativeClusterSettings, incoming.json)
    ntp_servers, ssh_keys = tuple(body.ntpServers or ()), tuple(body.sshKeys or ())
    return ops.UpdateClusterSettings(ops.ClusterSettings(ntp_servers, ssh_keys))


def _update_stack(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1ClusterProfileConfiguration, incoming.json)
    templates = body.spec.clusterProfileTemplates if body.spec else None
    if templates is None:
        raise Malformed("spec.clusterProfileTemplates", "it is missing")
    return ops.UpdateStack(stack.from_local(templates, "spec.clusterProfileTemplates"))


def _create_cluster(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1ClusterConfiguration, incoming.json)
    name = parts.needed(body.metadata.name if body.metadata else None, "metadata.name")
    layout = _layout(body)
    place = "spec.cloudConfig.spec.machinePoolConfig"
    pools = tuple(
        _from_pool_config(pool, pool.name, f"{place}.{n}.")
        for n, pool in enumerate(layout.machinePoolConfig if layout else ())
    )
    return ops.CreateCluster(name, _labels(incoming), pools)


def _layout(body: wire.V1ClusterConfiguration) -> wire.V1EdgeNativeCloudConfigSpec | None:
    cloud = body.spec.cloudConfig if body.spec else None
    return cloud.spec if cloud else None


def _restore(incoming: parts.Incoming) -> Operation:
    if parse_model(wire.V1Management, incoming.json).type != "local":
        raise Malformed("type", "only local can be asked for here; pairing makes it central")
    return ops.RestoreLocalManagement()


OPERATIONS: Mapping[type[Operation], parts.FromRequest] = {
    ops.LogIn: _log_in,
    ops.VerifyConnection: lambda incoming: _pairing_input(ops.VerifyConnection, incoming),
    ops.SendPairingRequest: lambda incoming: _pairing_input(ops.SendPairingRequest, incoming),
    ops.UpdateCluster: lambda incoming: ops.UpdateCluster(
        incoming.parameter("clusterName"), _labels(incoming)
    ),
    ops.PatchNamedCluster: lambda incoming: ops.PatchNamedCluster(
        incoming.parameter("clusterName"), _patched_labels(incoming)
    ),
    ops.PatchCluster: lambda incoming: ops.PatchCluster(_labels(incoming)),
    ops.UpdateStack: _update_stack,
    ops.CreateCluster: _create_cluster,
    ops.AddMachinePool: lambda incoming: ops.AddMachinePool(_pool_config(incoming)),
    ops.UpdateMachinePool: lambda incoming: ops.UpdateMachinePool(_pool_config(incoming)),
    ops.ScaleMachinePool: _scale_pool,
    ops.RemoveMachinePool: lambda i: ops.RemoveMachinePool(i.parameter("poolName")),
    ops.RemoveNode: lambda i: ops.RemoveNode(i.parameter("poolName"), i.parameter("nodeName")),
    ops.UpdateClusterSettings: _update_settings,
    ops.RestoreLocalManagement: _restore,
}
"""How each operation is read from its request."""


# --- answers ------------------------------------------------------------------------------


def to_answer(value: Value) -> WireModel:
    """The body for a value that Local UI answers.

    Raises:
        TypeError: Local UI answers no such value.
    """
    match value:
        case ops.Acknowledged(message):
            return wire.V1AcceptedResponseWithMessage(message=message)
        case ops.Session(token):
            return wire.V1LoginSuccess(
                IsFirstLogin=False, Token=wire.LocalV1UserToken(Authorization=token)
            )
        case Cluster():
            return to_cluster(value)
        case ops.Stack(profiles):
            templates = stack.to_local(profiles)
            return wire.V1ClusterCurrentApplications(clusterProfileTemplates=templates)
        case ops.ClusterSettings():
            return _to_configuration(value)
        case ops.Management(mode):
            return wire.V1Settings(managementMode=mode.value, installationMode="connected")
        case ops.Verification(verified, message):
            return wire.V1ClusterPairVerifiedConnectionResponse(verified=verified, message=message)
        case ops.PairingId(pairing_uid):
            return wire.V1ClusterPairInfoResponse(pairingUid=pairing_uid)
        case ops.PairingView():
            return _to_details(value)
    raise TypeError(f"Local UI does not answer a {type(value).__name__}")


def _to_configuration(
    settings: ops.ClusterSettings = ops.ClusterSettings(), pools: Sequence[NodePool] = ()
) -> wire.V1ClusterConfiguration:
    shared = wire.V1EdgeNativeClusterConfig(
        ntpServers=list(settings.ntp_servers), sshKeys=list(settings.ssh_keys)
    )
    layout = wire.V1EdgeNativeCloudConfigSpec(
        clusterConfig=shared, machinePoolConfig=[_to_pool_config(pool) for pool in pools]
    )
    cloud = wire.V1EdgeNativeCloudConfig(spec=layout)
    return wire.V1ClusterConfiguration(spec=wire.V1ClusterConfigurationSpec(cloudConfig=cloud))


def is_shown(view: ops.PairingView) -> bool:
    """Whether the request is one that Local UI shows at all."""
    return view.status in _SHOWN


def _to_details(view: ops.PairingView) -> WireModel:
    """The published status in place of the edge's own state; never the registration token."""
    details = {
        "pairingUid": view.pairing_uid,
        "paletteEndpoint": view.endpoint,
        "registrationToken": "",
        "insecure": view.insecure,
        "message": view.message,
        "status": _SHOWN[view.status],
    }
    return wire.V1ClusterPairDetailsResponse.model_validate(details)


def acknowledged(json: Json) -> Value:
    """An answer that needs no body; one that is there has to be the published one."""
    if json is None:
        return ops.Acknowledged()
    return ops.Acknowledged(parse_model(wire.V1AcceptedResponseWithMessage, json).message or "")


def _session(json: Json) -> Value:
    body = parse_model(wire.V1LoginSuccess, json)
    token = body.Token.Authorization if body.Token else None
    return ops.Session(parts.needed(token, "Token.Authorization"))


def _stack(json: Json) -> Value:
    place = "clusterProfileTemplates"
    templates = parse_model(wire.V1ClusterCurrentApplications, json).clusterProfileTemplates
    if templates is None:
        raise Malformed(place, "it is missing")
    return ops.Stack(stack.from_local(templates, place))


def _settings(json: Json) -> Value:
    layout = _layout(parse_model(wire.V1ClusterConfiguration, json))
    if layout is None:
        raise Malformed("spec.cloudConfig.spec", "it is missing")
    shared = layout.clusterConfig
    return ops.ClusterSettings(tuple(shared.ntpServers or ()), tuple(shared.sshKeys or ()))


def _management(json: Json) -> Value:
    mode = parse_model(wire.V1Settings, json).managementMode
    return ops.Management(ManagementMode(parts.needed(mode, "managementMode")))


def _verification(json: Json) -> Value:
    body = parse_model(wire.V1ClusterPairVerifiedConnectionResponse, json)
    return ops.Verification(parts.present(body.verified, "verified"), body.message or "")


def _pairing_id(json: Json) -> Value:
    body = parse_model(wire.V1ClusterPairInfoResponse, json)
    return ops.PairingId(parts.needed(body.pairingUid, "pairingUid"))


def _details(json: Json) -> Value:
    """A request on its way may have an empty id; only one that failed may have none at all."""
    body = parse_model(wire.V1ClusterPairDetailsResponse, json)
    uid = body.pairingUid or ""
    return ops.PairingView(
        uid
        if body.status in ("Failed", "Rejected")
        else parts.present(body.pairingUid, "pairingUid"),
        parts.needed(body.status, "status"),
        body.message or "",
        body.paletteEndpoint or "",
        bool(body.insecure),
    )


VALUES: Mapping[type[Operation], parts.FromAnswer] = {
    ops.LogIn: _session,
    ops.ViewCluster: lambda json: from_cluster(parse_model(wire.V1Cluster, json)),
    ops.ViewStack: _stack,
    ops.ViewManagement: _management,
    ops.VerifyConnection: _verification,
    ops.SendPairingRequest: _pairing_id,
    ops.ViewPairing: _details,
    ops.ViewClusterSettings: _settings,
}
"""How each operation's answer is read."""
