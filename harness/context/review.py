"""What administrators and strangers do at Palette in a scenario, by names from a feature."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Final, TypeAlias

from harness.context import central_changes, local_actions
from harness.context.context import DAY, MAIN, OTHER, Context, LeasedCluster
from harness.context.crossing import left_out_if_impossible
from harness.context.recorder import Actor, Inconclusive, NotSupported, RecordedReply
from harness.context.selection import NONE
from harness.domain import operations as ops
from harness.domain.arrangements import RemoveUser, Side
from harness.domain.errors import PairproofError, Reason
from harness.domain.flows import Acceptance, admin_rejects_by_tags
from harness.domain.pairing import RequestState
from harness.domain.permission import TENANT, Grant, PairPermission, every_grant
from harness.history.operation import Json, OperationRecord
from harness.targets.ledger import LedgerKind
from harness.targets.port import CannotArrange

Lists: TypeAlias = Sequence[tuple[Actor, ops.ListPairingRequests, frozenset[str]]]
"""Who looked at which list, and the ids of the requests on it."""

KEPT = "(kept)"
"""In a feature: this value is not touched."""
LEFT_OUT = "(left out)"
"""In a feature: nothing is said of this value."""
EXPIRED = "a login that has expired"
"""In a feature: somebody who logged in to Palette so long ago that it is good no more."""
ENDED_KEY = "an API key that has ended"
"""In a feature: somebody with a key that was to last a day, and was good then."""
_DECIDED = "the decided request"
"""What a look at it is kept under, to compare a later one with."""


class UnknownPhrase(PairproofError):
    """A feature uses a word that no step knows."""


# --- requests that have come to something -----------------------------------------------------


def request_that_was(context: Context, fate: str) -> LeasedCluster:
    """The cluster whose request was `rejected`, `withdrawn`, `accepted`, `paired` or never sent.

    A request that is `unknown` was never sent: the cluster's id is one that no request has.

    Raises:
        Inconclusive: it could not be brought about.
    """
    if fate not in _FATES:
        raise UnknownPhrase(f"no step knows {fate!r}; known are: {', '.join(_FATES)}")
    return _FATES[fate](context)


def _rejected(context: Context) -> LeasedCluster:
    context.pending()
    return _gone(context, local_actions.rejected(context))


def _withdrawn(context: Context) -> LeasedCluster:
    leased = context.pending()
    context.must(context.recorder.perform(leased.operator, ops.CancelPairingRequest()))
    return _gone(context, leased)


def _accepted(context: Context) -> LeasedCluster:
    leased = context.pending()
    context.must(context.accept())
    return leased


def _unknown(context: Context) -> LeasedCluster:
    leased = context.cluster()
    leased.pairing_uid = context.new_id("unknown-request")
    return leased


def _gone(context: Context, leased: LeasedCluster) -> LeasedCluster:
    uid = leased.pairing_uid
    context.must_see(context.admin(), ops.ListPairingRequests(), "not_listed", pairing_uid=uid)
    return leased


_FATES: Mapping[str, Callable[[Context], LeasedCluster]] = {
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "accepted": _accepted,
    "paired": Context.paired,
    "unknown": _unknown,
}


def put_beside(context: Context, what: str) -> None:
    """Let a request of another cluster be pending beside that of the scenario, if any is to be."""
    if what == "another":
        context.pending(OTHER)
    elif what == "one elsewhere":
        pending_in(context, OTHER, "another project")


def let_come_between(context: Context, what: str, person: Actor | None = None) -> None:
    """Let Palette restart, an administrator look at the request, or this person at the list of
    another project than they work in.

    Raises:
        NotSupported: it cannot be restarted, and other scenarios show the same without that.
    """
    if what == "a restart":
        with left_out_if_impossible():
            local_actions.restart(context, Side.CENTRAL)
    elif what == "a look elsewhere":
        assert person is not None
        is_here = person.credentials.project_uid == context.project()
        other = working_in(context, person, "another project" if is_here else "the project")
        context.recorder.perform(other, ops.ListPairingRequests())
    else:
        look = ops.ViewPairingRequest(context.cluster().pairing_uid)
        context.must(context.recorder.perform(context.admin(), look))


def await_listed_cluster(context: Context, label: str, name: str) -> OperationRecord:
    """Wait until Palette's list of clusters has a paired cluster once, by this name."""
    look, uid = ops.ListCentralClusters(), context.cluster(label).central_uid
    return context.recorder.await_state(
        context.admin(), look, "cluster_listed_once", cluster_uid=uid, name=name
    )


