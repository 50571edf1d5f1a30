"""Takes the pictures of the docs: a report of a failure, and one of a fleet; `make pictures`."""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from harness.targets.browser.chromium import executable

PICTURES: Final = Path(__file__).parent / "pictures"
FAILURE: Final = (
    "certify --driver inprocess --mutant cancel_needs_the_link --requirement WDR-3,WDR-4,WDR-5"
)
FLEET: Final = "fleet flaky-wan --hosts 200 --seed 7"
WIDTH: Final = 1200
_QUALITY: Final = 70


def report_of(words: str, folder: Path) -> Path:
    """Carry out a command line; returns the report that it left."""
    out = folder / words.split()[0]
    subprocess.run([sys.executable, "-m", "harness.cli", *words.split(), "--out", out], check=False)
    return out / "report.html"


def take(page: Page, report: Path, name: str, first: str, height: int) -> None:
    """Keep what is seen from an element on, in pixels, as WebP."""
    page.goto(report.as_uri())
    top = page.locator(first).first.bounding_box()
    assert top is not None, f"{report} has no {first}"
    clip = {"x": 0, "y": max(top["y"] - 16, 0), "width": WIDTH, "height": height, "scale": 1}
    asked = {"format": "webp", "quality": _QUALITY, "clip": clip, "captureBeyondViewport": True}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def main() -> None:
    """Take both of them."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        failure, fleet = report_of(FAILURE, Path(folder)), report_of(FLEET, Path(folder))
        browser = playwright.chromium.launch(executable_path=executable())
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        take(page, failure, "failed-report", "#failures", 1030)
        take(page, fleet, "fleet-report", "#pictures", 1150)
        browser.close()


if __name__ == "__main__":
    main()
