"""The page of all published reports: whatever their makers call themselves, it stays a page."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import msgspec

from harness.history.lines import Implementation
from harness.reporting.files import read_report
from harness.reporting.published.entry import PublishedReport
from harness.reporting.published.page import page_of
from tests.unit.reporting.sample import HEADER, write_sample

HOSTILE = '"><script>alert(1)</script>'


def published(folder: Path, name: str, version: str, **changes: object) -> PublishedReport:
    made = Implementation(name, version, HOSTILE, f"javascript:{HOSTILE}", HOSTILE)
    header = msgspec.structs.replace(HEADER, implementation=made, **changes)
    evidence = write_sample(folder / f"{len(list(folder.iterdir()))}.jsonl", header=header)
    return PublishedReport(folder / "2026-11" / "x y" / version, read_report(evidence))


class Tags(HTMLParser):
    """All tags of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_the_same_reports_make_the_same_page(tmp_path: Path) -> None:
    reports = [published(tmp_path, name, "2.10") for name in ("Fjord", "acme")]
    reports += [published(tmp_path, "acme", "2.9")]
    page = page_of(reports, tmp_path / "index.html")
    assert page_of(reports[::-1], tmp_path / "index.html") == page
    places = [page.index(f'<th scope="col">{name}') for name in ("acme 2.9", "acme 2.10", "Fjord")]
    assert places == sorted(places)


def test_nothing_that_somebody_calls_himself_acts_on_it(tmp_path: Path) -> None:
    report = published(tmp_path, HOSTILE, "1", driver=HOSTILE, roles=[HOSTILE, "central"])
    page = page_of([report], tmp_path / "site" / "index.html")
    found = Tags(page)
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert found.tags.isdisjoint({"script", "img", "iframe", "object"})
    assert all(link.startswith(("#", "../2026-11/x%20y/1/")) for link in found.links)
    for content in report.made_files().values():
        assert HOSTILE.encode() not in content


def test_it_says_of_each_requirement_what_each_came_to(tmp_path: Path) -> None:
    one = published(tmp_path, "One", "1")
    edge = published(tmp_path, "Edge", "1", roles=["edge"])
    page = page_of([one, edge], tmp_path / "index.html")
    for item in one.report.requirements:
        assert f"report.html#{item.requirement.id}" in page
    assert "binds the central side, which is not tested" in page
    assert one.report.observations
    assert all(o.situation in page for o in one.report.observations)