def no_other_listed(context: Context, name: str) -> OperationRecord:
    """Watch that Palette's list of clusters has none by this name but the paired one.

    Raises:
        NotSupported: it has no names.
    """
    look, uid = ops.ListCentralClusters(), context.cluster().central_uid
    listed = context.recorder.perform(context.admin(), look).value
    if isinstance(listed, ops.CentralClusterList) and not any(c.name for c in listed.items):
        raise NotSupported("Palette's list of clusters tells no names")
    return context.recorder.stays(
        context.admin(), look, "no_other_named", cluster_uid=uid, name=context.own_name(name)
    )


def pending_in(context: Context, label: str, project: str) -> LeasedCluster:
    """A cluster whose request is pending in this project, by a token of that project.

    Raises:
        Inconclusive: the request could not be sent.
    """
    with context.using_token(context.new_token(context.project(project))):
        context.must(context.send(label))
    return context.cluster(label)


def must_send_again(context: Context, label: str = MAIN) -> None:
    """A precondition: a further request of the cluster, with an id of its own.

    Raises:
        Inconclusive: it was not sent, or it has the id of an earlier one.
    """
    context.pending(label)
    leased = context.cluster(label)
    if leased.pairing_uid in leased.earlier_uids:
        raise Inconclusive("precondition not reached: the new request has an earlier one's id")


def must_show_own_values(context: Context, label: str = MAIN) -> None:
    """A precondition: the opened request shows the name, description and tags of the cluster.

    Raises:
        Inconclusive: it does not.
    """
    leased = context.cluster(label)
    fields = borne(leased, KEPT, KEPT, KEPT)
    look = ops.ViewPairingRequest(leased.pairing_uid)
    context.must_see(context.admin(), look, "bears", fields=fields)


def must_show_decided(context: Context) -> None:
    """A precondition: opened by its id, the cluster's request is shown as one that was decided.

    Raises:
        NotSupported: it is not shown any more, or otherwise, as if it waited (REJ-8).
    """
    view = ops.ViewPairingRequest(context.cluster().pairing_uid)
    shown = context.must_if_offered(context.perform(context.admin(), view, _DECIDED)).value
    if getattr(shown, "state", "") not in (RequestState.REJECTED, RequestState.WITHDRAWN):
        raise NotSupported("a request that has been decided is not shown as rejected or withdrawn")


def await_state_of_before(context: Context) -> OperationRecord:
    """Wait until the decided request, opened again, shows the state that it was seen in.

    Raises:
        NotSupported: it is not shown any more (REJ-8).
    """
    look = ops.ViewPairingRequest(context.cluster().pairing_uid)
    context.must_if_offered(context.perform(context.admin(), look))
    before = context.recorder.history()[context.noted(_DECIDED)].value or {}
    fields: dict[str, Json] = {"state": before.get("state")}
    return context.recorder.await_state(context.admin(), look, "bears", fields=fields)


def mistyped(context: Context, differs: str) -> str:
    """What is nearly a pending request's id, in the way that a feature says, and that of none that
    is listed, or was sent: a list may be late.

    Raises:
        KeyError: features know no such way.
        NotSupported: such an id may be another request's.
    """
    uid = context.cluster(MAIN).pairing_uid
    shown = context.recorder.perform(context.admin(), ops.ListPairingRequests()).value
    taken = {i.pairing_uid for i in shown.items} if isinstance(shown, ops.PairingList) else set()
    sent = {uid for leased in context.clusters.values() for uid in leased.uids}
    for other in _MISTYPED[differs](uid):
        if other not in sent | taken:
            return other
    raise NotSupported("what is nearly the id of one request is that of another")


