"""What a person and an edge host ask of Palette over its HTTP API; of hosts over paths of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.match import MatchProblem, MatchResult, Mismatch, PackMatch
from harness.domain.pairing import RequestState
from harness.domain.profile import Pack, StackProfile
from harness.domain.token import RegistrationToken
from harness.wire.model import Malformed
from harness.wire.models import SERVICE
from harness.wire.table import fields as at
from harness.wire.table.fields import Route, WireField, Write, asks, record

NO_COOKIE = {"?setCookie": lambda _: "false"}
"""Nobody but the caller keeps the session: a cookie jar would log in on its own."""

CREATED = record(ops.Created, "V1Uid uid!")
DESCRIPTION = "metadata.annotations.description"

CLOUD_TYPE = "edge-native"
"""What every cluster of edge hosts, and each of its profiles, is published as."""

# --- the stack and the pools of a cluster, as hosts submit them and Palette shows them -----------

_PACK = record(Pack, "layer:Layer! name! version=version|tag! registry=registryUid? values?")
_PROFILE = record(
    StackProfile,
    "name:any! type:ProfileType! version=profileVersion:any! packs uid?",
    {"cloudType": lambda _: CLOUD_TYPE},
    packs=at.each(_PACK, "packs", required=True),
)
_POOL = record(
    NodePool,
    "name=poolConfig!.name control_plane=poolConfig.isControlPlane:flag",
    {
        "poolConfig.size": lambda pool: len(pool.nodes),
        "poolConfig.labels": lambda pool: ["control-plane" if pool.control_plane else "worker"],
    },
    nodes=at.each(record(Node, "name=hostName host_uid=hostUid!"), "cloudConfig.edgeHosts"),
)
"""Neither state nor health of a node crosses."""

# --- what an edge host asks -----------------------------------------------------------------------

CLUSTER_TOKEN_HEADER = "LocalClusterToken"
"""The header in which a host proves that a request is its own. A header of ours."""

SUBMISSION_KEY_HEADER = "SubmissionKey"
"""The header that says which submission this is, where its secret does not. A header of ours."""


def _is_palette(body: Any) -> None:
    if body.get("service") != SERVICE:
        raise Malformed("service", "it is not a Palette that answers here")


_CLUSTER_ASKED = record(
    Cluster,
    "uid=spec.clusterMeta.localClusterUid! name=spec.clusterMeta.name|metadata.name!"
    f" description={DESCRIPTION}? tags=metadata.labels:texts",
    pools=at.each(_POOL, "spec.machinepoolconfig"),
    stack=at.each(_PROFILE, "spec.profiles"),
)
"""State and health do not cross: the host checks both before it submits (PRE-1, PRE-2)."""

_POLL_ANSWER = record(
    ops.PollAnswer,
    "V1SpectroEdgeNativeClusterPair state cluster_uid=status.pairingClusterUid"
    " name=status.pairingClusterName tags=metadata.labels:texts",
    state=WireField(("status.state",), at.word_of(RequestState)),
)
_BY_HOST = f"pairing_uid={{pairingUid}} cluster_token={CLUSTER_TOKEN_HEADER}:!"


def _says_which(request: Any) -> None:
    """A withdrawal has the id of its request, or the uid of the cluster that it is of."""
    body = request["body"] or {}
    if not body.get("pairingUid") and not (body.get("clusterMeta") or {}).get("localClusterUid"):
        raise Malformed("clusterMeta.localClusterUid", "it is missing, and so is pairingUid")


# --- pairing requests -----------------------------------------------------------------------------

_SELECTED = record(ops.SelectedProfile, "uid! version?")
_SELECTION = at.each(_SELECTED, "profiles")

_ENTERED = f" name=metadata.name:any description={DESCRIPTION}:any tags=metadata.labels:texts?"
"""What keeps the cluster's values is left out."""


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


_LINE = record(
    ops.PairingListItem,
    "pairing_uid=pairingUid! name local_cluster_uid=localClusterUid state!"
    " created=creationTimestamp:time! cluster_uid=clusterUid?",
    {"cloudType": lambda _: CLOUD_TYPE},
)
_REQUEST = record(
    ops.PairingRequestView,
    "V1SpectroEdgeNativeClusterPair pairing_uid=metadata.uid! state=status.state!"
    f" name=metadata.name|spec.clusterMeta.name description={DESCRIPTION}?"
    " tags=metadata.labels:texts local_cluster_uid=spec.clusterMeta.localClusterUid stack"
    " cluster_uid=status.pairingClusterUid? pools agent_version=spec.stylusAgentVersion",
    stack=at.each(_PROFILE, "spec.profiles"),
    pools=at.each(_POOL, "spec.machinepoolconfig"),
)


