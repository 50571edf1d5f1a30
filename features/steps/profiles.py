"""Steps on cluster profiles: what a local cluster runs, what is selected, whether it matches."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.domain.flows import Acceptance
from harness.domain.profile import Layer, ProfileEdition, ProfileType
from harness.scenes import selection, stacks
from harness.scenes.scene import Context
from harness.scenes.stacks import DOCUMENTED_STACK, ProfilesTable, pack_from

# --- what local clusters run --------------------------------------------------------------------


@given("these cluster profiles:", target_fixture="table")
def _table(datatable: list[list[str]]) -> ProfilesTable:
    return ProfilesTable(datatable)


@given("a pending pairing request of the cluster in the table")
def _pending_in_table(scene: Context, table: ProfilesTable) -> None:
    scene.new_cluster(stack=table.local())
    scene.pending()


@given(parsers.parse('a local cluster that runs "{name}" in the version "{version}"'))
def _runs_version(scene: Context, name: str, version: str) -> None:
    scene.new_cluster(stack=stacks.with_version(DOCUMENTED_STACK, name, version))


@given(parsers.parse('the cluster "{label}" that runs "{name}" in the version "{version}"'))
def _other_runs_version(scene: Context, label: str, name: str, version: str) -> None:
    scene.new_cluster(label, stack=stacks.with_version(DOCUMENTED_STACK, name, version))


@given(parsers.parse('a local cluster that runs "{pack}" in place of "{name}"'))
def _runs_instead(scene: Context, pack: str, name: str) -> None:
    scene.new_cluster(stack=stacks.with_instead(DOCUMENTED_STACK, name, pack_from(pack)))


@given(parsers.parse('a local cluster that runs no "{name}"'))
def _runs_no(scene: Context, name: str) -> None:
    scene.new_cluster(stack=stacks.without(DOCUMENTED_STACK, name))


# --- what is selected ---------------------------------------------------------------------------


@given(parsers.parse('the profiles of "{heading}" are selected'))
def _select_column(scene: Context, table: ProfilesTable, heading: str) -> None:
    selection.select_like(scene, table.column(heading))


@given("fitting profiles are selected")
def _select_fitting(scene: Context) -> None:
    scene.matching_selection()


@given(parsers.parse('profiles that fit "{label}" are selected'))
def _select_fitting_other(scene: Context, label: str) -> None:
    scene.matching_selection(label)


@given("no profile is selected")
def _select_none(scene: Context) -> None:
    scene.selection = ()


@given("fitting profiles are selected, and one that does not exist")
def _select_unknown(scene: Context) -> None:
    selection.select_unknown(scene)


@given(parsers.parse('fitting profiles are selected, but with "{name}" in the version "{version}"'))
def _select_version(scene: Context, name: str, version: str) -> None:
    selection.select_like(scene, stacks.with_version(selection.named(scene), name, version))


@given(parsers.parse('fitting profiles are selected, but with "{pack}" in place of "{name}"'))
def _select_instead(scene: Context, pack: str, name: str) -> None:
    stack = stacks.with_instead(selection.named(scene), name, pack_from(pack))
    selection.select_like(scene, stack)


@given(parsers.parse('fitting profiles are selected, but without "{name}"'))
def _select_without(scene: Context, name: str) -> None:
    selection.select_like(scene, stacks.without(selection.named(scene), name))


@given(parsers.parse('fitting profiles are selected, and "{pack}" besides'))
def _select_besides(scene: Context, pack: str) -> None:
    selection.select_like(scene, stacks.with_besides(selection.local(scene), pack_from(pack)))


@given(parsers.parse('fitting profiles are selected, but with "{name}" in the layer "{layer}"'))
def _select_layer(scene: Context, name: str, layer: str) -> None:
    stack = stacks.in_layer(selection.named(scene), name, Layer(layer))
    selection.select_like(scene, stack)


@given(
    parsers.parse('fitting profiles are selected, but with "{name}" from the registry "{registry}"')
)
def _select_registry(scene: Context, name: str, registry: str) -> None:
    stack = stacks.from_registry(selection.named(scene), name, registry)
    selection.select_like(scene, stack)


@given("fitting profiles are selected, the add-on profile in two copies")
def _select_copies(scene: Context) -> None:
    selection.select_copy(scene, ProfileType.ADD_ON)


@given("fitting profiles are selected, the add-on profile twice")
def _select_twice(scene: Context) -> None:
    selection.select_twice(scene, ProfileType.ADD_ON)


@given("fitting profiles are selected, with these versions of the add-on profile:")
def _select_add_on_versions(scene: Context, datatable: list[list[str]]) -> None:
    selection.select_versions(scene, ProfileType.ADD_ON, datatable)


@given("fitting profiles are selected, with these versions of the infra profile:")
def _select_infra_versions(scene: Context, datatable: list[list[str]]) -> None:
    selection.select_versions(scene, ProfileType.INFRA, datatable)


@given('of the add-on profile, "the profile itself" is asked for')
def _ask_for_profile(scene: Context) -> None:
    selection.ask_for_version(scene, ProfileType.ADD_ON, "")


@given(parsers.parse('of the add-on profile, "version {version}" is asked for'))
def _ask_for_version(scene: Context, version: str) -> None:
    selection.ask_for_version(scene, ProfileType.ADD_ON, version)


@when(parsers.parse('version "{version}" of the add-on profile is published, with "{packs}"'))
def _publish_version(scene: Context, version: str, packs: str) -> None:
    edition = ProfileEdition(version, selection.packs_from(packs))
    selection.add_edition(scene, ProfileType.ADD_ON, edition)


@given("an acceptance with them was refused")
def _was_refused(scene: Context) -> None:
    scene.must_be_refused(selection.pair(scene))


@given(parsers.parse('an acceptance was refused for "{fault}"'))
def _was_refused_for(scene: Context, fault: str) -> None:
    selection.select_unfit(scene, fault)
    scene.must_be_refused(selection.pair(scene))


@given(
    parsers.parse('an acceptance with another name, description and tags was refused for "{fault}"')
)
def _was_refused_with_entries(scene: Context, fault: str) -> None:
    selection.select_unfit(scene, fault)
    unfit = scene.matching_selection()
    entered = Acceptance(unfit, "entered", "Entered in vain", {"entered": "in-vain"})
    scene.must_be_refused(scene.accept(acceptance=entered))


# --- the match ----------------------------------------------------------------------------------


@given("the administrator has matched them with the request")
def _has_matched(scene: Context) -> None:
    scene.must(selection.match(scene))


@when("the administrator matches them with the request")
def _match(scene: Context) -> None:
    selection.match(scene)


@when(parsers.parse('the administrator matches them with the request of "{label}"'))
def _match_of(scene: Context, label: str) -> None:
    selection.match(scene, label)


@when("pairs the cluster with them")
def _pair(scene: Context) -> None:
    selection.pair(scene)


@then("they match")
def _they_match(scene: Context, judge: Judge) -> None:
    judge.check("profiles_match", operation=scene.noted("the match"))


@then("they do not match")
def _they_do_not_match(scene: Context, judge: Judge) -> None:
    judge.check("profiles_do_not_match", operation=scene.noted("the match"))


@then("the cluster can be paired with them")
def _can_be_paired(scene: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=selection.pair(scene).id)


@then(parsers.parse('"{label}" can be paired with them'))
def _other_can_be_paired(scene: Context, judge: Judge, label: str) -> None:
    judge.check("succeeded", operation=selection.pair(scene, label).id)


@then("the cluster can still be paired with fitting profiles")
def _can_still_be_paired(scene: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=selection.pair_fitting(scene).id)


@then("Palette refuses to pair the cluster with them")
def _cannot_be_paired(scene: Context, judge: Judge) -> None:
    judge.check("refused", operation=selection.pair(scene).id)


@then(parsers.parse('Palette refuses to pair "{label}" with them'))
def _other_cannot_be_paired(scene: Context, judge: Judge, label: str) -> None:
    judge.check("refused", operation=selection.pair(scene, label).id)
