"""What people and edge hosts ask of Palette over its HTTP API; of hosts over paths of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.domain.match import MatchProblem, MatchResult, Mismatch, PackMatch
from harness.domain.pairing import RequestState
from harness.domain.profile import StackProfile
from harness.wire.model import SERVICE, Malformed
from harness.wire.table import fields as at
from harness.wire.table.fields import ByHand, WireField, Write

CLUSTER_TOKEN_HEADER = "LocalClusterToken"
"""The header in which a host proves that a request is its own. A header of ours."""


def _core_state(wanted: Mapping[str, Any] | None, _: str) -> str:
    """The state that the core is asked for, by the published filter; empty for "any"."""
    wanted = wanted or {}
    state: str = wanted.get("eq") or ""
    if wanted.get("ignoreCase") is not False:
        state = {s.value.lower(): s.value for s in RequestState}.get(state.lower(), state)
    return state


def _core_equality(wanted: Mapping[str, Any] | None, _: str) -> str:
    """What the core is asked for; an equality is its matter only where it minds the case."""
    wanted = wanted or {}
    return (wanted.get("eq") or "") if wanted.get("ignoreCase") is False else ""


def _equality(text: str) -> dict[str, str | bool] | None:
    """The published filter that asks for exactly this text; none for "any"."""
    return {"eq": text, "ignoreCase": False} if text else None


def _is_for_its_path(request: Any) -> None:
    spec = request["body"].get("spec")
    if spec is None:
        raise Malformed("spec", "it is missing")
    if spec["pairingUid"] != request["path"].get("pairingUid"):
        raise Malformed("spec.pairingUid", "it is not the one of the path")


def _has_no_problem_if_valid(body: Any) -> None:
    if body["valid"] and body.get("problems"):
        raise Malformed("valid", "it contradicts the list of problems")


def _result(
    valid: bool, packs: tuple[PackMatch, ...], problems: tuple[MatchProblem, ...]
) -> MatchResult:
    unsaid = () if valid else (MatchProblem(Mismatch.OTHER, "no reason is given"),)
    return MatchResult(packs, problems or unsaid)


def _template(body: Any) -> str:
    spec = body.get("spec") or {}
    found = [name for name in ("published", "draft") if spec.get(name) is not None]
    if not found:
        raise Malformed("spec.published", "it is missing")
    return found[0]


def _latest(read: Write, write: Write) -> tuple[Write, Mapping[str, Write]]:
    """The profile as its latest version has it, or a draft where none is published."""

    def latest(body: Any) -> StackProfile:
        name = _template(body)
        try:
            profile: StackProfile = read(body["spec"][name])
        except Malformed as inner:
            raise Malformed(f"spec.{name}.0.{inner.field}", inner.problem) from None
        return profile

    def template_if(published: bool) -> Write:
        return lambda view: write(view.profile) if view.published is published else None

    return latest, {"spec.published": template_if(True), "spec.draft": template_if(False)}


def _is_palette(body: Any) -> None:
    if body.get("service") != SERVICE:
        raise Malformed("service", "it is not a Palette that answers here")


def _held(entity: Any) -> tuple[str, ...]:
    """Whoever has a role by their team has it as well."""
    held = (*(entity.get("roles") or ()), *(entity.get("inheritedRoles") or ()))
    return tuple(role["uid"] for role in held if role.get("uid"))


_PROJECT = "project"
_MISMATCHES = {kind.value: kind for kind in Mismatch}
_OTHERS = {"annotations": at.others("metadata.annotations.*", "description")}
_ROLES = {"roles": at.computed(_held, "roles", lambda roles: [{"uid": uid} for uid in roles])}

_BY_HAND: Mapping[str, ByHand] = {
    # Neither state nor health of a node crosses.
    "POOL": ByHand(
        besides={
            "poolConfig.size": lambda pool: len(pool.nodes),
            "poolConfig.labels": lambda pool: ["control-plane" if pool.control_plane else "worker"],
        }
    ),
    "ListPairingRequests": ByHand(
        {
            "state": WireField(("filter.state",), _core_state, _equality),
            "local_cluster_uid": WireField(("filter.localClusterUid",), _core_equality, _equality),
        }
    ),
    "AcceptPairingRequest": ByHand(check=_is_for_its_path),
    "PROBLEM": ByHand(
        {
            "kind": WireField(
                ("kind",),
                lambda kind, _: _MISMATCHES.get(kind, Mismatch.OTHER),
                lambda kind: kind.value,
            )
        }
    ),
    "MATCH": ByHand(check=_has_no_problem_if_valid, make=_result),
    "CLUSTER": ByHand(
        _OTHERS
        | {
            "profiles": WireField(
                ("spec.clusterProfileTemplates",),
                lambda profiles, _: tuple(sorted(p["uid"] for p in profiles or () if p.get("uid"))),
                lambda uids: [{"uid": uid} for uid in uids],
            )
        }
    ),
    # The list does not say in which state a cluster is.
    "LISTED": ByHand(
        {
            "state": at.computed(lambda _: ""),
            "annotations": at.others("annotations.*", "description"),
        }
    ),
    "ChangeCentralCluster": ByHand(_OTHERS),
    "PROFILE_VIEW": ByHand(
        {
            "profile": WireField(("spec.published",), by_hand=_latest),
            "published": at.computed(
                lambda body: _template(body) == "published", "status.isPublished"
            ),
        },
        {
            "metadata.uid": lambda view: view.profile.uid,
            "metadata.name": lambda view: view.profile.name,
            "spec.version": lambda view: view.profile.version,
        },
    ),
    # A role that is held elsewhere, in single resources, is none of projects.
    "ROLE": ByHand(
        {
            "of_projects": WireField(
                ("spec.scope",),
                lambda scope, _: scope == _PROJECT,
                lambda of_projects: _PROJECT if of_projects else "tenant",
            )
        }
    ),
    "TENANT_ROLES": ByHand(_ROLES),
    "PROJECT_ROLES": ByHand({"value": _ROLES["roles"]}),
    "NEW_PROFILE": ByHand({"version": WireField(("spec.version",), default="1.0.0")}),
    "PING": ByHand(check=_is_palette, needs="service"),
    "POLL": ByHand({"state": WireField(("status.state",), at.word_of(RequestState))}),
}

RECORDS: dict[str, at.WireRecord] = {}

TABLE = at.table(
    """
