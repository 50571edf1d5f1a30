"""The steps of an acceptance, one by one, where a target's API has them in calls (ACC-11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.context.context import Context
from harness.context.recorder import RecordedReply
from harness.domain import operations as ops
from harness.domain.flows import Acceptance, steps_before

STEPS: Mapping[str, type[ops.CentralOperation]] = {
    "I understand": ops.AcknowledgeWarning,
    "the details": ops.EnterDetails,
    "the match": ops.ConfirmMatch,
    "Validate": ops.ValidateReview,
    "Pair cluster": ops.AcceptPairingRequest,
}
"""What features call them, in their order."""


def go_on_to(context: Context, step: str) -> RecordedReply:
    """One step alone, with the selection that was made, or else with one that fits."""
    leased = context.cluster()
    acceptance = Acceptance(context.matching_selection()).on(leased.pairing_uid)
    every = (*steps_before(acceptance), acceptance)
    operation = next(each for each in every if isinstance(each, STEPS[step]))
    return context.accepted(leased, context.perform(context.admin(), operation, step))


def leave_out_what_precedes(context: Context, step: str) -> None:
    """See that something is left out by who goes on to this step now, unless all was gone through.

    Raises:
        NotOffered: there are no such steps.
    """
    done = {operation.kind for operation in context.recorder.history().operations}
    before = list(STEPS.values())[: list(STEPS).index(step)]
    missed = [kind for kind in before if kind.__name__ not in done]
    if missed and not any(map(context.offers, missed)):
        context.recorder.driver.info.must_offer(missed[0])


def go_through(context: Context, last: str = "Pair cluster") -> Iterator[RecordedReply]:
    """Every step up to this one that there is, in their order, each when it is asked for."""
    for step, kind in STEPS.items():
        if step == last or context.offers(kind):
            yield go_on_to(context, step)
        if step == last:
            return
