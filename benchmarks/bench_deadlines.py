"""Requests with a deadline: the reusable deadline of the fleet against SimPy's own way.

A host asks, the request takes one hop, the answer another; 2 % of them are lost; whoever has no
answer after 5 s asks again. SimPy's own way waits for `AnyOf` of an event and a timeout. Each run
is a process of its own, the ways take turns, and what counts is the median of five.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from statistics import median
from time import perf_counter

import simpy

from benchmarks.figure import Figure
from harness.fleet.clock import Deadlines
from harness.fleet.draws import Stream

RUNS = 5
DEADLINE = 5_000_000
HOP = 100_000
LOST_PPM = 20_000
PAUSE = 1_000_000
REQUESTS = {1_000: 100, 100_000: 6}
"""How many each host makes, by how many hosts there are."""

Host = Generator[simpy.Event, object, None]
Trip = tuple[int, int, bool, int]
"""The two hops of a request, whether it is lost, and the pause after it."""


def _trips() -> list[Trip]:
    """Drawn once: it is not the draws that are measured."""
    stream = Stream(1, "bench")
    return [
        (stream.below(HOP), stream.below(HOP), stream.chance(LOST_PPM), stream.below(PAUSE))
        for _ in range(4096)
    ]


def any_of(env: simpy.Environment, trips: list[Trip], _: Deadlines) -> Host:
    """As SimPy's documentation does it."""
    for there, back, lost, pause in trips:
        answer = env.event()
        if not lost:
            arrival = env.timeout(there)
            arrival.callbacks.append(lambda _, a=answer, later=back: _answer(env, a, later))
        yield answer | env.timeout(DEADLINE)
        yield env.timeout(pause)


def _answer(env: simpy.Environment, answer: simpy.Event, later: int) -> None:
    env.timeout(later).callbacks.append(lambda _: answer.succeed())


def reusable(env: simpy.Environment, trips: list[Trip], deadlines: Deadlines) -> Host:
    """As the fleet does it."""
    for there, back, lost, pause in trips:
        question = deadlines.ask()
        if not lost:
            arrival = env.timeout(there)
            arrival.callbacks.append(lambda _, q=question, later=back: q.answer(True, later))
        yield question
        yield env.timeout(pause)


Way = Callable[[simpy.Environment, list[Trip], Deadlines], Host]
WAYS: dict[str, tuple[Way, bool]] = {
    "AnyOf, default collection": (any_of, False),
    "AnyOf, raised thresholds": (any_of, True),
    "reusable deadline": (reusable, True),
}


def requests_a_second(way: str, hosts: int) -> float:
    """One run, in this process."""
    host, raised = WAYS[way]
    if raised:
        gc.set_threshold(100_000, 50, 1000)
    env = simpy.Environment()
    deadlines, trips, requests = Deadlines(env, DEADLINE), _trips(), REQUESTS[hosts]
    for index in range(hosts):
        first = index * 7 % (len(trips) - requests)
        env.process(host(env, trips[first : first + requests], deadlines))
    if raised:
        gc.collect()
        gc.freeze()
    start = perf_counter()
    env.run()
    return hosts * REQUESTS[hosts] / (perf_counter() - start)


def figures() -> Iterator[Figure]:
    """Requests a second at 1k and 100k hosts, and the ratios."""
    for hosts in REQUESTS:
        rates: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(RUNS):
            for way in WAYS:
                rates[way].append(requests_a_second_apart(way, hosts))
        medians = {way: median(found) for way, found in rates.items()}
        for way, rate in medians.items():
            yield Figure(f"deadlines, {hosts:,} hosts: {way}", rate, "1/s")
        usual, equal, ours = medians.values()
        goals = (5.0, 2.0) if hosts >= 100_000 else (1.0, 1.0)
        yield Figure(f"deadlines, {hosts:,}: to default", ours / usual, "times", None, goals[0])
        yield Figure(f"deadlines, {hosts:,}: to equal", ours / equal, "times", None, goals[1])


def requests_a_second_apart(way: str, hosts: int) -> float:
    """One run, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench_deadlines", way, str(hosts)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    print(requests_a_second(sys.argv[1], int(sys.argv[2])))
