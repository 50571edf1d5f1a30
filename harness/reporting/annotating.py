"""What a CI server shows beside the code: GitHub's workflow commands, one a line.

Everything that came from a target is data within one command, never a command of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.catalogue.requirement import Level
from harness.catalogue.verdict import Verdict
from harness.reporting.model import Report, RequirementReport, ScenarioReport
from harness.reporting.waiving import Standing, in_words

OF_A_KIND_MAX: Final = 10
"""GitHub shows no more of a kind for one step."""
_MESSAGE_MAX: Final = 1_000


def github_commands(report: Report) -> Iterator[str]:
    """An `error` for each failure that makes a run not conform, a `warning` for what is
    undecided or should hold, a `notice` for what is waived; each at its scenario.
    """
    shown: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for requirement in report.requirements:
        for scenario in _telling(requirement):
            kind = _kind(requirement, scenario)
            shown[kind].append(_at(kind, requirement, scenario))
    shown["warning"] += [
        _command("warning", {"title": "Waiver"}, waiver.told)
        for waiver in report.waivers
        if waiver.standing in (Standing.EXPIRED, Standing.NOT_NEEDED)
    ]
    for kind, commands in shown.items():
        yield from commands[:OF_A_KIND_MAX]
        if len(commands) > OF_A_KIND_MAX:
            more = len(commands) - OF_A_KIND_MAX
            yield f"pairproof: {more} more of the kind {kind} are in the report"


def _telling(report: RequirementReport) -> Iterator[ScenarioReport]:
    """The scenarios to point at: those that made the verdict."""
    if report.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        yield from (s for s in report.scenarios if s.verdict is report.verdict or s.failed)


def _kind(requirement: RequirementReport, scenario: ScenarioReport) -> str:
    if scenario.waived:
        return "notice"
    must = requirement.requirement.level is Level.MUST
    return "error" if must and requirement.verdict is Verdict.FAIL else "warning"


def _at(kind: str, report: RequirementReport, scenario: ScenarioReport) -> str:
    requirement, line = report.requirement, scenario.line
    waived = f" ({in_words(scenario.waived)})" if scenario.waived else ""
    place = {
        "file": line.feature,
        "line": str(line.line),
        "title": f"{requirement.id}: {requirement.title}",
    }
    return _command(kind, place, f"{line.name}: {scenario.reason}{waived}")


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = message if len(message) <= _MESSAGE_MAX else f"{message[: _MESSAGE_MAX - 1]}…"
    return f"::{kind} {told}::{_escaped(text)}"


def _escaped(text: str) -> str:
    """No line ends within a command, and whatever else would end one is data."""
    flat = "".join(c if c.isprintable() or c in "\r\n\t" else "\ufffd" for c in text)
    return flat.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
