"""Steps about an acceptance whose steps are calls of their own."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.checkers.registry import Judge
from harness.context.acceptance_steps import go_on_to, go_through, leave_out_what_precedes
from harness.context.context import Context
from harness.history.operation import Outcome


@given("the steps of an acceptance are calls of their own")
def _in_calls(context: Context) -> None:
    context.needs(Feature.SERVER_STEPS)


@given(parsers.parse('the administrator has gone through the steps up to "{last}"'))
def _has_gone_through(context: Context, last: str) -> None:
    for taken in go_through(context, last):
        context.must(taken)


@when(parsers.parse('the administrator goes on to "{step}"'))
def _goes_on(context: Context, step: str) -> None:
    leave_out_what_precedes(context, step)
    context.note("the refused", go_on_to(context, step))


@then("the steps in their order lead to Pair cluster, and this one is among them")
def _in_their_order(context: Context, judge: Judge) -> None:
    refused, context.selection = context.notes["the refused"], None
    for taken in go_through(context):
        judge.check("succeeded", operation=taken.id)
    controls = context.recorder.history().of_kind(context.recorder.history()[refused.id].kind)
    control = next(c.id for c in controls if c.outcome is Outcome.OK)
    judge.check("refused_for_that", operation=refused.id, reasons=[], control=control)
