"""What a person asks of Palette over its HTTP API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from harness.domain import operations as ops
from harness.domain.match import MatchProblem, MatchResult, Mismatch, PackMatch
from harness.domain.operations import CentralOperation, Operation, SelectedProfile, Value
from harness.domain.token import RegistrationToken
from harness.wire import palette as wire
from harness.wire.codec import parts, pools, stack, tenant
from harness.wire.codec.listing import core_filter
from harness.wire.http import Json
from harness.wire.model import Malformed, WireModel, parse_model
from harness.wire.profiles import (
    V1ClusterProfile,
    V1ClusterProfileSpec,
    V1ClusterProfileStatus,
    V1ClusterProfileVersion,
)
from harness.wire.timestamps import from_timestamp, to_timestamp


def to_parts(operation: CentralOperation) -> parts.Parts:
    """What the operation contributes to its request.

    Raises:
        TypeError: the operation does not cross HTTP.
    """
    match operation:
        case ops.LogInToPalette(email, password):
            # Nobody but the caller keeps the session: a cookie jar would log in on its own.
            body = wire.V1AuthLogin(emailId=email, password=password)
            return parts.Parts(query={"setCookie": "false"}, body=body)
        case ops.ListPairingRequests(state, local_cluster_uid):
            spec = wire.V1ClusterPairMetadataFilterSpec(
                state=_equal(state), localClusterUid=_equal(local_cluster_uid)
            )
            return parts.Parts(body=wire.V1ClusterPairMetadataFilter(filter=spec))
        case ops.ViewPairingRequest(uid) | ops.RejectPairingRequest(uid):
            return parts.Parts({"pairingUid": uid})
        case ops.AcknowledgeWarning(uid) | ops.ValidateReview(uid):
            return parts.Parts({"pairingUid": uid})
        case ops.EnterDetails(uid, name, description, tags):
            metadata = _entered(name, description, tags)
            entered = wire.V1EdgeNativeClusterPairSpcEntity(metadata=metadata)
            return parts.Parts({"pairingUid": uid}, body=entered)
        case ops.MatchProfiles(pairing_uid, selection) | ops.ConfirmMatch(pairing_uid, selection):
            selected = wire.V1ClusterPairSelection(profiles=_to_entities(selection))
            return parts.Parts({"pairingUid": pairing_uid}, body=selected)
        case ops.AcceptPairingRequest():
            return parts.Parts({"pairingUid": operation.pairing_uid}, body=_acceptance(operation))
        case ops.ViewCentralCluster(uid) | ops.ReleaseCentralCluster(uid):
            return parts.Parts({"uid": uid})
        case ops.ChangeCentralCluster(uid):
            return parts.Parts({"uid": uid}, body=_change_of(operation))
        case ops.UpdateCentralProfiles(uid, selection):
            profiles = wire.V1SpectroClusterProfiles(profiles=_to_entities(selection))
            return parts.Parts({"uid": uid}, body=profiles)
        case ops.ListTokens() | ops.ListCentralClusters() | ops.ListProfiles():
            return parts.Parts()
        case ops.ListProjects(name):
            return parts.Parts(query={"name": name} if name else {})
        case ops.ViewProfile(uid):
            return parts.Parts({"uid": uid})
        case ops.ViewToken(uid) | ops.DeleteToken(uid):
            return parts.Parts({"uid": uid})
        case ops.CreateToken(name, project_uid, expiry):
            spec_entity = wire.V1EdgeTokenSpecEntity(
                defaultProjectUid=parts.unless_empty(project_uid), expiry=_expiry(expiry)
            )
            meta = wire.V1ObjectMeta(name=name)
            return parts.Parts(body=wire.V1EdgeTokenEntity(metadata=meta, spec=spec_entity))
        case ops.UpdateToken(uid, name, project_uid, expiry):
            meta = wire.V1ObjectMeta(name=parts.unless_empty(name))
            spec_update = wire.V1EdgeTokenSpecUpdate(
                defaultProjectUid=parts.unless_empty(project_uid), expiry=_expiry(expiry)
            )
            update = wire.V1EdgeTokenUpdate(metadata=meta, spec=spec_update)
            return parts.Parts({"uid": uid}, body=update)
        case ops.SetTokenState(uid, active):
            return parts.Parts({"uid": uid}, body=wire.V1EdgeTokenActiveState(isActive=active))
    arranged = tenant.to_parts(operation)
    if arranged is None:
        raise TypeError(f"{type(operation).__name__} does not cross HTTP")
    return arranged


def _expiry(expiry: int | None) -> str | None:
    return None if expiry is None else to_timestamp(expiry)


def _time(text: str | None, field: str) -> int | None:
    """A time that may be missing; an empty one is."""
    return from_timestamp(text, field) if text else None


def _equal(text: str) -> wire.V1FilterString | None:
    return wire.V1FilterString(eq=text, ignoreCase=False) if text else None


def _to_entities(selection: Sequence[SelectedProfile]) -> list[wire.V1SpectroClusterProfileEntity]:
    return [
        wire.V1SpectroClusterProfileEntity(uid=s.uid, version=parts.unless_empty(s.version))
        for s in selection
    ]


def _acceptance(operation: ops.AcceptPairingRequest) -> WireModel:
    """Fields that keep the cluster's values are left out."""
    metadata = _entered(operation.name, operation.description, operation.tags)
    spec = wire.V1EdgeNativeClusterPairSpcEntitySpec(
        pairingUid=operation.pairing_uid, profiles=_to_entities(operation.selection)
    )
    return wire.V1EdgeNativeClusterPairSpcEntity(metadata=metadata, spec=spec)


