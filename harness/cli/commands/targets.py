"""Target files, and what stands behind them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from harness.cli.commands import options
from harness.cli.commands.options import (
    Planting,
    Printed,
    ResultFormat,
    argument,
    command,
    flag,
    option,
)

commands = typer.Typer()
target_app = typer.Typer(no_args_is_help=True, help="Target files: what is certified, and how.")
commands.add_typer(target_app, name="target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Init:
    """Where a target file goes, and what it is made from."""

    out: Path = option("FILE", "The file to write.", Path("target.toml"))
    from_openapi: tuple[str, ...] = option(
        "FILE|URL", "Map its paths and fields by this OpenAPI document (JSON); may be repeated.", ()
    )
    defaults: bool = flag("Ask nothing; take every default.")
    force: bool = flag("Replace a file that is there.")


@command(target_app, "init", example="target init --out acme.toml")
def target_init(asked: Init) -> int:
    """Write a target file, by asking or from OpenAPI documents.

    What the documents do not tell is asked. The file says in comments what is still to be filled
    in. Credentials never stand in it: their names do, and a file of mode 600 beside it takes their
    values.
    """
    from harness.cli.target_init import init

    return init(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaOptions:
    """How the keys of a target file are printed."""

    table: bool = flag("The keys as tables (Markdown) instead.")


@command(target_app, "schema", example="target schema > target.schema.json")
def target_schema(asked: SchemaOptions) -> int:
    """Print the JSON Schema of a target file, for editors."""
    from harness.targets.target_keys import target_schema_text, to_markdown

    typer.echo(to_markdown() if asked.table else target_schema_text(), nl=False)
    return 0


@command(target_app, "arrangements", example="target arrangements > docs/arrangements.md")
def target_arrangements() -> int:
    """Print what a run may want arranged, as a page (Markdown)."""
    from harness.targets.arranging.contract import to_markdown

    typer.echo(to_markdown(), nl=False)
    return 0


@command(target_app, "operations", example="target operations | less")
def target_operations() -> int:
    """Print all operations with their fields (Markdown)."""
    from harness.targets.operations_page import to_markdown

    typer.echo(to_markdown(), nl=False)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The run that is rehearsed: what of the suite `certify` would be asked for."""

    role: str | None = options.role(
        "The cost of this role.", heading="Whose cost is told, as for certify"
    )
    profile: tuple[str, ...] = options.profiles("The cost of this profile")
    requirement: tuple[str, ...] = options.requirements("The cost of this requirement")
    keyword: str = option("EXPR", "The cost of scenarios with these words.", "", "-k")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """What is tried, and what is said of it."""

    target: Path | None = option("FILE", "The target file that is to be tried.")
    driver: str = option("NAME", "How to reach it: http, or a driver of your own.", "http")
    format: Printed = ResultFormat.TEXT
    everything: bool = flag("Say also what is as it should be, and list each scenario.", "--all")
    rehearsal: Rehearsal = Rehearsal()


@command(commands, example="doctor --target target.toml")
def doctor(asked: DoctorOptions) -> int:
    """Try a target: what is missing, and what a run will cost.

    Nothing is changed there; the run is rehearsed on the reference with what the target lacks taken
    away. Exit codes: 0 it is ready, 3 a run is possible and something cannot be judged in it, 2 as
    it is no run is possible.
    """
    from harness.cli.doctor import doctor as carry_out

    return carry_out(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where others reach it, and what is trusted."""

    bind: str = option(
        "ADDRESS",
        "Where it listens. The control port stays here.",
        "127.0.0.1",
        heading="Where others reach it",
    )
    host_name: str = option("NAME", "How others reach it; by default --bind, or localhost.", "")
    cert: Path | None = option("FILE", "The certificate that it shows; else one of its own CA.")
    key: Path | None = option("FILE", "Its private key, unless it is in --cert.")
    trust: Path | None = option("FILE", "What its edge hosts trust, where it plays them alone.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The reference that is served."""

    write_target: Path | None = option(
        "FILE", "Write a target file, and beside it an .env file with the credentials."
    )
    show_credentials: bool = flag("Print them, also if they are in a file.")
    clusters: int = option("N", "How many places for clusters.", 3, min=1)
    hosts: int = option("N", "How many edge hosts in each.", 5, min=1)
    role: str = options.role("The side that it plays: edge, central or both.", default="both")
    port: int = option("N", "The first port; the others follow. 0: free ones.", 0, min=0, max=65535)
    plain: bool = flag("Plain HTTP where it would be HTTPS.")
    listening: Listening = Listening()
    wire: Path | None = option(
        "FILE",
        "Speak the wire that the mapping tables of this TOML file describe; docs/wire.md.",
        heading="How it behaves",
    )
    handover: str = option(
        "DURATION", "How long an acceptance waits for its host, as in 10m; 3s without it.", ""
    )
    db: Path | None = option("FILE", "Keep the databases beside this path, for next time.")
    planted: Planting = Planting()


@command(commands, example="serve --write-target target.toml --clusters 2")
def serve(asked: ServeOptions) -> int:
    """Run the reference, both sides with their pages.

    It is for people and tools, and runs until Ctrl-C. Prints the addresses and, unless they are
    written to a file, the credentials.
    """
    from harness.cli.serve import serve_reference

    return serve_reference(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupOptions:
    """The ledger, and how its target is reached."""

    ledger: Path = argument("LEDGER", "A ledger.jsonl, or the folder of a run.")
    target: Path | None = option("FILE", "The target file; that of the run without it.")


@command(commands, example="cleanup reports/runs/20261124T101500Z-mine")
def cleanup(asked: CleanupOptions) -> int:
    """Remove what a run that could not end has left behind.

    Credentials come from the environment, as for the run. May be done again. Exit codes: 0 nothing
    is left, 1 something is, 2 it is no ledger, or its run is still alive.
    """
    from harness.cli.cleanup import clean_up

    return clean_up(asked.ledger, asked.target)
