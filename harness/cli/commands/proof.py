"""The suite's own proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands.options import Format, Listed, PlantedMutant, exit_after

commands = typer.Typer()
mutants_app = typer.Typer(no_args_is_help=True, help="Defects that the suite has to catch.")

variants_app = typer.Typer(no_args_is_help=True, help="Lawful choices that it has to leave alone.")
commands.add_typer(mutants_app, name="mutants")
commands.add_typer(variants_app, name="variants")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these.")]

Requirements = Annotated[
    list[str] | None,
    typer.Option("--requirement", metavar="ID", help="Only of this one; repeat it, or use commas."),
]

OfLane = Annotated[
    str,
    typer.Option("--lane", metavar="LANE", help="Only this lane: suite, interleaving or fleet."),
]

Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="How many at a time; one a processor."),
]


@mutants_app.command("list", epilog="Example: pairproof mutants list --requirement WDR-3")
def mutants_list(
    names: Names = None,
    requirement: Requirements = None,
    lane: OfLane = "",
    format: Listed = Format.TABLE,
) -> None:
    """List the planted defects, and what each of them does."""
    from harness.cli.proof import ProofOptions, list_mutants

    asked = ProofOptions(tuple(names or ()), tuple(requirement or ()), lane, format=format.value)
    exit_after(lambda: list_mutants(asked))


@mutants_app.command("run", epilog="Example: pairproof mutants run --requirement WDR-3")
def mutants_run(
    names: Names = None,
    requirement: Requirements = None,
    lane: OfLane = "",
    full: Annotated[
        bool,
        typer.Option("--full", help="The whole suite on each, for all that turns red with it."),
    ] = False,
    both_drivers: Annotated[
        bool, typer.Option("--both-drivers", help="Over HTTP as well, where that can be seen too.")
    ] = False,
    drawn: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Not these, but N that nobody planted, by the seed."),
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="The seed of --drawn.")] = 1,
    workers: Workers = None,
    format: Listed = Format.TABLE,
) -> None:
    """Run the suite on each planted defect, and print the kill matrix.

    Exits with 1 if one is not caught at the requirement that it breaks. With --drawn, prints how
    many defects fail that are drawn from all operators of the reference's rules.
    """
    from harness.cli.proof import ProofOptions, run_drawn, run_mutants

    if drawn:
        exit_after(lambda: run_drawn(drawn, seed, workers, format.value))

    asked = ProofOptions(
        tuple(names or ()),
        tuple(requirement or ()),
        lane,
        full,
        both_drivers,
        workers,
        format.value,
    )
    exit_after(lambda: run_mutants(asked))


@variants_app.command("list", epilog="Example: pairproof variants list --format json")
def variants_list(
    names: Names = None, requirement: Requirements = None, format: Listed = Format.TABLE
) -> None:
    """List the lawful other choices, and what each of them does."""
    from harness.cli.proof import ProofOptions, list_variants

    asked = ProofOptions(tuple(names or ()), tuple(requirement or ()), format=format.value)
    exit_after(lambda: list_variants(asked))


@variants_app.command("run", epilog="Example: pairproof variants run --requirement SND-7")
def variants_run(
    names: Names = None,
    requirement: Requirements = None,
    full: Annotated[
        bool, typer.Option("--full", help="The whole suite over HTTP as well, not its spine.")
    ] = False,
    mixed: Annotated[
        int | None,
        typer.Option(metavar="SEED", help="Many at a time, in mixtures that the seed draws."),
    ] = None,
    workers: Workers = None,
    format: Listed = Format.TABLE,
) -> None:
    """Run the suite on each lawful other choice; none may fail.

    Exits with 1 if a scenario blames one of them. With --mixed each is planted together with as
    many others as do not change the same: quicker, and nearer to a product that is a stranger in
    many ways.
    """
    from harness.cli.proof import ProofOptions, run_variants

    chosen = tuple(names or ()), tuple(requirement or ())
    asked = ProofOptions(*chosen, full=full, workers=workers, format=format.value, mixed=mixed)
    exit_after(lambda: run_variants(asked))


@commands.command(epilog="Example: pairproof interleavings accept-or-cancel --faults 2")
def interleavings(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INTERLEAVING]...", help="Only these; all without."),
    ] = None,
    faults: Annotated[
        int, typer.Option(metavar="N", min=0, help="At most so many faults in a schedule.")
    ] = 1,
    mutant: PlantedMutant = "",
    workers: Workers = None,
    format: Listed = Format.TABLE,
) -> None:
    """Walk every interleaving of the reference, and judge each.

    It is judged by the invariants. A fault is a lost message, a lost answer, or a restart, at any
    point. Exits with 1 if an invariant does not hold, and prints the schedule, step by step.
    """
    from harness.cli.proof import walk_interleavings

    exit_after(lambda: walk_interleavings(names or (), faults, mutant, workers, format.value))


@commands.command(epilog="Example: pairproof explore --target target.toml --examples 50 --seed 7")
def explore(
    target: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The target file; without it, the embedded reference."),
    ] = None,
    driver: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How to reach it: http (a target's), inprocess, or a driver of your own.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="One seed for every draw.")] = 1,
    examples: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many sequences are drawn.")
    ] = 100,
    steps: Annotated[
        int, typer.Option(metavar="N", min=1, help="How long a sequence is at most.")
    ] = 20,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=0, help="No longer than this; 0 for no limit.")
    ] = 0.0,
    mutant: PlantedMutant = "",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the evidence goes; none without it.")
    ] = None,
) -> None:
    """Run a model and a target in lockstep, and compare them.

    The sequences are drawn from the model, and what differs is shrunk. What is found is printed as
    a scenario that can be pasted into a feature file. Needs the extra: pip install
    'pairproof[explore]'.
    """
    from harness.cli.explore import Exploration, explore_target

    how = driver or ("http" if target else "inprocess")
    planted = f"mutant:{mutant}" if mutant else ""
    asked = Exploration(target, how, seed, examples, steps, seconds, planted, out)
    exit_after(lambda: explore_target(asked))
