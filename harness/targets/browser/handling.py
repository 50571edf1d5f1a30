"""One thing on a page, as a person handles it: whether it is chosen, and what is clicked for that.

Playwright's own ways are for native controls; what component frameworks draw in their place is told
by its role and its state, as assistive technology tells it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypedDict

from harness.domain.errors import PairproofError

if TYPE_CHECKING:
    from playwright.sync_api import Locator

LOOKS_AGAIN_MS: Final = 20

_CHOICE: Final = """element => {
  const role = element.getAttribute('role');
  const isNative = element.matches('input[type=checkbox], input[type=radio]');
  const state = ['aria-checked', 'aria-selected', 'aria-pressed']
    .map(name => element.getAttribute(name)).find(value => value !== null) ?? '';
  return {
    state: isNative ? String(element.checked) : state,
    isOneOfAll: isNative ? element.type === 'radio' : /radio$/.test(role),
  };
}"""
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
    """Click it; its label, where a click does not reach a native control itself."""
    if target.evaluate(_REACHED_BY_LABEL):
        label = target.evaluate_handle(_LABEL_OF).as_element()
        if label is not None:
            label.click()
            return
    target.click()
