"""Steps on the pages of Local UI and of Palette, by the labels of the document.

What only a page can show is judged in a browser. Without one every scenario ends as not supported.
"""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import pages
from harness.context.context import Context
from harness.context.pages import element_of, see, see_lasting
from harness.domain import page_actions as actions
from harness.domain.pages import PASTED, PageName, page_called
from harness.history.operation import Json


@given("the pages of the target")
def _pages(context: Context) -> None:
    pages.must_see_pages(context)


@given("the pages of the target, each step kept as a picture")
def _pages_in_pictures(context: Context) -> None:
    pages.must_see_pages(context)
    pages.keep_pictures(context)


@given(parsers.parse('the {person} is on the page "{page}"'))
@when(parsers.parse('the {person} opens the page "{page}"'))
def _opens(context: Context, person: str, page: str) -> None:
    pages.open_page(context, page)


@when("the operator logs in to Local UI on its page")
def _logs_in(context: Context, judge: Judge) -> None:
    _done(context, judge, actions.LogInOnPage(PageName.LOCAL_LOGIN))


@when("the administrator logs in to Palette on its page")
def _logs_in_to_palette(context: Context, judge: Judge) -> None:
    _done(context, judge, actions.LogInOnPage(PageName.PALETTE_LOGIN))


@when(parsers.parse('in the Main Menu, the {person} clicks "{label}"'))
def _clicks_in_menu(context: Context, judge: Judge, person: str, label: str) -> None:
    _done(context, judge, actions.ClickLabel(page_called(label), label))


def _done(context: Context, judge: Judge, action: actions.BrowserAction) -> None:
    judge.check("done_on_page", operation=pages.act(context, action).id)


@when(parsers.parse('the {person} clicks "{label}" on the page "{page}"'))
def _clicks(context: Context, judge: Judge, person: str, label: str, page: str) -> None:
    judge.check("done_on_page", operation=pages.click(context, label, page).id)


@when(parsers.parse('the {person} tries "{label}" on the page "{page}"'))
def _tries(context: Context, person: str, label: str, page: str) -> None:
    pages.click(context, label, page, patient=False)


@when(parsers.parse('the operator fills in "{label}" with the endpoint of Palette'))
def _fills_in_endpoint(context: Context, label: str) -> None:
    pages.go(context, [actions.FillIn(PageName.SETTINGS, label, text=context.endpoint)])


@when(parsers.parse('the operator fills in "{label}" with the registration token'))
def _fills_in_token(context: Context, label: str) -> None:
    pages.go(context, [actions.FillIn(PageName.SETTINGS, label, text=context.unused_token().value)])


@when(parsers.parse("the {person} leaves the page"))
def _leaves(context: Context, person: str) -> None:
    pages.go(context, [actions.LeavePages()])


@when("the page is left by the back button, and entered again by the forward button")
def _back_and_forward(context: Context) -> None:
    pages.go(context, [actions.GoBack(), actions.GoBack(forward=True)])


@when(parsers.parse("the {person} presses Escape"))
def _presses_escape(context: Context, person: str) -> None:
    pages.go(context, [actions.PressEscape()])


@then(parsers.parse('the page shows "{label}"'))
def _shows(context: Context, judge: Judge, label: str) -> None:
    pages.bring_up(context, label)
    see(context, judge, "page_shows", element=element_of(context, label))


@then(parsers.parse('the page does not show "{label}"'))
def _does_not_show(context: Context, judge: Judge, label: str) -> None:
    pages.bring_up(context, label)  # it may not be where it is looked for, and the way not either
    see_lasting(context, judge, "page_does_not_show", element=element_of(context, label))


@then(parsers.parse('the page offers "{label}"'))
def _offers(context: Context, judge: Judge, label: str) -> None:
    pages.bring_up(context, label)
    see(context, judge, "page_offers", element=element_of(context, label))


@then(parsers.parse('the page offers no "{label}" to click'))
def _cannot_click(context: Context, judge: Judge, label: str) -> None:
    pages.bring_up(context, label)
    see_lasting(context, judge, "page_does_not_offer", element=element_of(context, label))


@then(parsers.parse('on the page "{page}", "{label}" is chosen'))
def _is_chosen(context: Context, judge: Judge, page: str, label: str) -> None:
    element = element_of(context, label, page_called(page))
    see(context, judge, "is_chosen", element=element, chosen=True)


@then(parsers.parse('on the page "{page}", "{label}" is there and not chosen'))
def _is_not_chosen(context: Context, judge: Judge, page: str, label: str) -> None:
    element = element_of(context, label, page_called(page))
    see(context, judge, "is_chosen", element=element, chosen=False)


@then("the page shows the pairing id")
def _shows_id(context: Context, judge: Judge) -> None:
    see(context, judge, "page_says", texts=[context.cluster().pairing_uid])


@then("the page shows the pairing id of the request that was sent")
def _shows_sent_id(context: Context, judge: Judge) -> None:
    pages.learn_request(context)
    see(context, judge, "page_says", texts=[context.cluster().pairing_uid or "a pairing id"])


@when('the operator looks at the page, and clicks "Pair"', target_fixture="before")
def _looks_and_clicks(context: Context) -> list[Json]:
    before = pages.said_now(context)
    pages.click(context, "Pair", PageName.SETTINGS.called)
    return before


@then(parsers.parse('the page comes to tell "{trouble}", without the token'))
def _comes_to_tell(context: Context, judge: Judge, trouble: str, before: list[Json]) -> None:
    words, token = context.words_for(trouble), context.token().value
    see(context, judge, "page_has_come_to_say", before=before, words=words, not_words=[token])


@then("where the page has a button that copies it, it copies the whole of it")
def _copies_id(context: Context, judge: Judge) -> None:
    uid = context.cluster().pairing_uid
    if pages.has(context, "Copy", PageName.SETTINGS):
        pages.go(context, [actions.ClickLabel(PageName.SETTINGS, "Copy", uid)])
        pages.go(context, [actions.PasteCopied()])
        element = {"roles": [*PASTED.roles], "names": [*PASTED.names], "documented": True}
        see(context, judge, "field_holds", element=element, text=uid)


@then("the page does not show the pairing id")
def _does_not_show_id(context: Context, judge: Judge) -> None:
    see_lasting(context, judge, "page_does_not_say", texts=[context.cluster().pairing_uid])
