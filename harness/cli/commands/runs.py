"""Certifying, and what is made of a run afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.commands import options
from harness.cli.commands.options import (
    Annotations,
    Format,
    Listed,
    Planting,
    Printed,
    ReportForm,
    ResultFormat,
    argument,
    command,
    flag,
    option,
)
from harness.cli.exits import CONFORMS, put

commands = typer.Typer()
reports_app = typer.Typer(no_args_is_help=True, help="What is published of runs.")
commands.add_typer(reports_app, name="reports")

PROCESSES_MAX = 3
"""By default; with more, the start of each costs more than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The run of the suite that a user asked for, as it was typed."""

    target: Path | None = option("FILE", "The target file; without it, the embedded reference.")
    driver: str = option(
        "NAME", "How to reach it: http, inprocess, browser, or a driver of your own.", "http"
    )
    role: str | None = options.role(
        "Only what binds this side: edge, central or both.",
        heading="Which scenarios; what is selected is no certificate",
    )
    profile: tuple[str, ...] = options.profiles("Only this profile: core, extended or resilience")
    requirement: tuple[str, ...] = options.requirements("Only this requirement")
    scenario: tuple[str, ...] = option(
        "ID", "Only this scenario, or outline, by its id as in the report; repeat it.", ()
    )
    tags: str = option("EXPR", "Only these tags, as in 'core and not WDR-4'.", "")
    keyword: str = option(
        "EXPR", "Only scenarios with this in name or id, as in 'link and not restart'.", "", "-k"
    )
    budget: str = option(
        "DURATION", "Choose what fits into it, as in 20m: each MUST once, dearest repeats last.", ""
    )
    seed: int = options.seed(1, negative=True, heading="How the run goes")
    repeat: int = option("N", "Run it N times; the verdicts must agree.", 1, min=1)
    workers: int | None = option(
        "N",
        "How many processes share the scenarios, each with a reference of its own;"
        " without it, up to three over HTTP for the suite or its profiles, otherwise one.",
        min=1,
    )
    fail_fast: bool = flag("Stop at the first scenario that is not green.")
    resume: Path | None = option(
        "RUN", "Go on with a run that was cut off, in its folder; ask for the same as then."
    )
    explore: str = option(
        "DURATION", "Draw sequences besides, for so long, as in 2m; README.md has one.", ""
    )
    sequences: int = option("N", "Draw exactly so many of them, however long it takes.", 0, min=0)
    interactive: bool = flag("Ask on the terminal for what only a person arranges.")
    operator: str = option("NAME", "Who is asked, for the evidence.", "")
    out: Path | None = option(
        "DIR",
        "Where the files go; reports/runs/<time>-<implementation>/ without it.",
        heading="What comes of it",
    )
    unredacted_traces: Path | None = option(
        "DIR", "Keep Playwright's traces of pages there: passwords, cookies and bodies as they are."
    )
    waivers: Path | None = option("FILE", "Failures that are accepted for a while; docs/trust.md.")
    annotations: Annotations = option(
        None, "Point at what failed, for a CI server; auto: in GitHub Actions.", Annotations.AUTO
    )
    planted: Planting = Planting()

    @property
    def is_long(self) -> bool:
        """Whether it is all of the suite, or all that is of a side or of profiles."""
        return not any((self.requirement, self.scenario, self.tags, self.keyword, self.budget))

    @property
    def explores(self) -> bool:
        """Whether sequences are drawn besides."""
        return bool(self.explore or self.sequences)

    def processes(self, cpus: int) -> int:
        """How many processes share the scenarios.

        More than one pays for its start where there is much to wait for, and while some wait,
        one more than there are processors keeps these at work. Each needs a reference of its
        own: scenarios move the clock of the one that they run against, and cut its links.
        """
        if self.workers is not None:
            return self.workers
        waits = self.driver in ("http", "browser") and self.target is None
        pays = self.is_long and waits and not (self.fail_fast or self.explores)
        return min(cpus + 1, PROCESSES_MAX) if pays else 1


@command(commands, example="certify --target target.toml --profile core,extended --out report")
def certify(asked: Plan) -> int:
    """Run the suite against a target, and judge it.

    Writes the files of the run: its evidence and its reports. Without --target, the embedded
    reference is started on loopback and certified over HTTP.
    """
    from harness.cli.certify import certify as carry_out

    return carry_out(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueOptions:
    """Which requirements are listed, and how."""

    format: Listed = Format.TABLE
    coverage: bool = flag("Add the scenarios that judge each, as --scenario takes them.")
    role: str | None = options.role("Only what binds this side.")
    profile: tuple[str, ...] = options.profiles("Only those of this profile")
    needs: bool = flag("Instead, what scenarios need of a target, as JSON.")
    choices: bool = flag("Instead, what the reference does where the procedure is silent, as JSON.")
    steps: bool = flag("Instead, the phrases of which features of your own can be made.")
    tables: Path | None = option(
        "DIR", "Instead, write the features into DIR, with the rows of their tables drawn anew."
    )
    strength: int = option(
        "N", "With --tables: of how many columns any values meet in a row, at least.", 1, min=1
    )


@command(commands, example="requirements --profile core --coverage")
def requirements(asked: CatalogueOptions) -> int:
    """List what the procedure requires.

    One requirement a line: id, side, level, profile, and what must hold.
    """
    from harness.cli import requirements as listing

    if asked.tables:
        return listing.write_features(asked.tables, asked.strength)
    if asked.steps:
        return listing.list_steps()
    if not (asked.needs or asked.choices):
        return listing.list_requirements(asked)
    put((listing.needs_found() if asked.needs else listing.choices_found()).rstrip("\n"))
    return CONFORMS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """Whose reports or operations are wanted."""

    evidence: Path = argument("EVIDENCE", "An evidence.jsonl, or the folder of a run.")
    out: Path | None = option("DIR", "Where the reports go; beside the evidence without it.")
    format: Annotated[
        ReportForm,
        typer.Option("--format", help="cucumber: its messages, which other viewers read, alone."),
    ] = ReportForm.ALL
    operations: bool = flag("Print the recorded operations as JSON lines; write no report.")
    cell: tuple[str, ...] = option(
        "NN", "With --operations: only of this cell; may be repeated.", ()
    )


@command(commands, example="report reports/runs/20261124T101500Z-mine")
def report(asked: ReportOptions) -> int:
    """Make the reports of a run again, from its evidence alone.

    The exit code is that of the run: an evidence that was cut off is inconclusive.
    """
    from harness.cli.report import report_on

    return report_on(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """What is judged again, and with what besides our suite."""

    evidence: Path = argument("EVIDENCE", "An evidence.jsonl, or the folder of a run.")
    format: Printed = ResultFormat.TEXT
    suite: tuple[Path, ...] = option("DIR", "A folder of features of your own that took part.", ())
    checks: tuple[Path, ...] = option("FILE", "A Python file with checks of your own.", ())


@command(commands, example="verify reports/runs/20261124T101500Z-mine")
def verify(asked: VerifyOptions) -> int:
    """Judge a run again, from its evidence alone.

    Says what differs. Exit codes: 0 the same verdicts are reached, 1 they are not or the file was
    changed, 2 it is no evidence, was cut off, or cannot be read whole.
    """
    from harness.cli.verify import verify_evidence

    return verify_evidence(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """Two runs, the earlier one first."""

    before: Path = argument("A", "The evidence of the earlier run, or its folder.")
    after: Path = argument("B", "The evidence of the later run, or its folder.")
    out: Path | None = option("FILE", "Write it as a page too: FILE.html, or a folder for one.")
    format: Printed = ResultFormat.TEXT


@command(commands, example="compare reports/runs/last-week reports/runs/today --out changes.html")
def compare(asked: CompareOptions) -> int:
    """Lay two runs side by side: what broke, what was mended.

    What else changed is listed too; --out makes a page of it. Exit codes: 0 nothing broke that must
    hold, 1 something did, 3 something can no longer be judged, or one of the two is not whole.
    """
    from harness.cli.compare import compare_runs

    return compare_runs(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """The run that is to be published, and what of it is nobody's business."""

    run: Path = argument("RUN", "The folder of a run, or its evidence.jsonl.")
    to: Path = option("DIR", "The folder of all that is published.", Path("reports"))
    hide: tuple[str, ...] = option(
        "NAME", "A host, project or other name that is to be a label; repeat it.", ()
    )


