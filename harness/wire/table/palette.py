"""What a person asks of Palette over its HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.domain import operations as ops
from harness.domain.match import MatchProblem, MatchResult, Mismatch, PackMatch
from harness.domain.operations import SelectedProfile
from harness.domain.pairing import RequestState
from harness.domain.profile import StackProfile
from harness.domain.token import RegistrationToken
from harness.wire import palette, profiles
from harness.wire.model import Malformed
from harness.wire.table import fields as at
from harness.wire.table.fields import TableRow, WireField, Write, asks, record
from harness.wire.table.pools import PALETTE_POOL
from harness.wire.table.stack import CLOUD_TYPE, PALETTE_PROFILE

NO_COOKIE = {"?setCookie": at.constant("false")}
"""Nobody but the caller keeps the session: a cookie jar would log in on its own."""

CREATED = (palette.V1Uid, record(ops.Created, uid=at.needed("uid")))
DESCRIPTION = "metadata.annotations.description"

# --- pairing requests -----------------------------------------------------------------------

_SELECTED = record(SelectedProfile, uid=at.needed("uid"), version=at.unless_empty("version"))
_SELECTION = at.each(_SELECTED, "profiles")

_ENTERED = {
    "name": at.optional("metadata.name"),
    "description": at.optional(DESCRIPTION),
    "tags": at.optional_texts("metadata.labels"),
}
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
    {"cloudType": at.constant(CLOUD_TYPE)},
    pairing_uid=at.needed("pairingUid"),
    name=at.text("name"),
    local_cluster_uid=at.text("localClusterUid"),
    state=at.needed("state"),
    created=at.needed_time("creationTimestamp"),
    cluster_uid=at.unless_empty("clusterUid"),
)

_REQUEST = record(
    ops.PairingRequestView,
    pairing_uid=at.needed("metadata.uid"),
    state=at.needed("status.state"),
    name=at.text("metadata.name", "spec.clusterMeta.name"),
    description=at.unless_empty(DESCRIPTION),
    tags=at.texts("metadata.labels"),
    local_cluster_uid=at.text("spec.clusterMeta.localClusterUid"),
    stack=at.each(PALETTE_PROFILE, "spec.profiles"),
    cluster_uid=at.unless_empty("status.pairingClusterUid"),
    pools=at.each(PALETTE_POOL, "spec.machinepoolconfig"),
    agent_version=at.text("spec.stylusAgentVersion"),
)


def _has_no_problem_if_valid(body: Any) -> None:
    if body["valid"] and body.get("problems"):
        raise Malformed("valid", "it contradicts the list of problems")


_PACK_MATCH = record(
    PackMatch,
    pack=at.text("pack"),
    version=at.text("version"),
    profile=at.unless_empty("profile"),
    profile_version=at.unless_empty("profileVersion"),
)
_MISMATCHES = {kind.value: kind for kind in Mismatch}
_PROBLEM = record(
    MatchProblem,
    kind=WireField(
        ("kind",), lambda kind, _: _MISMATCHES.get(kind, Mismatch.OTHER), lambda kind: kind.value
    ),
    text=at.text("message"),
    pack=at.unless_empty("pack"),
    local_version=at.unless_empty("localVersion"),
    offered_version=at.unless_empty("offeredVersion"),
    profile=at.unless_empty("profile"),
)


def _result(
    valid: bool, packs: tuple[PackMatch, ...], problems: tuple[MatchProblem, ...]
) -> MatchResult:
    unsaid = () if valid else (MatchProblem(Mismatch.OTHER, "no reason is given"),)
    return MatchResult(packs, problems or unsaid)


_MATCH = record(
    _result,
    None,
    _has_no_problem_if_valid,
    valid=at.optional("valid"),
    packs=at.each(_PACK_MATCH, "packs"),
    problems=at.each(_PROBLEM, "problems"),
)

_OF_REQUEST = {"pairing_uid": at.parameter("pairingUid")}

# --- clusters -------------------------------------------------------------------------------

_OTHERS = at.texts("metadata.annotations.*", besides="description")


def _uids(profiles: Any, _: str) -> tuple[str, ...]:
    return tuple(sorted(p["uid"] for p in profiles or () if p.get("uid")))


_CLUSTER = record(
    ops.CentralClusterView,
    uid=at.needed("metadata.uid"),
    name=at.text("metadata.name"),
    description=at.unless_empty(DESCRIPTION),
    tags=at.texts("metadata.labels"),
    state=at.text("status.state"),
    annotations=_OTHERS,
    profiles=WireField(
        ("spec.clusterProfileTemplates",), _uids, lambda uids: [{"uid": uid} for uid in uids]
    ),
)
_LISTED_CLUSTER = record(
    ops.CentralClusterView,
    uid=at.needed("uid"),
    name=at.text("name"),
    description=at.unless_empty("annotations.description"),
    tags=at.texts("labels"),
    state=at.computed(lambda _: ""),
    annotations=at.texts("annotations.*", besides="description"),
)
"""The list does not say in which state a cluster is."""

_OF_CLUSTER = {"cluster_uid": at.parameter("uid")}

# --- projects and profiles ------------------------------------------------------------------

_NAMED = {"uid": at.needed("metadata.uid"), "name": at.text("metadata.name")}


_PROFILE_LINE = record(
    ops.ProfileListItem,
    {"spec.cloudType": at.constant(CLOUD_TYPE)},
    **_NAMED,
    version=at.text("spec.version"),
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


_PROFILE = record(
    ops.ProfileView,
    {
        "metadata.uid": lambda view: view.profile.uid,
        "metadata.name": lambda view: view.profile.name,
        "spec.version": lambda view: view.profile.version,
    },
    profile=WireField(("spec.published",), item=PALETTE_PROFILE, by_hand=_latest),
    published=at.computed(lambda body: _template(body) == "published", "status.isPublished"),
    versions=at.mapped(
        record(at.pair, key=at.text("version"), value=at.text("uid")), "spec.versions"
    ),
)

# --- registration tokens --------------------------------------------------------------------

_TOKEN = record(
    RegistrationToken,
    uid=at.needed("metadata.uid"),
    name=at.text("metadata.name"),
    value=at.text("spec.token"),
    project_uid=at.unless_empty("spec.defaultProject?.uid"),
    expiry=at.time("spec.expiry"),
    active=at.present("status.isActive"),
)
"""A token may be listed without its value."""

_REACH = {
    "project_uid": at.unless_empty("spec.defaultProjectUid"),
    "expiry": at.time("spec.expiry"),
}
_OF_TOKEN = {"token_uid": at.parameter("uid")}

_PAIRING = "/v1/spectroclusters/pairing"
_PATH = "/v1/spectroclusters/{uid}"

TABLE: tuple[TableRow, ...] = (
    asks(
        ops.LogInToPalette,
        "POST /v1/auth/authenticate 200 v1Authenticate",
        (palette.V1UserToken, record(ops.Session, token=at.needed("Authorization"))),
        palette.V1AuthLogin,
        NO_COOKIE,
        email=at.present("emailId"),
        password=at.present("password"),
    ),
    replace(
        asks(
            ops.ListPairingRequests,
            f"ours POST {_PAIRING}/search 200 v1SpectroClustersPairingSearch",
            (
                palette.V1SpectroClusterPairingRequestMetas,
                record(ops.PairingList, items=at.each(_LINE, "items")),
            ),
            palette.V1ClusterPairMetadataFilter,
            state=WireField(("filter.state",), _core_state, _equality),
            local_cluster_uid=WireField(("filter.localClusterUid",), _core_equality, _equality),
        ),
        bodiless=True,
        paged=True,
    ),
    asks(
        ops.ViewPairingRequest,
        f"ours GET {_PAIRING}/{{pairingUid}} 200 v1SpectroClustersPairingUidGet",
        (palette.V1SpectroEdgeNativeClusterPair, _REQUEST),
        **_OF_REQUEST,
    ),
    asks(
        ops.MatchProfiles,
        f"ours POST {_PAIRING}/{{pairingUid}}/match 200 v1SpectroClustersPairingUidMatch",
        (palette.V1ClusterPairMatch, _MATCH),
        palette.V1ClusterPairSelection,
        **_OF_REQUEST,
        selection=_SELECTION,
    ),
    asks(
        ops.AcceptPairingRequest,
        f"ours POST {_PAIRING}/{{pairingUid}}/accept 201 v1SpectroClustersPairingUidAccept",
        (palette.V1Uid, record(ops.Accepted, cluster_uid=at.needed("uid"))),
        palette.V1EdgeNativeClusterPairSpcEntity,
        None,
        _is_for_its_path,
        pairing_uid=at.parameter("pairingUid", "spec.pairingUid"),
        selection=at.each(_SELECTED, "spec.profiles"),
        **_ENTERED,
    ),
    asks(
        ops.AcknowledgeWarning,
        f"ours POST {_PAIRING}/{{pairingUid}}/acknowledge 204 "
        "v1SpectroClustersPairingUidAcknowledge",
        **_OF_REQUEST,
    ),
    asks(
        ops.EnterDetails,
        f"ours PUT {_PAIRING}/{{pairingUid}}/metadata 204 v1SpectroClustersPairingUidMetadata",
        None,
        palette.V1EdgeNativeClusterPairSpcEntity,
        **_OF_REQUEST,
        **_ENTERED,
    ),
    asks(
        ops.ConfirmMatch,
        f"ours PUT {_PAIRING}/{{pairingUid}}/profiles 204 v1SpectroClustersPairingUidProfiles",
        None,
        palette.V1ClusterPairSelection,
        **_OF_REQUEST,
        selection=_SELECTION,
    ),
    asks(
        ops.ValidateReview,
        f"ours POST {_PAIRING}/{{pairingUid}}/validate 204 v1SpectroClustersPairingUidValidate",
        **_OF_REQUEST,
    ),
    asks(
        ops.RejectPairingRequest,
        f"ours POST {_PAIRING}/{{pairingUid}}/reject 204 v1SpectroClustersPairingUidReject",
        **_OF_REQUEST,
    ),
    asks(
        ops.ViewCentralCluster,
        f"GET {_PATH} 200 v1SpectroClustersGet",
        (palette.V1SpectroCluster, _CLUSTER),
        **_OF_CLUSTER,
    ),
    asks(
        ops.ListCentralClusters,
        "GET /v1/dashboard/spectroclusters/metadata 200 v1SpectroClustersMetadataGet",
        (
            palette.V1SpectroClustersMetadata,
            record(ops.CentralClusterList, items=at.each(_LISTED_CLUSTER, "items")),
        ),
    ),
    asks(
        ops.ListProjects,
        "GET /v1/dashboard/projects/metadata 200 v1ProjectsMetadata",
        (
            palette.V1ProjectsMetadata,
            record(ops.ScopeList, items=at.each(record(ops.NamedScope, **_NAMED), "items")),
        ),
        name=at.unless_empty("?name"),
    ),
    asks(
        ops.ListProfiles,
        "GET /v1/dashboard/clusterprofiles/metadata 200 v1ClusterProfilesMetadata",
        (
            palette.V1ClusterProfilesMetadata,
            record(ops.ProfileList, items=at.each(_PROFILE_LINE, "items")),
        ),
    ),
    asks(
        ops.ViewProfile,
        "GET /v1/clusterprofiles/{uid} 200 v1ClusterProfilesGet",
        (profiles.V1ClusterProfile, _PROFILE),
        profile_uid=at.parameter("uid"),
    ),
    asks(
        ops.ChangeCentralCluster,
        f"PATCH {_PATH}/metadata 204 v1SpectroClustersUidMetadataUpdate",
        None,
        palette.V1ObjectMetaInputEntitySchema,
        **_OF_CLUSTER,
        **_ENTERED,
        annotations=_OTHERS,
    ),
    asks(
        ops.UpdateCentralProfiles,
        f"PUT {_PATH}/profiles 204 v1SpectroClustersUpdateProfiles",
        None,
        palette.V1SpectroClusterProfiles,
        **_OF_CLUSTER,
        selection=_SELECTION,
    ),
    asks(
        ops.ReleaseCentralCluster,
        f"ours POST {_PATH}/release 204 v1SpectroClustersUidRelease",
        **_OF_CLUSTER,
    ),
    replace(
        asks(
            ops.ListTokens,
            "GET /v1/edgehosts/tokens 200 v1EdgeTokensList",
            (palette.V1EdgeTokens, record(ops.TokenList, items=at.each(_TOKEN, "items"))),
        ),
        paged=True,
    ),
    asks(
        ops.CreateToken,
        "POST /v1/edgehosts/tokens 201 v1EdgeTokensCreate",
        CREATED,
        palette.V1EdgeTokenEntity,
        name=at.needed("metadata.name"),
        **_REACH,
    ),
    asks(
        ops.ViewToken,
        "GET /v1/edgehosts/tokens/{uid} 200 v1EdgeTokensUidGet",
        (palette.V1EdgeToken, _TOKEN),
        **_OF_TOKEN,
    ),
    asks(
        ops.DeleteToken, "DELETE /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidDelete", **_OF_TOKEN
    ),
    asks(
        ops.UpdateToken,
        "PUT /v1/edgehosts/tokens/{uid} 204 v1EdgeTokensUidUpdate",
        None,
        palette.V1EdgeTokenUpdate,
        **_OF_TOKEN,
        name=at.unless_empty("metadata.name"),
        **_REACH,
    ),
    asks(
        ops.SetTokenState,
        "PUT /v1/edgehosts/tokens/{uid}/state 204 v1EdgeTokensUidState",
        None,
        palette.V1EdgeTokenActiveState,
        **_OF_TOKEN,
        active=at.present("isActive"),
    ),
)
"""Each operation with its fields and its answer."""
