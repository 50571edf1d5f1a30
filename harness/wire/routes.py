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
from harness.wire import local_ui as ui
from harness.wire import palette, profiles, tenant
from harness.wire.model import WireModel

_PARAMETER = re.compile(r"\{(\w+)\}")
_SENTENCE = re.compile(r"[.?]\s|[.?]$|\n")


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


def _route(
    operation: type[Operation],
    call: str,
    request: type[WireModel] | None = None,
    response: type[WireModel] | None = None,
    *,
    published: bool = True,
) -> Route:
    """A row of the table: `call` is method, path, status and id; the operation says what it is."""
    method, path, status, name = call.split()
    summary = _SENTENCE.split(operation.__doc__ or "")[0]
    return Route(operation, method, path, int(status), name, summary, request, response, published)


_EDGE = "/v1/edge-mgmt"
_POOLS = f"{_EDGE}/clusters/current/machinepools"
_ACCEPTED = ui.V1AcceptedResponseWithMessage

_LOCAL_UI = (
    _route(
        ops.LogIn,
        "POST /v1/users/default/login 200 V1UserLogin",
        request=ui.LocalV1AuthLogin,
        response=ui.V1LoginSuccess,
    ),
    _route(ops.LogOut, "POST /v1/users/default/logout 200 V1UserLogout"),
    _route(ops.ViewCluster, f"GET {_EDGE}/cluster/details 200 v1ClusterGet", response=ui.V1Cluster),
    _route(
        ops.ViewStack,
        f"GET {_EDGE}/cluster/applications 200 v1ClusterApplications",
        response=ui.V1ClusterCurrentApplications,
    ),
    _route(ops.ViewManagement, f"GET {_EDGE}/settings 200 v1Settings", response=ui.V1Settings),
    _route(
        ops.VerifyConnection,
        f"POST {_EDGE}/cluster/pair/verify-connection 200 v1ClusterPairVerifyConnection",
        request=ui.V1ClusterPairMeta,
        response=ui.V1ClusterPairVerifiedConnectionResponse,
    ),
    _route(
        ops.SendPairingRequest,
        f"POST {_EDGE}/cluster/pair 201 v1ClusterPair",
        request=ui.V1ClusterPairMeta,
        response=ui.V1ClusterPairInfoResponse,
    ),
    _route(
        ops.ViewPairing,
        f"GET {_EDGE}/cluster/pair/details 200 v1ClusterPairDetails",
        response=ui.V1ClusterPairDetailsResponse,
    ),
    _route(
        ops.CancelPairingRequest,
        f"POST {_EDGE}/cluster/pair/reject 200 v1ClusterPairReject",
        response=_ACCEPTED,
    ),
    _route(
        ops.UpdateCluster,
        f"PUT {_EDGE}/cluster/{{clusterName}} 202 v1UpdateClusterConfig",
        request=ui.V1ClusterConfiguration,
        response=_ACCEPTED,
    ),
    _route(
        ops.PatchNamedCluster,
        f"PATCH {_EDGE}/cluster/{{clusterName}} 202 v1PatchClusterConfig",
        request=ui.V1ClusterPatch,
        response=_ACCEPTED,
    ),
    _route(
        ops.PatchCluster,
        f"PATCH {_EDGE}/cluster 202 v1PatchCluster",
        request=ui.V1ClusterConfiguration,
        response=_ACCEPTED,
    ),
    _route(
        ops.UpdateStack,
        f"PUT {_EDGE}/cluster/profiles 202 v1UpdateClusterProfiles",
        request=ui.V1ClusterProfileConfiguration,
        response=_ACCEPTED,
    ),
    _route(ops.DeleteCluster, f"DELETE {_EDGE}/cluster 202 v1DeleteCluster", response=_ACCEPTED),
    _route(
        ops.CreateCluster,
        f"POST {_EDGE}/cluster 202 v1CreateCluster",
        request=ui.V1ClusterConfiguration,
        response=_ACCEPTED,
    ),
    _route(
        ops.AddMachinePool,
        f"POST {_POOLS} 201 v1ClusterMachinePoolCreate",
        request=ui.V1EdgeNativeMachinePoolConfig,
        response=_ACCEPTED,
    ),
    _route(
        ops.UpdateMachinePool,
        f"PUT {_POOLS}/{{poolName}} 200 v1ClusterMachinePoolUpdate",
        request=ui.V1EdgeNativeMachinePoolConfig,
        response=_ACCEPTED,
    ),
    _route(
        ops.ScaleMachinePool,
        f"PATCH {_POOLS}/{{poolName}} 200 v1ClusterMachinePoolPatch",
        request=ui.V1MachinePoolPatch,
        response=_ACCEPTED,
    ),
    _route(
        ops.RemoveMachinePool,
        f"DELETE {_POOLS}/{{poolName}} 202 v1ClusterMachinePoolDelete",
        response=_ACCEPTED,
    ),
    _route(
        ops.RemoveNode,
        f"DELETE {_POOLS}/{{poolName}}/nodes/{{nodeName}} 202 v1ClusterMachinePoolNodeDelete",
        response=_ACCEPTED,
    ),
    _route(
        ops.UpdateClusterSettings,
        f"PUT {_EDGE}/cluster/settings 202 v1EdgeNativeClusterSettings",
        request=ui.V1EdgeNativeClusterSettings,
        response=_ACCEPTED,
    ),
    _route(
        ops.ViewClusterSettings,
        f"GET {_EDGE}/cluster 200 v1ClusterConfig",
        response=ui.V1ClusterConfiguration,
    ),
    _route(
        ops.RestoreLocalManagement,
        f"PUT {_EDGE}/settings/management 202 v1SettingsManagementUpdate",
        request=ui.V1Management,
        response=_ACCEPTED,
        published=False,
    ),
)

