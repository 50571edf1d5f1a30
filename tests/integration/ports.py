"""Ports that follow one another, for servers that are started again where they were."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

_LOWEST, _HIGHEST = 10_000, 32_000
"""Below those that a system gives to whoever asks for any: nobody beside us is given one of them
before it is listened on. They are drawn, so that tests in other processes look elsewhere."""


def free_ports(count: int) -> int:
    """The first of so many ports that nobody listens on."""
    while True:
        first = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST - count)
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
