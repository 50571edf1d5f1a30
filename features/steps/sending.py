"""Steps about sending: sessions, ids, what both sides show while a request is pending."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.cluster import ManagementMode
from harness.history.operation import Json
from harness.scenes import local_moves
from harness.scenes.entries import endpoint_of_form, login_of_kind, stranger_with, token_of_kind
from harness.scenes.local_moves import (
    change_centrally,
    change_locally,
    gone,
    local_effect,
    restart,
    send_and_cancel,
    send_and_reject,
    sibling_with_login,
    uid_in_request,
)
from harness.scenes.scene import DAY, Context

OTHER = "another cluster"

# --- sessions ---------------------------------------------------------------------------------


@when(parsers.parse("somebody with {kind} session sends a pairing request"))
def _stranger_sends(scene: Context, kind: str) -> None:
    scene.note("the send", scene.send(actor=stranger_with(scene, kind)))


@when(
    parsers.parse(
        "somebody with {kind} session, from before a restart of the edge, sends a pairing request"
    )
)
def _stranger_sends_after_a_restart(scene: Context, kind: str) -> None:
    stranger = stranger_with(scene, kind)
    restart(scene, Side.EDGE)
    scene.note("the send", scene.send(actor=stranger))


@when(parsers.parse('somebody logs in with "{kind}"'))
def _logs_in(scene: Context, kind: str) -> None:
    scene.perform(scene.visitor(), login_of_kind(scene, kind), "the login")


@when("the operator logs in again")
def _again(scene: Context) -> None:
    leased = scene.cluster()
    leased.operator = scene.log_in(leased.operator.host_uid)


@given("the operator has logged in for an extended session")
def _extended_session(scene: Context) -> None:
    leased = scene.cluster()
    leased.operator = scene.log_in(leased.operator.host_uid, extended=True)


# --- requests that came before ----------------------------------------------------------------


@given("a request that was sent")
def _sent(scene: Context) -> None:
    scene.must(scene.send())


@given("a pairing request that was sent and cancelled")
def _sent_and_cancelled(scene: Context) -> None:
    send_and_cancel(scene, 1)


@given("a pairing request that was sent, cancelled, and is gone in Palette")
def _sent_and_gone(scene: Context) -> None:
    send_and_cancel(scene, 1)
    gone(scene)


@given(parsers.parse("its request was sent and cancelled {times:d} times"))
def _cancelled_times(scene: Context, times: int) -> None:
    send_and_cancel(scene, times)


@given(parsers.parse("its request was sent and rejected {times:d} times"))
def _rejected_times(scene: Context, times: int) -> None:
    send_and_reject(scene, times)


@given("a request that was sent insecurely and cancelled")
def _insecure_before(scene: Context) -> None:
    scene.insecure = True
    send_and_cancel(scene, 1)
    gone(scene)
    scene.insecure = False


@given(parsers.parse('a send to an endpoint of the form "{form}" that was refused'))
def _refused_endpoint(scene: Context, form: str) -> None:
    scene.endpoint = endpoint_of_form(scene, form)
    scene.must_be_refused(scene.send())
    scene.endpoint = scene.inventory.endpoint


@given(parsers.parse('a send with a token that is "{kind}" that was refused'))
def _refused_token(scene: Context, kind: str) -> None:
    scene.use_token(token_of_kind(scene, kind))
    scene.must_be_refused(scene.send())
    scene.use_token(scene.new_token(scene.project()))


@given("a pending pairing request of a third cluster")
def _third(scene: Context) -> None:
    scene.pending("a third cluster")


# --- time and restarts ------------------------------------------------------------------------


@given("the edge has restarted")
@when("the edge restarts")
def _edge_restarts(scene: Context) -> None:
    restart(scene, Side.EDGE)


@given("Palette has restarted")
@when("Palette restarts")
def _palette_restarts(scene: Context) -> None:
    restart(scene, Side.CENTRAL)


@given("a week has passed at Palette")
def _a_week_later(scene: Context) -> None:
    scene.put_clock_forward(Side.CENTRAL, 7 * DAY)


# --- looking ----------------------------------------------------------------------------------


@when("the operator looks at the pairing request")
def _looks(scene: Context) -> None:
    scene.perform(scene.cluster().operator, ops.ViewPairing(), "the look")


@when(parsers.parse("the operator looks at the pairing request on host {position:d}"))
def _looks_on(scene: Context, position: int) -> None:
    scene.perform(scene.log_in(scene.cluster().host(position)), ops.ViewPairing(), "the look")


@when("the operator takes the login of host 1 to host 2")
def _login_elsewhere(scene: Context) -> None:
    scene.perform(sibling_with_login(scene, 2), ops.ViewPairing(), "the look")


@when("the administrator looks at the list of requests")
def _looks_at_list(scene: Context) -> None:
    scene.perform(scene.admin(), ops.ListPairingRequests(), "the list")


@given("the administrator has opened the request")
@when("the administrator opens the request by its id")
def _opens(scene: Context) -> None:
    scene.perform(scene.admin(), ops.ViewPairingRequest(scene.cluster().pairing_uid), "the request")


# --- operations on the cluster ----------------------------------------------------------------


@when(parsers.parse('the operator asks for the "{kind}"'))
def _local_operation(scene: Context, kind: str) -> None:
    change_locally(scene, kind)


@when("the administrator changes the cluster by the uid in the request")
def _changes_by_request(scene: Context) -> None:
    change_centrally(scene, uid_in_request(scene))


@when("the administrator changes the cluster by its local uid")
def _changes_by_local_uid(scene: Context) -> None:
    change_centrally(scene, scene.cluster().cluster.uid)


# --- what must hold ---------------------------------------------------------------------------


@then("Local UI shows its pairing id")
def _shows_id(scene: Context, judge: Judge) -> None:
    leased = scene.cluster()
    seen = scene.stage.await_state(
        leased.operator, ops.ViewPairing(), "pending_with_id", pairing_uid=leased.pairing_uid
    )
    judge.check("held", operation=seen.id)


@then("Local UI of the other cluster shows the pairing id of that one")
def _other_shows_id(scene: Context, judge: Judge) -> None:
    other = scene.cluster(OTHER)
    seen = scene.stage.await_state(
        other.operator, ops.ViewPairing(), "pending_with_id", pairing_uid=other.pairing_uid
    )
    judge.check("held", operation=seen.id)


@then("Local UI goes on showing its pairing id")
def _goes_on_showing(scene: Context, judge: Judge) -> None:
    leased = scene.cluster()
    seen = scene.stage.stays(
        leased.operator, ops.ViewPairing(), "pending_with_id", pairing_uid=leased.pairing_uid
    )
    judge.check("held", operation=seen.id)


@then("the cluster stays locally managed")
def _stays_local(scene: Context, judge: Judge) -> None:
    seen = scene.stage.stays(
        scene.cluster().operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.LOCAL.value
    )
    judge.check("held", operation=seen.id)


@then("Palette lists the request under its id for this cluster")
def _listed_for_this(scene: Context, judge: Judge) -> None:
    judge.check("held", operation=local_moves.await_listed(scene).id)


@then("Palette lists the other request under its id for the other cluster")
def _listed_for_other(scene: Context, judge: Judge) -> None:
    judge.check("held", operation=local_moves.await_listed(scene, OTHER).id)


@then("Palette shows the request of this cluster")
def _shows_request(scene: Context, judge: Judge) -> None:
    leased = scene.cluster()
    for_this: Json = {"pairing_uid": leased.pairing_uid, "local_cluster_uid": leased.cluster.uid}
    judge.check("shows", operation=scene.noted(), fields=for_this)


@then(parsers.parse("the {sends:d} requests have {ids:d} pairing ids"))
def _unique(scene: Context, judge: Judge, sends: int, ids: int) -> None:
    judge.check("ids_are_unique", at_least=ids)


@then(parsers.parse('the "{kind}" has taken effect'))
def _took_effect(scene: Context, judge: Judge, kind: str) -> None:
    judge.check("held", operation=local_effect(scene, kind).id)
