"""The moves: each is a step of the suite, what the step does, and what the model says of it.

Whatever a move does is what the step of the same words does, so that a sequence of moves can be
written down as a scenario and run again as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.domain.arrangements import (
    InstallCluster,
    MessageKind,
    Restart,
    SetHostMode,
    Side,
)
from harness.domain.cluster import Health, ManagementMode
from harness.domain.operations import (
    AcceptPairingRequest,
    CancelPairingRequest,
    ListPairingRequests,
    RejectPairingRequest,
    ReleaseCentralCluster,
    RestoreLocalManagement,
    ViewPairingRequest,
)
from harness.explore import model
from harness.explore.model import Answer, Rule
from harness.explore.world import Central, Local, Person, Place, Stack, World
from harness.scenes import entries, journey, local_moves, review, selection, variations
from harness.scenes.profiles_table import pack_from
from harness.scenes.scene import DAY, Scene, Shape
from harness.scenes.stage import Actor, Taken

OTHER = "another cluster"
"""What features call the second cluster."""


class Play(Scene):
    """The scene of one sequence; `person` is the one who turned up last, "this person"."""

    person: Actor | None = None


Does = Callable[[Play], object]
"""What the step does; an operation that is answered comes back as `Taken`."""


def _anywhere(world: World) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Move:
    """One step that a sequence may hold.

    Attributes:
        group: moves of one kind are drawn together.
        keyword: `Given` or `When`, as the suite defines the step.
        says: the step's words.
        does: what it does to a scene.
        rule: what the model says of it.
        fits: whether it makes sense in a world; a move is made only if it does in all of them.
    """

    group: str
    keyword: str
    says: str
    does: Does
    rule: Rule
    fits: Callable[[World], bool] = _anywhere

    def __str__(self) -> str:
        return f"{self.keyword} {self.says}"

    def __repr__(self) -> str:
        return str(self)


# --- where a move makes sense ---------------------------------------------------------------------


def _exists(world: World) -> bool:
    return world.main.present


def _exists_alone(world: World) -> bool:
    """Nobody is logged in elsewhere, whose session would run out as well."""
    return world.main.present and not world.other.requests


def _sent(world: World) -> bool:
    return world.main.last >= 0


def _sent_earlier(world: World) -> bool:
    return world.main.earlier >= 0


def _other_sent(world: World) -> bool:
    return world.other.last >= 0


def _idle(world: World) -> bool:
    """The cluster may be thrown over without leaving a request behind of which nobody knows."""
    return world.main.present and world.main.local is Local.FREE and not world.main.requests


def _waiting(world: World) -> bool:
    return world.main.current is Central.WAITING


def _with_many_hosts(world: World) -> bool:
    return world.main.hosts > 1 and world.main.present


def _nothing_amiss(world: World) -> bool:
    """One thing wrong at a time: a refusal for two reasons shows the lack of neither."""
    entered = world.token_good and world.endpoint_good
    return world.main.in_order and entered


def _with_many_sound(world: World) -> bool:
    return _with_many_hosts(world) and _nothing_amiss(world)


# --- starting -------------------------------------------------------------------------------------


def _start(says: str, shape: Shape) -> Move:
    hosts = shape.control_plane + shape.workers
    rule = model.on_main(lambda place: replace(place, hosts=hosts))
    return Move("start", "Given", says, lambda scene: scene.new_cluster(shape=shape), rule)


STARTS = (
    _start("a local cluster", Shape()),
    _start("a local cluster with 1 control plane nodes and 2 workers", Shape(1, 2)),
)
"""How a sequence begins."""


# --- the operator ---------------------------------------------------------------------------------


def _sends(scene: Scene) -> Taken:
    taken = scene.send()
    scene.note("the send", taken)
    return taken


def _other_sends(scene: Scene) -> Taken:
    return journey.send(scene, OTHER)


def _other_can_send(world: World) -> bool:
    fine = world.token_good and world.endpoint_good
    return fine and not world.other.requests


def _cancels(scene: Scene) -> Taken:
    return scene.perform(scene.cluster().operator, CancelPairingRequest(), "the cancel")


def _stranger_sends(kind: str) -> Move:
    def sends(scene: Scene) -> Taken:
        taken = scene.send(actor=entries.stranger_with(scene, kind))
        scene.note("the send", taken)
        return taken

    says = f"somebody with {kind} session sends a pairing request"
    return Move("strangers", "When", says, sends, model.always(Answer.REFUSED, "SND-1"), _exists)


def _stranger_cancels(kind: str) -> Move:
    def cancels(scene: Scene) -> Taken:
        actor = entries.stranger_with(scene, kind)
        return scene.perform(actor, CancelPairingRequest(), "the cancel")

    says = f"somebody with {kind} session cancels the pairing request"
    fits = _exists_alone if kind == "an expired" else _exists
    return Move("strangers", "When", says, cancels, model.always(Answer.REFUSED, "WDR-1"), fits)


def _logs_in(kind: str) -> Move:
    def logs_in(scene: Scene) -> Taken:
        return scene.perform(scene.visitor(), entries.login_of_kind(scene, kind), "the login")

    says = f'somebody logs in with "{kind}"'
    return Move("strangers", "When", says, logs_in, model.always(Answer.REFUSED, "SND-1"))


def _local(kind: str, changes: Callable[[Place], Place] = lambda place: place) -> Move:
    def asks(scene: Scene) -> Taken:
        return local_moves.change_locally(scene, kind)

    says = f'the operator asks for the "{kind}"'
    return Move("local operations", "When", says, asks, model.local_operation(changes), _exists)


def _restored(scene: Scene) -> Taken:
    return scene.perform(scene.cluster().operator, RestoreLocalManagement(), "the return")


_SEND = "the operator sends a pairing request"
_ASKS_BACK = "the operator asks for a return to local management"

OPERATOR = (
    Move("send", "When", _SEND, _sends, model.send),
    Move(
        "send",
        "When",
        f'the operator of "{OTHER}" sends a pairing request step by step',
        _other_sends,
        model.send_of_other,
        _other_can_send,
    ),
    Move("cancel", "When", "the operator cancels the pairing request", _cancels, model.cancel),
    _local("patch of the cluster"),
    _local("patch of the named cluster"),
    _local("update of the cluster"),
    _local("change of the profiles", model.change_stack),
    Move("local operations", "When", _ASKS_BACK, _restored, model.return_to_local, _exists),
    *(_stranger_sends(k) for k in ("no", "a made-up", "a cut-short", "a logged-out")),
    *(_stranger_cancels(k) for k in ("no", "a made-up", "a cut-short", "an expired")),
    *(_logs_in(k) for k in ("a wrong password", "an empty password", "an unknown user")),
)


# --- the administrator ----------------------------------------------------------------------------


def _accepts(scene: Scene) -> Taken:
    taken = scene.accept()
    scene.note("the acceptance", taken)
    return taken


def _rejects(scene: Scene) -> Taken:
    operation = RejectPairingRequest(scene.cluster().pairing_uid)
    return scene.perform(scene.admin(), operation, "the rejection")


def _accepts_earlier(scene: Scene) -> Taken:
    uid = scene.cluster().earlier_uids[-1]
    operation = AcceptPairingRequest(uid, scene.matching_selection())
    return scene.perform(scene.admin(), operation)


def _rejects_earlier(scene: Scene) -> Taken:
    uid = scene.cluster().earlier_uids[-1]
    return scene.perform(scene.admin(), RejectPairingRequest(uid))


def _opens(scene: Scene) -> Taken:
    operation = ViewPairingRequest(scene.cluster().pairing_uid)
    return scene.perform(scene.admin(), operation, "the request")


def _lists(scene: Scene) -> Taken:
    return scene.perform(scene.admin(), ListPairingRequests(), "the list")


def _accepts_other(scene: Scene) -> Taken:
    return review.attempt(scene, scene.admin(), "accept", OTHER)


def _rejects_other(scene: Scene) -> Taken:
    return review.reject_as(scene, "administrator", OTHER)


def _releases(scene: Scene) -> Taken:
    return scene.perform(scene.admin(), ReleaseCentralCluster(scene.cluster().central_uid))


def _accepted_mistyped(scene: Scene) -> Taken:
    operation = AcceptPairingRequest(review.mistyped(scene), scene.matching_selection())
    return scene.perform(scene.admin(), operation)


def _rejected_mistyped(scene: Scene) -> Taken:
    return scene.perform(scene.admin(), RejectPairingRequest(review.mistyped(scene)))


def _changed_too_early(scene: Scene) -> Taken:
    return local_moves.change_centrally(scene, local_moves.uid_in_request(scene))


def _is_paired(world: World) -> bool:
    return world.main.accepted == world.main.last and world.main.current is Central.PAIRED


_GIVE_BACK = "the administrator asks Palette to give the cluster back to local management"
_MISTYPED = "a request by an id that differs in its last character"

ADMINISTRATOR = (
    Move(
        "decisions",
        "When",
        "the administrator accepts the request",
        _accepts,
        model.of_last(model.accept),
        _sent,
    ),
    Move(
        "decisions",
        "When",
        "the administrator rejects the request",
        _rejects,
        model.of_last(model.reject),
        _sent,
    ),
    Move(
        "decisions",
        "When",
        "the administrator accepts the earlier request",
        _accepts_earlier,
        model.of_earlier(model.accept_unnoticed),
        _sent_earlier,
    ),
    Move(
        "decisions",
        "When",
        "the administrator rejects the earlier request",
        _rejects_earlier,
        model.of_earlier(model.reject),
        _sent_earlier,
    ),
    Move(
        "decisions",
        "When",
        f'the administrator accepts the request of "{OTHER}"',
        _accepts_other,
        model.of_other(model.accept),
        _other_sent,
    ),
    Move(
        "decisions",
        "When",
        f'the administrator rejects the request of "{OTHER}"',
        _rejects_other,
        model.of_other(model.reject),
        _other_sent,
    ),
    Move(
        "looks",
        "When",
        "the administrator opens the request by its id",
        _opens,
        model.of_last(model.view),
        _sent,
    ),
    Move(
        "looks",
        "When",
        "the administrator looks at the list of requests",
        _lists,
        model.always(Answer.OK, "ACC-3"),
    ),
    Move(
        "looks",
        "When",
        f"the administrator accepts {_MISTYPED}",
        _accepted_mistyped,
        model.always(Answer.REFUSED, "ACC-20"),
        _sent,
    ),
    Move(
        "looks",
        "When",
        f"the administrator rejects {_MISTYPED}",
        _rejected_mistyped,
        model.always(Answer.REFUSED, "REJ-6"),
        _sent,
    ),
    Move(
        "looks",
        "When",
        "the administrator changes the cluster by the uid in the request",
        _changed_too_early,
        model.always(Answer.REFUSED, "INV-1"),
        _waiting,
    ),
    Move(
        "looks", "When", _GIVE_BACK, _releases, model.always(Answer.REFUSED, "ACC-19"), _is_paired
    ),
)


# --- other people ---------------------------------------------------------------------------------


def _becomes(says: str, who: Person, make: Callable[[Scene], Actor]) -> Move:
    """Somebody turns up, whom the moves after this one call "this person"."""

    def appears(play: Play) -> None:
        play.person = make(play)

    rule = model.arranged(lambda world: replace(world, person=who))
    return Move("people", "Given", says, appears, rule)


def _without(permission: str) -> Move:
    says = f'a user with every permission but "{permission}"'
    return _becomes(says, Person(permission), lambda s: review.user_without(s, permission))


def _stranger(credentials: str) -> Move:
    says = f'somebody with "{credentials}"'
    return _becomes(says, Person.STRANGER, lambda s: review.stranger(s, credentials))


def _tries(action: str, needs: Person, rule: Rule) -> Move:
    def tries(play: Play) -> Taken:
        return review.attempt(play, play.person or play.admin(), action)

    says = f'this person tries to "{action}"'
    return Move("people", "When", says, tries, model.by_person(needs, rule), _person_can_try)


def _person_can_try(world: World) -> bool:
    return world.person is not Person.NOBODY and _sent(world)


PEOPLE = (
    *(_without(p) for p in ("list", "get", "update", "delete")),
    *(_stranger(c) for c in ("no login", "an unknown API key", "an unknown session")),
    _tries("list", Person.WITHOUT_LIST, model.always(Answer.OK, "PRE-8")),
    _tries("open", Person.WITHOUT_GET, model.of_last(model.view)),
    _tries("accept", Person.WITHOUT_UPDATE, model.of_last(model.accept)),
    _tries("reject", Person.WITHOUT_DELETE, model.of_last(model.reject)),
)


# --- what is selected, and entered ----------------------------------------------------------------


def _selects(says: str, what: Stack, select: Does) -> Move:
    rule = model.arranged(lambda world: replace(world, selection=what))
    return Move("selections", "Given", says, select, rule)


def _varied(says: str, change: Callable[[variations.Stack], variations.Stack]) -> Move:
    def select(scene: Scene) -> None:
        selection.select_like(scene, change(selection.local(scene)))

    return _selects(f"fitting profiles are selected, {says}", Stack.NEITHER, select)


def _select_nothing(scene: Scene) -> None:
    scene.selection = ()


def _select_for_now(scene: Scene) -> None:
    local_moves.select_profiles_for(scene, scene.cluster().cluster.stack)


def _select_for_later(scene: Scene) -> None:
    local_moves.select_profiles_for(scene, local_moves.CHANGED_STACK)


SELECTIONS = (
    _selects("profiles that match what the cluster runs now", Stack.DOCUMENTED, _select_for_now),
    _selects(
        "profiles that match what the cluster runs after a change",
        Stack.CHANGED,
        _select_for_later,
    ),
    _selects("no profile is selected", Stack.NEITHER, _select_nothing),
    _varied(
        'but with "Calico" in the version "3.26.0"',
        lambda s: variations.with_version(s, "Calico", "3.26.0"),
    ),
    _varied(
        'but with "Prometheus-Grafana" in the version "44.3.10"',
        lambda s: variations.with_version(s, "Prometheus-Grafana", "44.3.10"),
    ),
    _varied('but without "PXK-E"', lambda s: variations.without(s, "PXK-E")),
    _varied(
        'and "Hello-Universe 2.0.0" besides',
        lambda s: variations.with_besides(s, pack_from("Hello-Universe 2.0.0")),
    ),
    _varied(
        'and "Portworx 3.1.0 (csi)" besides',
        lambda s: variations.with_besides(s, pack_from("Portworx 3.1.0 (csi)")),
    ),
)


def _enters_token(kind: str, good: bool) -> Move:
    def enter(scene: Scene) -> None:
        scene.use_token(entries.token_of_kind(scene, kind))

    def enters(world: World) -> World:
        return replace(world, token_good=good and not world.week_passed)

    rule = model.arranged(enters)
    fits = _anywhere if good else _nothing_amiss
    return Move("tokens", "Given", f'a registration token that is "{kind}"', enter, rule, fits)


def _enters_endpoint(form: str, good: bool) -> Move:
    def enter(scene: Scene) -> None:
        scene.endpoint = entries.endpoint_of_form(scene, form)

    rule = model.arranged(lambda world: replace(world, endpoint_good=good))
    fits = _anywhere if good else _nothing_amiss
    return Move("endpoints", "Given", f'an endpoint of the form "{form}"', enter, rule, fits)


def _revokes(fate: str) -> Move:
    def revoke(scene: Scene) -> None:
        entries.revoke_token(scene, fate)

    rule = model.arranged(lambda world: replace(world, token_good=False, tokens_kept=False))
    says = f"its registration token has been {fate}"
    return Move("revocations", "Given", says, revoke, rule, _nothing_amiss)


GOOD_TOKENS = ("about to expire in an hour", "deactivated and activated again")
BAD_TOKENS = ("empty", "unknown", "expired", "expired a second ago", "deactivated", "deleted")

ENTRIES = (
    *(_enters_token(kind, True) for kind in GOOD_TOKENS),
    *(_enters_token(kind, False) for kind in BAD_TOKENS),
    _enters_endpoint("usable", True),
    _enters_endpoint("missing", False),
    _enters_endpoint("malformed", False),
    *(_revokes(fate) for fate in ("deactivated", "deleted", "expired")),
)


# --- the cluster, its links, and the machines -----------------------------------------------------


def _in_state(state: str) -> Move:
    rule = model.on_main(lambda place: replace(place, running=state == "Running"))
    says = f'the cluster is in state "{state}"'
    fits = _exists if state == "Running" else _nothing_amiss
    return Move("conditions", "When", says, lambda s: local_moves.set_state(s, state), rule, fits)


def _node(says: str, position: str, health: Health, fits: Callable[[World], bool]) -> Move:
    def change(place: Place) -> Place:
        others = place.sick - {position}
        return replace(place, sick=others if health is Health.HEALTHY else others | {position})

    return Move(
        "conditions",
        "When",
        f'the node "{position}" {says}',
        lambda scene: local_moves.set_health(scene, position, health),
        model.on_main(change),
        fits,
    )


WORKERS = ("first worker", "last worker")
CONTROL = "first control plane node"


def _no_cluster(scene: Scene) -> None:
    scene.stage.arrange(InstallCluster(scene.cluster().slot.uid, None))


def _central_mode(scene: Scene) -> None:
    scene.stage.arrange(SetHostMode(scene.cluster().slot.uid, ManagementMode.CENTRAL))


def _links(says: str, up: bool) -> Move:
    def change(place: Place) -> Place:
        everyone = frozenset(range(1, place.hosts + 1))
        return model.with_link(place, frozenset() if up else everyone)

    does: Does = lambda scene: local_moves.set_links(scene, up=up)  # noqa: E731
    return Move("links", "When", says, does, model.on_main(change))


def _link(says: str, position: int, up: bool) -> Move:
    def change(place: Place) -> Place:
        one = frozenset({position})
        return model.with_link(place, place.cut - one if up else place.cut | one)

    does: Does = lambda scene: local_moves.set_link(scene, position, up=up)  # noqa: E731
    words = f"host {position} of the cluster {says}"
    return Move("links", "When", words, does, model.on_main(change), _with_many_hosts)


def _spoils(fate: str, harmless: bool = False) -> Move:
    def spoil(scene: Scene) -> None:
        local_moves.spoil_next(scene, MessageKind.WITHDRAW, local_moves.FATES[fate])

    def change(place: Place) -> Place:
        return replace(place, cancel_spoiled=place.cancel_spoiled or not harmless)

    says = f"the next word of a cancel {fate}"
    return Move("links", "Given", says, spoil, model.on_main(change))


def _restarts(says: str, restart: Does) -> Move:
    return Move("machines", "When", says, restart, model.arranged(lambda world: world))


def _week_passes(scene: Scene) -> None:
    scene.put_clock_forward(Side.CENTRAL, 7 * DAY)


CONDITIONS = (
    *(_in_state(state) for state in ("Running", "Provisioning", "Error")),
    *(_node("turns unhealthy", p, Health.UNHEALTHY, _with_many_sound) for p in WORKERS),
    _node("turns unhealthy", CONTROL, Health.UNHEALTHY, _nothing_amiss),
    *(_node("recovers", p, Health.HEALTHY, _with_many_hosts) for p in WORKERS),
    _node("recovers", CONTROL, Health.HEALTHY, _exists),
    Move(
        "conditions",
        "Given",
        "the hosts have no cluster",
        _no_cluster,
        model.on_main(lambda place: replace(place, present=False)),
        _idle,
    ),
    Move(
        "conditions",
        "Given",
        "the hosts were installed in central mode",
        _central_mode,
        model.on_main(lambda place: replace(place, own=False)),
        _idle,
    ),
)

LINKS = (
    _links("the cluster cannot reach Palette", up=False),
    _links("the cluster can reach Palette again", up=True),
    *(_link("cannot reach Palette", n, up=False) for n in (1, 2, 3)),
    *(_link("can reach Palette again", n, up=True) for n in (1, 2, 3)),
    _spoils("is lost before it takes effect"),
    _spoils("is lost after it took effect"),
    _spoils("arrives twice", harmless=True),
)

MACHINES = (
    _restarts("the edge restarts", lambda scene: local_moves.restart(scene, Side.EDGE)),
    _restarts("Palette is restarted", lambda scene: scene.stage.arrange(Restart(Side.CENTRAL))),
    Move(
        "machines",
        "When",
        "a week passes at Palette",
        _week_passes,
        model.arranged(model.a_week_later),
    ),
)

MOVES = (
    *OPERATOR,
    *ADMINISTRATOR,
    *PEOPLE,
    *SELECTIONS,
    *ENTRIES,
    *CONDITIONS,
    *LINKS,
    *MACHINES,
)
"""Every move but how a sequence begins, the plainest first: what is found is shrunk to these."""
