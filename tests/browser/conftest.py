"""A real browser. Where there is none, what needs it is skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from harness.targets.browser.chromium import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on the path")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium)
        yield launched
        launched.close()