_PAIRING = "/v1/spectroclusters/pairing"
_CLUSTER = "/v1/spectroclusters/{uid}"

_PALETTE = (
    _route(
        ops.LogInToPalette,
        "POST /v1/auth/authenticate 200 v1Authenticate",
        request=palette.V1AuthLogin,
        response=palette.V1UserToken,
    ),
    _route(
        ops.ListPairingRequests,
        f"POST {_PAIRING}/search 200 v1SpectroClustersPairingSearch",
        request=palette.V1ClusterPairMetadataFilter,
        response=palette.V1SpectroClusterPairingRequestMetas,
        published=False,
    ),
    _route(
        ops.ViewPairingRequest,
        f"GET {_PAIRING}/{{pairingUid}} 200 v1SpectroClustersPairingUidGet",
        response=palette.V1SpectroEdgeNativeClusterPair,
        published=False,
    ),
    _route(
        ops.MatchProfiles,
        f"POST {_PAIRING}/{{pairingUid}}/match 200 v1SpectroClustersPairingUidMatch",
        request=palette.V1ClusterPairSelection,
        response=palette.V1ClusterPairMatch,
        published=False,
    ),
    _route(
        ops.AcceptPairingRequest,
        f"POST {_PAIRING}/{{pairingUid}}/accept 201 v1SpectroClustersPairingUidAccept",
        request=palette.V1EdgeNativeClusterPairSpcEntity,
        response=palette.V1Uid,
        published=False,
    ),
    _route(
        ops.AcknowledgeWarning,
        f"POST {_PAIRING}/{{pairingUid}}/acknowledge 204 v1SpectroClustersPairingUidAcknowledge",
        published=False,
    ),
    _route(
        ops.EnterDetails,
        f"PUT {_PAIRING}/{{pairingUid}}/metadata 204 v1SpectroClustersPairingUidMetadata",
        request=palette.V1EdgeNativeClusterPairSpcEntity,
        published=False,
    ),
    _route(
        ops.ConfirmMatch,
        f"PUT {_PAIRING}/{{pairingUid}}/profiles 204 v1SpectroClustersPairingUidProfiles",
        request=palette.V1ClusterPairSelection,
        published=False,
    ),
    _route(
        ops.ValidateReview,
        f"POST {_PAIRING}/{{pairingUid}}/validate 204 v1SpectroClustersPairingUidValidate",
        published=False,
    ),
    _route(
        ops.RejectPairingRequest,
        f"POST {_PAIRING}/{{pairingUid}}/reject 204 v1SpectroClustersPairingUidReject",
        published=False,
    ),
    _route(
        ops.ViewCentralCluster,
        f"GET {_CLUSTER} 200 v1SpectroClustersGet",
        response=palette.V1SpectroCluster,
    ),
    _route(
        ops.ListCentralClusters,
        "GET /v1/dashboard/spectroclusters/metadata 200 v1SpectroClustersMetadataGet",
        response=palette.V1SpectroClustersMetadata,
    ),
    _route(
        ops.ListProjects,
        "GET /v1/dashboard/projects/metadata 200 v1ProjectsMetadata",
        response=palette.V1ProjectsMetadata,
    ),
    _route(
        ops.ListProfiles,
        "GET /v1/dashboard/clusterprofiles/metadata 200 v1ClusterProfilesMetadata",
        response=palette.V1ClusterProfilesMetadata,
    ),
    _route(
        ops.ViewProfile,
        "GET /v1/clusterprofiles/{uid} 200 v1ClusterProfilesGet",
        response=profiles.V1ClusterProfile,
    ),
    _route(
        ops.ChangeCentralCluster,
        f"PATCH {_CLUSTER}/metadata 204 v1SpectroClustersUidMetadataUpdate",
        request=palette.V1ObjectMetaInputEntitySchema,
    ),
    _route(
        ops.UpdateCentralProfiles,
        f"PUT {_CLUSTER}/profiles 204 v1SpectroClustersUpdateProfiles",
        request=palette.V1SpectroClusterProfiles,
    ),
    _route(
        ops.ReleaseCentralCluster,
        f"POST {_CLUSTER}/release 204 v1SpectroClustersUidRelease",
        published=False,
    ),
    _route(
        ops.ListTokens,
        "GET /v1/edgehosts/tokens 200 v1EdgeTokensList",
        response=palette.V1EdgeTokens,
    ),
    _route(
        ops.CreateToken,
        "POST /v1/edgehosts/tokens 201 v1EdgeTokensCreate",
        request=palette.V1EdgeTokenEntity,
        response=palette.V1Uid,
    ),
    _route(
        ops.ViewToken,
        "GET /v1/edgehosts/tokens/{uid} 200 v1EdgeTokensUidGet",
        response=palette.V1EdgeToken,
    ),
    _route(ops.DeleteToken, "DELETE /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidDelete"),
    _route(
        ops.UpdateToken,
        "PUT /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidUpdate",
        request=palette.V1EdgeTokenUpdate,
    ),
    _route(
        ops.SetTokenState,
        "PUT /v1/edgehosts/tokens/{uid}/state 204 v1EdgeTokensUidState",
        request=palette.V1EdgeTokenActiveState,
    ),
)