def _cut_short(uid: str) -> list[str]:
    if len(uid) < 2 * _SHOWN_OF_AN_ID:
        told = f"an id of {len(uid)} characters is not one that a table cuts short"
        raise NotSupported(f"{told}: of those its first {_SHOWN_OF_AN_ID} are less than half")
    return [uid[:_SHOWN_OF_AN_ID]]


_SHOWN_OF_AN_ID: Final = 8
"""So many characters are shown, and copied, where a table has no room for more."""

_MISTYPED: Mapping[str, Callable[[str], list[str]]] = {
    "differs in its last character": lambda uid: [uid[:-1] + x for x in "0123456789abcdef"],
    "is cut short": _cut_short,
}


# --- people -----------------------------------------------------------------------------------


def stranger(context: Context, credentials: str) -> Actor:
    """Somebody whose credentials are not good, in the way that a feature says."""
    project = context.project()
    match credentials:
        case "no login":
            return Actor("stranger", ops.Credentials(project_uid=project))
        case "an unknown API key":
            key = context.new_secret("apikey")
            return Actor("stranger", ops.Credentials(api_key=key, project_uid=project))
        case "an unknown session":
            token = context.new_secret("session")
            return Actor("stranger", ops.Credentials(session=token, project_uid=project))
        case _ if credentials.endswith(_REMOVED):
            return _removed(context, credentials.removesuffix(_REMOVED))
        case _ if credentials in _NEARLY:
            return _with_nearly(context, *_NEARLY[credentials])
        case _ if credentials == EXPIRED:
            actor = logged_in(context)
            context.must(context.recorder.perform(actor, ops.ListPairingRequests()))
            lasts_s = context.recorder.limits.login_s
            context.put_clock_forward(Side.CENTRAL, round(lasts_s * 1_000_000))
            return actor
        case _ if credentials == ENDED_KEY:
            return _with_new_key(context, DAY)
    raise UnknownPhrase(f"no step knows somebody with {credentials!r}")


_REMOVED = " of a removed user"


def _removed(context: Context, way: str) -> Actor:
    """Somebody who managed requests here until they were removed. What somebody may do may be known
    for a while: that is over when the list is closed to them.

    Raises:
        NotSupported: the target keeps its users.
    """
    if LedgerKind.USER in context.recorder.driver.info.keeps:
        raise NotSupported("users are never removed there (keeps)")
    actor = by(context, context.new_admin("user", every_grant(context.project())), way)
    context.must(context.recorder.perform(actor, ops.ListPairingRequests()))
    context.recorder.arrange(RemoveUser(actor.user))
    context.recorder.await_state(actor, ops.ListPairingRequests(), "lists_nothing")
    return actor


_NEARLY: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "an API key that is cut short": ("apikey", lambda key: key[:-4]),
    "an API key that goes on": ("apikey", lambda key: f"{key}0"),
    "a session that is cut short": ("session", lambda session: session[:-4]),
}


def _with_nearly(context: Context, kind: str, differing: Callable[[str], str]) -> Actor:
    """Somebody with what is nearly an administrator's, and not quite, while that is good."""
    own = context.admin() if kind == "apikey" else logged_in(context)
    context.must(context.recorder.perform(own, ops.ListPairingRequests()))
    good = own.credentials.api_key if kind == "apikey" else own.credentials.session
    secret = context.recorder.secret(differing(good), kind)
    bad = {"api_key": secret} if kind == "apikey" else {"session": secret}
    return Actor("stranger", ops.Credentials(project_uid=context.project(), **bad))


