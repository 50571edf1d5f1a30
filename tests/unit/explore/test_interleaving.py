"""The walk over every interleaving: what it counts, what it shows, and that it can see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from harness.checkers.invariants.stream import ALL, as_they_came, violations_of
from harness.domain.operations import (
    Acknowledged,
    Done,
    PairingRequestView,
    ViewPairingRequest,
)
from harness.explore.interleaving_events import (
    ENDED,
    INVOKED,
    EventLog,
    Events,
    Fingerprints,
    LoggedEvent,
)
from harness.explore.interleaving_world import (
    CannotWalk,
    InterleavingRunner,
    InterleavingState,
    ScheduleStep,
)
from harness.explore.interleavings import INTERLEAVINGS, Do, Fault, Interleaving, actor
from harness.explore.walk import BOUNDS, Settling, _Walk, first_violation, rendered, walk
from harness.history.operation import Outcome
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import Boots, PairingRequest, SlotState
from harness.reference.mutants.bases import Wakes
from harness.reference.mutants.races import (
    AdmitsWhatEndedBeforeItCame,
    ObeysOnlyAfterTheAnswer,
    ShowsWhatItShowedBefore,
    StaysOpenWhileItConfirms,
    TwoAdministratorsAcceptAtOnce,
)
from harness.reference.planting import Memory, behaviour_of, load

TWO_ASSERTION = Interleaving(
    "two-look",
    "two look once each",
    (actor("a", Do.VIEW), actor("b", Do.VIEW)),
    (Do.SEND,),
    frozenset(),
    rounds=0,
)


def test_two_actions_of_two_people_make_two_schedules() -> None:
    result = walk(TWO_ASSERTION)
    assert (result.schedules, result.depth) == (2, 2)


def test_each_round_of_the_agents_has_its_three_steps_in_every_slot() -> None:
    one_round = replace(TWO_ASSERTION, actors=(actor("a", Do.VIEW),), rounds=1)
    # One move among three steps, or among none; the agents may also begin when all is done.
    assert walk(one_round).schedules == 5


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
    assert walk(INTERLEAVINGS["two-send"]) == walk(INTERLEAVINGS["two-send"])


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


def test_that_a_withdrawal_was_spoiled_stands_in_the_history() -> None:
    recorder = InterleavingRunner(INTERLEAVINGS["cancel-when-accepted"], Behaviour(), 1)
    world = recorder.take(recorder.first, ScheduleStep("move", 0))
    history = recorder.ledger.history(recorder.take(world, ScheduleStep("lose", 0)).events)
    (spoiled,) = as_they_came(history.of_kind("FaultNextMessage"))
    assert spoiled.args["message"] == "withdraw"


class SaysRejectedAfterTwoRestarts(Wakes):
    """A Palette that has restarted twice shows the first request that is viewed as rejected."""

    restarts = Memory[list[int]](list)

    def wake(self) -> None:
        boots = self.store.get(Boots, "central")
        self.restarts.append(boots.count - 1 if boots else 0)

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        view = super().view_request(operation, call)
        is_rejected = 2 in self.restarts
        self.restarts.clear()
        return replace(view, state="Rejected") if is_rejected else view


REJECTED_BEFORE_IT_WAS = Interleaving(
    "rejected-before-it-was",
    "one administrator rejects, another looks",
    (actor("a", Do.REJECT), actor("b", Do.VIEW)),
    (Do.SEND,),
    frozenset({Fault.RESTART_CENTRAL}),
    rounds=0,
)
"""Two restarts, the reject and the look lead to one world, with the same answers, in whichever
order. Only if the look comes before the reject do they contradict each other, and that order is
walked last.
"""


def test_a_world_that_is_reached_in_another_order_is_judged_again() -> None:
    planted = behaviour_of(SaysRejectedAfterTwoRestarts)
    assert not walk(REJECTED_BEFORE_IT_WAS, 1, planted).violations
    found = first_violation(planted, ["INV-8"], [REJECTED_BEFORE_IT_WAS])
    assert found is not None


Ends = Counter[frozenset[str]]
"""How many schedules end with which invariants broken."""


@dataclass(slots=True)
class OneByOne:
    """The walk with no memory: every schedule by itself, and each history judged."""

    walk: _Walk
    ends: dict[object, Ends] = field(default_factory=dict)
    """What the schedules that lead on from a state end with."""
    met: int = 0
    """How often a state was met that had been met before."""
    _broken: dict[Events, frozenset[str]] = field(default_factory=dict)

    def below(self, world: InterleavingState) -> Ends:
        fingerprint, state = self.walk._key(world)
        steps, may_end = self.walk.runner.steps(world)
        ends = Counter([self.broken(world, fingerprint)] if may_end else [])
        for step in steps:
            ends += self.below(self.walk.runner.take(world, step))
        self.met += state in self.ends
        assert self.ends.setdefault(state, ends) == ends
        return ends

    def broken(self, world: InterleavingState, fingerprint: object) -> frozenset[str]:
        events = (*world.events, *self.walk.settling.after(world, fingerprint))
        if events not in self._broken:
            found = violations_of(self.walk.runner.ledger.history(events), ALL, BOUNDS)
            self._broken[events] = frozenset(violation.invariant for violation in found)
        return self._broken[events]


@pytest.mark.parametrize(
    ("interleaving", "faults", "planted"),
    [
        (REJECTED_BEFORE_IT_WAS, 2, SaysRejectedAfterTwoRestarts),
        (INTERLEAVINGS["accept-or-reject"], 0, ShowsWhatItShowedBefore),
        (INTERLEAVINGS["two-accept"], 0, TwoAdministratorsAcceptAtOnce),
        (INTERLEAVINGS["confirm-or-expire"], 0, StaysOpenWhileItConfirms),
        (INTERLEAVINGS["handed-over"], 0, ObeysOnlyAfterTheAnswer),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_worlds_of_one_state_have_one_future(
    interleaving: Interleaving, faults: int, planted: type
) -> None:
    behaviour = behaviour_of(planted)
    one_by_one = OneByOne(_Walk(interleaving, behaviour, faults, ALL))
    ends = one_by_one.below(one_by_one.walk.runner.first)
    merged = walk(interleaving, faults, behaviour)
    assert (merged.schedules, merged.states) == (ends.total(), len(one_by_one.ends))
    assert {found.violation.invariant for found in merged.violations} == frozenset().union(*ends)
    assert one_by_one.met
    assert len(ends) > 1


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
        walk(INTERLEAVINGS["cancel-while-sending"], 0, waits.behaviour)


def test_a_defect_of_a_core_ends_the_walk() -> None:
    with pytest.raises(LookupError, match="a defect of the core"):
        walk(INTERLEAVINGS["two-send"], 0, behaviour_of(LosesItsCluster))
