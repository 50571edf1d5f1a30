"""`pairproof doctor`: a target tried before a run, and what is missing."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from rich.text import Text

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Role
from harness.cli.commands.targets import DoctorOptions, Rehearsal
from harness.cli.exits import INCONCLUSIVE, WRONG_USAGE, CannotDo, put, put_json, put_list, say
from harness.cli.progress import Watcher
from harness.cli.requirements import STEPS_IN_CALLS
from harness.cli.summary import print_texts
from harness.doctor.cost import RehearsedScenario, RunCost
from harness.doctor.examining import Diagnosis, examine, examine_driver
from harness.doctor.finding import DoctorFinding, Severity, worst
from harness.doctor.rehearsing import DescribedDriver, RehearsedTarget
from harness.history.operation import Json
from harness.history.reader import read_evidence
from harness.history.wording import counted
from harness.opening import DRIVERS, driver_names, open_http, open_inprocess, open_target
from harness.reporting.words import VERDICT_NAMES
from harness.running.selection import Selection
from harness.running.session import alone, suite_words
from harness.targets.http import HttpDriver
from harness.targets.plugged import PluggedDriver
from harness.targets.reading import TargetFileError
from harness.targets.target import Target
from harness.targets.target_file import load_target

_CODES: Final = {
    Severity.GOOD: 0,
    Severity.NOTE: 0,
    Severity.GAP: INCONCLUSIVE,
    Severity.PROBLEM: WRONG_USAGE,
}
_VERDICTS: Final = {0: "ready", INCONCLUSIVE: "gaps", WRONG_USAGE: "unusable"}
_MARKS: Final = {
    Severity.GOOD: ("✓", "green"),
    Severity.NOTE: ("·", "dim"),
    Severity.GAP: ("?", "yellow"),
    Severity.PROBLEM: ("✗", "red"),
}


def _rehearse(asked: Rehearsal, target: DescribedDriver) -> dict[str, RehearsedScenario]:
    """What the run will say of each scenario of the target's.

    Raises:
        CannotDo: nothing is selected, or the rehearsal went wrong.
    """
    import pytest

    watcher, slots = Watcher(io.StringIO()), target.inventory().slots

    class Opening:
        def open_pairproof_target(self, *asked: object) -> RehearsedTarget:
            planted = STEPS_IN_CALLS if target.info.has_steps else ""
            return RehearsedTarget(open_inprocess(1, planted, slots), target)

    say("the run is rehearsed on the reference, with what the target lacks taken away")
    options = {"driver": "inprocess", "role": asked.role}
    options["profile"] = ",".join(asked.profile) or None
    options["requirement"] = ",".join(asked.requirement) or None
    with tempfile.TemporaryDirectory(prefix="pairproof-doctor-") as folder, alone():
        words = suite_words({**options, "out": folder})
        words += ["-k", asked.keyword] if asked.keyword else []
        pytest.main(words, plugins=[watcher, Opening()])
        if watcher.problem or watcher.broken:
            raise CannotDo(watcher.problem or watcher.broken)
        evidence = read_evidence(Path(folder) / "evidence.jsonl")
    if not evidence.complete:
        raise KeyboardInterrupt
    told = {verdict.scenario: verdict for verdict in evidence.verdicts}
    return {
        line.id: RehearsedScenario(
            tuple(line.requirements), told[line.id].verdict, told[line.id].reason
        )
        for line in evidence.scenarios
    }


def doctor(asked: DoctorOptions) -> int:
    """Try the target and say what was found; returns the exit code.

    Raises:
        CannotDo: nothing is selected, or the driver has nothing that could be tried.
        UnknownName: there is no such driver, profile or requirement.
        PairproofError: a driver of another package cannot be used.
    """
    rehearsal = asked.rehearsal
    selection = Selection.of(rehearsal.requirement, rehearsal.profile, rehearsal.role)
    tried = str(asked.target or asked.driver)
    try:
        diagnosis = _diagnosis(asked, selection.role)
    except TargetFileError as error:
        told = [(m.of_file(error.source), m.remedy) for m in error.mistakes]
        diagnosis = Diagnosis(
            tuple(
                DoctorFinding(Severity.PROBLEM, "file", what.removesuffix(f"; {remedy}"), remedy)
                for what, remedy in told
            )
        )
    code = _CODES[worst(diagnosis.findings)]
    if asked.format == "json":
        put_json(_document(tried, diagnosis, code))
    else:
        print_texts(_lines(diagnosis, everything=asked.everything))
        if diagnosis.cost:
            _print_cost(diagnosis.cost, everything=asked.everything)
        print_texts([_last_line(diagnosis, code, tried)])
    return code


def _diagnosis(asked: DoctorOptions, role: Role) -> Diagnosis:
    driver, rehearsal = asked.driver, partial(_rehearse, asked.rehearsal)
    if driver not in driver_names():
        raise UnknownName("driver", driver, driver_names())
    if driver not in DRIVERS:
        with closing(open_target(driver, asked.target, 1)) as opened:
            assert isinstance(opened, PluggedDriver)
            return examine_driver(opened, rehearsal)
    if asked.target is None or driver != "http":
        raise CannotDo(
            "name the target file that is to be tried with --target, for the driver http"
        )
    target = load_target(asked.target, os.environ, role)
    return examine(target, rehearsal, _opened, lambda: datetime.now(UTC))


def _opened(target: Target) -> closing[HttpDriver]:
    return closing(open_http(target, tried=False))


def _document(tried: str, diagnosis: Diagnosis, code: int) -> dict[str, Json]:
    cost = diagnosis.cost
    findings: list[Json] = [
        {"level": f.level.value, "area": f.area, "what": f.what, "remedy": f.remedy}
        for f in diagnosis.findings
    ]
    missing: list[Json] = [
        {**asdict(lack), "scenarios": list(lack.scenarios)} for lack in (cost.lacks if cost else ())
    ]
    unjudged: list[Json] = [
        {"scenario": id_, "verdict": told.verdict.value, "reason": told.reason}
        for id_, told in (cost.scenarios if cost else {}).items()
        if not told.is_judged
    ]
    return {
        "schema": "pairproof/doctor/1",
        "target": tried,
        "verdict": _VERDICTS[code],
        "findings": findings,
        "judged": len(cost.can_be_judged) if cost else None,
        "clusters_used_up": cost.clusters if cost else None,
        "clusters_disposable": cost.disposable if cost else None,
        "seconds": round(cost.lasts_s, 1) if cost else None,
        "basis": cost.basis if cost else "",
        "missing": missing,
        "not_judged": unjudged,
    }


def _lines(diagnosis: Diagnosis, *, everything: bool) -> Iterator[Text]:
    area = ""
    for finding in diagnosis.findings:
        if finding.level is Severity.GOOD and not everything:
            continue
        if finding.area != area:
            area = finding.area
            yield Text(area, style="bold")
        mark, style = _MARKS[finding.level]
        yield Text(f"  {mark} {finding.what}", style=style)
        if finding.remedy:
            yield Text(f"    {finding.remedy}", style="dim")


def _print_cost(cost: RunCost, *, everything: bool) -> None:
    """The table of what is missing, and what a run will be like."""
    if cost.lacks:
        rows = [
            (VERDICT_NAMES[lack.verdict], f"{len(lack.scenarios)}", f"{lack.alone}", lack.what,
             lack.remedy)
            for lack in cost.lacks
        ]  # fmt: skip
        heads = ("verdict", "scenarios", "alone brings", "missing", "what to add")
        put_list(heads, rows, heads[1:3])
    if everything:
        unjudged = ((s, told) for s, told in cost.scenarios.items() if not told.is_judged)
        put_list(
            ("scenario", "verdict", "why"),
            ((s, VERDICT_NAMES[told.verdict], told.reason) for s, told in unjudged),
        )
    clusters = f"{counted(cost.clusters, 'cluster')} used up"
    if cost.disposable is not None:
        clusters += f" of {cost.disposable} that may be"
    put(f"a run lasts about {cost.lasts_s / 60:.1f} minutes; {clusters} ({cost.basis})")


def _last_line(diagnosis: Diagnosis, code: int, tried: str) -> Text:
    cost = diagnosis.cost
    judged = f"{counted(len(cost.can_be_judged), 'scenario')} can be judged" if cost else ""
    if code == WRONG_USAGE:
        count = sum(finding.level is Severity.PROBLEM for finding in diagnosis.findings)
        told = f"✗ not usable yet: {tried}. {counted(count, 'problem')} to mend before a run"
        return Text(told, style="bold red")
    if code == INCONCLUSIVE:
        return Text(f"? usable, with gaps: {tried}. {judged}", style="bold yellow")
    return Text(f"✓ ready: {tried}. {judged}", style="bold green")
