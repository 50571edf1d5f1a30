"""Trials in a fleet: real runs of shipped scenarios, in children."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.proving.matrix import Caught, try_mutants
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.planting import MUTANTS, Lane, Mutant, Nemesis, load

Declare = Callable[..., Mutant]


class AcceptsAnything(CentralCore):
    def require_match(self, request: Any, selection: Any) -> None:
        return None


class Breaks(CentralCore):
    def accept(self, operation: Any, call: CentralCall) -> Any:
        raise ZeroDivisionError("a broken mutant")


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Declare:
    def declare(name: str, core: Any, invariant: str, nemesis: Nemesis | None = None) -> Mutant:
        behaviour = Behaviour(make_central=core)
        mutant = Mutant(
            name,
            invariant,
            "It is wrong.",
            behaviour,
            lane=Lane.FLEET,
            found_by="wrong-profiles",
            nemesis=nemesis,
        )
        monkeypatch.setitem(MUTANTS.entries, name, mutant)
        return mutant

    return declare


def rows_of(*mutants: Mutant) -> list[Caught]:
    matrix = try_mutants(mutants, workers=2)
    assert matrix.baseline == ""
    return list(matrix.rows)


def test_mutants_of_the_lane_are_found_by_their_scenarios() -> None:
    load()
    mutants = [MUTANTS.named(n) for n in ("old_requests_are_matched_by_name", "last_decision_wins")]
    rows = rows_of(*mutants)
    assert [row.killed_by for row in rows] == [("wrong-profiles",), ("two-admins",)]
    assert [row.wrong for row in rows] == ["", ""]


def test_what_is_not_found_as_it_has_to_be_is_told(declare: Declare) -> None:
    rows = rows_of(
        declare("nothing", CentralCore, "INV-3"),
        declare("breaks", Breaks, "INV-3"),
        declare("elsewhere", AcceptsAnything, "INV-5"),
        declare("needless", AcceptsAnything, "INV-3", Nemesis.CLOCK),
    )
    assert [row.wrong for row in rows] == [
        "survived: nothing failed",
        "the run failed: ZeroDivisionError: a broken mutant",
        "caught elsewhere only: INV-3",
        "caught without the nemesis clock as well: INV-3",
    ]
