"""Steps about sending: sessions, ids, what both sides show while a request is pending."""

from __future__ import annotations

from functools import partial

from pytest_bdd import given, parsers, then, when

from harness.catalogue.troubles import CENTRAL_MANAGEMENT
from harness.checkers.registry import Judge
from harness.context import crossing, local_actions, local_changes
from harness.context.central_changes import change_centrally
from harness.context.context import MAIN, OTHER, Context
from harness.context.entries import (
    endpoint_of_form,
    login_of_kind,
    session_of_kind,
    stranger_with,
    token_of_kind,
)
from harness.context.local_actions import (
    cancelled,
    check_connection,
    gone,
    is_still_waited_for,
    outlast_the_handover,
    restart,
    send_and_cancel,
    send_and_reject,
    uid_in_request,
)
from harness.context.siblings import sibling_with_login
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.cluster import ManagementMode
from harness.history.operation import Json

# --- sessions ---------------------------------------------------------------------------------


@when(parsers.parse("somebody with {kind} session sends a pairing request"))
def _stranger_sends(context: Context, kind: str) -> None:
    context.note("the send", context.send(actor=stranger_with(context, kind)))


@when(
    parsers.parse(
        "somebody with {kind} session, from before a restart of the edge, sends a pairing request"
    )
)
def _stranger_sends_after_a_restart(context: Context, kind: str) -> None:
    stranger = stranger_with(context, kind)
    restart(context, Side.EDGE)
    context.note("the send", context.send(actor=stranger))


@when(
    parsers.parse(
        "somebody with {kind} session sends a pairing request,"
        " where the edge has restarted before anybody else has logged in"
    )
)
def _stranger_sends_first_after_a_restart(context: Context, kind: str) -> None:
    stranger = session_of_kind(context, kind)
    restart(context, Side.EDGE)
    context.note("the send", context.send(actor=stranger))


@when(parsers.parse('somebody logs in with "{kind}"'))
def _logs_in(context: Context, kind: str) -> None:
    context.perform(context.visitor(), login_of_kind(context, kind), "the login")


@when("the operator logs in again")
def _again(context: Context) -> None:
    leased = context.cluster()
    leased.operator = context.log_in(leased.operator.host_uid)


@given("the operator has logged in for an extended session")
def _extended_session(context: Context) -> None:
    leased = context.cluster()
    leased.operator = context.log_in(leased.operator.host_uid, extended=True)


# --- requests that came before ----------------------------------------------------------------


@given("a submission that can be told from an earlier one")
def _submissions_are_told(context: Context) -> None:
    local_actions.must_tell_submissions(context)


@given("a request that was sent")
def _sent(context: Context) -> None:
    context.pending()


@given("a pairing request that was sent and cancelled")
def _sent_and_cancelled(context: Context) -> None:
    send_and_cancel(context, 1)


@given("a pairing request that was sent, cancelled, and is gone in Palette")
def _sent_and_gone(context: Context) -> None:
    send_and_cancel(context, 1)
    gone(context)


@given(parsers.parse("its request was sent and cancelled {times:d} times"))
def _cancelled_times(context: Context, times: int) -> None:
    send_and_cancel(context, times)


@given(parsers.parse("its request was sent and rejected {times:d} times"))
def _rejected_times(context: Context, times: int) -> None:
    send_and_reject(context, times)


@given(parsers.parse('"{who}" has asked for insecure, and has "{done}"'))
def _insecure_before(context: Context, who: str, done: str) -> None:
    label = OTHER if who == OTHER else MAIN
    context.insecure = True
    if done == "checked the connection":
        context.must(check_connection(context, context.cluster(label).operator))
    else:
        context.pending(label)
        cancelled(context, label)
    if label == MAIN:
        gone(context)
    context.insecure = False


@given(parsers.parse('a send to an endpoint of the form "{form}" that was refused'))
def _refused_endpoint(context: Context, form: str) -> None:
    context.endpoint = endpoint_of_form(context, form)
    context.note("the refused", context.must_be_refused(context.send()))
    context.endpoint = context.inventory.endpoint


@given(parsers.parse('a send with a token that is "{kind}" that was refused'))
def _refused_token(context: Context, kind: str) -> None:
    context.use_token(token_of_kind(context, kind))
    context.must_be_refused(context.send())
    context.use_token(context.new_token(context.project()))


@given("a pending pairing request of a third cluster")
def _third(context: Context) -> None:
    context.pending("a third cluster")


# --- time and restarts ------------------------------------------------------------------------


@given("the edge has restarted")
@when("the edge restarts")
def _edge_restarts(context: Context) -> None:
    restart(context, Side.EDGE)


@given("Palette has restarted")
@when("Palette restarts")
def _palette_restarts(context: Context) -> None:
    restart(context, Side.CENTRAL)


@given("Palette waits for its host no longer")
def _handover_is_over(context: Context) -> None:
    outlast_the_handover(context)


@given("Palette still waits for its host")
def _handover_is_open(context: Context) -> None:
    is_still_waited_for(context)


