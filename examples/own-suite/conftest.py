"""Your steps: pytest-bdd looks for them here, and among ours.

A step only says what is to be done. What is done goes through the scene, so that it stands in the
evidence; what is judged is judged by a check that is named there.
"""

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.domain.operations import PatchCluster, ViewCluster
from harness.scenes.scene import Context

pytest_plugins = ["acme_checks"]


@given(parsers.parse('a cluster that bears the tag "{name}" with the value "{value}"'))
def _tagged_cluster(scene: Context, name: str, value: str) -> None:
    scene.new_cluster(tags={name: value})


@when("the operator asks for a pairing id")
def _send(scene: Context) -> None:
    scene.note("the send", scene.send())


@when(parsers.parse('the operator tags the cluster "{name}" with "{value}"'))
def _tag_cluster(scene: Context, name: str, value: str) -> None:
    scene.perform(scene.cluster().operator, PatchCluster({name: value}))


@then(parsers.parse('Local UI shows the tag "{name}" with the value "{value}"'))
def _tag_is_shown(scene: Context, judge: Judge, name: str, value: str) -> None:
    look = scene.perform(scene.cluster().operator, ViewCluster())
    judge.check("tag_is_shown", operation=look.id, name=name, value=value)


@then("the pairing id can be read out over the phone")
def _can_be_read_out(scene: Context, judge: Judge) -> None:
    judge.check("pairing_id_can_be_read_out", operation=scene.noted("the send"))
