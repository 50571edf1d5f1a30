"""Whether the credentials of the target file open what they should, and what is behind it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from harness.doctor.finding import Notes
from harness.domain import operations as ops
from harness.domain.arrangements import InstallCluster, PutUser
from harness.domain.cluster import Cluster, ClusterState, ManagementMode
from harness.domain.errors import Reason, Refused
from harness.targets.arranging.api import PublishedApi
from harness.targets.arranging.commands import Commands
from harness.targets.control_port import ControlPort
from harness.targets.http import CENTRAL_LOOKS, HttpDriver
from harness.targets.port import Outgoing
from harness.targets.target import Host, TargetSlot

V = TypeVar("V", bound=ops.Value)


def examine_logins(driver: HttpDriver, dead: Collection[str]) -> tuple[Notes, Notes]:
    """Log in at each Local UI, look at the cluster, and log out; try the keys for Palette.

    Returns what was found of logins, and of clusters.
    """
    logins, clusters = Notes("login"), Notes("clusters")
    for place in driver.target.places:
        seen = [_at(driver, host, logins) for host in place.hosts if host.url not in dead]
        for host, session in [s for s in seen if s is not None]:
            _cluster(driver, place, host, session, clusters)
            _ask(driver, ops.LogOut(), session, host.uid)
    if driver.target.central_url and driver.target.central_url not in dead:
        _keys(driver, logins)
    return logins, clusters


def _ask(
    driver: HttpDriver, operation: ops.Operation, proof: ops.Credentials, host_uid: str = ""
) -> ops.Reply:
    if not driver.info.offers(type(operation)):
        return Refused(Reason.FORBIDDEN, "the target does not offer it")
    outgoing = Outgoing(operation, proof, host_uid, "doctor")
    return driver.ask(outgoing, driver.target.timeouts.check_s).reply


def _at(driver: HttpDriver, host: Host, notes: Notes) -> tuple[Host, ops.Credentials] | None:
    user = driver.target.local_user
    reply = _ask(driver, ops.LogIn(user.username, user.password), ops.Credentials(), host.uid)
    match reply:
        case ops.Done(ops.Session(token)):
            notes.good(f"the login to Local UI of host {host.uid} succeeds")
            return host, ops.Credentials(session=token)
        case Refused():
            told = f"Local UI of host {host.uid} refuses the login: {reply.message}"
            remedy = "check the variables that edge.login names; the user is one of the host's own"
            notes.problem(told, remedy)
        case ops.Unknown(why):
            told = f"the login to Local UI of host {host.uid} brought no session: {why}"
            notes.problem(told, "see that [paths.LogIn] and its request and response fit")
        case _:
            told = f"the login to Local UI of host {host.uid} was answered with something else"
            notes.problem(told, "see that [paths.LogIn] fits")
    return None


def _cluster(
    driver: HttpDriver, place: TargetSlot, host: Host, session: ops.Credentials, notes: Notes
) -> None:
    """What stands at a place. The same cluster is seen from each of its hosts."""
    mode = _value(_ask(driver, ops.ViewManagement(), session, host.uid), ops.Management)
    is_renewed = driver.arranging.way_for(InstallCluster) in (Commands.name, ControlPort.name)
    if mode is not None and mode.mode is ManagementMode.CENTRAL:
        told = f"host {host.uid} in slot {place.slot} is centrally managed"
        if is_renewed:
            notes.note(f"{told}: a run has another cluster installed there first")
            return
        remedy = "let the place be reset (a reset command, or a control port), or name another"
        notes.gap(f"{told}: pairing is for good", remedy)
        return
    reply = _ask(driver, ops.ViewCluster(), session, host.uid)
    if isinstance(reply, ops.Unknown):
        told = f"host {host.uid} does not show its cluster: {reply.why}"
        notes.problem(told, "see that [paths.ViewCluster] fits")
        return
    cluster = _value(reply, Cluster)
    if cluster is not None and host is place.hosts[0]:
        _standing(place, cluster, notes, is_renewed=is_renewed)


def _standing(place: TargetSlot, cluster: Cluster, notes: Notes, *, is_renewed: bool) -> None:
    told = f"slot {place.slot} has cluster {cluster.name}"
    told_uids = {uid for uid in cluster.host_uids() if uid}  # a mapping may leave them out
    stranger = told_uids - {host.uid for host in place.hosts}
    ill = ", ".join(node.name for node in cluster.unhealthy_nodes())
    if stranger:
        names = ", ".join(sorted(stranger))
        remedy = f"add them to the hosts of slot {place.slot}, or correct their uids there"
        notes.problem(f"{told}, with hosts that the target file does not name: {names}", remedy)
    unfit = {}
    if cluster.state is not ClusterState.RUNNING:
        remedy = "wait until it is Running, or let the place be reset"
        unfit[f"which is {cluster.state.value}"] = remedy
    if ill:
        unfit[f"whose nodes are not all healthy: {ill}"] = "mend them, or reset the place"
    for what, remedy in unfit.items():
        if is_renewed:
            notes.note(f"{told}, {what}: a run has another one installed there first")
        else:
            notes.gap(f"{told}, {what}", remedy)
    if not (stranger or ill) and cluster.state is ClusterState.RUNNING:
        notes.good(f"{told}, Running and healthy")


def _value(reply: ops.Reply, kind: type[V]) -> V | None:
    value = reply.value if isinstance(reply, ops.Done) else None
    return value if isinstance(value, kind) else None


def _keys(driver: HttpDriver, notes: Notes) -> None:
    arranging = driver.target.arranging
    if arranging.admin is not None:
        for look in driver.looks(CENTRAL_LOOKS)[:1]:
            _key("central.admin", _ask(driver, look, arranging.admin), notes)
        if driver.arranging.way_for(PutUser) == PublishedApi.name:
            looks = driver.looks((ops.ListProjects(), ops.ListRoles(), ops.ListUsers()))
            replies = {type(look).__name__: _ask(driver, look, arranging.admin) for look in looks}
            if refused := [n for n, reply in replies.items() if not isinstance(reply, ops.Done)]:
                told = (
                    f"Palette refuses {', '.join(refused)} to central.admin, so that projects and"
                )
                remedy = (
                    "give that key the role of a tenant admin, or name another way in [arrange]"
                )
                notes.gap(f"{told} people are hardly arranged by the API", remedy)
    projects = arranging.given.projects
    for person in arranging.given.people:
        scope = projects[0] if projects else ""
        proof = replace(ops.Credentials(api_key=person.api_key), project_uid=scope)
        for look in driver.looks((ops.ListPairingRequests(), ops.ListCentralClusters()))[:1]:
            _key(f"given.people {person.label}", _ask(driver, look, proof), notes)


def _key(what: str, reply: ops.Reply, notes: Notes) -> None:
    match reply:
        case Refused(Reason.UNAUTHENTICATED):
            told = f"Palette does not know the key of {what}"
            notes.problem(told, "check the variable that api_key_env names there")
        case ops.Unknown(why):
            notes.problem(f"{what}: {why}", "see that the mapping fits")
        case _:
            notes.good(f"Palette knows the key of {what}")
