"""Whether each address can be reached, what answers there is the API, its clock is right, and the
credentials open what they should, with what is behind it.

The API is looked for by the mapping that the target file has.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from harness.doctor.finding import Notes
from harness.domain import operations as ops
from harness.domain.arrangements import InstallCluster, PutUser, Side
from harness.domain.cluster import Cluster, ClusterState, ManagementMode
from harness.domain.errors import Reason, Refused
from harness.http_client import USER_AGENT, NoAnswer, what_failed
from harness.targets.arranging.api import PublishedApi
from harness.targets.arranging.commands import Commands
from harness.targets.control_port import ControlPort
from harness.targets.exchange import MappedExchange
from harness.targets.http import CENTRAL_LOOKS, LOCAL_LOOKS, HttpDriver
from harness.targets.plugged import PluggedDriver
from harness.targets.port import NotOffered, Outgoing
from harness.targets.target import Control, Host, Target, TargetSlot
from harness.targets.trust import Trust
from harness.wire.control import HEALTH_PATH, bearer
from harness.wire.http import HttpRequest
from harness.wire.json_path import BODY, QUERY
from harness.wire.model import CONTINUE, LIST_META
from harness.wire.routes import ROUTES

Clock = Callable[[], datetime]
"""This machine's time, UTC."""

_SOON_DAYS: Final = 14


def examine_network(target: Target, today: datetime) -> tuple[Notes, frozenset[str]]:
    """Connect to every address of the target once; returns also those that nobody needs to ask."""
    notes = Notes("network")
    trusts = target.trust_at()
    dead = frozenset(
        url
        for url in dict.fromkeys(target.addresses())
        if not _stands(url, trusts.get(url, target.trust), target, today, notes)
    )
    for url in target.endpoints() if target.sides == frozenset(Side) and not target.proxy else ():
        tried = Notes("network")
        if url not in target.addresses() and not _stands(url, trusts[url], target, today, tried):
            told = f"endpoint, which operators enter: {tried.found[-1].what}"
            notes.note(told, "no matter if the edge hosts reach it, which are elsewhere")
    if any(t.insecure for t in (target.trust, *target.trusts.values())):
        told = "insecure = true: any certificate is trusted, so nobody knows who answers"
        notes.note(told, "name the CA with tls.ca_file, or pin it with tls.fingerprints")
    return notes, dead


def _stands(url: str, trust: Trust, target: Target, today: datetime, notes: Notes) -> bool:
    if target.proxy:
        return True  # what is behind a proxy shows when it is asked
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), target.timeouts.connect_s) as plain:
            if parts.scheme == "https":
                with trust.context().wrap_socket(plain, server_hostname=host) as secure:
                    _expiry(url, secure, today, notes)
    except TimeoutError:
        told = f"{url}: no connection stood within {target.timeouts.connect_s:g} s"
        remedy = "check that it is running, and that no firewall drops what this machine sends"
        notes.problem(told, remedy)
        return False
    except (OSError, UnicodeError) as error:
        what, _, remedy = what_failed(error).partition("; ")
        notes.problem(f"{url}: {what}", remedy or "look at its log")
        return False
    notes.good(f"{url} can be reached")
    return True


def _expiry(url: str, secure: ssl.SSLSocket, today: datetime, notes: Notes) -> None:
    """Whether a certificate that was checked will be good for long."""
    certificate: Mapping[str, Any] = secure.getpeercert() or {}
    if "notAfter" not in certificate:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    if (days := (ends - today).days) < _SOON_DAYS:
        notes.note(f"{url}: its certificate ends in {days} days", "renew it")


_ASKED_BY_HOSTS: Final = (ops.PollPairing, ops.ConfirmPairing, ops.WithdrawPairing)
_SKEW_S: Final = 3.0
"""Dates have whole seconds, and an answer may have waited for its turn here."""


def examine_answers(driver: HttpDriver, dead: Collection[str], clock: Clock) -> Notes:
    """Ask each side something that changes nothing, as somebody who has not logged in."""
    notes = Notes("api")
    target = driver.target
    for host in target.hosts():
        if host.url not in dead:
            what = f"Local UI of host {host.uid}"
            for look in driver.looks(LOCAL_LOOKS)[:1]:
                _asked(driver, look, what, notes, clock, host.uid)
    if Side.CENTRAL in target.sides and target.central_url not in dead:
        for operation in driver.looks(CENTRAL_LOOKS)[:2]:
            _asked(driver, operation, f"Palette, {type(operation).__name__}", notes, clock)
        if Side.EDGE not in target.sides:
            _asked(driver, ops.Probe(), "Palette, as edge hosts ask it", notes, clock)
        _pages(driver, notes)
    if Side.CENTRAL not in target.sides:
        _codes(driver, notes)
    for control in dict.fromkeys(target.controls.values()):
        if control.url not in dead:
            _control(driver, control, notes)
    return notes


