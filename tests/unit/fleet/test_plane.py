"""The central plane: served in order from what was granted, refused beyond its limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import simpy

from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, Restart, Side
from harness.domain.errors import Reason, Refused
from harness.fleet.clock import Deadlines, PendingReply
from harness.fleet.draws import Stream
from harness.fleet.plane import Plane
from harness.fleet.scenario import MINUTE, SECOND, CentralPlan, fixed
from harness.reference.core.link import LinkReply, NotDelivered

WINDOW = SECOND
PLAN = CentralPlan(workers=1, service=fixed(100))
PATIENT = replace(PLAN, queue=10**12)
OK = ops.Done(ops.Acknowledged())


@dataclass
class Said:
    """What was answered: when, to whom, what, and how much later it leaves."""

    env: simpy.Environment
    log: list[tuple[int, str, str, int]] = field(default_factory=list)

    def takes(self, name: str, reply: LinkReply, later: int) -> None:
        match reply:
            case ops.Done():
                word = "done"
            case Refused(reason=reason):
                word = reason.value
            case NotDelivered() | ops.Unknown():
                word = reply.why
        self.log.append((int(self.env.now), name, word, later))


class Central:
    """A central side that says yes to everything."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.performed: list[int] = []
        self.arranged: list[Arrangement] = []
        self.clock = self
        self.ahead = 0

    def perform(self, operation: object, credentials: ops.Credentials) -> ops.Reply:
        self.performed.append(int(self.env.now))
        return OK

    def arrange(self, arrangement: Arrangement) -> None:
        self.arranged.append(arrangement)

    def put_forward(self, by: int) -> None:
        self.ahead += by


class SaysYesOnce(Central):
    """A central side that refuses what it has done already."""

    def perform(self, operation: object, credentials: ops.Credentials) -> ops.Reply:
        done = super().perform(operation, credentials)
        return done if len(self.performed) == 1 else Refused(Reason.CONFLICT, "it is done")


class Context:
    """A plane with a queue, and whoever comes to it."""

    def __init__(
        self,
        plan: CentralPlan = PLAN,
        grant: int = WINDOW,
        central: Callable[[simpy.Environment], Central] = Central,
    ) -> None:
        self.env = env = simpy.Environment()
        self.central = central(env)
        self.plane = Plane(env, plan, WINDOW, {0: self.central})  # type: ignore[dict-item]
        self.plane.begin_window(grant, 0)
        self.said = Said(env)
        self.stream = Stream(1, "plane")

    def arrives(self, name: str, times: int = 1, key: str = "", question: object = None) -> None:
        def take(reply: LinkReply, later: int) -> PendingReply | None:
            self.said.takes(name, reply, later)
            return question if isinstance(question, PendingReply) else None

        operation = ops.ListPairingRequests() if key else ops.Probe()
        credentials = ops.Credentials(api_key=key)
        self.plane.arrive(0, operation, credentials, self.stream, take, times)

    def at(self, when: int, *names: str) -> None:
        """These arrive then, one after the other."""
        for name in names:
            self.env.timeout(when).callbacks.append(lambda _, name=name: self.arrives(name))

    def run(self, until: int | None = None) -> list[tuple[int, str, str, int]]:
        self.env.run(until)
        return self.said.log


def test_it_takes_effect_as_its_service_begins_and_is_answered_when_that_ends() -> None:
    context = Context()
    context.at(50, "a")
    assert context.run() == [(50, "a", "done", 100)]
    assert context.central.performed == [50]


def test_who_comes_while_another_is_served_waits_in_order() -> None:
    context = Context()
    context.at(0, "a", "b", "c")
    context.at(150, "d")
    context.at(1_000, "e")
    assert [(at, name) for at, name, _, _ in context.run()] == [
        (0, "a"), (100, "b"), (200, "c"), (300, "d"), (1_000, "e"),
    ]  # fmt: skip


