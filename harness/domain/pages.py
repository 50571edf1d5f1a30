"""The pages of the procedure: what the document calls what stands on them, and how one looks.

Imports nothing but the standard library. A label that the document prints is *documented*; another
is a word of ours for what it describes without a name, such as the field for the endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PageName(StrEnum):
    """A page, as a target file calls it."""

    LOCAL_LOGIN = "local-login"
    SETTINGS = "settings"
    PALETTE_LOGIN = "palette-login"
    CLUSTERS = "clusters"
    REQUESTS = "requests"
    WARNING = "warning"
    DETAILS = "details"
    MATCH = "match"
    REVIEW = "review"

    @property
    def is_local(self) -> bool:
        """Whether it is one of Local UI, and not of Palette."""
        return self in (PageName.LOCAL_LOGIN, PageName.SETTINGS)

    @property
    def called(self) -> str:
        """What features and messages call it."""
        return TITLES[self]


TITLES: Final[Mapping[PageName, str]] = {
    PageName.LOCAL_LOGIN: "the login of Local UI",
    PageName.SETTINGS: "Settings",
    PageName.PALETTE_LOGIN: "the login of Palette",
    PageName.CLUSTERS: "Clusters",
    PageName.REQUESTS: "the pairing requests",
    PageName.WARNING: "Pair Cluster, the warning",
    PageName.DETAILS: "Pair Cluster, the first step",
    PageName.MATCH: "Pair Cluster, the match",
    PageName.REVIEW: "Pair Cluster, the review",
}


def page_called(title: str) -> PageName:
    """The page that features call so.

    Raises:
        ValueError: none is called so.
    """
    for page, known in TITLES.items():
        if known == title:
            return page
    raise ValueError(f"no page is called {title!r}; there are {', '.join(TITLES.values())}")


@dataclass(frozen=True, slots=True)
class PageElement:
    """Something on a page, by its role and its accessible name, as assistive technology has them.

    Any of the `roles` and any of the `names` will do. `{profile}` in a name stands for the name of
    a cluster profile.
    """

    roles: tuple[str, ...]
    names: tuple[str, ...]
    documented: bool = True

    def __str__(self) -> str:
        return f'{self.roles[0]} "{self.names[0]}"'


def _button(*names: str, documented: bool = True) -> PageElement:
    return PageElement(("button", "link", "menuitem", "tab"), names, documented)


def _field(*names: str, documented: bool = True) -> PageElement:
    return PageElement(("textbox", "combobox", "searchbox"), names, documented)


PROFILE: Final = "a profile"
"""The label for what selects a cluster profile in the match."""

LABELS: Final[Mapping[PageName, Mapping[str, PageElement]]] = {
    PageName.LOCAL_LOGIN: {
        "Username": _field("Username", "User name", "User", documented=False),
        "Password": _field("Password", documented=False),
        "Log in": _button("Log in", "Login", "Sign in", documented=False),
    },
    PageName.SETTINGS: {
        "Settings": _button("Settings"),
        "Centrally Managed": PageElement(("radio",), ("Centrally Managed",)),
        "Palette endpoint": _field(
            "Palette endpoint", "Palette API endpoint", "Endpoint", documented=False
        ),
        "Registration token": _field("Registration token"),
        "Pair": _button("Pair"),
        "Pairing ID": PageElement(("text",), ("Pairing ID",)),
        "Copy": _button("Copy", "Copy Pairing ID", "Copy to clipboard", documented=False),
        "Cancel Pairing Request": _button("Cancel Pairing Request"),
    },
    PageName.PALETTE_LOGIN: {
        "E-mail": _field("E-mail", "Email", "Email address", documented=False),
        "Password": _field("Password", documented=False),
        "Log in": _button("Log in", "Login", "Sign in", documented=False),
    },
    PageName.CLUSTERS: {
        "Clusters": _button("Clusters"),
        "Pair": _button("Pair"),
    },
    PageName.REQUESTS: {
        "Pair": _button("Pair"),
        "Reject": _button("Reject"),
    },
    PageName.WARNING: {
        "I understand": PageElement(("checkbox",), ("I understand",)),
        "Confirm": _button("Confirm"),
    },
    PageName.DETAILS: {
        "Name": _field("Cluster name", "Name", documented=False),
        "Description": _field("Description", "Cluster description", documented=False),
        "Tags": _field("Tags", "Cluster tags", documented=False),
        "Next step": _button("Next step"),
    },
    PageName.MATCH: {
        PROFILE: PageElement(("checkbox", "radio", "option"), ("{profile}",), documented=False),
        "Confirm": _button("Confirm"),
        "Next step": _button("Next step"),
    },
    PageName.REVIEW: {
        "Validate": _button("Validate"),
        "Pair cluster": _button("Pair cluster"),
    },
}
"""What stands on each page. The entry of the Main Menu that leads to a page is among its labels."""


PASTED: Final = PageElement(("textbox",), ("Pasted",))
"""The text into which one pastes."""

CENTRAL_ONLY: Final = "central-only"
LOCAL_ENDS: Final = "local-ends"
WARNING_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    CENTRAL_ONLY: ("only", "managed", "centrally"),
    LOCAL_ENDS: ("local", "operations", "no longer", "permitted"),
}
"""What the warning has to say, and the words of the document for it, all in one sentence."""


@dataclass(frozen=True, slots=True)
class PageView:
    """How a page looks.

    Attributes:
        address: its path.
        title: its title.
        snapshot: its accessibility tree, in the YAML that Playwright writes; what stands in a
            field for a password does not stand there.
        alone: the names of texts that stand on it by themselves, of those that a label is for; the
            tree runs texts together that are seen apart.
    """

    address: str
    title: str
    snapshot: str
    alone: tuple[str, ...] = ()
