"""The commands and their options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from harness import __version__
from harness.cli.exits import INTERRUPTED, WRONG_USAGE, CannotDo, say
from harness.domain.errors import PairproofError

app = typer.Typer(
    name="pairproof",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tells, requirement by requirement, whether an implementation of cluster pairing does"
    " what the documented procedure says, and keeps the evidence.",
    epilog="Exit codes: 0 conforms, 1 does not conform, 2 wrong usage or configuration,"
    " 3 inconclusive, 130 interrupted.",
)


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def run(words: Sequence[str]) -> int:
    """Carry out a command line; returns the exit code."""
    try:
        app(list(words), prog_name="pairproof")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    return 0


def _exit_after(carry_out: Callable[[], int]) -> NoReturn:
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
    except KeyboardInterrupt:
        code = INTERRUPTED
        say("pairproof: interrupted")
    raise typer.Exit(code)


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


@app.command(
    epilog="Example: pairproof certify --target target.toml --profile core --out report",
)
def certify(
    target: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The target file; without it, the embedded reference."),
    ] = None,
    driver: Annotated[
        str, typer.Option(metavar="NAME", help="How to reach it: http, inprocess or browser.")
    ] = "http",
    role: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Only what binds this side: edge, central or both."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this profile: core, extended or resilience."),
    ] = None,
    requirement: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this requirement; repeat it, or use commas."),
    ] = None,
    tags: Annotated[
        str, typer.Option(metavar="EXPR", help="Only these tags, as in 'core and not WDR-4'.")
    ] = "",
    keyword: Annotated[
        str,
        typer.Option("-k", metavar="EXPR", help="Only scenarios with these words in name or id."),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the files go; reports/runs/<time>-<implementation>/ without it.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="One seed for every draw.")] = 1,
    repeat: Annotated[
        int, typer.Option(metavar="N", min=1, help="Run it N times; the verdicts must agree.")
    ] = 1,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="How many processes share the scenarios, each with a reference of its own;"
            " without it, up to three for the whole suite over HTTP, otherwise one.",
        ),
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first scenario that is not green.")
    ] = False,
) -> None:
    """Run the suite against a target, judge it, and write the files of the run.

    Without --target, the embedded reference is started on loopback and certified over HTTP.
    """
    from harness.cli.certify import Plan
    from harness.cli.certify import certify as carry_out

    plan = Plan(
        target=target,
        driver=driver,
        role=role,
        profile=profile,
        requirements=tuple(requirement or ()),
        tags=tags,
        keyword=keyword,
        out=out,
        seed=seed,
        repeat=repeat,
        workers=workers,
        fail_fast=fail_fast,
    )
    _exit_after(lambda: carry_out(plan))


@app.command(epilog="Example: pairproof requirements --profile core --coverage")
def requirements(
    format: Annotated[Format, typer.Option(help="How it is printed.")] = Format.TABLE,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Add the scenarios that judge each.")
    ] = False,
    role: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Only what binds this side.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only those of this profile.")
    ] = None,
) -> None:
    """List what the procedure requires: id, side, level, profile, and what must hold."""
    from harness.cli.requirements import list_requirements

    _exit_after(lambda: list_requirements(format.value, coverage, role, profile))


@app.command(epilog="Example: pairproof report reports/runs/20261124T101500Z-mine")
def report(
    evidence: Annotated[
        Path, typer.Argument(metavar="EVIDENCE", help="An evidence.jsonl, or the folder of a run.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the reports go; beside the evidence without it."),
    ] = None,
) -> None:
    """Make the reports of a run again, from its evidence alone.

    The exit code is that of the run: an evidence that was cut off is inconclusive.
    """
    from harness.cli.report import make_reports

    _exit_after(lambda: make_reports(evidence, out))


@app.command(epilog="Example: pairproof serve --write-target target.toml --clusters 2")
def serve(
    write_target: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a target file, and beside it an .env file with the credentials.",
        ),
    ] = None,
    clusters: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many places for clusters.")
    ] = 3,
    hosts: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many edge hosts in each.")
    ] = 5,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="The side that it plays: edge, central or both.")
    ] = "both",
    port: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=65535, help="The first port; the others follow. 0: free ones."
        ),
    ] = 0,
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain HTTP where it would be HTTPS.")
    ] = False,
    db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the databases beside this path, for next time."),
    ] = None,
    show_credentials: Annotated[
        bool,
        typer.Option("--show-credentials", help="Print them, also if they are in a file."),
    ] = False,
) -> None:
    """Run the reference, both sides with their pages, for people and tools, until Ctrl-C.

    Prints the addresses and, unless they are written to a file, the credentials.
    """
    from harness.cli.serve import serve_reference

    _exit_after(
        lambda: serve_reference(
            clusters=clusters,
            hosts=hosts,
            role=role,
            port=port,
            plain=plain,
            db=db,
            write_target=write_target,
            show_credentials=show_credentials,
        )
    )
