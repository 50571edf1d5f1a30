"""Asks on the terminal itself, whatever becomes of the standard streams meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

TERMINAL = Path("/dev/tty")


class TerminalAsker:
    """Asks on the controlling terminal: output is captured, and a progress bar may be drawn."""

    def __init__(
        self,
        terminal: Path = TERMINAL,
        quiet: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """While `quiet` lasts, nobody else draws there."""
        self._terminal = terminal
        self._quiet = quiet

    def ask(self, text: str) -> str:
        """Write the text on a line of its own and wait for a line.

        Raises:
            EOFError: the terminal is closed.
        """
        with self._quiet(), self._terminal.open("r+b", buffering=0) as stream:
            # What a progress bar has drawn on this line goes away.
            stream.write(b"\r\x1b[2K" + text.encode())
            answer = bytearray()
            while not answer.endswith(b"\n"):
                read = stream.read(1)
                if not read:
                    raise EOFError
                answer += read
        return answer.decode("utf-8", "replace").rstrip("\r\n")


def terminal_asker(
    quiet: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> TerminalAsker | None:
    """Who asks on this process's terminal; `None` where it has none."""
    try:
        with TERMINAL.open("r+b", buffering=0):
            return TerminalAsker(TERMINAL, quiet)
    except OSError:
        return None
