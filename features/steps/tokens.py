"""Steps about registration tokens and who administers them."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import crossing, tokens
from harness.context.context import Context
from harness.context.recorder import Actor
from harness.context.tokens import Changes
from harness.domain import operations as ops
from harness.domain.token import RegistrationToken


@given("a registration token that its administrator has created", target_fixture="token")
def _created(context: Context) -> RegistrationToken:
    return tokens.create(context, tokens.administrator(context))


@given("a registration token that its administrator has deleted")
def _deleted(context: Context) -> None:
    tokens.delete(context)


@given(
    parsers.parse(
        "a {used} token that is to expire {first}, and then {then}, under {name} name and for"
        " {project} project, and is {state}"
    )
)
def _changed(
    context: Context, used: str, first: str, then: str, name: str, project: str, state: str
) -> None:
    tokens.change(context, Changes(first, then, name, project, state, used))


@given(parsers.parse('then "{side}" has restarted'))
def _restarted(context: Context, side: str) -> None:
    crossing.restart(context, side)


@given(parsers.parse("somebody with {way} who {who}"), target_fixture="person")
def _who_may_not(context: Context, way: str, who: str) -> Actor:
    return tokens.newcomer(context, who, way)


@when(parsers.parse("this person tries to {action} a token"))
def _tries(context: Context, person: Actor, token: RegistrationToken, action: str) -> None:
    tokens.attempt(context, person, action, token)


@when("this person looks at the list of tokens and at this one")
def _looks(context: Context, person: Actor, token: RegistrationToken) -> None:
    context.perform(person, ops.ListTokens())
    context.perform(person, ops.ViewToken(token.uid))


@then("the token is as it was, and there is no other")
def _as_it_was(context: Context, judge: Judge, token: RegistrationToken) -> None:
    for seen in tokens.await_as_it_was(context, token):
        judge.check("held", operation=seen.id)


@then(parsers.parse("its administrator can {action} a token"))
def _can(context: Context, token: RegistrationToken, action: str) -> None:
    """Where nobody can, as the target has no such thing, the refusals before say nothing."""
    admin = context.admin(tokens.ADMINISTRATOR)
    context.must_if_offered(tokens.attempt(context, admin, action, token))


@then("its request waits in the project of the token")
def _waits_there(context: Context, judge: Judge) -> None:
    judge.check("held", operation=tokens.await_in_its_project(context).id)
