"""Two runs side by side in a real browser: readable in any light, a click from a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalogue.verdict import Verdict
from harness.reporting.comparing import compare, read_run
from harness.reporting.comparison_page import write_comparison
from harness.reporting.files import write_reports
from harness.reporting.fleet.files import write_fleet_reports
from tests.browser.people import expect, sync_api
from tests.browser.reading import OF_BOTH, uncomplaining, unusable
from tests.unit.reporting.fleet.fleets import calm, faulty
from tests.unit.reporting.runs import Said, write_run

PASS, FAIL = Verdict.PASS, Verdict.FAIL
BEFORE: Said = {
    "withdraw/a": ("WDR-4", PASS),
    "withdraw/b": ("WDR-3", FAIL),
    "accept/a": ("ACC-1", PASS),
    **{f"reject/{n}": (f"REJ-{n}", PASS) for n in range(1, 8)},
}
AFTER: Said = {
    "withdraw/a": ("WDR-4", FAIL),
    "withdraw/b": ("WDR-3", PASS),
    "send/a": ("SND-1", PASS),
    **{f"reject/{n}": (f"REJ-{n}", Verdict.INCONCLUSIVE) for n in range(1, 8)},
}


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A page on which nothing complains; it asks for files beside it and nothing else."""
    with uncomplaining(browser) as shown:
        yield shown


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page of two runs with a change of every kind, whose reports lie there."""
    folder = tmp_path_factory.mktemp("suites")
    for name, said in (("a", BEFORE), ("b", AFTER)):
        write_reports(write_run(folder / name, said), folder / name)
    runs = (read_run(folder / "a"), read_run(folder / "b"))
    return write_comparison(compare(*runs), folder / "compare.html").as_uri()


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("fleets")
    paths = (calm().write(folder / "a"), faulty().write(folder / "b"))
    for path in paths:
        write_fleet_reports(path, path.parent)
    return write_comparison(compare(*map(read_run, paths)), folder / "compare.html").as_uri()


@pytest.mark.parametrize("which", ["suites", "fleets"])
def test_everybody_can_read_it(
    page: sync_api.Page, request: pytest.FixtureRequest, which: str
) -> None:
    page.goto(request.getfixturevalue(which))
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert [*unusable(page, OF_BOTH)] == []


def test_regressions_come_first_and_lead_into_the_report(page: sync_api.Page, suites: str) -> None:
    page.goto(suites)
    titles = page.locator("h2").all_inner_texts()
    assert titles[:5] == ["Broke", "Can no longer be judged", "Mended", "New", "Gone"]
    page.locator("article.item").first.get_by_role("link", name="B: a").click()
    told = page.locator(".told:target")
    expect(told.get_by_role("heading", name="a", exact=True)).to_be_visible()
    assert Path(page.url.partition("#")[0]).parts[-2:] == ("b", "report.html")


def test_changes_are_found_by_their_kind_and_by_words(page: sync_api.Page, suites: str) -> None:
    page.goto(suites)
    page.get_by_role("combobox", name="Change").select_option("mended")
    assert page.locator(".item:visible").count() == 2
    assert "change=mended" in page.url
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("document.querySelectorAll('article.item:not([hidden])').length > 2")
    page.get_by_role("searchbox").fill("WDR-4")
    assert page.locator("article.item:visible").count() == 1
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("combobox", name="Verdict").select_option("inconclusive")
    assert page.locator("tr.item:visible").count() == 7


def test_it_needs_no_script(browser: sync_api.Browser, fleets: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(fleets)
    assert not shown.get_by_role("search").is_visible()
    shown.get_by_role("link", name="Broke (2)").click()
    shown.locator("article.item").first.get_by_role("link", name="B: ").click()
    assert shown.locator("tr#INV-1").is_visible()
    context.close()