CREATED = Created V1Uid uid!

# The stack and the pools of a cluster, as hosts submit them and Palette shows them.
PACK = Pack layer:Layer! name! version=version|tag! registry=registryUid? values?
PROFILE = StackProfile name:any! type:ProfileType! version=profileVersion:any! packs[PACK]! uid?
    cloudType:="edge-native"
NODE = Node name=hostName host_uid=hostUid!
POOL = NodePool name=poolConfig!.name control_plane=poolConfig.isControlPlane:flag
    nodes=cloudConfig.edgeHosts[NODE]

# Nobody but the caller keeps the session: a cookie jar would log in on its own.
LogInToPalette POST /v1/auth/authenticate 200 v1Authenticate
    V1AuthLogin email=emailId:any! password:any! ?setCookie:="false"
    -> Session V1UserToken token=Authorization!

LINE = PairingListItem pairing_uid=pairingUid! name local_cluster_uid=localClusterUid state!
    created=creationTimestamp:time! cluster_uid=clusterUid? cloudType:="edge-native"
ListPairingRequests ours bodiless
    POST /v1/spectroclusters/pairing/search 200 v1SpectroClustersPairingSearch
    V1ClusterPairMetadataFilter state local_cluster_uid
    -> PairingList V1SpectroClusterPairingRequestMetas items[LINE]
ViewPairingRequest ours
    GET /v1/spectroclusters/pairing/{pairingUid} 200 v1SpectroClustersPairingUidGet
    pairing_uid={pairingUid}
    -> PairingRequestView V1SpectroEdgeNativeClusterPair pairing_uid=metadata.uid!
    state=status.state! name=metadata.name|spec.clusterMeta.name
    description=metadata.annotations.description? tags=metadata.labels:texts
    local_cluster_uid=spec.clusterMeta.localClusterUid stack=spec.profiles[PROFILE]
    cluster_uid=status.pairingClusterUid? pools=spec.machinepoolconfig[POOL]
    agent_version=spec.stylusAgentVersion

