"""Steps of whole journeys: the flows of the procedure, walked step by step by named people."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode
from harness.scenes import journey, review
from harness.scenes.scene import Context


@given(parsers.parse('the operator of "{label}" has sent a pairing request step by step'))
def _has_sent(scene: Context, label: str) -> None:
    scene.must(journey.send(scene, label))


@given(parsers.parse('the operator of "{label}" has cancelled it step by step'))
def _has_cancelled(scene: Context, label: str) -> None:
    journey.has_cancelled(scene, label)


@given(parsers.parse('"{who}" has rejected the request of "{label}" step by step'))
def _has_rejected(scene: Context, who: str, label: str) -> None:
    journey.has_rejected(scene, who, label)


@given(parsers.parse('"{who}" has accepted the request of "{label}" step by step'))
def _has_accepted(scene: Context, who: str, label: str) -> None:
    scene.must(journey.accept(scene, who, label))


@given(parsers.parse('Palette manages "{label}"'))
def _is_managed(scene: Context, label: str) -> None:
    review.must_manage(scene, label)


@when(parsers.parse('the operator of "{label}" sends a pairing request step by step'))
def _sends(scene: Context, label: str) -> None:
    journey.send(scene, label)


@when(parsers.parse('"{who}" accepts the request of "{label}" step by step'))
def _accepts(scene: Context, who: str, label: str) -> None:
    journey.accept(scene, who, label)


@when(parsers.parse('"{who}" tries to accept the request of "{label}"'))
def _tries_to_accept(scene: Context, who: str, label: str) -> None:
    review.attempt(scene, scene.admin(who), "accept", label)


@when(parsers.parse('"{who}" tries to reject the request of "{label}"'))
def _tries_to_reject(scene: Context, who: str, label: str) -> None:
    review.attempt(scene, scene.admin(who), "reject", label)


@when(parsers.parse('"{who}" tries to accept the earlier request of "{label}"'))
def _tries_earlier(scene: Context, who: str, label: str) -> None:
    uid = scene.cluster(label).earlier_uids[-1]
    scene.perform(scene.admin(who), ops.AcceptPairingRequest(uid, scene.matching_selection(label)))


@then(parsers.parse('Palette manages "{label}"'))
def _managed(scene: Context, judge: Judge, label: str) -> None:
    changed, fields = review.change_centrally(scene, label)
    judge.check("held", operation=changed.id)
    seen = review.await_central(scene, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('what was changed at "{label}" is still there'))
def _still_there(scene: Context, judge: Judge, label: str) -> None:
    fields = review.last_change(scene, label)
    seen = review.await_central(scene, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('a change at "{other}" is not one at "{label}"'))
def _changed_apart(scene: Context, judge: Judge, other: str, label: str) -> None:
    _, fields = review.change_centrally(scene, label)
    review.change_centrally(scene, other)
    seen = review.await_central(scene, fields, label)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then(parsers.parse('the request of "{label}" waits in Palette'))
def _waits(scene: Context, judge: Judge, label: str) -> None:
    uid = scene.cluster(label).pairing_uid
    seen = scene.stage.await_state(
        scene.admin(), ops.ListPairingRequests(), "listed", pairing_uid=uid
    )
    judge.check("held", operation=seen.id)


@then(parsers.parse('the request of "{label}" is pending in its Local UI'))
def _pending_locally(scene: Context, judge: Judge, label: str) -> None:
    leased = scene.cluster(label)
    seen = scene.stage.await_state(
        leased.operator, ops.ViewPairing(), "pending_with_id", pairing_uid=leased.pairing_uid
    )
    judge.check("held", operation=seen.id)


@then(parsers.parse('"{label}" is locally managed'))
def _local(scene: Context, judge: Judge, label: str) -> None:
    operator = scene.cluster(label).operator
    seen = scene.stage.await_state(
        operator, ops.ViewManagement(), "mode_is", mode=ManagementMode.LOCAL.value
    )
    judge.check("held", operation=seen.id)
