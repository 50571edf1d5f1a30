"""The command `pairproof` as a process, and what it leaves running."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from harness.cli import main
from tests.forking import MARK, Forked, environment

PATIENCE_S = 300.0
"""A whole run with its pages takes a third of that, and twice as long beside others."""
_CLI = "harness.cli"


class Command:
    """Runs `pairproof` in a folder. Every process that it starts carries a mark."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What the process sees: no pytest, CI or colour of ours."""
        return environment(self.mark, more)

    def run(
        self, *words: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return _ended(Forked([_CLI, *words], **self._piped(env)))

    def run_afresh(
        self, module: str, *words: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a module to its end by a Python that starts for it, as its variables say."""
        return _ended(subprocess.Popen([sys.executable, "-m", module, *words], **self._piped(env)))

    def here(
        self, *words: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it in this process: saves the start, for what need not be a process of its own."""
        out, errors = io.StringIO(), io.StringIO()
        with (
            chdir(self.folder),
            patch.object(sys, "argv", ["pairproof", *words]),
            patch.dict(os.environ, env or {}),
            redirect_stdout(out),
            redirect_stderr(errors),
        ):
            code = main(words)
        return subprocess.CompletedProcess(words, code, out.getvalue(), errors.getvalue())

    def on_terminal(self, *words: str, columns: int = 80) -> tuple[int, str]:
        """Run it on a terminal of its own; its exit code, and what the terminal was sent."""
        controller, terminal = pty.openpty()
        with Forked(
            [_CLI, *words],
            cwd=self.folder,
            env=self.environment({"CI": "", "TERM": "xterm", "COLUMNS": str(columns)}),
            stdout=terminal,
            stderr=terminal,
        ) as process:
            os.close(terminal)
            shown = b"".join(iter(lambda: _read(controller), b"")).decode()
        os.close(controller)
        return process.returncode, shown

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Start it, and let nothing of it live on whatever the test does."""
        # It has a group of its own, as on a terminal.
        process = Forked([_CLI, *words], **self._piped(None), start_new_session=True)
        try:
            with process:
                try:
                    yield process
                finally:
                    process.kill()
        finally:
            for pid in self.alive():
                os.kill(pid, signal.SIGKILL)

    def _piped(self, env: Mapping[str, str] | None) -> dict[str, Any]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return {"cwd": self.folder, "env": self.environment(env), **pipes}

    def alive(self) -> list[int]:
        """The processes that carry the mark and have not ended."""
        return [pid for pid in _pids() if self._is_marked(pid) and state_of(pid) not in "ZX"]

    def _is_marked(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False  # it has ended meanwhile, or is somebody else's
        return f"{MARK}={self.mark}".encode() in environment.split(b"\0")


def _ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    with process:
        try:
            said, errors = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, said, errors)


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 4096)
    except OSError:  # Linux says so at the end of a terminal
        return b""


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def state_of(pid: int) -> str:
    """The state of a process as the kernel has it, such as `T` for stopped; `X` if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return "X"
    return stat.rpartition(")")[2].split()[0]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: it does not in `PATIENCE_S`.
    """
    pause = threading.Event()
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        pause.wait(0.01)
