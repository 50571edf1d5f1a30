"""Acme's bus, as far as the example needs one: a line of JSON there, a line of JSON back."""

from __future__ import annotations

import json
import socket
from typing import Any


class BusDown(Exception):
    """The bus carries nothing; `sent` says whether the message may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Bus:
    """A connection to the bus, which carries one message at a time."""

    def __init__(self, host: str, port: int, timeout_s: float = 30.0) -> None:
        self._address = (host, port)
        self._timeout_s = timeout_s
        self._lines: Any = None

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and wait for its answer.

        Raises:
            BusDown: there was none.
        """
        sent = False
        try:
            if self._lines is None:
                connection = socket.create_connection(self._address, timeout=self._timeout_s)
                self._lines = connection.makefile("rwb")
                connection.close()  # the file keeps it open
            self._lines.write(json.dumps(message).encode() + b"\n")
            sent = True
            self._lines.flush()
            answer = json.loads(self._lines.readline())
        except (OSError, ValueError) as error:
            self.close()
            raise BusDown(f"no answer on the bus: {error}", sent=sent) from error
        if not isinstance(answer, dict):
            raise BusDown("what came over the bus is no answer", sent=True)
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.close()
