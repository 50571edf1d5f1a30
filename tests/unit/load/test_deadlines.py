"""Deadlines pass in order, once, never early, and with one timer for all."""

from __future__ import annotations

import asyncio
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from harness.load.connection import TICK_NS, DeadlineWheel
from tests.unit.load.wires import MS, NoTimers, SetClock, waiting


class Noting:
    def __init__(self, again_ns: int = 0) -> None:
        self.at: list[int] = []
        self.again_ns = again_ns

    def expire(self, now_ns: int) -> int:
        self.at.append(now_ns)
        again, self.again_ns = self.again_ns, 0
        return again


def wheel() -> tuple[DeadlineWheel, SetClock, NoTimers]:
    clock, loop = SetClock(), NoTimers()
    return DeadlineWheel(cast(asyncio.AbstractEventLoop, loop), clock), clock, loop


@given(st.lists(st.integers(-50 * MS, 2_000 * MS), max_size=30), st.integers(1, 700))
def test_each_is_asked_once_and_never_early(deadlines: list[int], step_ms: int) -> None:
    turning, clock, _ = wheel()
    start = clock.now
    all_of = [(start + d, Noting()) for d in deadlines]
    for deadline, noting in all_of:
        turning.add(deadline, noting)
    while clock.now < start + 2_100 * MS:
        clock.now += step_ms * MS
        turning.turn()
    for deadline, noting in all_of:
        assert len(noting.at) == 1
        late = noting.at[0] - max(deadline, start)
        assert 0 <= late <= 2 * TICK_NS + step_ms * MS
    assert waiting(turning) == 0


def test_there_is_one_timer_and_none_when_nothing_waits() -> None:
    turning, clock, loop = wheel()
    for _ in range(1_000):
        turning.add(clock.now + 15 * MS, Noting())
    assert loop.asked == 1
    clock.now += 100 * MS
    turning.turn()
    assert loop.asked == 1


def test_a_deadline_may_move() -> None:
    turning, clock, _ = wheel()
    noting = Noting(again_ns=clock.now + 500 * MS)
    turning.add(clock.now + 50 * MS, noting)
    for _ in range(60):
        clock.now += 10 * MS
        turning.turn()
    assert len(noting.at) == 2
    assert waiting(turning) == 0
