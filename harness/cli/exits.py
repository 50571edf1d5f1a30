"""Exit codes, and the one way in which a command says that it cannot be carried out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Final

from harness.history.visible import visible

CONFORMS: Final = 0
DOES_NOT_CONFORM: Final = 1
WRONG_USAGE: Final = 2
INCONCLUSIVE: Final = 3
INTERRUPTED: Final = 130


class CannotDo(Exception):
    """A command cannot be carried out: what, where, what to do. It exits with `code`."""

    def __init__(self, message: str, code: int = WRONG_USAGE) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """A line for people, on standard error; standard output is for results."""
    print(visible(text), file=sys.stderr, flush=True)


def put(text: str) -> None:
    """A result, on standard output.

    Raises:
        CannotDo: nobody reads it any more.
    """
    put_lines([f"{text}\n"])


def put_lines(lines: Iterable[str]) -> None:
    """Results, on standard output, each with its end of line.

    Raises:
        CannotDo: nobody reads them any more.
    """
    try:
        for line in lines:
            sys.stdout.write(visible(line))
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CannotDo("", 1) from None
