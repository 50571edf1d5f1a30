"""Certifying, and what is made of a run afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands import options
from harness.cli.commands.options import Annotations, Listed, Printed, exit_after

commands = typer.Typer()


@commands.command(
    epilog="Example: pairproof certify --target target.toml --profile core --out report",
)
def certify(
    target: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The target file; without it, the embedded reference."),
    ] = None,
    driver: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How to reach it: http, inprocess, browser, or a driver of your own.",
        ),
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
    seed: Annotated[int, options.SEED] = 1,
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
    budget: Annotated[
        str,
        typer.Option(
            metavar="DURATION",
            help="Choose what fits into it, as in 20m: each MUST once, dearest repeats last.",
        ),
    ] = "",
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Go on with a run that was cut off, in its folder; ask for the same as then.",
        ),
    ] = None,
    mutant: options.PlantedMutant = "",
    variant: options.PlantedVariant = "",
) -> None:
    """Run the suite against a target, and judge it.

    Writes the files of the run: its evidence and its reports. Without --target, the embedded
    reference is started on loopback and certified over HTTP.
    """
    from harness.cli.certify import Plan
    from harness.cli.certify import certify as carry_out

    exit_after(
        lambda: carry_out(
            Plan(
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
                budget=budget,
                resume=resume,
                planted=options.planted_by(mutant, variant),
            )
        )
    )


@commands.command(epilog="Example: pairproof requirements --profile core --coverage")
def requirements(
    format: Listed = options.Format.TABLE,
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
    """List what the procedure requires.

    One requirement a line: id, side, level, profile, and what must hold.
    """
    if needs:
        from harness.cli.requirements import print_needs

        exit_after(print_needs)
    from harness.cli.requirements import list_requirements

    exit_after(lambda: list_requirements(format.value, coverage, role, profile))


@commands.command(epilog="Example: pairproof report reports/runs/20261124T101500Z-mine")
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

    exit_after(lambda: report_on(evidence, out, operations=operations, cells=cell or ()))


@commands.command(epilog="Example: pairproof verify reports/runs/20261124T101500Z-mine")
def verify(
    evidence: Annotated[
        Path, typer.Argument(metavar="EVIDENCE", help="An evidence.jsonl, or the folder of a run.")
    ],
    format: Printed = options.ResultFormat.TEXT,
    suite: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A folder of features of your own that took part."),
    ] = None,
    checks: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A Python file with checks of your own."),
    ] = None,
) -> None:
    """Judge a run again, from its evidence alone.

    Says what differs. Exit codes: 0 the same verdicts are reached, 1 they are not or the file was
    changed, 2 it is no evidence, was cut off, or cannot be read whole.
    """
    from harness.cli.verify import OwnSuite, verify_evidence

    own = OwnSuite(tuple(suite or ()), tuple(checks or ()))
    exit_after(lambda: verify_evidence(evidence, format.value, own))


@commands.command(epilog="Example: pairproof compare reports/runs/last-week reports/runs/today")
def compare(
    before: Annotated[
        Path, typer.Argument(metavar="A", help="The evidence of the earlier run, or its folder.")
    ],
    after: Annotated[
        Path, typer.Argument(metavar="B", help="The evidence of the later run, or its folder.")
    ],
    format: Printed = options.ResultFormat.TEXT,
) -> None:
    """Lay two runs side by side: what broke, what was mended.

    What else changed is listed too. Exit codes: 0 nothing broke that must hold, 1 something did, 3
    something can no longer be judged, or one of the two is not whole.
    """
    from harness.cli.compare import compare_runs

    exit_after(lambda: compare_runs(before, after, format.value))
