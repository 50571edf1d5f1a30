"""Fleets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands import options

commands = typer.Typer()
Evidence = Annotated[
    Path,
    typer.Argument(metavar="EVIDENCE", help="The folder of a fleet run, or its evidence.jsonl."),
]


@commands.command(epilog="Example: pairproof fleet rollout-wave --hosts 10000 --seed 7 --workers 2")
def fleet(
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", help="A shipped one by name, or the path of a file."),
    ],
    hosts: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="So many hosts; the scenario's without.")
    ] = None,
    seed: Annotated[int | None, options.SEED_OF_FLEET] = None,
    until: Annotated[
        str, typer.Option(metavar="DURATION", help="So much virtual time, as in 90m or 24h.")
    ] = "",
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="How many processes share the cells; without it, one a processor where it pays."
            " The evidence is the same.",
        ),
    ] = None,
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The Dask scheduler whose workers run the cells. Needs the extra:"
            " pip install 'pairproof[dask]'.",
        ),
    ] = "",
    gate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPR", help="Must hold besides the scenario's gate: 'violations == 0'; repeat."
        ),
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Go on after a violation, to the end.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Run N seeds, one in each process, until one fails."),
    ] = None,
    limit: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="With --seeds: for so long at most.")
    ] = "",
    target: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Run in real time against what this target file describes; docs/realtime.md.",
        ),
    ] = None,
    rate: Annotated[
        str,
        typer.Option(
            metavar="RATE",
            help="With --target: operators arrive at 20/s, or 10/s..200/s over 5m.",
        ),
    ] = "",
    steps: Annotated[
        str,
        typer.Option(metavar="STEPS", help="With --target: at 10,20,50/s every 30s, in steps."),
    ] = "",
    speed: Annotated[
        float,
        typer.Option(
            metavar="X", help="With --target: divide the scenario's durations by X, as in 60."
        ),
    ] = 1.0,
    budget: Annotated[
        str,
        typer.Option(
            metavar="BUDGET",
            help="With --target: stop at requests=100000,seconds=600,errors=50 (in a row).",
        ),
    ] = "",
    find_limit: Annotated[
        str,
        typer.Option(
            metavar="BOUND",
            help="With --target: raise the rate until this breaks, as in 'p99<500ms'.",
        ),
    ] = "",
    connections: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="With --target: so many at once in each process."),
    ] = 1_000,
    storm: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="With --target: open N more at once, at the start."),
    ] = 0,
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLE",
            help="With --target: the side whose people's doors are tried, edge or central; by"
            " default central, if the file describes it.",
        ),
    ] = "",
    driver: Annotated[
        str,
        typer.Option(metavar="NAME", help="With --target: http, as no other driver bears a load."),
    ] = "http",
    mutant: options.PlantedMutant = "",
    variant: options.PlantedVariant = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the files go; reports/runs/<time>-<scenario>/ without it.",
        ),
    ] = None,
    format: options.Printed = options.ResultFormat.TEXT,
) -> None:
    """Run a fleet in virtual time, and judge every invariant.

    Writes the files of the run. The same scenario, hosts and seed give the same evidence, byte for
    byte. With --target the same people and hosts act in real time, at a real endpoint. Exit codes:
    0 all of it holds, 1 an invariant is violated or the gate does not hold, 3 it could not be
    judged, or did not reach what it was meant to.
    """
    from harness.cli.fleet import NO_TARGET, FleetOptions, RealtimeOptions, real_of
    from harness.cli.fleet import run as carry_out

    at = target or NO_TARGET
    real = RealtimeOptions(at, rate, speed, budget, find_limit, connections, storm, role, driver)
    options.exit_after(
        lambda: carry_out(
            FleetOptions(
                scenario=scenario,
                hosts=hosts,
                seed=seed,
                until=until,
                workers=workers,
                scheduler=scheduler,
                gates=tuple(gate or ()),
                keep_going=keep_going,
                planted=options.planted_by(mutant, variant),
                seeds=seeds,
                limit=limit,
                out=out,
                format=format.value,
                real=real_of(real, steps),
            )
        )
    )


@commands.command(epilog="Example: pairproof scenarios rollout-wave")
def scenarios(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Print this one; its file, or as JSON.")
    ] = "",
    format: options.Listed = options.Format.TABLE,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a scenario file.")
    ] = False,
) -> None:
    """List the fleet scenarios that are shipped, and why."""
    from harness.cli.scenarios import list_scenarios, print_schema, show_scenario

    def carry_out() -> int:
        if schema:
            return print_schema()
        return show_scenario(name, format.value) if name else list_scenarios(format.value)

    options.exit_after(carry_out)


@commands.command(epilog="Example: pairproof replay reports/runs/20261124T101500Z-rollout-wave")
def replay(
    evidence: Evidence,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How many processes; the evidence is the same."),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The Dask scheduler whose workers run the cells.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the evidence of the replay; it goes away without."),
    ] = None,
) -> None:
    """Make a fleet run again, and compare the two byte for byte.

    All that the run needs is in its evidence. Exit codes: 0 they are equal, 1 they are not, and the
    first line that differs is shown.
    """
    from harness.cli.replay import replay_evidence

    options.exit_after(lambda: replay_evidence(evidence, workers, scheduler, out))


@commands.command(
    epilog="Example: pairproof shrink reports/runs/20261124T101500Z-flaky-wan --for 2m"
)
def shrink(
    evidence: Annotated[
        Path, typer.Argument(metavar="EVIDENCE", help="Of a fleet run; or the folder of the run.")
    ],
    lasts: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="How long smaller runs are tried.")
    ] = "60s",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The scenario file to write; beside the evidence without it."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How many processes try; one a processor."),
    ] = None,
) -> None:
    """Make a fleet run that fails as small as it can be.

    Finds the fewest clusters, faults and acts that still fail so. Writes them as a scenario file of
    its own, runs it, and prints how to run it again. Exits with 1 if the run does not fail again (3
    where the evidence is of another version, or was changed), and with 2 if no invariant was broken
    in it.
    """
    from harness.cli.shrink import Shrinking, shrink_run

    options.exit_after(lambda: shrink_run(Shrinking(evidence, lasts, out, workers)))
