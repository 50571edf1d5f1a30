"""Steps about what follows a send: cancels, lost messages, decisions, and what they leave."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.domain import operations as ops
from harness.domain.arrangements import MessageFault, MessageKind, Side
from harness.domain.flows import Acceptance
from harness.history.operation import Json
from harness.scenes import local_moves
from harness.scenes.entries import revoke_token, stranger_with
from harness.scenes.scene import DAY, Context

OTHER = "another cluster"

# --- requests that have come to something -------------------------------------------------------


@given("the request was cancelled")
@when("the request is cancelled in Local UI")
def _cancelled(scene: Context) -> None:
    local_moves.cancelled(scene)


@given("a pairing request that was rejected")
def _rejected(scene: Context) -> None:
    scene.pending()
    local_moves.rejected(scene)


@given("its request was rejected in Palette")
def _rejected_in_palette(scene: Context) -> None:
    operation = ops.RejectPairingRequest(scene.cluster().pairing_uid)
    scene.must(scene.stage.perform(scene.admin(), operation))


@given("a stale pairing request")
def _stale(scene: Context) -> None:
    local_moves.stale(scene)


@given("a stale pairing request of another cluster")
def _stale_elsewhere(scene: Context) -> None:
    local_moves.stale(scene, OTHER)


@given("the request was accepted, and the host has learned of it")
def _accepted_and_learned(scene: Context) -> None:
    local_moves.accepted_and_learned(scene)


@given("its request was accepted, and it is paired")
def _paired(scene: Context) -> None:
    scene.paired()


@given("the pairing has come to nothing")
def _came_to_nothing(scene: Context) -> None:
    local_moves.come_to_nothing(scene)


@given("a paired cluster that is centrally managed")
def _centrally_managed(scene: Context) -> None:
    local_moves.centrally_managed(scene)


@given("a paired cluster beside it")
def _paired_beside(scene: Context) -> None:
    scene.paired(OTHER)


@given(parsers.parse("its registration token has been {fate}"))
def _token_revoked(scene: Context, fate: str) -> None:
    revoke_token(scene, fate)


@given("its host has followed it for a while")
def _followed(scene: Context) -> None:
    operator = scene.cluster().operator
    scene.must_hold(scene.stage.stays(operator, ops.ViewPairing(), "status_is", status="Pairing"))


# --- links and messages -------------------------------------------------------------------------


@given(parsers.parse("the next word of a cancel {fate}"))
def _spoiled_cancel(scene: Context, fate: str) -> None:
    local_moves.spoil_next(scene, MessageKind.WITHDRAW, local_moves.FATES[fate])


@given(parsers.parse("the next {times:d} confirmations of the host are lost"))
def _lost_confirmations(scene: Context, times: int) -> None:
    local_moves.spoil_next(scene, MessageKind.CONFIRM, MessageFault.LOST_BEFORE, times)


@given(parsers.parse("the answers to the next {times:d} confirmations of the host are lost"))
def _lost_answers(scene: Context, times: int) -> None:
    local_moves.spoil_next(scene, MessageKind.CONFIRM, MessageFault.LOST_AFTER, times)


@given(parsers.parse("the next {times:d} questions of the host about its request are lost"))
def _lost_polls(scene: Context, times: int) -> None:
    local_moves.spoil_next(scene, MessageKind.POLL, MessageFault.LOST_BEFORE, times)


@given(parsers.parse("the link has gone down and come back {times:d} times, and is down again"))
def _flapped(scene: Context, times: int) -> None:
    local_moves.flap(scene, times)


@when(parsers.parse("the link comes back and goes down {times:d} times"))
def _flaps(scene: Context, times: int) -> None:
    local_moves.flicker(scene, times)


@when("a week passes at Palette")
def _week_passes(scene: Context) -> None:
    scene.put_clock_forward(Side.CENTRAL, 7 * DAY)


# --- what is done -------------------------------------------------------------------------------


@when(parsers.parse("somebody with {kind} session cancels the pairing request"))
def _stranger_cancels(scene: Context, kind: str) -> None:
    scene.perform(stranger_with(scene, kind), ops.CancelPairingRequest(), "the cancel")


@when("the list is watched for the request to leave")
def _list_is_watched(scene: Context) -> None:
    local_moves.watch_list(scene)


@when("a while passes")
def _a_while(scene: Context) -> None:
    local_moves.let_pass(scene)


@when("both sides are watched until they have settled")
def _both_are_watched(scene: Context) -> None:
    local_moves.watch_both_sides(scene)


@when("the operator waits for the end of the pairing")
def _waits(scene: Context) -> None:
    operator = scene.cluster().operator
    scene.note("Local UI", scene.stage.await_state(operator, ops.ViewPairing(), "nothing_pending"))


@when("the pairing has come to its end")
def _come_to_its_end(scene: Context) -> None:
    local_moves.come_to_its_end(scene)


@when("the operator looks at who manages the cluster")
def _looks_at_mode(scene: Context) -> None:
    scene.perform(scene.cluster().operator, ops.ViewManagement(), "the mode")


@when("the operator looks at the cluster")
def _looks_at_cluster(scene: Context) -> None:
    scene.perform(scene.cluster().operator, ops.ViewCluster(), "the cluster")


@when("the operator asks for a return to local management")
def _asks_for_return(scene: Context) -> None:
    scene.perform(scene.cluster().operator, ops.RestoreLocalManagement(), "the return")


@given(parsers.parse("the operator is at host {position:d}"))
def _is_at_host(scene: Context, position: int) -> None:
    scene.cluster().operator = scene.log_in(scene.cluster().host(position))


@when("the administrator accepts the request with another name and other tags")
def _accepts_renamed(scene: Context) -> None:
    entered = Acceptance(scene.matching_selection(), name="renamed", tags={"named-in": "palette"})
    scene.note("the acceptance", scene.accept(acceptance=entered))


@given("profiles that match what the cluster runs now")
def _profiles_for_now(scene: Context) -> None:
    local_moves.select_profiles_for(scene, scene.cluster().cluster.stack)


@given("profiles that match what the cluster runs after a change")
def _profiles_for_later(scene: Context) -> None:
    local_moves.select_profiles_for(scene, local_moves.changed(scene.cluster().cluster.stack))


@given("what Local UI shows of it")
def _looked_before(scene: Context) -> None:
    local_moves.look_at_cluster(scene, "before")


# --- what must hold -----------------------------------------------------------------------------


@then("Local UI shows the same as before")
def _same_as_before(scene: Context, judge: Judge) -> None:
    local_moves.look_at_cluster(scene, "after")
    judge.check(
        "unchanged", before=scene.noted("cluster before"), after=scene.noted("cluster after")
    )
    judge.check("unchanged", before=scene.noted("stack before"), after=scene.noted("stack after"))


@then("nothing becomes pending again in Local UI")
def _nothing_again(scene: Context, judge: Judge) -> None:
    seen = scene.stage.stays(scene.cluster().operator, ops.ViewPairing(), "nothing_pending")
    judge.check("held", operation=seen.id)


@then("the new request stays pending in Local UI")
def _stays_pending(scene: Context, judge: Judge) -> None:
    seen = scene.stage.stays(
        scene.cluster().operator, ops.ViewPairing(), "status_is", status="Pairing"
    )
    judge.check("held", operation=seen.id)


@then("the other request goes on waiting in Palette")
def _other_goes_on(scene: Context, judge: Judge) -> None:
    judge.check("held", operation=local_moves.await_request_of(scene, OTHER).id)
    judge.check("held", operation=local_moves.request_stays_of(scene, OTHER).id)


@then("Local UI shows the request as rejected")
def _shown_rejected(scene: Context, judge: Judge) -> None:
    leased = scene.cluster()
    fields: Json = {"status": "Rejected", "pairing_uid": leased.pairing_uid}
    seen = scene.stage.await_state(leased.operator, ops.ViewPairing(), "bears", fields=fields)
    judge.check("held", operation=seen.id)


@then("either the cancel or the acceptance holds, on both sides")
def _one_holds(scene: Context, judge: Judge) -> None:
    judge.check(
        "cancel_or_acceptance_holds",
        cancel=scene.noted("the cancel"),
        mode=scene.noted("the mode"),
        central=scene.noted("the central operation"),
    )