def _codes(driver: HttpDriver, notes: Notes) -> None:
    """Hosts go by the code of a refusal: where several mean one of ours, which they are told."""
    wire = driver.target.wire
    own = {
        ours
        for kind in _ASKED_BY_HOSTS
        for each in wire.calls(kind)
        for ours in each.said.codes.values()
    }
    for reason in (Reason.NOT_FOUND, Reason.ALREADY_ACCEPTED, Reason.REQUEST_DECIDED):
        several = [theirs for theirs, ours in wire.codes.items() if ours == reason]
        if len(several) > 1 and reason not in own:
            notes.note(
                f"of {len(several)} codes for {reason}, hosts are told {several[0]}",
                "say in paths.WithdrawPairing.codes, and of the others that hosts ask, which it is",
            )


def _pages(driver: HttpDriver, notes: Notes) -> None:
    """Where one list says elsewhere than published how it goes on, others mostly do too: read where
    nothing stands, each seems to end with its first page.
    """
    wire, page, more = driver.target.wire, (BODY, LIST_META, CONTINUE), (QUERY, CONTINUE)
    moved, left = [], []
    unasked = () if driver.target.arranging.admin else (ops.ListRoles, ops.ListUsers)
    for kind in (k for k, route in ROUTES.items() if route.is_paged and k not in unasked):
        calls = wire.calls(kind) if driver.info.offers(kind) else ()
        answers = [each for call in calls for each in call.answer if each.ours == page]
        if any(each.theirs != page for each in answers):
            moved.append(kind.__name__)
        elif answers and all(each.ours != more for call in calls for each in call.asked):
            left.append(kind.__name__)
    for name in left if moved else ():
        notes.note(
            f"the next page of {name} is read at listmeta.continue, that of {moved[0]} is not",
            f'say in paths.{name} where it stands, or request = {{ "?continue" = "" }} if there are'
            " no pages",
        )


def _asked(
    driver: HttpDriver,
    operation: ops.Operation,
    what: str,
    notes: Notes,
    clock: Clock,
    host_uid: str = "",
) -> None:
    outgoing = Outgoing(operation, ops.Credentials(), host_uid, "doctor")
    asked = clock()
    answered = driver.ask(outgoing, driver.target.timeouts.check_s)
    _clock(answered, what, notes, asked, clock())
    sent = f"{answered.sent.method} {answered.sent.url}"
    key = f"paths.{type(operation).__name__}"
    match answered.reply:
        case ops.Unknown(why):
            remedy = f"see that the address is the API's, and that [{key}] and [errors] fit it"
            came = why if sent in why else f"{sent}: {why}"  # what was sent stands there once
            notes.problem(f"{what}: {came}", remedy)
        case Refused(Reason.UNAUTHENTICATED):
            notes.good(f"{what} asks for a login")
        case Refused(Reason.RATE_LIMITED):
            remedy = "slow the harness down with rate_limit.per_second, or raise the limit"
            notes.note(f"{what}: too many requests, says {sent}", remedy)
        case Refused() as refused:
            told = f"is refused ({refused.reason.value}), but not for want of a login"
            remedy = f"see that [{key}] fits, and [codes] if it means a missing login"
            notes.note(f"{what}: {sent} {told}", remedy)
        case ops.Done() if isinstance(operation, ops.Probe):
            notes.good(f"{what}: a Palette answers")
        case ops.Done():
            told = f"{what} answers {sent} to somebody who has not logged in"
            notes.note(told, "expect SND-1 or ACC-1 to fail; or is another service there?")


def _clock(
    answered: MappedExchange, what: str, notes: Notes, asked: datetime, heard: datetime
) -> None:
    """Their clock was read at some moment between asking and hearing."""
    date = answered.response.header("Date") if answered.response else ""
    try:
        theirs = parsedate_to_datetime(date) if date else heard
    except ValueError:
        return
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    apart_s = (theirs - min(max(theirs, asked), heard)).total_seconds()
    if not -_SKEW_S <= apart_s + 0.5 <= _SKEW_S:
        way = "ahead of" if apart_s > 0 else "behind"
        told = f"{what}: its clock is {abs(apart_s):.0f} s {way} this machine's"
        notes.gap(told, "let both keep time (NTP): tokens that expire are judged by the minute")


