"""A cell's time passes up to a moment, and no further; it can be stopped for good."""

from __future__ import annotations

import pytest
import simpy

from harness.fleet.clock import CellClock


def ticking(env: simpy.Environment, log: list[int], every: int) -> simpy.events.ProcessGenerator:
    while True:
        yield env.timeout(every)
        log.append(int(env.now))


def test_what_is_due_before_the_moment_happens_and_nothing_else() -> None:
    env = simpy.Environment()
    clock, log = CellClock(env), list[int]()
    env.process(ticking(env, log, 10))
    assert clock.pass_until(30) == 3  # the start, and two ticks
    assert (log, clock.now(), clock.next_event()) == ([10, 20], 20, 30)
    assert clock.pass_until(30) == 0
    assert clock.pass_until(31) == 1
    assert clock.now() == 30


def test_it_goes_as_simpy_itself_would() -> None:
    logs: list[list[int]] = []
    for stepwise in (True, False):
        env, log = simpy.Environment(), list[int]()
        clock = CellClock(env)
        for every in (3, 5, 7):
            env.process(ticking(env, log, every))
        if stepwise:
            for until in (4, 5, 50, 106):
                clock.pass_until(until)
        else:
            env.run(until=106)
        logs.append(log)
    assert logs[0] == logs[1]


def test_where_it_is_stopped_nothing_happens_any_more() -> None:
    env = simpy.Environment()
    clock, log = CellClock(env), list[int]()
    env.process(ticking(env, log, 10))

    def stops() -> simpy.events.ProcessGenerator:
        yield env.timeout(25)
        clock.is_stopped = True

    env.process(stops())
    clock.pass_until(1000)
    assert (log, clock.next_event()) == ([10, 20], None)
    assert CellClock(simpy.Environment()).next_event() is None


def test_a_process_that_fails_ends_the_run() -> None:
    env = simpy.Environment()

    def fails() -> simpy.events.ProcessGenerator:
        yield env.timeout(1)
        raise LookupError("a mistake of ours")

    env.process(fails())
    with pytest.raises(LookupError, match="a mistake of ours"):
        CellClock(env).pass_until(10)