@given("as long has passed at Palette as a request waits")
@when("as long passes at Palette as a request waits")
def _as_long_as_it_waits(context: Context) -> None:
    context.let_wait(Side.CENTRAL)


# --- looking ----------------------------------------------------------------------------------


@when("the operator looks at the pairing request")
def _looks(context: Context) -> None:
    context.perform(context.cluster().operator, ops.ViewPairing(), "the look")


@when(parsers.parse("the operator looks at the pairing request on host {position:d}"))
def _looks_on(context: Context, position: int) -> None:
    context.perform(context.log_in(context.cluster().host(position)), ops.ViewPairing(), "the look")
    context.log_in_again()


@when("the operator takes the login of host 1 to host 2")
def _login_elsewhere(context: Context) -> None:
    context.perform(sibling_with_login(context, 2), ops.ViewPairing(), "the look")


@when("the administrator looks at the list of requests")
def _looks_at_list(context: Context) -> None:
    context.perform(context.admin(), ops.ListPairingRequests(), "the list")


@given("the administrator has opened the request")
@when("the administrator opens the request by its id")
def _opens(context: Context) -> None:
    context.perform(
        context.admin(), ops.ViewPairingRequest(context.cluster().pairing_uid), "the request"
    )


# --- operations on the cluster ----------------------------------------------------------------


@given(parsers.parse('the "{kind}" was seen to take effect on it'))
def _has_worked(context: Context, kind: str) -> None:
    local_changes.must_take_effect(context, kind)


@given("a local operation was seen to take effect on it")
def _probe_has_worked(context: Context) -> None:
    local_changes.must_take_effect(context)


@given("its tags have been changed in Local UI")
def _tags_changed(context: Context) -> None:
    local_changes.must_take_effect(context, local_changes.TAGGINGS)


@given("its tags have been changed in Local UI once more", target_fixture="replaced_tags")
def _tags_replaced(context: Context) -> dict[str, Json]:
    return local_changes.must_replace_tags(context)


@given("its cluster was deleted in Local UI, and another one was created there")
def _deleted_and_created(context: Context) -> None:
    crossing.put_another_in_its_place(context)


@given("a local operation on it was refused")
def _probe_refused(context: Context) -> None:
    context.note("the refused", context.must_be_refused(local_changes.change_locally(context)))


@given(parsers.parse('the "{kind}" was refused to somebody without a login'))
def _refused_without_login(context: Context, kind: str) -> None:
    taken = local_changes.change_locally(context, kind, context.visitor())
    context.note("the refused", context.must_be_refused(taken))


@when(parsers.parse('the operator asks for the "{kind}"'))
def _local_operation(context: Context, kind: str) -> None:
    local_changes.change_locally(context, kind)


@when("the administrator changes the cluster by the uid in the request")
def _changes_by_request(context: Context) -> None:
    change_centrally(context, uid_in_request(context))


@when("the administrator changes the cluster by its local uid")
def _changes_by_local_uid(context: Context) -> None:
    change_centrally(context, context.cluster().cluster.uid)


# --- what must hold ---------------------------------------------------------------------------


@then("Local UI of the other cluster shows the pairing id of that one")
def _other_shows_id(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_pending(context, OTHER).id)


@then("Local UI goes on showing its pairing id")
def _goes_on_showing(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.pending_stays(context).id)


@then("the cluster stays locally managed")
def _stays_local(context: Context, judge: Judge) -> None:
    seen = context.recorder.stays(
        context.cluster().operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.LOCAL.value
    )
    judge.check("held", operation=seen.id)


@then("Palette lists the request under its id for this cluster")
def _listed_for_this(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_listed(context).id)


@then("Palette lists the other request under its id for the other cluster")
def _listed_for_other(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_listed(context, OTHER).id)


@then("Palette shows the request of this cluster")
def _shows_request(context: Context, judge: Judge) -> None:
    leased = context.cluster()
    for_this: Json = {"pairing_uid": leased.pairing_uid, "local_cluster_uid": leased.cluster.uid}
    judge.check("shows", operation=context.noted(), fields=for_this)


@when(parsers.parse('"{first}" and "{second}" send a pairing request at one instant'))
def _send_at_one_instant(context: Context, first: str, second: str) -> None:
    context.token()
    works = [partial(context.send, label) for label in (first, second)]
    for taken in context.recorder.at_once(works):
        context.must(taken)


@then(parsers.parse("the {sends:d} requests have {ids:d} pairing ids"))
def _unique(context: Context, judge: Judge, sends: int, ids: int) -> None:
    judge.check("ids_are_unique", at_least=ids)


@then("it is refused because the cluster is centrally managed")
def _refused_for_that(context: Context, judge: Judge) -> None:
    words, others = context.words_for(CENTRAL_MANAGEMENT), [context.noted("the refused")]
    judge.check(
        "refused_as_centrally_managed", operation=context.noted(), words=words, others=others
    )


@then(parsers.parse('the "{kind}" has taken effect'))
def _took_effect(context: Context, judge: Judge, kind: str) -> None:
    judge.check("held", operation=local_changes.local_effect(context).id)
