"""What Palette may do to a cluster that it manages, and by what each is seen (ACC-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from harness.context.context import MAIN, Context
from harness.context.recorder import Inconclusive, RecordedReply
from harness.context.stacks import published
from harness.domain import operations as ops
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.predicates import borne as borne

_Make = Callable[[Context, str], ops.CentralClusterOperation]
_CHANGES: Mapping[str, tuple[type[ops.CentralClusterOperation], _Make]] = {
    "change of the metadata": (
        ops.ChangeCentralCluster,
        lambda context, uid: ops.ChangeCentralCluster(
            uid, {"changed-centrally": context.new_id("change")[:8]}
        ),
    ),
    "change of the profiles": (
        ops.UpdateCentralProfiles,
        lambda context, uid: ops.UpdateCentralProfiles(
            uid, (*context.matching_selection(), _another_add_on(context))
        ),
    ),
}
"""What each asks, and how it is made; the one that needs least first."""


def _another_add_on(context: Context) -> ops.SelectedProfile:
    """A profile that the cluster does not have yet."""
    name = f"added-{context.new_id('profile')[:8]}"
    add_on = StackProfile(name, ProfileType.ADD_ON, "1.0.0", (Pack(Layer.ADDON, name, "1.0.0"),))
    made = published(add_on, context.new_id("profile"), context.project())
    return ops.SelectedProfile(context.publish(made).uid)


def central_change(context: Context, uid: str, kind: str = "") -> ops.CentralClusterOperation:
    """A central operation on a cluster; without a `kind`, any that the target offers.

    Raises:
        NotOffered: the target does not have it.
    """
    known = {name: _CHANGES[name] for name in ([kind] if kind else _CHANGES)}
    chosen = context.first_offered({name: asked for name, (asked, _) in known.items()})
    return known[chosen][1](context, uid)


def change_centrally(context: Context, uid: str = "", kind: str = "") -> RecordedReply:
    """A central operation on the cluster, by the uid that Palette gave it or by another."""
    operation = central_change(context, uid or context.cluster().central_uid, kind)
    return context.perform(context.admin(), operation, "the central operation")


def change_once_taken(context: Context, kind: str = "", label: str = MAIN) -> OperationRecord:
    """Ask again and again for a central operation, until it is taken."""
    operation = central_change(context, context.cluster(label).central_uid, kind)
    return context.recorder.await_state(context.admin(), operation, "succeeds")


def no_trace_of(context: Context, fields: Mapping[str, Json], label: str = MAIN) -> OperationRecord:
    """Watch that the central cluster bears none of these values."""
    look = ops.ViewCentralCluster(context.cluster(label).central_uid)
    return context.recorder.stays(context.admin(), look, "bears_none_of", fields=dict(fields))


def await_central(
    context: Context, fields: Mapping[str, Json], label: str = MAIN
) -> OperationRecord:
    """Wait until the central cluster bears these values."""
    look = ops.ViewCentralCluster(context.cluster(label).central_uid)
    return context.recorder.await_state(context.admin(), look, "bears", fields=dict(fields))


def change_both(context: Context, first: str, second: str, when: str) -> list[RecordedReply]:
    """Two administrators each ask for a central operation, "one after the other" or "at one
    instant"; who is refused meanwhile asks again, as one change may have to be over first.
    """
    people = context.admin(), context.admin("another administrator")
    uid = context.cluster().central_uid
    works = [
        partial(context.recorder.perform, who, central_change(context, uid, kind))
        for who, kind in zip(people, (first, second), strict=True)
    ]
    if when != "at one instant":
        return [context.until_taken(work) for work in works]
    asked = zip(works, context.recorder.at_once(works), strict=True)
    refused = Outcome.FAIL
    return [context.until_taken(w) if t.record.outcome is refused else t for w, t in asked]


def come_of(context: Context, name: str) -> OperationRecord:
    """Wait until the central cluster bears what an operation asked for that was taken, or watch
    that it bears nothing of one that was refused.
    """
    tried = context.performed(name).record
    look = no_trace_of if tried.outcome is Outcome.FAIL else await_central
    return look(context, borne(tried))


def must_manage(context: Context, label: str = MAIN) -> None:
    """A precondition: a central operation on the cluster takes effect.

    Raises:
        Inconclusive: it does not.
    """
    must_change(context, context.cluster(label).central_uid)


def must_change(context: Context, uid: str) -> dict[str, Json]:
    """A precondition: a central operation on the cluster with this uid takes effect; returns what
    it bears since.

    Raises:
        Inconclusive: it does not.
    """
    admin, change = context.admin(), central_change(context, uid)
    taken = context.recorder.await_state(admin, change, "succeeds")
    fields = borne(context.must_hold(taken))
    look = ops.ViewCentralCluster(uid)
    context.must_hold(context.recorder.await_state(admin, look, "bears", fields=fields))
    return fields


def last_change(context: Context, label: str = MAIN) -> dict[str, Json]:
    """What a cluster bears since the last central operation on it.

    Raises:
        Inconclusive: there was none; the scenario's steps are out of order.
    """
    uid, kinds = context.cluster(label).central_uid, [k.__name__ for k, _ in _CHANGES.values()]
    for record in reversed(context.recorder.history().of_kind("await_state")):
        asked = record.args["polls_args"] if record.args["polls"] in kinds else None
        if isinstance(asked, dict) and asked.get("cluster_uid") == uid:
            return borne(record)
    raise Inconclusive(f"no step has changed {label!r} centrally: the steps are out of order")
