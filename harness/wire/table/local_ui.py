"""The operations of Local UI over its HTTP API, and a cluster as it is shown there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.domain.pairing import LocalState
from harness.wire import local_ui as ui
from harness.wire.model import Malformed, parse_model
from harness.wire.table import fields as at
from harness.wire.table.fields import Answer, TableRow, WireField, WireRecord, asks, record
from harness.wire.table.palette import DESCRIPTION, NO_COOKIE
from harness.wire.table.stack import LOCAL_PROFILE

ACKNOWLEDGED = record(ops.Acknowledged, message=at.text("message"))

# --- a cluster as it is shown -----------------------------------------------------------------


def _head(pool: NodePool) -> dict[str, Any]:
    return {"isControlPlane": pool.control_plane, "name": pool.name}


def _pool_specs(cluster: Cluster) -> list[dict[str, Any]]:
    """Hosts bear the names of the nodes that they run."""
    return [
        {
            "hosts": [{"hostID": node.host_uid, "hostName": node.name} for node in pool.nodes],
            "pool": _head(pool),
        }
        for pool in cluster.pools
    ]


def _pool_statuses(cluster: Cluster) -> list[dict[str, Any]]:
    state = cluster.state.value
    return [
        {
            "nodes": [
                {
                    "health": {"status": node.health.value},
                    "nodeName": node.name,
                    "nodeState": state,
                }
                for node in pool.nodes
            ],
            "pool": _head(pool),
        }
        for pool in cluster.pools
    ]


def _pools(body: Any) -> tuple[NodePool, ...]:
    """A node runs on the host of its pool that bears its name, or else on the one in its place."""
    specs = (body.get("spec") or {}).get("nodePools") or []
    statuses = (body.get("status") or {}).get("nodePools") or []
    return tuple(
        _pool(pool, _hosts_of(pool, n, specs), f"status.nodePools.{n}")
        for n, pool in enumerate(statuses)
    )


def _pool(pool: Any, hosts: Sequence[Any], place: str) -> NodePool:
    head = pool.get("pool") or {}
    if head.get("name") is None:
        raise Malformed(f"{place}.pool.name", "it is missing")
    nodes = tuple(
        _node(node, n, hosts, f"{place}.nodes.{n}")
        for n, node in enumerate(pool.get("nodes") or [])
    )
    return NodePool(head["name"], bool(head.get("isControlPlane")), nodes)


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


def _health(cluster: Cluster) -> str:
    return "Unhealthy" if cluster.unhealthy_nodes() else "Healthy"


_CLUSTER = record(
    Cluster,
    {
        "spec.hostIDs": lambda cluster: list(cluster.host_uids()),
        "spec.nodePools": _pool_specs,
        "status.health.status": _health,
        "status.nodePools": _pool_statuses,
    },
    uid=at.needed("metadata.id"),
    name=at.needed("metadata.name"),
    description=at.unless_empty(DESCRIPTION),
    tags=at.texts("metadata.labels"),
    state=at.one_of(ClusterState, "status.clusterState"),
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
    {"registrationToken": at.constant("")},
    pairing_uid=at.computed(_shown_uid, "pairingUid"),
    status=WireField(("status",), at.needed_text, lambda status: _SHOWN[status]),
    message=at.text("message"),
    endpoint=at.text("paletteEndpoint"),
    insecure=at.flag("insecure"),
)
"""The published status in place of the edge's own state; never the registration token."""

# --- pools and patches ----------------------------------------------------------------------------

_HOST = record(Node, host_uid=at.needed("hostUid"), name=at.text("hostName", or_from=("hostUid",)))
"""A node without a name bears that of its host."""


def _pool_config(*names: str) -> WireRecord:
    return record(
        NodePool,
        {"size": lambda pool: len(pool.nodes)},
        nodes=at.each(_HOST, "hosts"),
        name=at.needed(*names),
        control_plane=at.flag("isControlPlane"),
    )


_LAYOUT = "spec?.cloudConfig?.spec?"


def _nothing_shared(operation: ops.CreateCluster) -> dict[str, list[str]] | None:
    return {"ntpServers": [], "sshKeys": []} if operation.pools else None


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
        parse_model(ui.V1EdgeNativeHost, host)
    uids = enumerate(host.get("hostUid") for host in value)
    return tuple(at.needed_text(uid, f"{place}.0.value.{n}.hostUid") for n, uid in uids)


