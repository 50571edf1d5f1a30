"""The generated pages speak of what there is."""

from __future__ import annotations

import re
from pathlib import Path

from harness.reference.planting import load

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = {"mutant": "kill-matrix.md", "variant": "variants.md"}


def stale(kind: str, page: str) -> list[str]:
    """What stands on the page and is not declared, or is and does not stand there as it is."""
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", page, re.MULTILINE))
    says = {entry.name: entry.says.replace("|", "\\|") for entry in load()[kind]}
    wrong = [name for name in says if says[name] not in rows.get(name, "")]
    return sorted({*wrong, *(rows.keys() - says.keys())})


def test_a_page_has_a_row_for_each_that_is_declared() -> None:
    for kind, name in PAGES.items():
        page = (DOCS / name).read_text("utf-8")
        assert stale(kind, page) == [], "write the pages again: make docs"
        one, another, *_ = load()[kind]
        lacks = page.replace(f"| `{one.name}` |", "| `unheard_of` |").replace(another.says, "")
        assert stale(kind, lacks) == sorted([one.name, "unheard_of", another.name])


def test_nothing_on_the_pages_is_wrong() -> None:
    for name in PAGES.values():
        assert "**" not in (DOCS / name).read_text("utf-8")
