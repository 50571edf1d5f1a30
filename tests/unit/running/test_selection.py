"""What of the suite a run is about."""

from __future__ import annotations

import pytest

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Profile, Role
from harness.catalogue.requirements import by_id
from harness.running.selection import BadTagExpression, Selection, TagExpression


@pytest.mark.parametrize(
    ("text", "tags", "holds"),
    [
        ("", "", True),
        ("core", "core", True),
        ("@core", "core", True),
        ("core", "extended", False),
        ("not core", "extended", True),
        ("not not core", "core", True),
        ("core and WDR-4", "core", False),
        ("core and WDR-4", "core WDR-4", True),
        ("core or extended and WDR-4", "core", True),
        ("(core or extended) and WDR-4", "core", False),
        ("not (core or extended)", "resilience", True),
        ("core and not(WDR-4)", "core WDR-4", False),
    ],
)
def test_tag_expressions(text: str, tags: str, holds: bool) -> None:
    assert TagExpression.parse(text).holds(tags.split()) is holds


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("core and", "a tag was expected, and its end was found"),
        ("and", "a tag was expected, and 'and' was found"),
        ("(core", "a bracket is not closed"),
        ("core)", "')' was not expected"),
        ("core extended", "'extended' was not expected"),
        ("not", "a tag was expected"),
    ],
)
def test_what_is_no_expression_is_said_with_an_example(text: str, problem: str) -> None:
    with pytest.raises(BadTagExpression) as caught:
        TagExpression.parse(text)
    assert problem in str(caught.value)
    assert "write for example" in str(caught.value)


def test_an_expression_knows_the_tags_that_it_names() -> None:
    expression = TagExpression.parse("@core and not (WDR-4 or mine)")
    assert expression.names == {"core", "WDR-4", "mine"}
    expression.check_names(["core", "WDR-4", "mine"])
    with pytest.raises(UnknownName, match="no tag is called 'mine'"):
        expression.check_names(["core", "WDR-4"])


@pytest.mark.parametrize(
    ("asked", "id_", "wanted"),
    [
        ({}, "WDR-4", True),
        ({"requirements": ["WDR-4,WDR-3", "SND-1"]}, "WDR-3", True),
        ({"requirements": ["WDR-4"]}, "WDR-3", False),
        ({"profiles": [by_id("WDR-4").profile.value]}, "WDR-4", True),
        ({"profiles": ["extended,resilience"]}, "WDR-3", False),
        ({"profiles": ["extended,core"]}, "WDR-3", True),
        ({"profiles": ["extended,core"]}, "PRE-2", True),
        ({"tags": "core"}, "WDR-3", True),
        ({"tags": "core", "requirements": ["WDR-4"]}, "WDR-3", False),
    ],
)
def test_a_selection_asks_for_requirements(asked: dict[str, str], id_: str, wanted: bool) -> None:
    selection = Selection.of(**asked)  # type: ignore[arg-type]
    requirement = by_id(id_)
    tags = {id_, requirement.profile.value, requirement.role.value}
    assert selection.asks_for(tags, [requirement]) is wanted


@pytest.mark.parametrize(
    ("role", "binding", "wanted"),
    [
        ("edge", Role.EDGE, True),
        ("edge", Role.BOTH, True),
        ("edge", Role.CENTRAL, False),
        ("central", Role.EDGE, False),
        ("both", Role.CENTRAL, True),
        (None, Role.EDGE, True),
    ],
)
def test_a_role_asks_for_what_binds_it(role: str | None, binding: Role, wanted: bool) -> None:
    from harness.catalogue.requirements import REQUIREMENTS

    requirement = next(r for r in REQUIREMENTS if r.role is binding)
    assert Selection.of(role=role).asks_for({requirement.id}, [requirement]) is wanted


def test_a_scenario_without_a_requirement_goes_by_its_tags() -> None:
    assert Selection.of().asks_for(set(), [])
    assert Selection.of(profiles=["core"]).asks_for({"core"}, [])
    assert Selection.of(profiles=["core,extended"]).asks_for({"extended"}, [])
    assert not Selection.of(profiles=["core"]).asks_for(set(), [])
    assert not Selection.of(requirements=["WDR-4"]).asks_for({"core"}, [])


def test_a_scenario_is_asked_for_by_its_id_or_by_that_of_its_outline() -> None:
    asked, ids = Selection.of(scenarios=["a/b", "a/c[1]"]), ("a/b[x]", "a/b", "a/c[1]", "a/c[2]")
    assert [asked.asks_for(set(), [], id_) for id_ in ids] == [True, True, True, False]
    asked.check_scenarios(ids)
    with pytest.raises(UnknownName, match="did you mean a/c"):
        Selection.of(scenarios=["a/c[3]"]).check_scenarios(ids)


def test_a_selection_reads_as_it_was_typed() -> None:
    selection = Selection.of(["WDR-4", "WDR-3"], ["extended", "core"], "edge", "not SND-1")
    assert str(selection) == (
        "--requirement WDR-4,WDR-3 --profile core,extended --role edge --tags 'not SND-1'"
    )
    assert selection.profiles == (Profile.CORE, Profile.EXTENDED)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"requirements": ["WDR-44"]}, "no requirement is called 'WDR-44'; did you mean WDR-4"),
        ({"requirements": ["wdr-4"]}, "did you mean WDR-4"),
        ({"profiles": ["core,cor"]}, "no profile is called 'cor'; did you mean core"),
        ({"role": "cloud"}, "no role is called 'cloud'; did you mean edge"),
    ],
)
def test_a_name_that_does_not_exist_comes_with_the_closest(
    asked: dict[str, str], said: str
) -> None:
    with pytest.raises(UnknownName) as caught:
        Selection.of(**asked)  # type: ignore[arg-type]
    assert said in str(caught.value)
