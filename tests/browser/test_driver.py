"""The browser driver on the reference's pages: what it does, what it sees, what it never tells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import trustme

from harness.cli import exits
from harness.domain import operations as ops
from harness.domain import page_actions as actions
from harness.domain.arrangements import Reset
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Unknown
from harness.domain.pages import PageName, PageView
from harness.history.reader import read_evidence
from harness.opening import open_http
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.targets.browser import chromium
from harness.targets.browser.driver import BrowserDriver
from harness.targets.ledgered import LedgeredDriver
from harness.targets.port import Exchange, NotOffered, NotSupported, Outgoing
from harness.targets.target_file import read_target
from harness.targets.trust import Trust
from harness.targets.undoing import Undoer
from tests.browser.people import sync_api
from tests.integration.cli.command import Command
from tests.integration.pages.world import TOKEN, arrange
from tests.unit.targets.ledgers import new_ledger

pytestmark = pytest.mark.usefixtures("needs_browser")
SETTINGS = PageName.SETTINGS
PATIENCE_S = 10.0
"""How long a page may take on a machine that is busy with other things."""


@pytest.fixture(scope="module")
def shared(running: EmbeddedReference) -> Iterator[BrowserDriver]:
    text, folder = target_text(running), running.ca_file.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIRPROOF_BROWSER", raising=False)
        driver = BrowserDriver(open_http(read_target(text, "it", folder, environment(running))))
    driver.limits = replace(driver.limits, await_s=PATIENCE_S)
    yield driver
    driver.close()


@pytest.fixture
def driver(running: EmbeddedReference, shared: BrowserDriver) -> Iterator[BrowserDriver]:
    running.arrange(Reset())
    arrange(running)
    yield shared
    shared.end_scenario("s")


def done(driver: BrowserDriver, action: actions.BrowserAction, session: str = "any") -> Exchange:
    host_uid = driver.inventory().slots[0].host_uids[0]
    return driver.send(Outgoing(action, ops.Credentials(session=session), host_uid))


def view_of(exchange: Exchange) -> PageView:
    assert isinstance(exchange.reply, ops.Done), exchange.reply
    assert isinstance(exchange.reply.value, PageView)
    return exchange.reply.value


def test_a_page_is_opened_after_a_login_and_kept_for_the_person(driver: BrowserDriver) -> None:
    exchange = done(driver, actions.OpenPage(SETTINGS))
    assert 'radio "Centrally Managed"' in view_of(exchange).snapshot
    assert exchange.request is not None
    assert exchange.request["by"] == "browser"
    steps = exchange.request["steps"]
    assert isinstance(steps, list)
    assert [str(step).split()[0] for step in steps] == ["open", "log", "click"]
    again = done(driver, actions.OpenPage(SETTINGS)).request or {}
    assert "log in" not in str(again["steps"]), "the login is kept"


def test_a_page_whose_certificate_is_not_trusted_gets_no_password(
    running: EmbeddedReference, shared: BrowserDriver, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    text, folder = target_text(running), running.ca_file.parent
    over_http = open_http(read_target(text, "it", folder, environment(running)))
    over_http.target = replace(over_http.target, trust=Trust(ca_file=other))
    driver = BrowserDriver(over_http)
    exchange = done(driver, actions.OpenPage(SETTINGS))
    driver.close()
    assert isinstance(exchange.reply, Unknown)
    assert "its certificate is not trusted" in exchange.reply.why
    assert "tls.ca_file" in exchange.reply.why
    assert "log in" not in str(exchange.request)


def test_what_stands_in_a_field_for_a_password_is_not_told(driver: BrowserDriver) -> None:
    done(driver, actions.OpenPage(SETTINGS))
    done(driver, actions.SetChecked(SETTINGS, "Centrally Managed"))
    exchange = done(driver, actions.FillIn(SETTINGS, "Registration token", text=TOKEN))
    assert 'textbox "Registration token": •••' in view_of(exchange).snapshot
    assert TOKEN not in str(exchange)


@pytest.fixture
def impatient(driver: BrowserDriver, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on it does not wait long for what will not come."""
    limits = replace(driver.limits, await_s=0.5)
    return lambda: monkeypatch.setattr(driver, "limits", limits)


def test_what_is_not_there_is_refused(driver: BrowserDriver, impatient: Callable[[], None]) -> None:
    done(driver, actions.OpenPage(SETTINGS))
    impatient()
    click = actions.ClickLabel(SETTINGS, "Cancel Pairing Request", patient=False)
    reply = done(driver, click).reply
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.NOT_FOUND
    assert "/settings" in reply.message