def _with_new_key(context: Context, lasts: int) -> Actor:
    """The administrator, by an API key that is created for them and lasts so many microseconds.

    Raises:
        NotSupported: the target lets nobody create one, or it would outlive the run.
    """
    owner = context.admin()
    if not owner.user.startswith(context.mark):
        raise NotSupported(f"{owner.user} was there before the run, and would keep the API key")
    grants, perform = every_grant(context.project()), context.recorder.perform
    by = context.new_admin("administrator of keys", grants, project_uid=TENANT, tenant_admin=True)
    users = context.must_if_offered(perform(by, ops.ListUsers())).value
    listed = users.items if isinstance(users, ops.UserList) else ()
    uid = next((user.uid for user in listed if user.email == owner.user), "")
    end = context.time_at_palette() + lasts
    issued = context.must_if_offered(perform(by, ops.AddApiKey(context.own_name("key"), uid, end)))
    key = context.recorder.secret(getattr(issued.value, "api_key", ""), "apikey")
    return replace(owner, credentials=replace(owner.credentials, api_key=key))


def let_key_end(context: Context, actor: Actor) -> Iterator[OperationRecord]:
    """See that an API key of a day is good, and that two days after its end it is not.

    Raises:
        NotSupported: Palette's clock cannot be set.
    """
    look, await_state = ops.ListPairingRequests(), context.recorder.await_state
    yield await_state(actor, look, "succeeds")
    context.put_clock_forward(Side.CENTRAL, 3 * DAY)
    yield await_state(actor, look, "is_refused")


def logged_in(context: Context) -> Actor:
    """The administrator, with a login in place of an API key.

    Raises:
        Inconclusive: the login was not answered with a session.
    """
    visitor = Actor("administrator", ops.Credentials(project_uid=context.project()))
    return in_session(visitor, context.must(log_in(context, context.login_of())))


def log_in(context: Context, login: ops.LogInToPalette) -> RecordedReply:
    """Log in to Palette."""
    visitor = Actor("administrator", ops.Credentials(project_uid=context.project()))
    return context.perform(visitor, login, "the login")


def log_in_wrongly(context: Context) -> RecordedReply:
    """Log in to Palette as the administrator, with a password that is not theirs."""
    return log_in(context, replace(context.login_of(), password=context.new_secret("password")))


def log_in_without_a_password(context: Context) -> RecordedReply:
    """Log in to Palette as the administrator, with an empty password."""
    return log_in(context, replace(context.login_of(), password=""))


def log_in_as_nobody(context: Context) -> RecordedReply:
    """Log in to Palette with an e-mail address that it does not know."""
    email = f"{context.new_id('user')[:8]}@example.com"
    return log_in(context, ops.LogInToPalette(email, context.new_secret("password")))


def in_session(visitor: Actor, taken: RecordedReply) -> Actor:
    """Somebody with the session that a login was answered with.

    Raises:
        Inconclusive: it was not answered with one.
    """
    if not isinstance(taken.value, ops.Session):
        raise Inconclusive("the login to Palette was not answered with a session")
    return visitor.in_session(taken.value.token)


def user_without(context: Context, permission: str, *, all_others: bool = False) -> Actor:
    """A user who has every permission on pairing requests in the project except one, and whatever
    is one with it there; with `all_others`, but for that one.
    """
    return context.new_admin("user", all_but(context, permission), all_of_them=all_others)


def user_with(context: Context, permissions: str) -> Actor:
    """A user with these permissions, separated by commas, in the project, and no others."""
    return context.new_admin("user", _just(context, permissions))


_RIGHTS = {
    "every right": "list, get, update, delete",
    "a Cluster Editor's rights": "list, get, update",
    "a Cluster Viewer's rights": "list, get",
}
_NEEDED = {"list": "list", "find": "list", "open": "get", "accept": "update", "reject": "delete"}
_AFTERWARDS = "a login of afterwards"
_WORKS_IN = {
    "works in another project": "another project",
    "works in a project that does not exist": "unknown",
}


def newcomer(context: Context, rights: str, besides: str, way: str, since: str = "always") -> Actor:
    """A user with some rights in the project and some elsewhere, who comes by an API key or, where
    that can be, by a login. They may have had no right in the project before, or more.

    Raises:
        Inconclusive: the login was not answered with a session.
    """
    away = _abroad(context, besides)
    grants = away | _just(context, _RIGHTS[rights])
    had = {"for a while": away, "of more": away | every_grant(context.project())}
    actor = context.new_admin("user", had.get(since, grants))
    if since in had:
        context.recorder.perform(actor, ops.ListPairingRequests())
        actor = context.let("user", grants)
        context.recorder.await_state(actor, ops.ListPairingRequests(), "succeeds")
    return by(context, actor, way)


