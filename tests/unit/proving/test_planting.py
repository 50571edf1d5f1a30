"""Declaring what can be planted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import REQUIREMENTS
from harness.reference import planting
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCore
from harness.reference.core.edge_flows import EdgeCore


class ForgetsTheIDOfAHost(EdgeCore):
    """The host is forgotten.

    More of it.
    """


class SaysNothing(CentralCore):
    pass


def test_name_sentence_and_side_come_from_the_class() -> None:
    assert planting.name_of(ForgetsTheIDOfAHost) == "forgets_the_id_of_a_host"
    assert planting.sentence_of(ForgetsTheIDOfAHost) == "The host is forgotten."
    assert planting.behaviour_of(ForgetsTheIDOfAHost) == Behaviour(make_edge=ForgetsTheIDOfAHost)
    assert planting.behaviour_of(SaysNothing) == Behaviour(make_central=SaysNothing)


def test_what_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="neither a CentralCore nor an EdgeCore"):
        planting.behaviour_of(int)
    registry: planting.Registry[planting.Mutant] = planting.Registry("mutant")
    with pytest.raises(ValueError, match="does not say in a sentence"):
        registry.add(
            planting.Mutant("silent", "PRE-1", planting.sentence_of(SaysNothing), Behaviour())
        )
    registry.add(planting.Mutant("one", "PRE-1", "It is wrong.", Behaviour()))
    with pytest.raises(ValueError, match="two mutants are called one"):
        registry.add(planting.Mutant("one", "PRE-2", "It is wrong.", Behaviour()))


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    planting.load()
    known = next(iter(planting.MUTANTS)).name
    with pytest.raises(planting.UnknownPlanted, match=f"did you mean {known}"):
        planting.behaviour_with(f"mutant:{known}s")
    with pytest.raises(planting.UnknownPlanted, match="neither mutant:NAME nor variant:NAME"):
        planting.behaviour_with(known)


def test_what_is_planted_is_named_in_the_evidence() -> None:
    planting.load()
    known = next(iter(planting.MUTANTS)).name
    assert (
        planting.behaviour_with(f"mutant:{known}").called
        == f"pairproof reference with mutant {known}"
    )
    assert planting.behaviour_with("") == Behaviour()


def unheard_of(entries: Iterable[planting.Planted]) -> list[tuple[str, str]]:
    """Those that name a requirement which does not exist, with that."""
    there = {requirement.id for requirement in REQUIREMENTS}
    return [(e.name, e.requirement) for e in entries if e.requirement not in there]


def unbroken(entries: Iterable[planting.Planted]) -> list[str]:
    """The requirements that can be failed, and that nothing planted breaks."""
    broken = {entry.requirement for entry in entries}
    judged = (r.id for r in REQUIREMENTS if r.level in (Level.MUST, Level.SHOULD))
    return [id_ for id_ in judged if id_ not in broken]


def test_every_requirement_that_can_be_failed_is_broken_by_a_mutant() -> None:
    mutants = list(planting.load()["mutant"])
    assert unbroken(mutants) == []
    assert unbroken(m for m in mutants if m.requirement != "WDR-4") == ["WDR-4"]


def test_every_requirement_that_is_named_is_there() -> None:
    entries = [entry for kind in planting.load().values() for entry in kind]
    assert unheard_of(entries) == []
    assert unheard_of([replace(entries[0], requirement="WDR-99")]) == [(entries[0].name, "WDR-99")]
