"""Registration tokens and who administers them, by the calls that Palette offers for that.

Features name by a phrase how a token is changed, who tries to change one, and what they try.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from harness.catalogue.requirement import Feature
from harness.context import local_actions, review
from harness.context.context import DAY, OTHER, Context
from harness.context.crossing import left_out_if_impossible
from harness.context.entries import HOUR, LEEWAY
from harness.context.recorder import Actor, NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import PutToken
from harness.domain.errors import Reason
from harness.domain.permission import TENANT, Grant, PairPermission, every_grant
from harness.domain.token import RegistrationToken
from harness.history.operation import Json, OperationRecord
from harness.wire.writings import Written

ADMINISTRATOR = "administrator of tokens"

EXPIRIES: Mapping[str, int] = {
    "in an hour": HOUR,
    "in two days": 2 * DAY,
    "a while ago": -LEEWAY,
}
"""From now; a token is made to expire in a day."""


def administrator(context: Context, label: str = ADMINISTRATOR) -> Actor:
    """Somebody who administers the tenant's registration tokens, and no more in the project than
    anybody who manages pairing requests there.
    """
    grants = every_grant(context.project())
    return context.new_admin(label, grants, project_uid=TENANT, tenant_admin=True)


def create(
    context: Context, by: Actor, until: int | None = None, written: Written | None = None
) -> RegistrationToken:
    """A registration token of the project that somebody creates, as Palette shows it; it expires in
    a day, or at a moment, and may be asked for as `written` so.

    Raises:
        NotSupported: Palette does not show what is to be entered, or does not take that writing.
        Inconclusive: it is not created.
    """
    taken = context.recorder.perform(by, _creation(context, "token", until), writing=written)
    made = (context.must_if_offered(taken) if written else context.must(taken)).value
    uid = made.uid if isinstance(made, ops.Created) else ""
    told = made.token if isinstance(made, ops.CreatedToken) else ""
    context.must_see(by, ops.ViewToken(uid), "succeeds")
    shown = context.must(context.recorder.perform(by, ops.ViewToken(uid))).value
    if not isinstance(shown, RegistrationToken) or not (told or shown.is_told):
        raise NotSupported("Palette does not show what a registration token is entered as")
    shown = replace(shown, value=told or shown.value)
    context.recorder.secret(shown.value, "token")
    return shown


def _use(context: Context, token: RegistrationToken, *, still: bool) -> None:
    """Have a token admit a request of another cluster that waits, or one of the cluster that was
    cancelled; and then another one, which is cancelled.

    Raises:
        NotSupported: a token is good for one request there.
    """
    if still:
        context.pending(OTHER)
    local_actions.send_and_cancel(context, 1 if still else 2)
    local_actions.gone(context)
    if context.token() != token:
        raise NotSupported("a registration token is good for one request there, changed or not")


def _creation(context: Context, name: str, until: int | None = None) -> ops.CreateToken:
    expiry = until if until is not None else context.time_at_palette() + DAY
    return ops.CreateToken(context.own_name(name), context.project(), expiry)


def delete(context: Context) -> None:
    """Have a token deleted by its administrator, and entered, where none can be changed as well.

    Raises:
        NotSupported: the target deletes none.
    """
    by = administrator(context)
    token = create(context, by)
    context.use_token(_deleted(context, by, token))


# --- values that change -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of a token: when it expires at first and in the end, by the names of features;
    its name, which a token may have had that was deleted, and its project; whether it is off in
    between, or stays so, or is deleted in the end; and whether a cluster has used it before, or
    does so still, as its request is pending.
    """

    first: str
    then: str
    name: str
    project: str
    state: str
    used: str


def change(context: Context, changes: Changes) -> None:
    """Have a token changed by its administrator and entered: first its expiry alone, then all that
    changes at once, each value said each time.

    Raises:
        NotSupported: the target does not take a change, deletes none, or has no other project.
    """
    if changes.project == "another":
        context.needs(Feature.SCOPES)
    by = administrator(context)
    token = create(context, by)
    context.use_token(token)
    if changes.used != "new":
        _use(context, token, still=changes.used == "still used")
    if changes.state in ("off", "off and on"):
        context.must(context.recorder.perform(by, ops.SetTokenState(token.uid, active=False)))
        token = replace(token, active=False)
    token = _updated(context, by, replace(token, expiry=_at(context, changes.first)))
    name = _another_name(context, by, token, changes.name)
    project = context.project("another project") if changes.project == "another" else ""
    token = replace(token, name=name, project_uid=project or token.project_uid)
    token = _updated(context, by, replace(token, expiry=_at(context, changes.then)))
    if changes.state == "off and on":
        context.must(context.recorder.perform(by, ops.SetTokenState(token.uid, active=True)))
        token = replace(token, active=True)
    shown = context.must(context.recorder.perform(by, ops.ViewToken(token.uid))).value
    if isinstance(shown, RegistrationToken):
        if shown.project_uid != token.project_uid:
            raise NotSupported("a registration token stays with the project it was created for")
        if shown.is_told:  # it may be another one since the token was activated again
            token = replace(token, value=context.recorder.secret(shown.value, "token"))
        elif changes.state == "off and on":
            raise NotSupported("Palette does not show what a token is entered as that is on again")
    if changes.state == "deleted":
        token = _deleted(context, by, token)
    context.use_token(token)