_USER = "/v1/users/{uid}"

_TENANT = (
    _route(
        ops.AddProject,
        "POST /v1/projects 201 v1ProjectsCreate",
        request=tenant.V1ProjectEntity,
        response=palette.V1Uid,
    ),
    _route(ops.DeleteProject, "DELETE /v1/projects/{uid} 204 v1ProjectsUidDelete"),
    _route(
        ops.AddRole,
        "POST /v1/roles 201 v1RolesCreate",
        request=tenant.V1Role,
        response=palette.V1Uid,
    ),
    _route(ops.ListRoles, "GET /v1/roles 200 v1RolesList", response=tenant.V1Roles),
    _route(ops.ViewRole, "GET /v1/roles/{uid} 200 v1RolesUidGet", response=tenant.V1Role),
    _route(ops.DeleteRole, "DELETE /v1/roles/{uid} 204 v1RolesUidDelete"),
    _route(
        ops.AddUser,
        "POST /v1/users 201 v1UsersCreate",
        request=tenant.V1UserEntity,
        response=palette.V1Uid,
    ),
    _route(
        ops.ListUsers, "GET /v1/users/meta 200 v1UsersMetadata", response=tenant.V1UsersMetadata
    ),
    _route(ops.DeleteUser, f"DELETE {_USER} 204 v1UsersUidDelete"),
    _route(
        ops.SetTenantRoles,
        f"PUT {_USER}/roles 204 v1UsersUidRolesUpdate",
        request=tenant.V1UserRoleUIDs,
    ),
    _route(
        ops.ViewTenantRoles,
        f"GET {_USER}/roles 200 v1UsersUidRoles",
        response=tenant.V1UserRolesEntity,
    ),
    _route(
        ops.SetProjectRoles,
        f"PUT {_USER}/projects 204 v1UsersProjectRolesPut",
        request=tenant.V1ProjectRolesPatch,
    ),
    _route(
        ops.ViewProjectRoles,
        f"GET {_USER}/projects 200 v1UsersProjectRoles",
        response=tenant.V1ProjectRolesEntity,
    ),
    _route(
        ops.ChangePassword,
        f"PATCH {_USER}/password/change 204 v1UsersUidPasswordChange",
        request=tenant.V1UsersUidPasswordChange,
    ),
    _route(
        ops.AddApiKey,
        "POST /v1/apiKeys 201 v1ApiKeysCreate",
        request=tenant.V1ApiKeyEntity,
        response=tenant.V1ApiKeyCreateResponse,
    ),
    _route(
        ops.AddProfile,
        "POST /v1/clusterprofiles 201 v1ClusterProfilesCreate",
        request=tenant.V1ClusterProfileEntity,
        response=palette.V1Uid,
    ),
    _route(
        ops.PublishProfile, "PATCH /v1/clusterprofiles/{uid}/publish 204 v1ClusterProfilesPublish"
    ),
    _route(ops.DeleteProfile, "DELETE /v1/clusterprofiles/{uid} 204 v1ClusterProfilesDelete"),
)

