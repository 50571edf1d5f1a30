"""Steps that judge a whole history by an invariant."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from harness.checkers.registry import Judge
from harness.domain.operations import ViewPairing
from harness.scenes.local_moves import change_centrally, change_locally
from harness.scenes.scene import Context


@when("a central operation is tried")
def _central_operation(scene: Context) -> None:
    change_centrally(scene)


@when("a local operation is tried")
def _local_operation(scene: Context) -> None:
    change_locally(scene)


@when("the operator waits for the request to end")
def _waits_for_the_end(scene: Context) -> None:
    operator, settle_s = scene.cluster().operator, scene.stage.limits.settle_s
    scene.stage.await_state(operator, ViewPairing(), "nothing_pending", within_s=settle_s)


@then(parsers.parse('the history keeps to "{invariant}"'))
def _keeps_to(scene: Context, judge: Judge, invariant: str) -> None:
    limits = scene.stage.limits
    judge.check(
        invariant.replace(" ", "_"),
        list_lag_s=limits.list_lag_s,
        edge_lag_s=limits.edge_lag_s,
        settle_s=limits.settle_s,
    )
