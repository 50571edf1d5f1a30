"""The steps of an acceptance, one by one, where a target's API has them in calls (ACC-11)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.context.context import Context
from harness.context.recorder import RecordedReply
from harness.domain.flows import Acceptance, steps_before

STEPS = ("I understand", "the details", "the match", "Validate", "Pair cluster")
"""What features call them, in their order."""


def go_on_to(context: Context, step: str) -> RecordedReply:
    """One step alone, with the selection that was made, or else with one that fits."""
    leased = context.cluster()
    acceptance = Acceptance(context.matching_selection()).on(leased.pairing_uid)
    operation = (*steps_before(acceptance), acceptance)[STEPS.index(step)]
    return context.accepted(leased, context.perform(context.admin(), operation, step))


def go_through(context: Context, last: str = STEPS[-1]) -> Iterator[RecordedReply]:
    """Every step up to this one, in their order, each when it is asked for."""
    for step in STEPS[: STEPS.index(last) + 1]:
        yield go_on_to(context, step)
