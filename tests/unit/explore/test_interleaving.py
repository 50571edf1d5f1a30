"""The walk over every interleaving: what it counts, what it shows, and that it can see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain.operations import Acknowledged, Done, ViewPairingRequest
from harness.explore.interleaving_events import ENDED, INVOKED, EventLog, Fingerprints, LoggedEvent
from harness.explore.interleaving_world import (
    CannotWalk,
    InterleavingRunner,
    InterleavingState,
    ScheduleStep,
)
from harness.explore.interleavings import INTERLEAVINGS, Do, Interleaving, actor
from harness.explore.walk import Settling, first_violation, rendered, walk
from harness.history.operation import Outcome
from harness.reference.behaviour import Behaviour
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import PairingRequest, SlotState
from harness.reference.mutants.bases import Wakes
from harness.reference.mutants.races import (
    AdmitsWhatEndedBeforeItCame,
    StaysOpenWhileItConfirms,
)
from harness.reference.planting import behaviour_of, load

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


def test_a_restart_of_palette_is_a_step_where_it_changes_what_is_stored() -> None:
    restart = ScheduleStep("restart central")
    for behaviour, matters in ((Behaviour(), False), (behaviour_of(ForgetsWhatWaits), True)):
        recorder = InterleavingRunner(INTERLEAVINGS["accept-or-cancel"], behaviour, 1)
        assert (restart in recorder.steps(recorder.first)[0]) is matters


class ForgetsWhatWaits(Wakes):
    """Forgets all requests when it is started."""

    def wake(self) -> None:
        for request in list(self.store.every(PairingRequest)):
            self.store.delete(PairingRequest, request.pairing_uid)


def sending(recorder: InterleavingRunner, *steps: str) -> InterleavingState:
    """The world after a send has asked for the connection, and these steps of its submission."""
    world = recorder.first
    for what in ("move", "return", *steps):
        (step,) = [s for s in recorder.steps(world)[0] if s.what == what and s.lane == 0]
        world = recorder.take(world, step)
    return world


def admitted(world: InterleavingState) -> int:
    return len(list(world.central.store.every(PairingRequest)))


def test_what_its_sender_has_given_up_arrives_at_any_later_step() -> None:
    recorder = InterleavingRunner(INTERLEAVINGS["send-and-accept"], Behaviour(), 1)
    given_up = sending(recorder, "delay", "return")
    assert admitted(given_up) == 0
    assert admitted(sending(recorder, "delay", "return", "arrive")) == 1


def test_what_has_not_arrived_at_the_end_arrives_when_all_has_settled() -> None:
    behaviour = behaviour_of(AdmitsWhatEndedBeforeItCame)
    recorder = InterleavingRunner(INTERLEAVINGS["send-and-accept"], behaviour, 1)
    given_up = sending(recorder, "delay", "return")
    settled = Settling(recorder).after(given_up, recorder.fingerprint_of(given_up))
    looks = [recorder.ledger.events[number].what for number in settled]
    assert any(isinstance(look, ViewPairingRequest) for look in looks)


def test_an_error_says_nothing_of_the_effect_and_the_history_does_not_either() -> None:
    recorder = InterleavingRunner(INTERLEAVINGS["send-and-accept"], Behaviour(), 1)
    for steps, requests in ((("error", "return"), 0), (("deliver", "error after"), 1)):
        world = sending(recorder, *steps)
        assert admitted(world) == requests
        submission = recorder.ledger.history(world.events)["operator-1.2"]
        assert submission.outcome is Outcome.INFO


def test_from_the_second_fault_on_worlds_are_one_in_whichever_order_was_answered() -> None:
    small = INTERLEAVINGS["two-accept"]
    in_order = walk([small], 1).interleavings[0]
    both = walk([small], 2).interleavings[0]
    assert in_order.histories <= both.histories
    assert in_order.schedules < both.schedules


def test_a_violation_is_told_step_by_step() -> None:
    found = first_violation(behaviour_of(StaysOpenWhileItConfirms), ["INV-10"])
    assert found is not None
    told = rendered(found)
    assert "operator: change the cluster locally" in told
    assert "agent: confirm reaches the central side" in told
    assert "INV-10 does not hold" in told


class LosesItsCluster(EdgeCore):
    """A core that fails in the middle of a flow, to see that the walk does not hide it."""

    def pending(self, site: SlotState):  # type: ignore[no-untyped-def]
        raise LookupError("a defect of the core")


def test_what_remembers_outside_of_its_core_cannot_be_walked() -> None:
    waits = load()["variant"].named("a_new_request_waits_for_the_cancel")
    with pytest.raises(CannotWalk, match="outside of its core"):
        walk([INTERLEAVINGS["cancel-while-sending"]], 0, waits.behaviour)


def test_a_defect_of_a_core_ends_the_walk() -> None:
    with pytest.raises(LookupError, match="a defect of the core"):
        walk([INTERLEAVINGS["two-send"]], 0, behaviour_of(LosesItsCluster))
