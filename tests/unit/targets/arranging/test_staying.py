"""A command that stays is asked again and again; whatever it does, the run goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.domain.arrangements import CreateProject
from harness.targets.arranging.commands import Commands
from harness.targets.arranging.process import OUTPUT_BYTES_MAX
from harness.targets.port import ArrangingFailed, CannotArrange
from tests.unit.targets.arranging.fakes import TOKEN, python
from tests.unit.targets.arranging.test_commands import is_gone

PROJECT = CreateProject("p-1", "retail")
LOOP = "import json, os, sys\nfor line in sys.stdin:\n    asked = json.loads(line)\n    "
ANSWERS_ITS_ID = LOOP + "print(json.dumps({'uid': str(os.getpid())}), flush=True)"
DIES = LOOP + "print('oh no', file=sys.stderr); sys.exit(7)"
LEAVES_A_CHILD = LOOP + (
    "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    "; sys.exit(5)"
)
CLOSES_ITS_OUTPUT = LOOP + "os.close(1)"
HANGS = "import time; time.sleep(60)"
GOES_ON = ANSWERS_ITS_ID + "\nimport time; time.sleep(60)"
FLOODS = LOOP + "\n    while True: sys.stdout.write('x' * 4096)"
SAYS_MUCH_ELSEWHERE = LOOP + "sys.stderr.write('x' * 999_999); print('{}', flush=True)"
FAILS = LOOP + "print(json.dumps({'error': 'broken: ' + asked['token']['value']}), flush=True)"
CANNOT = LOOP + "print(json.dumps({'cannot': 'no such thing here'}), flush=True)"
LIES = LOOP + "print(json.dumps({'active': False}), flush=True)"
TALKS = LOOP + "print('done', flush=True)"
SAYS_TWO_LINES = LOOP + "os.write(1, b'{}\\n{}\\n')"
GREETS = "print('ready', flush=True)\n" + ANSWERS_ITS_ID


@contextmanager
def staying(code: str, timeout_s: float = 20.0) -> Iterator[Commands]:
    made = Commands({"*": python(code, stays=True, timeout_s=timeout_s)}, {})
    try:
        yield made
    finally:
        made.close()


def pid_of(made: Commands) -> int:
    came = made.arrange(PROJECT)
    assert isinstance(came, CreateProject)
    return int(came.uid)


def test_it_is_started_once_and_asked_many_times() -> None:
    with staying(ANSWERS_ITS_ID) as made:
        pids, took = {pid_of(made)}, []
        for _ in range(300):
            before = time.monotonic()
            pids.add(pid_of(made))
            took.append(time.monotonic() - before)
    assert len(pids) == 1
    # An answer is taken when it is there, not when the end of the command is looked for next.
    assert len([seconds for seconds in took if seconds > 0.25]) < 4
    assert is_gone(pids.pop())


def test_one_that_goes_on_when_its_input_has_ended_is_killed() -> None:
    with staying(GOES_ON) as made:
        pid = pid_of(made)
    assert is_gone(pid)


def test_one_that_has_died_is_started_anew() -> None:
    with staying(ANSWERS_ITS_ID) as made:
        first = pid_of(made)
        os.kill(first, 9)
        assert is_gone(first)
        assert pid_of(made) != first


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = (
        "import pathlib, subprocess, sys\n"
        f"p = subprocess.Popen([sys.executable, '-c', {HANGS!r}])\n"
        f"pathlib.Path({str(child)!r}).write_text(str(p.pid))\n" + ANSWERS_ITS_ID
    )
    with staying(code) as made:
        pid_of(made)
    assert is_gone(int(child.read_text()))


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (DIES, "it ended with 7 and without an answer: oh no"),
        ("import os; os.kill(os.getpid(), 9)", "it ended with -9 and without an answer"),
        (CLOSES_ITS_OUTPUT, "without an answer"),
        (LEAVES_A_CHILD, "it ended with 5 and without an answer"),
        (FLOODS, f"it printed more than {OUTPUT_BYTES_MAX // 1024} KiB and was killed"),
        (FAILS, "it went wrong: broken: <secret>"),
        (LIES, "active = False, which is not what was asked"),
        (TALKS, "its answer is no line with a JSON object"),
        (SAYS_TWO_LINES, "it answered more than one line and was killed"),
    ],
)
def test_one_that_goes_wrong_says_so_and_no_other_way_is_tried(code: str, why: str) -> None:
    with staying(code) as made:
        for _ in range(2):  # it is asked again, whatever became of it
            with pytest.raises(ArrangingFailed) as told:
                made.arrange(TOKEN)
            assert why in str(told.value)


def test_one_that_hangs_is_killed() -> None:
    with (
        staying(HANGS, timeout_s=0.3) as made,
        pytest.raises(ArrangingFailed, match=r"did not answer within 0\.3 s and was killed"),
    ):
        made.arrange(TOKEN)


def test_one_that_greets_is_not_believed() -> None:
    with (
        staying(GREETS) as made,
        pytest.raises(ArrangingFailed, match=r"no line with a JSON|more than one line"),
    ):
        made.arrange(PROJECT)


def test_one_that_says_something_unasked_is_not_believed(tmp_path: Path) -> None:
    go, done = tmp_path / "go", tmp_path / "done"
    code = (
        "import pathlib, time\n" + LOOP + "print('{}', flush=True)\n"
        f"    while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\n"
        f"    print('{{}}', flush=True); pathlib.Path({str(done)!r}).touch()"
    )
    with staying(code) as made:
        made.arrange(PROJECT)
        go.touch()
        while not done.exists():
            os.sched_yield()
        with pytest.raises(ArrangingFailed, match="said something that it was not asked for"):
            made.arrange(PROJECT)


def test_one_that_cannot_leaves_it_to_the_next_way() -> None:
    with staying(CANNOT) as made, pytest.raises(CannotArrange) as told:
        made.arrange(TOKEN)
    assert not isinstance(told.value, ArrangingFailed)
    assert "it says that it cannot: no such thing here" in str(told.value)


def test_what_it_says_on_standard_error_is_in_nobodys_way() -> None:
    with staying(SAYS_MUCH_ELSEWHERE) as made:
        for _ in range(3):
            assert made.arrange(TOKEN) == TOKEN


def test_one_that_cannot_be_started_is_told() -> None:
    command = replace(python("", stays=True), words=("/nowhere/at/all",))
    with pytest.raises(CannotArrange, match="cannot be started"):
        Commands({"*": command}, {}).arrange(TOKEN)
