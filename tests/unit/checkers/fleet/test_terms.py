"""By which terms a run is judged is told by its scenario."""

from __future__ import annotations

import pytest

from harness.checkers.fleet.concluding import TermsError, terms_of
from harness.checkers.invariants.known import Bounds
from harness.fleet.loading import as_plain
from harness.fleet.scenario import HOUR, MINUTE, SECOND, InvariantLimits, Scenario

SCENARIO = Scenario(
    name="x",
    why="y",
    duration=24 * HOUR,
    limits=InvariantLimits(list_lag=1, edge_lag=2, settle=3 * MINUTE),
    reach=(("cancel_online", 5),),
)


def test_the_terms_are_those_of_the_scenario() -> None:
    terms = terms_of(as_plain(SCENARIO))
    assert (terms.name, terms.seed, terms.duration) == ("x", 1, 24 * HOUR)
    assert (terms.cells, terms.window) == (64, SECOND)
    assert terms.bounds == Bounds(list_lag=1, edge_lag=2, settle=3 * MINUTE, prompt=True)
    assert (terms.gate, terms.reach) == (("violations == 0",), (("cancel_online", 5),))


@pytest.mark.parametrize(
    ("duration", "bucket"),
    [(1, SECOND), (21 * MINUTE, SECOND), (21 * MINUTE + 1, 2 * SECOND), (24 * HOUR, 61 * SECOND)],
)
def test_steps_are_whole_seconds_and_not_too_many(duration: int, bucket: int) -> None:
    terms = terms_of({**as_plain(SCENARIO), "duration": duration})
    assert terms.bucket == bucket
    assert (duration + 3 * MINUTE) / terms.bucket <= 1_440


@pytest.mark.parametrize(
    "other",
    [
        {"seed": "one"},
        {"fleet": {"cells": 0, "window": 1}},
        {"limits": {}},
        {"reach": [["cancel_online"]]},
        {"gate": None},
    ],
)
def test_what_is_no_scenario_has_no_terms(other: dict[str, object]) -> None:
    with pytest.raises(TermsError, match="this is no scenario of a fleet"):
        terms_of({**as_plain(SCENARIO), **other})