def _entered(
    name: str | None, description: str | None, tags: Mapping[str, str] | None
) -> wire.V1ObjectMetaInputEntity:
    return wire.V1ObjectMetaInputEntity(
        name=name,
        annotations=None if description is None else {parts.DESCRIPTION: description},
        labels=None if tags is None else dict(tags),
    )


def _change_of(operation: ops.ChangeCentralCluster) -> WireModel:
    annotations = dict(operation.annotations)
    if operation.description is not None:
        annotations[parts.DESCRIPTION] = operation.description
    metadata = wire.V1ObjectMetaInputEntity(
        name=operation.name,
        annotations=annotations or None,
        labels=None if operation.tags is None else dict(operation.tags),
    )
    return wire.V1ObjectMetaInputEntitySchema(metadata=metadata)


# --- requests, as the server reads them -----------------------------------------------------


def _log_in(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1AuthLogin, incoming.json)
    return ops.LogInToPalette(
        parts.present(body.emailId, "emailId"), parts.present(body.password, "password")
    )


def _list(incoming: parts.Incoming) -> Operation:
    """A body that is missing asks for everything."""
    state, local_cluster_uid = core_filter(incoming.json)
    return ops.ListPairingRequests(state, local_cluster_uid)


def _selection(
    profiles: Sequence[wire.V1SpectroClusterProfileEntity], place: str
) -> tuple[SelectedProfile, ...]:
    return tuple(
        SelectedProfile(parts.needed(profile.uid, f"{place}.{n}.uid"), profile.version or "")
        for n, profile in enumerate(profiles)
    )


def _match(incoming: parts.Incoming) -> Operation:
    profiles = parse_model(wire.V1ClusterPairSelection, incoming.json).profiles
    return ops.MatchProfiles(incoming.parameter("pairingUid"), _selection(profiles, "profiles"))


def _confirm(incoming: parts.Incoming) -> Operation:
    profiles = parse_model(wire.V1ClusterPairSelection, incoming.json).profiles
    return ops.ConfirmMatch(incoming.parameter("pairingUid"), _selection(profiles, "profiles"))


def _details(incoming: parts.Incoming) -> Operation:
    entity = parse_model(wire.V1EdgeNativeClusterPairSpcEntity, incoming.json)
    metadata = entity.metadata or wire.V1ObjectMetaInputEntity()
    return ops.EnterDetails(
        incoming.parameter("pairingUid"),
        metadata.name,
        (metadata.annotations or {}).get(parts.DESCRIPTION),
        metadata.labels,
    )


def _accept(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1EdgeNativeClusterPairSpcEntity, incoming.json)
    uid = incoming.parameter("pairingUid")
    if body.spec is None:
        raise Malformed("spec", "it is missing")
    if body.spec.pairingUid != uid:
        raise Malformed("spec.pairingUid", "it is not the one of the path")
    metadata = body.metadata or wire.V1ObjectMetaInputEntity()
    return ops.AcceptPairingRequest(
        uid,
        _selection(body.spec.profiles, "spec.profiles"),
        metadata.name,
        (metadata.annotations or {}).get(parts.DESCRIPTION),
        metadata.labels,
    )