def _has_no_problem_if_valid(body: Any) -> None:
    if body["valid"] and body.get("problems"):
        raise Malformed("valid", "it contradicts the list of problems")


_MISMATCHES = {kind.value: kind for kind in Mismatch}
_PROBLEM = record(
    MatchProblem,
    "kind text=message pack? local_version=localVersion? offered_version=offeredVersion? profile?",
    kind=WireField(
        ("kind",), lambda kind, _: _MISMATCHES.get(kind, Mismatch.OTHER), lambda kind: kind.value
    ),
)


def _result(
    valid: bool, packs: tuple[PackMatch, ...], problems: tuple[MatchProblem, ...]
) -> MatchResult:
    unsaid = () if valid else (MatchProblem(Mismatch.OTHER, "no reason is given"),)
    return MatchResult(packs, problems or unsaid)


_MATCH = record(
    _result,
    "V1ClusterPairMatch valid:any",
    None,
    _has_no_problem_if_valid,
    packs=at.each(
        record(PackMatch, "pack version profile? profile_version=profileVersion?"), "packs"
    ),
    problems=at.each(_PROBLEM, "problems"),
)
_OF_REQUEST = "pairing_uid={pairingUid}"

# --- clusters -------------------------------------------------------------------------------------

_OTHERS = at.others("metadata.annotations.*", "description")


_CLUSTER = record(
    ops.CentralClusterView,
    f"V1SpectroCluster uid=metadata.uid! name=metadata.name description={DESCRIPTION}?"
    " tags=metadata.labels:texts state=status.state",
    annotations=_OTHERS,
    profiles=WireField(
        ("spec.clusterProfileTemplates",),
        lambda profiles, _: tuple(sorted(p["uid"] for p in profiles or () if p.get("uid"))),
        lambda uids: [{"uid": uid} for uid in uids],
    ),
)
_LISTED_CLUSTER = record(
    ops.CentralClusterView,
    "uid! name description=annotations.description? tags=labels:texts",
    state=at.computed(lambda _: ""),
    annotations=at.others("annotations.*", "description"),
)
"""The list does not say in which state a cluster is."""

_OF_CLUSTER = "cluster_uid={uid}"

# --- projects, profiles and tokens ----------------------------------------------------------------

_NAMED = "uid=metadata.uid! name=metadata.name"
_PROFILE_LINE = record(
    ops.ProfileListItem,
    f"{_NAMED} version=spec.version",
    {"spec.cloudType": lambda _: CLOUD_TYPE},
)


def _template(body: Any) -> str:
    spec = body.get("spec") or {}
    found = [name for name in ("published", "draft") if spec.get(name) is not None]
    if not found:
        raise Malformed("spec.published", "it is missing")
    return found[0]


def _latest(read: Write, write: Write) -> tuple[Write, Mapping[str, Write]]:
    """The profile as its latest version has it, or a draft where none is published."""

    def profile(body: Any) -> StackProfile:
        name = _template(body)
        try:
            latest: StackProfile = read(body["spec"][name])
        except Malformed as inner:
            raise Malformed(f"spec.{name}.0.{inner.field}", inner.problem) from None
        return latest

    def template_if(published: bool) -> Write:
        return lambda view: write(view.profile) if view.published is published else None

    return profile, {"spec.published": template_if(True), "spec.draft": template_if(False)}


_PROFILE_VIEW = record(
    ops.ProfileView,
    "V1ClusterProfile",
    {
        "metadata.uid": lambda view: view.profile.uid,
        "metadata.name": lambda view: view.profile.name,
        "spec.version": lambda view: view.profile.version,
    },
    profile=WireField(("spec.published",), item=_PROFILE, by_hand=_latest),
    published=at.computed(lambda body: _template(body) == "published", "status.isPublished"),
    versions=at.mapped(record(at.Pair, "key=version value=uid"), "spec.versions"),
)
_TOKEN = record(
    RegistrationToken,
    "V1EdgeToken uid=metadata.uid! name=metadata.name value=spec.token"
    " project_uid=spec.defaultProject?.uid? expiry=spec.expiry:time active=status.isActive:any!",
)
"""A token may be listed without its value."""

