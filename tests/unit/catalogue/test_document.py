"""The catalogue as Markdown and as JSON rows; `docs/requirements.md` is up to date."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

from harness.catalogue import document
from harness.catalogue.requirement import Level, Role
from harness.catalogue.requirements import REQUIREMENTS, by_id
from harness.catalogue.verdict import Verdict

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "requirements.md"
COVERAGE = {"WDR-4": ["A cancel with the link down", "A cancel that is lost on its way"]}


def section(markdown: str, heading: str) -> str:
    """What stands below a heading, up to the next heading."""
    return re.split(r"^#+ ", markdown.split(f"\n{heading}\n")[1], flags=re.M)[0]


def test_the_generated_page_is_fresh() -> None:
    assert DOCUMENT.read_text("utf-8") == document.to_markdown(REQUIREMENTS), (
        "docs/requirements.md is stale; run `make docs`"
    )


def test_a_row_has_the_agreed_keys_and_plain_values() -> None:
    assert document.to_rows([by_id("WDR-2P")], {"WDR-2P": ("It stands on Settings",)}) == [
        {
            "id": "WDR-2P",
            "role": "edge",
            "level": "must",
            "title": "Settings shows the Pairing ID and Cancel Pairing Request",
            "source": "#withdraw-pairing-request-from-local-cluster step 3",
            "feature": "pages",
            "profile": "core",
            "scenarios": ["It stands on Settings"],
        }
    ]


def test_json_is_one_document_with_every_requirement_in_order() -> None:
    text = document.to_json(REQUIREMENTS, COVERAGE)
    rows = json.loads(text)
    assert [row["id"] for row in rows] == [r.id for r in REQUIREMENTS]
    assert {row["id"]: row["scenarios"] for row in rows if row["scenarios"]} == COVERAGE
    assert rows[0]["feature"] is None
    assert text.endswith("]\n")


def missing(markdown: str) -> list[str]:
    """The ids of requirements whose detail lacks the title, the text or the source."""
    details = ((r, section(markdown, f"### {r.id}")) for r in REQUIREMENTS)
    return [
        r.id for r, d in details if r.title not in d or r.text not in d or f"`{r.source}`" not in d
    ]


def test_each_requirement_has_a_detail_with_its_title_text_and_source() -> None:
    markdown, one = document.to_markdown(REQUIREMENTS), by_id("WDR-4")
    assert missing(markdown) == []
    assert missing(markdown.replace(one.title, "")) == ["WDR-4"]
    assert missing(markdown.replace(one.text, "")) == ["WDR-4"]
    assert "WDR-4" in missing(markdown.replace(f"`{one.source}`", ""))


def test_every_link_leads_to_a_heading() -> None:
    markdown = document.to_markdown(REQUIREMENTS)
    headings = {h.lower() for h in re.findall(r"^### ([A-Z]{3}-\d+[A-Z]?)$", markdown, re.M)}
    targets = set(re.findall(r"\]\(#([^)]+)\)", markdown))
    assert targets == headings


def test_rows_of_a_table_are_as_wide_as_its_head() -> None:
    lines = document.to_markdown(REQUIREMENTS, COVERAGE).splitlines()
    tables = [(a, b) for a, b in pairwise(lines) if a.startswith("|") and b.startswith("|")]
    assert tables
    assert [b for a, b in tables if columns(a) != columns(b)] == []


def columns(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line))


def test_without_coverage_no_scenario_is_spoken_of() -> None:
    detail = section(document.to_markdown(REQUIREMENTS), "### WDR-4")
    assert "Scenarios" not in detail


def test_with_coverage_scenarios_are_listed_and_gaps_are_said() -> None:
    markdown = document.to_markdown(REQUIREMENTS, COVERAGE)
    assert "- A cancel with the link down\n- A cancel that is" in section(markdown, "### WDR-4")
    assert "Scenarios: none yet." in section(markdown, "### WDR-5")
    assert re.search(r"^\| \[WDR-4\].*\| 2 \|$", markdown, re.M)
    assert re.search(r"^\| \[WDR-5\].*\| 0 \|$", markdown, re.M)


def test_a_selection_leaves_the_rest_out() -> None:
    markdown = document.to_markdown([by_id("WDR-4")])
    assert re.findall(r"^### ([A-Z]{3}-\S+)$", markdown, re.M) == ["WDR-4"]
    assert set(re.findall(r"\]\(#([^)]+)\)", markdown)) == {"wdr-4"}
    assert "(`REJ`)" not in markdown


def test_every_level_role_and_verdict_is_explained() -> None:
    assert set(document.LEVEL_MEANINGS) == set(Level)
    assert set(document.ROLE_MEANINGS) == set(Role)
    assert set(document.VERDICT_MEANINGS) == set(Verdict)