def newcomer_without(context: Context, action: str, amiss: str, besides: str, way: str) -> Actor:
    """A user to whom an action is closed for one reason; else as `newcomer`.

    Raises:
        Inconclusive: the login was not answered with a session.
    """
    away = _abroad(context, besides)
    match amiss:
        case "has no right here":
            return _by_if_let(context, context.new_admin("user", away), way)
        case "lacks the right to it":
            grants = away | all_but(context, _NEEDED[action])
            return by(context, context.new_admin("user", grants, all_of_them=False), way)
        case "has lost the right to it":
            left = all_but(context, _NEEDED[action], "list")
            return _reduced(context, away, left, way)
        case "has lost every right here":
            return _reduced(context, away, frozenset(), way)
        case _ if amiss in _WORKS_IN:
            actor = newcomer(context, "every right", besides, way)
            return working_in(context, actor, _WORKS_IN[amiss])
    return newcomer(context, amiss.removeprefix("has just "), besides, way)


def _reduced(context: Context, away: frozenset[Grant], left: frozenset[Grant], way: str) -> Actor:
    """A user who had every permission in the project, used them, and has lost all but what is
    `left`, and so the list, while their login lasted.
    """
    actor = by(context, context.new_admin("user", away | every_grant(context.project())), way)
    context.must(context.recorder.perform(actor, ops.ListPairingRequests()))
    return with_less(context, actor, away | left, way)


def with_less(context: Context, actor: Actor, left: frozenset[Grant], way: str) -> Actor:
    """The `user`, who has lost all but what is `left`, and so the list. They go on in their login
    or, where it has ended, or by `a login of afterwards`, in a new one.

    What somebody may do may be known for a while: that is over when the list is closed to them.
    """
    context.let("user", left)
    context.recorder.await_state(actor, ops.ListPairingRequests(), "lists_nothing")
    looked = context.recorder.perform(actor, ops.ListPairingRequests()).record
    has_ended = (looked.error or {}).get("reason") == Reason.UNAUTHENTICATED
    is_in = not has_ended and way != _AFTERWARDS
    return actor if is_in else _by_if_let(context, context.admin("user"), way)


def by(context: Context, actor: Actor, way: str) -> Actor:
    """Somebody with a login in place of their API key, where anybody knows their password.

    Raises:
        Inconclusive: the login was not answered with a session.
    """
    if way not in ("a login", _AFTERWARDS) or not context.has_password(actor.label):
        return actor
    project = actor.credentials.project_uid
    visitor = replace(actor, credentials=ops.Credentials(project_uid=project))
    taken = context.must(context.recorder.perform(visitor, context.login_of(actor.label)))
    return in_session(visitor, taken)


def _by_if_let(context: Context, actor: Actor, way: str) -> Actor:
    """The same of somebody to whom a login may be refused, since there is nothing that they may do:
    they come by their API key then.
    """
    try:
        return by(context, actor, way)
    except Inconclusive:
        return actor


def _abroad(context: Context, rights: str) -> frozenset[Grant]:
    """What somebody may do elsewhere: `no right`, or `every right in` another project or the
    tenant.
    """
    _, found, scope = rights.partition("every right in ")
    return every_grant(context.scope(scope.removeprefix("the "))) if found else frozenset()


def user_of(context: Context, scopes: str) -> Actor:
    """A user with every permission in these scopes, separated by commas, and in no other.

    A scope is `tenant`, `nowhere`, or a project by its name. The user works in the project.
    """
    named = [s.strip() for s in scopes.split(",") if s.strip() != "nowhere"]
    grants = [grant for scope in named for grant in every_grant(context.scope(scope))]
    return context.new_admin("user", frozenset(grants))


