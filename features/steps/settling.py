"""Steps about what comes of a request whose messages are spoiled."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import central_changes, local_changes, settling
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


@when(parsers.parse('it is decided at one instant: "{first}", "{second}", "{third}"'))
def _decided_at_once(context: Context, first: str, second: str, third: str) -> None:
    settling.decide_at_once(context, (first, second, third))


@when("two administrators accept it at one instant, each under a name of their own")
def _accept_at_once(context: Context) -> None:
    settling.accept_at_once(context)


@then("the central cluster bears what was confirmed by whose acceptance was taken")
def _bears_whose_was_taken(context: Context, judge: Judge) -> None:
    entered = context.performed(settling.TAKEN).record.args
    fields = {name: entered[name] for name in ("name", "description", "tags")}
    seen = central_changes.await_central(context, fields)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@when(parsers.parse("two operators send from {hosts:d} of its hosts, the {message} under way"))
def _sent_twice(context: Context, hosts: int, message: str) -> None:
    settling.send_twice(context, hosts, message)


@when("the operator sends a pairing request, and cancels with the submission under way")
def _cancels_what_is_under_way(context: Context) -> None:
    settling.cancel_on_its_way(context)


@when(parsers.parse('the operator cancels, and asks for the "{change}" while that is on its way'))
def _cancels_and_changes(context: Context, change: str) -> None:
    settling.cancel_and_change(context, change)


@then(parsers.parse('the "{change}" is still in effect'))
def _still_in_effect(context: Context, judge: Judge, change: str) -> None:
    look, predicate, args = local_changes.effect_of(context)
    operator = context.cluster().operator
    seen = context.recorder.await_state(operator, look, predicate, within_s=None, **args)
    judge.check("held", operation=seen.id)


@then("the one hands over to the other, asked without a pause")
def _hands_over(context: Context, judge: Judge) -> None:
    judge.check("handed_over_in_time", **settling.ask_both_without_pause(context))


@then("both sides come to agree")
def _agree(context: Context, judge: Judge) -> None:
    judge.check("both_sides_agree", **settling.settle(context))


@then("a cluster that is locally managed can send a request")
def _sends_anew(context: Context, judge: Judge) -> None:
    for operation in settling.send_anew(context):
        judge.check("succeeded", operation=operation)
        judge.check("both_sides_agree", **settling.settle(context))
    settling.must_have_met(context)