def _host_patch(host_uids: Sequence[str]) -> list[dict[str, Any]]:
    hosts = [{"hostUid": uid} for uid in host_uids]
    return [{"op": "replace", "path": _HOSTS, "value": hosts}]


def _is_local(request: Any) -> None:
    if request["body"].get("type") != "local":
        raise Malformed("type", "only local can be asked for here; pairing makes it central")


_EDGE = "/v1/edge-mgmt"
_POOLS = f"{_EDGE}/clusters/current/machinepools"
_ACCEPTED = (ui.V1AcceptedResponseWithMessage, ACKNOWLEDGED)

# --- the table ------------------------------------------------------------------------------------

_SHARED = "spec.cloudConfig.spec!.clusterConfig"
_NAMED_CLUSTER = {"cluster_name": at.parameter("clusterName")}
_OF_POOL = {"pool_name": at.parameter("poolName")}
_TAGS = {"tags": at.texts("metadata.labels")}


def _pairing_input(kind: type[ops.PairingInput], call: str, answer: Answer) -> TableRow:
    """Empty and missing entries are let through: which rule they break is not ours to say."""
    return asks(
        kind,
        call,
        answer,
        ui.V1ClusterPairMeta,
        endpoint=at.text("paletteEndpoint"),
        token=at.text("registrationToken"),
        insecure=at.flag("insecure"),
    )


