"""What people do: the operator, the administrator, and others who may do less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.context import entries, journey, local_actions, local_changes, review
from harness.context.central_changes import change_centrally
from harness.context.context import OTHER, ClusterShape, Context
from harness.context.recorder import Actor, RecordedReply
from harness.domain import operations as ops
from harness.explore import action, model
from harness.explore.action import Action, Does, Fits, SequenceContext
from harness.explore.model import ModelOutcome, Rule
from harness.explore.world import CentralState, ModelPerson, ModelSlot, ModelWorld

# --- starting -------------------------------------------------------------------------------------


def _start(says: str, shape: ClusterShape) -> Action:
    hosts = shape.control_plane + shape.workers
    rule = model.on_main(lambda slot: replace(slot, hosts=hosts))
    return Action("start", "Given", says, lambda context: context.new_cluster(shape=shape), rule)


STARTS = (
    _start("a local cluster", ClusterShape()),
    _start("a local cluster of at least 1 control plane nodes and 2 workers", ClusterShape(1, 2)),
)
"""How a sequence begins."""


# --- the operator ---------------------------------------------------------------------------------


def _sends(context: Context, actor: Actor | None = None) -> RecordedReply:
    taken = context.send(actor=actor)
    context.note("the send", taken)
    return taken


def _other_can_send(world: ModelWorld) -> bool:
    fine = world.token_good and world.endpoint_good
    return fine and world.other.current in (None, CentralState.OVER)


def _cancels(context: Context, actor: Actor | None = None) -> RecordedReply:
    return context.perform(
        actor or context.cluster().operator, ops.CancelPairingRequest(), "the cancel"
    )


def _stranger(says: str, does: Does, requirement: str, fits: Fits = action.anywhere) -> Action:
    rule = model.always(ModelOutcome.REFUSED, requirement)
    return Action("strangers", "When", f"somebody {says}", does, rule, fits)


def _stranger_sends(kind: str) -> Action:
    does: Does = lambda context: _sends(context, entries.stranger_with(context, kind))  # noqa: E731
    return _stranger(f"with {kind} session sends a pairing request", does, "SND-1", action.exists)


def _stranger_cancels(kind: str) -> Action:
    does: Does = lambda context: _cancels(context, entries.stranger_with(context, kind))  # noqa: E731
    fits = action.exists_alone if kind == "an expired" else action.exists
    return _stranger(f"with {kind} session cancels the pairing request", does, "WDR-1", fits)


def _logs_in(kind: str) -> Action:
    def logs_in(context: Context) -> RecordedReply:
        return context.perform(context.visitor(), entries.login_of_kind(context, kind), "the login")

    return _stranger(f'logs in with "{kind}"', logs_in, "SND-1")


def _local(kind: str, changes: Callable[[ModelSlot], ModelSlot] = lambda slot: slot) -> Action:
    says, rule = f'the operator asks for the "{kind}"', model.local_operation(changes)
    does: Does = lambda context: local_changes.change_locally(context, kind)  # noqa: E731
    return Action("local operations", "When", says, does, rule, action.exists)


def _restored(context: Context) -> RecordedReply:
    return context.perform(context.cluster().operator, ops.RestoreLocalManagement(), "the return")


_SEND = "the operator sends a pairing request"
_ASKS_BACK = "the operator asks for a return to local management"

OPERATOR = (
    Action("send", "When", _SEND, _sends, model.send),
    Action(
        "send",
        "When",
        f'the operator of "{OTHER}" sends a pairing request step by step',
        lambda context: journey.send(context, OTHER),
        model.send_of_other,
        _other_can_send,
    ),
    Action("cancel", "When", "the operator cancels the pairing request", _cancels, model.cancel),
    _local("patch of the named cluster"),
    _local("update of the cluster"),
    _local("change of the profiles", model.change_stack),
    Action("local operations", "When", _ASKS_BACK, _restored, model.return_to_local, action.exists),
    *(_stranger_sends(k) for k in ("no", "a made-up", "a cut-short", "a logged-out")),
    *(_stranger_cancels(k) for k in ("no", "a made-up", "a cut-short", "an expired")),
    *(_logs_in(k) for k in ("a wrong password", "an empty password", "an unknown user")),
)


# --- the administrator ----------------------------------------------------------------------------


def _accepts(context: Context) -> RecordedReply:
    taken = context.accept()
    context.note("the acceptance", taken)
    return taken


def _rejects(context: Context) -> RecordedReply:
    operation = ops.RejectPairingRequest(context.cluster().pairing_uid)
    return context.perform(context.admin(), operation, "the rejection")


def _accepts_earlier(context: Context) -> RecordedReply:
    uid = context.cluster().earlier_uids[-1]
    return context.perform(context.admin(), context.acceptance().on(uid))


def _rejects_earlier(context: Context) -> RecordedReply:
    uid = context.cluster().earlier_uids[-1]
    return context.perform(context.admin(), ops.RejectPairingRequest(uid))


def _opens(context: Context) -> RecordedReply:
    operation = ops.ViewPairingRequest(context.cluster().pairing_uid)
    return context.perform(context.admin(), operation, "the request")


def _releases(context: Context) -> RecordedReply:
    return context.perform(
        context.admin(), ops.ReleaseCentralCluster(context.cluster().central_uid)
    )


def _mistyped(context: Context) -> str:
    return review.mistyped(context, _NEARLY)


def _accepts_mistyped(context: Context) -> RecordedReply:
    return context.perform(context.admin(), context.acceptance().on(_mistyped(context)))


def _rejects_mistyped(context: Context) -> RecordedReply:
    return context.perform(context.admin(), ops.RejectPairingRequest(_mistyped(context)))


def _changes_too_early(context: Context) -> RecordedReply:
    return change_centrally(context, local_actions.uid_in_request(context))


def _is_paired(world: ModelWorld) -> bool:
    return world.main.accepted == world.main.last and world.main.current is CentralState.PAIRED


def _decision(what: str, does: Does, rule: Rule, fits: Fits) -> Action:
    return Action("decisions", "When", f"the administrator {what}", does, rule, fits)


def _assertion(what: str, does: Does, rule: Rule, fits: Fits = action.anywhere) -> Action:
    return Action("looks", "When", f"the administrator {what}", does, rule, fits)


def _refused(what: str, does: Does, requirement: str, fits: Fits) -> Action:
    return _assertion(what, does, model.always(ModelOutcome.REFUSED, requirement), fits)


_NEARLY = "differs in its last character"
_MISTYPED = f'a request by an id that "{_NEARLY}"'
_GIVE_BACK = "asks Palette to give the cluster back to local management"

ADMINISTRATOR = (
    _decision("accepts the request", _accepts, model.of_last(model.accept), action.sent),
    _decision("rejects the request", _rejects, model.of_last(model.reject), action.sent),
    _decision(
        "accepts the earlier request",
        _accepts_earlier,
        model.of_earlier(model.accept_unnoticed),
        action.sent_earlier,
    ),
    _decision(
        "rejects the earlier request",
        _rejects_earlier,
        model.of_earlier(model.reject),
        action.sent_earlier,
    ),
    _decision(
        f'accepts the request of "{OTHER}"',
        lambda context: review.attempt(context, context.admin(), "accept", OTHER),
        model.of_other(model.accept),
        action.other_sent,
    ),
    _decision(
        f'rejects the request of "{OTHER}"',
        lambda context: review.reject_as(context, "administrator", OTHER),
        model.of_other(model.reject),
        action.other_sent,
    ),
    _assertion("opens the request by its id", _opens, model.of_last(model.view), action.sent),
    _assertion(
        "looks at the list of requests",
        lambda context: context.perform(context.admin(), ops.ListPairingRequests(), "the list"),
        model.always(ModelOutcome.OK, "ACC-3"),
    ),
    _refused(f"accepts {_MISTYPED}", _accepts_mistyped, "ACC-20", action.sent),
    _refused(f"rejects {_MISTYPED}", _rejects_mistyped, "REJ-6", action.sent),
    _refused(
        "changes the cluster by the uid in the request", _changes_too_early, "INV-1", action.waiting
    ),
    _refused(_GIVE_BACK, _releases, "ACC-19", _is_paired),
)


# --- other people ---------------------------------------------------------------------------------


def _becomes(says: str, who: ModelPerson, make: Callable[[Context], Actor]) -> Action:
    """Somebody turns up, whom the actions after this one call "this person"."""

    def appears(context: SequenceContext) -> None:
        context.person = make(context)

    rule = model.arranged(lambda world: replace(world, person=who))
    return Action("people", "Given", says, appears, rule)


def _without(permission: str) -> Action:
    says = f'a user with every permission but "{permission}"'
    does: Callable[[Context], Actor] = lambda c: review.user_without(c, permission, all_others=True)  # noqa: E731
    return _becomes(says, ModelPerson(permission), does)


def _unknown(credentials: str) -> Action:
    says = f'somebody with "{credentials}"'
    return _becomes(says, ModelPerson.STRANGER, lambda s: review.stranger(s, credentials))


def _tries(action: str, needs: ModelPerson, rule: Rule) -> Action:
    says = f'this person tries to "{action}"'
    does: Does = lambda context: review.attempt(context, context.person or context.admin(), action)  # noqa: E731
    return Action("tries", "When", says, does, model.by_person(needs, rule), _person_can_try)


def _person_can_try(world: ModelWorld) -> bool:
    return world.person is not ModelPerson.NOBODY and action.sent(world)


PEOPLE = (
    *(_without(p) for p in ("list", "get", "update", "delete")),
    *(_unknown(c) for c in ("no login", "an unknown API key", "an unknown session")),
    _tries("list", ModelPerson.WITHOUT_LIST, model.always(ModelOutcome.OK, "PRE-8")),
    _tries("open", ModelPerson.WITHOUT_GET, model.of_last(model.view)),
    _tries("accept", ModelPerson.WITHOUT_UPDATE, model.of_last(model.accept)),
    _tries("reject", ModelPerson.WITHOUT_DELETE, model.of_last(model.reject)),
)
