"""What is brought about around the people: selections, entries, conditions, links, machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.domain.arrangements import InstallCluster, MessageKind, Restart, SetHostMode, Side
from harness.domain.cluster import Health, ManagementMode
from harness.explore import model, move
from harness.explore.move import Action, Does, Fits
from harness.explore.world import ModelSlot, ModelStack, ModelWorld
from harness.scenes import entries, local_moves, selection, stacks
from harness.scenes.scene import DAY, Context
from harness.scenes.stacks import pack_from

# --- what is selected, and entered ----------------------------------------------------------------


def _selects(says: str, what: ModelStack, select: Does) -> Action:
    rule = model.arranged(lambda world: replace(world, selection=what))
    return Action("selections", "Given", says, select, rule)


def _varied(says: str, change: Callable[[stacks.Stack], stacks.Stack]) -> Action:
    def select(scene: Context) -> None:
        selection.select_like(scene, change(selection.local(scene)))

    return _selects(f"fitting profiles are selected, {says}", ModelStack.NEITHER, select)


def _select_nothing(scene: Context) -> None:
    scene.selection = ()


SELECTIONS = (
    _selects(
        "profiles that match what the cluster runs now",
        ModelStack.DOCUMENTED,
        lambda scene: local_moves.select_profiles_for(scene, scene.cluster().cluster.stack),
    ),
    _selects(
        "profiles that match what the cluster runs after a change",
        ModelStack.CHANGED,
        lambda scene: local_moves.select_profiles_for(scene, local_moves.CHANGED_STACK),
    ),
    _selects("no profile is selected", ModelStack.NEITHER, _select_nothing),
    _varied(
        'but with "Calico" in the version "3.26.0"',
        lambda s: stacks.with_version(s, "Calico", "3.26.0"),
    ),
    _varied(
        'but with "Prometheus-Grafana" in the version "44.3.10"',
        lambda s: stacks.with_version(s, "Prometheus-Grafana", "44.3.10"),
    ),
    _varied('but without "PXK-E"', lambda s: stacks.without(s, "PXK-E")),
    _varied(
        'and "Hello-Universe 2.0.0" besides',
        lambda s: stacks.with_besides(s, pack_from("Hello-Universe 2.0.0")),
    ),
    _varied(
        'and "Portworx 3.1.0 (csi)" besides',
        lambda s: stacks.with_besides(s, pack_from("Portworx 3.1.0 (csi)")),
    ),
)


def _enters_token(kind: str, good: bool) -> Action:
    does: Does = lambda scene: scene.use_token(entries.token_of_kind(scene, kind))  # noqa: E731

    def enters(world: ModelWorld) -> ModelWorld:
        return replace(world, token_good=good and not world.week_passed)

    rule = model.arranged(enters)
    says = f'a registration token that is "{kind}"'
    fits = move.broken if good else move.nothing_amiss
    return Action("repairs" if good else "tokens", "Given", says, does, rule, fits)


def _enters_endpoint(form: str, good: bool) -> Action:
    def enter(scene: Context) -> None:
        scene.endpoint = entries.endpoint_of_form(scene, form)

    rule = model.arranged(lambda world: replace(world, endpoint_good=good))
    says = f'an endpoint of the form "{form}"'
    fits = move.broken if good else move.nothing_amiss
    return Action("repairs" if good else "endpoints", "Given", says, enter, rule, fits)


def _revokes(fate: str) -> Action:
    does: Does = lambda scene: entries.revoke_token(scene, fate)  # noqa: E731
    rule = model.arranged(lambda world: replace(world, token_good=False, tokens_kept=False))
    says = f"its registration token has been {fate}"
    return Action("revocations", "Given", says, does, rule, move.nothing_amiss)


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


def _in_state(state: str) -> Action:
    good, says = state == "Running", f'the cluster is in state "{state}"'
    group, fits = ("repairs", move.halted) if good else ("conditions", move.nothing_amiss)
    rule = model.on_main(lambda place: replace(place, running=good))
    return Action(group, "When", says, lambda s: local_moves.set_state(s, state), rule, fits)


def _node(says: str, position: str, health: Health, fits: Fits) -> Action:
    def change(place: ModelSlot) -> ModelSlot:
        others = place.sick - {position}
        return replace(place, sick=others if health is Health.HEALTHY else others | {position})

    return Action(
        "repairs" if health is Health.HEALTHY else "conditions",
        "When",
        f'the node "{position}" {says}',
        lambda scene: local_moves.set_health(scene, position, health),
        model.on_main(change),
        fits,
    )


def _is_sick(position: str) -> Fits:
    return lambda world: world.main.present and position in world.main.sick


WORKERS = ("first worker", "last worker")
CONTROL = "first control plane node"


def _links(says: str, up: bool) -> Action:
    def change(place: ModelSlot) -> ModelSlot:
        everyone = frozenset(range(1, place.hosts + 1))
        return model.with_link(place, frozenset() if up else everyone)

    does: Does = lambda scene: local_moves.set_links(scene, up=up)  # noqa: E731
    rule = model.on_main(change)
    return Action(
        "repairs" if up else "links",
        "When",
        says,
        does,
        rule,
        move.cut_off if up else move.anywhere,
    )


def _link(says: str, position: int, up: bool) -> Action:
    def change(place: ModelSlot) -> ModelSlot:
        one = frozenset({position})
        return model.with_link(place, place.cut - one if up else place.cut | one)

    does: Does = lambda scene: local_moves.set_link(scene, position, up=up)  # noqa: E731
    words = f"host {position} of the cluster {says}"
    rule, fits = model.on_main(change), move.cut_off_of_many if up else move.with_many_hosts
    return Action("repairs" if up else "links", "When", words, does, rule, fits)


def _spoils(fate: str, harmless: bool = False) -> Action:
    def spoil(scene: Context) -> None:
        local_moves.spoil_next(scene, MessageKind.WITHDRAW, local_moves.FATES[fate])

    def change(place: ModelSlot) -> ModelSlot:
        return replace(place, cancel_spoiled=place.cancel_spoiled or not harmless)

    says = f"the next word of a cancel {fate}"
    return Action("spoils", "Given", says, spoil, model.on_main(change))


def _restarts(says: str, restart: Does) -> Action:
    return Action("machines", "When", says, restart, model.arranged(lambda world: world))


CONDITIONS = (
    *(_in_state(state) for state in ("Running", "Provisioning", "Error")),
    *(_node("turns unhealthy", p, Health.UNHEALTHY, move.with_many_sound) for p in WORKERS),
    _node("turns unhealthy", CONTROL, Health.UNHEALTHY, move.nothing_amiss),
    *(_node("recovers", p, Health.HEALTHY, _is_sick(p)) for p in (CONTROL, *WORKERS)),
    Action(
        "endings",
        "Given",
        "the hosts have no cluster",
        lambda scene: scene.stage.arrange(InstallCluster(scene.cluster().slot.uid, None)),
        model.on_main(lambda place: replace(place, present=False)),
        move.idle,
    ),
    Action(
        "endings",
        "Given",
        "the hosts were installed in central mode",
        lambda scene: scene.stage.arrange(
            SetHostMode(scene.cluster().slot.uid, ManagementMode.CENTRAL)
        ),
        model.on_main(lambda place: replace(place, own=False)),
        move.idle,
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
    Action(
        "endings",
        "When",
        "a week passes at Palette",
        lambda scene: scene.put_clock_forward(Side.CENTRAL, 7 * DAY),
        model.arranged(model.a_week_later),
    ),
)
