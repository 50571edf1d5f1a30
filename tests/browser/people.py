"""Somebody at a browser of their own, who finds what is on a page by its labels and roles alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest

from harness.reference.pages.pages import Pages
from tests.integration.pages.world import EMAIL, PASSWORD, TOKEN, World

sync_api: Any = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
PATIENCE_MS = 20_000
"""How long a page may take on a machine that is busy with other things."""
expect.set_options(timeout=PATIENCE_MS)


class Person:
    """Somebody at a browser. What the console says against the pages is kept."""

    def __init__(self, browser: sync_api.Browser, world: World, **options: object) -> None:
        self.world = world
        self.context = browser.new_context(ignore_https_errors=True, **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self._listen()

    def _listen(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: sync_api.ConsoleMessage) -> None:
        # That a page was refused, or could not be had, the browser says to the console as well.
        is_own = message.location["url"].partition("?")[0] == self.page.url.partition("?")[0]
        if message.type == "error" and not (is_own and message.text.startswith("Failed to load")):
            self.complaints.append(message.text)

    def click(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    def click_twice(self, button: sync_api.Locator, pages: type[Pages], does: str) -> None:
        """Click again once the first click has done what the pages do, and before they answer."""
        done, answers, do = Event(), Event(), getattr(pages, does)

        def held(*args: object) -> object:
            try:
                return do(*args)
            finally:
                done.set()
                answers.wait(PATIENCE_MS / 1_000)

        with patch.object(pages, does, held):
            button.hover()
            with self.page.expect_navigation():
                self.page.mouse.down()
                self.page.mouse.up()
                assert done.wait(PATIENCE_MS / 1_000)
                self.page.mouse.down(click_count=2)
                self.page.mouse.up(click_count=2)
                answers.set()

    def button(self, name: str) -> sync_api.Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def enter(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def check(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text, exact=True).first).to_be_visible()

    def is_told(self, why: str = "") -> None:
        """Something was refused, and the page says so."""
        expect(self.page.get_by_role("alert").first).to_contain_text(why or re.compile("."))

    def is_not_told(self) -> None:
        """Nothing was refused, as far as the page says."""
        expect(self.page.get_by_role("alert")).to_have_count(0)

    @contextmanager
    def in_another_tab(self) -> Iterator[None]:
        """What is done within is done there."""
        first, self.page = self.page, self.context.new_page()
        self._listen()
        self.page.goto(first.url)
        yield
        self.page.close()
        self.page = first

    def is_at(self, path: str) -> None:
        """The address changes before there is a document, and a click waits for neither."""
        expect(self.page).to_have_url(re.compile(re.escape(path) + r"([?#].*)?$"))
        self.page.wait_for_load_state()

    def log_in_to_local_ui(self, cluster: int = 0) -> None:
        addresses = self.world.reference.addresses
        self.page.goto(addresses.local_ui[self.world.host(cluster)])
        username, password = self.world.reference.local_user
        self.enter("Username", username)
        self.enter("Password", password)
        self.click("Log in")
        self.is_at("/cluster")

    def fill_in_settings(self) -> None:
        self.click("Settings", "link")
        self.check("Centrally Managed")
        self.enter("Palette endpoint", self.world.palette_url)
        self.enter("Registration token", TOKEN)

    def send_request(self) -> str:
        self.fill_in_settings()
        self.click("Pair")
        self.sees("Pairing ID")
        return self.page.locator("#pairing-id").inner_text()

    def log_in_to_palette(self) -> None:
        self.page.goto(self.world.palette_url)
        self.enter("E-mail", EMAIL)
        self.enter("Password", PASSWORD)
        self.click("Log in")
        self.is_at("/clusters")

    def walk_to(self, uid: str, step: str) -> None:
        """From the Clusters page to a step of the wizard, by the documented clicks."""
        self.click("Clusters", "link")
        self.click("Pair")
        self.row(uid).get_by_role("button", name="Pair", exact=True).click()
        self.is_at("/warning")
        for label, done in self.steps():
            if self.page.url.partition("?")[0].endswith(step):
                return
            done()
            self.page.wait_for_url(re.compile(label))

    def steps(self) -> list[tuple[str, object]]:
        return [("/cluster$", self.confirm), ("/profiles", self.next), ("/review", self.match)]

    def confirm(self) -> None:
        self.check("I understand")
        self.click("Confirm")

    def next(self) -> None:
        self.click("Next step")

    def match(self) -> None:
        self.check("edge-infra")
        self.check("edge-monitoring")
        self.click("Confirm")
        self.sees("Valid match")
        self.click("Next step")

    def row(self, text: str) -> sync_api.Locator:
        return self.page.get_by_role("row").filter(has_text=text)

    def close(self) -> None:
        self.context.close()
