"""Every page of the reference in each of its states: valid, accessible, and fit for its window."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import cycle, islice
from typing import Any

import pytest

from tests.browser.people import Person, sync_api
from tests.browser.reading import unusable
from tests.browser.states import WALKS
from tests.integration.pages.world import World

turbohtml = pytest.importorskip("turbohtml", reason="turbohtml is not installed")
conformance = pytest.importorskip("turbohtml.conformance")

LOOKS = [(scheme, width) for width in (1280, 768, 390) for scheme in ("light", "dark")]
VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize(
    "each_state_in", [1, pytest.param(len(LOOKS), marks=pytest.mark.slow)], ids="in-{}-looks".format
)
def test_it_is_valid_and_everybody_can_use_it(
    browser: sync_api.Browser, world: World, walk: str, each_state_in: int
) -> None:
    person = Person(browser, world)
    looks = cycle(LOOKS)
    wrong: list[tuple[object, ...]] = []
    for state, source in pages_of(person, walk):
        wrong += [(state, fault) for fault in faults_of(source)]
        wrong += [(state, *fault) for fault in unusable(person.page, islice(looks, each_state_in))]
    assert wrong == []
    assert person.complaints == []
    person.close()


def pages_of(person: Person, walk: str) -> Iterator[tuple[str, str]]:
    """Each state, with the page as it came."""
    sources: list[Any] = []
    person.page.on("response", lambda reply: sources.append(reply) if is_page(reply) else None)
    for state in WALKS[walk](person):
        yield state, sources[-1].text()


def is_page(reply: Any) -> bool:
    return bool(reply.request.resource_type == "document" and reply.status != 303)


def faults_of(source: str) -> list[str]:
    """Why a page is not valid HTML: by what the standard asks of its authors, and where a browser
    has to make other elements of it than are written.
    """
    document = turbohtml.parse(source)
    faults = [f"{error.code} in line {error.line}" for error in document.errors]
    report = conformance.check(document)
    faults += [f"{each.code}: {each.message}" for each in report.messages]
    written = Written(source)
    found = [element.tag for element in document.iter_elements()]
    if written.unclosed or written.tags != found:
        faults.append(f"it is not nested as it is written: {written.unclosed}")
    return faults


class Written(HTMLParser):
    """The elements as they are written, and which of them are not closed where they should be."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.unclosed: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.unclosed += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            self.unclosed.append(tag)
