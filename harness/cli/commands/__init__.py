"""The command line as a whole: the commands by what they are about.

A part says what a command is called and takes. What it does is done elsewhere, and imported
when it is carried out.

Imports `domain`, `catalogue`, `configuration`, `reference`, `targets`, `fleet`. Begin with `runs`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from traceback import format_exc
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from harness import __version__
from harness.cli.commands import fleets, proof, runs, targets
from harness.cli.exits import INCONCLUSIVE, WRONG_USAGE, say

GROUPS = (
    ("Certify, and read what came of it", runs),
    ("Targets", targets),
    ("Fleets", fleets),
    ("How far the suite is to be trusted", proof),
)


class _Commands(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        for heading, part in GROUPS:
            names = get_command(part.commands).list_commands(ctx)  # type: ignore[attr-defined]
            told = [(n.ljust(width), self.commands[n].get_short_help_str(80)) for n in names]
            with formatter.section(heading):
                formatter.write_dl(told)


app = typer.Typer(
    name="pairproof",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tells, requirement by requirement, whether an implementation of cluster pairing does"
    " what the documented procedure says, and keeps the evidence.",
    epilog="Exit codes: 0 conforms, 1 does not conform, 2 wrong usage or configuration,"
    " 3 inconclusive, 130 interrupted.",
)
for _, part in GROUPS:
    app.add_typer(part.commands)


def run(words: Sequence[str]) -> int:
    """Carry out a command line; returns the exit code."""
    try:
        _command()(list(words), prog_name="pairproof")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else WRONG_USAGE
    except Exception:  # noqa: BLE001  whatever it is, it is no verdict
        say(f"{format_exc()}pairproof: this is a defect of pairproof; report it, with the above")
        return INCONCLUSIVE
    return 0


@cache
def _command() -> Callable[..., object]:
    """What reads command lines; made once, though a process should carry out several."""
    return get_command(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"pairproof {__version__}")
        raise typer.Exit


@app.callback()
def _pairproof(
    version: Annotated[
        bool, typer.Option("--version", "-V", is_eager=True, callback=_version, help="Say which.")
    ] = False,
) -> None:
    pass
