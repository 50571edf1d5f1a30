"""A pacer starts what is due, leaves nothing out, does not drift, and owns up to being late."""

from __future__ import annotations

import asyncio

import pytest

from harness.load.pacing import Pacer
from tests.unit.load.wires import MS, SetClock


class Paced:
    """A pacer on a clock that only moves when it sleeps, or when a start takes time."""

    def __init__(self, oversleeps_ns: int = 0, start_takes_ns: int = 0, precise: bool = False):
        self.clock = SetClock()
        self.start = self.clock.now
        self.oversleeps_ns = oversleeps_ns
        self.start_takes_ns = start_takes_ns
        self.naps = 0
        self.fired: list[tuple[int, int, int]] = []
        self.pacer = Pacer(self.clock, precise=precise, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.naps += 1
        passed = round(seconds * 1e9)
        self.clock.now += passed + self.oversleeps_ns if passed else 10_000

    def fire(self, index: int, intended_ns: int) -> None:
        self.fired.append((index, intended_ns - self.start, self.clock.now - self.start))
        self.clock.now += self.start_takes_ns

    def run(self, arrivals: list[int]) -> int:
        return asyncio.run(self.pacer.run(arrivals, self.fire, self.start))


def test_everything_starts_in_its_time_and_none_before() -> None:
    paced = Paced(oversleeps_ns=MS // 2)
    arrivals = [i * 7 * MS for i in range(1_000)]
    assert paced.run(arrivals) == 1_000
    assert [row[1] for row in paced.fired] == arrivals
    assert [row[0] for row in paced.fired] == list(range(1_000))
    late = [now - due for _, due, now in paced.fired]
    assert min(late) >= 0
    assert max(late) <= 2 * MS, "it drifts"
    assert paced.pacer.lag.count == 1_000
    assert paced.pacer.lag.max <= 2.01 * MS


def test_an_overloaded_pacer_leaves_none_out_and_says_how_late_it_is() -> None:
    paced = Paced(start_takes_ns=2 * MS)
    assert paced.run([i * MS for i in range(500)]) == 500
    assert [row[1] for row in paced.fired] == [i * MS for i in range(500)]
    assert paced.pacer.lag.max == pytest.approx(499 * MS, rel=0.01)
    assert paced.pacer.lag.percentile(50) == pytest.approx(249 * MS, rel=0.02)


def test_answers_get_their_turn_in_a_burst() -> None:
    paced = Paced()
    paced.run([0] * 320)
    assert paced.naps == 10


def test_a_precise_one_is_late_by_microseconds() -> None:
    paced = Paced(oversleeps_ns=MS, precise=True)
    paced.run([i * 7 * MS for i in range(100)])
    assert paced.pacer.lag.max <= 20_000


def test_it_stops_in_the_midst_of_a_pause() -> None:
    paced = Paced()

    def stop(index: int, intended_ns: int) -> None:
        paced.pacer.stop()

    arrivals = [0, 3_600_000 * MS, 3_600_001 * MS]
    assert asyncio.run(paced.pacer.run(arrivals, stop, paced.start)) == 1
    assert paced.clock.now - paced.start <= 100 * MS


def test_no_arrivals_are_none() -> None:
    assert Paced().run([]) == 0
