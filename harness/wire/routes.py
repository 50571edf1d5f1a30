"""The one table of where each operation is asked over HTTP.

Servers and clients both go by it, and a target file remaps it. Paths that are published are
used as published; the others are ours in the same style, `published` tells them apart, and
`docs/wire.md` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.wire import local_ui, palette
from harness.wire.model import WireModel

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """Where an operation is asked.

    `path` is a template (`/v1/edge-mgmt/cluster/{clusterName}`), `status` is that of success,
    `request` and `response` are the models of the bodies, `None` where there is none.
    """

    operation: type[Operation]
    method: str
    path: str
    status: int
    id: str
    summary: str
    request: type[WireModel] | None = None
    response: type[WireModel] | None = None
    published: bool = True

    @property
    def surface(self) -> Surface:
        """The surface of the operation."""
        return self.operation.surface

    def parameters(self) -> tuple[str, ...]:
        """The names between braces, in the order of the path."""
        return tuple(_PARAMETER.findall(self.path))

    def shape(self) -> str:
        """The path whatever its parameters are called."""
        return _PARAMETER.sub("{}", self.path)

    def url_path(self, parameters: Mapping[str, str]) -> str:
        """The path with its parameters filled in and percent-encoded.

        Raises:
            KeyError: a parameter of the path is missing.
        """
        return _PARAMETER.sub(lambda found: _segment(parameters[found[1]]), self.path)


RouteTable = Mapping[type[Operation], Route]


def routes_of(table: RouteTable, *surfaces: Surface) -> tuple[Route, ...]:
    """The routes of these surfaces, those without parameters first.

    A server that tries them in this order never takes `profiles` for a cluster's name.
    """
    found = [route for route in table.values() if route.surface in surfaces]
    return tuple(sorted(found, key=lambda r: (len(r.parameters()), r.path, r.method)))


def remapped(table: RouteTable, changes: Mapping[type[Operation], Mapping[str, str]]) -> RouteTable:
    """The table with the method or path of some operations replaced.

    `changes` gives, for an operation, `method` or `path` or both.

    Raises:
        KeyError: the table has no such operation, or a change has another name.
        ValueError: a path does not start with `/`, or has a parameter that the operation
            does not know.
    """
    changed = dict(table)
    for operation, change in changes.items():
        changed[operation] = _changed(table[operation], change)
    return changed


def _changed(route: Route, change: Mapping[str, str]) -> Route:
    for name in change:
        if name not in ("method", "path"):
            raise KeyError(name)
    path = change.get("path", route.path)
    if not path.startswith("/"):
        raise ValueError(f"{route.id}: the path {path!r} does not start with /")
    unknown = set(_PARAMETER.findall(path)) - set(route.parameters())
    if unknown:
        raise ValueError(
            f"{route.id}: the path {path!r} has {{{min(unknown)}}}, and the operation"
            f" knows {', '.join(route.parameters()) or 'no parameter'}"
        )
    return replace(route, path=path, method=change.get("method", route.method).upper())


def _segment(text: str) -> str:
    """One segment of a path; a lone dot or two would be taken for a step up."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


_EDGE = "/v1/edge-mgmt"
_POOLS = f"{_EDGE}/clusters/current/machinepools"
_ACCEPTED = local_ui.V1AcceptedResponseWithMessage

