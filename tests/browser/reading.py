"""A page as somebody reads it: nothing on it complains, and everybody can use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.browser.people import sync_api

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

PHONE, SCREEN = 390, 1280
OF_BOTH = (("light", SCREEN), ("dark", PHONE))
_RUN_AXE = """() => axe.run({resultTypes: ["violations"]}).then(found => found.violations.map(
    rule => [rule.id, ...rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]))"""


@contextmanager
def uncomplaining(
    browser: sync_api.Browser, own: Callable[[str], object] = lambda address: True
) -> Iterator[sync_api.Page]:
    """A page on which no complaint is made, and which asks for its own addresses alone."""
    context = browser.new_context(viewport={"width": SCREEN, "height": 900})
    shown = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("console", lambda message: complaints.append(message.text))
    yield shown
    context.close()
    assert [address for address in asked if not own(address)] == []
    assert complaints == []


def unusable(page: Any, looks: Iterable[tuple[str, int]]) -> Iterator[tuple[object, ...]]:
    """What somebody cannot use or read, in some light and at some width."""
    page.evaluate(axe.Axe().axe_script)
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        yield from ((scheme, width, *rule) for rule in page.evaluate(_RUN_AXE))
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            yield scheme, width, f"is {wide} wide"
    page.set_viewport_size({"width": SCREEN, "height": 900})
