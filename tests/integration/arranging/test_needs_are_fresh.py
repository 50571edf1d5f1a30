"""The table of needs is what a run of the suite finds today."""

from __future__ import annotations

import pytest

from harness.catalogue.needs import FILE, all_needs
from harness.cli.requirements import needs_found
from harness.gherkin import read_feature, scenario_id
from harness.suite import suite_dir

STALE = "harness/catalogue/needs.json is stale: pairproof requirements --needs > that file"


def test_just_the_scenarios_that_there_are_stand_there() -> None:
    """Those of pages are left out: no driver shows pages, so that no run finds what they need."""
    found, of_pages = set(), set()
    for path in suite_dir("features").glob("*.feature"):
        for scenario in read_feature(path).scenarios:
            for example in scenario.examples or (None,):
                id_ = scenario_id(path.stem, scenario, example)
                found.add(id_)
                if any(step.text == "the pages of the target" for step in scenario.steps):
                    of_pages.add(id_)
    assert of_pages
    assert found - of_pages == set(all_needs()), STALE


@pytest.mark.slow
def test_a_run_finds_what_stands_there() -> None:
    assert needs_found() == FILE.read_text("utf-8"), STALE
