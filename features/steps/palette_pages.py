"""Steps on the pages of Palette that name a request, a cluster or a step of the wizard."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import central_changes, pages, review, selection
from harness.context.context import MAIN, Context
from harness.context.pages import element_of, see, see_lasting
from harness.domain import page_actions as actions
from harness.domain.pages import CENTRAL_ONLY, LOCAL_ENDS, PageName, page_called

_REQUESTS = PageName.REQUESTS.called


def _does(context: Context, judge: Judge, steps: Iterable[actions.BrowserAction]) -> None:
    for taken in pages.take(context, steps):
        judge.check("done_on_page", operation=taken.id)


@given(parsers.parse('profiles are selected that do not match for "{fault}"'))
def _select_unfit(context: Context, fault: str) -> None:
    selection.select_unfit(context, fault)


@given("fitting profiles with values and variables are selected")
def _select_configured(context: Context) -> None:
    pages.select_configured(context)


@when(parsers.parse('the administrator clicks "{button}" beside the request'))
def _clicks_beside(context: Context, judge: Judge, button: str) -> None:
    _clicks_beside_of(context, judge, button, MAIN)


@when(parsers.parse('the administrator clicks "{button}" beside the request of "{label}"'))
def _clicks_beside_of(context: Context, judge: Judge, button: str, label: str) -> None:
    uid = context.cluster(label).pairing_uid
    judge.check("done_on_page", operation=pages.click(context, button, _REQUESTS, uid).id)


@when(parsers.parse('the administrator checks "{box}"'))
def _checks(context: Context, judge: Judge, box: str) -> None:
    _does(context, judge, [actions.SetChecked(PageName.WARNING, box)])


@when(parsers.parse('the administrator unchecks "{box}"'))
def _unchecks(context: Context, judge: Judge, box: str) -> None:
    _does(context, judge, [actions.SetChecked(PageName.WARNING, box, checked=False)])


@when(parsers.parse('the administrator enters "{page}" by its address'))
def _enters(context: Context, page: str) -> None:
    context.must(pages.enter(context, page))


@when(parsers.parse('the administrator enters "{page}" by its address in a second tab'))
def _enters_beside(context: Context, page: str) -> None:
    context.must(pages.enter(context, page, tab=2))


@when(parsers.parse('the administrator enters, of the request of "{label}", the page "{page}"'))
def _enters_of(context: Context, page: str, label: str) -> None:
    context.must(pages.enter(context, page, label=label))


@when("the administrator selects the profiles")
def _selects(context: Context) -> None:
    names = [profile.name for profile in pages.selected(context)]
    pages.set_profiles(context, names, checked=True)


@when("the administrator takes one of the profiles out again")
def _takes_out(context: Context) -> None:
    pages.set_profiles(context, [pages.selected(context)[-1].name], checked=False)


@when(parsers.parse('the administrator pairs "{label}" through the wizard'))
def _pairs(context: Context, judge: Judge, label: str) -> None:
    _does(context, judge, pages.walk_from(context, PageName.WARNING, label))


@when(parsers.parse('the administrator goes on from the page "{page}" up to Pair cluster'))
def _goes_on(context: Context, judge: Judge, page: str) -> None:
    _does(context, judge, pages.walk_from(context, page_called(page)))


@when(parsers.parse('the administrator fills in "{label}" with "{text}"'))
def _fills_in(context: Context, label: str, text: str) -> None:
    entry = actions.FillIn(PageName.DETAILS, label, text=context.own_name(text))
    pages.go(context, [entry])


@then("the page prompts for review")
def _prompts(context: Context, judge: Judge) -> None:
    pages.bring_up(context, "Pair", PageName.CLUSTERS)
    see(context, judge, "page_offers", element=element_of(context, "Pair", PageName.CLUSTERS))


@then("the page does not prompt for review")
def _does_not_prompt(context: Context, judge: Judge) -> None:
    element = element_of(context, "Pair", PageName.CLUSTERS)
    pages.bring_up(context, "Pair", PageName.CLUSTERS)
    see_lasting(context, judge, "page_does_not_show", element=element)


@then("the page warns that the cluster can be managed only centrally then")
def _warns_of_central(context: Context, judge: Judge) -> None:
    _warns(context, judge, CENTRAL_ONLY)


@then("the page warns that local operations on it are over then")
def _warns_of_local(context: Context, judge: Judge) -> None:
    _warns(context, judge, LOCAL_ENDS)


def _warns(context: Context, judge: Judge, what: str) -> None:
    ways = context.recorder.driver.info.pages.warnings()[what]
    see(context, judge, "page_warns", ways=[list(words) for words in ways])


@then(parsers.parse('the page shows the request of "{label}" once'))
def _shows_request(context: Context, judge: Judge, label: str) -> None:
    uid, others = context.cluster(label).pairing_uid, pages.others_than(context, label)
    see(context, judge, "request_stands_once", pairing_uid=uid, others=others)


@then(parsers.parse('the page does not show the request of "{label}"'))
def _does_not_show_request(context: Context, judge: Judge, label: str) -> None:
    uid = context.cluster(label).pairing_uid
    see_lasting(context, judge, "page_does_not_say", texts=[uid])


@then(
    parsers.parse(
        'the request of "{label}" stands beside the tags of its cluster, not those of "{other}"'
    )
)
def _stands_beside_tags(context: Context, judge: Judge, label: str, other: str) -> None:
    texts, not_texts = pages.tag_texts(context, label), pages.tag_texts(context, other)
    see(
        context,
        judge,
        "request_says",
        pairing_uid=context.cluster(label).pairing_uid,
        others=pages.others_than(context, label),
        texts=texts,
        not_texts=[text for text in not_texts if text not in texts],
    )


@then(parsers.parse('the request of "{label}" offers "{button}"'))
def _offers(context: Context, judge: Judge, label: str, button: str) -> None:
    uid, others = context.cluster(label).pairing_uid, pages.others_than(context, label)
    element = element_of(context, button, PageName.REQUESTS)
    opened = pages.bring_up(context, button, PageName.REQUESTS, uid)
    args = {"pairing_uid": uid, "others": others, "element": element, "opened": opened}
    see(context, judge, "request_offers", **args)


@then("the page shows the values of every pack and the variables of every profile")
def _shows_configurations(context: Context, judge: Judge) -> None:
    see(context, judge, "page_says", texts=pages.configuration_texts(context))


@then(parsers.parse('the page shows the central cluster once, by the name "{name}"'))
def _shows_cluster(context: Context, judge: Judge, name: str) -> None:
    own = context.cluster().cluster.name
    text = own if name == review.KEPT else context.own_name(name)
    see(context, judge, "stands_once", text=text)


@then("the page shows the central cluster no more than once, and that stays so")
def _shows_no_second(context: Context, judge: Judge) -> None:
    name = context.cluster().cluster.name
    pages.sees(context, "page_says", texts=[name])  # the list may come late
    see_lasting(context, judge, "stands_no_second_time", text=name)


@then("a central operation on the cluster that the pages have paired takes effect")
def _takes_effect(context: Context, judge: Judge) -> None:
    context.learn_central_uid()
    changed = central_changes.change_once_taken(context)
    judge.check("held", operation=changed.id)
    fields = central_changes.borne(changed)
    seen = central_changes.await_central(context, fields)
    judge.check("shown_at_last", operation=seen.id, fields=fields)


@then('the field "Name" holds the name of the local cluster')
def _holds_name(context: Context, judge: Judge) -> None:
    _holds(context, judge, "Name", context.cluster().cluster.name)


@then('the field "Description" holds the description of the local cluster')
def _holds_description(context: Context, judge: Judge) -> None:
    _holds(context, judge, "Description", context.cluster().cluster.description)


@then('the field "Tags" holds the tags of the local cluster')
def _holds_tags(context: Context, judge: Judge) -> None:
    see(context, judge, "page_says", texts=pages.tag_texts(context))


@then(parsers.parse('the field "{label}" holds nothing'))
def _holds_nothing(context: Context, judge: Judge, label: str) -> None:
    _holds(context, judge, label, "")


def _holds(context: Context, judge: Judge, label: str, text: str) -> None:
    element = element_of(context, label, PageName.DETAILS)
    see(context, judge, "field_holds", element=element, text=text)
