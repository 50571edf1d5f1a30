"""Steps about what follows a send: cancels, lost messages, decisions, and what they leave."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import crossing, local_actions, local_changes, siblings
from harness.context.context import DAY, OTHER, Context
from harness.context.entries import revoke_token, stranger_with
from harness.domain import operations as ops
from harness.domain.arrangements import MessageFault, MessageKind, Side
from harness.domain.cluster import ManagementMode

# --- requests that have come to something -------------------------------------------------------


@given("the request was cancelled")
@when("the request is cancelled in Local UI")
def _cancelled(context: Context) -> None:
    local_actions.cancelled(context)


@given("a pairing request that was rejected")
def _rejected(context: Context) -> None:
    context.pending()
    local_actions.rejected(context)


@given("its request was rejected in Palette")
def _rejected_in_palette(context: Context) -> None:
    operation = ops.RejectPairingRequest(context.cluster().pairing_uid)
    context.must(context.recorder.perform(context.admin(), operation))


@given("a stale pairing request")
def _stale(context: Context) -> None:
    local_actions.stale(context)


@given("a stale pairing request of another cluster")
def _stale_elsewhere(context: Context) -> None:
    local_actions.stale(context, OTHER)


@given("the request was accepted, and the host has learned of it")
def _accepted_and_learned(context: Context) -> None:
    local_actions.accepted_and_learned(context)


@given("its request was accepted, and it is paired")
def _paired(context: Context) -> None:
    context.paired()


@given("the cluster runs on a host more, and is paired with it")
def _paired_with_a_host_more(context: Context) -> None:
    crossing.pair_with_a_host_more(context)


@given("its request was sent from a host that has left the cluster since")
def _sent_from_one_that_left(context: Context) -> None:
    crossing.send_from_a_host_that_leaves(context)


@given("the operator is at that host")
def _at_the_last_host(context: Context) -> None:
    crossing.go_to(context, "last")


@given("the pairing has come to nothing")
def _came_to_nothing(context: Context) -> None:
    local_actions.come_to_nothing(context)


@given("a paired cluster that is centrally managed")
def _centrally_managed(context: Context) -> None:
    local_actions.centrally_managed(context)


@given("a paired cluster beside it")
def _paired_beside(context: Context) -> None:
    context.paired(OTHER)


@given(parsers.parse("its registration token has been {fate}"))
def _token_revoked(context: Context, fate: str) -> None:
    revoke_token(context, fate)


@given("its host has followed it for a while")
def _followed(context: Context) -> None:
    context.must_be_pending()
    context.must_hold(local_actions.followed(context))


# --- links and messages -------------------------------------------------------------------------


@given(parsers.parse("the next word of a cancel {fate}"))
def _spoiled_cancel(context: Context, fate: str) -> None:
    local_actions.spoil_next(context, MessageKind.WITHDRAW, local_actions.FATES[fate])


@given(parsers.parse("the next {times:d} {messages} of the host are lost"))
def _lost(context: Context, times: int, messages: str) -> None:
    kind = local_actions.MESSAGES[messages]
    local_actions.spoil_next(context, kind, MessageFault.LOST_BEFORE, times)


@given(parsers.parse("the answers to the next {times:d} {messages} of the host are lost"))
def _lost_answers(context: Context, times: int, messages: str) -> None:
    kind = local_actions.MESSAGES[messages]
    local_actions.spoil_next(context, kind, MessageFault.LOST_AFTER, times)


@given(parsers.parse("the next {times:d} questions of the host about its request are {fate}"))
def _spoiled_polls(context: Context, times: int, fate: str) -> None:
    fault = MessageFault.LOST_BEFORE if fate == "lost" else local_actions.FATES[f"is {fate}"]
    local_actions.spoil_next(context, MessageKind.POLL, fault, times)


@given(parsers.parse("one of these {messages} has been lost"))
@when(parsers.parse("one of these {messages} has been lost"))
def _one_is_lost(context: Context, messages: str) -> None:
    local_actions.await_loss(context, local_actions.MESSAGES[messages])


@when(parsers.parse("many of these {messages} have been lost"))
@when(parsers.parse("many of these {messages} have been answered so"))
def _many_are_lost(context: Context, messages: str) -> None:
    local_actions.await_many_losses(context, local_actions.MESSAGES[messages])


@given(parsers.parse("no more of these {messages} are lost"))
@when(parsers.parse("no more of these {messages} are lost"))
@when(parsers.parse("no more of these {messages} are answered so"))
def _no_more_are_lost(context: Context, messages: str) -> None:
    local_actions.end_of_losses(context, local_actions.MESSAGES[messages])


@given("the host has not heard of it")
def _not_heard(context: Context) -> None:
    context.must_be_pending()


@given(parsers.parse("the link has gone down and come back {times:d} times, and is down again"))
def _flapped(context: Context, times: int) -> None:
    local_actions.flap(context, times)


@when(parsers.parse("the link comes back and goes down {times:d} times"))
def _flaps(context: Context, times: int) -> None:
    local_actions.flicker(context, times)


@when("a week passes at Palette")
def _week_passes(context: Context) -> None:
    context.put_clock_forward(Side.CENTRAL, 7 * DAY)


# --- what is done -------------------------------------------------------------------------------


@when(parsers.parse("somebody with {kind} session cancels the pairing request"))
def _stranger_cancels(context: Context, kind: str) -> None:
    context.perform(stranger_with(context, kind), ops.CancelPairingRequest(), "the cancel")


@when("the operator cancels it at another host of the cluster, where one shows it")
def _cancels_elsewhere(context: Context, judge: Judge) -> None:
    siblings.cancel_elsewhere(context, judge)


@when("the list is watched for the request to leave")
def _list_is_watched(context: Context) -> None:
    local_actions.watch_list(context)


@given("it stays so for some seconds")
def _some_seconds(context: Context) -> None:
    local_actions.let_pass(context, local_actions.SOME_SECONDS_S)


@when("a while passes")
def _a_while(context: Context) -> None:
    local_actions.let_pass(context)


@when("both sides are watched until they have settled")
def _both_are_watched(context: Context) -> None:
    local_actions.watch_both_sides(context)


@when("the earlier request waits no more")
def _earlier_is_gone(context: Context) -> None:
    # It was rejected, or its host was quicker to tell of the cancel.
    uid = context.cluster().earlier_uids[-1]
    context.must_see(context.admin(), ops.ListPairingRequests(), "not_listed", pairing_uid=uid)


@when("the operator waits for the end of the pairing")
def _waits(context: Context) -> None:
    operator = context.cluster().operator
    context.note(
        "Local UI", context.recorder.await_state(operator, ops.ViewPairing(), "nothing_pending")
    )


@when("the pairing has come to its end")
def _come_to_its_end(context: Context) -> None:
    local_actions.come_to_its_end(context)


@when("the operator looks at who manages the cluster")
def _looks_at_mode(context: Context) -> None:
    context.perform(context.cluster().operator, ops.ViewManagement(), "the mode")


@when("the operator looks at the cluster")
def _looks_at_cluster(context: Context) -> None:
    context.perform(context.cluster().operator, ops.ViewCluster(), "the cluster")


@when("the operator asks for a return to local management")
def _asks_for_return(context: Context) -> None:
    context.perform(context.cluster().operator, ops.RestoreLocalManagement(), "the return")


@when("the administrator accepts the request with another name and other tags")
def _accepts_renamed(context: Context) -> None:
    entered = context.acceptance(name="renamed", tags={"named-in": "palette"})
    context.note("the acceptance", context.accept(acceptance=entered))


@given("profiles that match what the cluster runs now")
def _profiles_for_now(context: Context) -> None:
    local_actions.select_profiles_for(context, context.cluster().cluster.stack)


@given("profiles that match what the cluster runs after a change")
def _profiles_for_later(context: Context) -> None:
    local_actions.select_profiles_for(context, local_changes.after_a_change(context))


# --- what must hold -----------------------------------------------------------------------------


@then("it has had no effect")
def _no_effect(context: Context, judge: Judge) -> None:
    look, predicate, args = local_changes.effect_of(context)
    seen = context.recorder.perform(context.cluster().operator, look)
    judge.check("has_not_happened", operation=seen.id, predicate=predicate, args=dict(args))


@then("nothing becomes pending again in Local UI")
def _nothing_again(context: Context, judge: Judge) -> None:
    seen = context.recorder.stays(context.cluster().operator, ops.ViewPairing(), "nothing_pending")
    judge.check("held", operation=seen.id)


@then("nothing is pending at any host of the cluster")
def _nothing_anywhere(context: Context, judge: Judge) -> None:
    for seen in siblings.await_nothing_pending(context):
        judge.check("held", operation=seen.id)


@then("the cluster stays centrally managed")
def _stays_central(context: Context, judge: Judge) -> None:
    operator, mode = context.cluster().operator, ManagementMode.CENTRAL.value
    seen = context.recorder.stays(operator, ops.ViewManagement(), "mode_is", mode=mode)
    judge.check("held", operation=seen.id)


@then("the new request stays pending in Local UI")
def _stays_pending(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_pending(context).id)
    judge.check("held", operation=local_actions.pending_stays(context).id)


@then("the other request goes on waiting in Palette")
def _other_goes_on(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_request_of(context, OTHER).id)
    judge.check("held", operation=local_actions.request_stays_of(context, OTHER).id)


@then("Local UI shows the request as rejected")
def _shown_rejected(context: Context, judge: Judge) -> None:
    leased = context.cluster()
    about = {"status": "Rejected", "pairing_uid": leased.pairing_uid}
    seen = context.recorder.await_state(leased.operator, ops.ViewPairing(), "status_is", **about)
    judge.check("held", operation=seen.id)


@then("either the cancel or the acceptance holds, on both sides")
def _one_holds(context: Context, judge: Judge) -> None:
    judge.check(
        "cancel_or_acceptance_holds",
        cancel=context.noted("the cancel"),
        mode=context.noted("the mode"),
        central=context.noted("the central operation"),
    )
