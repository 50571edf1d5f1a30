"""Steps of whole journeys: the flows of the procedure, walked step by step by named people."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import central_changes, journey, local_actions, review
from harness.context.context import Context
from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode


@given(parsers.parse('the operator of "{label}" has sent a pairing request step by step'))
def _has_sent(context: Context, label: str) -> None:
    context.must(journey.send(context, label))


@given(parsers.parse('the operator of "{label}" has cancelled it step by step'))
def _has_cancelled(context: Context, label: str) -> None:
    journey.has_cancelled(context, label)


@given(parsers.parse('"{who}" has rejected the request of "{label}" step by step'))
def _has_rejected(context: Context, who: str, label: str) -> None:
    journey.has_rejected(context, who, label)


@given(parsers.parse('"{who}" has accepted the request of "{label}" step by step'))
def _has_accepted(context: Context, who: str, label: str) -> None:
    context.must(journey.accept(context, who, label))


@given(parsers.parse('"{who}" may accept, and has accepted the request of "{label}" step by step'))
def _has_accepted_if_so(context: Context, who: str, label: str) -> None:
    context.must_if_offered(journey.accept(context, who, label))


@given(parsers.parse('Palette manages "{label}"'))
def _is_managed(context: Context, label: str) -> None:
    central_changes.must_manage(context, label)


@when(parsers.parse('the operator of "{label}" sends a pairing request step by step'))
def _sends(context: Context, label: str) -> None:
    journey.send(context, label)


@when(parsers.parse('"{who}" accepts the request of "{label}" step by step'))
def _accepts(context: Context, who: str, label: str) -> None:
    journey.accept(context, who, label)


@when(parsers.parse('"{who}" tries to accept the request of "{label}"'))
def _tries_to_accept(context: Context, who: str, label: str) -> None:
    review.attempt(context, context.admin(who), "accept", label)


@when(parsers.parse('"{who}" tries to reject the request of "{label}"'))
def _tries_to_reject(context: Context, who: str, label: str) -> None:
    review.attempt(context, context.admin(who), "reject", label)


@when(parsers.parse('"{who}" tries to accept the earlier request of "{label}"'))
def _tries_earlier(context: Context, who: str, label: str) -> None:
    uid = context.cluster(label).earlier_uids[-1]
    context.perform(context.admin(who), context.acceptance(label).on(uid))


@then(parsers.parse('Palette manages "{label}"'))
def _managed(context: Context, judge: Judge, label: str) -> None:
    changed = central_changes.change_once_taken(context, label=label)
    judge.check("held", operation=changed.id)
    fields = central_changes.borne(changed)
    seen = central_changes.await_central(context, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('what was changed at "{label}" is still there'))
def _still_there(context: Context, judge: Judge, label: str) -> None:
    fields = central_changes.last_change(context, label)
    seen = central_changes.await_central(context, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('a change at "{other}" is not one at "{label}"'))
def _changed_apart(context: Context, judge: Judge, other: str, label: str) -> None:
    fields = central_changes.borne(central_changes.change_once_taken(context, label=label))
    central_changes.change_once_taken(context, label=other)
    seen = central_changes.await_central(context, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('the request of "{label}" waits in Palette'))
def _waits(context: Context, judge: Judge, label: str) -> None:
    uid = context.cluster(label).pairing_uid
    seen = context.recorder.await_state(
        context.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)


@then(parsers.parse('the request of "{label}" is pending in its Local UI'))
def _pending_locally(context: Context, judge: Judge, label: str) -> None:
    judge.check("held", operation=local_actions.await_pending(context, label).id)


@then(parsers.parse('"{label}" is locally managed'))
def _local(context: Context, judge: Judge, label: str) -> None:
    operator = context.cluster(label).operator
    seen = context.recorder.await_state(
        operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.LOCAL.value
    )
    judge.check("held", operation=seen.id)
