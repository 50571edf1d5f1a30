"""The page of a run's report in a real browser: what decided is two clicks away, in any light."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.operation import Json, Outcome
from harness.history.redaction import Redactor
from harness.reporting.files import write_reports
from tests.browser.people import sync_api
from tests.browser.reading import OF_BOTH, uncomplaining, unusable
from tests.unit.history.writing import HEADER, scenario, verdict
from tests.unit.reporting.sample import write_sample
from tests.unit.reporting.test_causes import Writing
from tests.whole_run import whole_run


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A page on which nothing complains; what it asks for is its own file."""
    own = re.compile(r"file:///.*/(report\.html(\?.*)?|pictures/[0-9a-f]{64}\.png)")
    with uncomplaining(browser, own.fullmatch) as shown:
        yield shown


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report of a run with two causes, of which one has three scenarios."""
    folder = tmp_path_factory.mktemp("failing")
    with EvidenceWriter(folder / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        writing = Writing(writer)
        writing.succeeded("send/unhealthy", "PRE-2")
        writing.still_listed("withdraw/long", "WDR-3", "450d12aa", before=7)
        writing.still_listed("withdraw/short", "WDR-3", "9f00aa12")
        writing.still_listed("reject/other", "REJ-5", "aaaa1111", before=3)
    write_reports(folder / "evidence.jsonl", folder)
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report of a run in which a bit of everything happened."""
    folder = tmp_path_factory.mktemp("whole")
    write_reports(write_sample(folder / "evidence.jsonl"), folder)
    return (folder / "report.html").as_uri()


PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""One transparent pixel; what a browser shows is told by what it is, not by its name."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with pages, of which each has a scenario that fails or passes: two
    pictures of each lie beside it, and one does not.
    """
    folder = tmp_path_factory.mktemp("seen")
    (folder / "pictures").mkdir()
    names = []
    for n, is_there in enumerate((True, True, False)):
        data = PICTURE + bytes([n])
        names.append(f"pictures/{sha256(data).hexdigest()}.png")
        if is_there:
            (folder / names[-1]).write_bytes(data)
    with EvidenceWriter(folder / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        for id_, given in (("pages/a", Verdict.FAIL), ("pages/b", Verdict.PASS)):
            writer.scenario(scenario(id_, "WDR-3P"))
            for n, name in enumerate([*names, names[0]]):
                sent = writer.invoke(id_, "admin", "ClickLabel", {"label": f"Next {n}"}, start=n)
                response: dict[str, Json] = {"url": "https://e", "picture": name}
                writer.outcome(sent.id, Outcome.OK, end=n, value={}, response=response)
            judged = verdict(
                id_, "WDR-3P", given, "" if given is Verdict.PASS else "it is not shown"
            )
            writer.verdict(msgspec.structs.replace(judged, operations=[sent.id]))
    write_reports(folder / "evidence.jsonl", folder)
    return folder / "report.html"


@pytest.mark.parametrize("which", ["failing", "whole"])
def test_everybody_can_read_it(
    page: sync_api.Page, request: pytest.FixtureRequest, which: str
) -> None:
    page.goto(request.getfixturevalue(which))
    page.evaluate("for (const d of document.querySelectorAll('article details')) d.open = true")
    assert [*unusable(page, OF_BOTH)] == []


@pytest.mark.parametrize("by", ["step", "arrow"])
def test_what_decided_is_two_clicks_away(page: sync_api.Page, failing: str, by: str) -> None:
    page.goto(failing)
    page.get_by_role("link", name="What failed").click()
    card = page.locator("article.item").first
    if by == "step":
        card.locator(".steps .fail a").first.click()
    else:
        card.locator(".sequence a:has(.decisive)").first.click()
    decided = card.locator("details.decisive .exchange").first
    assert decided.is_visible()
    assert "9f00aa12" in decided.inner_text()
    assert not card.locator("details:not(.decisive) .exchange").first.is_visible()


def test_it_works_without_its_script(browser: sync_api.Browser, failing: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(failing)
    assert not shown.get_by_role("search").is_visible()
    assert not shown.locator(".copy").first.is_visible()
    card = shown.locator("article.item").first
    card.locator("details.decisive summary").first.click()
    assert card.locator("details.decisive .exchange").first.is_visible()
    context.close()


def test_search_and_filters_leave_what_fits_and_can_be_linked(
    page: sync_api.Page, failing: str
) -> None:
    page.goto(failing)
    cards = page.locator("article.item:visible")
    assert cards.count() == 2
    page.keyboard.press("/")
    page.keyboard.type("should be refused")
    assert cards.count() == 1
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("document.querySelectorAll('article.item:not([hidden])').length === 2")
    page.get_by_role("combobox", name="Requirement").select_option("REJ-5")
    assert cards.count() == 1
    assert "requirement=REJ-5" in page.url
    page.goto(page.url)
    assert cards.count() == 1
    assert page.locator("tr.item:visible").count() == 1
    page.get_by_role("combobox", name="Verdict").select_option("inconclusive")
    assert page.locator(".item:visible").count() == 0
    page.evaluate("location.hash = document.querySelector('article.item').id")
    page.wait_for_function("document.querySelectorAll('article.item:not([hidden])').length === 2")


def test_a_link_to_a_folded_scenario_opens_it(page: sync_api.Page, failing: str) -> None:
    page.goto(failing)
    inner = page.locator("details.other .told").last
    assert not inner.is_visible()
    page.goto(f"{failing}#{inner.get_attribute('id')}")
    assert inner.is_visible()


def test_keys_go_from_card_to_card_open_and_copy(page: sync_api.Page, failing: str) -> None:
    page.goto(failing)
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("article.item").nth(1)
    assert second.evaluate("card => card === document.activeElement")
    page.keyboard.press("o")
    assert second.locator("details.decisive .exchange").first.is_visible()
    page.keyboard.press("c")
    second.get_by_role("button", name="Copied").wait_for()


def test_what_was_seen_of_pages_is_shown_and_only_when_it_is_looked_at(
    page: sync_api.Page, seen: Path
) -> None:
    page.goto(seen.as_uri())
    film = page.locator("article.item .film")
    assert film.locator("li").all_inner_texts() == [
        "1 Click “Next 0”, 0 ms, took 0 ms",
        "2 Click “Next 1”, 0 ms, took 0 ms",
        "4 Click “Next 3”, 0 ms, took 0 ms",
    ]
    first = film.locator("img").first
    first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('article .film img').naturalWidth === 1")
    passed = page.locator("#WDR-3P .film")
    assert not passed.is_visible()
    page.locator("#WDR-3P summary").first.click()
    page.get_by_text("What was seen (3)").click()
    assert passed.locator("img").count() == 3
    assert [*unusable(page, OF_BOTH)] == []


def test_a_report_whose_pictures_are_missing_is_one_file(seen: Path, tmp_path: Path) -> None:
    write_reports(seen.parent / "evidence.jsonl", tmp_path / "there")
    (tmp_path / "evidence.jsonl").write_bytes((seen.parent / "evidence.jsonl").read_bytes())
    write_reports(tmp_path / "evidence.jsonl", tmp_path)
    alone = (tmp_path / "report.html").read_text("utf-8")
    assert "<img" not in alone
    assert "img-src" not in alone
    assert "<img" in (tmp_path / "there" / "report.html").read_text("utf-8"), "they lie elsewhere"


def test_a_run_that_passes_is_printed_on_few_pages(
    page: sync_api.Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page.goto((whole_run(tmp_path_factory) / "report.html").as_uri())
    printed = page.pdf(format="A4")
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", printed)) <= 15


def test_paper_is_not_a_narrow_screen(page: sync_api.Page, failing: str) -> None:
    page.set_viewport_size({"width": 690, "height": 900})
    page.goto(failing)
    table = page.locator("table.requirements").first
    assert table.evaluate("e => getComputedStyle(e).display") == "block"
    page.emulate_media(media="print")
    assert table.evaluate("e => getComputedStyle(e).display") == "table"


def test_no_lifeline_shines_through_a_label(page: sync_api.Page, failing: str) -> None:
    page.goto(failing)
    uncovered = page.evaluate("""() => {
        const found = [];
        for (const group of document.querySelectorAll(".sequence .message:not(.fault)")) {
            const behind = group.querySelector(".behind").getBBox();
            const text = group.querySelector("text:not(.at)");
            const box = text.getBBox();
            if (box.x < behind.x || box.x + box.width > behind.x + behind.width)
                found.push(text.textContent);
        }
        return found;
    }""")
    assert uncovered == []
    plain = page.locator(".sequence .message:not(.decisive) .behind").first
    assert plain.evaluate("box => getComputedStyle(box).fill") == "rgb(255, 255, 255)"
