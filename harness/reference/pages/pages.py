"""The base of the pages of either side."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from harness.domain.errors import Reason
from harness.reference.pages import answers

LOGIN = "/login"


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the Main Menu."""

    label: str
    path: str


class Pages(ABC):
    """All pages of one side: a small method for each rule, which a mutant can replace."""

    name: ClassVar[str]
    """Part of the names of its cookies."""
    title: ClassVar[str]
    menu: ClassVar[tuple[MenuEntry, ...]]
    templates: ClassVar[Path]
    script: ClassVar[str] = ""
    """What runs in every page after the usual script; a mutant or a variant may have one."""

    @abstractmethod
    def addresses(self) -> Sequence[answers.PageRoute]:
        """Every path with what answers there."""

    def finish(self, page: answers.Page, html: str) -> str:
        """What a page is sent as; a mutant or a variant may change it."""
        return html

    def failed(self, asked: answers.PageRequest, error: answers.NotDone) -> answers.PageAnswer:
        """What is shown when nothing else can be: the login page, or the message alone."""
        if error.reason is Reason.UNAUTHENTICATED:
            return answers.Redirect(LOGIN, session="")
        context = {"alert": error.message, "logged_in": bool(asked.session)}
        return answers.Page("error.html", context, error.status, error.retry_after)


def on(
    page: answers.Page, name: str, html: str, pattern: str, by: str | Callable[[re.Match[str]], str]
) -> str:
    """The page, with what matches written otherwise if it is the page of this name."""
    return re.sub(pattern, by, html, flags=re.DOTALL) if page.template == f"{name}.html" else html