_REACH = " project_uid=spec.defaultProjectUid? expiry=spec.expiry:time"
_OF_TOKEN = "token_uid={uid}"

# --- the table ------------------------------------------------------------------------------------

_HOSTS = "/v1/edgehosts/clusters/pairing"
_PAIRING = "/v1/spectroclusters/pairing"
_PATH = "/v1/spectroclusters/{uid}"

TABLE: tuple[Route, ...] = (
    asks(
        ops.LogInToPalette,
        "POST /v1/auth/authenticate 200 v1Authenticate",
        "V1AuthLogin email=emailId:any! password:any!",
        record(ops.Session, "V1UserToken token=Authorization!"),
        NO_COOKIE,
    ),
    asks(
        ops.ListPairingRequests,
        f"ours bodiless paged POST {_PAIRING}/search 200 v1SpectroClustersPairingSearch",
        "V1ClusterPairMetadataFilter",
        at.listed(ops.PairingList, "V1SpectroClusterPairingRequestMetas", _LINE),
        state=WireField(("filter.state",), _core_state, _equality),
        local_cluster_uid=WireField(("filter.localClusterUid",), _core_equality, _equality),
    ),
    asks(
        ops.ViewPairingRequest,
        f"ours GET {_PAIRING}/{{pairingUid}} 200 v1SpectroClustersPairingUidGet",
        _OF_REQUEST,
        _REQUEST,
    ),
    asks(
        ops.MatchProfiles,
        f"ours POST {_PAIRING}/{{pairingUid}}/match 200 v1SpectroClustersPairingUidMatch",
        f"V1ClusterPairSelection {_OF_REQUEST}",
        _MATCH,
        selection=_SELECTION,
    ),
    asks(
        ops.AcceptPairingRequest,
        f"ours POST {_PAIRING}/{{pairingUid}}/accept 201 v1SpectroClustersPairingUidAccept",
        "V1EdgeNativeClusterPairSpcEntity pairing_uid={pairingUid}|spec.pairingUid selection"
        + _ENTERED,
        record(ops.Accepted, "V1Uid cluster_uid=uid!"),
        None,
        _is_for_its_path,
        selection=at.each(_SELECTED, "spec.profiles"),
    ),
    asks(
        ops.AcknowledgeWarning,
        f"ours POST {_PAIRING}/{{pairingUid}}/acknowledge 204 "
        "v1SpectroClustersPairingUidAcknowledge",
        _OF_REQUEST,
    ),
    asks(
        ops.EnterDetails,
        f"ours PUT {_PAIRING}/{{pairingUid}}/metadata 204 v1SpectroClustersPairingUidMetadata",
        f"V1EdgeNativeClusterPairSpcEntity {_OF_REQUEST}{_ENTERED}",
    ),
    asks(
        ops.ConfirmMatch,
        f"ours PUT {_PAIRING}/{{pairingUid}}/profiles 204 v1SpectroClustersPairingUidProfiles",
        f"V1ClusterPairSelection {_OF_REQUEST}",
        selection=_SELECTION,
    ),
    asks(
        ops.ValidateReview,
        f"ours POST {_PAIRING}/{{pairingUid}}/validate 204 v1SpectroClustersPairingUidValidate",
        _OF_REQUEST,
    ),
    asks(
        ops.RejectPairingRequest,
        f"ours POST {_PAIRING}/{{pairingUid}}/reject 204 v1SpectroClustersPairingUidReject",
        _OF_REQUEST,
    ),
    asks(ops.ViewCentralCluster, f"GET {_PATH} 200 v1SpectroClustersGet", _OF_CLUSTER, _CLUSTER),
    asks(
        ops.ListCentralClusters,
        "GET /v1/dashboard/spectroclusters/metadata 200 v1SpectroClustersMetadataGet",
        "",
        at.listed(ops.CentralClusterList, "V1SpectroClustersMetadata", _LISTED_CLUSTER),
    ),
    asks(
        ops.ListProjects,
        "GET /v1/dashboard/projects/metadata 200 v1ProjectsMetadata",
        "name=?name?",
        at.listed(ops.ScopeList, "V1ProjectsMetadata", record(ops.NamedScope, _NAMED)),
    ),
    asks(
        ops.ListProfiles,
        "GET /v1/dashboard/clusterprofiles/metadata 200 v1ClusterProfilesMetadata",
        "",
        at.listed(ops.ProfileList, "V1ClusterProfilesMetadata", _PROFILE_LINE),
    ),
    asks(
        ops.ViewProfile,
        "GET /v1/clusterprofiles/{uid} 200 v1ClusterProfilesGet",
        "profile_uid={uid}",
        _PROFILE_VIEW,
    ),
    asks(
        ops.ChangeCentralCluster,
        f"PATCH {_PATH}/metadata 204 v1SpectroClustersUidMetadataUpdate",
        f"V1ObjectMetaInputEntitySchema {_OF_CLUSTER}{_ENTERED}",
        annotations=_OTHERS,
    ),
    asks(
        ops.UpdateCentralProfiles,
        f"PUT {_PATH}/profiles 204 v1SpectroClustersUpdateProfiles",
        f"V1SpectroClusterProfiles {_OF_CLUSTER}",
        selection=_SELECTION,
    ),
    asks(
        ops.ReleaseCentralCluster,
        f"ours POST {_PATH}/release 204 v1SpectroClustersUidRelease",
        _OF_CLUSTER,
    ),
    asks(
        ops.ListTokens,
        "paged GET /v1/edgehosts/tokens 200 v1EdgeTokensList",
        "",
        at.listed(ops.TokenList, "V1EdgeTokens", _TOKEN),
    ),
    asks(
        ops.CreateToken,
        "POST /v1/edgehosts/tokens 201 v1EdgeTokensCreate",
        f"V1EdgeTokenEntity name=metadata.name!{_REACH}",
        CREATED,
    ),
    asks(ops.ViewToken, "GET /v1/edgehosts/tokens/{uid} 200 v1EdgeTokensUidGet", _OF_TOKEN, _TOKEN),
    asks(ops.DeleteToken, "DELETE /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidDelete", _OF_TOKEN),
    asks(
        ops.UpdateToken,
        "PUT /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidUpdate",
        f"V1EdgeTokenUpdate {_OF_TOKEN} name=metadata.name?{_REACH}",
    ),
    asks(
        ops.SetTokenState,
        "PUT /v1/edgehosts/tokens/{uid}/state 204 v1EdgeTokensUidState",
        f"V1EdgeTokenActiveState {_OF_TOKEN} active=isActive:any!",
    ),
)
"""Each operation of a person's, with its fields and its answer."""