def _change(incoming: parts.Incoming) -> Operation:
    metadata = parse_model(wire.V1ObjectMetaInputEntitySchema, incoming.json).metadata
    description, annotations = _annotations(metadata.annotations)
    return ops.ChangeCentralCluster(
        incoming.parameter("uid"), metadata.labels, metadata.name, description, annotations
    )


def _update_profiles(incoming: parts.Incoming) -> Operation:
    profiles = parse_model(wire.V1SpectroClusterProfiles, incoming.json).profiles
    return ops.UpdateCentralProfiles(incoming.parameter("uid"), _selection(profiles, "profiles"))


def _annotations(
    annotations: Mapping[str, str] | None,
) -> tuple[str | None, Mapping[str, str]]:
    """The description, and what else is annotated."""
    others = dict(annotations or {})
    return others.pop(parts.DESCRIPTION, None), others


def _create_token(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1EdgeTokenEntity, incoming.json)
    spec = body.spec or wire.V1EdgeTokenSpecEntity()
    return ops.CreateToken(
        parts.needed(body.metadata.name if body.metadata else None, "metadata.name"),
        spec.defaultProjectUid or "",
        _time(spec.expiry, "spec.expiry"),
    )


def _update_token(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1EdgeTokenUpdate, incoming.json)
    spec = body.spec or wire.V1EdgeTokenSpecUpdate()
    return ops.UpdateToken(
        incoming.parameter("uid"),
        (body.metadata.name if body.metadata else None) or "",
        spec.defaultProjectUid or "",
        _time(spec.expiry, "spec.expiry"),
    )


def _set_state(incoming: parts.Incoming) -> Operation:
    active = parse_model(wire.V1EdgeTokenActiveState, incoming.json).isActive
    return ops.SetTokenState(incoming.parameter("uid"), parts.present(active, "isActive"))


OPERATIONS: Mapping[type[Operation], parts.FromRequest] = {
    ops.LogInToPalette: _log_in,
    ops.ListPairingRequests: _list,
    ops.ViewPairingRequest: lambda i: ops.ViewPairingRequest(i.parameter("pairingUid")),
    ops.MatchProfiles: _match,
    ops.AcceptPairingRequest: _accept,
    ops.AcknowledgeWarning: lambda i: ops.AcknowledgeWarning(i.parameter("pairingUid")),
    ops.EnterDetails: _details,
    ops.ConfirmMatch: _confirm,
    ops.ValidateReview: lambda i: ops.ValidateReview(i.parameter("pairingUid")),
    ops.RejectPairingRequest: lambda i: ops.RejectPairingRequest(i.parameter("pairingUid")),
    ops.ViewCentralCluster: lambda i: ops.ViewCentralCluster(i.parameter("uid")),
    ops.ListProjects: lambda i: ops.ListProjects(i.query.get("name", "")),
    ops.ViewProfile: lambda i: ops.ViewProfile(i.parameter("uid")),
    ops.ChangeCentralCluster: _change,
    ops.UpdateCentralProfiles: _update_profiles,
    ops.ReleaseCentralCluster: lambda i: ops.ReleaseCentralCluster(i.parameter("uid")),
    ops.ViewToken: lambda i: ops.ViewToken(i.parameter("uid")),
    ops.CreateToken: _create_token,
    ops.UpdateToken: _update_token,
    ops.SetTokenState: _set_state,
    ops.DeleteToken: lambda i: ops.DeleteToken(i.parameter("uid")),
    **tenant.OPERATIONS,
}
"""How each operation is read from its request."""


# --- answers ------------------------------------------------------------------------------


