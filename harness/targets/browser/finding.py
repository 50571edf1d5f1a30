"""What is found on a page, by role and accessible name and beside a text, and chosen there.

What is not seen is not found, but for a control that draws nothing where its label is seen, and
for what is in a native list.
Playwright's own ways to choose are for native controls; what component frameworks draw in their
place is told by its role and its state, as assistive technology tells it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypedDict

from harness.domain.errors import PairproofError
from harness.domain.pages import PageElement

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Locator, Page

_IN_LISTS: Final = ("menuitem", "menuitemcheckbox", "menuitemradio", "option")
_ENDS: Final = r"\s*[:*]?\s*$"
SAYS_MORE: Final = r"(?=[\s(\[,:;|·–—])"
"""What follows a name that goes on with another word."""
_ID_MIN: Final = 8
"""A shorter text is like too many others for anything to be told by its form."""

_OF_ANOTHER: Final = """(element, [text, alike]) => {
  const up = part => part.parentElement ?? part.getRootNode().host;
  const kind = part => [part.tagName, part.getAttribute('role'), part.classList[0]].join();
  const texts = part => {
    const found = [], walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) found.push(walker.currentNode.data.trim());
    return found;
  };
  let part = element, below = null;
  while (part && !part.textContent.includes(text)) [below, part] = [part, up(part)];
  if (!part || !below) return false;
  const own = [...part.children].find(child => child.textContent.includes(text));
  const isOther = new RegExp(alike);
  return !!own && kind(own) === kind(below) && texts(below).some(said => isOther.test(said));
}"""
"""Whether it stands in a part that is built like the one with the text, and has one like it."""

_STANDS_FOR: Final = """element => !!(element.labels?.[0] ?? element.closest('select'))
  ?.checkVisibility({visibilityProperty: true})"""
"""Whether what stands for it is seen: its label, or the native list that it is in."""
_KEEP: Final = """(found) => {
  const kept = window.__there = new WeakSet();
  for (const each of found) kept.add(each);
}"""
_HAS_COME: Final = "element => !window.__there?.has(element)"

_TOLD: Final = """element => {
  const said = part => part.checkVisibility({visibilityProperty: true})
    ? (part.innerText ?? part.textContent ?? '') : '';
  const named = (part, name) => (part.getAttribute(name) ?? '').split(/\\s+/).filter(Boolean)
    .map(id => part.getRootNode().getElementById(id)).filter(Boolean);
  const live = '[role=alert], [role=status], [aria-live=polite], [aria-live=assertive], output';
  const wrong = [...document.querySelectorAll('[aria-invalid=true]')];
  const titled = [element, element.parentElement].find(part => part?.title);
  const names = titled === element && !element.textContent.trim() && !element.ariaLabel;
  const about = [
    ...named(element, 'aria-describedby').map(part => part.innerText || part.textContent),
    ...(titled && !names ? [titled.title] : []),
  ];
  const parts = [
    ...wrong.flatMap(part => [...named(part, 'aria-errormessage'),
      ...named(part, 'aria-describedby')]),
    ...document.querySelectorAll(live),
  ];
  const texts = [...about, ...parts.map(said)].map(text => text.trim());
  return [...new Set(texts.filter(Boolean))];
}"""
"""What stands in what describes it, which need not be seen before one points at it, and in its
title; in what describes a wrong entry, and in what speaks up.
"""


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for on a page: something of a profile, beside a text, or of none.

    Attributes:
        may_say_more: whether a name that begins so will do, where none is just this one.
        is_whole: whether it has just this name.
        called: what it is called where it is not there.
    """

    element: PageElement
    profile: str = ""
    beside: str = ""
    may_say_more: bool = False
    is_whole: bool = True
    called: str = "it"

    def __str__(self) -> str:
        return str(self.element).replace("{profile}", self.profile)

    @property
    def is_in_a_list(self) -> bool:
        """Whether it can only be in a list or a menu that something opens."""
        return all(role in _IN_LISTS for role in self.element.roles)

    def longer(self) -> Sought:
        """What has a longer name that begins with this one, by whole words."""
        return replace(self, is_whole=False)


def called_so(tab: Page, element: PageElement, profile: str = "", end: str = _ENDS) -> Locator:
    """Whatever has one of the roles and one of the names, seen or not."""
    names = "|".join(re.escape(name.replace("{profile}", profile)) for name in element.names)
    pattern = re.compile(rf"^\s*(?:{names}){end}", re.I)
    found = [
        tab.get_by_text(pattern) if role == "text" else tab.get_by_role(role, name=pattern)  # type: ignore[arg-type]
        for role in element.roles
    ]
    first, *others = found
    for other in others:
        first = first.or_(other)
    return first


def seen(tab: Page, sought: Sought) -> Locator:
    """Whatever is called so and is seen."""
    return _called(tab, sought).filter(visible=True)


def _called(tab: Page, sought: Sought) -> Locator:
    end = _ENDS if sought.is_whole else SAYS_MORE
    return called_so(tab, sought.element, sought.profile, end)


def part_with(tab: Page, sought: Sought) -> Locator:
    """The smallest part of the page that has the text and what is sought beside it."""
    parts = tab.locator("*").filter(has=tab.get_by_text(sought.beside))
    return parts.filter(has=seen(tab, sought)).last


def all_of(tab: Page, sought: Sought, *, is_new: bool = False) -> list[Locator]:
    """All that is sought, as the page is now; what `is_new` has come since it was kept."""
    found = seen(tab, sought)
    if not sought.beside:
        several = [found.nth(n) for n in range(found.count())]
        return several or _seen_in_others(_called(tab, sought))
    there = part_with(tab, sought).locator(found)
    return [
        there.nth(n)
        for n, each in enumerate(there.element_handles())
        if not is_of_another(each, sought.beside) and (_has_come(each) or not is_new)
    ]