def all_but(context: Context, *permissions: str) -> frozenset[Grant]:
    """Every permission in the project, except these."""
    missing = set(map(PairPermission, permissions))
    return frozenset(g for g in every_grant(context.project()) if g.permission not in missing)


def _just(context: Context, permissions: str) -> frozenset[Grant]:
    wanted = {PairPermission(part.strip()) for part in permissions.split(",")}
    return frozenset(g for g in every_grant(context.project()) if g.permission in wanted)


def working_in(context: Context, actor: Actor, scope: str) -> Actor:
    """Somebody with another project selected: `tenant`, a project, or one that is `unknown`."""
    uid = context.new_id("unknown-project") if scope == "unknown" else context.scope(scope)
    return replace(actor, credentials=replace(actor.credentials, project_uid=uid))


# --- what they try ----------------------------------------------------------------------------


def attempt(context: Context, actor: Actor, action: str, label: str = MAIN) -> RecordedReply:
    """Let somebody `list`, `find`, `open`, `match`, `accept` or `reject` a cluster's request; who
    finds it, lists the requests of its cluster. A list may be of `the rejected`, and the like.
    """
    return _attempt(context, actor, action, context.acceptance(label), label)


def attempt_by_their_profiles(context: Context, actor: Actor, action: str) -> RecordedReply:
    """The same, where what is selected are profiles of the project in which somebody works."""
    selection = context.fitting_profiles(actor.credentials.project_uid)
    return _attempt(context, actor, action, replace(context.acceptance(), selection=selection))


def _attempt(
    context: Context, actor: Actor, action: str, entered: Acceptance, label: str = MAIN
) -> RecordedReply:
    leased = context.cluster(label)
    return context.accepted(leased, context.perform(actor, _operation(leased, entered, action)))


def _operation(leased: LeasedCluster, entered: Acceptance, action: str) -> ops.Operation:
    uid = leased.pairing_uid
    match action:
        case "list":
            return ops.ListPairingRequests()
        case "list the rejected" | "list the withdrawn" | "list the paired":
            return ops.ListPairingRequests(RequestState[action.rpartition(" ")[2].upper()].value)
        case "find":
            return ops.ListPairingRequests(local_cluster_uid=leased.cluster.uid)
        case "open":
            return ops.ViewPairingRequest(uid)
        case "match":
            return ops.MatchProfiles(uid, entered.selection)
        case "accept":
            return entered.on(uid)
        case "reject":
            return ops.RejectPairingRequest(uid)
    raise UnknownPhrase(f"nobody can {action!r} a pairing request")


def accept_as(context: Context, who: str, entered: Acceptance, label: str = MAIN) -> RecordedReply:
    """Let an administrator accept a cluster's request, with what was entered."""
    leased = context.cluster(label)
    operation = entered.on(leased.pairing_uid)
    return context.accepted(
        leased, context.perform(context.admin(who), operation, "the acceptance")
    )


def reject_as(context: Context, who: str, label: str = MAIN) -> RecordedReply:
    """Let an administrator reject a cluster's request: just Reject."""
    uid = context.cluster(label).pairing_uid
    return context.perform(context.admin(who), ops.RejectPairingRequest(uid), "the rejection")


def reject_at_once(context: Context, first: str, second: str) -> None:
    """Two administrators reject the requests of two clusters at one instant, each of them one.

    Raises:
        NotReached: one of the two was not taken.
    """
    people = (context.admin(), context.admin("another administrator"))
    works = [
        partial(context.recorder.perform, who, ops.RejectPairingRequest(leased.pairing_uid))
        for who, leased in zip(people, map(context.cluster, (first, second)), strict=True)
    ]
    for taken in context.recorder.at_once(works):
        context.must(taken)


def reject_by_tags(context: Context, label: str) -> RecordedReply:
    """Reject the request whose cluster bears the tags of this one, without knowing its id."""
    uid = context.cluster(label).pairing_uid
    context.recorder.await_state(
        context.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid
    )
    taken = context.recorder.run(
        context.admin(), admin_rejects_by_tags(context.cluster(label).cluster.tags)
    )
    context.note("the rejection", taken)
    return taken