def to_answer(value: Value) -> WireModel:
    """The body for a value that Palette answers a person.

    Raises:
        TypeError: Palette answers a person no such value.
    """
    match value:
        case ops.Session(token):
            return wire.V1UserToken(Authorization=token)
        case ops.PairingList(items):
            return wire.V1SpectroClusterPairingRequestMetas(items=[_to_line(i) for i in items])
        case ops.PairingRequestView():
            return _to_pair(value)
        case MatchResult():
            return _to_match(value)
        case ops.Accepted(uid) | ops.Created(uid):
            return wire.V1Uid(uid=uid)
        case ops.CentralClusterList(clusters):
            return wire.V1SpectroClustersMetadata(items=[_of_cluster(c) for c in clusters])
        case ops.ScopeList(scopes):
            projects = [wire.V1ProjectMetadata(metadata=_entity(s.uid, s.name)) for s in scopes]
            return wire.V1ProjectsMetadata(items=projects)
        case ops.ProfileList(profiles):
            return wire.V1ClusterProfilesMetadata(items=[_to_profile_line(p) for p in profiles])
        case ops.ProfileView():
            return _to_profile(value)
        case ops.CentralClusterView():
            metadata = _of_cluster(value)
            status = wire.V1SpectroClusterStatus(state=value.state)
            templates = [wire.V1ClusterProfileTemplate(uid=uid) for uid in value.profiles]
            spec = wire.V1SpectroClusterSpec(clusterProfileTemplates=templates)
            return wire.V1SpectroCluster(metadata=metadata, spec=spec, status=status)
        case RegistrationToken():
            return _to_token(value)
        case ops.TokenList(tokens):
            return wire.V1EdgeTokens(items=[_to_token(token) for token in tokens])
    answer = tenant.to_answer(value)
    if answer is None:
        raise TypeError(f"Palette does not answer a {type(value).__name__}")
    return answer


def _metadata(
    uid: str,
    name: str,
    description: str,
    tags: Mapping[str, str],
    annotations: Mapping[str, str] = MappingProxyType({}),
) -> wire.V1ObjectMeta:
    described = {parts.DESCRIPTION: description} if description else {}
    return wire.V1ObjectMeta(
        uid=uid,
        name=name,
        labels=dict(tags),
        annotations={**annotations, **described} or None,
    )


def _of_cluster(view: ops.CentralClusterView) -> wire.V1ObjectMeta:
    return _metadata(view.uid, view.name, view.description, view.tags, view.annotations)


def _entity(uid: str, name: str) -> wire.V1ObjectEntity:
    return wire.V1ObjectEntity(uid=uid, name=name)


def _to_profile_line(item: ops.ProfileListItem) -> wire.V1ClusterProfileMetadata:
    spec = wire.V1ClusterProfileMetadataSpec(cloudType=stack.CLOUD_TYPE, version=item.version)
    return wire.V1ClusterProfileMetadata(metadata=_entity(item.uid, item.name), spec=spec)


def _to_profile(view: ops.ProfileView) -> WireModel:
    (template,) = stack.to_palette((view.profile,))
    metadata = wire.V1ObjectMeta(uid=view.profile.uid, name=view.profile.name)
    spec = V1ClusterProfileSpec(
        version=view.profile.version,
        published=template if view.published else None,
        draft=None if view.published else template,
        versions=[V1ClusterProfileVersion(version=v, uid=u) for v, u in view.versions.items()],
    )
    status = V1ClusterProfileStatus(isPublished=view.published)
    return V1ClusterProfile(metadata=metadata, spec=spec, status=status)


def _to_line(item: ops.PairingListItem) -> wire.V1SpectroClusterPairingRequestMeta:
    return wire.V1SpectroClusterPairingRequestMeta(
        pairingUid=item.pairing_uid,
        name=item.name,
        localClusterUid=item.local_cluster_uid,
        clusterUid=parts.unless_empty(item.cluster_uid),
        cloudType="edge-native",
        creationTimestamp=to_timestamp(item.created),
        state=item.state,
    )


def _to_pair(view: ops.PairingRequestView) -> WireModel:
    spec = wire.V1SpectroEdgeNativeClusterPairSpec(
        clusterMeta=wire.V1SpectroClusterPairMeta(
            name=view.name, localClusterUid=view.local_cluster_uid
        ),
        machinepoolconfig=pools.to_palette(view.pools),
        profiles=stack.to_palette(view.stack),
        stylusAgentVersion=view.agent_version,
    )
    status = wire.V1SpectroClusterPairStatus(
        state=view.state, pairingClusterUid=parts.unless_empty(view.cluster_uid)
    )
    metadata = _metadata(view.pairing_uid, view.name, view.description, view.tags)
    return wire.V1SpectroEdgeNativeClusterPair(metadata=metadata, spec=spec, status=status)