_LOCAL_UI = (
    Route(
        ops.LogIn,
        "POST",
        "/v1/users/default/login",
        200,
        "V1UserLogin",
        "Log in to Local UI",
        local_ui.LocalV1AuthLogin,
        local_ui.V1LoginSuccess,
    ),
    Route(ops.LogOut, "POST", "/v1/users/default/logout", 200, "V1UserLogout", "End the session"),
    Route(
        ops.ViewCluster,
        "GET",
        f"{_EDGE}/cluster/details",
        200,
        "v1ClusterGet",
        "The local cluster with its state and nodes",
        response=local_ui.V1Cluster,
    ),
    Route(
        ops.ViewStack,
        "GET",
        f"{_EDGE}/cluster/applications",
        200,
        "v1ClusterApplications",
        "The profiles that the local cluster runs",
        response=local_ui.V1ClusterCurrentApplications,
    ),
    Route(
        ops.ViewManagement,
        "GET",
        f"{_EDGE}/settings",
        200,
        "v1Settings",
        "Who manages this host",
        response=local_ui.V1Settings,
    ),
    Route(
        ops.VerifyConnection,
        "POST",
        f"{_EDGE}/cluster/pair/verify-connection",
        200,
        "v1ClusterPairVerifyConnection",
        "Whether every host of the cluster reaches Palette",
        local_ui.V1ClusterPairMeta,
        local_ui.V1ClusterPairVerifiedConnectionResponse,
    ),
    Route(
        ops.SendPairingRequest,
        "POST",
        f"{_EDGE}/cluster/pair",
        201,
        "v1ClusterPair",
        "Send the pairing request",
        local_ui.V1ClusterPairMeta,
        local_ui.V1ClusterPairInfoResponse,
    ),
    Route(
        ops.ViewPairing,
        "GET",
        f"{_EDGE}/cluster/pair/details",
        200,
        "v1ClusterPairDetails",
        "The pairing request, or what became of it",
        response=local_ui.V1ClusterPairDetailsResponse,
    ),
    Route(
        ops.CancelPairingRequest,
        "POST",
        f"{_EDGE}/cluster/pair/reject",
        200,
        "v1ClusterPairReject",
        "Cancel the pending pairing request",
        response=_ACCEPTED,
    ),
    Route(
        ops.UpdateCluster,
        "PUT",
        f"{_EDGE}/cluster/{{clusterName}}",
        202,
        "v1UpdateClusterConfig",
        "Replace the named cluster's configuration",
        local_ui.V1ClusterConfiguration,
        _ACCEPTED,
    ),
    Route(
        ops.PatchNamedCluster,
        "PATCH",
        f"{_EDGE}/cluster/{{clusterName}}",
        202,
        "v1PatchClusterConfig",
        "Patch the named cluster's configuration",
        local_ui.V1ClusterPatch,
        _ACCEPTED,
    ),
    Route(
        ops.PatchCluster,
        "PATCH",
        f"{_EDGE}/cluster",
        202,
        "v1PatchCluster",
        "Patch the cluster's configuration (deprecated)",
        local_ui.V1ClusterConfiguration,
        _ACCEPTED,
    ),
    Route(
        ops.UpdateStack,
        "PUT",
        f"{_EDGE}/cluster/profiles",
        202,
        "v1UpdateClusterProfiles",
        "Replace the profiles that the cluster runs",
        local_ui.V1ClusterProfileConfiguration,
        _ACCEPTED,
    ),
    Route(
        ops.DeleteCluster,
        "DELETE",
        f"{_EDGE}/cluster",
        202,
        "v1DeleteCluster",
        "Delete the local cluster",
        response=_ACCEPTED,
    ),
    Route(
        ops.CreateCluster,
        "POST",
        f"{_EDGE}/cluster",
        202,
        "v1CreateCluster",
        "Create a cluster",
        local_ui.V1ClusterConfiguration,
        _ACCEPTED,
    ),
    Route(
        ops.AddMachinePool,
        "POST",
        _POOLS,
        201,
        "v1ClusterMachinePoolCreate",
        "Add a pool of nodes",
        local_ui.V1EdgeNativeMachinePoolConfig,
        _ACCEPTED,
    ),
    Route(
        ops.UpdateMachinePool,
        "PUT",
        f"{_POOLS}/{{poolName}}",
        200,
        "v1ClusterMachinePoolUpdate",
        "Replace a pool",
        local_ui.V1EdgeNativeMachinePoolConfig,
        _ACCEPTED,
    ),
    Route(
        ops.ScaleMachinePool,
        "PATCH",
        f"{_POOLS}/{{poolName}}",
        200,
        "v1ClusterMachinePoolPatch",
        "Change the hosts that a pool runs on",
        local_ui.V1MachinePoolPatch,
        _ACCEPTED,
    ),
    Route(
        ops.RemoveMachinePool,
        "DELETE",
        f"{_POOLS}/{{poolName}}",
        202,
        "v1ClusterMachinePoolDelete",
        "Remove a pool with its nodes",
        response=_ACCEPTED,
    ),
    Route(
        ops.RemoveNode,
        "DELETE",
        f"{_POOLS}/{{poolName}}/nodes/{{nodeName}}",
        202,
        "v1ClusterMachinePoolNodeDelete",
        "Remove a node from its pool",
        response=_ACCEPTED,
    ),
    Route(
        ops.UpdateClusterSettings,
        "PUT",
        f"{_EDGE}/cluster/settings",
        202,
        "v1EdgeNativeClusterSettings",
        "Replace the settings of the cluster's nodes",
        local_ui.V1EdgeNativeClusterSettings,
        _ACCEPTED,
    ),
    Route(
        ops.ViewClusterSettings,
        "GET",
        f"{_EDGE}/cluster",
        200,
        "v1ClusterConfig",
        "The settings of the cluster's nodes",
        response=local_ui.V1ClusterConfiguration,
    ),
    Route(
        ops.RestoreLocalManagement,
        "PUT",
        f"{_EDGE}/settings/management",
        202,
        "v1SettingsManagementUpdate",
        "Take a paired cluster back to local management",
        local_ui.V1Management,
        _ACCEPTED,
        published=False,
    ),
)

_PAIRING = "/v1/spectroclusters/pairing"
_CLUSTER = "/v1/spectroclusters/{uid}"

