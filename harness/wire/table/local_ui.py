"""The operations of Local UI over its HTTP API, and a cluster as it is shown there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health, Node, NodePool
from harness.domain.pairing import LocalState
from harness.wire.model import Malformed, parse_model
from harness.wire.models import MODELS
from harness.wire.table import fields as at
from harness.wire.table.fields import ByHand, WireField, Write


def _pools_with(name: str, told: Callable[[Cluster, Node], dict[str, Any]]) -> Write:
    """The pools, each with what is told of its nodes under this name."""
    return lambda cluster: [
        {
            name: [told(cluster, node) for node in pool.nodes],
            "pool": {"isControlPlane": pool.control_plane, "name": pool.name},
        }
        for pool in cluster.pools
    ]


def _status(cluster: Cluster, node: Node) -> dict[str, Any]:
    health, state = {"status": node.health.value}, cluster.state.value
    return {"health": health, "nodeName": node.name, "nodeState": state}


def _pools(body: Any) -> tuple[NodePool, ...]:
    """A node runs on the host of its pool that bears its name, or else on the one in its place."""
    specs = (body.get("spec") or {}).get("nodePools") or []
    statuses = (body.get("status") or {}).get("nodePools") or []
    found = []
    for n, pool in enumerate(statuses):
        place, hosts = f"status.nodePools.{n}", _hosts_of(pool, n, specs)
        head, nodes = pool.get("pool") or {}, enumerate(pool.get("nodes") or [])
        if head.get("name") is None:
            raise Malformed(f"{place}.pool.name", "it is missing")
        made = tuple(_node(node, m, hosts, f"{place}.nodes.{m}") for m, node in nodes)
        found.append(NodePool(head["name"], bool(head.get("isControlPlane")), made))
    return tuple(found)


def _hosts_of(pool: Any, index: int, specs: Sequence[Any]) -> Sequence[Any]:
    """The hosts of the pool of this name, or of the one in this place if names repeat."""
    name = (pool.get("pool") or {}).get("name")
    same_name = [s for s in specs if s.get("pool") and s["pool"].get("name") == name]
    if len(same_name) == 1:
        return same_name[0].get("hosts") or []
    return (specs[index].get("hosts") or []) if index < len(specs) else []


def _node(node: Any, index: int, hosts: Sequence[Any], place: str) -> Node:
    name = at.needed_text(node.get("nodeName"), f"{place}.nodeName")
    health = at.needed_text((node.get("health") or {}).get("status"), f"{place}.health.status")
    same_name = [host for host in hosts if host.get("hostName") == name]
    in_its_place = same_name if len(same_name) == 1 else hosts[index : index + 1]
    host_uid = (in_its_place[0].get("hostID") if in_its_place else None) or ""
    return Node(name, host_uid, Health(health))


_SHOWN: Mapping[str, str] = {
    LocalState.SUBMITTING: "Pairing",
    LocalState.PENDING: "Pairing",
    LocalState.CONFIRMING: "Pairing",
    LocalState.PAIRED: "Paired",
    LocalState.REJECTED: "Rejected",
    LocalState.FAILED: "Failed",
}
"""The published status of each state of the edge's copy; an abandoned one is not shown."""


def is_shown(view: ops.PairingView) -> bool:
    """Whether the request is one that Local UI shows at all."""
    return view.status in _SHOWN


def _shown_uid(body: Any) -> str:
    """A request on its way may have an empty id; only one that failed may have none at all."""
    uid: str | None = body.get("pairingUid")
    if uid is None and body.get("status") not in ("Failed", "Rejected"):
        raise Malformed("pairingUid", "it is missing")
    return uid or ""


_HOSTS = "/hosts"
_PATCHED_LABELS = "/metadata/labels/"


def _read_label_patches(patches: Any, place: str) -> dict[str, str]:
    tags = {}
    for n, patch in enumerate(patches or []):
        path, value = patch["path"], patch.get("value")
        if not path.startswith(_PATCHED_LABELS) or "/" in path.removeprefix(_PATCHED_LABELS):
            raise Malformed(f"{place}.{n}.path", f"only {_PATCHED_LABELS}<name> can be patched")
        if patch["op"] == "remove" or not isinstance(value, str):
            raise Malformed(f"{place}.{n}", "only add and replace with a text are served")
        name = path.removeprefix(_PATCHED_LABELS)
        tags[name.replace("~1", "/").replace("~0", "~")] = value
    return tags


def _label_patches(tags: Mapping[str, str]) -> list[dict[str, str]]:
    escaped = ((key.replace("~", "~0").replace("/", "~1"), value) for key, value in tags.items())
    return [{"op": "add", "path": _PATCHED_LABELS + key, "value": v} for key, v in escaped]


