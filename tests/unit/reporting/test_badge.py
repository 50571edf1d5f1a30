"""The badge: what it says, and that it stays a picture whatever it is told."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Overall, Verdict
from harness.history.lines import WaiverLine
from harness.reporting.files import write_reports
from harness.reporting.svg import badge_svg
from harness.reporting.words import OVERALL_NAMES
from tests.unit.reporting.runs import write_run


@pytest.mark.parametrize("verdict", Overall)
def test_it_says_the_verdict_in_words(verdict: Overall) -> None:
    root = ET.fromstring(badge_svg(OVERALL_NAMES[verdict], verdict.value, "2026-11"))
    shown = "".join(root.itertext())
    assert verdict.value.replace("_", " ") in shown
    assert root.get("aria-label") == f"cluster pairing 2026-11: {verdict.value.replace('_', ' ')}"


def test_markup_in_it_stays_text() -> None:
    text = badge_svg("Conforms", "conforms", "2026-11", '"><script>alert(1)</script>')
    assert "<script" not in text
    ET.fromstring(text)


def test_that_of_a_run_says_what_was_waived_and_that_it_was_a_selection(tmp_path: Path) -> None:
    said = {"withdraw/a": ("WDR-4", Verdict.FAIL), "withdraw/b": ("WDR-3", Verdict.PASS)}
    waiver = WaiverLine("WDR-4", "bug 17", "Ana", "2026-12-31")
    write_reports(write_run(tmp_path, said, waivers=[waiver]), tmp_path)
    label = ET.parse(tmp_path / "badge.svg").getroot().get("aria-label")
    assert (
        label == "cluster pairing 2026-11: selection passes: 2 of"
        f" {len(REQUIREMENTS)} requirements, 1 waived"
    )
