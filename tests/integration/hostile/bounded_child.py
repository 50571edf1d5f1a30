"""Carries out command lines one after the other, each with little memory and time."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import FrameType
from typing import Any

from harness.cli import main

MEMORY = 1_500 * 1024 * 1024
SECONDS = 20


class TooLong(BaseException):
    pass


def ring(_: int, __: FrameType | None) -> None:
    raise TooLong


def ended(case: dict[str, Any]) -> dict[str, object]:
    os.chdir(case["folder"])
    said = io.StringIO()
    signal.alarm(SECONDS)
    try:
        with redirect_stdout(said), redirect_stderr(said):
            code: object = main(case["words"].split())
    except TooLong:
        code = f"none within {SECONDS} s"
    except BaseException as error:  # noqa: BLE001  it is told
        code = f"none, but {type(error).__name__}: {str(error)[:300]}"
    finally:
        signal.alarm(0)
    return {**case, "code": code, "said": said.getvalue()}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, ring)
    os.environ["SECRET"] = "s3cret"
    for each in json.load(sys.stdin):
        sys.stdout.write(f"{json.dumps(ended(each))}\n")
        sys.stdout.flush()