@command(reports_app, example="reports submit reports/runs/20261124T101500Z-mine --hide lab-7")
def submit(asked: SubmitOptions) -> int:
    """Make of a run what is published of it.

    Packs its evidence, with labels in place of private addresses, internal hosts and users, and
    checks the result as `reports check` does; docs/published.md. Exit codes: 0 it may be published,
    1 it may not, and why, 2 it is no such run, or is there already.
    """
    from harness.cli.reports import submit as carry_out

    return carry_out(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The reports that are checked."""

    paths: tuple[Path, ...] = argument(
        "[PATH]...", "The folder of one, or of many below it; reports/ without any.", ()
    )
    format: Printed = ResultFormat.TEXT


@command(reports_app, example="reports check reports/2026-11/acme-edge/2.1")
def check(asked: CheckOptions) -> int:
    """Check published reports, offline, and say all that is wrong.

    Judges each again from its evidence. Exit codes: 0 all are in order, 1 one is not, 2 there are
    none.
    """
    from harness.cli.reports import check as carry_out

    return carry_out(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """The reports that are shown, and where."""

    path: Path = argument("[PATH]", "The folder of all that is published.", Path("reports"))
    out: Path | None = option("FILE", "The page; index.html in that folder without it.")


@command(reports_app, example="reports index --out site/reports/index.html")
def index(asked: IndexOptions) -> int:
    """Make the page of all published reports.

    Implementations by requirement. Checks each, and makes its report and badges anew. Exit codes:
    0 all are on it, 1 one was left out, and why, 2 there are none.
    """
    from harness.cli.reports import index as carry_out

    return carry_out(asked)
