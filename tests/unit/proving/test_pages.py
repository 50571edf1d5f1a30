"""The generated pages speak of what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.reference.planting import Planted, load

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = {"mutant": "kill-matrix.md", "variant": "variants.md"}


@pytest.mark.parametrize("kind", PAGES)
def test_the_page_has_a_row_for_each_that_is_declared(kind: str) -> None:
    page = (DOCS / PAGES[kind]).read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", page, re.MULTILINE))
    declared: dict[str, Planted] = {entry.name: entry for entry in load()[kind]}
    assert sorted(rows) == sorted(declared), "write the pages again: make docs"
    for name, entry in declared.items():
        assert entry.says.replace("|", "\\|") in rows[name], "write the pages again: make docs"


def test_nothing_on_the_pages_is_wrong() -> None:
    for name in PAGES.values():
        assert "**" not in (DOCS / name).read_text("utf-8")
