"""The table of needs is what a run of the suite finds today."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalogue.lawful import CHOICES
from harness.catalogue.needs import FILE, all_needs
from harness.catalogue.verdict import Verdict
from harness.cli.requirements import choices_found, needs_found
from harness.gherkin import read_feature, scenario_id
from harness.history.reader import read_evidence
from harness.running.session import alone, suite_words
from harness.suite import suite_dir

STALE = "harness/catalogue/needs.json is stale: pairproof requirements --needs > that file"


def test_just_the_scenarios_that_there_are_stand_there() -> None:
    """Those of pages are left out: only a browser shows pages, and needs are found in process."""
    found, of_pages = set(), set()
    for path in suite_dir("features").glob("*.feature"):
        for scenario in read_feature(path).scenarios:
            for example in scenario.examples or (None,):
                id_ = scenario_id(path.stem, scenario, example)
                found.add(id_)
                if any(step.text.startswith("the pages of the target") for step in scenario.steps):
                    of_pages.add(id_)
    assert of_pages
    assert found - of_pages == set(all_needs()), STALE


def test_the_choices_of_the_reference_stand_there() -> None:
    """A product is shown beside what the reference does now."""
    stale = "stale: pairproof requirements --choices > harness/catalogue/choices.json"
    assert choices_found() == CHOICES.read_text("utf-8"), stale


@pytest.mark.slow
def test_a_run_finds_what_stands_there() -> None:
    assert needs_found() == FILE.read_text("utf-8"), STALE


MISSING = ("MatchProfiles", "LogOut", "ListPairingRequests", "VerifyConnection", "UpdateCluster")


@pytest.mark.slow
def test_without_operations_just_what_needs_them_is_not_supported(tmp_path: Path) -> None:
    """Nothing fails, is inconclusive or passes for want of them, and the doctor knows it before."""
    options = {"driver": "inprocess", "seed": "1", "out": str(tmp_path)}
    with alone():
        pytest.main(suite_words({**options, "planted": f"without:{'+'.join(MISSING)}"}))
    evidence = read_evidence(tmp_path / "evidence.jsonl")
    assert evidence.complete
    lost = [v for v in evidence.verdicts if v.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)]
    assert lost == []
    named = tuple(f"the target does not offer {name}" for name in MISSING)
    left_out = {v.scenario for v in evidence.verdicts if v.reason.startswith(named)}
    needing = {s for s, need in all_needs().items() if not set(MISSING).isdisjoint(need.operations)}
    asked = {v.scenario for v in evidence.verdicts if "server-steps" not in v.reason}
    assert left_out == needing & asked
