"""The page of a fleet's report in a real browser: readable in any light, on any screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.reporting.fleet.files import write_fleet_reports
from tests.browser.people import sync_api
from tests.browser.reading import PHONE, SCREEN, uncomplaining
from tests.unit.reporting.fleet.fleets import Fleet, day, faulty, million

OVERLAPS = """() => {
    const found = [];
    for (const picture of document.querySelectorAll("svg")) {
        const frame = picture.getBoundingClientRect();
        const seen = [];
        if (!frame.width) continue;
        for (const text of picture.querySelectorAll("text")) {
            const box = text.getBoundingClientRect();
            if (!box.width) continue;
            if (box.left < frame.left - 1 || box.right > frame.right + 1)
                found.push(`${text.textContent} is cut off`);
            for (const [other, name] of seen)
                if (box.left < other.right - 1 && other.left < box.right - 1 &&
                    box.top < other.bottom - 4 && other.top < box.bottom - 4)
                    found.push(`${text.textContent} lies on ${name}`);
            seen.push([box, text.textContent]);
        }
    }
    return found;
}"""


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A page on which nothing but its own file is asked for, and no complaint is made."""
    asked: list[str] = []
    with uncomplaining(browser) as shown:
        shown.on("request", lambda request: asked.append(request.url))
        yield shown
    assert [url.rpartition("/")[2] for url in asked] == ["report.html"]


def looking(page: sync_api.Page) -> Iterator[int]:
    """In dark on a phone, in light on a screen; gives the width."""
    for scheme, width in (("dark", PHONE), ("light", SCREEN)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        yield width


@pytest.mark.parametrize("fleet", [faulty, day, million])
def test_it_fits_a_phone_and_a_screen_and_no_label_lies_on_another(
    fleet: Callable[[], Fleet], page: sync_api.Page, tmp_path: Path
) -> None:
    write_fleet_reports(fleet().write(tmp_path), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    for width in looking(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        look = "narrow" if width == PHONE else "wide"
        shown = page.locator(f".plot.{look}:visible").count()
        assert shown == page.locator(".plot:visible").count() == 4
        assert page.evaluate(OVERLAPS) == []


def test_it_is_accessible_in_light_and_in_dark(page: sync_api.Page, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    write_fleet_reports(faulty().write(tmp_path), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    for _ in looking(page):
        found = axe.run(page)
        assert found.violations_count == 0, found.generate_report()


def test_it_needs_no_script(browser: sync_api.Browser, tmp_path: Path) -> None:
    write_fleet_reports(faulty().write(tmp_path), tmp_path)
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto((tmp_path / "report.html").as_uri())
    shown.get_by_role("link", name="What was violated (2)").click()
    assert shown.get_by_role("img", name="Who did what, in order").first.is_visible()
    context.close()
