"""The commands and their options."""

from __future__ import annotations

import os
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


class ResultFormat(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


class Annotations(StrEnum):
    """For which CI server what failed is pointed out."""

    AUTO = "auto"
    GITHUB = "github"
    NONE = "none"

    @property
    def wanted(self) -> bool:
        """Whether it is one that is pointed out to; `auto` looks where it runs."""
        here = os.environ.get("GITHUB_ACTIONS") == "true"
        return self is Annotations.GITHUB or (self is Annotations.AUTO and here)


def _seed(text: str | int) -> int:
    """A seed as it was typed; `random` draws a fresh one, and the run prints it first."""
    if text == "random":
        return int.from_bytes(os.urandom(4), "big")
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a whole number nor 'random'.") from None


def _seed_of_fleet(text: str | int) -> int:
    seed = _seed(text)
    if seed < 0:
        raise typer.BadParameter(f"{seed} is not in the range x>=0.")
    return seed


_SEED_HELP = "One seed for every draw; 'random' draws a fresh one and prints it."
SEED = typer.Option(metavar="N|random", parser=_seed, help=_SEED_HELP)
SEED_OF_FLEET = typer.Option(metavar="N|random", parser=_seed_of_fleet, help=_SEED_HELP)

PlantedMutant = Annotated[
    str,
    typer.Option("--mutant", metavar="NAME", help="With this defect; `pairproof mutants list`."),
]
PlantedVariant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="With this lawful choice; `pairproof variants list`."
    ),
]


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
    seed: Annotated[int, SEED] = 1,
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
    waivers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Failures that are accepted for a while; docs/trust.md."),
    ] = None,
    annotations: Annotated[
        Annotations,
        typer.Option(help="Point at what failed, for a CI server; auto: in GitHub Actions."),
    ] = Annotations.AUTO,
    interactive: Annotated[
        bool,
        typer.Option("--interactive", help="Ask on the terminal for what only a person arranges."),
    ] = False,
    operator: Annotated[
        str, typer.Option(metavar="NAME", help="Who is asked, for the evidence.")
    ] = "",
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
        waivers=waivers,
        annotations=annotations.wanted,
        interactive=interactive,
        operator=operator,
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
    needs: Annotated[
        bool, typer.Option("--needs", help="Instead, what scenarios need of a target, as JSON.")
    ] = False,
) -> None:
    """List what the procedure requires: id, side, level, profile, and what must hold."""
    if needs:
        from harness.cli.needs import print_needs

        _exit_after(print_needs)
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
    operations: Annotated[
        bool,
        typer.Option(
            "--operations", help="Print the recorded operations as JSON lines; write no report."
        ),
    ] = False,
    cell: Annotated[
        list[str] | None,
        typer.Option(metavar="NN", help="With --operations: only of this cell; may be repeated."),
    ] = None,
) -> None:
    """Make the reports of a run again, from its evidence alone.

    The exit code is that of the run: an evidence that was cut off is inconclusive.
    """
    from harness.cli.report import report_on

    _exit_after(lambda: report_on(evidence, out, operations=operations, cells=cell or ()))


@app.command(epilog="Example: pairproof doctor --target target.toml")
def doctor(
    target: Annotated[
        Path, typer.Option(metavar="FILE", help="The target file that is to be tried.")
    ],
    format: Annotated[ResultFormat, typer.Option(help="How it is printed.")] = ResultFormat.TEXT,
    everything: Annotated[
        bool, typer.Option("--all", help="Say also what is as it should be.")
    ] = False,
) -> None:
    """Try a target before a run, changing nothing, and say what is missing and what to do.

    Exit codes: 0 it is ready, 3 a run is possible and something cannot be judged in it, 2 as it
    is no run is possible.
    """
    from harness.cli.doctor import doctor as tried

    _exit_after(lambda: tried(target, format.value, everything=everything))


