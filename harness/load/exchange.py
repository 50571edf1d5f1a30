"""One exchange, awaited: the request's way over a connection and its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from harness.load.connection import Connection
from harness.load.errors import NoAnswer, NotSent, Times
from harness.load.message import Address
from harness.load.resumption import remember
from harness.wire.http import HttpResponse


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came, when, and the bytes that went out for it."""

    response: HttpResponse
    times: Times
    request: bytes


async def exchange_over(
    connection: Connection, address: Address, message: bytes, intended_ns: int, deadline_ns: int
) -> Exchanged:
    """Send the bytes and wait for the answer. Whoever is cancelled closes the connection.

    Raises:
        NotSent: the connection was found closed before a byte was written.
        NoAnswer: no whole answer came in time and of bounded size.
    """
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(_: Connection) -> None:
        if not over.done():
            over.set_result(None)

    try:
        connection.ask(message, done, intended_ns, deadline_ns)
    except NotSent as error:
        raise NotSent(f"{address.base_url}: {error.why}", error.times) from error
    try:
        await over
    except asyncio.CancelledError:
        connection.close("the request was cancelled")
        raise
    if connection.failure:
        raise NoAnswer(f"{address.base_url}: {connection.failure}", connection.times())
    if address.is_tls and connection.answers == 1:
        remember(connection.extra("ssl_object"))
    return Exchanged(connection.response(), connection.times(), message)
