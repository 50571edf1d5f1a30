"""Steps on the pages of Palette that name a request, a cluster or a step of the wizard.

Without pages, and something that opens them, each ends the scenario as not supported.
"""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.catalogue.requirement import Feature
from harness.context import selection
from harness.context.context import Context
from harness.context.recorder import NotSupported


def _open_pages(context: Context) -> None:
    """Go on only with pages and something that opens them."""
    context.needs(Feature.PAGES)
    raise NotSupported(Feature.PAGES.value)


@given(parsers.parse('profiles are selected that do not match for "{fault}"'))
def _select_unfit(context: Context, fault: str) -> None:
    selection.select_unfit(context, fault)


@when(parsers.parse('the administrator clicks "{button}" beside the request'))
def _clicks_beside(context: Context, button: str) -> None:
    _open_pages(context)


@when(parsers.parse('the administrator clicks "{button}" beside the request of "{label}"'))
def _clicks_beside_of(context: Context, button: str, label: str) -> None:
    _open_pages(context)


@when(parsers.parse('the administrator checks "{box}"'))
@when(parsers.parse('the administrator unchecks "{box}"'))
def _checks(context: Context, box: str) -> None:
    _open_pages(context)


@when(parsers.parse('the administrator enters "{page}" by its address'))
def _enters(context: Context, page: str) -> None:
    _open_pages(context)


@when("the administrator selects the profiles")
@when("the administrator takes one of the profiles out again")
@when("the administrator pairs the cluster through the wizard")
def _selects(context: Context) -> None:
    _open_pages(context)


@then("the page prompts for review")
@then("the page does not prompt for review")
def _prompts(context: Context) -> None:
    _open_pages(context)


@then(parsers.parse('the page shows the request of "{label}" once'))
@then(parsers.parse('the page does not show the request of "{label}"'))
@then(parsers.parse('the request of "{label}" stands beside the tags of its cluster'))
def _shows_request(context: Context, label: str) -> None:
    _open_pages(context)


@then(parsers.parse('the request of "{label}" offers "{button}"'))
def _offers(context: Context, label: str, button: str) -> None:
    _open_pages(context)


@then("the page shows the values of every pack and the variables of every profile")
def _shows_configurations(context: Context) -> None:
    _open_pages(context)


@then(parsers.parse('the page shows the central cluster once, by the name "{name}"'))
def _shows_cluster(context: Context, name: str) -> None:
    _open_pages(context)
