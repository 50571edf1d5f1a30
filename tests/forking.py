"""Processes that run `python -m MODULE` without its imports: forks of one that has made them.

What the command line imports takes a second of the processor, and to read the suite as long again:
most of what a short one costs. A process that is forked has all else of its own, as one that is
started: its folder, environment, streams, signals and exit code. How Python itself starts is what
it cannot be asked for.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from importlib import import_module
from typing import Any

from tests.sources import ROOT

MARK = "PAIRPROOF_TEST_MARK"
"""The variable by which the processes of a test are told from others; 32 characters."""

_LIBC = ctypes.CDLL(None)
_LIBC.getenv.restype = ctypes.c_void_p
_PR_SET_CHILD_SUBREAPER = 36

_PRELOADED = (
    *(f"harness.cli.{path.stem}" for path in sorted(ROOT.glob("harness/cli/[a-z]*.py"))),
    "anyio._backends._asyncio",
    "harness.cli.commands",
    "harness.plugin",
    "harness.reference.embedded",
    "harness.reference.planting",
    "harness.targets.http",
    "harness.targets.inprocess",
    "harness.targets.target_file",
    "pytest_bdd.plugin",
    "uvicorn.lifespan.off",
)


def environment(mark: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a command line sees: no pytest, CI or colour of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "GITHUB"))}
    ours = {"PYTHONPATH": str(ROOT), MARK: mark, "COLUMNS": "200", "CI": "true"}
    return {**kept, **ours, **(more or {})}


class Forked(subprocess.Popen[str]):
    """`Popen([MODULE, *words], …)` that forks in place of starting.

    The process that forks has a child do it and end, so that the kernel hands over what it has
    forked to this one: it is waited for, and its time is counted, as any child of it.
    """

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        super().__init__(words, **{**options, "text": True})

    def _execute_child(self, *given: Any) -> None:
        streams = given[10:16]
        asked = {"words": given[0], "cwd": str(given[5]), "env": given[6], "session": given[21]}
        theirs = [n if fd < 0 else fd for n, fd in enumerate((streams[0], streams[3], streams[5]))]
        with _adopting():
            _, forker = _forker()
            socket.send_fds(forker, [json.dumps(asked).encode()], theirs)
            self.pid = int(forker.recv(16))
        self._child_created = True
        self._close_pipe_fds(*streams)  # type: ignore[attr-defined]


@contextmanager
def _adopting() -> Iterator[None]:
    """Meanwhile the children of a child that ends become ours."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 0)


@cache
def _forker() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The process that forks for this one, and ends with it; where it is asked to."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking", str(theirs.fileno())],
            cwd=ROOT,
            env=environment("-" * 32),
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return process, ours


def _fork_as_asked(asking: socket.socket) -> dict[str, Any]:
    """Fork until nobody is left to ask for it; returns what was asked for in what was forked."""
    while True:
        message, fds, *_ = socket.recv_fds(asking, 1 << 20, 3)
        if not message:
            sys.exit()
        reading, writing = os.pipe()
        if not os.fork():
            between = os.getpid()
            if forked := os.fork():
                os.write(writing, b"%d" % forked)
                os._exit(0)
            while os.getppid() == between:
                os.sched_yield()
            for number, fd in enumerate(fds):
                os.dup2(fd, number)
            os.closerange(3, max(*fds, asking.detach(), reading, writing) + 1)
            return dict(json.loads(message))
        os.wait()
        asking.send(os.read(reading, 16))
        for fd in (*fds, reading, writing):
            os.close(fd)


def _become(asked: dict[str, Any]) -> None:
    """Whatever a process has of its own."""
    mark = asked["env"][MARK].encode()
    ctypes.memmove(_LIBC.getenv(MARK.encode()), mark, len(mark))  # where /proc reads it
    os.environ.clear()
    os.environ.update(asked["env"])
    if asked["session"]:
        os.setsid()
    os.chdir(asked["cwd"])
    sys.path[0] = asked["cwd"]
    sys.argv[1:] = asked["words"][1:]
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())  # type: ignore[union-attr]


def _prepare() -> None:
    """Import what a command line imports, and have read what a run reads, by one short run."""
    for name in _PRELOADED:
        import_module(name)
    words = ("certify", "--driver", "inprocess", "--requirement", "PRE-1", "--out")
    quiet = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(quiet), redirect_stderr(quiet):
        import_module("harness.cli").main((*words, f"{folder}/out"))  # what fails, fails in tests


if __name__ == "__main__":
    _prepare()
    gc.collect()
    gc.freeze()
    _asked = _fork_as_asked(socket.socket(fileno=int(sys.argv[1])))
    _become(_asked)
    runpy.run_module(_asked["words"][0], run_name="__main__", alter_sys=True)
