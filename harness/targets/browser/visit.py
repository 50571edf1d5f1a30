"""Somebody at a browser of their own: what they do on the pages of one side, and what they see.

All of it happens on the browser's thread. What is waited for is waited for by Playwright.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar
from urllib.parse import quote, urlsplit

from harness.domain import page_actions as actions
from harness.domain.errors import Reason, Refusal
from harness.domain.pages import LABELS, PASTED, PageElement, PageName, PageView
from harness.targets.browser import finding
from harness.targets.browser.pictures import COVERED, Pictures
from harness.targets.page_keys import ClickKeys, PagesTable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request

T = TypeVar("T")

SETTLES_S: Final = 2.0
"""What a page still asks for after so long, it goes on asking for: it is looked at as it is."""
_CLOSED_S: Final = 0.2
"""What is closed and not opened by then stays closed, for whoever does not wait."""
_ANYTHING: Final = re.compile(r"\S")
_WAITED_FOR: Final = ("document", "fetch", "xhr", "script", "stylesheet")
TOKEN: Final = "Registration token"
_MESSAGE: Final = ":is([role=status], [role=alert], output)"
_NO_MESSAGE: Final = f":not({_MESSAGE}, {_MESSAGE} *)"
_INTERRUPTED: Final = ("interrupted by another navigation", "net::ERR_ABORTED")
_PASSWORD: Final = "input[type=password]"
_TELLS: Final = """() => new Promise(done => {
  const tells = () => done({
    loaded: document.readyState === 'complete',
    title: document.title,
    hidden: [...document.querySelectorAll('input[type=password]')].map(field => field.value),
  });
  requestAnimationFrame(() => setTimeout(tells));
  setTimeout(tells, 1000);
})"""
"""What a page tells of itself in its next frame; there is none while it waits for a style sheet."""


MENU_OF: Final = {
    PageName.LOCAL_LOGIN: PageName.SETTINGS,
    PageName.PALETTE_LOGIN: PageName.CLUSTERS,
}
"""By which entry of the Main Menu one sees that a login has led in."""


class _Told(TypedDict):
    loaded: bool
    title: str
    hidden: list[str]


def _covered(snapshot: str, hidden: str, *, everywhere: bool) -> str:
    """The snapshot without what stands in a field for passwords. What was entered there is known,
    and has its label wherever else the page repeats it: that it does has to be seen (PRE-4S).
    """
    lines = snapshot.splitlines(keepends=True)
    fields = ("- textbox", "- 'textbox")
    return "".join(
        line.replace(hidden, COVERED) if everywhere or line.lstrip().startswith(fields) else line
        for line in lines
    )


@dataclass(frozen=True, slots=True)
class PageLogin:
    """Who logs in on the login page."""

    user: str
    password: str = field(repr=False)


class BrowserVisit:
    """One person's tabs at the pages of one side.

    Attributes:
        home: where the pages begin.
        steps: what was done in the browser, in words, since that was asked for last.
        patience_s: how long it waits for something to be there, or to open.
    """

    def __init__(
        self,
        browser: Browser,
        home: str,
        login: PageLogin | None,
        pages: PagesTable,
        patience_s: float,
        *,
        traces: Path | None = None,
    ) -> None:
        """Open a browser for somebody; what Playwright traces goes to the folder `traces`."""
        self.home = home
        self._login = login
        self._pages = pages
        self.patience_s = self._loads_s = patience_s
        self._context: BrowserContext = browser.new_context(permissions=["clipboard-write"])
        self._traces = traces
        if traces:
            self._context.tracing.start(screenshots=True, snapshots=True)
        self._context.set_default_timeout(patience_s * 1_000)
        self._context.on("request", self._note)
        self._context.on("requestfinished", self._forget)
        self._context.on("requestfailed", self._forget)
        self._waiting: set[Request] = set()
        self._tabs: dict[int, Page] = {}
        self._number = 1
        self._entered: set[str] = set()
        """The registration tokens that were filled in."""
        self.steps: list[str] = []
        self._brought_up: tuple[str, str, str] | None = None
        """The page, label and text beside of what was brought up last, until more is done."""
        self._label: tuple[str, str] = ("", "")
        """The page and the label of what is being done."""

    def close(self, trace: str = "trace.zip") -> None:
        """Close all tabs, and forget the login; a trace, where one is kept, gets this name."""
        if self._traces:
            with TemporaryDirectory(dir=self._traces) as unfinished:  # nobody else may look into it
                file = Path(unfinished, trace)
                self._context.tracing.stop(path=file)
                file.chmod(0o600)
                file.replace(self._traces / trace)
        self._context.close()

    # --- what is done ---------------------------------------------------------------------

    def do(self, action: actions.BrowserAction) -> None:
        """Do it.

        Raises:
            Refusal: it cannot be done, as what it is done to is not there, or is closed.
            playwright.sync_api.Error: the browser says why not.
        """
        self._label = (getattr(action, "page", ""), getattr(action, "label", ""))
        if not isinstance(action, actions.ViewPage | actions.ClickLabel):
            self._brought_up = None
        match action:
            case actions.LogInOnPage(page):
                self._start(MENU_OF[page])
            case actions.OpenPage(page):
                self._open(page)
            case actions.EnterAddress(page, pairing_uid, number):
                self._number = number
                self._enter(page, pairing_uid)
            case actions.ViewPage(number):
                self._number = number or self._number
            case actions.GoBack(forward):
                self.steps.append("forward" if forward else "back")
                self._tab.go_forward() if forward else self._tab.go_back()
            case actions.PasteCopied():
                self._paste()
            case actions.LeavePages():
                self._tabs.pop(self._number).close()
            case actions.ClickLabel():
                self._click_label(action)
            case actions.FillIn():
                if action.label == TOKEN:
                    self._entered.add(action.text)
                self._acted_on(action).fill(action.text)
            case actions.SetChecked():
                self._set_checked(action)
            case actions.BringUp():
                self._bring_up(action)
            case actions.PressEscape():
                self.steps.append("press Escape")
                self._tab.keyboard.press("Escape")
            case _:
                raise TypeError(f"{type(action).__name__} is nothing that is done on a page")

    def view(self) -> PageView:
        """How the page looks, without what stands in fields for passwords."""
        return self._once_settled(self._view)

    def _view(self, told: _Told) -> PageView:
        snapshot = self._tab.locator("body").aria_snapshot()
        for hidden in filter(None, told["hidden"]):
            snapshot = _covered(snapshot, hidden, everywhere=hidden not in self._entered)
        return PageView(urlsplit(self._tab.url).path, told["title"], snapshot, self._alone())

    def _alone(self) -> tuple[str, ...]:
        texts = dict.fromkeys(
            element
            for page, labels in LABELS.items()
            for element in (self._pages.element(page, label) for label in labels)
            if element.roles == ("text",)
        )
        seen_there = (
            each for each in texts if finding.seen(self._tab, finding.Sought(each)).count()
        )
        return tuple(name for each in seen_there for name in each.names)

    def picture(self, pictures: Pictures, secrets: set[str]) -> str:
        """Keep a picture of the page; returns its name."""
        return pictures.take(self._tab, self._hidden_and(secrets))

    def dom(self, pictures: Pictures, secrets: set[str]) -> str:
        """Keep what the page is made of; returns its name."""
        return pictures.keep_dom(self._tab, self._hidden_and(secrets))

    def _hidden_and(self, secrets: set[str]) -> set[str]:
        """What nobody may read: what was entered as a token, and what is hidden, as well."""
        return {*secrets, *self._entered, *self._hidden_values()} - {""}

    def comes_to_show(self, page: PageName, label: str, *, there: bool = True) -> bool:
        """Whether the page shows what a label stands for, or what that stands behind, or does not
        any more, in time; it is no longer waited for once an alert says that it was refused.
        """
        element = self._pages.element(page, label)
        for each in self._pages.label(page, label).before[:1]:
            element = PageElement((each.role,), (each.name,))
        found = self._locate(element)
        if element.roles == ("text",):  # which may have what it is about on its line
            found = found.or_(finding.called_so(self._tab, element, end=finding.SAYS_MORE))
        return self._comes(found, there)

    def is_behind(self, page: PageName, label: str) -> bool:
        """Whether something has to be clicked before it is there."""
        return bool(self._pages.label(page, label).before)

    def stops_saying(self, text: str) -> bool:
        """Whether the page says a text no more, in time, as above; but in a message, which may
        name what was done, and goes by itself.
        """
        lasting = self._tab.get_by_text(text).and_(self._tab.locator(_NO_MESSAGE))
        return self._comes(lasting, there=False)

    def _comes(self, target: Locator, there: bool) -> bool:
        self.settle()
        deadline = time.monotonic() + self.patience_s
        while target.first.is_visible() is not there:
            if self._alert.is_visible() or time.monotonic() > deadline:
                return False
            self._tab.wait_for_timeout(finding.LOOKS_AGAIN_MS)
        return True

    @property
    def _alert(self) -> Locator:
        return self._tab.get_by_role("alert").filter(has_text=_ANYTHING).first

    def entry(self, page: PageName, label: str) -> str:
        """What stands in a field."""
        return self._locate(self._pages.element(page, label)).first.input_value()

    def names(self, page: PageName, label: str) -> tuple[str, ...]:
        """What a label of the document is called there."""
        return self._pages.element(page, label).names

    @property
    def url(self) -> str:
        """Where the tab is, without a query, which may hold secrets."""
        return self._tab.url.partition("?")[0]

    def what_to_do(self, why: str) -> str:
        """A reason why the last step was not done, with the step, the page, and what to write."""
        path = urlsplit(self._tab.url).path
        last = self.steps[-1] if self.steps else "look at it"
        if last.startswith("open "):
            return f"{last}: {why}"
        where = f"[pages.page.{self._label[0]}" if self._label[0] else "[pages.page"
        where += f'.labels."{self._label[1]}"]' if self._label[1] else "]"
        return (
            f"on the page {path}, to {last}: {why}; where something covers it, has to be clicked"
            f" first, or is what takes the click, say so under {where} of the target file, with"
            " `before`, `role` and `name`"
        )

    def _hidden_values(self) -> list[str]:
        return self._once_settled(lambda told: told["hidden"])

    def _open(self, page: PageName) -> None:
        self.click(self._start(page), page, page.called)
        self._click_each(self._pages.opens(page))

    def _start(self, page: PageName) -> Locator:
        """The entry of the Main Menu that leads to a page, after a login if there is none."""
        self._go_to(self.home)
        self.settle()
        element = self._pages.element(page, page.called)
        menu = self._locate(element)
        login = self._tab.locator(_PASSWORD).or_(self._user(page.is_local))
        self._appears(menu.or_(login), f"{element}, and no login")
        if not menu.first.is_visible():
            self._log_in(page.is_local)
            self._appears(menu, f"{element} after the login")
        return menu

    def _paste(self) -> None:
        self._number = max(self._tabs, default=0) + 1
        self._tab.set_content(f'<textarea aria-label="{PASTED.names[0]}"></textarea>')
        self._tab.get_by_role("textbox").focus()
        self._tab.keyboard.press("ControlOrMeta+V")

    def _enter(self, page: PageName, pairing_uid: str) -> None:
        parts = urlsplit(self.home)
        path = (self._pages.address(page) or "/").replace("{pairing_uid}", quote(pairing_uid, ""))
        self._go_to(f"{parts.scheme}://{parts.netloc}{path}")

    def _go_to(self, url: str) -> None:
        from playwright.sync_api import Error

        self.steps.append(f"open {url}")
        try:
            self._tab.goto(url)
        except Error as error:  # the page that was there may go on to another by itself, just now
            if not any(told in str(error) for told in _INTERRUPTED):
                raise
            self.settle()
            self._tab.goto(url)

    def _log_in(self, local: bool) -> None:
        """Fill in the login page and send it. Raises `Refusal`: nobody is to be logged in here."""
        if self._login is None:
            raise Refusal(Reason.UNAUTHENTICATED, "the page asks for a login")
        self.steps.append(f"log in as {self._login.user}")
        self._user(local).first.fill(self._login.user)
        page = _login_page(local)
        self._click_each(self._pages.label(page, "Password").before)
        self._tab.locator(_PASSWORD).first.fill(self._login.password)
        button = self._locate(self._pages.element(page, "Log in"))
        button.first.click()

    def _user(self, local: bool) -> Locator:
        page = _login_page(local)
        return self._locate(self._pages.element(page, "Username" if local else "E-mail"))

    def _click_label(self, action: actions.ClickLabel) -> None:
        target = self._target(action)
        if not self._is_open(target, action.patient):
            element = self._pages.element(action.page, action.label)
            told = finding.why_closed(target)
            raise Refusal(Reason.FORBIDDEN, ": ".join([f"{element} is closed", *told]))
        self.click(target, action.page, action.label)
        for follows in actions.page_after(action.page):
            self._click_each(self._pages.opens(follows), if_there=True)

    def _is_open(self, target: Locator, patient: bool) -> bool:
        deadline = time.monotonic() + (self.patience_s if patient else _CLOSED_S)
        while not target.first.is_enabled():
            if self._alert.is_visible() or time.monotonic() > deadline:
                return False
            self._tab.wait_for_timeout(finding.LOOKS_AGAIN_MS)
        return True

    def click(self, target: Locator, page: PageName, label: str) -> None:
        """Click what a label stands for, with what has to be clicked after it."""
        self.steps.append(f"click {self._pages.element(page, label)}")
        target.first.click()
        self._click_each(self._pages.label(page, label).after)

    def _set_checked(self, action: actions.SetChecked) -> None:
        by = self._pages.label(action.page, action.label).taken_out_by
        if by and not action.checked:
            self._click_each(by, action.profile)
            return
        finding.choose(self._acted_on(action, action.profile), action.checked, self.patience_s)

    def _acted_on(self, action: actions.OnLabel, profile: str = "") -> Locator:
        """What an entry or a choice is for, once it is there."""
        target = self._target(action, profile)
        element = str(self._pages.element(action.page, action.label))
        self.steps.append(f"set {element.replace('{profile}', profile)}")
        return target

    def _target(self, action: actions.OnLabel, profile: str = "") -> Locator:
        """What an action is for, once it is there, with what has to be clicked before.

        Beside a text, all of it is looked for there first, and nothing beside another such text.
        """
        element = self._pages.element(action.page, action.label)
        sought = finding.Sought(element, profile, action.beside, may_say_more=bool(profile))
        # What opens it may close it as well, so it is not clicked again.
        brought_up, self._brought_up = self._brought_up, None
        if brought_up == (action.page, action.label, action.beside):
            found = self._look(sought)
            if found is not None and found.is_enabled():
                return found
        has_opened = False
        for each in self._pages.label(action.page, action.label).before:
            has_opened |= self._click_before(_way(each, profile, action.beside), sought)
        return self._comes_up(sought, is_new=has_opened and bool(action.beside))

    def _bring_up(self, action: actions.BringUp) -> None:
        self.settle()
        element = self._pages.element(action.page, action.label)
        found = self._look(finding.Sought(element, beside=action.beside))
        # What stands in a bar for all rows is closed until one of them is selected.
        if found is None or (action.beside and not found.is_enabled()):
            self._target(action)
        self._brought_up = (action.page, action.label, action.beside)

    def _click_before(self, way: finding.Sought, sought: finding.Sought) -> bool:
        """Click what has to be clicked first, unless it is open; tells whether it opens."""
        if sought.is_in_a_list and not sought.beside and self._is_still_there(sought):
            return False
        found = self._comes_up(way)
        is_opener = sought.is_in_a_list or finding.opens(found)
        if is_opener and self._is_there_by(found, way, sought):
            return False
        finding.keep_those(finding.seen(self._tab, sought))
        self.steps.append(f"click {way}")
        found.click()
        return is_opener

    def _is_there_by(self, opener: Locator, way: finding.Sought, sought: finding.Sought) -> bool:
        """Whether what this opens is there; beside a text, by this one and by no other."""
        if self._look(sought) is None:
            return False
        if not sought.beside or finding.is_opened(opener):
            return True
        return (
            finding.part_with(self._tab, way).locator(finding.seen(self._tab, sought)).count() > 0
        )

    def _is_still_there(self, sought: finding.Sought) -> bool:
        """Whether it is there, and no list that is about to close."""
        if self._look(sought) is None:
            return False
        self._tab.wait_for_timeout(_CLOSED_S * 1_000)
        return self._look(sought) is not None

    def _click_each(
        self, clicks: Iterable[ClickKeys], profile: str = "", *, if_there: bool = False
    ) -> None:
        for each in clicks:
            way = _way(each, profile)
            if if_there:
                self.settle()
                if self._look(way) is None:
                    continue
            found = self._comes_up(way)
            self.steps.append(f"click {way}")
            found.click()

    # --- what is there --------------------------------------------------------------------

    @property
    def _tab(self) -> Page:
        tab = self._tabs.get(self._number)
        if tab is None:
            tab = self._tabs[self._number] = self._context.new_page()
            tab.on("dialog", lambda dialog: dialog.accept())
        return tab

    def _locate(self, element: PageElement) -> Locator:
        """Whatever has one of the roles and one of the names."""
        return finding.called_so(self._tab, element)

    def _look(self, sought: finding.Sought, *, is_new: bool = False) -> Locator | None:
        """What is sought, as the page is now: the first, or the only one that begins so."""
        if found := finding.all_of(self._tab, sought, is_new=is_new):
            return found[0]
        if (
            not sought.may_say_more
            or len(finding.all_of(self._tab, sought.longer(), is_new=is_new)) != 1
        ):
            return None
        self.settle()  # the one that has just this name may be on its way
        found = finding.all_of(self._tab, sought, is_new=is_new)
        found = found or finding.all_of(self._tab, sought.longer(), is_new=is_new)
        return found[0] if len(found) == 1 else None

    def _comes_up(self, sought: finding.Sought, *, is_new: bool = False) -> Locator:
        """Wait for it, or for the page if that takes longer. Raises `Refusal`: it does not come."""
        from playwright.sync_api import Error

        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            with suppress(Error):  # another document is on its way
                if found := self._look(sought, is_new=is_new):
                    return found
            self._tab.wait_for_timeout(finding.LOOKS_AGAIN_MS)
        self.settle()
        found = self._look(sought, is_new=is_new)
        if found is None:
            path = urlsplit(self._tab.url).path
            raise Refusal(Reason.NOT_FOUND, f"the page {path} does not show {sought.called}")
        return found

    def _appears(self, target: Locator, called: str) -> None:
        """Wait for it, or for the page if that takes longer. Raises `Refusal`: it does not come."""
        from playwright.sync_api import TimeoutError as TookTooLong

        try:
            target.first.wait_for(state="visible", timeout=self.patience_s * 1_000)
        except TookTooLong:
            self.settle()
            if not target.first.is_visible():
                path = urlsplit(self._tab.url).path
                raise Refusal(Reason.NOT_FOUND, f"the page {path} does not show {called}") from None

    def settle(self) -> None:
        """Wait until the page has what it asked for, or asks on and on."""
        self._once_settled(lambda _: None)

    def _once_settled(self, do: Callable[[_Told], T]) -> T:
        """Do it then. What another document has got in the way of is done on that one."""
        from playwright.sync_api import Error

        tab, began = self._tab, time.monotonic()
        while True:
            lasted = time.monotonic() - began
            try:
                told: _Told = tab.evaluate(_TELLS)
                # No page asks on and on for a document: it is another page, on its way.
                comes = any(request.is_navigation_request() for request in self._waiting)
                loads = comes or not told["loaded"]
                waits = loads or self._waiting
                if not waits or lasted > (self._loads_s if loads else SETTLES_S):
                    return do(told)
            except Error:
                if lasted > SETTLES_S:
                    raise
                continue
            tab.wait_for_timeout(finding.LOOKS_AGAIN_MS)

    def _note(self, request: Request) -> None:
        if request.resource_type in _WAITED_FOR:
            self._waiting.add(request)

    def _forget(self, request: Request) -> None:
        self._waiting.discard(request)


def _way(click: ClickKeys, profile: str = "", beside: str = "") -> finding.Sought:
    """What a click of the file's own is for."""
    called = f'{click.role} "{click.name}"'
    element = PageElement((click.role,), (click.name,))
    return finding.Sought(element, profile, beside, may_say_more=True, called=called)


def _login_page(local: bool) -> PageName:
    return PageName.LOCAL_LOGIN if local else PageName.PALETTE_LOGIN
