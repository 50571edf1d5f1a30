"""What can be judged on a target is known before a run, and what it would take for the rest."""

from __future__ import annotations

from dataclasses import replace

from harness.catalogue.needs import Need, all_needs
from harness.domain.arrangements import Arrangement, SetLink, Slot
from harness.domain.operations import LogOut, ViewStack
from harness.targets.arranging.reach import Reach, reach_of, requirements_out_of_reach

NEEDS = {
    "a/plain": Need(("InstallCluster",), 0, (1,)),
    "a/cut": Need(("InstallCluster", "SetLink"), 1, (1,)),
    "a/ill": Need(("InstallCluster", "SetNodeHealth"), 1, (1,)),
    "a/both": Need(("InstallCluster", "SetLink", "SetNodeHealth"), 1, (1,)),
    "a/pairs": Need(("InstallCluster",), 1, (1,)),
    "a/large": Need(("InstallCluster",), 0, (3,)),
    "a/three": Need(("InstallCluster",), 2, (1, 1, 1)),
}
PLACES = (Slot("x", ("h-1", "h-2")), Slot("y", ("h-3",)))


def given(name: str, **more: bool) -> Slot:
    return Slot(name, ("h",), given=True, **more)


def reach(*cannot: str, places: tuple[Slot, ...] = PLACES) -> Reach:
    def why(kind: type[Arrangement]) -> str:
        return "no way" if kind.__name__ in cannot else ""

    return reach_of(why, places, needs=NEEDS)


def test_what_can_be_arranged_and_has_a_place_can_be_judged() -> None:
    found = reach()
    assert found.judged == ("a/plain", "a/cut", "a/ill", "a/both", "a/pairs")
    assert found.too_large == ("a/large", "a/three")
    assert (found.missing, found.clusters) == ((), 4)


def test_what_nobody_can_arrange_is_told_with_what_needs_it() -> None:
    found = reach("SetLink", "SetNodeHealth")
    assert found.judged == ("a/plain", "a/pairs")
    assert [(m.kind, m.why, m.scenarios) for m in found.missing] == [
        ("SetLink", "no way", ("a/cut", "a/both")),
        ("SetNodeHealth", "no way", ("a/ill", "a/both")),
    ]
    assert found.judged_if("SetLink") == ("a/cut",)
    assert found.judged_if("SetLink", "SetNodeHealth") == ("a/cut", "a/both", "a/ill")


def test_what_needs_an_operation_that_is_missing_is_no_loss() -> None:
    needs = {**NEEDS, "a/cut": replace(NEEDS["a/cut"], operations=("LogIn", "LogOut"))}
    missing = {LogOut: "a session ends by itself", ViewStack: ""}
    no_links = reach_of(
        lambda k: "no way" * (k is SetLink), PLACES, needs=needs, not_offered=missing
    )
    assert [(m.kind, m.why, m.scenarios) for m in no_links.not_offered] == [
        ("LogOut", "a session ends by itself", ("a/cut",))
    ]
    assert "a/cut" not in no_links.judged
    assert [m.scenarios for m in no_links.missing] == [("a/both",)]


def test_without_clusters_nothing_can_be_judged() -> None:
    found = reach("InstallCluster")
    assert found.judged == ()
    assert len(found.missing[0].scenarios) == len(NEEDS)
    assert "a/large" not in found.judged_if("InstallCluster")


def test_clusters_that_are_used_up_are_counted() -> None:
    spent = given("a", renewable=False), given("b", renewable=False)
    assert (reach(places=spent).disposable, reach(places=spent).exhausts) == (2, 2)
    kept = given("a", disposable=False), given("b", renewable=False)
    assert (reach(places=kept).disposable, reach(places=kept).exhausts) == (1, 3)
    again = given("a"), given("b", renewable=False)
    assert (reach(places=again).disposable, reach(places=again).exhausts) == (None, 0)
    assert reach().disposable is None


def test_of_each_requirement_it_is_known_how_much_is_out_of_reach() -> None:
    scenarios = sorted(all_needs())
    found = reach_of(lambda kind: "", (Slot("x", tuple("abcde")),) * 3, scenarios[:2])
    assert found.judged == tuple(scenarios[:2])
    of = {"R-1": scenarios[:2], "R-2": scenarios[1:4], "R-3": ["pages/unknown"]}
    assert requirements_out_of_reach(found, of) == {"R-2": 2}