@app.command(epilog="Example: pairproof verify reports/runs/20261124T101500Z-mine")
def verify(
    evidence: Annotated[
        Path, typer.Argument(metavar="EVIDENCE", help="An evidence.jsonl, or the folder of a run.")
    ],
    format: Annotated[ResultFormat, typer.Option(help="How it is printed.")] = ResultFormat.TEXT,
    suite: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A folder of features of your own that took part."),
    ] = None,
    checks: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A Python file with checks of your own."),
    ] = None,
) -> None:
    """Judge a run again, from its evidence alone, and say what differs.

    Exit codes: 0 the same verdicts are reached, 1 they are not or the file was changed, 2 it is
    no evidence or was cut off.
    """
    from harness.cli.verify import OwnSuite, verify_evidence

    own = OwnSuite(tuple(suite or ()), tuple(checks or ()))
    _exit_after(lambda: verify_evidence(evidence, format.value, own))


@app.command(epilog="Example: pairproof compare reports/runs/last-week reports/runs/today")
def compare(
    before: Annotated[
        Path, typer.Argument(metavar="A", help="The evidence of the earlier run, or its folder.")
    ],
    after: Annotated[
        Path, typer.Argument(metavar="B", help="The evidence of the later run, or its folder.")
    ],
    format: Annotated[ResultFormat, typer.Option(help="How it is printed.")] = ResultFormat.TEXT,
) -> None:
    """Lay two runs side by side: what broke, what was mended, what else changed.

    Exit codes: 0 nothing broke that must hold, 1 something did, 3 something can no longer be
    judged.
    """
    from harness.cli.compare import compare_runs

    _exit_after(lambda: compare_runs(before, after, format.value))


@app.command(epilog="Example: pairproof shrink reports/runs/20261124T101500Z-flaky-wan --for 2m")
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
    """Take a failing fleet run to the fewest clusters, faults and acts that still fail so.

    Writes them as a scenario file of its own, runs it, and prints how to run it again. Exits
    with 1 if the run does not fail again (3 where another version wrote the evidence), and
    with 2 if no invariant was broken in it.
    """
    from harness.cli.shrink import Shrinking, shrink_run

    _exit_after(lambda: shrink_run(Shrinking(evidence, lasts, out, workers)))


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
    mutant: PlantedMutant = "",
    variant: PlantedVariant = "",
    show_credentials: Annotated[
        bool,
        typer.Option("--show-credentials", help="Print them, also if they are in a file."),
    ] = False,
) -> None:
    """Run the reference, both sides with their pages, for people and tools, until Ctrl-C.

    Prints the addresses and, unless they are written to a file, the credentials.
    """
    from harness.cli.serve import Listening, serve_reference

    _exit_after(
        lambda: serve_reference(
            clusters=clusters,
            hosts=hosts,
            role=role,
            port=port,
            plain=plain,
            listening=Listening(bind, host_name, cert, key, trust),
            db=db,
            write_target=write_target,
            mutant=mutant,
            variant=variant,
            show_credentials=show_credentials,
            wire=wire,
            handover=handover,
        )
    )


# --- the suite's own proof ------------------------------------------------------------------

