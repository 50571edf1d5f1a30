"""What people do: the operator, the administrator, and others who may do less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.domain import operations as ops
from harness.explore import model, move
from harness.explore.model import ModelOutcome, Rule
from harness.explore.move import OTHER, Action, Does, Fits, SequenceContext
from harness.explore.world import CentralState, ModelPerson, ModelSlot, ModelWorld
from harness.scenes import entries, journey, local_moves, review
from harness.scenes.scene import ClusterShape, Context
from harness.scenes.stage import Actor, RecordedReply

# --- starting -------------------------------------------------------------------------------------


def _start(says: str, shape: ClusterShape) -> Action:
    hosts = shape.control_plane + shape.workers
    rule = model.on_main(lambda place: replace(place, hosts=hosts))
    return Action("start", "Given", says, lambda scene: scene.new_cluster(shape=shape), rule)


STARTS = (
    _start("a local cluster", ClusterShape()),
    _start("a local cluster with 1 control plane nodes and 2 workers", ClusterShape(1, 2)),
)
"""How a sequence begins."""


# --- the operator ---------------------------------------------------------------------------------


def _sends(scene: Context, actor: Actor | None = None) -> RecordedReply:
    taken = scene.send(actor=actor)
    scene.note("the send", taken)
    return taken


def _other_can_send(world: ModelWorld) -> bool:
    fine = world.token_good and world.endpoint_good
    return fine and not world.other.requests


def _cancels(scene: Context, actor: Actor | None = None) -> RecordedReply:
    return scene.perform(
        actor or scene.cluster().operator, ops.CancelPairingRequest(), "the cancel"
    )


def _stranger_sends(kind: str) -> Action:
    def sends(scene: Context) -> RecordedReply:
        return _sends(scene, entries.stranger_with(scene, kind))

    says = f"somebody with {kind} session sends a pairing request"
    return Action(
        "strangers", "When", says, sends, model.always(ModelOutcome.REFUSED, "SND-1"), move.exists
    )


def _stranger_cancels(kind: str) -> Action:
    def cancels(scene: Context) -> RecordedReply:
        return _cancels(scene, entries.stranger_with(scene, kind))

    says = f"somebody with {kind} session cancels the pairing request"
    fits = move.exists_alone if kind == "an expired" else move.exists
    return Action(
        "strangers", "When", says, cancels, model.always(ModelOutcome.REFUSED, "WDR-1"), fits
    )


def _logs_in(kind: str) -> Action:
    def logs_in(scene: Context) -> RecordedReply:
        return scene.perform(scene.visitor(), entries.login_of_kind(scene, kind), "the login")

    says = f'somebody logs in with "{kind}"'
    return Action("strangers", "When", says, logs_in, model.always(ModelOutcome.REFUSED, "SND-1"))


def _local(kind: str, changes: Callable[[ModelSlot], ModelSlot] = lambda place: place) -> Action:
    says, rule = f'the operator asks for the "{kind}"', model.local_operation(changes)
    does: Does = lambda scene: local_moves.change_locally(scene, kind)  # noqa: E731
    return Action("local operations", "When", says, does, rule, move.exists)


def _restored(scene: Context) -> RecordedReply:
    return scene.perform(scene.cluster().operator, ops.RestoreLocalManagement(), "the return")


_SEND = "the operator sends a pairing request"
_ASKS_BACK = "the operator asks for a return to local management"

OPERATOR = (
    Action("send", "When", _SEND, _sends, model.send),
    Action(
        "send",
        "When",
        f'the operator of "{OTHER}" sends a pairing request step by step',
        lambda scene: journey.send(scene, OTHER),
        model.send_of_other,
        _other_can_send,
    ),
    Action("cancel", "When", "the operator cancels the pairing request", _cancels, model.cancel),
    _local("patch of the cluster"),
    _local("patch of the named cluster"),
    _local("update of the cluster"),
    _local("change of the profiles", model.change_stack),
    Action("local operations", "When", _ASKS_BACK, _restored, model.return_to_local, move.exists),
    *(_stranger_sends(k) for k in ("no", "a made-up", "a cut-short", "a logged-out")),
    *(_stranger_cancels(k) for k in ("no", "a made-up", "a cut-short", "an expired")),
    *(_logs_in(k) for k in ("a wrong password", "an empty password", "an unknown user")),
)


# --- the administrator ----------------------------------------------------------------------------


def _accepts(scene: Context) -> RecordedReply:
    taken = scene.accept()
    scene.note("the acceptance", taken)
    return taken


def _rejects(scene: Context) -> RecordedReply:
    operation = ops.RejectPairingRequest(scene.cluster().pairing_uid)
    return scene.perform(scene.admin(), operation, "the rejection")


def _accepts_earlier(scene: Context) -> RecordedReply:
    uid = scene.cluster().earlier_uids[-1]
    return scene.perform(scene.admin(), ops.AcceptPairingRequest(uid, scene.matching_selection()))


def _rejects_earlier(scene: Context) -> RecordedReply:
    uid = scene.cluster().earlier_uids[-1]
    return scene.perform(scene.admin(), ops.RejectPairingRequest(uid))


def _opens(scene: Context) -> RecordedReply:
    operation = ops.ViewPairingRequest(scene.cluster().pairing_uid)
    return scene.perform(scene.admin(), operation, "the request")


def _releases(scene: Context) -> RecordedReply:
    return scene.perform(scene.admin(), ops.ReleaseCentralCluster(scene.cluster().central_uid))


def _accepts_mistyped(scene: Context) -> RecordedReply:
    operation = ops.AcceptPairingRequest(review.mistyped(scene), scene.matching_selection())
    return scene.perform(scene.admin(), operation)


def _rejects_mistyped(scene: Context) -> RecordedReply:
    return scene.perform(scene.admin(), ops.RejectPairingRequest(review.mistyped(scene)))


def _changes_too_early(scene: Context) -> RecordedReply:
    return local_moves.change_centrally(scene, local_moves.uid_in_request(scene))


def _is_paired(world: ModelWorld) -> bool:
    return world.main.accepted == world.main.last and world.main.current is CentralState.PAIRED


def _decision(what: str, does: Does, rule: Rule, fits: Fits) -> Action:
    return Action("decisions", "When", f"the administrator {what}", does, rule, fits)


def _look(what: str, does: Does, rule: Rule, fits: Fits = move.anywhere) -> Action:
    return Action("looks", "When", f"the administrator {what}", does, rule, fits)


def _refused(what: str, does: Does, requirement: str, fits: Fits) -> Action:
    return _look(what, does, model.always(ModelOutcome.REFUSED, requirement), fits)


_MISTYPED = "a request by an id that differs in its last character"
_GIVE_BACK = "asks Palette to give the cluster back to local management"

ADMINISTRATOR = (
    _decision("accepts the request", _accepts, model.of_last(model.accept), move.sent),
    _decision("rejects the request", _rejects, model.of_last(model.reject), move.sent),
    _decision(
        "accepts the earlier request",
        _accepts_earlier,
        model.of_earlier(model.accept_unnoticed),
        move.sent_earlier,
    ),
    _decision(
        "rejects the earlier request",
        _rejects_earlier,
        model.of_earlier(model.reject),
        move.sent_earlier,
    ),
    _decision(
        f'accepts the request of "{OTHER}"',
        lambda scene: review.attempt(scene, scene.admin(), "accept", OTHER),
        model.of_other(model.accept),
        move.other_sent,
    ),
    _decision(
        f'rejects the request of "{OTHER}"',
        lambda scene: review.reject_as(scene, "administrator", OTHER),
        model.of_other(model.reject),
        move.other_sent,
    ),
    _look("opens the request by its id", _opens, model.of_last(model.view), move.sent),
    _look(
        "looks at the list of requests",
        lambda scene: scene.perform(scene.admin(), ops.ListPairingRequests(), "the list"),
        model.always(ModelOutcome.OK, "ACC-3"),
    ),
    _refused(f"accepts {_MISTYPED}", _accepts_mistyped, "ACC-20", move.sent),
    _refused(f"rejects {_MISTYPED}", _rejects_mistyped, "REJ-6", move.sent),
    _refused(
        "changes the cluster by the uid in the request", _changes_too_early, "INV-1", move.waiting
    ),
    _refused(_GIVE_BACK, _releases, "ACC-19", _is_paired),
)


# --- other people ---------------------------------------------------------------------------------


def _becomes(says: str, who: ModelPerson, make: Callable[[Context], Actor]) -> Action:
    """Somebody turns up, whom the moves after this one call "this person"."""

    def appears(play: SequenceContext) -> None:
        play.person = make(play)

    rule = model.arranged(lambda world: replace(world, person=who))
    return Action("people", "Given", says, appears, rule)


def _without(permission: str) -> Action:
    says = f'a user with every permission but "{permission}"'
    return _becomes(says, ModelPerson(permission), lambda s: review.user_without(s, permission))


def _stranger(credentials: str) -> Action:
    says = f'somebody with "{credentials}"'
    return _becomes(says, ModelPerson.STRANGER, lambda s: review.stranger(s, credentials))


def _tries(action: str, needs: ModelPerson, rule: Rule) -> Action:
    says = f'this person tries to "{action}"'
    does: Does = lambda play: review.attempt(play, play.person or play.admin(), action)  # noqa: E731
    return Action("people", "When", says, does, model.by_person(needs, rule), _person_can_try)


def _person_can_try(world: ModelWorld) -> bool:
    return world.person is not ModelPerson.NOBODY and move.sent(world)


PEOPLE = (
    *(_without(p) for p in ("list", "get", "update", "delete")),
    *(_stranger(c) for c in ("no login", "an unknown API key", "an unknown session")),
    _tries("list", ModelPerson.WITHOUT_LIST, model.always(ModelOutcome.OK, "PRE-8")),
    _tries("open", ModelPerson.WITHOUT_GET, model.of_last(model.view)),
    _tries("accept", ModelPerson.WITHOUT_UPDATE, model.of_last(model.accept)),
    _tries("reject", ModelPerson.WITHOUT_DELETE, model.of_last(model.reject)),
)