# --- what is entered on acceptance, and borne afterwards ---------------------------------------


def entered(
    context: Context, name: str, description: str, tags: str, label: str = MAIN
) -> Acceptance:
    """What the wizard's first step is left with; `(kept)` is not touched, `(none)` is emptied, of
    what is `(left out)` the call says nothing.
    """
    filled = context.acceptance(
        label,
        name=None if name in (KEPT, LEFT_OUT) else text_from(name),
        description=None if description in (KEPT, LEFT_OUT) else text_from(description),
        tags=None if tags in (KEPT, LEFT_OUT) else tags_from(tags),
    )
    return Acceptance(
        filled.selection,
        None if name == LEFT_OUT else filled.name,
        None if description == LEFT_OUT else filled.description,
        None if tags == LEFT_OUT else filled.tags,
    )


def must_pair(
    context: Context, actor: Actor, label: str, name: str, description: str, tags: str
) -> None:
    """A precondition: somebody accepts a cluster's request, with profiles made for it alone, and
    its host confirms. Values that are emptied or left out may be refused.

    Raises:
        Inconclusive: it could not be brought about.
        NotSupported: the target does not take what is empty or left out.
    """
    leased, context.selection = context.cluster(label), None
    operation = entered(context, name, description, tags, label).on(leased.pairing_uid)
    taken = context.accepted(leased, context.recorder.perform(actor, operation))
    context.note(f"the acceptance of {label}", taken)
    may_be_refused = {NONE, LEFT_OUT} & {name, description, tags}
    (context.must_if_offered if may_be_refused else context.must)(taken)
    context.must_be_paired(label)


def entered_for_another(context: Context, label: str, other: str) -> dict[str, Json]:
    """What one cluster was accepted with, and this one was not."""
    own, others = (
        central_changes.borne(context.performed(f"the acceptance of {each}").record)
        for each in (label, other)
    )
    return {name: value for name, value in others.items() if own.get(name) != value}


def borne(leased: LeasedCluster, name: str, description: str, tags: str) -> dict[str, Json]:
    """What the paired cluster has to bear after that."""
    own = leased.cluster
    borne_tags = dict(own.tags if tags == KEPT else tags_from(tags))
    return {
        "name": own.name if name == KEPT else text_from(name),
        "description": own.description if description == KEPT else text_from(description),
        "tags": dict[str, Json](borne_tags),
        "without_tags": [key for key in own.tags if key not in borne_tags],
    }


def text_from(text: str) -> str:
    """A text as a feature writes it."""
    return "" if text == NONE else text


def tags_from(text: str) -> Mapping[str, str]:
    """Tags as a feature writes them: `line=7, site=harbor`, or `(40 of them)`."""
    if text == NONE:
        return {}
    if many := re.fullmatch(r"\((\d+) of them\)", text):
        return {f"tag-{number}": f"value-{number}" for number in range(1, int(many[1]) + 1)}
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs}


# --- what Palette shows ------------------------------------------------------------------------


def just_those_of(context: Context, *labels: str) -> dict[str, list[Json]]:
    """That of the requests of the scenario's clusters just these are listed. Those of other
    clusters are somebody else's.
    """
    ids: list[Json] = [context.cluster(label).pairing_uid for label in labels]
    mine: list[Json] = [leased.cluster.uid for leased in context.clusters.values()]
    return {"pairing_uids": ids, "local_cluster_uids": mine}


def list_requests(context: Context) -> RecordedReply:
    """List the requests of the project. A list may lag behind, so it has time to catch up first."""
    await_list(context, *context.clusters)
    return context.perform(context.admin(), ops.ListPairingRequests(), "the list")


