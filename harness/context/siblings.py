"""The other hosts of a cluster: what its operator sees and does at one that did not send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.checkers.registry import Judge
from harness.context.context import Context
from harness.context.local_actions import await_pending, await_request_of, request_stays_of
from harness.context.recorder import Actor, NotReached, OnlyObserved
from harness.domain import operations as ops
from harness.history.operation import OperationRecord, Outcome


def sibling_with_login(context: Context, position: int) -> Actor:
    """The operator with the login that they have, at another host of the cluster."""
    leased = context.cluster()
    return replace(leased.operator, host_uid=leased.host(position))


def cancel_elsewhere(context: Context, judge: Judge) -> None:
    """The operator cancels at another host that shows the request, and goes back to the one that
    sent. Whether one shows it, and takes a cancel, is left open (SND-10): where none does, the
    request has to go on waiting.

    Raises:
        NotReached: the cancel was not answered.
        OnlyObserved: it was not taken; what became of it is all that there is to see.
    """
    leased = context.cluster()
    sent_from = leased.operator.host_uid
    taken = None
    if _went_to_one_that_shows_it(context):
        taken = context.perform(leased.operator, ops.CancelPairingRequest(), "the cancel")
    leased.operator = context.log_in(sent_from)  # another login may have ended the one before
    if taken is not None and taken.record.outcome is not Outcome.FAIL:
        context.must(taken)
        return
    for seen in (await_request_of(context), request_stays_of(context)):
        judge.check("held", operation=seen.id)
    situation = "a cancel at another host than the one that sent"
    judge.check("observed", situation=situation, operations=list(context.seen))
    raise OnlyObserved


def _went_to_one_that_shows_it(context: Context) -> bool:
    for host_uid in _siblings(context):
        if _went_to(context, host_uid):
            seen = await_pending(context)
            context.note("the look", seen)
            if (seen.value or {}).get("held"):
                return True
    return False


def await_nothing_pending(context: Context) -> Iterator[OperationRecord]:
    """Wait at each host that lets the operator in until it shows no pending request; at last at the
    one where they were.
    """
    home = context.cluster().operator.host_uid
    for host_uid in (*_siblings(context), home):
        if _went_to(context, host_uid) or host_uid == home:
            operator = context.cluster().operator
            yield context.recorder.await_state(operator, ops.ViewPairing(), "nothing_pending")


def _siblings(context: Context) -> list[str]:
    leased = context.cluster()
    return [host_uid for host_uid in leased.host_uids if host_uid != leased.operator.host_uid]


def _went_to(context: Context, host_uid: str) -> bool:
    """Whether this host has let the operator in, who is there then."""
    try:
        context.cluster().operator = context.log_in(host_uid)
    except NotReached as missed:
        context.note("the login", missed.record)
        return False
    return True
