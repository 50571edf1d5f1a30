"""Steps about clocks that are set, and about tokens to the second."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import clocks, settling
from harness.context.context import Context


@given(parsers.parse("a day on which {whose} clock is to go {goes} by {by}"))
def _day_of_the_jump(context: Context, whose: str, goes: str, by: str) -> None:
    clocks.stand(context, whose, goes, by)


@given(parsers.parse("a cluster whose request is {phase}"))
def _has_come_to(context: Context, phase: str) -> None:
    clocks.bring_to(context, phase)


@then(parsers.parse("both sides agree, also when {whose} clock goes {goes} by {by}"))
def _goes(context: Context, judge: Judge, whose: str, goes: str, by: str) -> None:
    for may_ask in clocks.set_clock(context, whose, goes, by):
        if may_ask:
            judge.check("both_sides_agree", **settling.settle(context))


@then(parsers.parse("with the request {phase}, it can be {course}"))
def _goes_on(context: Context, judge: Judge, phase: str, course: str) -> None:
    if operation := clocks.go_on(context, phase, course):
        judge.check("succeeded", operation=operation)


@when(parsers.parse("its hosts reach Palette, by {whose} clock as well"))
def _reach(context: Context, whose: str) -> None:
    clocks.heal(context, whose)


@given(parsers.parse("it is {day} on both sides"))
def _on_a_day(context: Context, day: str) -> None:
    clocks.come_to(context, day)


@given(
    parsers.parse("a registration token that lasts {lasts}, while the edge's own clock is {edge}")
)
def _lasts(context: Context, lasts: str, edge: str) -> None:
    clocks.enter_token_that_lasts(context, lasts, edge)


@when(parsers.parse("the operator sends a pairing request {moment} its end"))
def _sends_around_its_end(context: Context, moment: str) -> None:
    context.note("the send", clocks.send_around_its_end(context, moment))


@then("its requests have ids of their own")
def _ids_of_their_own(context: Context, judge: Judge) -> None:
    judge.check("ids_are_unique", at_least=1)
