"""What is forked is, for whoever looks at it, what would have been started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.forking import MARK, Forked
from tests.integration.cli.command import Command, state_of, wait_until

TOLD = """
import atexit, json, os, signal, sys
from pathlib import Path
entries = Path("/proc/self/environ").read_bytes().split(b"\\0")
print(json.dumps({
    "argv": sys.argv, "cwd": os.getcwd(), "path": sys.path[0], "name": __name__,
    "main": sys.modules["__main__"].__spec__.name, "parent": os.getppid(),
    "environment": sorted(os.environ), "own": os.environ["OWN"],
    "marks": [e.decode() for e in entries if e.startswith(b"PAIRPROOF_TEST_MARK=")],
    "leads": os.getsid(0) == os.getpid(),
    "files": sorted(int(n) for n in os.listdir("/proc/self/fd") if int(n) < 3),
    "signals": [str(signal.getsignal(n)) for n in (2, 13, 15)], "lines": sys.stdout.line_buffering,
    "heard": sys.stdin.read(),
}))
print("and this", file=sys.stderr)
atexit.register(lambda: print("at its end"))
sys.exit(7)
"""


def outcome(command: Command, *, forked: bool) -> tuple[dict[str, Any], str, str, int]:
    options: dict[str, Any] = {
        "cwd": command.folder,
        "env": command.environment({"OWN": "1"}),
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "start_new_session": True,
    }
    words = ["told", "one", "zwei é"]
    started = (
        Forked(words, **options)
        if forked
        else subprocess.Popen([sys.executable, "-m", *words], **options)
    )
    with started as process:
        said, errors = process.communicate("something")
    first, rest = said.split("\n", 1)
    return json.loads(first), rest, errors, process.returncode


def test_it_is_told_from_one_that_is_started_by_nothing(command: Command) -> None:
    (command.folder / "told.py").write_text(TOLD, "utf-8")
    forked = outcome(command, forked=True)
    assert forked == outcome(command, forked=False)
    assert forked[0]["marks"] == [f"{MARK}={command.mark}"]
    assert forked[0]["parent"] == os.getpid()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_it_and_it_is_waited_for(
    command: Command, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "waiting.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    options = {"cwd": tmp_path, "env": command.environment(), "stdout": subprocess.PIPE}
    with Forked(["waiting"], **options) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert command.alive() == [process.pid]
        process.send_signal(number)
        assert process.wait(30) == -number
    assert command.alive() == []


def test_the_forking_process_ends_with_the_one_that_it_forks_for(tmp_path: Path) -> None:
    program = "import sys\nfrom tests.forking import _forker\nprint(_forker()[0].pid)\n"
    done = subprocess.run(
        [sys.executable, "-c", program], env=Command(tmp_path).environment(), check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    wait_until(lambda: state_of(int(done.stdout)) in "ZX", "it has ended")
