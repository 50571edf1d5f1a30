"""Steps about as many requests, tokens and profiles as a target bears, and about long texts."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import backlog, long_texts
from harness.context.backlog import Backlog, ChangedCluster
from harness.context.context import Context
from harness.domain.token import RegistrationToken
from harness.history.operation import Json

# --- what is given ----------------------------------------------------------------------------


@given(parsers.parse("{count:d} requests of hosts wait in Palette"), target_fixture="waiting")
def _backlog(context: Context, count: int) -> Backlog:
    return backlog.filled(context, count)


@given(
    parsers.parse("{count:d} requests of hosts wait in Palette, two of another project among them"),
    target_fixture="waiting",
)
def _backlog_among_others(context: Context, count: int) -> Backlog:
    return backlog.filled_among_others(context, count)


@given(
    parsers.parse("{count:d} registration tokens, of which the last is deactivated and entered"),
    target_fixture="good",
)
def _tokens(context: Context, count: int) -> list[RegistrationToken]:
    return backlog.tokens(context, count)


@given(parsers.parse("profiles that fit, one of them in its last version of {count:d}"))
def _versions(context: Context, count: int) -> None:
    backlog.select_version_among(context, count)


@given(parsers.parse("profiles that fit, the last of {count:d} in the project"))
def _profiles(context: Context, count: int) -> None:
    backlog.select_among(context, count)


@given(parsers.parse("a local cluster whose {field} has {length:d} characters"))
def _long_text(context: Context, field: str, length: int) -> None:
    long_texts.install(context, field, long_texts.text_of(context, length))


@given("one of them is paired, and Palette has changed it since", target_fixture="changed")
def _changed(context: Context, waiting: Backlog) -> ChangedCluster:
    return backlog.pair_and_change(context, waiting)


# --- what is done -----------------------------------------------------------------------------


@when("one is rejected, one accepted and one withdrawn in their midst")
def _decided_in_the_midst(context: Context, waiting: Backlog) -> None:
    backlog.decide_in_the_midst(context, waiting)


@when("the oldest are rejected while the list is read page by page")
def _listed_while_it_changes(context: Context, waiting: Backlog) -> None:
    backlog.list_while_it_changes(context, waiting)


@when("the administrator rejects the last of them by its tags")
def _rejects_by_tags(context: Context, waiting: Backlog) -> None:
    backlog.reject_by_tags(context, waiting)


@when("as many more are sent as an id needs to come back")
def _more_ids(context: Context, waiting: Backlog) -> None:
    backlog.draw_more_ids(context, waiting)


@when("its host confirms once more")
def _confirms_again(context: Context, changed: ChangedCluster) -> None:
    changed.confirm(context)


@when("the administrator accepts one of them")
def _accepts_one(context: Context, waiting: Backlog) -> None:
    backlog.accept_last(context, waiting)


@when(
    parsers.parse("the administrator accepts one of them with a {field} of {length:d} characters")
)
def _accepts_with(context: Context, waiting: Backlog, field: str, length: int) -> None:
    long_texts.accept_with(context, waiting, field, long_texts.text_of(context, length))


# --- what must hold ---------------------------------------------------------------------------


@then("each of them is listed once, as its own cluster's")
def _listed(context: Context, judge: Judge, waiting: Backlog) -> None:
    gone: list[Json] = [made.pairing_uid for made in waiting.ended]
    for taken in backlog.lists(context, waiting):
        judge.check("lists_what_waits", operation=taken.id, gone=gone)


@then("just they are listed in their project")
def _listed_alone(context: Context, judge: Judge, waiting: Backlog) -> None:
    judge.check("held", operation=backlog.await_list(context, waiting).id)


@then(parsers.parse("all that wait are listed after each of {count:d} more"))
def _listed_as_they_come(context: Context, judge: Judge, waiting: Backlog, count: int) -> None:
    for _ in backlog.growing(context, waiting, count):
        judge.check("held", operation=backlog.await_list(context, waiting).id)


@then("each of them is listed once in each order that the list is asked for in")
def _listed_in_order(context: Context, judge: Judge, waiting: Backlog) -> None:
    for taken in backlog.lists_in_order(context, waiting):
        judge.check("refused_or_taken", operation=taken.id)
        if taken.value is not None:
            judge.check("lists_what_waits", operation=taken.id, gone=[])
            judge.check("lists_in_order", operation=taken.id)


@then("what that list shows of the others is observed")
def _observed(context: Context, judge: Judge) -> None:
    judge.check("lists_as_it_changes", operation=context.noted("the list"))


@then("those where a page may turn show their own name and tags")
def _rows_are_their_own(context: Context, judge: Judge, waiting: Backlog) -> None:
    backlog.await_list(context, waiting)
    for taken, fields in backlog.views(context, waiting.at_turns()):
        judge.check("shows", operation=taken.id, fields=fields)


@then("the cluster is as Palette has changed it")
def _still_changed(context: Context, judge: Judge, changed: ChangedCluster) -> None:
    judge.check("shows", **changed.seen(context))


@then("the request has become just that one cluster")
def _one_cluster(context: Context, judge: Judge, changed: ChangedCluster) -> None:
    judge.check("became_one_cluster", **changed.claimed(context))


@then("Palette lists that cluster once, and no other by its name")
def _listed_alone(context: Context, judge: Judge, changed: ChangedCluster) -> None:
    judge.check("held", operation=changed.listed(context).id)


@then("each of them has its own pairing id")
def _own_ids(judge: Judge, waiting: Backlog) -> None:
    judge.check("submitted_ids_are_unique", at_least=len(waiting.waiting))
    judge.check("ids_are_of_many")


@then("the good ones admit")
def _admitted(context: Context, judge: Judge, good: list[RegistrationToken]) -> None:
    for taken in backlog.sent_with(context, good):
        judge.check("succeeded", operation=taken.id)


@then(parsers.parse("it is refused, or the request shows the whole {field}"))
def _shows_whole(context: Context, judge: Judge, field: str) -> None:
    judge.check("refused_or_taken", operation=context.noted(long_texts.SENT))
    if long_texts.is_refused(context, long_texts.SENT):
        judge.check("held", operation=long_texts.see_sent_otherwise(context).id)
    else:
        judge.check("kept_whole", **long_texts.shown_whole(context, field))


@then(parsers.parse("it is refused and waits, or its cluster bears the whole {field}"))
def _bears_whole(context: Context, judge: Judge, waiting: Backlog, field: str) -> None:
    judge.check("refused_or_taken", operation=context.noted(long_texts.ACCEPTED))
    if long_texts.is_refused(context, long_texts.ACCEPTED):
        long_texts.see_accepted_otherwise(context, waiting)
    else:
        judge.check("kept_whole", **long_texts.borne_whole(context, waiting, field))
    _listed(context, judge, waiting)