def await_all_that_wait(context: Context) -> Iterator[OperationRecord]:
    """Wait until the list has the cluster's last request, and the earlier one, where that is opened
    in the same state before and afterwards: states may be called anything.

    Raises:
        NotSupported: a new request of the cluster ends the earlier one, which is lawful (SND-7).
    """
    leased, admin, look = context.cluster(), context.admin(), ops.ListPairingRequests()
    last, earlier = leased.pairing_uid, leased.earlier_uids[-1]
    yield context.recorder.await_state(admin, look, "listed", pairing_uid=last)
    waits, before = _state_of(context, last), _state_of(context, earlier)
    seen = context.recorder.await_state(admin, look, "listed", pairing_uid=earlier)
    if not waits == before == _state_of(context, earlier):
        raise NotSupported("an earlier request of a cluster that has sent another waits no more")
    yield seen


def _state_of(context: Context, uid: str) -> str:
    opened = context.recorder.perform(context.admin(), ops.ViewPairingRequest(uid))
    shown = context.must_if_offered(opened).value
    return shown.state if isinstance(shown, ops.PairingRequestView) else ""


def await_list(context: Context, *labels: str, admin: Actor | None = None) -> OperationRecord:
    """Wait until just these clusters' requests wait for a decision in the project."""
    look, just = ops.ListPairingRequests(), just_those_of(context, *labels)
    return context.recorder.await_state(
        admin or context.admin(), look, "listed_exactly", within_s=None, **just
    )


def list_stays(context: Context, *labels: str, admin: Actor | None = None) -> OperationRecord:
    """Watch that just these clusters' requests go on waiting for a decision in the project."""
    look, just = ops.ListPairingRequests(), just_those_of(context, *labels)
    return context.recorder.stays(
        admin or context.admin(), look, "listed_exactly", during_s=None, **just
    )


def lists_of_all(context: Context) -> Lists:
    """Look at the list as a whole, by its state and by each cluster, as the administrator, as
    another one and, where that can be, as one who works in the tenant: those that have any request.
    """
    await_list(context, *context.clusters)
    people = [context.admin(), context.admin("another administrator")]
    with suppress(CannotArrange, Inconclusive, NotSupported):
        all_there, who = every_grant(TENANT), "the tenant's administrator"
        people += [context.new_admin(who, all_there, project_uid=TENANT, tenant_admin=True)]
    looks = [ops.ListPairingRequests(), ops.ListPairingRequests(RequestState.PENDING.value)]
    for leased in context.clusters.values():
        looks += [ops.ListPairingRequests(local_cluster_uid=leased.cluster.uid)]
    held = list[tuple[Actor, ops.ListPairingRequests, frozenset[str]]]()
    for actor, look in product(people, looks):
        shown = context.recorder.perform(actor, look).value
        if isinstance(shown, ops.PairingList) and shown.items:
            held += [(actor, look, frozenset(item.pairing_uid for item in shown.items))]
    return held


def await_in_lists(
    context: Context, lists: Lists, gone: str, left: str
) -> Iterator[OperationRecord]:
    """Wait until each of these lists that had the request of one cluster has it no more, and see
    that each that had another's has it still.
    """
    for actor, look, held in lists:
        for label, predicate in ((gone, "not_listed"), (left, "listed")):
            uid = context.cluster(label).pairing_uid
            if uid in held:
                yield context.recorder.await_state(actor, look, predicate, pairing_uid=uid)


def admin_of(context: Context, project: str) -> Actor:
    """Somebody with every permission in another project, who works there."""
    uid = context.project(project)
    return context.new_admin(f"administrator of {project}", every_grant(uid), project_uid=uid)


def identity_of(leased: LeasedCluster) -> dict[str, Json]:
    """By what an opened request shows which cluster has sent it."""
    return {
        "pairing_uid": leased.pairing_uid,
        "local_cluster_uid": leased.cluster.uid,
        "name": leased.cluster.name,
    }


def tags_of(leased: LeasedCluster) -> dict[str, Json]:
    """By what a request can be told apart from those of clusters with the same name."""
    return {"tags": dict(leased.cluster.tags)}


def await_registered(context: Context, label: str = MAIN) -> OperationRecord:
    """Wait until Palette shows the cluster."""
    operation = ops.ViewCentralCluster(context.cluster(label).central_uid)
    return context.recorder.await_state(context.admin(), operation, "succeeds")
