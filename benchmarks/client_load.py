"""Our client under load, for `bench_client.py`, in a process of its own.

`python -m benchmarks.client_load lane|awaited|sessions URL CA COUNT SECONDS` prints figures as
JSON. Everything is recorded: a line a request in a file, and its latency.
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from benchmarks.journal import Journal
from harness.load.client import LoadClient, run
from harness.load.connection import Connection
from harness.load.message import address_of, message_of
from harness.load.opening import LoadLimits
from harness.wire.http import HttpRequest

GET = HttpRequest("GET", "/")
WARM_UP_S = 0.5
STORM_S = 120.0
TIMEOUT_NS = 30_000_000_000

Figures: TypeAlias = dict[str, float]
Load: TypeAlias = Callable[[LoadClient, str, int, float, Journal], Awaitable[Figures]]


class Lane:
    """Connections that ask again as soon as they are answered, by callback."""

    def __init__(self, url: str, journal: Journal) -> None:
        self._message = message_of(address_of(url), GET)
        self._journal = journal
        self._operation = 0
        self._until_ns = 0
        self._under_way = 0
        self._idle = asyncio.Event()

    async def run(self, connections: Sequence[Connection], seconds: float) -> float:
        """Answers a second."""
        before, start = self._journal.lines, time.monotonic_ns()
        self._until_ns = start + round(seconds * 1e9)
        self._under_way = len(connections)
        self._idle.clear()
        for connection in connections:
            connection.ask(self._message, self._done, start, start + TIMEOUT_NS)
        await asyncio.sleep(seconds)
        count, took = self._journal.lines - before, time.monotonic_ns() - start
        await self._idle.wait()
        return count / took * 1e9

    def _done(self, c: Connection) -> None:
        operation = self._operation = self._operation + 1
        now = c.end_ns
        self._journal.add(operation, c.intended_ns, c.sent_ns, now, c.status, c.body_bytes)
        if now < self._until_ns and c.is_open:
            c.ask(self._message, self._done, now, now + TIMEOUT_NS)
            return
        self._under_way -= 1
        if not self._under_way:
            self._idle.set()


async def lane(
    client: LoadClient, url: str, count: int, seconds: float, journal: Journal
) -> Figures:
    """The fast lane over connections that stay."""
    storm = await client.storm(url, count)
    load = Lane(url, journal)
    await load.run(storm.connections, WARM_UP_S)
    return {"rate": await load.run(storm.connections, seconds)}


async def awaited(
    client: LoadClient, url: str, count: int, seconds: float, journal: Journal
) -> Figures:
    """Tasks that await each answer, over the pool."""
    until = time.monotonic_ns() + round(seconds * 1e9)

    async def user(first: int) -> None:
        operation = first
        while time.monotonic_ns() < until:
            done = await client.exchange(url, GET)
            t, size = done.times, len(done.response.body)
            journal.add(operation, t.intended_ns, t.sent_ns, t.end_ns, done.response.status, size)
            operation += count

    await asyncio.gather(*(user(first) for first in range(count)))
    return {"rate": journal.lines / seconds}


async def sessions(
    client: LoadClient, url: str, count: int, seconds: float, journal: Journal
) -> Figures:
    """All at once: a storm of connections, then requests over all of them."""
    start = time.monotonic_ns()
    storm = await client.storm(url, count, STORM_S)
    took = time.monotonic_ns() - start
    rate = await Lane(url, journal).run(storm.connections, seconds)
    return {
        "rate": rate,
        "storm_s": took / 1e9,
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


LOADS: dict[str, Load] = {"lane": lane, "awaited": awaited, "sessions": sessions}


async def main(what: str, url: str, ca: str, count: int, seconds: float, folder: Path) -> Figures:
    context = ssl.create_default_context(cafile=ca)
    limits = LoadLimits(connections_per_address=count, connect_s=STORM_S)
    async with LoadClient(context, limits) as client:
        with Journal(folder / "load.jsonl") as journal:
            figures = await LOADS[what](client, url, count, seconds, journal)
            ended = {"unanswered": journal.in_vain.count, "open": client.open_connections}
            return figures | ended


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        name, where, trusted, many, long = sys.argv[1:]
        print(json.dumps(run(main(name, where, trusted, int(many), float(long), Path(made)))))
