"""The suite's own proof."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands import options
from harness.cli.commands.options import Format, Listed, Planting, argument, command, flag, option

commands = typer.Typer()
mutants_app = typer.Typer(no_args_is_help=True, help="Defects that the suite has to catch.")

variants_app = typer.Typer(no_args_is_help=True, help="Lawful choices that it has to leave alone.")
commands.add_typer(mutants_app, name="mutants")
commands.add_typer(variants_app, name="variants")

Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="How many at a time; one a processor."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What of a registry was asked for."""

    names: tuple[str, ...]
    requirement: tuple[str, ...] = options.requirements("Only of this one")


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantsNamed(Named):
    """Mutants besides are of a lane."""

    names: tuple[str, ...] = argument("[NAME]...", "Only these.", (), options.mutant_names)
    lane: str = option(
        "LANE", "Only this lane: suite, browser, interleaving, explore or fleet.", ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantsNamed(Named):
    """Variants."""

    names: tuple[str, ...] = argument("[NAME]...", "Only these.", (), options.variant_names)


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantsListed(MutantsNamed):
    """Mutants, and how they are printed."""

    format: Listed = Format.TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantsRun(MutantsNamed):
    """Mutants, and how they are tried."""

    full: bool = flag("The whole suite on each, for all that turns red with it.")
    both_drivers: bool = flag("Over HTTP as well, where that can be seen too.")
    first: Path | None = option("PAGE", "Begin with what caught each by this page, an earlier one.")
    drawn: int = option("N", "Not these, but N that nobody planted, by the seed.", 0, min=0)
    seed: int = option("N", "The seed of --drawn.", 1)
    workers: Workers = None
    format: Listed = Format.TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantsListed(VariantsNamed):
    """Variants, and how they are printed."""

    format: Listed = Format.TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantsRun(VariantsNamed):
    """Variants, and how they are tried."""

    full: bool = flag("The whole suite over HTTP as well, not its spine.")
    mixed: int | None = option("SEED", "Many at a time, in mixtures that the seed draws.")
    workers: Workers = None
    format: Listed = Format.TABLE


@command(mutants_app, "list", example="mutants list --requirement WDR-3")
def mutants_list(asked: MutantsListed) -> int:
    """List the planted defects, and what each of them does."""
    from harness.cli.proof import list_mutants

    return list_mutants(asked)


@command(mutants_app, "run", example="mutants run --requirement WDR-3")
def mutants_run(asked: MutantsRun) -> int:
    """Run the suite on each planted defect, and print the kill matrix.

    Exits with 1 if one is not caught at the requirement that it breaks. With --drawn, prints how
    many defects fail that are drawn from all operators of the reference's rules.
    """
    from harness.cli.proof import run_drawn, run_mutants

    return run_drawn(asked) if asked.drawn else run_mutants(asked)


@command(variants_app, "list", example="variants list --format json")
def variants_list(asked: VariantsListed) -> int:
    """List the lawful other choices, and what each of them does."""
    from harness.cli.proof import list_variants

    return list_variants(asked)


@command(variants_app, "run", example="variants run --requirement SND-7")
def variants_run(asked: VariantsRun) -> int:
    """Run the suite on each lawful other choice; none may fail.

    Exits with 1 if a scenario blames one of them. With --mixed each is planted together with as
    many others as do not change the same: quicker, and nearer to a product that is a stranger in
    many ways.
    """
    from harness.cli.proof import run_variants

    return run_variants(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The interleavings that are walked, and with what."""

    names: tuple[str, ...] = argument("[INTERLEAVING]...", "Only these; all without.", ())
    faults: int | None = option(
        "N", "At most so many faults in a schedule; two in small ones without it, else one.", min=0
    )
    workers: Workers = None
    format: Listed = Format.TABLE
    planted: Planting = Planting()


@command(commands, example="interleavings accept-or-cancel --faults 2")
def interleavings(asked: Walk) -> int:
    """Walk every interleaving of the reference, and judge each.

    It is judged by the invariants. A fault is a message or an answer that is lost, late, repeated
    later or an error, or a restart, at any point. Exits with 1 if an invariant does not hold, and
    prints the schedule, step by step.
    """
    from harness.cli.proof import walk_interleavings

    return walk_interleavings(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """The sequences that are drawn, and what they are tried on."""

    target: Path | None = option("FILE", "The target file; without it, the embedded reference.")
    driver: str = option(
        "NAME", "How to reach it: http (a target's), inprocess, or a driver of your own.", ""
    )
    seed: int = option("N", "One seed for every draw.", 1)
    examples: int = option("N", "How many sequences are drawn.", 100, min=1)
    steps: int = option("N", "How long a sequence is at most.", 20, min=1)
    seconds: float = option("S", "No longer than this; 0 for no limit.", 0.0, min=0)
    sequence: str = option("STEPS", "Make this one again, as a finding calls it; draw none.", "")
    out: Path | None = option("DIR", "Where the evidence goes; none without it.")
    planted: Planting = Planting()

    @property
    def how(self) -> str:
        """The driver, whether it was named or not."""
        return self.driver or ("http" if self.target else "inprocess")


@command(commands, example="explore --target target.toml --examples 50 --seed 7")
def explore(asked: Exploration) -> int:
    """Run a model and a target in lockstep, and compare them.

    The sequences are drawn from the model, and what differs is shrunk. What is found is printed as
    a scenario that can be pasted into a feature file. `certify --explore` does the same beside the
    scenarios.
    """
    from harness.cli.explore import explore_target

    return explore_target(asked)