SELECTED = SelectedProfile uid! version?
PACK_MATCH = PackMatch pack version profile? profile_version=profileVersion?
PROBLEM = MatchProblem kind text=message pack? local_version=localVersion?
    offered_version=offeredVersion? profile?
MATCH = MatchResult V1ClusterPairMatch valid:any packs[PACK_MATCH] problems[PROBLEM]
MatchProfiles ours
    POST /v1/spectroclusters/pairing/{pairingUid}/match 200 v1SpectroClustersPairingUidMatch
    V1ClusterPairSelection pairing_uid={pairingUid} selection=profiles[SELECTED] -> MATCH

# What keeps the cluster's values is left out.
AcceptPairingRequest ours
    POST /v1/spectroclusters/pairing/{pairingUid}/accept 201 v1SpectroClustersPairingUidAccept
    V1EdgeNativeClusterPairSpcEntity pairing_uid={pairingUid}|spec.pairingUid
    selection=spec.profiles[SELECTED] name=metadata.name:any
    description=metadata.annotations.description:any tags=metadata.labels:texts?
    -> Accepted V1Uid cluster_uid=uid!
AcknowledgeWarning ours
    POST /v1/spectroclusters/pairing/{pairingUid}/acknowledge 204
    v1SpectroClustersPairingUidAcknowledge pairing_uid={pairingUid}
EnterDetails ours
    PUT /v1/spectroclusters/pairing/{pairingUid}/metadata 204 v1SpectroClustersPairingUidMetadata
    V1EdgeNativeClusterPairSpcEntity pairing_uid={pairingUid} name=metadata.name:any
    description=metadata.annotations.description:any tags=metadata.labels:texts?
ConfirmMatch ours
    PUT /v1/spectroclusters/pairing/{pairingUid}/profiles 204 v1SpectroClustersPairingUidProfiles
    V1ClusterPairSelection pairing_uid={pairingUid} selection=profiles[SELECTED]
ValidateReview ours
    POST /v1/spectroclusters/pairing/{pairingUid}/validate 204 v1SpectroClustersPairingUidValidate
    pairing_uid={pairingUid}
RejectPairingRequest ours
    POST /v1/spectroclusters/pairing/{pairingUid}/reject 204 v1SpectroClustersPairingUidReject
    pairing_uid={pairingUid}

CLUSTER = CentralClusterView V1SpectroCluster uid=metadata.uid! name=metadata.name
    description=metadata.annotations.description? tags=metadata.labels:texts state=status.state
ViewCentralCluster GET /v1/spectroclusters/{uid} 200 v1SpectroClustersGet cluster_uid={uid}
    -> CLUSTER
LISTED = CentralClusterView uid! name description=annotations.description? tags=labels:texts
ListCentralClusters GET /v1/dashboard/spectroclusters/metadata 200 v1SpectroClustersMetadataGet
    -> CentralClusterList V1SpectroClustersMetadata items[LISTED]
SCOPE = NamedScope uid=metadata.uid! name=metadata.name
ListProjects GET /v1/dashboard/projects/metadata 200 v1ProjectsMetadata name=?name?
    -> ScopeList V1ProjectsMetadata items[SCOPE]
PROFILE_LINE = ProfileListItem uid=metadata.uid! name=metadata.name version=spec.version
    spec.cloudType:="edge-native"
ListProfiles GET /v1/dashboard/clusterprofiles/metadata 200 v1ClusterProfilesMetadata
    -> ProfileList V1ClusterProfilesMetadata items[PROFILE_LINE]
VERSION = Pair key=version value=uid
PROFILE_VIEW = ProfileView V1ClusterProfile profile=spec.published[PROFILE] published
    versions=spec.versions{VERSION}
ViewProfile GET /v1/clusterprofiles/{uid} 200 v1ClusterProfilesGet profile_uid={uid}
    -> PROFILE_VIEW

