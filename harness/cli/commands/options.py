"""What the options of several commands share, and how every command ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from harness.cli.exits import INTERRUPTED, WRONG_USAGE, CannotDo, say
from harness.domain.errors import PairproofError


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


Listed = Annotated[Format, typer.Option("--format", help="How it is printed.")]


class ResultFormat(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


Printed = Annotated[ResultFormat, typer.Option("--format", help="How it is printed.")]


class Annotations(StrEnum):
    """For which CI server what failed is pointed out."""

    AUTO = "auto"
    GITHUB = "github"
    NONE = "none"

    @property
    def wanted(self) -> bool:
        """Whether it is one that is pointed out to; `auto` looks where it runs."""
        here = os.environ.get("GITHUB_ACTIONS") == "true"
        return self is Annotations.GITHUB or (self is Annotations.AUTO and here)


def _seed(text: str | int) -> int:
    """A seed as it was typed; `random` draws a fresh one, and the run prints it first."""
    if text == "random":
        return int.from_bytes(os.urandom(4), "big")
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a whole number nor 'random'.") from None


def _seed_of_fleet(text: str | int) -> int:
    seed = _seed(text)
    if seed < 0:
        raise typer.BadParameter(f"{seed} is not in the range x>=0.")
    return seed


_SEED_HELP = "One seed for every draw; 'random' draws a fresh one and prints it."

SEED = typer.Option(metavar="N|random", parser=_seed, help=_SEED_HELP)

SEED_OF_FLEET = typer.Option(metavar="N|random", parser=_seed_of_fleet, help=_SEED_HELP)

PlantedMutant = Annotated[
    str,
    typer.Option("--mutant", metavar="NAME", help="With this defect; `pairproof mutants list`."),
]

PlantedVariant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="With this lawful choice; `pairproof variants list`."
    ),
]


def planted_by(mutant: str, variant: str) -> str:
    """What is planted into the reference: `mutant:NAME`, `variant:NAME`, or nothing.

    Raises:
        CannotDo: both are given.
    """
    if mutant and variant:
        raise CannotDo("--mutant and --variant: plant one of them at a time")
    return f"mutant:{mutant}" if mutant else f"variant:{variant}" if variant else ""


def exit_after(carry_out: Callable[[], int]) -> NoReturn:
    """Carry out a command; whatever goes wrong, one message and an exit code."""
    try:
        code = carry_out()
    except CannotDo as error:
        code = error.code
        if str(error):
            say(f"pairproof: {error}")
    except PairproofError as error:
        code = WRONG_USAGE
        say(f"pairproof: {error}")
    except OSError as error:
        if error.filename is None:
            raise
        code = WRONG_USAGE
        say(f"pairproof: {error.filename}: {error.strerror}; see to that, or name another place")
    except KeyboardInterrupt:
        code = INTERRUPTED
        say("pairproof: interrupted")
    raise typer.Exit(code)
