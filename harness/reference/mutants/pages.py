"""Mutants that only a page shows: a class of pages with one thing changed, and a sentence.

What is changed is a method of a page, or what it is sent as (`finish`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.reference.behaviour import Behaviour
from harness.reference.local_ui.pages import LocalPages
from harness.reference.pages.answers import Page, PageRequest
from harness.reference.pages.pages import Pages
from harness.reference.palette.pages import PalettePages
from harness.reference.palette.wizard import Wizard, WizardStep
from harness.reference.planting import Lane, name_of, plant, sentence_of

Made = TypeVar("Made", bound=type[Pages])


def _on_pages(breaks: str) -> Callable[[Made], Made]:
    """Declare the decorated pages, of Local UI or of Palette, a mutant."""

    def declare(pages: Made) -> Made:
        behaviour = pages_of(pages)
        plant(name_of(pages), breaks, sentence_of(pages), behaviour, Lane.BROWSER)
        return pages

    return declare


def pages_of(pages: type[Pages]) -> Behaviour:
    """The behaviour of a reference with these pages."""
    if issubclass(pages, PalettePages):
        return Behaviour(make_palette_pages=pages)
    if issubclass(pages, LocalPages):
        return Behaviour(make_local_pages=pages)
    raise TypeError(f"{pages.__name__} are the pages of neither side")


@_on_pages("REJ-4P")
class PromptStays(PalettePages):
    """The prompt invites to review requests when none is left."""

    def waiting(self, asked: PageRequest) -> int:
        return max(1, super().waiting(asked))


@_on_pages("ACC-4")
class WarningSaysNothing(PalettePages):
    """The warning asks whether one understands, and not what."""

    def finish(self, page: Page, html: str) -> str:
        before, found, after = html.partition("<p>Once it is paired,")
        return f"{before}<p>Go on?{after[after.index('</p>') :]}" if found else html


@_on_pages("ACC-11")
class AnyStepByItsAddress(PalettePages):
    """A step of the wizard opens by its address, whatever was done before."""

    def furthest(self, wizard: Wizard | None) -> WizardStep:
        return WizardStep.REVIEW
