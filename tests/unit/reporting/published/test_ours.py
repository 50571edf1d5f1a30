"""What is published of the reference is a run in which all was judged that the document says."""

from __future__ import annotations

from harness.catalogue.requirement import Profile
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.reporting.files import read_report
from harness.suite import suite_dir

CORE = [each.id for each in REQUIREMENTS if each.profile is Profile.CORE]
JUDGED = (Verdict.PASS, Verdict.OBSERVED)


def test_each_core_requirement_was_judged_those_of_pages_too() -> None:
    folder = suite_dir("features").parent / "reports/2026-11/pairproof-reference/0.1.0"
    told = read_report(folder / "evidence.jsonl.zst").requirements
    judged = [each.requirement.id for each in told if each.verdict in JUDGED]
    assert [each for each in CORE if each not in judged] == []