mutants_app = typer.Typer(no_args_is_help=True, help="Defects that the suite has to catch.")
variants_app = typer.Typer(no_args_is_help=True, help="Lawful choices that it has to leave alone.")
app.add_typer(mutants_app, name="mutants")
app.add_typer(variants_app, name="variants")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these.")]
Requirements = Annotated[
    list[str] | None,
    typer.Option("--requirement", metavar="ID", help="Only of this one; repeat it, or use commas."),
]
OfLane = Annotated[
    str,
    typer.Option("--lane", metavar="LANE", help="Only this lane: suite, interleaving or fleet."),
]
Printed = Annotated[Format, typer.Option("--format", help="How it is printed.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="How many at a time; one a processor."),
]


@mutants_app.command("list", epilog="Example: pairproof mutants list --requirement WDR-3")
def mutants_list(
    names: Names = None,
    requirement: Requirements = None,
    lane: OfLane = "",
    format: Printed = Format.TABLE,
) -> None:
    """List the planted defects: name, requirement that it breaks, and what it does."""
    from harness.cli.proof import Asked, list_mutants

    asked = Asked(tuple(names or ()), tuple(requirement or ()), lane, format=format.value)
    _exit_after(lambda: list_mutants(asked))


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
    workers: Workers = None,
    format: Printed = Format.TABLE,
) -> None:
    """Run the suite on each planted defect, and print the kill matrix.

    Exits with 1 if one is not caught at the requirement that it breaks.
    """
    from harness.cli.proof import Asked, run_mutants

    asked = Asked(
        tuple(names or ()),
        tuple(requirement or ()),
        lane,
        full,
        both_drivers,
        workers,
        format.value,
    )
    _exit_after(lambda: run_mutants(asked))


@variants_app.command("list", epilog="Example: pairproof variants list --format json")
def variants_list(
    names: Names = None, requirement: Requirements = None, format: Printed = Format.TABLE
) -> None:
    """List the lawful other choices: name, requirement that it concerns, and what it does."""
    from harness.cli.proof import Asked, list_variants

    asked = Asked(tuple(names or ()), tuple(requirement or ()), format=format.value)
    _exit_after(lambda: list_variants(asked))


@variants_app.command("run", epilog="Example: pairproof variants run --requirement SND-7")
def variants_run(
    names: Names = None,
    requirement: Requirements = None,
    full: Annotated[
        bool, typer.Option("--full", help="The whole suite over HTTP as well, not its spine.")
    ] = False,
    workers: Workers = None,
    format: Printed = Format.TABLE,
) -> None:
    """Run the suite on each lawful other choice; none may fail.

    Exits with 1 if a scenario blames one of them.
    """
    from harness.cli.proof import Asked, run_variants

    chosen = tuple(names or ()), tuple(requirement or ())
    asked = Asked(*chosen, full=full, workers=workers, format=format.value)
    _exit_after(lambda: run_variants(asked))


# --- target files ---------------------------------------------------------------------------

target_app = typer.Typer(no_args_is_help=True, help="Target files: what is certified, and how.")
app.add_typer(target_app, name="target")


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
    """Write a target file by asking, or from OpenAPI documents as far as these go.

    The file says in comments what is still to be filled in. Credentials never stand in it: their
    names do, and a file of mode 600 beside it takes their values.
    """
    from harness.cli.target_init import Init, init

    asked = Init(out, tuple(from_openapi or ()), defaults, force)
    _exit_after(lambda: init(asked))


@app.command(epilog="Example: pairproof interleavings accept-or-cancel --faults 2")
def interleavings(
    plots: Annotated[
        list[str] | None, typer.Argument(metavar="[PLOT]...", help="Only these; all without.")
    ] = None,
    faults: Annotated[
        int, typer.Option(metavar="N", min=0, help="At most so many faults in a schedule.")
    ] = 1,
    mutant: PlantedMutant = "",
    workers: Workers = None,
    format: Printed = Format.TABLE,
) -> None:
    """Walk every interleaving of the reference, and judge each by the invariants.

    A fault is a lost message, a lost answer, or a restart, at any point. Exits with 1 if an
    invariant does not hold, and prints the schedule, step by step.
    """
    from harness.cli.interleavings import walk_interleavings

    _exit_after(lambda: walk_interleavings(plots or (), faults, mutant, workers, format.value))


