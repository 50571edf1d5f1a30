"""What is brought about around the people: selections, entries, conditions, links, machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.context import entries, local_actions, local_changes, selection, settling, stacks
from harness.context.context import DAY, Context
from harness.context.stacks import pack_from
from harness.domain.arrangements import MessageFault, Side
from harness.domain.cluster import Health
from harness.explore import action, model
from harness.explore.action import Action, Does, Fits
from harness.explore.world import ModelSlot, ModelStack, Spoil

# --- what is selected, and entered ----------------------------------------------------------------


def _selects(says: str, what: ModelStack, select: Does) -> Action:
    rule = model.arranged(lambda world: replace(world, selection=what))
    return Action("selections", "Given", says, select, rule)


def _varied(says: str, change: Callable[[stacks.Stack], stacks.Stack]) -> Action:
    def select(context: Context) -> None:
        selection.select_like(context, change(selection.local(context)))

    return _selects(f"fitting profiles are selected, {says}", ModelStack.NEITHER, select)


def _select_nothing(context: Context) -> None:
    context.selection = ()


SELECTIONS = (
    _selects(
        "profiles that match what the cluster runs now",
        ModelStack.DOCUMENTED,
        lambda context: local_actions.select_profiles_for(context, context.cluster().cluster.stack),
    ),
    _selects(
        "profiles that match what the cluster runs after a change",
        ModelStack.CHANGED,
        lambda context: local_actions.select_profiles_for(
            context, local_changes.after_a_change(context)
        ),
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
    does: Does = lambda context: context.use_token(entries.token_of_kind(context, kind))  # noqa: E731
    rule = model.arranged(lambda world: replace(world, token_good=good))
    says = f'a registration token that is "{kind}"'
    fits = action.broken if good else action.nothing_amiss
    return Action("repairs" if good else "tokens", "Given", says, does, rule, fits)


def _enters_endpoint(form: str, good: bool) -> Action:
    def enter(context: Context) -> None:
        context.endpoint = entries.endpoint_of_form(context, form)

    rule = model.arranged(lambda world: replace(world, endpoint_good=good))
    says = f'an endpoint of the form "{form}"'
    fits = action.broken if good else action.nothing_amiss
    return Action("repairs" if good else "endpoints", "Given", says, enter, rule, fits)


def _revokes(fate: str) -> Action:
    does: Does = lambda context: entries.revoke_token(context, fate)  # noqa: E731
    rule = model.arranged(lambda world: replace(world, token_good=False, tokens_kept=False))
    says = f"its registration token has been {fate}"
    return Action("revocations", "Given", says, does, rule, action.nothing_amiss)


GOOD_TOKENS = ("deactivated and activated again",)
BAD_TOKENS = ("empty", "unknown", "expired", "expired a while ago", "deactivated", "deleted")

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
    group, fits = ("repairs", action.halted) if good else ("conditions", action.nothing_amiss)
    rule = model.on_main(lambda slot: replace(slot, running=good))
    return Action(group, "When", says, lambda s: local_actions.set_state(s, state), rule, fits)


def _node(says: str, position: str, health: Health, fits: Fits) -> Action:
    def change(slot: ModelSlot) -> ModelSlot:
        others = slot.sick - {position}
        return replace(slot, sick=others if health is Health.HEALTHY else others | {position})

    return Action(
        "repairs" if health is Health.HEALTHY else "conditions",
        "When",
        f'the node "{position}" {says}',
        lambda context: local_actions.set_health(context, position, health),
        model.on_main(change),
        fits,
    )


def _is_sick(position: str) -> Fits:
    return lambda world: world.main.present and position in world.main.sick


WORKERS = ("first worker", "last worker")
CONTROL = "first control plane node"


def _links(says: str, up: bool) -> Action:
    def change(slot: ModelSlot) -> ModelSlot:
        everyone = frozenset(range(1, slot.hosts + 1))
        return model.with_link(slot, frozenset() if up else everyone)

    does: Does = lambda context: local_actions.set_links(context, up=up)  # noqa: E731
    rule = model.on_main(change)
    return Action(
        "repairs" if up else "links",
        "When",
        says,
        does,
        rule,
        action.cut_off if up else action.anywhere,
    )


def _link(says: str, position: int, up: bool) -> Action:
    def change(slot: ModelSlot) -> ModelSlot:
        one = frozenset({position})
        return model.with_link(slot, slot.cut - one if up else slot.cut | one)

    does: Does = lambda context: local_actions.set_link(context, position, up=up)  # noqa: E731
    words = f"host {position} of the cluster {says}"
    rule, fits = model.on_main(change), action.cut_off_of_many if up else action.with_many_hosts
    return Action("repairs" if up else "links", "When", words, does, rule, fits)


def _spoils(message: str, fate: str) -> Action:
    says, fault = f"its next {message} {fate}", local_actions.FATES[fate]
    rule = model.with_spoiled(
        settling.MESSAGES[message],
        _SPOILS.get(fault, Spoil.ANSWERED),
        comes_late=fault in (MessageFault.LATE, MessageFault.REPEATED_LATE),
    )
    fits = action.submits_unspoiled if message == "submission" else action.waiting
    return Action(
        f"spoils of a {message}",
        "Given",
        says,
        lambda context: settling.spoil(context, message, fate),
        rule,
        fits,
    )


SPOILED = ("submission", "question", "confirmation", "withdrawal")
_DRAWN = tuple(f for f, fault in local_actions.FATES.items() if fault is not MessageFault.REWORDED)
"""Without words of another kind: where sequences are drawn by the hundred there is no wire."""
_SPOILS = {
    MessageFault.LOST_BEFORE: Spoil.LOST,
    MessageFault.LOST_AFTER: Spoil.LOST,
    MessageFault.LATE: Spoil.LOST,
    MessageFault.REPEATED: Spoil.HEARD,
    MessageFault.REPEATED_LATE: Spoil.HEARD,
}


def _goes_on(says: str, does: Does) -> Action:
    return Action("machines", "When", says, does, model.arranged(lambda world: world))


CONDITIONS = (
    *(_in_state(state) for state in ("Running", "Provisioning", "Error")),
    *(_node("turns unhealthy", p, Health.UNHEALTHY, action.with_many_sound) for p in WORKERS),
    _node("turns unhealthy", CONTROL, Health.UNHEALTHY, action.nothing_amiss),
    *(_node("recovers", p, Health.HEALTHY, _is_sick(p)) for p in (CONTROL, *WORKERS)),
    Action(
        "endings",
        "Given",
        "the hosts have no cluster",
        local_actions.leave_without_cluster,
        model.on_main(lambda slot: replace(slot, present=False)),
        action.idle,
    ),
    Action(
        "endings",
        "Given",
        "the hosts were installed in central mode",
        local_actions.install_in_central_mode,
        model.on_main(lambda slot: replace(slot, own=False)),
        action.idle,
    ),
)

REACHES = _links("the cluster can reach Palette again", up=True)
ARRIVES = Action(
    "repairs",
    "When",
    "all messages get through again",
    settling.let_pass_again,
    model.on_main(model.without_spoils),
    action.spoiled,
)
WAITS = _goes_on("a while passes", local_actions.let_pass)

LINKS = (
    _links("the cluster cannot reach Palette", up=False),
    *(_link("cannot reach Palette", n, up=False) for n in (1, 2, 3)),
    *(_link("can reach Palette again", n, up=True) for n in (1, 2, 3)),
    *(_spoils(message, fate) for message in SPOILED for fate in _DRAWN),
    REACHES,
    ARRIVES,
)

MACHINES = (
    _goes_on("the edge restarts", lambda context: local_actions.restart(context, Side.EDGE)),
    _goes_on("Palette is restarted", lambda context: local_actions.restart(context, Side.CENTRAL)),
    WAITS,
    Action(
        "endings",
        "When",
        "a week passes at Palette",
        lambda context: context.put_clock_forward(Side.CENTRAL, 7 * DAY),
        model.arranged(model.a_week_later),
    ),
)