def _to_match(result: MatchResult) -> WireModel:
    packs = [
        wire.V1ClusterPairPackMatch(
            pack=row.pack,
            version=row.version,
            profile=parts.unless_empty(row.profile),
            profileVersion=parts.unless_empty(row.profile_version),
        )
        for row in result.packs
    ]
    problems = [
        wire.V1ClusterPairProblem(
            kind=problem.kind.value,
            message=problem.text,
            pack=parts.unless_empty(problem.pack),
            localVersion=parts.unless_empty(problem.local_version),
            offeredVersion=parts.unless_empty(problem.offered_version),
            profile=parts.unless_empty(problem.profile),
        )
        for problem in result.problems
    ]
    return wire.V1ClusterPairMatch(valid=result.valid, packs=packs, problems=problems)


def _to_token(token: RegistrationToken) -> wire.V1EdgeToken:
    return wire.V1EdgeToken(
        metadata=wire.V1ObjectMeta(uid=token.uid, name=token.name),
        spec=wire.V1EdgeTokenSpec(
            defaultProject=wire.V1EdgeTokenProject(uid=token.project_uid)
            if token.project_uid
            else None,
            expiry=_expiry(token.expiry),
            token=token.value,
        ),
        status=wire.V1EdgeTokenStatus(isActive=token.active),
    )


def _session(json: Json) -> Value:
    return ops.Session(
        parts.needed(parse_model(wire.V1UserToken, json).Authorization, "Authorization")
    )


def _pairing_list(json: Json) -> Value:
    items = parse_model(wire.V1SpectroClusterPairingRequestMetas, json).items
    return ops.PairingList(tuple(_line(item, f"items.{n}") for n, item in enumerate(items)))


def _line(item: wire.V1SpectroClusterPairingRequestMeta, place: str) -> ops.PairingListItem:
    created = f"{place}.creationTimestamp"
    return ops.PairingListItem(
        parts.needed(item.pairingUid, f"{place}.pairingUid"),
        item.name or "",
        item.localClusterUid or "",
        parts.needed(item.state, f"{place}.state"),
        from_timestamp(parts.needed(item.creationTimestamp, created), created),
        item.clusterUid or "",
    )


def _pairing_request(json: Json) -> Value:
    body = parse_model(wire.V1SpectroEdgeNativeClusterPair, json)
    metadata = body.metadata or wire.V1ObjectMeta()
    spec = body.spec or wire.V1SpectroEdgeNativeClusterPairSpec()
    cluster = spec.clusterMeta or wire.V1SpectroClusterPairMeta()
    status = body.status or wire.V1SpectroClusterPairStatus()
    return ops.PairingRequestView(
        parts.needed(metadata.uid, "metadata.uid"),
        parts.needed(status.state, "status.state"),
        metadata.name or cluster.name or "",
        (metadata.annotations or {}).get(parts.DESCRIPTION, ""),
        dict(metadata.labels or {}),
        cluster.localClusterUid or "",
        stack.from_palette(spec.profiles or [], "spec.profiles"),
        status.pairingClusterUid or "",
        pools.from_palette(spec.machinepoolconfig or [], "spec.machinepoolconfig"),
        spec.stylusAgentVersion or "",
    )


def _match_result(json: Json) -> Value:
    body = parse_model(wire.V1ClusterPairMatch, json)
    if body.valid and body.problems:
        raise Malformed("valid", "it contradicts the list of problems")
    problems = tuple(map(_problem, body.problems))
    if not (body.valid or problems):
        problems = (MatchProblem(Mismatch.OTHER, "no reason is given"),)
    return MatchResult(
        tuple(
            PackMatch(row.pack, row.version, row.profile or "", row.profileVersion or "")
            for row in body.packs
        ),
        problems,
    )


def _problem(problem: wire.V1ClusterPairProblem) -> MatchProblem:
    known = problem.kind in frozenset(Mismatch)
    return MatchProblem(
        Mismatch(problem.kind) if known else Mismatch.OTHER,
        problem.message,
        problem.pack or "",
        problem.localVersion or "",
        problem.offeredVersion or "",
        problem.profile or "",
    )


