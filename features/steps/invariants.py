"""Steps that judge a whole history by an invariant."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import hosts, local_changes
from harness.context.central_changes import change_centrally
from harness.context.context import OTHER, Context
from harness.context.entries import stranger_with
from harness.context.local_actions import decided_by_the_profiles
from harness.domain.operations import ListPairingRequests, ViewCentralCluster, ViewPairing


@when("a central operation is tried")
def _central_operation(context: Context) -> None:
    """It is looked at, as it may have been taken down for later."""
    context.note("what was tried", change_centrally(context))
    look = ViewCentralCluster(context.cluster().central_uid)
    context.recorder.perform(context.admin(), look)


@when(parsers.parse('a "{kind}" by Palette is tried'))
def _central_operation_of(context: Context, kind: str) -> None:
    context.note("what was tried", change_centrally(context, kind=kind))


@when("a local operation is tried")
def _local_operation(context: Context) -> None:
    local_changes.change_locally(context)


@given(parsers.parse('the "{kind}" was asked for in Local UI right before its acceptance'))
def _asked_before_the_acceptance(context: Context, kind: str) -> None:
    local_changes.must_show_at_once(context, kind)
    context.must(context.until_taken(lambda: local_changes.change_locally(context, kind)))
    context.must(context.accept())


@then("what was asked for has taken effect by now, or takes none any more")
def _by_now_or_never(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_changes.by_now_or_never(context).id)


@when(parsers.parse("somebody with {kind} session tries a local operation"))
def _stranger_operates(context: Context, kind: str) -> None:
    local_changes.change_locally(context, actor=stranger_with(context, kind))


@given("an edge host has submitted a request")
def _submitted(context: Context) -> None:
    hosts.submit(context)


@given("the host of another cluster has submitted one")
def _submitted_elsewhere(context: Context) -> None:
    hosts.submit(context, OTHER)


@when(
    parsers.parse("the other host {message} the first request, for {named} cluster, with {secret}")
)
def _says_of_another(context: Context, message: str, named: str, secret: str) -> None:
    hosts.say_of_another(context, OTHER, message, named, secret)


@when(parsers.parse("its own host {message} it"))
def _says(context: Context, message: str) -> None:
    hosts.say(context, message)


@when("that was decided by the profiles")
def _decided(context: Context) -> None:
    decided_by_the_profiles(context)


@when("the operator waits for the request to end")
def _waits_for_the_end(context: Context) -> None:
    operator, settle_s = context.cluster().operator, context.recorder.limits.settle_s
    context.recorder.await_state(operator, ViewPairing(), "nothing_pending", within_s=settle_s)


@then("the request still waits in Palette")
def _still_waits(context: Context, judge: Judge) -> None:
    uid = context.cluster().pairing_uid
    seen = context.recorder.await_state(
        context.admin(), ListPairingRequests(), "listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)


@then(parsers.parse('the history keeps to "{invariant}"'))
def _keeps_to(context: Context, judge: Judge, invariant: str) -> None:
    limits = context.recorder.limits
    judge.check(
        invariant.replace(" ", "_"),
        list_lag_s=limits.list_lag_s,
        edge_lag_s=limits.edge_lag_s,
        settle_s=limits.settle_s,
    )
