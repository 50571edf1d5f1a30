"""Courses of a request whose messages are spoiled, and what both sides come to in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.catalogue.verdict import Verdict
from harness.checkers.settling import both_sides_agree
from harness.context import central_changes, local_changes
from harness.context.context import Context
from harness.context.recorder import RecordedReply
from harness.domain import operations as ops
from harness.domain.arrangements import MessageKind, SetLink
from harness.domain.cluster import ManagementMode
from harness.history.operation import Json, Outcome
from harness.history.predicates import Sample, open_ids_of

MESSAGES: Mapping[str, MessageKind] = {
    "submission": MessageKind.SUBMIT,
    "question": MessageKind.POLL,
    "confirmation": MessageKind.CONFIRM,
    "withdrawal": MessageKind.WITHDRAW,
}
"""What features call the messages of a host."""


def take(context: Context, course: str) -> None:
    """What people do to the request of a cluster, one thing after another: `sent, accepted`.

    Whoever decides takes the request that Palette lists; where it lists none, there is nothing
    to decide.

    Raises:
        KeyError: the course has a part that is none.
    """
    for act in course.split(", "):
        _ACTS[act](context)


def _sent(context: Context) -> None:
    """What was sent can be decided once it is listed; where it was not sent, nobody waits."""
    context.note("the send", context.send())
    if context.last().record.outcome is Outcome.OK:
        uid = context.cluster().pairing_uid
        look = ops.ListPairingRequests()
        context.recorder.await_state(context.admin(), look, "listed", pairing_uid=uid)


def _accepted(context: Context) -> None:
    if _waiting(context):
        context.note("the acceptance", context.accept())


def _rejected(context: Context) -> None:
    if _waiting(context):
        operation = ops.RejectPairingRequest(context.cluster().pairing_uid)
        context.perform(context.admin(), operation, "the rejection")


def _waiting(context: Context) -> bool:
    """Whether a request of the cluster waits in Palette, which is then the one to decide."""
    leased = context.cluster()
    listed = context.recorder.perform(context.admin(), ops.ListPairingRequests()).record
    found = open_ids_of(Sample.of(listed), leased.cluster.uid)
    if found and leased.pairing_uid not in found:
        leased.pairing_uid = found[-1]
    return bool(found)


_ACTS: Mapping[str, Callable[[Context], object]] = {
    "not sent yet": Context.cluster,
    "sent": _sent,
    "cancelled": lambda c: c.perform(c.cluster().operator, ops.CancelPairingRequest()),
    "accepted": _accepted,
    "rejected": _rejected,
}


def let_pass_again(context: Context) -> None:
    """No message of the host is spoiled any more; those that waited to be have been, or never."""
    context.recorder.arrange(SetLink(context.cluster().operator.host_uid, up=True))


def settle(context: Context) -> dict[str, Json]:
    """Look at both sides until they agree, or the time to settle is over: the last looks, and by
    how much the harness itself was late.
    """
    limits, driver = context.recorder.limits, context.recorder.driver
    pause, deadline = round(limits.poll_s * 1e6), driver.now() + round(limits.settle_s * 1e6)
    late = 0
    while True:
        looks = _look(context)
        agree = both_sides_agree(context.recorder.history(), **looks).verdict is Verdict.PASS
        left = deadline - driver.now()
        if agree or left <= 0:
            return {**looks, "late_us": late, "within_s": limits.settle_s}
        driver.sleep(min(pause, left))
        late += max(0, left - min(pause, left) - (deadline - driver.now()))
        pause *= 2  # each look is written down, so that a target that never settles has few


def _look(context: Context) -> dict[str, str]:
    leased, operator = context.cluster(), context.cluster().operator
    looks = {
        "cluster_uid": leased.cluster.uid,
        "pairing": context.recorder.perform(operator, ops.ViewPairing()).id,
        "listed": context.recorder.perform(context.admin(), ops.ListPairingRequests()).id,
        "mode": context.recorder.perform(operator, ops.ViewManagement()).id,
        "local": local_changes.change_locally(context).id,
    }
    if leased.central_uid:
        looks["central"] = central_changes.change_centrally(context).id
        look = ops.ViewCentralCluster(leased.central_uid)
        looks["handover"] = context.recorder.perform(context.admin(), look).id
    return looks


def send_anew(context: Context) -> list[str]:
    """Where the cluster is locally managed, end what is pending, and send: what has to succeed, if
    not at once. A handover that was still under way may come to its end meanwhile.
    """
    sent: list[str] = []

    def ends_and_sends() -> RecordedReply:
        mode = context.look(ops.ViewManagement())
        if mode.value != ops.Management(ManagementMode.LOCAL):
            sent.clear()
            return mode
        recorder, operator = context.recorder, context.cluster().operator
        view = recorder.perform(operator, ops.ViewPairing()).value
        if isinstance(view, ops.PairingView) and view.status == "Pairing":
            recorder.perform(operator, ops.CancelPairingRequest())
        taken = context.send()
        sent[:] = [taken.id]
        return taken

    context.until_taken(ends_and_sends)
    return sent
