"""The operations of Local UI over its HTTP API, and a cluster as it is shown there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health, Node, NodePool
from harness.domain.pairing import LocalState
from harness.domain.profile import Pack, StackProfile
from harness.wire.model import Malformed, parse_model
from harness.wire.models import MODELS
from harness.wire.table import fields as at
from harness.wire.table.fields import Route, WireField, WireRecord, Write, asks, record
from harness.wire.table.palette import DESCRIPTION, NO_COOKIE

ACKNOWLEDGED = record(ops.Acknowledged, "V1AcceptedResponseWithMessage message")

# --- a cluster as it is shown -----------------------------------------------------------------


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


_CLUSTER = record(
    Cluster,
    f"V1Cluster uid=metadata.id! name=metadata.name! description={DESCRIPTION}?"
    " tags=metadata.labels:texts state=status.clusterState:ClusterState!",
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
    pools=at.computed(_pools),
)

# --- a pairing request as it is shown -----------------------------------------------------------

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


_PAIRING = record(
    ops.PairingView,
    "V1ClusterPairDetailsResponse pairing_uid status message endpoint=paletteEndpoint"
    " insecure:flag",
    {"registrationToken": lambda _: ""},
    pairing_uid=at.computed(_shown_uid, "pairingUid"),
    status=WireField(("status",), at.needed_text, lambda status: _SHOWN[status]),
)
"""The published status in place of the edge's own state; never the registration token."""

# --- the stack and the pools ----------------------------------------------------------------------

_PACK = record(Pack, "layer:Layer! name! version=version<tag! registry=registryUid? values?")
_PROFILE = record(
    StackProfile,
    "name:any! type:ProfileType! version:any! packs uid?",
    packs=at.each(_PACK, "packs", required=True),
)
_HOST = record(Node, "host_uid=hostUid! name=hostName<hostUid")
"""A node without a name bears that of its host."""


def _pool_config(name: str) -> WireRecord:
    return record(
        NodePool,
        f"nodes name={name}! control_plane=isControlPlane:flag",
        {"size": lambda pool: len(pool.nodes)},
        nodes=at.each(_HOST, "hosts"),
    )


_LAYOUT = "spec?.cloudConfig?.spec?"


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


# --- the table ------------------------------------------------------------------------------------

_EDGE = "/v1/edge-mgmt"
_POOLS = f"{_EDGE}/clusters/current/machinepools"
_SHARED = "spec.cloudConfig.spec!.clusterConfig"
_TAGS = "tags=metadata.labels:texts"
_ENTERED = "V1ClusterPairMeta endpoint=paletteEndpoint token=registrationToken insecure:flag"
"""Empty and missing entries are let through: which rule they break is not ours to say."""

