"""Each arrangement as a sentence for a person who is to bring it about."""

from __future__ import annotations

from harness.domain.arrangements import (
    AdvanceClock,
    Arrangement,
    CreateProject,
    DisturbMessages,
    FaultNextMessage,
    ForgetProject,
    InstallCluster,
    MessageFault,
    MessageKind,
    PutProfile,
    PutToken,
    PutUser,
    RemoveProfile,
    RemoveToken,
    RemoveUser,
    RenewCluster,
    Reset,
    Restart,
    SetClockRight,
    SetClusterState,
    SetHostMode,
    SetLink,
    SetNodeHealth,
    SetRateLimit,
    Side,
)
from harness.domain.cluster import Cluster
from harness.domain.permission import TENANT
from harness.domain.profile import ClusterProfile

_SIDE = {Side.EDGE: "the edge hosts", Side.CENTRAL: "Palette"}
_MESSAGE = {
    MessageKind.PROBE: "check of the connection",
    MessageKind.SUBMIT: "pairing request",
    MessageKind.POLL: "question what became of the request",
    MessageKind.CONFIRM: "confirmation of the pairing",
    MessageKind.WITHDRAW: "withdrawal of the request",
}
_FATE = {
    MessageFault.LOST_BEFORE: "is lost before it arrives",
    MessageFault.LOST_AFTER: "arrives, and its answer is lost",
    MessageFault.DELAYED: "is late",
    MessageFault.REPEATED: "arrives twice",
    MessageFault.SERVER_ERROR: "is answered with the status 500 and has no effect",
}


def sentence(arrangement: Arrangement) -> str:
    """What to bring about, in plain words.

    Raises:
        KeyError: there is no sentence for this kind.
    """
    match arrangement:
        case InstallCluster(slot, None):
            return f"Remove the cluster from the hosts of slot {slot}, so that they have none."
        case InstallCluster(slot, Cluster() as cluster):
            return f"Install a fresh, unpaired cluster in slot {slot}: {_described(cluster)}."
        case RenewCluster(slot):
            return f"Put the cluster of slot {slot} back as it was: fresh and unpaired."
        case SetHostMode(slot, mode):
            return f"Bring the hosts of slot {slot} into {mode.value} management mode."
        case SetClusterState(slot, state):
            return f"Bring the cluster in slot {slot} into the state {state.value}."
        case SetNodeHealth(slot, node, health):
            return f"Make node {node} of the cluster in slot {slot} {health.value.lower()}."
        case SetLink(host, up):
            return (
                f"Let host {host} reach Palette again."
                if up
                else f"Cut host {host} off from Palette, so that Local UI still answers."
            )
        case FaultNextMessage(host, message, fault, delay):
            late = f" by {delay / 1_000_000:g} s" if delay else ""
            told = f"the next {_MESSAGE[message]} from host {host} to Palette"
            return f"See to it that {told} {_FATE[fault]}{late}."
        case DisturbMessages():
            return _disturbed(arrangement)
        case AdvanceClock(side, by):
            way = "forward" if by >= 0 else "back"
            return f"Put the clock of {_SIDE[side]} {way} by {abs(by) / 1_000_000:g} s."
        case SetClockRight(side):
            return f"Set the clock of {_SIDE[side]} right."
        case Restart(side):
            return f"Stop {_SIDE[side]}, start again, and wait until it answers."
        case SetRateLimit(calls, after):
            told = f"Let Palette answer its next {calls} calls with 429 and Retry-After: {after}"
            return f"{told}." if calls else "Let Palette answer without a limit of its rate."
        case Reset():
            return "Remove everything from Palette and from the edge hosts."
        case CreateProject(uid, name):
            return f"Create a project {name!r} (uid {uid}) in Palette."
        case ForgetProject(uid):
            return f"Delete the project {uid} in Palette with all that is in it."
        case PutUser():
            return _user(arrangement)
        case RemoveUser(email):
            return f"Delete the user {email} in Palette."
        case PutToken(token):
            active = "active" if token.active else "deactivated"
            return (
                f"Let there be a registration token {token.name!r} (uid {token.uid}) for project"
                f" {token.project_uid}, {active}, which expires at {token.expiry // 1_000_000}"
                " (seconds since 1970)."
            )
        case RemoveToken(uid):
            return f"Delete the registration token {uid} in Palette."
        case PutProfile(profile):
            return _profile(profile)
        case RemoveProfile(uid):
            return f"Delete the cluster profile {uid} in Palette."
    raise KeyError(type(arrangement).__name__)


def _user(user: PutUser) -> str:
    by_scope: dict[str, list[str]] = {}
    for grant in sorted(user.grants, key=lambda g: (g.scope, g.permission)):
        scope = "the tenant" if grant.scope == TENANT else f"project {grant.scope}"
        by_scope.setdefault(scope, []).append(grant.permission.value)
    rights = "; ".join(f"{', '.join(p)} in {scope}" for scope, p in by_scope.items())
    told = f"with just these permissions on pairing requests: {rights or 'none'}"
    more = ", who may create registration tokens" if user.tenant_admin else ""
    return f"Let there be a user {user.email} in Palette {told}{more}."


def _profile(profile: ClusterProfile) -> str:
    versions = "; ".join(
        f"version {edition.version}{'' if edition.published else ' (a draft)'} with"
        f" {', '.join(map(str, edition.packs))}"
        for edition in profile.editions
    )
    where = f"in project {profile.project_uid}" if profile.project_uid else "in the tenant"
    told = f"Let there be a cluster profile {profile.name!r} (uid {profile.uid}) {where}"
    return f"{told}, of the type {profile.type.value}: {versions}."


def _disturbed(arrangement: DisturbMessages) -> str:
    told = [
        f"{arrangement.lost_before / 10_000:g} % are lost on the way",
        f"{arrangement.lost_after / 10_000:g} % of the answers are lost",
        f"all take {arrangement.slowed} times as long",
    ]
    return f"Disturb the messages of host {arrangement.host_uid} and its cluster: " + (
        f"{', '.join(told)}."
    )


def _described(cluster: Cluster) -> str:
    control = sum(len(p.nodes) for p in cluster.pools if p.control_plane)
    workers = sum(len(p.nodes) for p in cluster.pools if not p.control_plane)
    packs = ", ".join(str(pack) for profile in cluster.stack for pack in profile.packs)
    return (
        f"name {cluster.name!r}, control plane nodes: {control}, workers: {workers}, packs: {packs}"
    )