AGENT_TABLE: tuple[Route, ...] = (
    asks(
        ops.Probe,
        "ours GET /v1/edgehosts/pairing/ping 200 v1EdgeHostsPairingPing",
        "",
        record(ops.Acknowledged, "V1PairingPing", {"service": lambda _: SERVICE}, _is_palette),
    ),
    asks(
        ops.SubmitPairing,
        f"ours POST {_HOSTS} 201 v1EdgeHostsClustersPairingCreate",
        "V1SpectroEdgeNativeClusterPairEntity registration_token=spec!.registrationToken:any!"
        " cluster_token=spec.clusterMeta.localClusterToken! cluster"
        f" agent_version=spec.stylusAgentVersion key={SUBMISSION_KEY_HEADER}:?",
        record(ops.PairingId, "V1Uid pairing_uid=uid!"),
        {"spec.cloudConfig": lambda _: {}, "spec.clusterConfig": lambda _: {}},
        cluster=WireField(inside=_CLUSTER_ASKED),
    ),
    asks(
        ops.PollPairing,
        f"ours GET {_HOSTS}/{{pairingUid}}/status 200 v1EdgeHostsClustersPairingUidStatus",
        _BY_HOST,
        _POLL_ANSWER,
    ),
    asks(
        ops.ConfirmPairing,
        f"ours POST {_HOSTS}/{{pairingUid}}/confirm 200 v1EdgeHostsClustersPairingUidConfirm",
        _BY_HOST,
        _POLL_ANSWER,
    ),
    asks(
        ops.WithdrawPairing,
        f"ours POST {_HOSTS}/withdraw 204 v1EdgeHostsClustersPairingWithdraw",
        "V1ClusterPairWithdrawal local_cluster_uid=clusterMeta.localClusterUid?"
        " cluster_token=clusterMeta.localClusterToken! pairing_uid=pairingUid? ended:flag?",
        None,
        None,
        _says_which,
    ),
)
"""Each operation of an edge host's."""