_PALETTE = (
    Route(
        ops.LogInToPalette,
        "POST",
        "/v1/auth/authenticate",
        200,
        "v1Authenticate",
        "Log in to Palette",
        palette.V1AuthLogin,
        palette.V1UserToken,
    ),
    Route(
        ops.ListPairingRequests,
        "POST",
        f"{_PAIRING}/search",
        200,
        "v1SpectroClustersPairingSearch",
        "The pairing requests that wait for a decision",
        palette.V1ClusterPairMetadataFilter,
        palette.V1SpectroClusterPairingRequestMetas,
        published=False,
    ),
    Route(
        ops.ViewPairingRequest,
        "GET",
        f"{_PAIRING}/{{pairingUid}}",
        200,
        "v1SpectroClustersPairingUidGet",
        "One pairing request with what it carried",
        response=palette.V1SpectroEdgeNativeClusterPair,
        published=False,
    ),
    Route(
        ops.MatchProfiles,
        "POST",
        f"{_PAIRING}/{{pairingUid}}/match",
        200,
        "v1SpectroClustersPairingUidMatch",
        "Whether a selection of profiles matches the request's stack",
        palette.V1ClusterPairSelection,
        palette.V1ClusterPairMatch,
        published=False,
    ),
    Route(
        ops.AcceptPairingRequest,
        "POST",
        f"{_PAIRING}/{{pairingUid}}/accept",
        201,
        "v1SpectroClustersPairingUidAccept",
        "Pair cluster",
        palette.V1EdgeNativeClusterPairSpcEntity,
        palette.V1Uid,
        published=False,
    ),
    Route(
        ops.RejectPairingRequest,
        "POST",
        f"{_PAIRING}/{{pairingUid}}/reject",
        204,
        "v1SpectroClustersPairingUidReject",
        "Reject the pairing request",
        published=False,
    ),
    Route(
        ops.ViewCentralCluster,
        "GET",
        _CLUSTER,
        200,
        "v1SpectroClustersGet",
        "A cluster that is registered",
        response=palette.V1SpectroCluster,
    ),
    Route(
        ops.ChangeCentralCluster,
        "PATCH",
        f"{_CLUSTER}/metadata",
        204,
        "v1SpectroClustersUidMetadataUpdate",
        "Change a cluster's metadata",
        palette.V1SpectroClusterMetadata,
        published=False,
    ),
    Route(
        ops.ReleaseCentralCluster,
        "POST",
        f"{_CLUSTER}/release",
        204,
        "v1SpectroClustersUidRelease",
        "Give a cluster back to local management",
        published=False,
    ),
    Route(
        ops.ListTokens,
        "GET",
        "/v1/edgehosts/tokens",
        200,
        "v1EdgeTokensList",
        "The registration tokens",
        response=palette.V1EdgeTokens,
    ),
    Route(
        ops.CreateToken,
        "POST",
        "/v1/edgehosts/tokens",
        201,
        "v1EdgeTokensCreate",
        "Create a registration token",
        palette.V1EdgeTokenEntity,
        palette.V1Uid,
    ),
    Route(
        ops.ViewToken,
        "GET",
        "/v1/edgehosts/tokens/{uid}",
        200,
        "v1EdgeTokensUidGet",
        "One registration token",
        response=palette.V1EdgeToken,
    ),
    Route(
        ops.DeleteToken,
        "DELETE",
        "/v1/edgehosts/tokens/{uid}",
        204,
        "v1EdgeTokensUidDelete",
        "Delete a registration token",
    ),
    Route(
        ops.SetTokenState,
        "PUT",
        "/v1/edgehosts/tokens/{uid}/state",
        204,
        "v1EdgeTokensUidState",
        "Revoke a registration token, or take that back",
        palette.V1EdgeTokenActiveState,
    ),
)

_AGENT_PAIRING = "/v1/edgehosts/clusters/pairing"

_AGENT = (
    Route(
        ops.Probe,
        "GET",
        "/v1/edgehosts/pairing/ping",
        200,
        "v1EdgeHostsPairingPing",
        "Whether this is a Palette",
        response=palette.V1PairingPing,
        published=False,
    ),
    Route(
        ops.SubmitPairing,
        "POST",
        _AGENT_PAIRING,
        201,
        "v1EdgeHostsClustersPairingCreate",
        "Submit a pairing request",
        palette.V1SpectroEdgeNativeClusterPairEntity,
        palette.V1Uid,
        published=False,
    ),
    Route(
        ops.PollPairing,
        "GET",
        f"{_AGENT_PAIRING}/{{pairingUid}}/status",
        200,
        "v1EdgeHostsClustersPairingUidStatus",
        "What became of a host's request",
        response=palette.V1SpectroEdgeNativeClusterPair,
        published=False,
    ),
    Route(
        ops.ConfirmPairing,
        "POST",
        f"{_AGENT_PAIRING}/{{pairingUid}}/confirm",
        200,
        "v1EdgeHostsClustersPairingUidConfirm",
        "A host obeys Palette from now on",
        response=palette.V1SpectroEdgeNativeClusterPair,
        published=False,
    ),
    Route(
        ops.WithdrawPairing,
        "POST",
        f"{_AGENT_PAIRING}/withdraw",
        204,
        "v1EdgeHostsClustersPairingWithdraw",
        "A host's request was cancelled",
        palette.V1ClusterPairWithdrawal,
        published=False,
    ),
)

ROUTES: RouteTable = {route.operation: route for route in (*_LOCAL_UI, *_PALETTE, *_AGENT)}
"""Every operation that crosses HTTP, in the reference's way."""
