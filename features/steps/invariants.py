"""Steps that judge a whole history by an invariant."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from harness.checkers.registry import Judge
from harness.context.central_changes import change_centrally
from harness.context.context import Context
from harness.context.entries import stranger_with
from harness.context.local_actions import decided_by_the_profiles
from harness.context.local_changes import change_locally
from harness.domain.operations import ViewPairing


@when("a central operation is tried")
def _central_operation(context: Context) -> None:
    change_centrally(context)


@when("a local operation is tried")
def _local_operation(context: Context) -> None:
    change_locally(context)


@when(parsers.parse("somebody with {kind} session tries a local operation"))
def _stranger_operates(context: Context, kind: str) -> None:
    change_locally(context, actor=stranger_with(context, kind))


@when("that was decided by the profiles")
def _decided(context: Context) -> None:
    decided_by_the_profiles(context)


@when("the operator waits for the request to end")
def _waits_for_the_end(context: Context) -> None:
    operator, settle_s = context.cluster().operator, context.recorder.limits.settle_s
    context.recorder.await_state(operator, ViewPairing(), "nothing_pending", within_s=settle_s)


@then(parsers.parse('the history keeps to "{invariant}"'))
def _keeps_to(context: Context, judge: Judge, invariant: str) -> None:
    limits = context.recorder.limits
    judge.check(
        invariant.replace(" ", "_"),
        list_lag_s=limits.list_lag_s,
        edge_lag_s=limits.edge_lag_s,
        settle_s=limits.settle_s,
    )
