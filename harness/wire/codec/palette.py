"""What a person asks of Palette over its HTTP API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.domain import operations as ops
from harness.domain.match import MatchProblem, MatchResult, Mismatch, PackMatch
from harness.domain.operations import SelectedProfile
from harness.domain.profile import StackProfile
from harness.domain.token import RegistrationToken
from harness.wire.codec import fields as at
from harness.wire.codec.engine import answer_functions
from harness.wire.codec.fields import TableRow, WireField, asks, record
from harness.wire.codec.listing import core_equality, core_state, equality
from harness.wire.codec.pools import PALETTE_POOL
from harness.wire.codec.stack import CLOUD_TYPE, PALETTE_PROFILE
from harness.wire.model import Malformed
from harness.wire.profiles import V1ClusterProfileTemplate

NO_COOKIE = {"?setCookie": at.constant("false")}
"""Nobody but the caller keeps the session: a cookie jar would log in on its own."""

CREATED = record(ops.Created, uid=at.needed("uid"))
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


def _agrees_with_its_problems(body: Any) -> None:
    if body["valid"] is bool(body["problems"]):
        raise Malformed("valid", "it contradicts the list of problems")


_PACK_MATCH = record(
    PackMatch,
    pack=at.text("pack"),
    version=at.text("version"),
    profile=at.unless_empty("profile"),
    profile_version=at.unless_empty("profileVersion"),
)
_PROBLEM = record(
    MatchProblem,
    kind=at.one_of(Mismatch, "kind", needed=False),
    text=at.text("message"),
    pack=at.unless_empty("pack"),
    local_version=at.unless_empty("localVersion"),
    offered_version=at.unless_empty("offeredVersion"),
    profile=at.unless_empty("profile"),
)
_MATCH = record(
    MatchResult,
    {"valid": lambda result: result.valid},
    _agrees_with_its_problems,
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

_READ_TEMPLATE, _WRITE_TEMPLATE = answer_functions(PALETTE_PROFILE, V1ClusterProfileTemplate)


def _template(body: Any) -> str:
    spec = body.get("spec") or {}
    found = [name for name in ("published", "draft") if spec.get(name) is not None]
    if not found:
        raise Malformed("spec.published", "it is missing")
    return found[0]


def _profile(body: Any) -> StackProfile:
    name = _template(body)
    try:
        profile: StackProfile = _READ_TEMPLATE(body["spec"][name])
    except Malformed as inner:
        raise Malformed(f"spec.{name}.0.{inner.field}", inner.problem) from None
    return profile


def _template_if(view: ops.ProfileView, published: bool) -> Any:
    return _WRITE_TEMPLATE(view.profile) if view.published is published else None


_PROFILE = record(
    ops.ProfileView,
    {
        "metadata.uid": lambda view: view.profile.uid,
        "metadata.name": lambda view: view.profile.name,
        "spec.version": lambda view: view.profile.version,
        "spec.published": lambda view: _template_if(view, True),
        "spec.draft": lambda view: _template_if(view, False),
    },
    profile=at.computed(_profile),
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

TABLE: tuple[TableRow, ...] = (
    asks(
        ops.LogInToPalette,
        record(ops.Session, token=at.needed("Authorization")),
        NO_COOKIE,
        email=at.present("emailId"),
        password=at.present("password"),
    ),
    replace(
        asks(
            ops.ListPairingRequests,
            record(ops.PairingList, items=at.each(_LINE, "items")),
            state=WireField(("filter.state",), core_state, equality),
            local_cluster_uid=WireField(("filter.localClusterUid",), core_equality, equality),
        ),
        bodiless=True,
    ),
    asks(ops.ViewPairingRequest, _REQUEST, **_OF_REQUEST),
    asks(ops.MatchProfiles, _MATCH, **_OF_REQUEST, selection=_SELECTION),
    asks(
        ops.AcceptPairingRequest,
        record(ops.Accepted, cluster_uid=at.needed("uid")),
        None,
        _is_for_its_path,
        pairing_uid=at.parameter("pairingUid", "spec.pairingUid"),
        selection=at.each(_SELECTED, "spec.profiles"),
        **_ENTERED,
    ),
    asks(ops.AcknowledgeWarning, **_OF_REQUEST),
    asks(ops.EnterDetails, **_OF_REQUEST, **_ENTERED),
    asks(ops.ConfirmMatch, **_OF_REQUEST, selection=_SELECTION),
    asks(ops.ValidateReview, **_OF_REQUEST),
    asks(ops.RejectPairingRequest, **_OF_REQUEST),
    asks(ops.ViewCentralCluster, _CLUSTER, **_OF_CLUSTER),
    asks(
        ops.ListCentralClusters,
        record(ops.CentralClusterList, items=at.each(_LISTED_CLUSTER, "items")),
    ),
    asks(ops.ChangeCentralCluster, **_OF_CLUSTER, **_ENTERED, annotations=_OTHERS),
    asks(ops.UpdateCentralProfiles, **_OF_CLUSTER, selection=_SELECTION),
    asks(ops.ReleaseCentralCluster, **_OF_CLUSTER),
    asks(
        ops.ListProjects,
        record(ops.ScopeList, items=at.each(record(ops.NamedScope, **_NAMED), "items")),
        name=at.unless_empty("?name"),
    ),
    asks(ops.ListProfiles, record(ops.ProfileList, items=at.each(_PROFILE_LINE, "items"))),
    asks(ops.ViewProfile, _PROFILE, profile_uid=at.parameter("uid")),
    asks(ops.ListTokens, record(ops.TokenList, items=at.each(_TOKEN, "items"))),
    asks(ops.ViewToken, _TOKEN, **_OF_TOKEN),
    asks(ops.CreateToken, CREATED, name=at.needed("metadata.name"), **_REACH),
    asks(ops.UpdateToken, **_OF_TOKEN, name=at.unless_empty("metadata.name"), **_REACH),
    asks(ops.SetTokenState, **_OF_TOKEN, active=at.present("isActive")),
    asks(ops.DeleteToken, **_OF_TOKEN),
)
"""Each operation with its fields and its answer."""
