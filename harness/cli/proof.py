"""The suite's own proof: what it catches and leaves alone, and every order of events.

Also its pages, `docs/kill-matrix.md` and `docs/variants.md`, which `make docs` writes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from harness.catalogue.document import markdown_table
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirements import REQUIREMENTS
from harness.cli import exits
from harness.cli.commands import proof
from harness.cli.exits import CONFORMS, CannotDo, put, put_json, say
from harness.cli.fleet_driving import processors
from harness.explore.walk import InterleavingResult, rendered
from harness.files import FileKind, read_text
from harness.proving.drawn import DrawnOutcome, try_drawn
from harness.proving.fleets import HOSTS, SEED
from harness.proving.matrix import Caught, Matrix, Mechanism, try_mutants
from harness.proving.matrix import as_json as matrix_json
from harness.proving.variants import LeftAlone, try_variants
from harness.proving.variants import as_json as variants_json
from harness.proving.walks import interleavings_named, walk_all
from harness.reference import planting
from harness.reference.drawn import draw
from harness.reference.planting import Lane, Wire
from harness.running.selection import Selection
from harness.targets.browser.chromium import missing

_PAGE = FileKind("name a page that `pairproof mutants run --format markdown` wrote")


def list_mutants(asked: proof.MutantsListed) -> int:
    """Print the planted defects.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no mutant of a name.
    """
    _list([_as_json(m) | _lane_json(m) for m in _mutants(asked)], asked.format)
    return CONFORMS


def list_variants(asked: proof.VariantsListed) -> int:
    """Print the lawful other choices.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no variant of a name.
    """
    _list([_as_json(v) for v in _variants(asked)], asked.format)
    return CONFORMS


def run_mutants(asked: proof.MutantsRun) -> int:
    """Try the mutants and print the kill matrix; 1 if a row is not as it has to be.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no mutant of a name.
        TrialsFailed: the suite cannot be run.
    """
    matrix = try_mutants(
        _tried(_mutants(asked)),
        workers=asked.workers or processors(),
        full=asked.full,
        both_drivers=asked.both_drivers,
        whole=not (asked.names or asked.requirement or asked.lane),
        first=killers(read_text(asked.first, _PAGE)) if asked.first else {},
        progress=_tell_caught,
    )
    match asked.format:
        case "json":
            put_json(matrix_json(matrix))
        case "markdown":
            put(matrix_markdown(matrix).rstrip("\n"))
        case _:
            there = sum(row.at_its_requirement for row in matrix.rows)
            put(f"mutants       {len(matrix.rows)}")
            put(f"killed        {there} at their requirement, {len(matrix.survived)} survived")
            _put_mechanisms(matrix.rows)
    _complain(matrix)
    unclear = bool(matrix.baseline) or any(row.problem for row in matrix.rows)
    failed = exits.INCONCLUSIVE if unclear else exits.DOES_NOT_CONFORM
    return CONFORMS if matrix.sound else failed


def run_drawn(asked: proof.MutantsRun) -> int:
    """Try defects that nobody planted, and print what became of each; 3 if one could not be tried.

    Raises:
        TrialsFailed: the suite cannot be run.
    """
    chosen = draw(asked.drawn, asked.seed)
    rows = try_drawn(chosen, workers=asked.workers or processors(), progress=_tell_drawn)
    untried = sum(bool(row.problem) for row in rows)
    if asked.format == "json":
        put_json([_drawn_json(row) for row in rows])
        return exits.INCONCLUSIVE if untried else CONFORMS
    tried = [row for row in rows if not (row.equivalent or row.problem)]
    failed = sum(bool(row.failed) for row in tried)
    walked = sum(bool(row.walked) for row in tried)
    unclear = sum(bool(row.unclear and not (row.failed or row.walked)) for row in tried)
    aside = len(rows) - len(tried) - untried
    share = f", {(failed + walked) / len(tried):.1%}" if tried else ""
    put(
        f"drawn         {len(rows)} by the seed {asked.seed}, {aside} set aside,"
        f" {untried} not tried"
    )
    put(f"failed        {failed + walked} of {len(tried)}{share}, {walked} of them on walks alone")
    _put_mechanisms(rows)
    put(f"inconclusive  {unclear}")
    put(f"passed        {len(tried) - failed - walked - unclear}")
    return exits.INCONCLUSIVE if untried else CONFORMS


def run_variants(asked: proof.VariantsRun) -> int:
    """Run the suite on the variants; 1 if it blames one of them for anything.

    Raises:
        CannotDo: nothing is selected.
        UnknownPlanted: there is no variant of a name.
        TrialsFailed: the suite cannot be run.
    """
    chosen = _tried(_variants(asked))
    if asked.mixed is not None:
        chosen = planting.mixtures(chosen, asked.mixed)
    rows = try_variants(
        chosen, workers=asked.workers or processors(), full=asked.full, progress=_tell_left_alone
    )
    match asked.format:
        case "json":
            put_json(variants_json(rows))
        case "markdown":
            put(variants_markdown(rows).rstrip("\n"))
        case _:
            alarms = sum(len(row.failed) for row in rows)
            observed = sum(bool(row.observed) for row in rows)
            tried = sum(len(row.variant.parts) for row in rows)
            at_once = f" in {len(rows)} mixtures by the seed {asked.mixed}"
            of_them = f", {observed} of them with other observations"
            put(f"variants      {tried}{of_them if asked.mixed is None else at_once}")
            put(f"false alarms  {alarms}")
    if not any(row.wrong for row in rows):
        return CONFORMS
    return exits.DOES_NOT_CONFORM if any(r.failed for r in rows) else exits.INCONCLUSIVE


# --- what was asked for ---------------------------------------------------------------------


def _mutants(asked: proof.MutantsNamed) -> list[planting.Mutant]:
    planting.load()
    lanes = [lane.value for lane in planting.Lane]
    if asked.lane and asked.lane not in lanes:
        raise UnknownName("lane", asked.lane, lanes)
    return [m for m in _chosen(planting.MUTANTS, asked) if asked.lane in ("", m.lane.value)]


def _tried(chosen: list[planting.Kind]) -> list[planting.Kind]:
    """Those that can be tried here: what shows on pages takes a browser. Says what it leaves out.

    Raises:
        CannotDo: none can.
    """
    why = missing()
    left = [each for each in chosen if not (why and each.behaviour.needs_a_browser)]
    if len(left) < len(chosen):
        told = f"{len(chosen) - len(left)} that show on pages alone are not tried: {why}"
        if not left:
            raise CannotDo(told, exits.INCONCLUSIVE)
        say(told)
    return left


def _variants(asked: proof.VariantsNamed) -> list[planting.Variant]:
    planting.load()
    return _chosen(planting.VARIANTS, asked)


def _chosen(registry: planting.Registry[planting.Kind], asked: proof.Named) -> list[planting.Kind]:
    """Those of these names and requirements. Raises `CannotDo` if there are none."""
    named = [registry.named(name) for name in asked.names] or list(registry)
    wanted = Selection.of(asked.requirement).requirements
    chosen = [p for p in named if not wanted or p.requirement in wanted]
    if not chosen:
        raise CannotDo(f"no {registry.kind} is selected; `pairproof {registry.kind}s list` has all")
    return chosen


# --- what is printed ------------------------------------------------------------------------


def _as_json(planted: planting.Planted) -> dict[str, str]:
    return {
        "name": planted.name,
        "requirement": planted.requirement,
        "says": planted.says,
        "driver": planted.wire.value,
    }


def _lane_json(mutant: planting.Mutant) -> dict[str, str]:
    return {"lane": mutant.lane.value, "plot": mutant.found_by, "nemesis": mutant.nemesis or ""}


def _put_mechanisms(rows: Sequence[Caught] | Sequence[DrawnOutcome]) -> None:
    found = (f"{number} by {what}" for what, number in _by_mechanism(rows).items())
    put(f"first         {', '.join(found) or 'none'}")


def _list(rows: Sequence[dict[str, str]], format: str) -> None:
    if format == "json":
        put_json(rows)
        return
    if format == "markdown":
        heads = [name for name in rows[0] if name != "says"] + ["says"]
        put("\n".join(markdown_table(heads, ([row[h] for h in heads] for row in rows))))
        return
    heads = [head for head in ("name", "requirement", "lane") if head in rows[0]]
    cells = ([*(row[head] for head in heads), row["says"]] for row in rows)
    exits.put_list([*heads, "what it does"], cells)


def _tell_caught(row: Caught) -> None:
    _tell(_named(row.mutant), row.wrong, row.killed_by[0] if row.killed_by else "")


def _tell_left_alone(row: LeftAlone) -> None:
    differs = f"other observations at {', '.join(row.observed)}" if row.observed else "passes"
    if row.unclear:
        differs += f"; cannot judge {', '.join(e.scenario for e in row.unclear)}"
    parts = row.variant.parts
    what = f"{row.variant.says} {' + '.join(parts)}" if parts[1:] else _named(row.variant)
    _tell(what, row.wrong, differs)


def _named(planted: planting.Planted) -> str:
    return f"{planted.requirement:7} {planted.name}"


def _tell(what: str, wrong: str, right: str) -> None:
    say(f"{'✗' if wrong else '✓'} {what}: {wrong or right}")


def _tell_drawn(row: DrawnOutcome) -> None:
    what = f"{row.mutant.name} ({row.mutant.says})"
    if row.problem or row.failed or row.walked:
        found = ", ".join(row.failed) or row.walked
        say(f"{'?' if row.problem else '✓'} {what}: {row.problem or found}")
    else:
        unclear = f"inconclusive: {', '.join(row.unclear)}" if row.unclear else "passes"
        say(f"✗ {what}: {unclear}")


def _drawn_json(row: DrawnOutcome) -> dict[str, object]:
    changed = {"name": row.mutant.name, "says": row.mutant.says, "found_by": row.found_by}
    return changed | {name: told for name, told in asdict(row).items() if name != "mutant"}


def _complain(matrix: Matrix) -> None:
    if matrix.baseline:
        say(f"pairproof: {matrix.baseline}")
    for row in matrix.rows:
        if row.wrong:
            say(f"pairproof: {row.mutant.name} ({row.mutant.requirement}): {row.wrong}")
    for requirement in matrix.without:
        say(f"pairproof: {requirement} is judged by the suite, and no mutant breaks it")


# --- pairproof interleavings -----------------------------------------------------------------


def walk_interleavings(asked: proof.Walk) -> int:
    """Walk the interleavings, print what was covered; 1 if an invariant does not hold.

    Raises:
        UnknownInterleaving: there is no interleaving of a name.
        UnknownPlanted: there is no mutant of that name.
    """
    interleavings = interleavings_named(asked.names)
    workers, planted = asked.workers or processors(), str(asked.planted)
    results = []
    for result in walk_all(interleavings, asked.faults, workers, planted):
        results.append(result)
        say(_told_of_walk(result))
        for found in result.violations:
            say(rendered(found))
    if asked.format == "json":
        put_json(_walks_json(results))
    elif asked.format == "table":
        _sum_up_walks(results)
    else:
        raise CannotDo("interleavings are printed as table or json: give --format one of them")
    return exits.DOES_NOT_CONFORM if any(r.violations for r in results) else CONFORMS


def _told_of_walk(result: InterleavingResult) -> str:
    sign = "✗" if result.violations else "✓"
    stopped = "" if result.complete else ", stopped at the violation"
    return (
        f"{sign} {result.interleaving}: {result.schedules:,} schedules through"
        f" {result.states:,} states, {result.histories:,} histories judged{stopped}"
    )


def _sum_up_walks(results: Sequence[InterleavingResult]) -> None:
    faults = " or ".join(str(n) for n in sorted({r.faults for r in results}))
    put(f"interleavings {len(results)}, with at most {faults} faults in a schedule")
    put(f"schedules     {sum(r.schedules for r in results):,}")
    put(f"states        {sum(r.states for r in results):,}")
    put(f"histories     {sum(r.histories for r in results):,}, each judged by every invariant")
    put(f"longest       {max(r.depth for r in results)} steps; nothing was cut off")
    put(f"violations    {sum(len(r.violations) for r in results)}")


def _walks_json(results: Sequence[InterleavingResult]) -> dict[str, object]:
    return {
        "plots": [
            {
                "name": r.interleaving,
                "faults": r.faults,
                "schedules": r.schedules,
                "states": r.states,
                "transitions": r.transitions,
                "histories": r.histories,
                "depth": r.depth,
                "complete": r.complete,
                "violations": [
                    {
                        "invariant": found.violation.invariant,
                        "reason": found.violation.reason,
                        "steps": list(found.schedule.steps),
                    }
                    for found in r.violations
                ],
            }
            for r in results
        ],
        "schedules": sum(r.schedules for r in results),
        "violations": sum(len(r.violations) for r in results),
    }


# --- as pages --------------------------------------------------------------------------------

_SHOWN = 3
"""How many scenarios of those that catch a mutant are named; the others are counted."""


def matrix_markdown(matrix: Matrix) -> str:
    """The kill matrix: requirement by requirement what was planted and what turned red."""
    return "\n".join(_matrix_lines(matrix))


def killers(page: str) -> dict[str, str]:
    """Of each mutant in a page that `matrix_markdown` wrote, a scenario that caught it."""
    return dict(re.findall(r"^\| `(\w+)` \| .*? \| `([^`]+)`", page, re.MULTILINE))


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
    counted = ", ".join(f"{n} by {what}" for what, n in _by_mechanism(matrix.rows).items())
    yield from ("", f"{len(matrix.rows)} mutants, {there} of them caught at their requirement:")
    yield from (f"{counted}. *Found by* is the mechanism that found one first.", "")
    fleet = [row for row in matrix.rows if row.mutant.lane is Lane.FLEET]
    others = [row for row in matrix.rows if row.mutant.lane is not Lane.FLEET]
    broken = {row.mutant.requirement for row in others}
    for requirement in REQUIREMENTS:
        if requirement.id in broken:
            rows = [r for r in others if r.mutant.requirement == requirement.id]
            yield from (f"## {requirement.id} {requirement.title}", "")
            yield from markdown_table(
                ("mutant", "what it does", "found by", "caught by", "also red"),
                (
                    (f"`{r.mutant.name}`", r.mutant.says, r.found_by or "–", *_caught(r))
                    for r in rows
                ),
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
    run = f"pairproof fleet {first.found_by} --hosts {HOSTS} --seed {SEED} --mutant {first.name}"
    yield from ("", "```sh", run, "```", "")
    heads = ("mutant", "breaks", "what it does", "scenario", "hosts", "seed", "needs", "also red")
    yield from markdown_table(heads, map(_fleet_row, numbered))


def _fleet_row(row: Caught) -> Sequence[str]:
    mutant = row.mutant
    found = f"**{row.wrong}**" if row.wrong else f"`{mutant.found_by}`"
    needs = f"`{mutant.nemesis}`" if mutant.nemesis else "–"
    told = (f"`{mutant.name}`", mutant.requirement, mutant.says, found)
    return (*told, str(HOSTS), str(SEED), needs, _also_red(row))


def _by_mechanism(rows: Sequence[Caught] | Sequence[DrawnOutcome]) -> Mapping[str, int]:
    """How many each mechanism finds first, in the order in which they are declared."""
    found = Counter(row.found_by for row in rows)
    return {mechanism.value: found[mechanism] for mechanism in Mechanism if found[mechanism]}


def _caught(row: Caught) -> tuple[str, str]:
    return _caught_by(row), _also_red(row)


def _also_red(row: Caught) -> str:
    return ", ".join(r for r in row.reds if r != row.mutant.requirement) or "–"


def _caught_by(row: Caught) -> str:
    if not row.killed_by:
        return f"**{row.wrong}**"
    if row.mutant.lane in (Lane.INTERLEAVING, Lane.EXPLORE):
        return row.killed_by[0]
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