def _seen_in_others(found: Locator) -> list[Locator]:
    several = (found.nth(n) for n in range(found.count()))
    return [each for each in several if each.evaluate(_STANDS_FOR)]


def form_of(text: str) -> str:
    """A pattern for texts of the form of this id; none for what is too short, or has no digit."""
    if len(text) < _ID_MIN or not re.search(r"\d", text):
        return ""
    digit = "[0-9a-fA-F]" if re.fullmatch(r"[0-9a-fA-F-]+", text) else "[0-9A-Za-z]"
    signs = (digit if sign.isalnum() else re.escape(sign) for sign in text)
    return rf"(?<![0-9A-Za-z])(?=\S*\d){''.join(signs)}(?![0-9A-Za-z])"


def is_of_another(target: ElementHandle, text: str) -> bool:
    """Whether it belongs to something else than the text does: to another row of the same list."""
    alike = form_of(text)
    return bool(alike) and bool(target.evaluate(_OF_ANOTHER, [text, alike]))


def keep_those(found: Locator) -> None:
    """Remember which of these the page has by now."""
    found.evaluate_all(_KEEP)


def _has_come(target: ElementHandle) -> bool:
    """Whether it was not among those that were remembered."""
    return bool(target.evaluate(_HAS_COME))


def why_closed(target: Locator) -> list[str]:
    """What the page says of something that is closed, and of the entries that may be why."""
    told: list[str] = target.first.evaluate(_TOLD)
    return [" ".join(text.split()) for text in told]


# --- one thing, as a person handles it ------------------------------------------------------------

LOOKS_AGAIN_MS: Final = 20

_CHOICE: Final = """element => {
  const role = element.getAttribute('role');
  const isNative = element.matches('input[type=checkbox], input[type=radio]');
  const list = element.closest('select');
  const state = ['aria-checked', 'aria-selected', 'aria-pressed']
    .map(name => element.getAttribute(name)).find(value => value !== null) ?? '';
  return {
    state: isNative ? String(element.checked) : list?.multiple ? String(element.selected) : state,
    isOneOfAll: isNative ? element.type === 'radio' : /radio$/.test(role),
    isInAList: /^(option|menuitem)/.test(role) || !!list,
  };
}"""
_LIST_OF_ONE: Final = "xpath=ancestor::select[not(@multiple)]"
_REACHED_BY_LABEL: Final = """element => {
  if (!element.labels?.length) return false;
  element.labels[0].scrollIntoView({block: 'nearest'});
  const {x, y, width, height} = element.getBoundingClientRect();
  const there = document.elementFromPoint(x + width / 2, y + height / 2);
  return width < 2 || height < 2 || !there || there !== element && !element.contains(there);
}"""
"""Whether a click would not reach a native control, and it has a label that takes the click."""
_LABEL_OF: Final = "element => element.labels[0]"
_OPENS: Final = """element => element.hasAttribute('aria-haspopup')
  || element.hasAttribute('aria-expanded') || element.matches('[role=combobox], summary')"""
_IS_OPENED: Final = "element => element.getAttribute('aria-expanded') === 'true'"


class NotHandled(PairproofError):
    """Something on a page does not do what a click on it is for; whether it did is unknown."""


class _Choice(TypedDict):
    state: str
    isOneOfAll: bool
    isInAList: bool


def opens(target: Locator) -> bool:
    """Whether it says that something comes up by a click on it, such as a menu or a list."""
    return bool(target.evaluate(_OPENS))


def is_opened(target: Locator) -> bool:
    """Whether it says that what it opens is there."""
    return bool(target.evaluate(_IS_OPENED))


def choose(target: Locator, chosen: bool, within_s: float) -> None:
    """Check it or choose it, or take that back, by a click where it is not so yet.

    What tells its state afterwards has to tell that it is so; a list that has closed tells nothing.

    Raises:
        NotHandled: it cannot be taken back, or was clicked and goes on telling that it is not so.
    """
    choice: _Choice = target.evaluate(_CHOICE)
    wanted = str(chosen).lower()
    if choice["state"] == wanted:
        return
    if choice["isInAList"] and not choice["state"] and not chosen:
        raise NotHandled("it does not tell that it is chosen; say with `taken_out_by` what does it")
    if choice["isOneOfAll"] and not chosen:
        raise NotHandled("one of several that exclude one another cannot be taken back by a click")
    press(target)
    deadline = time.monotonic() + within_s
    while choice["state"] and target.is_visible() and _state(target) not in (wanted, ""):
        if time.monotonic() > deadline:
            told = "chosen" if chosen else "not chosen"
            raise NotHandled(f"it was clicked, and still does not tell that it is {told}")
        target.page.wait_for_timeout(LOOKS_AGAIN_MS)


def _state(target: Locator) -> str:
    from playwright.sync_api import Error

    try:
        choice: _Choice = target.evaluate(_CHOICE, timeout=LOOKS_AGAIN_MS * 10)
    except Error:  # it has gone in between
        return ""
    return choice["state"]


def press(target: Locator) -> None:
    """Click it; its label, where a click does not reach a native control itself; beside the others
    that are chosen, where a native list holds several. In a native list that holds one, set that.
    """
    if (lists := target.locator(_LIST_OF_ONE)).count():
        lists.select_option(element=target.element_handle())
        return
    if target.evaluate(_REACHED_BY_LABEL):
        label = target.evaluate_handle(_LABEL_OF).as_element()
        if label is not None:
            label.click()
            return
    among = target.evaluate("element => Boolean(element.closest('select')?.multiple)")
    target.click(modifiers=["ControlOrMeta"] if among else None)  # the others stay chosen
