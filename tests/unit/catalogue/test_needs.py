"""The table of what scenarios need is as a run finds it, and every scenario stands in it."""

from __future__ import annotations

import json

import pytest

from harness.catalogue.needs import (
    FILE,
    UNKNOWN,
    Need,
    all_needs,
    consuming_scenarios,
    need_of,
    needs_from,
    needs_text,
)
from harness.domain.arrangements import SIDES_OF

SOME = {
    "a/b[x]": Need(("InstallCluster", "PutUser"), 1, (5, 1)),
    "a/a": Need(),
}


def test_a_table_is_read_as_it_was_written() -> None:
    text = needs_text(SOME)
    assert needs_from(text) == SOME
    assert list(json.loads(text)["scenarios"]) == ["a/a", "a/b[x]"]


def test_anything_else_is_no_table() -> None:
    with pytest.raises(ValueError, match="no table of needs"):
        needs_from('{"schema": "pairproof/needs/9", "scenarios": {}}')


def test_a_scenario_that_nobody_knows_may_use_up_a_cluster() -> None:
    assert need_of("somebody-elses/scenario") == UNKNOWN
    assert UNKNOWN.clusters == 1


def test_the_table_speaks_of_arrangements_that_there_are() -> None:
    known = {kind.__name__ for kind in SIDES_OF}
    assert {kind for need in all_needs().values() for kind in need.kinds} <= known
    assert 0 < consuming_scenarios() < len(all_needs())
    assert FILE.read_text("utf-8") == needs_text(all_needs())