def _deleted(context: Context, by: Actor, token: RegistrationToken) -> RegistrationToken:
    """Until the list has it no more, if it does not keep what was deleted."""
    context.must_if_offered(context.recorder.perform(by, ops.DeleteToken(token.uid)))
    if context.offers(ops.ListTokens):
        context.recorder.await_state(by, ops.ListTokens(), "no_token_named", name=token.name)
    return replace(token, active=False)


def _another_name(context: Context, by: Actor, token: RegistrationToken, which: str) -> str:
    name = token.name if which == "its own" else f"{token.name}-2"
    if which == "a deleted one's":
        uid = context.must(context.recorder.perform(by, replace(_creation(context, ""), name=name)))
        if isinstance(uid.value, ops.Created):
            context.must(context.recorder.perform(by, ops.DeleteToken(uid.value.uid)))
    return name


def _at(context: Context, expiry: str) -> int:
    return context.time_at_palette() + EXPIRIES[expiry]


def _updated(context: Context, by: Actor, token: RegistrationToken) -> RegistrationToken:
    """The token with other values; where no call changes one, a lab does it.

    Raises:
        NotSupported: what is changed is another token there.
    """
    asked = ops.UpdateToken(token.uid, token.name, token.project_uid, token.expiry)
    if context.offers(ops.UpdateToken):
        context.must_if_offered(context.recorder.perform(by, asked))
    else:
        with left_out_if_impossible():
            came = context.recorder.arrange(PutToken(token)).token
        if (came.uid, came.value) != (token.uid, token.value):
            raise NotSupported("a registration token is not changed, but replaced by another one")
    return token


def await_in_its_project(context: Context) -> OperationRecord:
    """Wait until the request is listed in the project of the token that was entered."""
    here = context.token().project_uid == context.project()
    admin = context.admin() if here else review.admin_of(context, "another project")
    uid = context.cluster().pairing_uid
    return context.recorder.await_state(admin, ops.ListPairingRequests(), "listed", pairing_uid=uid)


# --- who may not ------------------------------------------------------------------------------


def newcomer(context: Context, who: str, way: str) -> Actor:
    """Somebody who may not change tokens, with an API key or a login.

    Raises:
        KeyError: there is no such person.
        NotSupported: the target tells no projects apart.
    """
    return _PEOPLE[who](context, way)


def _may_only_list(context: Context, way: str) -> Actor:
    grants = frozenset({Grant(PairPermission.LIST, context.project())})
    actor = context.new_admin("user", grants, project_uid=TENANT, all_of_them=False)
    return review.by(context, actor, way)


def _from_elsewhere(context: Context, way: str) -> Actor:
    context.needs(Feature.SCOPES)
    uid = context.project("another project")
    return review.by(context, context.new_admin("user", every_grant(uid), project_uid=uid), way)


def _no_more(context: Context, way: str) -> Actor:
    """One who administered tokens until now, and looked at them while their login lasted. A request
    waits, so that it is seen when the list is closed to them.
    """
    context.pending()
    actor = review.by(context, administrator(context, "user"), way)
    context.must(context.recorder.perform(actor, ops.ListTokens()))
    working = review.working_in(context, actor, "the project")
    context.must(context.recorder.perform(working, ops.ListPairingRequests()))
    context.let("user", frozenset())
    # What somebody may do may be known for a while: that is over when the list is closed to them.
    context.recorder.await_state(working, ops.ListPairingRequests(), "lists_nothing")
    looked = context.recorder.perform(working, ops.ListPairingRequests()).record
    has_ended = (looked.error or {}).get("reason") == Reason.UNAUTHENTICATED
    return review.by(context, context.admin("user"), way) if has_ended else actor


_PEOPLE: Mapping[str, Callable[[Context, str], Actor]] = {
    "may only list requests": _may_only_list,
    "has every right in another project": _from_elsewhere,
    "administers tokens no more": _no_more,
}


def attempt(context: Context, actor: Actor, action: str, token: RegistrationToken) -> RecordedReply:
    """Let somebody try to `create` a token, or to `change`, `deactivate` or `delete` this one.

    Raises:
        KeyError: there is no such action.
    """
    later = context.time_at_palette() + 2 * DAY
    actions: Mapping[str, ops.CentralOperation] = {
        "create": _creation(context, "another-token"),
        "change": ops.UpdateToken(token.uid, token.name, token.project_uid, later),
        "deactivate": ops.SetTokenState(token.uid, active=False),
        "delete": ops.DeleteToken(token.uid),
    }
    return context.perform(actor, actions[action])


def await_as_it_was(context: Context, token: RegistrationToken) -> list[OperationRecord]:
    """See that the token is as it was, and that there is none besides which was asked for."""
    so: dict[str, Json] = {"active": token.active, "expiry": token.expiry, "name": token.name}
    admin, name = context.admin(ADMINISTRATOR), context.own_name("another-token")
    await_state, look = context.recorder.await_state, ops.ViewToken(token.uid)
    return [
        await_state(admin, look, "token_is", within_s=None, **so),
        await_state(admin, ops.ListTokens(), "no_token_named", name=name),
    ]
