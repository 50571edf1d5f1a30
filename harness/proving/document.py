"""The proof as pages: `docs/kill-matrix.md` and `docs/variants.md`, which `make docs` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.catalogue.document import markdown_table
from harness.catalogue.requirements import REQUIREMENTS
from harness.proving.fleets import HOSTS, SEED
from harness.proving.lawful import LeftAlone
from harness.proving.matrix import Caught, Matrix
from harness.reference.planting import Lane, Wire

_SHOWN = 3
"""How many scenarios of those that catch a mutant are named; the others are counted."""


def matrix_markdown(matrix: Matrix) -> str:
    """The kill matrix: requirement by requirement what was planted and what turned red."""
    return "\n".join(_matrix_lines(matrix))


def _matrix_lines(matrix: Matrix) -> Iterator[str]:
    there = sum(row.at_its_requirement for row in matrix.rows)
    yield from ("# What the suite catches", "")
    yield (
        "Each row is the reference with one planted defect. A scenario of the requirement that"
        " the defect breaks has to fail, or the walk over every interleaving has to find it, or"
        " a [fleet](#in-a-fleet)."
        " `pairproof mutants run` tries them all; `pairproof serve --mutant NAME` runs one to"
        " look at. A mutant runs the scenarios of its requirement and stops at the first that"
        " fails; what is also red failed until then. With `--full` it runs the whole suite. This"
        " page is written by `make docs`."
    )
    yield from ("", f"{len(matrix.rows)} mutants, {there} of them caught at their requirement.", "")
    fleet = [row for row in matrix.rows if row.mutant.lane is Lane.FLEET]
    others = [row for row in matrix.rows if row.mutant.lane is not Lane.FLEET]
    broken = {row.mutant.requirement for row in others}
    for requirement in REQUIREMENTS:
        if requirement.id in broken:
            rows = [r for r in others if r.mutant.requirement == requirement.id]
            yield from (f"## {requirement.id} {requirement.title}", "")
            yield from markdown_table(
                ("mutant", "what it does", "caught by", "also red"),
                ((f"`{r.mutant.name}`", r.mutant.says, _caught_by(r), _also_red(r)) for r in rows),
            )
    if fleet:
        yield from _fleet_lines(fleet)


def _fleet_lines(rows: Sequence[Caught]) -> Iterator[str]:
    yield from ("## In a fleet", "")
    yield (
        "What these do shows only among many clusters, after hours, under load, or when things go"
        " wrong in the midst of it: the suite passes on each of them. Their scenario finds them"
        " by an invariant, with so few hosts, and finds nothing on the reference as it is. One"
        " that *needs* a nemesis is not found by the same scenario without it. To run the first"
        " of them again:"
    )
    numbered = sorted(rows, key=lambda row: int(row.mutant.requirement.rpartition("-")[2]))
    first = numbered[0].mutant
    run = f"pairproof fleet {first.plot} --hosts {HOSTS} --seed {SEED} --mutant {first.name}"
    yield from ("", "```sh", run, "```", "")
    heads = ("mutant", "breaks", "what it does", "scenario", "hosts", "seed", "needs", "also red")
    yield from markdown_table(heads, map(_fleet_row, numbered))


def _fleet_row(row: Caught) -> Sequence[str]:
    mutant = row.mutant
    found = f"**{row.wrong}**" if row.wrong else f"`{mutant.plot}`"
    needs = f"`{mutant.nemesis}`" if mutant.nemesis else "–"
    told = (f"`{mutant.name}`", mutant.requirement, mutant.says, found)
    return (*told, str(HOSTS), str(SEED), needs, _also_red(row))


def _also_red(row: Caught) -> str:
    return ", ".join(r for r in row.reds if r != row.mutant.requirement) or "–"


def _caught_by(row: Caught) -> str:
    if not row.killed_by:
        return f"**{row.wrong}**"
    if row.mutant.lane is Lane.INTERLEAVING:
        return f"walk: {row.killed_by[0]}"
    more = len(row.killed_by) - _SHOWN
    names = [f"`{name}`" for name in row.killed_by[:_SHOWN]]
    where = " (over HTTP)" if row.mutant.wire is Wire.HTTP else ""
    return ", ".join(names) + (f" and {more} more" if more > 0 else "") + where


def variants_markdown(rows: Sequence[LeftAlone]) -> str:
    """The variants: what each does otherwise, and what was observed of it."""
    alarms = sum(len(row.failed) for row in rows)
    lines = [
        "# What the suite leaves alone",
        "",
        "Each row is the reference with another lawful choice, where the procedure is silent or"
        " leaves the manner open. No scenario may fail on it; what differs is observed."
        " `pairproof variants run` tries them all; `pairproof serve --variant NAME` runs one to"
        " look at. This page is written by `make docs`.",
        "",
        f"{len(rows)} variants, {alarms} false alarms.",
        "",
        *markdown_table(
            ("variant", "concerns", "what it does", "observed otherwise at"),
            (
                (
                    f"`{row.variant.name}`",
                    row.variant.requirement,
                    row.variant.says + (f" **{row.wrong}**" if row.wrong else ""),
                    ", ".join(row.observed) or "–",
                )
                for row in rows
            ),
        ),
    ]
    return "\n".join(lines)
