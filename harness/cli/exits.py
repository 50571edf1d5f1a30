"""Exit codes, and the ways in which a command says something."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

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
    """A result, on standard output. Raises `CannotDo` if nobody reads it any more."""
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
        raise CannotDo("", INCONCLUSIVE) from None


def put_json(document: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """A result for a program, as indented JSON. Raises `CannotDo` if nobody reads it any more."""
    from harness.reporting.report_json import encode_json, plain_json

    put(encode_json(plain_json(document)).decode().rstrip("\n"))


def put_list(
    heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[str] = ()
) -> None:
    """A list, on standard output: a table on a terminal, otherwise a line for each row.

    Such a line is for `wc`, `grep` and `cut`: there is no head, nothing is wrapped or cut off,
    and tabs part the cells; each line of a cell is a field of its own. A column of `numbers` is
    set to the right.

    Raises:
        CannotDo: nobody reads it any more.
    """
    if not sys.stdout.isatty():
        put_lines("\t".join(_fields(row)) + "\n" for row in rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for head in heads:
        wraps = head in (heads[0], heads[-1])
        justify: Literal["left", "right"] = "right" if head in numbers else "left"
        table.add_column(head, no_wrap=not wraps, overflow="fold", justify=justify)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def _fields(row: Sequence[str]) -> Iterator[str]:
    for cell in row:
        yield from (" ".join(line.split()) for line in cell.splitlines() or [""])
