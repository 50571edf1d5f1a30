"""Real time for generators: what is due happens in order, and remembers when it was due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator

from simpy.exceptions import Interrupt

from harness.fleet.realtime.environment import Environment, Event, Process

Steps = Generator[Event, object, object]


class Clock:
    """Nanoseconds that pass as they are told to."""

    def __init__(self) -> None:
        self.ns = 5_000_000_000

    def __call__(self) -> int:
        return self.ns

    def passes(self, microseconds: int) -> None:
        self.ns += microseconds * 1_000


def context(play: Callable[[Environment, Clock], Process | Event]) -> object:
    """Play a context until what it returns has happened, and give its value."""

    async def played() -> object:
        clock = Clock()
        env = Environment(clock)
        env.start()
        over = asyncio.get_running_loop().create_future()
        last = play(env, clock)
        assert last.callbacks is not None
        last.callbacks.append(lambda happened: over.set_result(happened.value))
        return await asyncio.wait_for(over, 5)

    return asyncio.run(played())


def test_what_is_due_happens_in_the_order_of_time() -> None:
    told: list[tuple[str, int]] = []

    def play(env: Environment, clock: Clock) -> Process:
        def waits(name: str, delay: int) -> Steps:
            yield env.timeout(delay)
            told.append((name, env.due))
            return None

        processes = [env.process(waits(name, at)) for name, at in (("b", 20), ("a", 10))]

        def all_of_them() -> Steps:
            yield env.event().succeed()
            clock.passes(1_000)
            yield from processes
            return None

        return env.process(all_of_them())

    context(play)
    assert told == [("a", 10), ("b", 20)]


def test_whoever_comes_late_knows_when_it_was_due() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        def late() -> Steps:
            timer = env.timeout(1_000)
            clock.passes(9_000)
            yield timer
            return env.due, env.now

        return env.process(late())

    assert context(play) == (1_000, 9_000)


def test_what_begins_because_of_something_was_due_with_it() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        def child() -> Steps:
            return env.due
            yield

        def parent() -> Steps:
            timer = env.timeout(1_000)
            clock.passes(4_000)
            yield timer
            due = yield env.process(child())
            return due

        return env.process(parent())

    assert context(play) == 1_000


def test_what_the_network_brings_is_due_when_it_comes() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        answer = env.event()

        def brings() -> None:
            clock.passes(7_000)
            answer.succeed("hello")

        def asks() -> Steps:
            asyncio.get_running_loop().call_soon(brings)
            value = yield answer
            return value, env.due

        return env.process(asks())

    assert context(play) == ("hello", 7_000)


def test_a_pause_that_lies_in_the_past_was_due_then() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        def starts() -> Steps:
            clock.passes(5_000)
            yield env.timeout(-2_000)
            return env.due

        return env.process(starts())

    assert context(play) == 3_000


def test_how_late_timers_were_is_counted() -> None:
    environments: list[Environment] = []

    def play(env: Environment, clock: Clock) -> Event:
        environments.append(env)
        timer = env.timeout(1_000, "done")
        clock.passes(51_000)
        return timer

    assert context(play) == "done"
    lag = environments[0].lag.histogram()
    assert lag.count == 1
    assert 50_000 <= lag.percentile(1000) <= 51_000


def test_what_is_late_together_is_counted_once_and_a_little_not_at_all() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        def looks() -> Steps:
            soon, later = env.timeout(1_000), env.timeout(31_000)
            clock.passes(51_000)
            yield soon & later
            clock.passes(100_000)
            once_more = env.timeout(1_000)
            clock.passes(3_000)  # within what a loop can keep
            yield once_more
            return [env.late_within(span) for span in (1_000_000, 60_000)]

        return env.process(looks())

    assert context(play) == [50_000, 0]


def test_an_interrupt_ends_what_a_process_waits_for() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        def sleeps() -> Steps:
            try:
                yield env.event()
            except Interrupt:
                return "woken"
            return "slept"

        sleeper = env.process(sleeps())

        def wakes() -> Steps:
            yield env.event().succeed()
            sleeper.interrupt()
            value = yield sleeper
            return value

        return env.process(wakes())

    assert context(play) == "woken"


def test_what_has_happened_is_not_waited_for() -> None:
    def play(env: Environment, clock: Clock) -> Process:
        event = env.event().succeed("once")

        def waits() -> Steps:
            first = yield event
            again = yield event
            return first, again, event.succeed("twice").value

        return env.process(waits())

    assert context(play) == ("once", "once", "once")


def test_after_the_stop_nothing_happens() -> None:
    told: list[str] = []

    async def played() -> None:
        clock = Clock()
        env = Environment(clock)
        env.start()
        timer = env.timeout(1_000)
        assert timer.callbacks is not None
        timer.callbacks.append(lambda _: told.append("late"))
        env.stop()
        clock.passes(10_000)
        env.event().succeed()
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(played())
    assert not told


def test_a_defect_of_a_process_reaches_the_loop() -> None:
    async def played() -> object:
        loop, over = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        loop.set_exception_handler(lambda _, told: over.set_result(told["exception"]))
        env = Environment(Clock())
        env.start()

        def breaks() -> Steps:
            yield env.event().succeed()
            raise LookupError("broken")

        env.process(breaks())
        return await asyncio.wait_for(over, 5)

    assert isinstance(asyncio.run(played()), LookupError)
