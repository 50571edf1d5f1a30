"""Steps that every feature may use. `it` is the operation that was carried out last."""

from __future__ import annotations

from collections.abc import Callable

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import THEN, Judge
from harness.context import central_changes, local_actions, local_changes, review
from harness.context.context import MAIN, OTHER, Context
from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode
from harness.history.operation import Json

# --- what is given ----------------------------------------------------------------------------


@given("a local cluster")
def _local_cluster(context: Context) -> None:
    context.cluster()


@given("another local cluster")
def _another_cluster(context: Context) -> None:
    context.cluster(OTHER)


@given("a pending pairing request")
def _pending(context: Context) -> None:
    context.pending()


@given("a pending pairing request of another cluster")
def _pending_elsewhere(context: Context) -> None:
    context.pending(OTHER)


@given("a paired cluster")
def _paired(context: Context) -> None:
    context.paired()


# --- what is done -----------------------------------------------------------------------------


@when("the operator sends a pairing request")
@when("the operator sends a pairing request again")
def _send(context: Context) -> None:
    context.note("the send", context.send())


@when("the operator sends a pairing request until one is taken")
def _send_until_taken(context: Context) -> None:
    context.note("the send", context.until_taken(context.send))


@when("the operator cancels the pairing request")
def _cancel(context: Context) -> None:
    context.perform(context.cluster().operator, ops.CancelPairingRequest(), "the cancel")


@when("the administrator tries to accept the request until it is taken")
def _accept_until_taken(context: Context) -> None:
    context.note("the acceptance", context.until_taken(context.accept))


@when("the administrator accepts the request")
def _accept(context: Context) -> None:
    context.note("the acceptance", context.accept())


@when("the administrator rejects the request")
def _reject(context: Context) -> None:
    operation = ops.RejectPairingRequest(context.cluster().pairing_uid)
    context.perform(context.admin(), operation, "the rejection")


@when("that has succeeded")
def _has_succeeded(context: Context) -> None:
    context.must(context.performed())


# --- what must hold ---------------------------------------------------------------------------


def _that(check: str, name: str) -> Callable[[Context, Judge], None]:
    def step(context: Context, judge: Judge) -> None:
        if name not in context.not_asked:
            judge.check(check, operation=context.noted(name))

    return step


for _words, (_check, _name) in THEN.items():
    then(_words)(_that(_check, _name))


@then("nothing is pending in Local UI")
def _nothing_pending(context: Context, judge: Judge) -> None:
    seen = context.recorder.await_state(
        context.cluster().operator, ops.ViewPairing(), "nothing_pending"
    )
    judge.check("held", operation=seen.id)


@then("the request is pending in Local UI")
@then("Local UI shows its pairing id")
def _still_pending(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_pending(context).id)


@then("the cluster is still locally managed")
@then("the cluster is locally managed")
def _local(context: Context, judge: Judge) -> None:
    seen = context.recorder.await_state(
        context.cluster().operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.LOCAL.value
    )
    judge.check("held", operation=seen.id)


@then("the cluster is still centrally managed")
@then("the cluster is centrally managed")
def _central(context: Context, judge: Judge) -> None:
    seen = context.recorder.await_state(
        context.cluster().operator,
        ops.ViewManagement(),
        "mode_is",
        mode=ManagementMode.CENTRAL.value,
    )
    judge.check("held", operation=seen.id)


@then("no request reaches Palette")
def _none_reaches_palette(context: Context, judge: Judge) -> None:
    seen = context.recorder.stays(
        context.admin(),
        ops.ListPairingRequests(),
        "none_listed_for",
        local_cluster_uid=context.cluster().cluster.uid,
    )
    judge.check("held", operation=seen.id)


@then("no request of the cluster waits in Palette")
def _none_in_palette(context: Context, judge: Judge) -> None:
    admin, look, uid = context.admin(), ops.ListPairingRequests(), context.cluster().cluster.uid
    seen = context.recorder.await_state(admin, look, "none_listed_for", local_cluster_uid=uid)
    judge.check("held", operation=seen.id)


@then("no request of the cluster comes to Palette")
def _none_comes(context: Context, judge: Judge) -> None:
    """What was refused may be under way all the same; what came before may be listed a while."""
    leased, look = context.cluster(), ops.ListPairingRequests()
    if leased.uids:
        _none_in_palette(context, judge)
    about: dict[str, Json] = {"local_cluster_uid": leased.cluster.uid, "besides": [*leased.uids]}
    seen = context.recorder.stays(context.admin(), look, "none_listed_for", **about)
    judge.check("held", operation=seen.id)


@then("one request of the cluster waits in Palette")
def _one_in_palette(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_request_of(context).id)


@then("one request of the cluster goes on waiting in Palette")
def _one_stays_in_palette(context: Context, judge: Judge) -> None:
    judge.check("held", operation=local_actions.await_request_of(context).id)
    judge.check("held", operation=local_actions.request_stays_of(context).id)


@then("only this request waits in Palette")
def _only_this_waits(context: Context, judge: Judge) -> None:
    judge.check("held", operation=review.await_list(context, MAIN).id)


@then("the request no longer waits in Palette")
def _gone_centrally(context: Context, judge: Judge) -> None:
    seen = context.recorder.await_state(
        context.admin(),
        ops.ListPairingRequests(),
        "not_listed",
        pairing_uid=context.cluster().pairing_uid,
    )
    judge.check("held", operation=seen.id)


@then("a local operation on the cluster takes effect")
@then("local operations on the cluster still take effect")
def _local_operation_works(context: Context, judge: Judge) -> None:
    changed = context.until_taken(lambda: local_changes.change_locally(context))
    judge.check("succeeded", operation=changed.id)
    judge.check("held", operation=local_changes.local_effect(context).id)


@then("a central operation on the cluster takes effect")
def _central_operation_works(context: Context, judge: Judge) -> None:
    changed = context.until_taken(lambda: central_changes.change_centrally(context)).record
    judge.check("succeeded", operation=changed.id)
    seen = central_changes.await_central(context, central_changes.borne(changed))
    judge.check("held", operation=seen.id)


@then(parsers.parse('what the target does is observed: "{situation}"'))
def _observed(context: Context, judge: Judge, situation: str) -> None:
    judge.check("observed", situation=situation, operations=list(context.seen))
