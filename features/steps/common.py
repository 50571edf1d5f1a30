"""Steps that every feature may use. `it` is the operation that was carried out last."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode
from harness.scenes import local_moves
from harness.scenes.scene import Context

# --- what is given ----------------------------------------------------------------------------


@given("a local cluster")
def _local_cluster(scene: Context) -> None:
    scene.cluster()


@given("another local cluster")
def _another_cluster(scene: Context) -> None:
    scene.cluster("another cluster")


@given("a pending pairing request")
def _pending(scene: Context) -> None:
    scene.pending()


@given("a pending pairing request of another cluster")
def _pending_elsewhere(scene: Context) -> None:
    scene.pending("another cluster")


@given("a paired cluster")
def _paired(scene: Context) -> None:
    scene.paired()


# --- what is done -----------------------------------------------------------------------------


@when("the operator sends a pairing request")
@when("the operator sends a pairing request again")
def _send(scene: Context) -> None:
    scene.note("the send", scene.send())


@when("the operator cancels the pairing request")
def _cancel(scene: Context) -> None:
    scene.perform(scene.cluster().operator, ops.CancelPairingRequest(), "the cancel")


@when("the administrator accepts the request")
def _accept(scene: Context) -> None:
    scene.note("the acceptance", scene.accept())


@when("the administrator rejects the request")
def _reject(scene: Context) -> None:
    operation = ops.RejectPairingRequest(scene.cluster().pairing_uid)
    scene.perform(scene.admin(), operation, "the rejection")


# --- what must hold ---------------------------------------------------------------------------


@then("it succeeds")
@then("the request is sent")
def _succeeds(scene: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=scene.noted())


@then("it is refused")
@then("the request is refused")
def _refused(scene: Context, judge: Judge) -> None:
    judge.check("refused", operation=scene.noted())


@then("nothing is pending in Local UI")
def _nothing_pending(scene: Context, judge: Judge) -> None:
    seen = scene.stage.await_state(scene.cluster().operator, ops.ViewPairing(), "nothing_pending")
    judge.check("held", operation=seen.id)


@then("the request is pending in Local UI")
def _still_pending(scene: Context, judge: Judge) -> None:
    leased = scene.cluster()
    seen = scene.stage.await_state(
        leased.operator, ops.ViewPairing(), "pending_with_id", pairing_uid=leased.pairing_uid
    )
    judge.check("held", operation=seen.id)


@then("the cluster is still locally managed")
@then("the cluster is locally managed")
def _local(scene: Context, judge: Judge) -> None:
    seen = scene.stage.await_state(
        scene.cluster().operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.LOCAL.value
    )
    judge.check("held", operation=seen.id)


@then("the cluster is still centrally managed")
def _central(scene: Context, judge: Judge) -> None:
    seen = scene.stage.await_state(
        scene.cluster().operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.CENTRAL.value
    )
    judge.check("held", operation=seen.id)


@then("no request reaches Palette")
def _none_reaches_palette(scene: Context, judge: Judge) -> None:
    seen = scene.stage.stays(
        scene.admin(),
        ops.ListPairingRequests(),
        "none_listed_for",
        local_cluster_uid=scene.cluster().cluster.uid,
    )
    judge.check("held", operation=seen.id)


@then("no request of the cluster waits in Palette")
def _none_in_palette(scene: Context, judge: Judge) -> None:
    seen = scene.stage.await_state(
        scene.admin(),
        ops.ListPairingRequests(),
        "none_listed_for",
        local_cluster_uid=scene.cluster().cluster.uid,
    )
    judge.check("held", operation=seen.id)


@then("one request of the cluster waits in Palette")
def _one_in_palette(scene: Context, judge: Judge) -> None:
    judge.check("held", operation=local_moves.await_request_of(scene).id)


@then("one request of the cluster goes on waiting in Palette")
def _one_stays_in_palette(scene: Context, judge: Judge) -> None:
    judge.check("held", operation=local_moves.await_request_of(scene).id)
    judge.check("held", operation=local_moves.request_stays_of(scene).id)


@then("only this request waits in Palette")
def _only_this_waits(scene: Context, judge: Judge) -> None:
    seen = scene.stage.await_state(
        scene.admin(),
        ops.ListPairingRequests(),
        "listed_exactly",
        pairing_uids=[scene.cluster().pairing_uid],
    )
    judge.check("held", operation=seen.id)


@then("the request no longer waits in Palette")
def _gone_centrally(scene: Context, judge: Judge) -> None:
    seen = scene.stage.await_state(
        scene.admin(),
        ops.ListPairingRequests(),
        "not_listed",
        pairing_uid=scene.cluster().pairing_uid,
    )
    judge.check("held", operation=seen.id)


@then("a local operation on the cluster takes effect")
@then("local operations on the cluster still take effect")
def _local_operation_works(scene: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=local_moves.change_locally(scene).id)
    judge.check("held", operation=local_moves.local_effect(scene).id)


@then("a central operation on the cluster takes effect")
def _central_operation_works(scene: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=local_moves.change_centrally(scene).id)
    judge.check("held", operation=local_moves.central_effect(scene).id)


@then(parsers.parse('what the target does is observed: "{situation}"'))
def _observed(scene: Context, judge: Judge, situation: str) -> None:
    judge.check("observed", situation=situation, operations=list(scene.seen))