def _control(driver: HttpDriver, control: Control, notes: Notes) -> None:
    request = HttpRequest("GET", HEALTH_PATH, headers=bearer(control.secret))
    sent = driver.client.prepare(control.url, request, USER_AGENT)
    try:
        status = driver.client.exchange(control.url, sent, driver.target.timeouts.check_s).status
    except NoAnswer as error:
        notes.problem(f"the control port: {error}", "see control.url")
        return
    if status == 401:
        told = f"the control port {control.url} does not know the secret"
        notes.problem(told, "check the variable that control.secret_env names")
    elif status != 200:
        told = f"{control.url} answers {status} to {HEALTH_PATH}: this is no control port"
        notes.problem(told, "correct control.url; docs/arranging.md says what a control port is")
    else:
        notes.good(f"the control port {control.url} answers")


V = TypeVar("V", bound=ops.Value)


def examine_logins(driver: HttpDriver, dead: Collection[str]) -> tuple[Notes, Notes]:
    """Log in at each Local UI, look at the cluster, log out; try the keys: logins, and clusters."""
    logins, clusters = Notes("login"), Notes("clusters")
    user = driver.target.local_user
    login = ops.LogIn(user.username, user.password)
    for place in driver.target.places:
        for host in (host for host in place.hosts if host.url not in dead):
            reply = _ask(driver, login, ops.Credentials(), host.uid)
            if session := _session(reply, host.uid, logins, _BY_FILE):
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


_BY_FILE: Final = (
    "check the variables that edge.login names; the user is one of the host's own",
    "see that [paths.LogIn] and its request and response fit",
)
_BY_DRIVER: Final = ("correct local_user of the driver", "see to the driver")


def _session(
    reply: ops.Reply | None, host_uid: str, notes: Notes, remedies: tuple[str, str]
) -> ops.Credentials | None:
    """What a login brought; the remedies are of one that is refused, and of an unknown one."""
    what, (refused, unknown) = f"Local UI of host {host_uid}", remedies
    match reply:
        case ops.Done(ops.Session(token)):
            notes.good(f"the login to {what} succeeds")
            return ops.Credentials(session=token)
        case Refused(message=message):
            notes.problem(f"{what} refuses the login: {message}", refused)
        case ops.Unknown(why):
            notes.problem(f"the login to {what} brought no session: {why}", unknown)
        case _:
            told = f"the login to {what} is answered with no session"
            notes.problem(told, "let the driver answer LogIn with Done(Session(token))")
    return None


def _cluster(
    driver: HttpDriver, place: TargetSlot, host: Host, session: ops.Credentials, notes: Notes
) -> None:
    """What stands at a place. The same cluster is seen from each of its hosts."""
    managed = _ask(driver, ops.ViewManagement(), session, host.uid)
    if isinstance(managed, ops.Unknown):
        told = f"host {host.uid} does not show who manages it: {managed.why}"
        notes.problem(told, "see that [paths.ViewManagement] fits")
    mode = _value(managed, ops.Management)
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


# --- a driver of another package ------------------------------------------------------------------


def examine_driven(driver: PluggedDriver) -> tuple[Notes, Notes]:
    """The same of a driver whose addresses nobody knows: its answers to strangers, its logins."""
    api, logins, user = Notes("api"), Notes("login"), driver.local_user
    if Side.CENTRAL in driver.target.sides:
        _answered(driver, ops.ListTokens(), "Palette", api)
    for host in driver.target.hosts():
        _answered(driver, ops.ViewCluster(), f"Local UI of host {host.uid}", api, host.uid)
        reply = _reply(driver, ops.LogIn(user.username, user.password), host.uid)
        if session := _session(reply, host.uid, logins, _BY_DRIVER):
            _reply(driver, ops.LogOut(), host.uid, session)
    return api, logins


def _answered(
    driver: PluggedDriver, operation: ops.Operation, what: str, notes: Notes, host_uid: str = ""
) -> None:
    kind = type(operation).__name__
    match _reply(driver, operation, host_uid):
        case None:
            notes.note(f"{what}: {kind} is not offered")
        case ops.Unknown(why):
            remedy = "see to the product, and to the driver: each answer is Done or Refused"
            notes.problem(f"{what}: {kind} has no answer that makes sense: {why}", remedy)
        case Refused(Reason.UNAUTHENTICATED):
            notes.good(f"{what} asks for a login")
        case Refused(reason):
            told = f"{what}: {kind} is refused ({reason.value}), but not for want of a login"
            notes.note(told, "let the driver say Reason.UNAUTHENTICATED where a login is missing")
        case ops.Done():
            told = f"{what} answers {kind} to somebody who has not logged in"
            notes.note(told, "expect SND-1 or ACC-1 to fail; or does the driver log in itself?")


def _reply(
    driver: PluggedDriver,
    operation: ops.Operation,
    host_uid: str,
    proof: ops.Credentials = ops.Credentials(),
) -> ops.Reply | None:
    """The reply; `None` where the target does not have the operation."""
    try:
        driver.info.must_offer(type(operation))
        return driver.send(Outgoing(operation, proof, host_uid, "doctor")).reply
    except NotOffered:
        return None