def test_pictures_are_called_by_their_hash_and_hold_no_secret(
    driver: BrowserDriver, tmp_path: Path, impatient: Callable[[], None]
) -> None:
    driver.keep_pictures(tmp_path)
    done(driver, actions.KeepPictures())
    done(driver, actions.OpenPage(SETTINGS))
    done(driver, actions.SetChecked(SETTINGS, "Centrally Managed"))
    done(driver, actions.FillIn(SETTINGS, "Palette endpoint", text=TOKEN))
    token = actions.FillIn(SETTINGS, "Registration token", text=TOKEN)
    shown = done(driver, token).response or {}
    impatient()
    missed = done(driver, actions.ClickLabel(SETTINGS, "Cancel Pairing Request")).response or {}
    for name in (shown["picture"], missed["picture"], missed["dom"]):
        kept = tmp_path / str(name)
        assert kept.stem == sha256(kept.read_bytes()).hexdigest()
        assert TOKEN.encode() not in kept.read_bytes()
    assert (tmp_path / str(shown["picture"])).read_bytes()[8:12] == b"WEBP"
    assert "Registration token" in (tmp_path / str(missed["dom"])).read_text()
    driver.end_scenario("s")
    assert "picture" not in (done(driver, actions.OpenPage(SETTINGS)).response or {})
    assert "picture" not in (done(driver, actions.ViewPage()).response or {})
    waited_in_vain = done(driver, actions.ViewPage(pictured=True)).response or {}
    assert {"picture", "dom"} <= waited_in_vain.keys()


def test_somebody_who_has_no_login_is_asked_for_one(driver: BrowserDriver) -> None:
    reply = done(driver, actions.OpenPage(SETTINGS), session="").reply
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.UNAUTHENTICATED


def test_it_can_be_asked_from_any_thread(driver: BrowserDriver) -> None:
    came: list[Exchange] = []
    thread = threading.Thread(target=lambda: came.append(done(driver, actions.OpenPage(SETTINGS))))
    thread.start()
    thread.join()
    done(driver, actions.ViewPage())
    assert view_of(came[0]).address == "/settings"


@pytest.mark.parametrize("told", ["is interrupted by another navigation", "net::ERR_ABORTED"])
def test_a_page_that_goes_on_to_another_by_itself_is_left_all_the_same(
    driver: BrowserDriver, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    done(driver, actions.OpenPage(SETTINGS))
    goto, asked = sync_api.Page.goto, list[str]()

    def interrupted_once(page: sync_api.Page, url: str) -> object:
        asked.append(url)
        if len(asked) == 1:
            raise sync_api.Error(f"Page.goto: {told} at {url}")
        return goto(page, url)

    monkeypatch.setattr(sync_api.Page, "goto", interrupted_once)
    assert view_of(done(driver, actions.OpenPage(SETTINGS))).address == "/settings"
    assert len(asked) == 2


def test_a_page_without_an_address_cannot_be_entered(driver: BrowserDriver) -> None:
    with pytest.raises(NotOffered, match=r"\[pages.page.settings\] address"):
        done(driver, actions.EnterAddress(SETTINGS))


def test_a_request_that_a_click_has_sent_is_taken_back(
    driver: BrowserDriver, tmp_path: Path
) -> None:
    host_uid = driver.inventory().slots[0].host_uids[0]
    with new_ledger(tmp_path) as ledger:
        ledgered = LedgeredDriver(driver, ledger)
        for action in actions.sends(driver.inventory().endpoint, TOKEN):
            ledgered.send(Outgoing(action, ops.Credentials(session="any"), host_uid))
        assert (
            'button "Cancel Pairing Request"' in view_of(done(driver, actions.ViewPage())).snapshot
        )
        assert Undoer(driver, ledger).sweep() == []
    opened = view_of(done(driver, actions.OpenPage(SETTINGS))).snapshot
    assert "Cancel Pairing Request" not in opened
    assert 'radio "Centrally Managed"' in opened


def test_without_a_browser_it_says_what_is_missing(
    running: EmbeddedReference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "find_spec", lambda name: None)
    text, folder = target_text(running), running.ca_file.parent
    driver = BrowserDriver(open_http(read_target(text, "it", folder, environment(running))))
    assert "pip install 'pairproof[browser]'" in driver.info.unseen
    with pytest.raises(NotSupported, match="pip install"):
        done(driver, actions.OpenPage(SETTINGS))
    driver.close()


def test_a_run_over_http_judges_pages_and_can_be_judged_again(tmp_path: Path) -> None:
    command = Command(tmp_path)
    ended = command.here("certify", "--requirement", "WDR-2P", "--out", "run")
    assert ended.returncode == exits.CONFORMS, ended.stdout + ended.stderr
    assert command.here("verify", "run").returncode == exits.CONFORMS
    evidence = read_evidence(tmp_path / "run" / "evidence.jsonl")
    assert {verdict.verdict for verdict in evidence.verdicts} == {"pass"}
    assert "log in as" in (tmp_path / "run" / "evidence.jsonl").read_text()