ChangeCentralCluster
    PATCH /v1/spectroclusters/{uid}/metadata 204 v1SpectroClustersUidMetadataUpdate
    V1ObjectMetaInputEntitySchema cluster_uid={uid} name=metadata.name:any
    description=metadata.annotations.description:any tags=metadata.labels:texts?
UpdateCentralProfiles PUT /v1/spectroclusters/{uid}/profiles 204 v1SpectroClustersUpdateProfiles
    V1SpectroClusterProfiles cluster_uid={uid} selection=profiles[SELECTED]
ReleaseCentralCluster ours POST /v1/spectroclusters/{uid}/release 204 v1SpectroClustersUidRelease
    cluster_uid={uid}

# A token may be listed without its value, and shown with a part of it.
TOKEN = RegistrationToken V1EdgeToken uid=metadata.uid! name=metadata.name value=spec.token
    project_uid=spec.defaultProject?.uid? expiry=spec.expiry:time active=status.isActive:flag
ListTokens GET /v1/edgehosts/tokens 200 v1EdgeTokensList
    -> TokenList V1EdgeTokens items[TOKEN]
CreateToken POST /v1/edgehosts/tokens 201 v1EdgeTokensCreate
    V1EdgeTokenEntity name=metadata.name! project_uid=spec.defaultProjectUid?
    expiry=spec.expiry:time -> CreatedToken V1Uid uid! token?
ViewToken GET /v1/edgehosts/tokens/{uid} 200 v1EdgeTokensUidGet token_uid={uid} -> TOKEN
DeleteToken DELETE /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidDelete token_uid={uid}
UpdateToken PUT /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidUpdate
    V1EdgeTokenUpdate token_uid={uid} name=metadata.name? project_uid=spec.defaultProjectUid?
    expiry=spec.expiry:time
SetTokenState PUT /v1/edgehosts/tokens/{uid}/state 204 v1EdgeTokensUidState
    V1EdgeTokenActiveState token_uid={uid} active=isActive:any!
""",
    RECORDS,
    _BY_HAND,
)
"""Each operation of a person's, with its fields and its answer."""

TENANT_TABLE = at.table(
    """
AddProject POST /v1/projects 201 v1ProjectsCreate V1ProjectEntity name=metadata.name! -> CREATED
DeleteProject DELETE /v1/projects/{uid} 204 v1ProjectsUidDelete
    project_uid={uid} with_contents=?cleanupProjectResources:switch
ROLE = AccessRole V1Role name=metadata.name! of_projects permissions=spec.permissions:words
    uid=metadata.uid?
AddRole POST /v1/roles 201 v1RolesCreate V1Role role=(ROLE) -> CREATED
ListRoles GET /v1/roles 200 v1RolesList -> RoleList V1Roles items[ROLE]
ViewRole GET /v1/roles/{uid} 200 v1RolesUidGet role_uid={uid} -> ROLE
DeleteRole DELETE /v1/roles/{uid} 204 v1RolesUidDelete role_uid={uid}

AddUser POST /v1/users 201 v1UsersCreate
    V1UserEntity email=spec.emailId! name=spec.firstName -> CREATED
USER = NamedUser uid! email=emailId
ListUsers GET /v1/users/meta 200 v1UsersMetadata -> UserList V1UsersMetadata items[USER]
DeleteUser DELETE /v1/users/{uid} 204 v1UsersUidDelete user_uid={uid}
SetTenantRoles PUT /v1/users/{uid}/roles 204 v1UsersUidRolesUpdate
    V1UserRoleUIDs user_uid={uid} roles:words
TENANT_ROLES = TenantRoles V1UserRolesEntity roles
ViewTenantRoles GET /v1/users/{uid}/roles 200 v1UsersUidRoles user_uid={uid} -> TENANT_ROLES
NEW_ROLES = Pair key=projectUid! value=roles:words
SetProjectRoles PUT /v1/users/{uid}/projects 204 v1UsersProjectRolesPut
    V1ProjectRolesPatch user_uid={uid} projects=projects{NEW_ROLES}
PROJECT_ROLES = Pair key=uid! value
ViewProjectRoles GET /v1/users/{uid}/projects 200 v1UsersProjectRoles user_uid={uid}
    -> ProjectRoles V1ProjectRolesEntity projects=projects{PROJECT_ROLES}
ChangePassword PATCH /v1/users/{uid}/password/change 204 v1UsersUidPasswordChange
    V1UsersUidPasswordChange user_uid={uid} password=newPassword! current=currentPassword?
AddApiKey POST /v1/apiKeys 201 v1ApiKeysCreate
    V1ApiKeyEntity expiry=spec.expiry:time name=metadata.name! user_uid=spec.userUid!
    -> IssuedKey V1ApiKeyCreateResponse api_key=apiKey!

NEW_PACK = Pack layer:Layer name! version=tag! registry=registryUid? values?
NEW_PROFILE = StackProfile name=metadata.name! type=spec.template.type:ProfileType! version
    packs=spec.template.packs[NEW_PACK] spec.template.cloudType:="edge-native"
VARIABLE = Pair key=name value=defaultValue
AddProfile POST /v1/clusterprofiles 201 v1ClusterProfilesCreate
    V1ClusterProfileEntity profile=(NEW_PROFILE) variables=spec.variables[VARIABLE]?
    publish=?publish:switch -> CREATED
PublishProfile PATCH /v1/clusterprofiles/{uid}/publish 204 v1ClusterProfilesPublish
    profile_uid={uid}
DeleteProfile DELETE /v1/clusterprofiles/{uid} 204 v1ClusterProfilesDelete profile_uid={uid}
""",
    RECORDS,
    _BY_HAND,
)
"""Each operation of a tenant's administrator: on projects, people and cluster profiles."""

