"""A session is one connection, and another one only when that is closed."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from harness.load.client import HttpSession
from harness.load.errors import NotSent
from harness.load.message import address_of
from harness.load.opening import Opener
from tests.unit.load.wires import Opens, SetClock


def test_a_session_opens_again_only_when_its_connection_is_closed() -> None:
    async def test() -> None:
        opens = Opens()
        session = HttpSession(address_of("http://h"), cast(Opener, opens), SetClock())
        assert not session.is_open
        for _ in range(3):
            await session.open(1)
        assert (session.opened, len(opens.opened)) == (1, 1)
        opens.opened[0].close()
        assert not session.is_open
        await session.open(1)
        assert (session.opened, session.is_open) == (2, True)
        session.close()
        assert not opens.opened[1].is_open

    asyncio.run(test())


def test_a_session_that_cannot_open_has_not_opened() -> None:
    async def test() -> None:
        opens = Opens()
        opens.refuses = True
        session = HttpSession(address_of("http://h"), cast(Opener, opens), SetClock())
        with pytest.raises(NotSent):
            await session.open(1)
        assert (session.opened, session.is_open, session.connection) == (0, False, None)

    asyncio.run(test())