def _central_cluster(json: Json) -> Value:
    body = parse_model(wire.V1SpectroCluster, json)
    state = (body.status.state if body.status else None) or ""
    templates = (body.spec.clusterProfileTemplates if body.spec else None) or []
    view = _from_cluster(body.metadata or wire.V1ObjectMeta(), "metadata", state)
    return replace(view, profiles=tuple(sorted(t.uid for t in templates if t.uid)))


def _central_clusters(json: Json) -> Value:
    """The list does not say in which state a cluster is."""
    items = enumerate(parse_model(wire.V1SpectroClustersMetadata, json).items)
    return ops.CentralClusterList(tuple(_from_cluster(m, f"items.{n}") for n, m in items))


def _from_cluster(
    metadata: wire.V1ObjectMeta, place: str, state: str = ""
) -> ops.CentralClusterView:
    description, annotations = _annotations(metadata.annotations)
    return ops.CentralClusterView(
        parts.needed(metadata.uid, f"{place}.uid"),
        metadata.name or "",
        description or "",
        dict(metadata.labels or {}),
        state,
        annotations,
    )


def _projects(json: Json) -> Value:
    items = enumerate(parse_model(wire.V1ProjectsMetadata, json).items)
    named = (_named(item.metadata, f"items.{n}.metadata") for n, item in items)
    return ops.ScopeList(tuple(ops.NamedScope(*uid_and_name) for uid_and_name in named))


def _profile_list(json: Json) -> Value:
    items = enumerate(parse_model(wire.V1ClusterProfilesMetadata, json).items)
    return ops.ProfileList(
        tuple(
            ops.ProfileListItem(
                *_named(item.metadata, f"items.{n}.metadata"),
                (item.spec.version if item.spec else None) or "",
            )
            for n, item in items
        )
    )


def _named(entity: wire.V1ObjectEntity | None, place: str) -> tuple[str, str]:
    entity = entity or wire.V1ObjectEntity()
    return parts.needed(entity.uid, f"{place}.uid"), entity.name or ""


def _profile(json: Json) -> Value:
    spec = parse_model(V1ClusterProfile, json).spec or V1ClusterProfileSpec()
    template = spec.published or spec.draft
    if template is None:
        raise Malformed("spec.published", "it is missing")
    place = "spec.published" if spec.published else "spec.draft"
    (profile,) = stack.from_palette([template], place)
    versions = {v.version or "": v.uid or "" for v in spec.versions or ()}
    return ops.ProfileView(profile, spec.published is not None, versions)


def _token(body: wire.V1EdgeToken, place: str) -> RegistrationToken:
    """A token may be listed without its value."""
    metadata = body.metadata or wire.V1ObjectMeta()
    spec = body.spec or wire.V1EdgeTokenSpec()
    return RegistrationToken(
        parts.needed(metadata.uid, f"{place}metadata.uid"),
        metadata.name or "",
        spec.token or "",
        (spec.defaultProject.uid if spec.defaultProject else None) or "",
        _time(spec.expiry, f"{place}spec.expiry"),
        parts.present(body.status.isActive if body.status else None, f"{place}status.isActive"),
    )


def _tokens(json: Json) -> Value:
    items = parse_model(wire.V1EdgeTokens, json).items
    return ops.TokenList(tuple(_token(item, f"items.{n}.") for n, item in enumerate(items)))


VALUES: Mapping[type[Operation], parts.FromAnswer] = {
    ops.LogInToPalette: _session,
    ops.ListPairingRequests: _pairing_list,
    ops.ViewPairingRequest: _pairing_request,
    ops.MatchProfiles: _match_result,
    ops.AcceptPairingRequest: lambda json: ops.Accepted(parts.uid_of(json)),
    ops.ViewCentralCluster: _central_cluster,
    ops.ListCentralClusters: _central_clusters,
    ops.ListProjects: _projects,
    ops.ListProfiles: _profile_list,
    ops.ViewProfile: _profile,
    ops.ListTokens: _tokens,
    ops.ViewToken: lambda json: _token(parse_model(wire.V1EdgeToken, json), ""),
    ops.CreateToken: lambda json: ops.Created(parts.uid_of(json)),
    **tenant.VALUES,
}
"""How each operation's answer is read."""
