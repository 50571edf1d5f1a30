"""The page of all published reports in a real browser, in any light and at any width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.history.lines import Implementation
from harness.reporting.files import read_report, utf8, write_file
from harness.reporting.published.entry import PublishedReport
from harness.reporting.published.page import page_of
from tests.browser.people import expect, sync_api
from tests.browser.reading import PHONE, SCREEN, uncomplaining, unusable
from tests.unit.reporting.sample import HEADER, write_sample

PAPER = 690
NAMES = ("Fjord Edge Manager", "<script>document.title = 'mine'</script>", "Acme", "Other")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the page of four implementations, with the reports that it leads to."""
    root = tmp_path_factory.mktemp("published")
    published = []
    for number, name in enumerate(NAMES):
        made = Implementation(name, "2.4.1", "Fjord Systems")
        roles = ["edge"] if number else ["central", "edge"]
        header = msgspec.structs.replace(HEADER, implementation=made, roles=roles)
        evidence = write_sample(root / f"{number}.jsonl", header=header)
        each = PublishedReport(root / "2026-11" / str(number) / "1", read_report(evidence))
        for file, content in each.made_files().items():
            write_file(each.folder / file, content)
        published.append(each)
    write_file(root / "index.html", utf8(page_of(published, root / "index.html")))
    return (root / "index.html").as_uri()


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    own = {"index.html", "report.html"}
    with uncomplaining(browser, lambda url: Path(url.partition("#")[0]).name in own) as shown:
        yield shown


def test_everybody_can_read_it(page: sync_api.Page, index: str) -> None:
    page.goto(index)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    looks = (("light", SCREEN), ("dark", SCREEN), ("light", PHONE), ("dark", PHONE))
    assert [*unusable(page, looks)] == []
    page.set_viewport_size({"width": PAPER, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
    table = page.locator("table.matrix").evaluate("e => e.scrollWidth")
    assert table <= PAPER


def test_a_verdict_leads_to_its_place_in_the_report(page: sync_api.Page, index: str) -> None:
    page.goto(index)
    assert page.title() == "Published reports (cluster pairing)"
    row = page.get_by_role("row", name="WDR-3 With a link")
    assert row.get_by_role("link").count() == len(NAMES)
    row.get_by_role("link").last.click()
    expect(page).to_have_url(re.compile(r"report\.html#WDR-3$"))
    expect(page.locator("tr#WDR-3")).to_be_visible()


def test_the_requirement_stays_in_sight_on_a_phone(page: sync_api.Page, index: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto(index)
    head = page.get_by_role("rowheader", name="WDR-3 With a link")
    page.get_by_role("group", name="Verdicts by requirement").evaluate("e => e.scrollLeft = 9999")
    box = head.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 50
