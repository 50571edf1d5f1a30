"""Runs commands of the user's, once or line by line: no shell, bounded in time and output."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

OUTPUT_BYTES_MAX: Final = 256 * 1024
"""A command that says more on one of its outputs is stopped."""
_CHUNK = 65_536
_LOOK_S = 0.02
"""How soon the end of a command is noticed whose outputs others keep open."""

_Pipes = tuple[IO[bytes], IO[bytes], IO[bytes]]


@dataclass(frozen=True, slots=True)
class CompletedCommand:
    """How a command ended. `code` is negative for a signal, `complaint` is its standard error, and
    `problem` says why it was not left to its end.
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
) -> CompletedCommand:
    """Run a command with `given` on its standard input. Raises `OSError`: it cannot be started.

    At a time-out its whole process group is killed, as when the run is interrupted meanwhile.
    """
    process, pipes = _started(words, folder, environment)
    watch = _Watch(process, pipes, given)
    try:
        problem = watch.until(time.monotonic() + timeout_s, timeout_s)
        if problem:
            kill_group(process.pid)
        return CompletedCommand(process.wait(), *watch.said(), problem)
    except BaseException:
        kill_group(process.pid)
        process.wait()
        raise
    finally:
        watch.close()


def _started(
    words: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], _Pipes]:
    """A command in a session of its own, and its pipes, none of which blocks."""
    process = subprocess.Popen(
        list(words),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    pipes = (process.stdin, process.stdout, process.stderr)
    for pipe in pipes:
        os.set_blocking(pipe.fileno(), False)
    return process, pipes


def kill_group(pid: int) -> None:
    """Kill a command with all that it started. Its id is its own until it is waited for."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


class _Watch:
    """Feeds a command and takes what it says."""

    def __init__(self, process: subprocess.Popen[bytes], pipes: _Pipes, given: bytes) -> None:
        self._process = process
        self._left = memoryview(given)
        self._selector = selectors.DefaultSelector()
        self._pipes = pipes
        self._said: dict[int, bytearray] = {}
        self._selector.register(pipes[0], selectors.EVENT_WRITE)
        for pipe in pipes[1:]:
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


_COMPLAINT_KEPT: Final = 8_192
_EXIT_LOOK_S: Final = 0.01
_DIES_S: Final = 0.3
"""How soon the end of a command is noticed whose output others keep open."""
_ENDS_S: Final = 1.0
"""A command whose standard input has ended may take so long to end itself."""


class Staying:
    """One command that stays: started when it is asked first, and anew when it has died."""

    def __init__(
        self, words: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._words, self._folder, self._environment = list(words), folder, dict(environment)
        self._running: _Running | None = None
        self._lock = threading.Lock()

    def ask(self, line: bytes, timeout_s: float) -> CompletedCommand:
        """Give it one line and take one. `problem` says why there is none, which ends it.

        Raises `OSError`: it cannot be started.
        """
        with self._lock:
            if self._running is None or self._running.has_died():
                self._end(gently=False)
                self._running = _Running(self._words, self._folder, self._environment)
            running = self._running
            try:
                problem = running.exchange(line, time.monotonic() + timeout_s, timeout_s)
                if problem:
                    self._end(gently=False)
                return CompletedCommand(0, running.answer(), running.complaint(), problem)
            except BaseException:
                self._end(gently=False)
                raise

    def close(self) -> None:
        """End its standard input, and kill it with all that it started if it goes on."""
        with self._lock:
            self._end(gently=True)

    def _end(self, *, gently: bool) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.end(_ENDS_S if gently else 0.0)


class _Running:
    """The process, as long as it lives."""

    def __init__(self, words: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._process, self._pipes = _started(words, folder, environment)
        self._in, self._out, self._errors = (pipe.fileno() for pipe in self._pipes)
        self._said, self._complained, self._answer = bytearray(), bytearray(), bytearray()
        self._too_much = self._ended = False
        self._selector = selectors.DefaultSelector()
        for number in (self._out, self._errors):
            self._selector.register(number, selectors.EVENT_READ)

    def has_died(self) -> bool:
        """Whether it cannot be asked any more."""
        self._take(0)
        return self._ended or self._exit() is not None

    def _exit(self) -> int | None:
        """Its exit code, negative for a signal; it keeps its id until it is waited for."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        found = os.waitid(os.P_PID, self._process.pid, options)
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    def exchange(self, line: bytes, deadline: float, timeout_s: float) -> str:
        """Say a line and wait for one; returns why none came, or why it must not go on."""
        if self._said:
            return "it said something that it was not asked for and was killed"
        self._complained.clear()
        left = memoryview(line + b"\n")
        while True:
            died = self.has_died()  # it may have answered first
            if b"\n" in self._said:
                break
            if self._too_much:
                return f"it printed more than {OUTPUT_BYTES_MAX // 1024} KiB and was killed"
            if died:
                return self._how_it_ended()
            within_s = deadline - time.monotonic()
            if within_s <= 0:
                return f"it did not answer within {timeout_s:g} s and was killed"
            # What it has started may hold its output open, so that its end has to be looked for.
            left = self._move(left, min(within_s, _DIES_S))
        self._answer, _, more = self._said.partition(b"\n")
        self._said.clear()
        return "it answered more than one line and was killed" if more else ""

    def _how_it_ended(self) -> str:
        code = self._await_exit(_DIES_S)
        if code is None:
            return "it closed its standard output without an answer and was killed"
        return f"it ended with {code} and without an answer"

    def _await_exit(self, within_s: float) -> int | None:
        deadline = time.monotonic() + within_s
        while (code := self._exit()) is None and time.monotonic() < deadline:
            self._take(_EXIT_LOOK_S)
            if not self._selector.get_map():
                time.sleep(_EXIT_LOOK_S)
        return code

    def _move(self, left: memoryview, within_s: float) -> memoryview:
        """Say what is left to be said as far as it is heard, and take what it says."""
        if left:
            self._selector.register(self._in, selectors.EVENT_WRITE)
        try:
            heard = any(number == self._in for number in self._take(within_s))
        finally:
            if left:
                self._selector.unregister(self._in)
        if not heard:
            return left
        try:
            return left[os.write(self._in, left[:_CHUNK]) :]
        except BlockingIOError:
            return left
        except OSError:
            return left[:0]  # it reads no more; whether it answers is seen by what it says

    def _take(self, within_s: float) -> list[int]:
        """Take what it says; returns what can be written to."""
        ready = [key.fd for key, _ in self._selector.select(within_s)]
        for number in ready:
            if number == self._out:
                self._ended |= not self._read(number, self._said.extend)
                self._too_much |= len(self._said) > OUTPUT_BYTES_MAX
            elif number == self._errors:
                self._read(number, self._complained.extend)
                del self._complained[:-_COMPLAINT_KEPT]
        return ready

    def _read(self, number: int, take: Callable[[bytes], None]) -> bool:
        data = os.read(number, _CHUNK)
        if not data:
            self._selector.unregister(number)
        take(data)
        return bool(data)

    def answer(self) -> bytes:
        """The line that it said."""
        return bytes(self._answer)

    def complaint(self) -> bytes:
        """The end of what it said on standard error while it was asked."""
        return bytes(self._complained)

    def end(self, within_s: float) -> None:
        """Let it end by itself within this time, then kill what is left of its group."""
        with suppress(OSError):
            self._pipes[0].close()
        self._await_exit(within_s)
        kill_group(self._process.pid)
        self._process.wait()
        self._selector.close()
        for pipe in self._pipes[1:]:
            pipe.close()
