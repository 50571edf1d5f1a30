"""One browser for a process, on a thread of its own.

Playwright's plain interface belongs to the thread that started it, and runs an event loop there: on
a thread of its own it is in nobody's way, and no signal comes in between.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from harness.domain.errors import PairproofError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

P = ParamSpec("P")
T = TypeVar("T")

WITHOUT_BROWSER: Final = "PAIRPROOF_BROWSER"
"""The variable that says `no` where no browser is to be used."""
EXECUTABLES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no windows, and takes a third of the others' processor time for a page."""
CHROMIUM: Final = (
    "apt-get install chromium-headless-shell (or chromium), or playwright install chromium"
)
INSTALL: Final = "pip install 'pairproof[browser]'"
"""What is missing where Playwright is."""


class NoBrowser(PairproofError):
    """There is no browser, or it does not start: what is missing, and how it is installed."""


def missing() -> str:
    """What is missing for a browser, and how it is installed; empty if nothing is, as it seems."""
    if os.environ.get(WITHOUT_BROWSER) == "no":
        return f"{WITHOUT_BROWSER}=no says that none is to be used"
    if find_spec("playwright") is None:
        return f"Playwright is not installed: {INSTALL}, and a Chromium ({CHROMIUM})"
    if executable() is None and not any(_own_browsers().glob("chromium*")):
        return f"there is no Chromium: {CHROMIUM}"
    return ""


def executable() -> str | None:
    """The system's Chromium, or none."""
    return next(filter(None, map(shutil.which, EXECUTABLES)), None)


def _own_browsers() -> Path:
    """Where Playwright keeps the browsers that it has installed."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    return Path(named) if named else Path.home() / ".cache/ms-playwright"


class BrowserThread:
    """Starts the browser, with `flags`, when it is first needed; does everything with it."""

    def __init__(self, flags: Callable[[], Sequence[str]]) -> None:
        self._flags = flags
        self._thread: ThreadPoolExecutor | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def call(self, do: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Do something on the browser's thread, and wait for it."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "browser")
        return self._thread.submit(do, *args, **more).result()

    def browser(self) -> Browser:
        """The browser; to be called on its thread alone. Raises `NoBrowser`: none starts."""
        if self._browser is None:
            if why := missing():
                raise NoBrowser(why)
            from playwright.sync_api import Error, sync_playwright

            self._playwright = self._playwright or sync_playwright().start()
            try:
                self._browser = self._playwright.chromium.launch(
                    executable_path=executable(), args=self._flags()
                )
            except Error as error:
                told = str(error).strip().partition("\n")[0]
                raise NoBrowser(f"no Chromium starts here ({told}): {CHROMIUM}") from error
        return self._browser

    def close(self) -> None:
        """End the browser and its thread."""
        if self._thread is not None:
            self.call(self._end)
            self._thread.shutdown()
            self._thread = None

    def _end(self) -> None:
        if self._playwright is not None:
            from playwright.sync_api import Error

            with suppress(Error):  # whoever pressed Ctrl-C has ended it already
                if self._browser is not None:
                    self._browser.close()
            self._playwright.stop()
        self._browser = self._playwright = None
