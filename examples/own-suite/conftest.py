"""Your steps: pytest-bdd looks for them here, and among ours.

A step only says what is to be done. What is done goes through the context, so that it stands in the
evidence; what is judged is judged by a check that is named there.
"""

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context.context import Context
from harness.domain.operations import PatchNamedCluster, ViewCluster

pytest_plugins = ["acme_checks"]


@given(parsers.parse('a cluster that bears the tag "{name}" with the value "{value}"'))
def _tagged_cluster(context: Context, name: str, value: str) -> None:
    context.new_cluster(tags={name: value})


@when("the operator asks for a pairing id")
def _send(context: Context) -> None:
    context.note("the send", context.send())


@when(parsers.parse('the operator tags the cluster "{name}" with "{value}"'))
def _tag_cluster(context: Context, name: str, value: str) -> None:
    leased = context.cluster()
    context.perform(leased.operator, PatchNamedCluster(leased.cluster.name, {name: value}))


@then(parsers.parse('Local UI shows the tag "{name}" with the value "{value}"'))
def _tag_is_shown(context: Context, judge: Judge, name: str, value: str) -> None:
    look = context.perform(context.cluster().operator, ViewCluster())
    judge.check("tag_is_shown", operation=look.id, name=name, value=value)


@then("the pairing id can be read out over the phone")
def _can_be_read_out(context: Context, judge: Judge) -> None:
    judge.check("pairing_id_can_be_read_out", operation=context.noted("the send"))
