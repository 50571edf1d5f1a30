"""Steps about what comes of a request whose messages are spoiled."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import settling
from harness.context.context import Context


@given(parsers.parse("a cluster that is about to need the {message}"))
def _about_to(context: Context, message: str) -> None:
    settling.before(context, message)


@given(parsers.re(r"its next (?P<message>[a-z ]+?) (?P<fate>(is|comes|arrives) .+)"))
def _spoiled(context: Context, message: str, fate: str) -> None:
    settling.spoil(context, message, fate)


@given(parsers.parse("the one after it {fate}"))
def _spoiled_too(context: Context, fate: str) -> None:
    settling.spoil(context, settling.AFTER_IT, fate)


@given("nothing else goes wrong")
@when("nothing happens meanwhile")
def _nothing() -> None: ...


@when(parsers.parse("the {message} is due"))
def _is_due(context: Context, message: str) -> None:
    settling.bring_on(context, message)


@when(parsers.parse("its request is {course}"))
def _is_taken(context: Context, course: str) -> None:
    settling.take(context, course)


@when("all messages get through again")
def _get_through(context: Context) -> None:
    settling.let_pass_again(context)


@then("both sides come to agree")
def _agree(context: Context, judge: Judge) -> None:
    judge.check("both_sides_agree", **settling.settle(context))


@then("a cluster that is locally managed can send a request")
def _sends_anew(context: Context, judge: Judge) -> None:
    for operation in settling.send_anew(context):
        judge.check("succeeded", operation=operation)
        judge.check("both_sides_agree", **settling.settle(context))
    settling.must_have_met(context)