TABLE: tuple[Route, ...] = (
    asks(
        ops.LogIn,
        "POST /v1/users/default/login 200 V1UserLogin",
        "LocalV1AuthLogin extended=?extendedSession:switch username:any! password:any!",
        record(
            ops.Session,
            "V1LoginSuccess token=Token.Authorization!",
            {"IsFirstLogin": lambda _: False},
        ),
        NO_COOKIE,
    ),
    asks(ops.LogOut, "POST /v1/users/default/logout 200 V1UserLogout"),
    asks(ops.ViewCluster, f"GET {_EDGE}/cluster/details 200 v1ClusterGet", "", _CLUSTER),
    asks(
        ops.ViewStack,
        f"GET {_EDGE}/cluster/applications 200 v1ClusterApplications",
        "",
        record(
            ops.Stack,
            "V1ClusterCurrentApplications",
            profiles=at.each(_PROFILE, "clusterProfileTemplates", required=True),
        ),
    ),
    asks(
        ops.ViewManagement,
        f"GET {_EDGE}/settings 200 v1Settings",
        "",
        record(
            ops.Management,
            "V1Settings mode=managementMode:ManagementMode!",
            {"installationMode": lambda _: "connected"},
        ),
    ),
    asks(
        ops.VerifyConnection,
        f"POST {_EDGE}/cluster/pair/verify-connection 200 v1ClusterPairVerifyConnection",
        _ENTERED,
        record(ops.Verification, "V1ClusterPairVerifiedConnectionResponse verified:any! message"),
    ),
    asks(
        ops.SendPairingRequest,
        f"POST {_EDGE}/cluster/pair 201 v1ClusterPair",
        _ENTERED,
        record(ops.PairingId, "V1ClusterPairInfoResponse pairing_uid=pairingUid!"),
    ),
    asks(
        ops.ViewPairing, f"GET {_EDGE}/cluster/pair/details 200 v1ClusterPairDetails", "", _PAIRING
    ),
    asks(
        ops.CancelPairingRequest,
        f"POST {_EDGE}/cluster/pair/reject 200 v1ClusterPairReject",
        "",
        ACKNOWLEDGED,
    ),
    asks(
        ops.UpdateCluster,
        f"PUT {_EDGE}/cluster/{{clusterName}} 202 v1UpdateClusterConfig",
        "V1ClusterConfiguration cluster_name={clusterName} " + _TAGS,
        ACKNOWLEDGED,
    ),
    asks(
        ops.PatchNamedCluster,
        f"PATCH {_EDGE}/cluster/{{clusterName}} 202 v1PatchClusterConfig",
        "V1ClusterPatch cluster_name={clusterName}",
        ACKNOWLEDGED,
        tags=WireField(("clusterConfigPatches",), _read_label_patches, _label_patches),
    ),
    asks(
        ops.PatchCluster,
        f"PATCH {_EDGE}/cluster 202 v1PatchCluster",
        "V1ClusterConfiguration " + _TAGS,
        ACKNOWLEDGED,
    ),
    asks(
        ops.UpdateStack,
        f"PUT {_EDGE}/cluster/profiles 202 v1UpdateClusterProfiles",
        "V1ClusterProfileConfiguration stack archive=spec.archiveUploadPath?",
        ACKNOWLEDGED,
        stack=at.each(_PROFILE, "spec.clusterProfileTemplates", drop=True),
    ),
    asks(ops.DeleteCluster, f"DELETE {_EDGE}/cluster 202 v1DeleteCluster", "", ACKNOWLEDGED),
    asks(
        ops.CreateCluster,
        f"POST {_EDGE}/cluster 202 v1CreateCluster",
        "V1ClusterConfiguration name=metadata.name! " + _TAGS,
        ACKNOWLEDGED,
        {
            f"{_LAYOUT}.clusterConfig": lambda operation: (
                {"ntpServers": [], "sshKeys": []} if operation.pools else None
            )
        },
        pools=at.each(_pool_config("name"), f"{_LAYOUT}.machinePoolConfig", drop=True),
    ),
    asks(
        ops.AddMachinePool,
        f"POST {_POOLS} 201 v1ClusterMachinePoolCreate",
        "V1EdgeNativeMachinePoolConfig pool",
        ACKNOWLEDGED,
        pool=WireField(inside=_pool_config("name")),
    ),
    asks(
        ops.UpdateMachinePool,
        f"PUT {_POOLS}/{{poolName}} 200 v1ClusterMachinePoolUpdate",
        "V1EdgeNativeMachinePoolConfig pool",
        ACKNOWLEDGED,
        pool=WireField(inside=_pool_config("{poolName}|name")),
    ),
    asks(
        ops.ScaleMachinePool,
        f"PATCH {_POOLS}/{{poolName}} 200 v1ClusterMachinePoolPatch",
        "V1MachinePoolPatch pool_name={poolName}",
        ACKNOWLEDGED,
        host_uids=WireField(("machinePoolConfigPatches",), _read_host_patch, _host_patch),
    ),
    asks(
        ops.RemoveMachinePool,
        f"DELETE {_POOLS}/{{poolName}} 202 v1ClusterMachinePoolDelete",
        "pool_name={poolName}",
        ACKNOWLEDGED,
    ),
    asks(
        ops.RemoveNode,
        f"DELETE {_POOLS}/{{poolName}}/nodes/{{nodeName}} 202 v1ClusterMachinePoolNodeDelete",
        "pool_name={poolName} node_name={nodeName}",
        ACKNOWLEDGED,
    ),
    asks(
        ops.UpdateClusterSettings,
        f"PUT {_EDGE}/cluster/settings 202 v1EdgeNativeClusterSettings",
        "V1EdgeNativeClusterSettings settings",
        ACKNOWLEDGED,
        settings=WireField(
            inside=record(
                ops.ClusterSettings, "ntp_servers=ntpServers:words ssh_keys=sshKeys:words"
            )
        ),
    ),
    asks(
        ops.ViewClusterSettings,
        f"GET {_EDGE}/cluster 200 v1ClusterConfig",
        "",
        record(
            ops.ClusterSettings,
            f"V1ClusterConfiguration ntp_servers={_SHARED}.ntpServers:words"
            f" ssh_keys={_SHARED}.sshKeys:words",
            {"spec.cloudConfig.spec.machinePoolConfig": lambda _: []},
        ),
    ),
    asks(
        ops.RestoreLocalManagement,
        f"ours PUT {_EDGE}/settings/management 202 v1SettingsManagementUpdate",
        "V1Management",
        ACKNOWLEDGED,
        {"type": lambda _: "local"},
        _is_local,
    ),
)
"""Each operation with its fields and its answer."""