@app.command(epilog="Example: pairproof explore --target target.toml --examples 50 --seed 7")
def explore(
    target: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The target file; without it, the embedded reference."),
    ] = None,
    driver: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How to reach it: http (a target's) or inprocess."),
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
    """Draw sequences from a model, run them in lockstep with a target, and shrink what differs.

    What is found is printed as a scenario that can be pasted into a feature file. Needs
    the extra: pip install 'pairproof[explore]'.
    """
    from harness.cli.explore import Exploration, explore_target

    how = driver or ("http" if target else "inprocess")
    planted = f"mutant:{mutant}" if mutant else ""
    asked = Exploration(target, how, seed, examples, steps, seconds, planted, out)
    _exit_after(lambda: explore_target(asked))


# --- the fleet ------------------------------------------------------------------------------

Evidence = Annotated[
    Path,
    typer.Argument(metavar="EVIDENCE", help="The folder of a fleet run, or its evidence.jsonl."),
]


@app.command(epilog="Example: pairproof fleet rollout-wave --hosts 10000 --seed 7 --workers 2")
def fleet(
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", help="A shipped one by name, or the path of a file."),
    ],
    hosts: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="So many hosts; the scenario's without.")
    ] = None,
    seed: Annotated[int | None, SEED_OF_FLEET] = None,
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
    mutant: PlantedMutant = "",
    variant: PlantedVariant = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the files go; reports/runs/<time>-<scenario>/ without it.",
        ),
    ] = None,
    format: Annotated[ResultFormat, typer.Option(help="How it is printed.")] = ResultFormat.TEXT,
) -> None:
    """Run a fleet in virtual time, judge every invariant, and write the files of the run.

    The same scenario, hosts and seed give the same evidence, byte for byte. With --target the
    same people and hosts act in real time, at a real endpoint. Exit codes: 0 all of
    it holds, 1 an invariant is violated or the gate does not hold, 3 it could not be judged, or
    did not reach what it was meant to.
    """
    from harness.cli.fleet import Asked, real_of
    from harness.cli.fleet import run as carry_out
    from harness.cli.planting import planted_by

    _exit_after(
        lambda: carry_out(
            Asked(
                scenario=scenario,
                hosts=hosts,
                seed=seed,
                until=until,
                workers=workers,
                scheduler=scheduler,
                gates=tuple(gate or ()),
                keep_going=keep_going,
                planted=planted_by(mutant, variant),
                seeds=seeds,
                limit=limit,
                out=out,
                format=format.value,
                real=real_of(
                    target, rate, steps, speed, budget, find_limit, connections, storm, role
                ),
            )
        )
    )


@app.command(epilog="Example: pairproof cleanup reports/runs/20261124T101500Z-mine")
def cleanup(
    ledger: Annotated[
        Path, typer.Argument(metavar="LEDGER", help="A ledger.jsonl, or the folder of a run.")
    ],
    target: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The target file; that of the run without it."),
    ] = None,
) -> None:
    """Remove what a run that could not end has left on its target.

    Credentials come from the environment, as for the run. May be done again. Exit codes: 0 nothing
    is left, 1 something is, 2 it is no ledger, or its run is still alive.
    """
    from harness.cli.cleanup import clean_up

    _exit_after(lambda: clean_up(ledger, target))


@app.command(epilog="Example: pairproof replay reports/runs/20261124T101500Z-rollout-wave")
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
    """Make a fleet run again from what its evidence says, and compare the two byte for byte.

    Exit codes: 0 they are equal, 1 they are not, and the first line that differs is shown.
    """
    from harness.cli.replay import replay_evidence

    _exit_after(lambda: replay_evidence(evidence, workers, scheduler, out))


@app.command(epilog="Example: pairproof scenarios rollout-wave")
def scenarios(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Print this one; its file, or as JSON.")
    ] = "",
    format: Annotated[Format, typer.Option(help="How it is printed.")] = Format.TABLE,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a scenario file.")
    ] = False,
) -> None:
    """List the fleet scenarios that are shipped, with the reason why each exists."""
    from harness.cli.scenarios import list_scenarios, print_schema, show_scenario

    def carry_out() -> int:
        if schema:
            return print_schema()
        return show_scenario(name, format.value) if name else list_scenarios(format.value)

    _exit_after(carry_out)
