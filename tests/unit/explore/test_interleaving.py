"""The walk over every interleaving: what it counts, what it shows, and that it can see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain.operations import Acknowledged, Done
from harness.explore.interleaving_events import ENDED, INVOKED, EventLog, Fingerprints, LoggedEvent
from harness.explore.interleaving_world import InterleavingRunner, InterleavingState, ScheduleStep
from harness.explore.interleavings import INTERLEAVINGS, Do, Interleaving, actor
from harness.explore.walk import first_violation, rendered, walk
from harness.history.operation import Outcome
from harness.reference.behaviour import Behaviour
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import SlotState
from harness.reference.mutants.races import StaysOpenWhileItConfirms
from harness.reference.planting import behaviour_of

TWO_ASSERTION = Interleaving(
    "two-look",
    "two look once each",
    (actor("a", Do.VIEW), actor("b", Do.VIEW)),
    (Do.SEND,),
    frozenset(),
    rounds=0,
)


def test_two_actions_of_two_people_make_two_schedules() -> None:
    result = walk([TWO_ASSERTION]).interleavings[0]
    assert (result.schedules, result.depth) == (2, 2)


def test_each_round_of_the_agents_has_its_three_steps_in_every_slot() -> None:
    one_round = replace(TWO_ASSERTION, actors=(actor("a", Do.VIEW),), rounds=1)
    # One move among three steps, or among none; the agents may also begin when all is done.
    assert walk([one_round]).interleavings[0].schedules == 5


def schedules_one_by_one(
    recorder: InterleavingRunner, world: InterleavingState
) -> list[tuple[int, ...]]:
    """The walk with no memory: every schedule by itself, with its history."""
    steps, may_end = recorder.steps(world)
    ends = [world.events] if may_end else []
    for step in steps:
        ends += schedules_one_by_one(recorder, recorder.take(world, step))
    return ends


@pytest.mark.parametrize("name", ["accept-or-cancel", "send-and-cancel", "confirm-or-expire"])
def test_what_is_merged_is_counted_as_if_it_had_been_walked(name: str) -> None:
    recorder = InterleavingRunner(INTERLEAVINGS[name], Behaviour(), 0)
    one_by_one = schedules_one_by_one(recorder, recorder.first)
    assert walk([INTERLEAVINGS[name]], faults=0).interleavings[0].schedules == len(one_by_one)


def test_a_flow_is_brought_back_to_where_it_waited() -> None:
    recorder = InterleavingRunner(INTERLEAVINGS["two-send"], Behaviour(), 0)
    for step in (0, 0):
        recorder.first = recorder.take(recorder.first, recorder.steps(recorder.first)[0][step])
    waiting = recorder.first
    (deliver, *_), _ = recorder.steps(waiting)
    once, again = recorder.take(waiting, deliver), recorder.take(waiting, deliver)
    assert recorder.fingerprint_of(once) == recorder.fingerprint_of(again)
    assert once.events == again.events


def test_two_orders_that_nobody_can_tell_apart_are_one_history() -> None:
    ledger = EventLog(Fingerprints())
    a, b = (LoggedEvent(INVOKED, name, Acknowledged(), name) for name in "ab")
    ended = LoggedEvent(ENDED, "a", Done(Acknowledged()))
    first = ledger.write(ledger.write(ledger.write((), a), b), ended)
    assert first == ledger.write(ledger.write(ledger.write((), b), a), ended)
    assert first != ledger.write(ledger.write(ledger.write((), a), ended), b)
    assert [o.outcome for o in ledger.history(first).operations] == [Outcome.OK, Outcome.INFO]


def test_the_same_walk_gives_the_same_result() -> None:
    assert walk([INTERLEAVINGS["two-send"]]) == walk([INTERLEAVINGS["two-send"]])


def test_a_restart_is_a_step_where_it_ends_a_flow_and_nowhere_else() -> None:
    recorder = InterleavingRunner(INTERLEAVINGS["handed-over"], Behaviour(), 1)
    restart, follow = ScheduleStep("restart edge"), ScheduleStep("follow", recorder.agents)
    assert restart not in recorder.steps(recorder.first)[0]
    assert restart in recorder.steps(recorder.take(recorder.first, follow))[0]


def test_a_violation_is_told_step_by_step() -> None:
    found = first_violation(behaviour_of(StaysOpenWhileItConfirms), "INV-10")
    assert found is not None
    told = rendered(found)
    assert "operator: change the cluster locally" in told
    assert "agent: confirm reaches the central side" in told
    assert "INV-10 does not hold" in told


class LosesItsCluster(EdgeCore):
    """A core that fails in the middle of a flow, to see that the walk does not hide it."""

    def pending(self, site: SlotState):  # type: ignore[no-untyped-def]
        raise LookupError("a defect of the core")


def test_a_defect_of_a_core_ends_the_walk() -> None:
    with pytest.raises(LookupError, match="a defect of the core"):
        walk([INTERLEAVINGS["two-send"]], 0, behaviour_of(LosesItsCluster))
