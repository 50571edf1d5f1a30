"""`pairproof doctor`: a target tried before a run, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.text import Text

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirements import REQUIREMENTS
from harness.cli.exits import INCONCLUSIVE, WRONG_USAGE, CannotDo, put_json
from harness.cli.summary import print_texts
from harness.doctor.driving import examine_driver
from harness.doctor.examining import Diagnosis, SelectedSuite, examine, suite_for
from harness.doctor.finding import DoctorFinding, Severity, worst
from harness.history.operation import Json
from harness.opening import DRIVERS, driver_names, open_http, open_target
from harness.targets.http import HttpDriver
from harness.targets.plugged import PluggedDriver
from harness.targets.port import TargetInfo
from harness.targets.reading import TargetFileError
from harness.targets.target import Target
from harness.targets.target_file import load_target
from harness.verifying.known import known_here

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


def doctor(target_file: Path | None, format: str, *, everything: bool, driver: str = "http") -> int:
    """Try the target and say what was found; returns the exit code.

    Raises:
        CannotDo: the driver needs a target file, or has nothing that could be tried.
        UnknownName: there is no such driver.
        PairproofError: a driver of another package cannot be used.
    """
    tried = str(target_file or driver)
    try:
        diagnosis = _diagnosis(target_file, driver)
    except TargetFileError as error:
        told = [(m.of_file(error.source), m.remedy) for m in error.mistakes]
        diagnosis = Diagnosis(
            tuple(
                DoctorFinding(Severity.PROBLEM, "file", what.removesuffix(f"; {remedy}"), remedy)
                for what, remedy in told
            )
        )
    code = _CODES[worst(diagnosis.findings)]
    if format == "json":
        put_json(_document(tried, diagnosis, code))
    else:
        print_texts(_lines(diagnosis, code, tried, everything=everything))
    return code


def _diagnosis(target_file: Path | None, driver: str) -> Diagnosis:
    scenarios = known_here().scenarios
    requirements_of = {name: scenario.requirements for name, scenario in scenarios.items()}

    def suite(info: TargetInfo) -> SelectedSuite:
        return suite_for(info, requirements_of, REQUIREMENTS)

    if driver not in driver_names():
        raise UnknownName("driver", driver, driver_names())
    if driver not in DRIVERS:
        with closing(open_target(driver, target_file, 1)) as opened:
            assert isinstance(opened, PluggedDriver)
            return examine_driver(opened, suite(opened.info))
    if target_file is None or driver != "http":
        raise CannotDo(
            "name the target file that is to be tried with --target, for the driver http"
        )
    target = load_target(target_file, os.environ)
    return examine(target, suite(target.info), _opened, lambda: datetime.now(UTC))


def _opened(target: Target) -> closing[HttpDriver]:
    return closing(open_http(target, tried=False))


def _document(tried: str, diagnosis: Diagnosis, code: int) -> dict[str, Json]:
    reach = diagnosis.reach
    findings: list[Json] = [
        {"level": f.level.value, "area": f.area, "what": f.what, "remedy": f.remedy}
        for f in diagnosis.findings
    ]
    missing, not_offered = (
        [{**asdict(each), "scenarios": list(each.scenarios)} for each in found]
        for found in ((reach.missing, reach.not_offered) if reach else ((), ()))
    )
    return {
        "schema": "pairproof/doctor/1",
        "target": tried,
        "verdict": _VERDICTS[code],
        "findings": findings,
        "judged": len(reach.judged) if reach else None,
        "clusters_used_up": reach.clusters if reach else None,
        "clusters_disposable": reach.disposable if reach else None,
        "too_large": list(reach.too_large) if reach else [],
        "missing": [*missing],
        "not_offered": [*not_offered],
    }


def _lines(diagnosis: Diagnosis, code: int, tried: str, *, everything: bool) -> Iterator[Text]:
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
    yield _last_line(diagnosis, code, tried)


def _last_line(diagnosis: Diagnosis, code: int, tried: str) -> Text:
    reach = diagnosis.reach
    judged = f"{len(reach.judged)} scenarios can be judged" if reach else ""
    if code == WRONG_USAGE:
        count = sum(finding.level is Severity.PROBLEM for finding in diagnosis.findings)
        told = f"{count} problem{'s' if count != 1 else ''} to mend before a run"
        return Text(f"✗ not usable yet: {tried}. {told}", style="bold red")
    if code == INCONCLUSIVE:
        return Text(f"? usable, with gaps: {tried}. {judged}", style="bold yellow")
    return Text(f"✓ ready: {tried}. {judged}", style="bold green")
