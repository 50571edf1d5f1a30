"""A real browser. Where there is none, what needs it is skipped."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from harness.domain.arrangements import Reset
from harness.reference.embedded import EmbeddedReference, Layout
from harness.targets.browser.chromium import executable, missing
from tests.integration.pages.world import World, arrange

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.people import Person


@pytest.fixture(autouse=True)
def browsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that keeps other tests from starting a browser does not hold here, and for no
    longer than a test: others run in the same process.
    """
    monkeypatch.delenv("PAIRPROOF_BROWSER", raising=False)


@pytest.fixture
def needs_browser(browsing: None) -> None:
    if why := missing():
        pytest.skip(why)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if executable() is None:
        pytest.skip("there is no chromium on the path")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedReference]:
    with EmbeddedReference("browser", Layout(clusters=2, hosts=2)) as reference:
        yield reference


@pytest.fixture
def world(running: EmbeddedReference) -> Iterator[World]:
    running.arrange(Reset())
    arrange(running)
    made = World(running, ssl.create_default_context(cafile=running.ca_file))
    with made.held:
        yield made


@pytest.fixture
def operator(browser: Browser, world: World) -> Iterator[Person]:
    yield from _visiting(browser, world)


@pytest.fixture
def admin(browser: Browser, world: World) -> Iterator[Person]:
    yield from _visiting(browser, world)


def _visiting(browser: Browser, world: World) -> Iterator[Person]:
    from tests.browser.people import Person

    person = Person(browser, world)
    yield person
    person.close()
    assert person.complaints == []
