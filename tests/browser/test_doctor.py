"""The doctor opens the first pages, and says under which key their names belong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalogue.requirement import Feature
from harness.doctor.finding import DoctorFinding, Severity
from harness.doctor.pages import examine_pages
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.targets.browser.chromium import BrowserThread, NoBrowser
from harness.targets.http import HttpDriver
from harness.targets.target_file import read_target
from tests.integration.pages.world import World

pytestmark = pytest.mark.usefixtures("needs_browser")

OTHER_NAMES = """
[pages.page.settings.labels.Settings]
name = "Configuration"
[pages.page.palette-login.labels.E-mail]
name = "Mail"
"""


def findings(
    running: EmbeddedReference, more: str = "", *, claimed: bool = True
) -> list[DoctorFinding]:
    text, folder = target_text(running) + more, running.ca_file.parent
    driver = HttpDriver(read_target(text, "pages.toml", folder, environment(running)))
    driver.limits = replace(driver.limits, await_s=2.0)
    if not claimed:
        driver.info = replace(driver.info, features=driver.info.features - {Feature.PAGES})
    return examine_pages(driver, ()).found


def test_pages_that_are_as_documented_are_good(world: World) -> None:
    local, palette = findings(world.reference)
    assert local.level is palette.level is Severity.GOOD, (local, palette)


def test_names_that_nothing_has_are_named_with_their_page(world: World) -> None:
    local, palette = findings(world.reference, OTHER_NAMES)
    assert local.level is palette.level is Severity.GAP
    assert 'does not show button "Configuration" after the login' in local.what
    assert "[pages.page.settings]" in local.remedy
    assert "nothing that is called E-mail" in palette.what
    assert "[pages.page.palette-login]" in palette.remedy


def test_settings_without_a_mode_may_be_as_it_should_be(world: World) -> None:
    world.pending()
    local, palette = findings(world.reference)
    assert (local.level, palette.level) == (Severity.NOTE, Severity.GOOD)
    assert "unless the cluster is paired or its request pending" in local.remedy


def test_pages_that_are_not_claimed_are_not_opened(running: EmbeddedReference) -> None:
    assert findings(running, claimed=False) == []


def test_a_browser_that_does_not_start_is_a_gap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: BrowserThread) -> None:
        raise NoBrowser("the browser did not start")

    monkeypatch.setattr(BrowserThread, "browser", fails)
    (told,) = findings(world.reference)
    assert (told.level, "did not start" in told.what) == (Severity.GAP, True)
