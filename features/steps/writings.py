"""Steps about bodies in other writings than ours, and what came of them."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.checkers.registry import Judge
from harness.context import long_texts, review, selection, writings
from harness.context.backlog import Backlog
from harness.context.context import Context
from harness.context.crossing import left_out_if_impossible
from harness.context.selection import CrossedVersions
from harness.context.writings import Attempt, Doubling

_AMBIGUOUS = "{manner}, the good one {good}"


@given(
    parsers.parse("{message}, and one like it with {written}"),
    target_fixture="trial",
)
def _attempt(context: Context, message: str, written: str) -> Attempt:
    return writings.attempt(context, message, written)


@given(parsers.parse(f"a submission that names its token {_AMBIGUOUS}"), target_fixture="trial")
def _two_tokens(context: Context, manner: str, good: str) -> Attempt:
    return writings.submit_with_two_tokens(context, Doubling(manner, good))


@given(parsers.parse(f"an acceptance that names a profile {_AMBIGUOUS}"), target_fixture="trial")
def _two_profiles(context: Context, manner: str, good: str) -> Attempt:
    return writings.accept_with_two_profiles(context, Doubling(manner, good))


@given(
    parsers.parse(
        "two registration tokens that are good until one moment, which is once written {how}"
    ),
    target_fixture="trial",
)
def _two_expiries(context: Context, how: str) -> Attempt:
    return writings.token_until(context, how)


@given(parsers.parse("a token that is to expire {expires}, which is written {how}"))
def _expiry(context: Context, expires: str, how: str) -> None:
    writings.enter_token(context, expires, how)


@given(parsers.parse("a local cluster whose {field} is written with {letters}"))
def _letters(context: Context, field: str, letters: str) -> None:
    long_texts.install(context, field, long_texts.text_with(context, letters))


@given(parsers.parse('a local cluster with the tags "{tags}"'))
def _tagged(context: Context, tags: str) -> None:
    long_texts.install_tagged(context, review.tags_from(tags))


@given("fitting profiles are selected: of that one the earlier does, if there can be such versions")
def _select_earlier(context: Context, crossed: CrossedVersions) -> None:
    with left_out_if_impossible():
        selection.select_crossed(context, crossed, False, "another version of a pack")


@given(parsers.parse("the add-on profile has {versions}, of which one fits"))
def _of_one_rank(context: Context, versions: str) -> None:
    with left_out_if_impossible():
        selection.select_of_one_rank(context, versions.split(" and "))


@when(
    parsers.parse(
        "somebody whose address is an administrator's but for {letters} logs in and rejects one"
    )
)
def _rejects(context: Context, waiting: Backlog, letters: str) -> None:
    writings.reject_as_lookalike(context, waiting, letters)


@when(parsers.parse("the administrator accepts one of them with a {field} written with {letters}"))
def _accepts_with(context: Context, waiting: Backlog, field: str, letters: str) -> None:
    long_texts.accept_written(context, waiting, field, letters)


@when(parsers.parse('the administrator accepts one of them with the tags "{tags}"'))
def _accepts_tagged(context: Context, waiting: Backlog, tags: str) -> None:
    long_texts.accept_tagged(context, waiting, review.tags_from(tags))


@when(parsers.parse("the administrator accepts a request whose packs {difference}"))
def _accepts_unlike(context: Context, difference: str) -> None:
    writings.accept_unlike(context, difference)


@then("that is refused without a trace, or what comes of it is the same")
@then("both show that moment, if both were taken")
def _same(context: Context, judge: Judge, trial: Attempt) -> None:
    if len(trial.looks) > 1:
        judge.check("shows_the_same", **trial.compared())
        return
    if trial.holds is not None:
        judge.check("held", operation=trial.await_it(context))
    judge.check("refuses_the_writing", **trial.outcome())


@then("what comes of that is observed")
def _observed(judge: Judge, trial: Attempt) -> None:
    if len(trial.looks) > 1:
        judge.check("shows_something", **trial.compared())
    else:
        judge.check("refuses_the_writing", **trial.outcome())


@then("it is not in the project of the other one")
def _not_elsewhere(context: Context, judge: Judge, trial: Attempt) -> None:
    judge.check("held", operation=trial.await_it(context))


@then("the cluster is paired with what fits, or goes on waiting")
def _fits(context: Context, judge: Judge, trial: Attempt) -> None:
    if trial.holds is not None:
        judge.check("held", operation=trial.await_it(context))
        judge.check("refuses_the_writing", **trial.outcome())
    else:
        fits = [chosen.uid for chosen in context.matching_selection()]
        judge.check("pairs_with_what_fits", operation=trial.looks[0].id, fits=list(fits))


@then("it is refused, or the request shows each of its tags")
def _shows_tags(context: Context, judge: Judge) -> None:
    judge.check("refused_or_taken", operation=context.noted(long_texts.SENT))
    if long_texts.is_refused(context, long_texts.SENT):
        judge.check("held", operation=long_texts.see_sent_otherwise(context).id)
    else:
        judge.check("shows", **long_texts.tags_shown(context))


@then("it is refused and waits, or its cluster bears each of these tags")
def _bears_tags(context: Context, judge: Judge, waiting: Backlog) -> None:
    judge.check("refused_or_taken", operation=context.noted(long_texts.ACCEPTED))
    if long_texts.is_refused(context, long_texts.ACCEPTED):
        long_texts.see_accepted_otherwise(context, waiting)
    else:
        judge.check("shows", **long_texts.tags_borne(context, waiting))
