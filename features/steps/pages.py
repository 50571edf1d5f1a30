"""Steps on the pages of Local UI and of Palette, by the documented labels.

What only a page can show is judged in a browser. Without one every step ends the scenario as
not supported.
"""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.context.context import Context
from harness.context.recorder import NotSupported


def _open_pages(context: Context) -> None:
    """Go on only with pages and something that opens them."""
    context.needs(Feature.PAGES)
    raise NotSupported(Feature.PAGES.value)


@given("the pages of the target")
def _pages(context: Context) -> None:
    _open_pages(context)


@given(parsers.parse('the {person} is on the page "{page}"'))
@when(parsers.parse('the {person} opens the page "{page}"'))
def _opens(context: Context, person: str, page: str) -> None:
    _open_pages(context)


@when(parsers.parse('the {person} clicks "{label}" on the page "{page}"'))
def _clicks(context: Context, person: str, label: str, page: str) -> None:
    _open_pages(context)


@when(parsers.parse('the {person} fills in "{label}" with {entry}'))
def _fills_in(context: Context, person: str, label: str, entry: str) -> None:
    _open_pages(context)


@when(parsers.parse("the {person} leaves the page"))
def _leaves(context: Context, person: str) -> None:
    _open_pages(context)


@then(parsers.parse('the page shows "{label}"'))
def _shows(context: Context, label: str) -> None:
    _open_pages(context)


@then(parsers.parse('the page does not show "{label}"'))
def _does_not_show(context: Context, label: str) -> None:
    _open_pages(context)


@then(parsers.parse('the page offers no "{label}" to click'))
def _cannot_click(context: Context, label: str) -> None:
    _open_pages(context)


@then(parsers.parse('the field "{label}" holds {entry}'))
def _field_holds(context: Context, label: str, entry: str) -> None:
    _open_pages(context)


@then("the page shows the pairing id")
def _shows_id(context: Context) -> None:
    _open_pages(context)


@then("the page does not show the pairing id")
def _does_not_show_id(context: Context) -> None:
    _open_pages(context)
