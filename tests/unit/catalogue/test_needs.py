"""The table of what scenarios need is as a run finds it, and every scenario stands in it."""

from __future__ import annotations

import json

import pytest

from harness.catalogue import needs
from harness.domain.arrangements import SIDES_OF
from harness.wire.routes import ROUTES

SOME = {
    "a/b[x]": needs.Need(("InstallCluster", "PutUser"), 1, (5, 1), 7, 300, ("LogIn",)),
    "a/a": needs.Need(),
}


def test_a_table_is_read_as_it_was_written() -> None:
    text = needs.needs_text(SOME)
    assert needs.needs_from(text) == SOME
    assert list(json.loads(text)["scenarios"]) == ["a/a", "a/b[x]"]


def test_anything_else_is_no_table() -> None:
    with pytest.raises(ValueError, match="no table of needs"):
        needs.needs_from('{"schema": "pairproof/needs/9", "scenarios": {}}')


def test_a_scenario_that_nobody_knows_may_use_up_a_cluster() -> None:
    assert needs.need_of("somebody-elses/scenario") == needs.UNKNOWN
    assert needs.UNKNOWN.clusters == 1


def test_the_table_speaks_of_arrangements_that_there_are() -> None:
    known = {kind.__name__ for kind in SIDES_OF}
    assert {kind for need in needs.all_needs().values() for kind in need.kinds} <= known
    asked = {kind for need in needs.all_needs().values() for kind in need.operations}
    assert asked <= {kind.__name__ for kind in ROUTES}
    assert 0 < needs.consuming_scenarios() < len(needs.all_needs())
    assert needs.FILE.read_text("utf-8") == needs.needs_text(needs.all_needs())