def _read_host_patch(patches: Any, place: str) -> tuple[str, ...]:
    if len(patches or ()) != 1 or (patches[0]["op"], patches[0]["path"]) != ("replace", _HOSTS):
        raise Malformed(place, f"only one replacement of {_HOSTS} is served")
    value = patches[0].get("value")
    if not isinstance(value, list):
        raise Malformed(f"{place}.0.value", "a list of hosts is needed")
    for host in value:
        parse_model(MODELS["V1EdgeNativeHost"], host)
    uids = enumerate(host.get("hostUid") for host in value)
    return tuple(at.needed_text(uid, f"{place}.0.value.{n}.hostUid") for n, uid in uids)


def _host_patch(host_uids: Sequence[str]) -> list[dict[str, Any]]:
    hosts = [{"hostUid": uid} for uid in host_uids]
    return [{"op": "replace", "path": _HOSTS, "value": hosts}]


def _is_local(request: Any) -> None:
    if request["body"].get("type") != "local":
        raise Malformed("type", "only local can be asked for here; pairing makes it central")


_BY_HAND: Mapping[str, ByHand] = {
    "CLUSTER": ByHand(
        {"pools": at.computed(_pools)},
        {
            "spec.hostIDs": lambda cluster: list(cluster.host_uids()),
            # Hosts bear the names of the nodes that they run.
            "spec.nodePools": _pools_with(
                "hosts", lambda _, node: {"hostID": node.host_uid, "hostName": node.name}
            ),
            "status.health.status": lambda cluster: (
                "Unhealthy" if cluster.unhealthy_nodes() else "Healthy"
            ),
            "status.nodePools": _pools_with("nodes", _status),
        },
        needs="status.nodePools[].pool.name status.nodePools[].nodes[].nodeName"
        " status.nodePools[].nodes[].health.status",
    ),
    "PAIRING": ByHand(
        {
            "pairing_uid": at.computed(_shown_uid, "pairingUid"),
            "status": WireField(("status",), at.needed_text, lambda status: _SHOWN[status]),
        },
        needs="pairingUid",
    ),
    "PatchNamedCluster": ByHand(
        {"tags": WireField(("clusterConfigPatches",), _read_label_patches, _label_patches)},
        needs="clusterConfigPatches[].op clusterConfigPatches[].path clusterConfigPatches[].value",
    ),
    "CreateCluster": ByHand(
        besides={
            "spec?.cloudConfig?.spec?.clusterConfig": lambda operation: (
                {"ntpServers": [], "sshKeys": []} if operation.pools else None
            )
        }
    ),
    "POOL": ByHand(besides={"size": lambda pool: len(pool.nodes)}),
    "NAMED_POOL": ByHand(besides={"size": lambda pool: len(pool.nodes)}),
    "ScaleMachinePool": ByHand(
        {"host_uids": WireField(("machinePoolConfigPatches",), _read_host_patch, _host_patch)},
        needs="machinePoolConfigPatches[].op machinePoolConfigPatches[].path"
        " machinePoolConfigPatches[].value",
    ),
    # Without any they may be left out, and still have to have a place.
    "CONFIGURED": ByHand(needs="spec.cloudConfig.spec"),
    "RestoreLocalManagement": ByHand(check=_is_local, needs="type"),
}

RECORDS: dict[str, at.WireRecord] = {}

