"""What an arrangement or an operation makes on a target, as entries of a ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from harness.domain.arrangements import (
    AdvanceClock,
    Arrangement,
    CreateProject,
    DisturbMessages,
    FaultNextMessage,
    InstallCluster,
    PutProfile,
    PutToken,
    PutUser,
    SetClusterState,
    SetHostMode,
    SetLink,
    SetNodeHealth,
    SetRateLimit,
    Side,
)
from harness.domain.cluster import ClusterState, Health, ManagementMode
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    CreateCluster,
    CreateToken,
    PairingId,
    SendPairingRequest,
    TokenUid,
    Value,
)
from harness.targets.ledger import Entry, Kind
from harness.targets.port import Outgoing


def what_is_arranged(arrangement: Arrangement) -> Sequence[Entry]:
    """What an arrangement makes or changes, so that it has to be undone; mostly one entry."""
    match arrangement:
        case CreateProject(uid, name):
            return [_central(Kind.PROJECT, name, uid, undo="ForgetProject", project=uid)]
        case PutUser(email=email):
            return [_central(Kind.USER, email, email, undo="RemoveUser")]
        case PutToken(token):
            project = token.project_uid
            return [
                _central(Kind.TOKEN, token.name, token.uid, undo="RemoveToken", project=project)
            ]
        case PutProfile(profile):
            uid, project = profile.uid, profile.project_uid
            return [
                _central(Kind.PROFILE, profile.name, uid, undo="RemoveProfile", project=project)
            ]
        case SetRateLimit(calls) if calls:
            return [_central(Kind.RATE_LIMIT, f"the next {calls} calls", undo="SetRateLimit")]
        case AdvanceClock(side, by):
            return [
                _entry(
                    Kind.CLOCK, f"the clock of the {side.value} side", side, "SetClockRight", by=by
                )
            ]
        case _:
            return _at_the_edge(arrangement)


def _at_the_edge(arrangement: Arrangement) -> Sequence[Entry]:
    match arrangement:
        case InstallCluster(slot, cluster) if cluster is not None:
            return [_edge(Kind.CLUSTER, cluster.name, slot, "InstallCluster", cluster.uid)]
        case SetHostMode(slot, mode) if mode is not ManagementMode.LOCAL:
            return [_edge(Kind.HOST_MODE, mode.value, slot, "SetHostMode")]
        case SetClusterState(slot, state) if state is not ClusterState.RUNNING:
            return [_edge(Kind.CLUSTER_STATE, state.value, slot, "SetClusterState")]
        case SetNodeHealth(slot, node, health) if health is not Health.HEALTHY:
            return [_edge(Kind.NODE_HEALTH, f"{node} {health.value}", slot, "SetNodeHealth", node)]
        case SetLink(host, up=False):
            return [_edge(Kind.LINK, "cut", host, "SetLink")]
        case FaultNextMessage(host, message, fault):
            return [_edge(Kind.FAULT, f"{message.value} {fault.value}", host, "SetLink")]
        case DisturbMessages(host) if arrangement != DisturbMessages(host):
            return [_edge(Kind.FAULT, "messages disturbed", host, "DisturbMessages")]
    return []


def what_is_sent(
    outgoing: Outgoing, slot: str, project_of: Mapping[str, str] = MappingProxyType({})
) -> Sequence[Entry]:
    """What an operation makes.

    `slot` is the place of the host that is asked; `project_of` knows the project of a
    registration token by its value.
    """
    match outgoing.operation:
        case SendPairingRequest(token=token):
            host, project = outgoing.host_uid, project_of.get(token, "")
            return [
                _entry(Kind.REQUEST, f"from {slot}", Side.EDGE, "CancelPairingRequest", place=host,
                       project=project)
            ]  # fmt: skip
        case AcceptPairingRequest(uid):
            # Nothing undoes an acceptance: it is noted so that nobody wonders.
            return [_central(Kind.CENTRAL_CLUSTER, f"of request {uid}", undo="nothing does")]
        case CreateToken(name, project):
            return [_central(Kind.TOKEN, name, undo="DeleteToken", project=project)]
        case CreateCluster(name):
            return [_edge(Kind.CLUSTER, name, slot, "InstallCluster")]
    return []


def uid_of_reply(value: Value) -> str:
    """The uid of what was made, if the answer names one."""
    match value:
        case PairingId(uid) | Accepted(uid) | TokenUid(uid):
            return uid
    return ""


def _central(kind: Kind, what: str, uid: str = "", *, undo: str, project: str = "") -> Entry:
    return _entry(kind, what, Side.CENTRAL, undo, uid=uid, project=project)


def _edge(kind: Kind, what: str, place: str, undo: str, uid: str = "") -> Entry:
    return _entry(kind, what, Side.EDGE, undo, place=place, uid=uid)


def _entry(
    kind: Kind,
    what: str,
    side: Side,
    undo: str,
    *,
    uid: str = "",
    place: str = "",
    project: str = "",
    by: int = 0,
) -> Entry:
    return Entry(
        n=0,
        kind=kind,
        what=what,
        uid=uid,
        side=side,
        place=place,
        project=project,
        by=by,
        undo=undo,
    )
