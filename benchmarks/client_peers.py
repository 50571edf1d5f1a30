"""Other load clients, for `bench_client.py`: `client_peers.py fasthttp|aiohttp URL USERS SECONDS`.

A script of its own that imports nothing of the project, so that they can live in another
environment. Prints requests a second.
"""

from __future__ import annotations

import sys
import time

WARM_UP_S = 0.5


def fasthttp(url: str, users: int, seconds: float) -> float:
    """FastHttpUser of locust, by its own counts."""
    import gevent
    from locust import FastHttpUser, constant, task  # patches the standard library
    from locust.env import Environment

    class User(FastHttpUser):
        host = url
        wait_time = constant(0)

        @task
        def get(self) -> None:
            self.client.get("/")

    environment = Environment(user_classes=[User])
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    while runner.user_count < users:
        gevent.sleep(0.1)
    gevent.sleep(WARM_UP_S)
    before, start = environment.stats.total.num_requests, time.perf_counter()
    gevent.sleep(seconds)
    count, took = environment.stats.total.num_requests - before, time.perf_counter() - start
    failures = environment.stats.total.num_failures
    runner.quit()
    if failures:
        raise SystemExit(f"locust: {failures} requests failed")
    return count / took


def aiohttp(url: str, users: int, seconds: float) -> float:
    """The client of aiohttp, on uvloop where that is installed."""
    import asyncio

    import aiohttp

    try:
        from uvloop import new_event_loop
    except ImportError:
        from asyncio import new_event_loop

    async def work() -> float:
        count = 0
        until = time.perf_counter() + WARM_UP_S + seconds
        connector = aiohttp.TCPConnector(limit=users)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def user() -> None:
                nonlocal count
                while (now := time.perf_counter()) < until:
                    async with session.get(url) as response:
                        await response.read()
                    count += now > until - seconds

            await asyncio.gather(*(user() for _ in range(users)))
        return count / seconds

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work())


if __name__ == "__main__":
    peer, url, users, seconds = sys.argv[1:]
    print({"fasthttp": fasthttp, "aiohttp": aiohttp}[peer](url, int(users), float(seconds)))
