"""Target files, and what stands behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands import options

commands = typer.Typer()
target_app = typer.Typer(no_args_is_help=True, help="Target files: what is certified, and how.")
commands.add_typer(target_app, name="target")


@target_app.callback()
def _target() -> None:
    pass


@target_app.command("init", epilog="Example: pairproof target init --out acme.toml")
def target_init(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path(
        "target.toml"
    ),
    from_openapi: Annotated[
        list[str] | None,
        typer.Option(
            "--from-openapi",
            metavar="FILE|URL",
            help="Map its paths and fields by this OpenAPI document (JSON); may be repeated.",
        ),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing; take every default.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a target file, by asking or from OpenAPI documents.

    What the documents do not tell is asked. The file says in comments what is still to be filled
    in. Credentials never stand in it: their names do, and a file of mode 600 beside it takes their
    values.
    """
    from harness.cli.target_init import Init, init

    asked = Init(out, tuple(from_openapi or ()), defaults, force)
    options.exit_after(lambda: init(asked))


@target_app.command("schema", epilog="Example: pairproof target schema > target.schema.json")
def target_schema(
    table: Annotated[
        bool, typer.Option("--table", help="The keys as tables (Markdown) instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of a target file, for editors."""
    from harness.targets.target_keys import target_schema_text, to_markdown

    typer.echo(to_markdown() if table else target_schema_text(), nl=False)


@target_app.command(
    "arrangements", epilog="Example: pairproof target arrangements > docs/arrangements.md"
)
def target_arrangements() -> None:
    """Print what a run may want arranged: what each means, its JSON, and what may be answered."""
    from harness.targets.arranging.contract import to_markdown

    typer.echo(to_markdown(), nl=False)


@target_app.command("operations", epilog="Example: pairproof target operations | less")
def target_operations() -> None:
    """Print all operations with the fields that a target file can map (Markdown)."""
    from harness.targets.operations_page import to_markdown

    typer.echo(to_markdown(), nl=False)


@commands.command(epilog="Example: pairproof doctor --target target.toml")
def doctor(
    target: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The target file that is to be tried.")
    ] = None,
    driver: Annotated[
        str, typer.Option(metavar="NAME", help="How to reach it: http, or a driver of your own.")
    ] = "http",
    format: options.Printed = options.ResultFormat.TEXT,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Say also what is as it should be, and list each scenario."),
    ] = False,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="The cost of this profile, as for certify.")
    ] = None,
    requirement: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="The cost of this requirement; repeat it, or use commas."),
    ] = None,
    keyword: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="The cost of scenarios with these words.")
    ] = "",
) -> None:
    """Try a target: what is missing, and what a run will cost.

    Nothing is changed there; the run is rehearsed on the reference with what the target lacks taken
    away. Exit codes: 0 it is ready, 3 a run is possible and something cannot be judged in it, 2 as
    it is no run is possible.
    """
    from harness.cli.doctor import Rehearsal
    from harness.cli.doctor import doctor as tried

    rehearsal = Rehearsal(profile, tuple(requirement or ()), keyword)
    options.exit_after(
        lambda: tried(
            target, format.value, everything=everything, driver=driver, rehearsal=rehearsal
        )
    )


@commands.command(epilog="Example: pairproof serve --write-target target.toml --clusters 2")
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
    bind: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Where it listens. The control port stays here."),
    ] = "127.0.0.1",
    host_name: Annotated[
        str,
        typer.Option(metavar="NAME", help="How others reach it; by default --bind, or localhost."),
    ] = "",
    cert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The certificate that it shows; else one of its own CA."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its private key, unless it is in --cert.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What its edge hosts trust, where it plays them alone."),
    ] = None,
    wire: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Speak the wire that the mapping tables of this TOML file describe; docs/wire.md.",
        ),
    ] = None,
    handover: Annotated[
        str,
        typer.Option(
            metavar="DURATION",
            help="How long an acceptance waits for its host, as in 10m; 3s without it.",
        ),
    ] = "",
    db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the databases beside this path, for next time."),
    ] = None,
    mutant: options.PlantedMutant = "",
    variant: options.PlantedVariant = "",
    show_credentials: Annotated[
        bool,
        typer.Option("--show-credentials", help="Print them, also if they are in a file."),
    ] = False,
) -> None:
    """Run the reference, both sides with their pages.

    It is for people and tools, and runs until Ctrl-C. Prints the addresses and, unless they are
    written to a file, the credentials.
    """
    from harness.cli.serve import Listening, serve_reference

    options.exit_after(
        lambda: serve_reference(
            clusters=clusters,
            hosts=hosts,
            role=role,
            port=port,
            plain=plain,
            listening=Listening(bind, host_name, cert, key, trust),
            db=db,
            write_target=write_target,
            planted=options.planted_by(mutant, variant),
            show_credentials=show_credentials,
            wire=wire,
            handover=handover,
        )
    )


@commands.command(epilog="Example: pairproof cleanup reports/runs/20261124T101500Z-mine")
def cleanup(
    ledger: Annotated[
        Path, typer.Argument(metavar="LEDGER", help="A ledger.jsonl, or the folder of a run.")
    ],
    target: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The target file; that of the run without it."),
    ] = None,
) -> None:
    """Remove what a run that could not end has left behind.

    Credentials come from the environment, as for the run. May be done again. Exit codes: 0 nothing
    is left, 1 something is, 2 it is no ledger, or its run is still alive.
    """
    from harness.cli.cleanup import clean_up

    options.exit_after(lambda: clean_up(ledger, target))
