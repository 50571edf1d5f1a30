"""The page of a run's report in a real browser: what decided is two clicks away, in any light."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.history.evidence import EvidenceWriter
from harness.history.redaction import Redactor
from harness.reporting.files import write_reports
from tests.unit.history.writing import HEADER
from tests.unit.reporting.sample import write_sample
from tests.unit.reporting.test_causes import Writing

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

PHONE, SCREEN = 390, 1280


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A page on which nothing complains; what it asks for is its own file."""
    context = browser.new_context(viewport={"width": SCREEN, "height": 900})
    shown = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("console", lambda message: complaints.append(message.text))
    yield shown
    context.close()
    assert all(url.partition("?")[0].endswith("/report.html") for url in asked)
    assert complaints == []


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


@pytest.mark.parametrize("which", ["failing", "whole"])
def test_everybody_can_read_it(
    page: sync_api.Page, request: pytest.FixtureRequest, which: str
) -> None:
    page.goto(request.getfixturevalue(which))
    page.evaluate("for (const d of document.querySelectorAll('article details')) d.open = true")
    for scheme, width in (("light", SCREEN), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        found = axe.Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:2]]) for v in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


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
