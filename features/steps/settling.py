"""Steps about what comes of a request whose messages are spoiled."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import settling
from harness.context.context import Context
from harness.context.local_actions import FATES, spoil_next


@given(parsers.parse("a local cluster whose request was {course}"))
def _was_taken(context: Context, course: str) -> None:
    settling.take(context, course)


@given(parsers.parse("its host's next {message} {fate}"))
def _spoiled(context: Context, message: str, fate: str) -> None:
    context.cluster()
    spoil_next(context, settling.MESSAGES[message], FATES[fate])


@when(parsers.parse("its request is {course}"))
def _is_taken(context: Context, course: str) -> None:
    settling.take(context, course)


@when("all messages of its host get through again")
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
