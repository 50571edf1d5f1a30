"""A pool hands each connection to one at a time, and loses no place, whoever gives up when."""

from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest

from harness.load.client import Pool
from harness.load.connection import Connection
from harness.load.errors import NotSent
from harness.load.message import address_of
from harness.load.opening import LoadLimits, Opener
from tests.unit.load.wires import Opens

SOON_NS, LATE_NS = 20_000_000, 10**10


def made(places: int = 1) -> tuple[Pool, Opens]:
    opens = Opens()
    limits = LoadLimits(connections_per_address=places)
    pool = Pool(address_of("http://h"), cast(Opener, opens), limits, time.monotonic_ns)
    return pool, opens


async def take(pool: Pool, within_ns: int = LATE_NS) -> Connection:
    return await pool.take(time.monotonic_ns() + within_ns)


def test_a_connection_that_is_closing_is_not_handed_out() -> None:
    async def test() -> None:
        pool, opens = made()
        first = await take(pool)
        pool.give_back(first)
        assert await take(pool) is first
        pool.give_back(first)
        first.close()
        assert await take(pool) is not first
        assert len(opens.opened) == 2

    asyncio.run(test())


def test_who_has_waited_longest_is_next() -> None:
    async def test() -> None:
        pool, _ = made()
        connection, turns = await take(pool), list[int]()

        async def user(number: int) -> None:
            taken = await take(pool)
            turns.append(number)
            pool.give_back(taken)

        users = [asyncio.create_task(user(number)) for number in range(5)]
        await asyncio.sleep(0)
        pool.give_back(connection)
        await asyncio.gather(*users)
        assert turns == list(range(5))

    asyncio.run(test())


def test_who_gives_up_just_when_it_is_their_turn_lets_the_next_one_in() -> None:
    async def test() -> None:
        pool, _ = made()
        connection = await take(pool)
        late, next_one = (asyncio.create_task(take(pool)) for _ in range(2))
        await asyncio.sleep(0)
        pool.give_back(connection)
        late.cancel()
        assert await next_one is connection
        assert late.cancelled()

    asyncio.run(test())


def test_who_waited_in_vain_is_not_handed_a_place() -> None:
    async def test() -> None:
        pool, _ = made()
        connection = await take(pool)
        with pytest.raises(NotSent, match="in use"):
            await take(pool, SOON_NS)
        pool.give_back(connection)
        assert await take(pool) is connection

    asyncio.run(test())


def test_a_refusal_takes_no_place() -> None:
    async def test() -> None:
        pool, opens = made()
        opens.refuses = True
        for _ in range(3):
            with pytest.raises(NotSent, match="refused"):
                await take(pool)

    asyncio.run(test())
