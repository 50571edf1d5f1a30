"""How a target's pages differ from the document: the tables `[pages]` of a target file.

Everything is found by role and accessible name. What a file does not say is as the document has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from harness.configuration.errors import Misspelt
from harness.configuration.kinds import AtLeastOne, NamedBy, OneOf, Text
from harness.domain.pages import LABELS, PROFILE, WARNING_WORDS, PageElement, PageName
from harness.targets.reading import Address, Named
from harness.wire.mapping.keys import OneOrMore

ROLES: Final = tuple(
    "button checkbox combobox link menuitem menuitemcheckbox menuitemradio option radio row"
    " searchbox switch tab text textbox".split()
)
"""What something on a page may be; `text` is a text without a role of its own."""

_PATH: Final = r"^[/?#](?:[^\s{}]|\{pairing_uid\})*$"
_PLACEHOLDER: Final = re.compile(r"\{[A-Za-z_]+\}")
FILLED: Final = "{profile}"
"""What stands in names for the name of a profile, where a label is for one."""

_Role = Annotated[str, OneOf(*ROLES)]
_LABELS: Final = dict.fromkeys(label for labels in LABELS.values() for label in labels)


@dataclass(frozen=True, slots=True)
class ClickKeys:
    """A click that the document does not have."""

    role: _Role
    """What is clicked."""
    name: Named
    """Its accessible name, or how the only one begins."""


_Clicks = Annotated[tuple[ClickKeys, ...], AtLeastOne()]


@dataclass(frozen=True, slots=True)
class LabelKeys:
    """Something that the document has a label for."""

    role: Annotated[str, OneOf(*ROLES)] | None = None
    """What it is there."""
    name: Annotated[tuple[str, ...], OneOrMore("name")] = ()
    """Its accessible name there; several, if it has more than one in different states."""
    before: _Clicks = ()
    """What has to be clicked first each time, in this order; beside something, what stands there.
    What opens a list or a menu is clicked where what it opens is not there yet."""
    after: _Clicks = ()
    """What has to be clicked afterwards each time, such as a further confirmation."""
    taken_out_by: _Clicks = ()
    """What takes it back, where a second click on it does not, such as a button *Remove*."""


class _OnlyProfiles:
    """In names nothing stands for another text, but `{profile}` in those for a profile."""

    def __get_pydantic_core_schema__(self, of: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._known, handler(of))

    def _known(self, read: Any) -> Any:
        for label, name in _names_in(read):
            known = (FILLED,) if label == PROFILE else ()
            for found in set(_PLACEHOLDER.findall(name)) - set(known):
                raise Misspelt(
                    f"{name!r} has {found}, for which nothing is put in there",
                    f"write a name as it stands on the page; {FILLED} stands for the name of a"
                    f" profile, in the names at labels.{PROFILE!r}, and nothing else does",
                )
        return read


def _names_in(read: Any) -> Iterator[tuple[str, str]]:
    """Each name that a table of labels or a list of clicks has, with its label."""
    if not isinstance(read, dict):
        yield from (("", click.name) for click in read)
        return
    for label, keys in read.items():
        clicks = (*keys.before, *keys.taken_out_by)
        yield from ((label, name) for name in (*keys.name, *(each.name for each in clicks)))
        yield from (("", click.name) for click in keys.after)


@dataclass(frozen=True, slots=True)
class PageKeys:
    """A page."""

    address: (
        Annotated[str, Text(_PATH, "a path that begins with /, with {pairing_uid} where it is")]
        | None
    ) = None
    """Its path, for whoever tries to get around a step by it; without one, it has none."""
    opens: Annotated[tuple[ClickKeys, ...], AtLeastOne(), _OnlyProfiles()] = ()
    """What is clicked whenever it is opened, for it to show all that it has."""
    labels: Annotated[
        dict[Annotated[str, OneOf(*_LABELS)], LabelKeys], NamedBy("label"), _OnlyProfiles()
    ] = field(default_factory=dict)
    """What stands there under another name, as another thing, or behind other clicks."""


@dataclass(frozen=True, slots=True)
class PagesTable:
    """`[pages]`."""

    central: Address | None = None
    """Where Palette's pages begin, if that is not `central.url`."""
    page: Annotated[
        dict[Annotated[str, OneOf(*(page.value for page in PageName))], PageKeys], NamedBy("page")
    ] = field(default_factory=dict)
    """The pages that differ from the document, or have an address."""
    words: Annotated[
        dict[Annotated[str, OneOf(*WARNING_WORDS)], Annotated[tuple[str, ...], OneOrMore()]],
        NamedBy("what"),
    ] = field(default_factory=dict)
    """What the warning says in place of the document's words, in any language; one of a list is
    enough (ACC-4)."""

    def label(self, page: PageName, label: str) -> LabelKeys:
        """What the file says of a label of the document."""
        known = self.page.get(page.value)
        return (known.labels.get(label) if known else None) or LabelKeys()

    def element(self, page: PageName, label: str) -> PageElement:
        """What a label of the document is there."""
        documented, said = LABELS[page][label], self.label(page, label)
        return PageElement(
            (said.role,) if said.role else documented.roles,
            said.name or documented.names,
            documented.documented or bool(said.name),
        )

    def opens(self, page: PageName) -> tuple[ClickKeys, ...]:
        """What is clicked whenever a page is opened."""
        known = self.page.get(page.value)
        return known.opens if known else ()

    def address(self, page: PageName) -> str | None:
        """The path of a page, if it has one."""
        known = self.page.get(page.value)
        return known.address if known else None

    def warnings(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """What the warning has to say: ways to say it, each by words that all have to be there."""
        return {
            what: tuple((phrase,) for phrase in self.words[what])
            if what in self.words
            else (words,)
            for what, words in WARNING_WORDS.items()
        }