TABLE = at.table(
    """
DONE = Acknowledged V1AcceptedResponseWithMessage message

# Nobody but the caller keeps the session: a cookie jar would log in on its own.
LogIn POST /v1/users/default/login 200 V1UserLogin
    LocalV1AuthLogin extended=?extendedSession:switch username:any! password:any!
    ?setCookie:="false"
    -> Session V1LoginSuccess token=Token.Authorization! IsFirstLogin:=false
LogOut POST /v1/users/default/logout 200 V1UserLogout

CLUSTER = Cluster V1Cluster uid=metadata.id! name=metadata.name!
    description=metadata.annotations.description? tags=metadata.labels:texts
    state=status.clusterState:ClusterState!
ViewCluster GET /v1/edge-mgmt/cluster/details 200 v1ClusterGet -> CLUSTER
PACK = Pack layer:Layer! name! version=version<tag! registry=registryUid? values?
PROFILE = StackProfile name:any! type:ProfileType! version:any! packs[PACK]! uid?
ViewStack GET /v1/edge-mgmt/cluster/applications 200 v1ClusterApplications
    -> Stack V1ClusterCurrentApplications profiles=clusterProfileTemplates[PROFILE]!
ViewManagement GET /v1/edge-mgmt/settings 200 v1Settings
    -> Management V1Settings mode=managementMode:ManagementMode! installationMode:="connected"

# Empty and missing entries are let through: which rule they break is not ours to say.
VerifyConnection POST /v1/edge-mgmt/cluster/pair/verify-connection 200
    v1ClusterPairVerifyConnection
    V1ClusterPairMeta endpoint=paletteEndpoint token=registrationToken insecure:flag
    -> Verification V1ClusterPairVerifiedConnectionResponse verified:any! message
SendPairingRequest POST /v1/edge-mgmt/cluster/pair 201 v1ClusterPair
    V1ClusterPairMeta endpoint=paletteEndpoint token=registrationToken insecure:flag
    -> PairingId V1ClusterPairInfoResponse pairing_uid=pairingUid!
# The published status in place of the edge's own state; never the registration token.
PAIRING = PairingView V1ClusterPairDetailsResponse pairing_uid status message
    endpoint=paletteEndpoint insecure:flag registrationToken:=""
ViewPairing GET /v1/edge-mgmt/cluster/pair/details 200 v1ClusterPairDetails -> PAIRING
CancelPairingRequest POST /v1/edge-mgmt/cluster/pair/reject 200 v1ClusterPairReject -> DONE

UpdateCluster PUT /v1/edge-mgmt/cluster/{clusterName} 202 v1UpdateClusterConfig
    V1ClusterConfiguration cluster_name={clusterName} tags=metadata.labels:texts -> DONE
PatchNamedCluster PATCH /v1/edge-mgmt/cluster/{clusterName} 202 v1PatchClusterConfig
    V1ClusterPatch cluster_name={clusterName} tags -> DONE
PatchCluster PATCH /v1/edge-mgmt/cluster 202 v1PatchCluster
    V1ClusterConfiguration tags=metadata.labels:texts -> DONE
UpdateStack PUT /v1/edge-mgmt/cluster/profiles 202 v1UpdateClusterProfiles
    V1ClusterProfileConfiguration stack=spec.clusterProfileTemplates[PROFILE]?
    archive=spec.archiveUploadPath? -> DONE
DeleteCluster DELETE /v1/edge-mgmt/cluster 202 v1DeleteCluster -> DONE

# A node without a name bears that of its host.
HOST = Node host_uid=hostUid! name=hostName<hostUid
POOL = NodePool nodes=hosts[HOST] name! control_plane=isControlPlane:flag
NAMED_POOL = NodePool nodes=hosts[HOST] name={poolName}|name! control_plane=isControlPlane:flag
CreateCluster POST /v1/edge-mgmt/cluster 202 v1CreateCluster
    V1ClusterConfiguration name=metadata.name! tags=metadata.labels:texts
    pools=spec?.cloudConfig?.spec?.machinePoolConfig[POOL]? -> DONE
AddMachinePool
    POST /v1/edge-mgmt/clusters/current/machinepools 201 v1ClusterMachinePoolCreate
    V1EdgeNativeMachinePoolConfig pool=(POOL) -> DONE
UpdateMachinePool
    PUT /v1/edge-mgmt/clusters/current/machinepools/{poolName} 200 v1ClusterMachinePoolUpdate
    V1EdgeNativeMachinePoolConfig pool=(NAMED_POOL) -> DONE
ScaleMachinePool
    PATCH /v1/edge-mgmt/clusters/current/machinepools/{poolName} 200 v1ClusterMachinePoolPatch
    V1MachinePoolPatch pool_name={poolName} host_uids -> DONE
RemoveMachinePool
    DELETE /v1/edge-mgmt/clusters/current/machinepools/{poolName} 202
    v1ClusterMachinePoolDelete pool_name={poolName} -> DONE
RemoveNode
    DELETE /v1/edge-mgmt/clusters/current/machinepools/{poolName}/nodes/{nodeName} 202
    v1ClusterMachinePoolNodeDelete pool_name={poolName} node_name={nodeName} -> DONE

SETTINGS = ClusterSettings ntp_servers=ntpServers:words ssh_keys=sshKeys:words
UpdateClusterSettings PUT /v1/edge-mgmt/cluster/settings 202 v1EdgeNativeClusterSettings
    V1EdgeNativeClusterSettings settings=(SETTINGS) -> DONE
CONFIGURED = ClusterSettings V1ClusterConfiguration
    ntp_servers=spec.cloudConfig.spec.clusterConfig.ntpServers:words
    ssh_keys=spec.cloudConfig.spec.clusterConfig.sshKeys:words
    spec.cloudConfig.spec.machinePoolConfig:=[]
ViewClusterSettings GET /v1/edge-mgmt/cluster 200 v1ClusterConfig -> CONFIGURED
RestoreLocalManagement ours PUT /v1/edge-mgmt/settings/management 202 v1SettingsManagementUpdate
    V1Management type:="local" -> DONE
""",
    RECORDS,
    _BY_HAND,
)
"""Each operation with its fields and its answer."""
ACKNOWLEDGED = RECORDS["DONE"]
