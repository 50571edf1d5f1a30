"""The steps of an acceptance, one by one, where a target's API has them in calls (ACC-11).

With the claim `server-steps` they are judged; without it, what comes of them is observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.catalogue.requirement import Feature
from harness.checkers.registry import Judge
from harness.context import central_changes, review
from harness.context.context import MAIN, OTHER, Context
from harness.context.crossing import restart
from harness.context.recorder import Actor, NotSupported, OnlyObserved, RecordedReply
from harness.domain import operations as ops
from harness.domain.flows import steps_before
from harness.domain.permission import every_grant
from harness.history.operation import OperationRecord, Outcome

STEPS: Mapping[str, type[ops.CentralOperation]] = {
    "I understand": ops.AcknowledgeWarning,
    "the details": ops.EnterDetails,
    "the match": ops.ConfirmMatch,
    "Validate": ops.ValidateReview,
    "Pair cluster": ops.AcceptPairingRequest,
}
"""What features call them, in their order."""


def lacking(features: str) -> str:
    """What a target lacks that would have to claim one of these, in which steps may be among."""
    if Feature.SERVER_STEPS not in features:
        return features
    return f"{features}: none of its calls is a step of an acceptance that could be left out"


def must_have_steps(context: Context) -> None:
    """Go on only where the steps of an acceptance can be asked for alone.

    Raises:
        NotSupported: none can.
    """
    if not context.recorder.driver.info.has_steps:
        raise NotSupported(lacking(Feature.SERVER_STEPS))


def go_on_to(
    context: Context,
    step: str,
    who: Actor | None = None,
    name: str | None = None,
    pairing_uid: str = "",
    label: str = MAIN,
) -> RecordedReply:
    """One step alone, with the selection that was made, or else with one that fits; by the
    administrator, under the cluster's own name and of its last request, unless something else is
    said.
    """
    leased = context.cluster(label)
    acceptance = context.acceptance(label, name).on(pairing_uid or leased.pairing_uid)
    every = (*steps_before(acceptance), acceptance)
    operation = next(each for each in every if isinstance(each, STEPS[step]))
    return context.accepted(leased, context.perform(who or context.admin(), operation, step))


def pair_after(context: Context, judge: Judge, meanwhile: str) -> OperationRecord:
    """The administrator goes through the steps of one request up to Validate, then something
    happens, and then they pair the cluster. Wait until it bears what they had confirmed, or, where
    that was refused, the request is seen to wait.

    Raises:
        NotSupported: what is to happen cannot be arranged.
        OnlyObserved: no order of the steps is claimed; what became of it is all that there is.
    """
    *before, last = STEPS
    for step in filter(_is_offered(context), before):
        context.must(go_on_to(context, step, name="first-choice"))
    _MEANWHILE[meanwhile](context)
    taken = go_on_to(context, last, name="first-choice")
    _only_observe_without_an_order(context, judge, f"{meanwhile} after Validate", [taken.id])
    if taken.record.outcome is Outcome.FAIL:
        look, uid = ops.ListPairingRequests(), context.cluster().pairing_uid
        return context.recorder.await_state(context.admin(), look, "listed", pairing_uid=uid)
    context.must(taken)
    return central_changes.await_central(context, {"name": context.own_name("first-choice")})


def _enter_other_details(context: Context, who: str = "", label: str = MAIN) -> None:
    actor = context.admin(who) if who else context.admin()
    for step in filter(_is_offered(context), ("I understand", "the details")):
        go_on_to(context, step, actor, "second-choice", label=label)


def _enter_those_of_another_request(context: Context) -> None:
    context.pending(OTHER)
    _enter_other_details(context, label=OTHER)


_MEANWHILE: Mapping[str, Callable[[Context], None]] = {
    "another administrator enters other details": lambda context: _enter_other_details(
        context, "another administrator"
    ),
    "the administrator enters those of another request": _enter_those_of_another_request,
    "Palette restarts": lambda context: restart(context, "Palette"),
}


def _is_offered(context: Context) -> Callable[[str], bool]:
    return lambda step: context.offers(STEPS[step])


def go_through_and_lose_the_right(context: Context) -> Actor:
    """Somebody who may do all there is, who goes through the steps up to Validate, and then may
    accept nothing any more, nor list what waits; the rest is left to them, so that nothing else
    shuts them out.

    Raises:
        NotReached: a step was refused while they might take it.
    """
    actor = context.new_admin("user", every_grant(context.project()))
    for step in filter(_is_offered(context), list(STEPS)[:-1]):
        context.must(go_on_to(context, step, actor))
    return review.with_less(context, actor, review.all_but(context, "update", "list"), "an API key")


def go_on_out_of_order(context: Context, judge: Judge, step: str) -> None:
    """A step that has to be refused now, where an order of the steps is claimed.

    Raises:
        NotOffered: there is no step that would be left out or refused.
        OnlyObserved: no order is claimed; what became of it is all that there is to see.
    """
    before = list(STEPS)[: list(STEPS).index(step)]
    done = _done(context)
    missed = [STEPS[each] for each in before if each not in done]
    if missed and not any(map(context.offers, missed)):
        context.recorder.driver.info.must_offer(missed[0])
    context.note("the refused", go_on_to(context, step))
    first = f"after {' and '.join(done)}" if done else "first"
    _only_observe_without_an_order(context, judge, f"{step}, {first}", context.seen)


def _only_observe_without_an_order(
    context: Context, judge: Judge, situation: str, operations: Sequence[str]
) -> None:
    if not context.recorder.driver.info.claims_steps:
        judge.check("observed", situation=situation, operations=list(operations))
        raise OnlyObserved


def try_too_early(context: Context, step: str) -> None:
    """A step before its time, which is no step taken.

    Raises:
        NotReached: it was not refused, where an order is claimed.
    """
    taken = go_on_to(context, step)
    if context.recorder.driver.info.claims_steps:
        context.must_be_refused(taken)


def go_through(context: Context, last: str = "Pair cluster") -> list[RecordedReply]:
    """What is left of the steps up to this one, in their order; where one of them is refused, all
    from the first, as a step that was out of turn may have ended what was begun.

    Nothing says that a step can be taken twice.
    """
    taken = list(_steps(context, last, _done(context)))
    if taken and taken[-1].record.outcome is Outcome.FAIL:
        taken = list(_steps(context, last, []))
    return taken


def _steps(context: Context, last: str, done: Sequence[str]) -> Iterator[RecordedReply]:
    """Those up to the last one that are not done, until one is refused."""
    for step in list(STEPS)[: list(STEPS).index(last) + 1]:
        if step not in done and (step == last or context.offers(STEPS[step])):
            taken = go_on_to(context, step)
            yield taken
            if taken.record.outcome is Outcome.FAIL:
                return


def go_on_in_order(context: Context) -> list[RecordedReply]:
    """What is left of all steps, with a selection that fits where none was confirmed."""
    if "the match" not in _done(context):
        context.selection = None
    return go_through(context)


def see_allowed_in_its_turn(context: Context, judge: Judge) -> None:
    """What was refused is seen to be allowed where it is its turn."""
    refused, history = context.notes["the refused"], context.recorder.history()
    controls = history.of_kind(history[refused.id].kind)
    control = next(c.id for c in controls if c.outcome is Outcome.OK)
    judge.check("refused_for_that", operation=refused.id, reasons=[], control=control)


def _done(context: Context) -> list[str]:
    """The steps that were taken, in their order."""
    operations, uid = context.recorder.history().operations, context.cluster().pairing_uid
    taken = {
        operation.kind
        for operation in operations
        if operation.outcome is Outcome.OK and operation.args.get("pairing_uid") == uid
    }
    return [step for step, kind in STEPS.items() if kind.__name__ in taken]
