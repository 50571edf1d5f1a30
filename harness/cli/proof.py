"""`pairproof mutants` and `pairproof variants`: what the suite catches and leaves alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from harness.catalogue.document import markdown_table
from harness.catalogue.errors import UnknownName
from harness.cli.exits import CONFORMS, DOES_NOT_CONFORM, INCONCLUSIVE, CannotDo, put, put_list, say
from harness.proving.document import matrix_markdown, variants_markdown
from harness.proving.lawful import LeftAlone, try_variants
from harness.proving.lawful import as_json as variants_json
from harness.proving.matrix import Caught, Matrix, try_mutants
from harness.proving.matrix import as_json as matrix_json
from harness.reference.planting import (
    MUTANTS,
    VARIANTS,
    Kind,
    Lane,
    Mutant,
    Planted,
    Registry,
    Variant,
    load,
)
from harness.running.selection import Selection


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the registry was asked for, and how to carry it out."""

    names: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    lane: str = ""
    full: bool = False
    both_drivers: bool = False
    workers: int | None = None
    format: str = "table"

    @property
    def is_whole(self) -> bool:
        """Whether everything is asked for."""
        return not (self.names or self.requirements or self.lane)

    def processes(self) -> int:
        """How many trials run at a time."""
        return self.workers or len(os.sched_getaffinity(0))


def list_mutants(asked: Asked) -> int:
    """Print the planted defects.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no mutant of a name.
    """
    _list([_as_json(m) | _lane_json(m) for m in _mutants(asked)], asked.format)
    return CONFORMS


def list_variants(asked: Asked) -> int:
    """Print the lawful other choices.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no variant of a name.
    """
    _list([_as_json(v) for v in _variants(asked)], asked.format)
    return CONFORMS


def run_mutants(asked: Asked) -> int:
    """Try the mutants and print the kill matrix; 1 if a row is not as it has to be.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no mutant of a name.
        TrialsFailed: the suite cannot be run.
    """
    matrix = try_mutants(
        _mutants(asked),
        workers=asked.processes(),
        full=asked.full,
        both_drivers=asked.both_drivers,
        whole=asked.is_whole,
        progress=_tell_caught,
    )
    match asked.format:
        case "json":
            put(json.dumps(matrix_json(matrix), indent=2, ensure_ascii=False))
        case "markdown":
            put(matrix_markdown(matrix).rstrip("\n"))
        case _:
            _sum_up_mutants(matrix)
    _complain(matrix)
    unclear = bool(matrix.baseline) or any(row.problem for row in matrix.rows)
    return CONFORMS if matrix.sound else INCONCLUSIVE if unclear else DOES_NOT_CONFORM


def run_variants(asked: Asked) -> int:
    """Run the suite on the variants; 1 if it blames one of them for anything.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no variant of a name.
        TrialsFailed: the suite cannot be run.
    """
    rows = try_variants(
        _variants(asked), workers=asked.processes(), full=asked.full, progress=_tell_left_alone
    )
    match asked.format:
        case "json":
            put(json.dumps(variants_json(rows), indent=2, ensure_ascii=False))
        case "markdown":
            put(variants_markdown(rows).rstrip("\n"))
        case _:
            alarms = sum(len(row.failed) for row in rows)
            observed = sum(bool(row.observed) for row in rows)
            put(f"variants      {len(rows)}, {observed} of them with other observations")
            put(f"false alarms  {alarms}")
    if not any(row.wrong for row in rows):
        return CONFORMS
    return DOES_NOT_CONFORM if any(row.failed for row in rows) else INCONCLUSIVE


# --- what was asked for ---------------------------------------------------------------------


def _mutants(asked: Asked) -> list[Mutant]:
    load()
    lanes = [lane.value for lane in Lane]
    if asked.lane and asked.lane not in lanes:
        raise UnknownName("lane", asked.lane, lanes)
    return [m for m in _chosen(MUTANTS, asked) if asked.lane in ("", m.lane.value)]


def _variants(asked: Asked) -> list[Variant]:
    load()
    return _chosen(VARIANTS, asked)


def _chosen(registry: Registry[Kind], asked: Asked) -> list[Kind]:
    """Those of these names and requirements.

    Raises:
        CannotDo: there are none.
    """
    named = [registry.named(name) for name in asked.names] or list(registry)
    wanted = Selection.of(asked.requirements).requirements
    chosen = [p for p in named if not wanted or p.requirement in wanted]
    if not chosen:
        raise CannotDo(f"no {registry.kind} is selected; `pairproof {registry.kind}s list` has all")
    return chosen


# --- what is printed ------------------------------------------------------------------------


def _as_json(planted: Planted) -> dict[str, str]:
    return {
        "name": planted.name,
        "requirement": planted.requirement,
        "says": planted.says,
        "driver": planted.wire.value,
    }


def _lane_json(mutant: Mutant) -> dict[str, str]:
    return {"lane": mutant.lane.value, "plot": mutant.plot, "nemesis": mutant.nemesis or ""}


def _list(rows: Sequence[dict[str, str]], format: str) -> None:
    if format == "json":
        put(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if format == "markdown":
        heads = [name for name in rows[0] if name != "says"] + ["says"]
        put("\n".join(markdown_table(heads, ([row[h] for h in heads] for row in rows))))
        return
    heads = [head for head in ("name", "requirement", "lane") if head in rows[0]]
    put_list(
        [*heads, "what it does"], ([*(row[head] for head in heads), row["says"]] for row in rows)
    )


def _tell_caught(row: Caught) -> None:
    mutant = row.mutant
    told = row.wrong or (f"{row.killed_by[0]}" if row.killed_by else "")
    say(f"{'✗' if row.wrong else '✓'} {mutant.requirement:7} {mutant.name}: {told}")


def _tell_left_alone(row: LeftAlone) -> None:
    differs = f"other observations at {', '.join(row.observed)}" if row.observed else "passes"
    told = row.wrong or differs
    say(f"{'✗' if row.wrong else '✓'} {row.variant.requirement:7} {row.variant.name}: {told}")


def _sum_up_mutants(matrix: Matrix) -> None:
    there = sum(row.at_its_requirement for row in matrix.rows)
    put(f"mutants       {len(matrix.rows)}")
    put(f"killed        {there} at their requirement, {len(matrix.survived)} survived")


def _complain(matrix: Matrix) -> None:
    if matrix.baseline:
        say(f"pairproof: {matrix.baseline}")
    for row in matrix.rows:
        if row.wrong:
            say(f"pairproof: {row.mutant.name} ({row.mutant.requirement}): {row.wrong}")
    for requirement in matrix.without:
        say(f"pairproof: {requirement} is judged by the suite, and no mutant breaks it")
