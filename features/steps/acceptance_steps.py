"""Steps about an acceptance whose steps are calls of their own."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context.acceptance_steps import (
    go_on_in_order,
    go_on_out_of_order,
    go_on_to,
    go_through,
    go_through_and_lose_the_right,
    must_have_steps,
    pair_after,
    see_allowed_in_its_turn,
    try_too_early,
)
from harness.context.context import Context
from harness.context.crossing import decide
from harness.context.local_actions import gone
from harness.context.recorder import Actor
from harness.history.operation import OperationRecord


@given("the steps of an acceptance are calls of their own")
def _in_calls(context: Context) -> None:
    must_have_steps(context)


@given(parsers.parse('the administrator has gone through the steps up to "{last}"'))
def _has_gone_through(context: Context, last: str) -> None:
    for taken in go_through(context, last):
        context.must(taken)


@given(parsers.parse('the administrator was too early for "{step}"'))
def _was_too_early(context: Context, step: str) -> None:
    try_too_early(context, step)


@given(parsers.parse('"{step}" can be taken again'))
def _can_be_taken_again(context: Context, step: str) -> None:
    context.must_if_offered(go_on_to(context, step))


@when(parsers.parse('the administrator goes on to "{step}"'))
def _goes_on(context: Context, judge: Judge, step: str) -> None:
    go_on_out_of_order(context, judge, step)


@given(parsers.parse('the request is "{ended}" meanwhile'))
def _has_ended_meanwhile(context: Context, ended: str) -> None:
    how, _, whom = ended.partition(" by ")
    context.must(decide(context, whom, how))
    gone(context)


@when("the administrator goes on to Pair cluster after all")
def _goes_on_after_all(context: Context) -> None:
    go_on_to(context, "Pair cluster")


@when("the administrator goes on to Pair cluster of the earlier request")
def _goes_on_with_the_earlier(context: Context) -> None:
    earlier = context.cluster().earlier_uids[-1]
    go_on_to(context, "Pair cluster", pairing_uid=earlier)


@given(
    "somebody who may accept has gone through the steps up to Validate, and may no more",
    target_fixture="person",
)
def _may_no_more(context: Context) -> Actor:
    return go_through_and_lose_the_right(context)


@when("this person goes on to Pair cluster after all")
def _person_goes_on_after_all(context: Context, person: Actor) -> None:
    go_on_to(context, "Pair cluster", person)


@when(
    parsers.parse("the administrator takes all steps, and {meanwhile} after Validate"),
    target_fixture="borne",
)
def _crosses(context: Context, judge: Judge, meanwhile: str) -> OperationRecord:
    return pair_after(context, judge, meanwhile)


@then("the central cluster bears the first ones, or the request goes on waiting")
def _bears_the_first(judge: Judge, borne: OperationRecord) -> None:
    judge.check("held", operation=borne.id)


@when(parsers.parse('the administrator takes "{step}" again, and the others that are left'))
def _takes_again(context: Context, step: str) -> None:
    go_on_to(context, step)
    go_through(context)


@then("the steps in their order lead to Pair cluster, and this one is among them")
def _in_their_order(context: Context, judge: Judge) -> None:
    for taken in go_on_in_order(context):
        judge.check("succeeded", operation=taken.id)
    see_allowed_in_its_turn(context, judge)


@then("this step was allowed in its turn")
def _was_allowed(context: Context, judge: Judge) -> None:
    see_allowed_in_its_turn(context, judge)
