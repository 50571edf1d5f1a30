"""Fleets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from harness.cli.commands import options
from harness.cli.commands.options import (
    Format,
    Listed,
    Planting,
    Printed,
    ResultFormat,
    argument,
    command,
    flag,
    option,
)
from harness.cli.exits import put, say

commands = typer.Typer()


def _shipped() -> tuple[str, ...]:
    from harness.fleet.loading import names

    return names()


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeOptions:
    """What was asked for of real time, as it was typed."""

    target: Path | None = option(
        "FILE",
        "Run against what this target file describes; docs/realtime.md.",
        heading="In real time, at a real endpoint",
    )
    rate: str = option("RATE", "Operators arrive at 20/s, or 10/s..200/s over 5m.", "")
    steps: str = option("STEPS", "At 10,20,50/s every 30s, in steps.", "")
    speed: float = option("X", "Divide the scenario's durations by X, as in 60.", 1.0)
    budget: str = option("BUDGET", "Stop at requests=100000,seconds=600,errors=50 (in a row).", "")
    find_limit: str = option("BOUND", "Raise the rate until this breaks, as in 'p99<500ms'.", "")
    connections: int = option("N", "So many at once in each process.", 1_000, min=1)
    storm: int = option("N", "Open N more at once, at the start.", 0, min=0)
    role: str = options.role(
        "The side whose people's doors are tried, edge or central; by"
        " default central, if the file describes it.",
        default="",
    )
    driver: str = option("NAME", "http, or a driver of another package.", "http")

    @property
    def arriving(self) -> str:
        """How operators arrive, instead of as the scenario has it."""
        return self.rate or self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOptions:
    """A fleet as it was asked for."""

    scenario: str = argument(
        "SCENARIO", "A shipped one by name, or the path of a file.", among=_shipped
    )
    hosts: int | None = option("N", "So many hosts; the scenario's without.", min=1)
    seed: int | None = options.seed(None)
    until: str = option("DURATION", "So much of the scenario's time, as in 90m or 24h.", "")
    workers: int | None = option(
        "N",
        "How many processes share the cells; without it, one a processor where it pays."
        " The evidence is the same.",
        min=1,
    )
    scheduler: str = option(
        "ADDRESS",
        "The Dask scheduler whose workers run the cells. Needs the extra:"
        " pip install 'pairproof[dask]'.",
        "",
    )
    gate: tuple[str, ...] = option(
        "EXPR", "Must hold besides the scenario's gate: 'violations == 0'; repeat.", ()
    )
    keep_going: bool = flag("Go on after a violation, to the end.")
    seeds: int | None = option("N", "Run N seeds, one in each process, until one fails.", min=1)
    limit: str = option("DURATION", "With --seeds: for so long at most.", "", "--for")
    out: Path | None = option(
        "DIR", "Where the files go; reports/runs/<time>-<scenario>/ without it."
    )
    format: Printed = ResultFormat.TEXT
    real: RealtimeOptions = RealtimeOptions()
    planted: Planting = Planting()

    @property
    def tell(self) -> Callable[[str], None]:
        """Tells people something: elsewhere, where standard output is for a program."""
        return say if self.format == "json" else put


@command(commands, example="fleet rollout-wave --hosts 10000 --seed 7 --workers 2")
def fleet(asked: FleetOptions) -> int:
    """Run a fleet in virtual or real time, and judge every invariant.

    Writes the files of the run. In virtual time the same scenario, hosts and seed give the same
    evidence, byte for byte. With --target the same people and hosts act in real time, and
    docs/realtime.md says which keys of a scenario are not used there. Exit codes:
    0 all of it holds, 1 an invariant is violated or the gate does not hold, 3 it could not be
    judged, or did not reach what it was meant to.
    """
    from harness.cli.fleet import run

    return run(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioOptions:
    """Which shipped scenario is printed, and how."""

    name: str = argument("[NAME]", "Print this one; its file, or as JSON.", "", _shipped)
    format: Listed = Format.TABLE
    schema: bool = flag("Print the JSON Schema of a scenario file.")


@command(commands, example="scenarios rollout-wave")
def scenarios(asked: ScenarioOptions) -> int:
    """List the fleet scenarios that are shipped, and why."""
    from harness.cli.scenarios import list_scenarios, print_schema, show_scenario

    if asked.schema:
        return print_schema()
    return show_scenario(asked.name, asked.format) if asked.name else list_scenarios(asked.format)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """The run that is made again, and by whom."""

    evidence: Path = argument("EVIDENCE", "The folder of a fleet run, or its evidence.jsonl.")
    workers: int | None = option("N", "How many processes; the evidence is the same.", min=1)
    scheduler: str = option("ADDRESS", "The Dask scheduler whose workers run the cells.", "")
    out: Path | None = option("DIR", "Keep the evidence of the replay; it goes away without.")


@command(commands, example="replay reports/runs/20261124T101500Z-rollout-wave")
def replay(asked: ReplayOptions) -> int:
    """Make a fleet run again, and compare the two byte for byte.

    All that the run needs is in its evidence. Exit codes: 0 they are equal, 1 they are not, and the
    first line that differs is shown.
    """
    from harness.cli.replay import replay_evidence

    return replay_evidence(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinking:
    """The run that is made small, and for how long that is tried."""

    evidence: Path = argument("EVIDENCE", "Of a fleet run; or the folder of the run.")
    lasts: str = option("DURATION", "How long smaller runs are tried.", "60s", "--for")
    out: Path | None = option("FILE", "The scenario file to write; beside the evidence without it.")
    workers: int | None = option("N", "How many processes try; one a processor.", min=1)


@command(commands, example="shrink reports/runs/20261124T101500Z-flaky-wan --for 2m")
def shrink(asked: Shrinking) -> int:
    """Make a fleet run that fails as small as it can be.

    Finds the fewest clusters, faults and acts that still fail so. Writes them as a scenario file of
    its own, runs it, and prints how to run it again. Exits with 1 if the run does not fail again (3
    where the evidence is of another version, or was changed), and with 2 if no invariant was broken
    in it.
    """
    from harness.cli.shrink import shrink_run

    return shrink_run(asked)