def test_half_a_grant_takes_twice_as_long_between_two_and_no_longer_over_one() -> None:
    context = Context(grant=WINDOW // 2)
    context.at(0, "a", "b", "c")
    assert context.run() == [
        (0, "a", "done", 100), (200, "b", "done", 100), (400, "c", "done", 100),
    ]  # fmt: skip


def test_many_workers_serve_many_in_the_time_of_one() -> None:
    context = Context(grant=4 * WINDOW)
    context.at(0, *"abcde")
    assert [at for at, *_ in context.run()] == [0, 25, 50, 75, 100]


def test_what_was_asked_for_is_of_the_window_and_the_backlog_is_carried_over() -> None:
    context = Context(PATIENT, grant=1)
    context.at(0, "a", "b", "c")
    context.run(until=10)
    assert (context.plane.asked, context.plane.backlog) == (300, 200)
    context.plane.begin_window(1, 10)
    assert (context.plane.asked, context.plane.backlog) == (0, 200)


def test_from_a_new_window_on_what_is_left_is_served_at_the_new_pace() -> None:
    context = Context(grant=WINDOW // 10)
    context.at(0, "a", "b", "c", "d")
    context.run(until=1_500)
    context.plane.begin_window(WINDOW, 1_500)
    context.run()
    assert [(at, name) for at, name, *_ in context.said.log] == [
        (0, "a"), (1_000, "b"), (1_550, "c"), (1_650, "d"),
    ]  # fmt: skip
    assert context.plane.backlog == 0


def test_the_new_pace_may_be_slower() -> None:
    context = Context()
    context.at(0, "a", "b", "c")
    context.run(until=150)
    context.plane.begin_window(WINDOW // 5, 150)
    context.run()
    assert [(at, name) for at, name, *_ in context.said.log] == [(0, "a"), (100, "b"), (400, "c")]


def test_one_window_without_a_grant_does_not_hold_up_those_that_come_after_it() -> None:
    context = Context(grant=0)
    context.at(10, "a")
    context.run(until=WINDOW)
    assert context.plane.is_behind(WINDOW)
    context.plane.begin_window(WINDOW, WINDOW)
    context.at(SECOND, "b")
    assert context.run()[-1] == (2 * WINDOW, "b", "done", 100)
    assert not context.plane.is_behind(2 * WINDOW + 100)


def test_however_often_the_pace_changes_no_more_is_served_than_was_granted() -> None:
    context = Context(PATIENT, grant=WINDOW // 4)
    context.plane._plan = replace(PATIENT, service=fixed(10_000))
    context.at(0, *(str(number) for number in range(400)))
    granted = 0
    for window, share in enumerate((4, 1, 8, 2, 1, 4)):
        context.plane.begin_window(WINDOW // share, window * WINDOW)
        granted += WINDOW // share
        context.run(until=(window + 1) * WINDOW)
        served = len(context.central.performed) * 10_000
        assert granted - 10_000 <= served <= granted + 10_000
    assert [name for _, name, *_ in context.said.log] == [
        str(n) for n in range(len(context.said.log))
    ]


def test_a_cell_that_is_granted_nothing_still_has_a_slot_in_time() -> None:
    context = Context(PATIENT, grant=0)
    context.at(0, "a", "b")
    assert [at for at, *_ in context.run()] == [0, 100 * WINDOW]


def test_who_would_wait_longer_than_the_queue_allows_is_refused_at_once() -> None:
    context = Context(replace(PLAN, queue=250))
    context.at(0, "a", "b", "c", "d", "e")
    context.at(120, "f")
    log = context.run()
    assert [name for _, name, word, _ in log if word == "done"] == ["a", "b", "c", "f"]
    busy = Reason.RATE_LIMITED.value
    assert [entry for entry in log if entry[2] == busy] == [(0, "d", busy, 0), (0, "e", busy, 0)]
    assert len(context.central.performed) == 4


def test_what_arrives_twice_takes_effect_twice_and_costs_as_much() -> None:
    context = Context()
    context.arrives("a", times=2)
    assert context.said.log == [(0, "a", "done", 200)]
    assert context.central.performed == [0, 0]
    assert context.plane.asked == 200


def test_who_asked_hears_the_answer_to_the_first_of_two_copies() -> None:
    context = Context(central=SaysYesOnce)
    context.arrives("a", times=2)
    assert context.said.log == [(0, "a", "done", 200)]


def test_one_person_may_ask_only_so_often_in_a_minute() -> None:
    context = Context(replace(PLAN, rate_per_minute=2))
    coming = [(0, "ann"), (1_000, "ann"), (2_000, "ann"), (2_000, "bob"), (MINUTE, "ann")]
    for at, key in coming:
        context.env.timeout(at).callbacks.append(lambda _, key=key: context.arrives(key, key=key))
    words = [(at, name, word) for at, name, word, _ in context.run()]
    busy = Reason.RATE_LIMITED.value
    assert words == [
        (0, "ann", "done"), (1_000, "ann", "done"), (2_000, "ann", busy), (2_100, "bob", "done"),
        (MINUTE, "ann", "done"),
    ]  # fmt: skip


def test_hosts_are_not_counted() -> None:
    context = Context(replace(PLAN, rate_per_minute=1))
    context.at(0, "a", "b", "c")
    assert [word for _, _, word, _ in context.run()] == ["done"] * 3


# --- outages ----------------------------------------------------------------------------------


def test_what_waits_when_it_crashes_is_broken_off_without_effect() -> None:
    context = Context()
    context.at(0, "a", "b", "c")
    context.env.timeout(120).callbacks.append(lambda _: context.plane.crash())
    context.run()
    assert context.said.log[-1] == (120, "c", "the connection broke before an answer came", 0)
    assert context.central.performed == [0, 100]
    assert context.plane.backlog == 0


def test_what_was_not_acknowledged_when_it_crashes_is_spoiled_and_what_was_is_not() -> None:
    context, came = Context(), dict[str, object]()
    for name in ("first", "second"):
        question = Deadlines(context.env, SECOND).ask()
        question.callbacks.append(lambda event, name=name: came.update({name: event.value}))
        context.arrives(name, question=question)
        question.answer(OK, 190 if name == "first" else 290)
    context.env.timeout(150).callbacks.append(lambda _: context.plane.crash())
    context.run()
    assert came["first"] == OK
    assert isinstance(came["second"], ops.Unknown)


def test_of_two_that_are_served_at_once_a_crash_spoils_the_one_that_is_not_done() -> None:
    context, came = Context(grant=2 * WINDOW), dict[str, object]()
    for name, answered in (("first", 190), ("second", 240)):
        question = Deadlines(context.env, SECOND).ask()
        question.callbacks.append(lambda event, name=name: came.update({name: event.value}))
        context.arrives(name, question=question)
        question.answer(OK, answered)
    context.env.timeout(120).callbacks.append(lambda _: context.plane.crash())
    context.run()
    assert context.central.performed == [0, 50]
    assert came["first"] == OK, "it was served from 0 to 100"
    assert isinstance(came["second"], ops.Unknown), "from 50 to 150"


def test_while_it_is_down_nobody_is_let_in() -> None:
    context = Context()
    context.plane.crash()
    context.at(10, "a")
    assert context.run() == [(10, "a", "the connection was refused", 0)]
    assert context.plane.asked == 0


def test_once_it_is_back_it_serves_at_once_and_has_started_again() -> None:
    context = Context(PATIENT, grant=1)
    context.at(0, "a", "b")
    context.env.timeout(100).callbacks.append(lambda _: context.plane.crash())
    context.env.timeout(500).callbacks.append(lambda _: context.plane.restart())
    context.at(500, "c")
    context.run()
    assert [(at, name, word) for at, name, word, _ in context.said.log if word == "done"] == [
        (0, "a", "done"), (500, "c", "done"),
    ]  # fmt: skip
    assert context.central.arranged == [Restart(Side.CENTRAL)]


def test_its_clock_is_put_forward_on_every_tenant() -> None:
    context = Context()
    context.plane.put_forward(7)
    assert context.central.ahead == 7
