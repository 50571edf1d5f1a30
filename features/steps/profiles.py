"""Steps on cluster profiles: what a local cluster runs, what is selected, whether it matches."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import selection, stacks
from harness.context.context import Context
from harness.context.crossing import left_out_if_impossible
from harness.context.selection import CrossedVersions
from harness.context.stacks import DOCUMENTED_STACK, ProfilesTable, pack_from
from harness.domain.profile import Layer, ProfileEdition, ProfileType

# --- what local clusters run --------------------------------------------------------------------


@given("these cluster profiles:", target_fixture="table")
def _table(datatable: list[list[str]]) -> ProfilesTable:
    return ProfilesTable(datatable)


@given("a pending pairing request of the cluster in the table")
def _pending_in_table(context: Context, table: ProfilesTable) -> None:
    context.new_cluster(stack=table.local())
    context.pending()


@given(parsers.parse('a local cluster that runs "{name}" in the version "{version}"'))
def _runs_version(context: Context, name: str, version: str) -> None:
    context.new_cluster(stack=stacks.with_version(DOCUMENTED_STACK, name, version))


@given(parsers.parse('the cluster "{label}" that runs "{name}" in the version "{version}"'))
def _other_runs_version(context: Context, label: str, name: str, version: str) -> None:
    context.new_cluster(label, stack=stacks.with_version(DOCUMENTED_STACK, name, version))


@given(parsers.parse('a local cluster that runs "{pack}" in place of "{name}"'))
def _runs_instead(context: Context, pack: str, name: str) -> None:
    context.new_cluster(stack=stacks.with_instead(DOCUMENTED_STACK, name, pack_from(pack)))


@given(parsers.parse('a local cluster that runs no "{name}"'))
def _runs_no(context: Context, name: str) -> None:
    context.new_cluster(stack=stacks.without(DOCUMENTED_STACK, name))


@given(parsers.parse("a local cluster that runs {count:d} packs in its add-on profile"))
def _runs_many(context: Context, count: int) -> None:
    with left_out_if_impossible():  # a product may bound how many there are
        context.new_cluster(stack=stacks.with_many(count))


# --- what is selected ---------------------------------------------------------------------------


@given(parsers.parse('the profiles of "{heading}" are selected'))
def _select_column(context: Context, table: ProfilesTable, heading: str) -> None:
    selection.select_like(context, table.column(heading))


@given("fitting profiles are selected")
def _select_fitting(context: Context) -> None:
    context.matching_selection()


@given(parsers.parse('profiles that fit "{label}" are selected'))
def _select_fitting_other(context: Context, label: str) -> None:
    context.matching_selection(label)


@given("no profile is selected")
def _select_none(context: Context) -> None:
    context.selection = ()


@given("fitting profiles are selected, and one that does not exist")
def _select_unknown(context: Context) -> None:
    selection.select_unknown(context)


@given(parsers.parse('fitting profiles are selected, but with "{name}" in the version "{version}"'))
def _select_version(context: Context, name: str, version: str) -> None:
    selection.select_like(context, stacks.with_version(selection.named(context), name, version))


@given(parsers.parse('fitting profiles are selected, but with "{pack}" in place of "{name}"'))
def _select_instead(context: Context, pack: str, name: str) -> None:
    stack = stacks.with_instead(selection.named(context), name, pack_from(pack))
    selection.select_like(context, stack)


@given(parsers.parse('fitting profiles are selected, but without "{name}"'))
def _select_without(context: Context, name: str) -> None:
    selection.select_like(context, stacks.without(selection.named(context), name))


@given(parsers.parse('fitting profiles are selected, and "{pack}" besides'))
def _select_besides(context: Context, pack: str) -> None:
    selection.select_like(context, stacks.with_besides(selection.local(context), pack_from(pack)))


@given(parsers.parse('fitting profiles are selected, but with "{name}" in the layer "{layer}"'))
def _select_layer(context: Context, name: str, layer: str) -> None:
    stack = stacks.in_layer(selection.named(context), name, Layer(layer))
    selection.select_like(context, stack)


@given(
    parsers.parse('fitting profiles are selected, but with "{name}" from the registry "{registry}"')
)
def _select_registry(context: Context, name: str, registry: str) -> None:
    stack = stacks.from_registry(selection.named(context), name, registry)
    selection.select_like(context, stack)


@given("fitting profiles are selected, the add-on profile in two copies")
def _select_copies(context: Context) -> None:
    selection.select_copy(context, ProfileType.ADD_ON)


@given("fitting profiles are selected, the add-on profile twice")
def _select_twice(context: Context) -> None:
    selection.select_twice(context, ProfileType.ADD_ON)


@given("fitting profiles are selected, with these versions of the add-on profile:")
def _select_add_on_versions(context: Context, datatable: list[list[str]]) -> None:
    selection.select_versions(context, ProfileType.ADD_ON, datatable)


@given("fitting profiles are selected, with these versions of the infra profile:")
def _select_infra_versions(context: Context, datatable: list[list[str]]) -> None:
    selection.select_versions(context, ProfileType.INFRA, datatable)


@given(
    parsers.parse("the {kind} profile is to have {versions}, made {made}, with {draft}"),
    target_fixture="crossed",
)
def _is_to_have(kind: str, versions: str, made: str, draft: str) -> CrossedVersions:
    return CrossedVersions.named(kind, versions, made, draft)


@given(
    parsers.parse(
        "fitting profiles are selected: of that one the {which} does, the other has {unlike}"
    )
)
def _select_crossed(context: Context, crossed: CrossedVersions, which: str, unlike: str) -> None:
    selection.select_crossed(context, crossed, which == "later", unlike)


@given(parsers.parse('"{asked}" of it is asked for'))
def _ask_crossed(context: Context, crossed: CrossedVersions, asked: str) -> None:
    of = {"the later version": crossed.later, "the earlier version": crossed.earlier}
    selection.ask_for_version(context, crossed.type, of.get(asked, ""))


@given(
    parsers.parse(
        "add-on profiles of one name, of which the one of {fitting} fits and that of {chosen} is"
        " selected"
    )
)
def _select_of_one_name(context: Context, fitting: str, chosen: str) -> None:
    selection.select_of_one_name(context, fitting, chosen)


@given('of the add-on profile, "the profile itself" is asked for')
def _ask_for_profile(context: Context) -> None:
    selection.ask_for_version(context, ProfileType.ADD_ON, "")


@given(parsers.parse('of the add-on profile, "version {version}" is asked for'))
def _ask_for_version(context: Context, version: str) -> None:
    selection.ask_for_version(context, ProfileType.ADD_ON, version)


@when(parsers.parse('version "{version}" of the add-on profile is published, with "{packs}"'))
def _publish_version(context: Context, version: str, packs: str) -> None:
    edition = ProfileEdition(version, selection.packs_from(packs))
    selection.add_edition(context, ProfileType.ADD_ON, edition)


@when("the drafts of the add-on profile are published")
def _publish_drafts(context: Context) -> None:
    selection.publish_drafts(context, ProfileType.ADD_ON)


@given("an acceptance with them was refused")
def _was_refused(context: Context) -> None:
    context.must_be_refused(selection.pair(context))


@given(parsers.parse('an acceptance was refused for "{fault}"'))
def _was_refused_for(context: Context, fault: str) -> None:
    selection.select_unfit(context, fault)
    context.must_be_refused(selection.pair(context))


@given(
    parsers.parse('an acceptance with another name, description and tags was refused for "{fault}"')
)
def _was_refused_with_entries(context: Context, fault: str) -> None:
    selection.select_unfit(context, fault)
    entered = context.acceptance(
        name="entered", description="Entered in vain", tags={"entered": "in-vain"}
    )
    context.note("what was refused", context.must_be_refused(context.accept(acceptance=entered)))


# --- the match ----------------------------------------------------------------------------------


@given("the administrator has matched them with the request")
def _has_matched(context: Context) -> None:
    context.must(selection.match(context))


@when("the administrator matches them with the request")
def _match(context: Context) -> None:
    selection.match_if_offered(context)


@when(parsers.parse('the administrator matches them with the request of "{label}"'))
def _match_of(context: Context, label: str) -> None:
    selection.match_if_offered(context, label)


@when("pairs the cluster with them")
def _pair(context: Context) -> None:
    selection.pair(context)


@then("the cluster can be paired with them")
def _can_be_paired(context: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=selection.pair(context).id)


@then(parsers.parse('"{label}" can be paired with them'))
def _other_can_be_paired(context: Context, judge: Judge, label: str) -> None:
    judge.check("succeeded", operation=selection.pair(context, label).id)


@then("the cluster can still be paired with fitting profiles")
def _can_still_be_paired(context: Context, judge: Judge) -> None:
    judge.check("succeeded", operation=selection.pair_fitting(context).id)


@then("Palette refuses to pair the cluster with them")
def _cannot_be_paired(context: Context, judge: Judge) -> None:
    judge.check("refused", operation=selection.pair(context).id)


@then(parsers.parse('Palette refuses to pair "{label}" with them'))
def _other_cannot_be_paired(context: Context, judge: Judge, label: str) -> None:
    judge.check("refused", operation=selection.pair(context, label).id)
