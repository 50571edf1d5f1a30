"""What a person does in a browser, and how they get from page to page as the document says.

Each answers a `PageView`, how the page looks afterwards, unless it says otherwise. One that cannot
be done, as what it is done to is not there or is closed, is refused. None of them says what a
target calls anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.domain.operations import Operation
from harness.domain.pages import PROFILE, PageName


@dataclass(frozen=True, slots=True)
class BrowserAction(Operation):
    """Base of what is done in a browser."""


@dataclass(frozen=True, slots=True)
class KeepPictures(BrowserAction):
    """Keep a picture of each step from now on, until the scenario ends. Answers `Acknowledged`."""


@dataclass(frozen=True, slots=True)
class LogInOnPage(BrowserAction):
    """Begin at the start of the pages, and log in on the page `page` if there is no login."""

    page: PageName


@dataclass(frozen=True, slots=True)
class OpenPage(BrowserAction):
    """Open a page from the start, by its entry of the Main Menu, after a login if there is none."""

    page: PageName


@dataclass(frozen=True, slots=True)
class EnterAddress(BrowserAction):
    """Open a page by its address: in another tab with a `tab` above the first."""

    page: PageName
    pairing_uid: str = ""
    tab: int = 1


@dataclass(frozen=True, slots=True)
class ViewPage(BrowserAction):
    """Look at the page that is open; a `tab` of 0 is the one that was used last. Where it is
    `pictured`, a picture is kept.
    """

    tab: int = 0
    pictured: bool = False


@dataclass(frozen=True, slots=True)
class GoBack(BrowserAction):
    """The browser's back button; `forward` is the other one."""

    forward: bool = False


@dataclass(frozen=True, slots=True)
class PressEscape(BrowserAction):
    """The key by which people leave a dialog."""


@dataclass(frozen=True, slots=True)
class PasteCopied(BrowserAction):
    """Paste what a page has copied into an empty text, in a tab of its own."""


@dataclass(frozen=True, slots=True)
class LeavePages(BrowserAction):
    """Close the tab, as it is, and open another."""


@dataclass(frozen=True, slots=True)
class OnLabel(BrowserAction):
    """Base of what is done to something on a page, by its label in the document.

    `beside` is a text by which one of several is told from the others: it stands in the smallest
    part of the page that has both.
    """

    page: PageName
    label: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class ClickLabel(OnLabel):
    """Click it. Whoever is `patient` waits for it to open, if it is closed."""

    patient: bool = True


@dataclass(frozen=True, slots=True)
class FillIn(OnLabel):
    """Enter a text."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class SetChecked(OnLabel):
    """Check it or uncheck it, or choose it, by the name of a profile where it stands for one."""

    checked: bool = True
    profile: str = ""


@dataclass(frozen=True, slots=True)
class BringUp(OnLabel):
    """Open what it stands behind, where it is not there yet and something has to be opened."""


BrowserFlow = Iterator[BrowserAction]

WIZARD = (
    PageName.CLUSTERS,
    PageName.REQUESTS,
    PageName.WARNING,
    PageName.DETAILS,
    PageName.MATCH,
    PageName.REVIEW,
)
"""The way of an acceptance, page by page."""


def page_after(page: PageName) -> tuple[PageName, ...]:
    """The page of the acceptance that follows, if there is one."""
    return WIZARD[WIZARD.index(page) + 1 :][:1] if page in WIZARD else ()


def leads_on(page: PageName, pairing_uid: str, profiles: tuple[str, ...]) -> BrowserFlow:
    """What leads from a page of the acceptance to the next one; from the last, pairing."""
    match page:
        case PageName.CLUSTERS:
            yield ClickLabel(page, "Pair")
        case PageName.REQUESTS:
            yield ClickLabel(page, "Pair", pairing_uid)
        case PageName.WARNING:
            yield SetChecked(page, "I understand")
            yield ClickLabel(page, "Confirm")
        case PageName.DETAILS:
            yield ClickLabel(page, "Next step")
        case PageName.MATCH:
            yield from selects(profiles)
            yield ClickLabel(page, "Confirm")
            yield ClickLabel(page, "Next step")
        case PageName.REVIEW:
            yield ClickLabel(page, "Validate")
            yield ClickLabel(page, "Pair cluster")


def selects(profiles: tuple[str, ...], *, checked: bool = True) -> BrowserFlow:
    """Select these profiles for the match, or take them out."""
    for name in profiles:
        yield SetChecked(PageName.MATCH, PROFILE, checked=checked, profile=name)


def leads_to(page: PageName, pairing_uid: str = "", profiles: tuple[str, ...] = ()) -> BrowserFlow:
    """The documented way to a page, from the start."""
    if page not in WIZARD:
        yield OpenPage(page)
        return
    yield OpenPage(PageName.CLUSTERS)
    for earlier in WIZARD[: WIZARD.index(page)]:
        yield from leads_on(earlier, pairing_uid, profiles)


def sends(endpoint: str, token: str) -> BrowserFlow:
    """Settings, Centrally Managed, the two entries, Pair."""
    yield OpenPage(PageName.SETTINGS)
    yield from enters(endpoint, token)
    yield ClickLabel(PageName.SETTINGS, "Pair")


def enters(endpoint: str, token: str) -> BrowserFlow:
    """Centrally Managed and the two entries."""
    yield SetChecked(PageName.SETTINGS, "Centrally Managed")
    yield FillIn(PageName.SETTINGS, "Palette endpoint", text=endpoint)
    yield FillIn(PageName.SETTINGS, "Registration token", text=token)
