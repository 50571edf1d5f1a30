"""Runs one command of the user's: never through a shell, bounded in time and in what it says."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

OUTPUT_BYTES_MAX: Final = 256 * 1024
"""A command that says more on one of its outputs is stopped."""
_CHUNK = 65_536
_LOOK_S = 0.02
"""How soon the end of a command is noticed whose outputs others keep open."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended.

    Attributes:
        code: its exit code; negative for the signal that ended it.
        output, complaint: what it said on standard output and on standard error.
        problem: why it was not left to its end; empty if it was.
    """

    code: int
    output: bytes
    complaint: bytes
    problem: str = ""


def run_command(
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    given: bytes,
    timeout_s: float,
) -> Finished:
    """Run a command with `given` on its standard input; at a time-out its whole process group is
    killed, as it is when the run is interrupted meanwhile.

    Raises:
        OSError: it cannot be started.
    """
    process = subprocess.Popen(
        list(words),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    watch = _Watch(process, given)
    try:
        problem = watch.until(time.monotonic() + timeout_s, timeout_s)
        if problem:
            kill_group(process.pid)
        return Finished(process.wait(), *watch.said(), problem)
    except BaseException:
        kill_group(process.pid)
        process.wait()
        raise
    finally:
        watch.close()


def kill_group(pid: int) -> None:
    """Kill a command with all that it started. Its id is its own until it is waited for."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


class _Watch:
    """Feeds a command and takes what it says."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes) -> None:
        self._process = process
        self._left = memoryview(given)
        self._selector = selectors.DefaultSelector()
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._pipes: tuple[IO[bytes], ...] = (process.stdin, process.stdout, process.stderr)
        self._said: dict[int, bytearray] = {}
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(process.stdin, selectors.EVENT_WRITE)
        for pipe in (process.stdout, process.stderr):
            self._said[pipe.fileno()] = bytearray()
            self._selector.register(pipe, selectors.EVENT_READ)

    def until(self, deadline: float, timeout_s: float) -> str:
        """Go on until the command has ended; returns why it must not go on, if so.

        What it started and left behind may hold its outputs open: that is not waited for.
        """
        while True:
            ended = self._process.poll() is not None
            left = deadline - time.monotonic()
            if not ended and left <= 0:
                return f"it did not end within {timeout_s:g} s and was killed"
            moved = self._move(0 if ended else min(left, _LOOK_S))
            if any(len(said) > OUTPUT_BYTES_MAX for said in self._said.values()):
                return f"it printed more than {OUTPUT_BYTES_MAX // 1024} KiB and was killed"
            if ended and not moved:
                return ""

    def _move(self, within_s: float) -> bool:
        """Whether anything was said."""
        if not self._selector.get_map():
            time.sleep(within_s)
            return False
        said = False
        for key, _ in self._selector.select(within_s):
            if key.events == selectors.EVENT_WRITE:
                self._feed(key.fd)
            else:
                said |= self._take(key.fd)
        return said

    def _feed(self, number: int) -> None:
        try:
            written = os.write(number, self._left[:_CHUNK]) if self._left else 0
        except BlockingIOError:
            return
        except OSError:
            written = len(self._left)  # it reads no more, which is its business
        self._left = self._left[written:]
        if not self._left:
            self._selector.unregister(number)
            self._pipes[0].close()

    def _take(self, number: int) -> bool:
        try:
            data = os.read(number, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(number)
        self._said[number] += data
        return bool(data)

    def said(self) -> tuple[bytes, bytes]:
        """What was said on standard output and on standard error."""
        output, complaint = self._said.values()
        return bytes(output[:OUTPUT_BYTES_MAX]), bytes(complaint[:OUTPUT_BYTES_MAX])

    def close(self) -> None:
        """Let go of the pipes."""
        self._selector.close()
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