AGENT_TABLE = at.table(
    """
PING = Acknowledged V1PairingPing service:="palette"
Probe ours GET /v1/edgehosts/pairing/ping 200 v1EdgeHostsPairingPing -> PING

# State and health do not cross: the host checks both before it submits (PRE-1, PRE-2).
ASKED = Cluster uid=spec.clusterMeta.localClusterUid! name=spec.clusterMeta.name|metadata.name!
    description=metadata.annotations.description? tags=metadata.labels:texts
    pools=spec.machinepoolconfig[POOL] stack=spec.profiles[PROFILE]
# The key says which submission this is, where its secret does not; its header is ours.
SubmitPairing ours POST /v1/edgehosts/clusters/pairing 201 v1EdgeHostsClustersPairingCreate
    V1SpectroEdgeNativeClusterPairEntity registration_token=spec!.registrationToken:any!
    cluster_token=spec.clusterMeta.localClusterToken! cluster=(ASKED)
    agent_version=spec.stylusAgentVersion key=SubmissionKey:?
    spec.cloudConfig:={} spec.clusterConfig:={}
    -> PairingId V1Uid pairing_uid=uid!
POLL = PollAnswer V1SpectroEdgeNativeClusterPair state cluster_uid=status.pairingClusterUid
    name=status.pairingClusterName tags=metadata.labels:texts
PollPairing ours
    GET /v1/edgehosts/clusters/pairing/{pairingUid}/status 200
    v1EdgeHostsClustersPairingUidStatus
    pairing_uid={pairingUid} cluster_token=LocalClusterToken:! -> POLL
ConfirmPairing ours
    POST /v1/edgehosts/clusters/pairing/{pairingUid}/confirm 200
    v1EdgeHostsClustersPairingUidConfirm
    pairing_uid={pairingUid} cluster_token=LocalClusterToken:! -> POLL
WithdrawPairing ours
    POST /v1/edgehosts/clusters/pairing/withdraw 204 v1EdgeHostsClustersPairingWithdraw
    V1ClusterPairWithdrawal local_cluster_uid=clusterMeta.localClusterUid?
    cluster_token=clusterMeta.localClusterToken! pairing_uid=pairingUid? ended:flag?
""",
    RECORDS,
    _BY_HAND,
)
"""Each operation of an edge host's."""