_AGENT_PAIRING = "/v1/edgehosts/clusters/pairing"

_AGENT = (
    _route(
        ops.Probe,
        "GET /v1/edgehosts/pairing/ping 200 v1EdgeHostsPairingPing",
        response=palette.V1PairingPing,
        published=False,
    ),
    _route(
        ops.SubmitPairing,
        f"POST {_AGENT_PAIRING} 201 v1EdgeHostsClustersPairingCreate",
        request=palette.V1SpectroEdgeNativeClusterPairEntity,
        response=palette.V1Uid,
        published=False,
    ),
    _route(
        ops.PollPairing,
        f"GET {_AGENT_PAIRING}/{{pairingUid}}/status 200 v1EdgeHostsClustersPairingUidStatus",
        response=palette.V1SpectroEdgeNativeClusterPair,
        published=False,
    ),
    _route(
        ops.ConfirmPairing,
        f"POST {_AGENT_PAIRING}/{{pairingUid}}/confirm 200 v1EdgeHostsClustersPairingUidConfirm",
        response=palette.V1SpectroEdgeNativeClusterPair,
        published=False,
    ),
    _route(
        ops.WithdrawPairing,
        f"POST {_AGENT_PAIRING}/withdraw 204 v1EdgeHostsClustersPairingWithdraw",
        request=palette.V1ClusterPairWithdrawal,
        published=False,
    ),
)

ROUTES: RouteTable = {
    route.operation: route for route in (*_LOCAL_UI, *_PALETTE, *_TENANT, *_AGENT)
}
"""Every operation that crosses HTTP, in the reference's way."""

OLDER: tuple[Route, ...] = (
    _route(ops.ListProjects, "GET /v1/projects 200 v1ProjectsList", response=tenant.V1Projects),
)
"""Calls that are published as deprecated: a Palette serves them, and nobody here asks them."""
