"""Steps on the pages of Local UI and of Palette, by the documented labels.

What only a page can show is judged in a browser. Without one every step ends the scenario as
not supported.
"""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.scenes.scene import Context
from harness.scenes.stage import NotSupported


def _open_pages(scene: Context) -> None:
    """Go on only with pages and something that opens them."""
    scene.needs(Feature.PAGES)
    raise NotSupported(Feature.PAGES.value)


@given("the pages of the target")
def _pages(scene: Context) -> None:
    _open_pages(scene)


@given(parsers.parse('the {person} is on the page "{page}"'))
@when(parsers.parse('the {person} opens the page "{page}"'))
def _opens(scene: Context, person: str, page: str) -> None:
    _open_pages(scene)


@when(parsers.parse('the {person} clicks "{label}" on the page "{page}"'))
def _clicks(scene: Context, person: str, label: str, page: str) -> None:
    _open_pages(scene)


@when(parsers.parse('the {person} fills in "{label}" with {entry}'))
def _fills_in(scene: Context, person: str, label: str, entry: str) -> None:
    _open_pages(scene)


@when(parsers.parse("the {person} leaves the page"))
def _leaves(scene: Context, person: str) -> None:
    _open_pages(scene)


@then(parsers.parse('the page shows "{label}"'))
def _shows(scene: Context, label: str) -> None:
    _open_pages(scene)


@then(parsers.parse('the page does not show "{label}"'))
def _does_not_show(scene: Context, label: str) -> None:
    _open_pages(scene)


@then(parsers.parse('the page offers no "{label}" to click'))
def _cannot_click(scene: Context, label: str) -> None:
    _open_pages(scene)


@then(parsers.parse('the field "{label}" holds {entry}'))
def _field_holds(scene: Context, label: str, entry: str) -> None:
    _open_pages(scene)


@then("the page shows the pairing id")
def _shows_id(scene: Context) -> None:
    _open_pages(scene)


@then("the page does not show the pairing id")
def _does_not_show_id(scene: Context) -> None:
    _open_pages(scene)