TABLE: tuple[TableRow, ...] = (
    asks(
        ops.LogIn,
        "POST /v1/users/default/login 200 V1UserLogin",
        (
            ui.V1LoginSuccess,
            record(
                ops.Session,
                {"IsFirstLogin": at.constant(False)},
                token=at.needed("Token.Authorization"),
            ),
        ),
        ui.LocalV1AuthLogin,
        NO_COOKIE,
        extended=at.switch("extendedSession"),
        username=at.present("username"),
        password=at.present("password"),
    ),
    asks(ops.LogOut, "POST /v1/users/default/logout 200 V1UserLogout"),
    asks(
        ops.ViewCluster, f"GET {_EDGE}/cluster/details 200 v1ClusterGet", (ui.V1Cluster, _CLUSTER)
    ),
    asks(
        ops.ViewStack,
        f"GET {_EDGE}/cluster/applications 200 v1ClusterApplications",
        (
            ui.V1ClusterCurrentApplications,
            record(
                ops.Stack, profiles=at.each(LOCAL_PROFILE, "clusterProfileTemplates", required=True)
            ),
        ),
    ),
    asks(
        ops.ViewManagement,
        f"GET {_EDGE}/settings 200 v1Settings",
        (
            ui.V1Settings,
            record(
                ops.Management,
                {"installationMode": at.constant("connected")},
                mode=at.one_of(ManagementMode, "managementMode"),
            ),
        ),
    ),
    _pairing_input(
        ops.VerifyConnection,
        f"POST {_EDGE}/cluster/pair/verify-connection 200 v1ClusterPairVerifyConnection",
        (
            ui.V1ClusterPairVerifiedConnectionResponse,
            record(ops.Verification, verified=at.present("verified"), message=at.text("message")),
        ),
    ),
    _pairing_input(
        ops.SendPairingRequest,
        f"POST {_EDGE}/cluster/pair 201 v1ClusterPair",
        (ui.V1ClusterPairInfoResponse, record(ops.PairingId, pairing_uid=at.needed("pairingUid"))),
    ),
    asks(
        ops.ViewPairing,
        f"GET {_EDGE}/cluster/pair/details 200 v1ClusterPairDetails",
        (ui.V1ClusterPairDetailsResponse, _PAIRING),
    ),
    asks(
        ops.CancelPairingRequest,
        f"POST {_EDGE}/cluster/pair/reject 200 v1ClusterPairReject",
        _ACCEPTED,
    ),
    asks(
        ops.UpdateCluster,
        f"PUT {_EDGE}/cluster/{{clusterName}} 202 v1UpdateClusterConfig",
        _ACCEPTED,
        ui.V1ClusterConfiguration,
        **_NAMED_CLUSTER,
        **_TAGS,
    ),
    asks(
        ops.PatchNamedCluster,
        f"PATCH {_EDGE}/cluster/{{clusterName}} 202 v1PatchClusterConfig",
        _ACCEPTED,
        ui.V1ClusterPatch,
        **_NAMED_CLUSTER,
        tags=WireField(("clusterConfigPatches",), _read_label_patches, _label_patches),
    ),
    asks(
        ops.PatchCluster,
        f"PATCH {_EDGE}/cluster 202 v1PatchCluster",
        _ACCEPTED,
        ui.V1ClusterConfiguration,
        **_TAGS,
    ),
    asks(
        ops.UpdateStack,
        f"PUT {_EDGE}/cluster/profiles 202 v1UpdateClusterProfiles",
        _ACCEPTED,
        ui.V1ClusterProfileConfiguration,
        stack=at.each(LOCAL_PROFILE, "spec.clusterProfileTemplates", drop=True),
        archive=at.unless_empty("spec.archiveUploadPath"),
    ),
    asks(ops.DeleteCluster, f"DELETE {_EDGE}/cluster 202 v1DeleteCluster", _ACCEPTED),
    asks(
        ops.CreateCluster,
        f"POST {_EDGE}/cluster 202 v1CreateCluster",
        _ACCEPTED,
        ui.V1ClusterConfiguration,
        {f"{_LAYOUT}.clusterConfig": _nothing_shared},
        name=at.needed("metadata.name"),
        **_TAGS,
        pools=at.each(_pool_config("name"), f"{_LAYOUT}.machinePoolConfig", drop=True),
    ),
    asks(
        ops.AddMachinePool,
        f"POST {_POOLS} 201 v1ClusterMachinePoolCreate",
        _ACCEPTED,
        ui.V1EdgeNativeMachinePoolConfig,
        pool=at.inside(_pool_config("name")),
    ),
    asks(
        ops.UpdateMachinePool,
        f"PUT {_POOLS}/{{poolName}} 200 v1ClusterMachinePoolUpdate",
        _ACCEPTED,
        ui.V1EdgeNativeMachinePoolConfig,
        pool=at.inside(_pool_config("{poolName}", "name")),
    ),
    asks(
        ops.ScaleMachinePool,
        f"PATCH {_POOLS}/{{poolName}} 200 v1ClusterMachinePoolPatch",
        _ACCEPTED,
        ui.V1MachinePoolPatch,
        **_OF_POOL,
        host_uids=WireField(("machinePoolConfigPatches",), _read_host_patch, _host_patch),
    ),
    asks(
        ops.RemoveMachinePool,
        f"DELETE {_POOLS}/{{poolName}} 202 v1ClusterMachinePoolDelete",
        _ACCEPTED,
        **_OF_POOL,
    ),
    asks(
        ops.RemoveNode,
        f"DELETE {_POOLS}/{{poolName}}/nodes/{{nodeName}} 202 v1ClusterMachinePoolNodeDelete",
        _ACCEPTED,
        **_OF_POOL,
        node_name=at.parameter("nodeName"),
    ),
    asks(
        ops.UpdateClusterSettings,
        f"PUT {_EDGE}/cluster/settings 202 v1EdgeNativeClusterSettings",
        _ACCEPTED,
        ui.V1EdgeNativeClusterSettings,
        settings=at.inside(
            record(
                ops.ClusterSettings,
                ntp_servers=at.words("ntpServers"),
                ssh_keys=at.words("sshKeys"),
            )
        ),
    ),
    asks(
        ops.ViewClusterSettings,
        f"GET {_EDGE}/cluster 200 v1ClusterConfig",
        (
            ui.V1ClusterConfiguration,
            record(
                ops.ClusterSettings,
                {"spec.cloudConfig.spec.machinePoolConfig": lambda _: []},
                ntp_servers=at.words(f"{_SHARED}.ntpServers"),
                ssh_keys=at.words(f"{_SHARED}.sshKeys"),
            ),
        ),
    ),
    asks(
        ops.RestoreLocalManagement,
        f"ours PUT {_EDGE}/settings/management 202 v1SettingsManagementUpdate",
        _ACCEPTED,
        ui.V1Management,
        {"type": at.constant("local")},
        _is_local,
    ),
)
"""Each operation with its fields and its answer."""
