"""Whether the first pages can be opened, and have what is looked for on them by its name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

from harness.catalogue.requirement import Feature
from harness.doctor.finding import Notes
from harness.domain import operations as ops
from harness.domain import page_actions as actions
from harness.domain.arrangements import Side
from harness.domain.errors import Reason, Refused
from harness.domain.pages import PageName
from harness.targets.browser.chromium import missing
from harness.targets.http import HttpDriver
from harness.targets.port import Driver, NotSupported, Outgoing

_SETTINGS, _LOGIN = PageName.SETTINGS, PageName.PALETTE_LOGIN


def examine_pages(driver: HttpDriver, dead: Collection[str]) -> Notes:
    """Open Settings at the first host, and Palette's login, where the target claims pages and
    there is a browser. Nothing is entered but the login to Local UI. Closes the driver.
    """
    from harness.targets.browser.driver import BrowserDriver  # half a second, for pages alone

    notes, target, pages = Notes("pages"), driver.target, driver.info.pages
    if Feature.PAGES not in driver.info.features or missing():
        return notes
    with closing(BrowserDriver(driver)) as browser, _told_in(notes):
        for host in [host for host in target.hosts() if host.url not in dead][:1]:
            _settings(browser, host.uid, notes)
        central = pages.central or target.central_url
        if Side.CENTRAL in target.sides and central not in dead:
            _palette_login(browser, notes)
    return notes


@contextmanager
def _told_in(notes: Notes) -> Iterator[None]:
    """A browser that does not start is no matter of the rest: a run goes on without pages."""
    try:
        yield
    except NotSupported as error:
        notes.gap(str(error), "see that chromium starts for this user; docs/pages.md")


def _settings(browser: Driver, host_uid: str, notes: Notes) -> None:
    """What Settings shows depends on the request, so that a missing mode may be as it should be."""
    somebody, label = ops.Credentials(session="doctor"), "Centrally Managed"
    told = f"Local UI of host {host_uid}, the page {_SETTINGS.called}"
    if why := _why_not(browser, actions.OpenPage(_SETTINGS), somebody, host_uid):
        notes.gap(f"{told}: {why}", _remedy(_SETTINGS))
    elif _why_not(browser, actions.BringUp(_SETTINGS, label), somebody, host_uid):
        remedy = f"unless the cluster is paired or its request pending, {_remedy(_SETTINGS)}"
        notes.note(f"{told}: it shows no {label}", remedy)
    else:
        notes.good(f"{told} can be opened")


def _palette_login(browser: Driver, notes: Notes) -> None:
    """As somebody who does not log in: the doctor has people's keys, and not their passwords."""
    nobody, told = ops.Credentials(), "Palette's login page"
    entering = browser.send(Outgoing(actions.LogInOnPage(_LOGIN), nobody)).reply
    if isinstance(entering, ops.Done):
        notes.note(
            f"{told}: none is asked for", "see that it is Palette, and who is taken to ask there"
        )
    elif not (isinstance(entering, Refused) and entering.reason is Reason.UNAUTHENTICATED):
        notes.gap(f"{told}: {_words(entering)}", _remedy(_LOGIN))
    elif lacking := [
        label
        for label in ("E-mail", "Log in")
        if _why_not(browser, actions.BringUp(_LOGIN, label), nobody)
    ]:
        notes.gap(f"{told} shows nothing that is called {' or '.join(lacking)}", _remedy(_LOGIN))
    else:
        notes.good(f"{told} can be opened")


def _why_not(
    browser: Driver, action: actions.BrowserAction, whose: ops.Credentials, host_uid: str = ""
) -> str:
    reply = browser.send(Outgoing(action, whose, host_uid)).reply
    return "" if isinstance(reply, ops.Done) else _words(reply)


def _words(reply: ops.Reply) -> str:
    return reply.message if isinstance(reply, Refused) else getattr(reply, "why", "")


def _remedy(page: PageName) -> str:
    return f"say under [pages.page.{page.value}] what it is called there"
