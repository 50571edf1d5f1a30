"""What CI servers read: `junit.xml`, and the workflow commands of GitHub.

In `junit.xml` each feature is a test suite, each scenario a test case: `fail` is a failure,
`inconclusive` an error, `not_supported` and `skipped` are skips with their reason, `observed`
passes and says what was seen. It validates against the schema of Jenkins's xUnit plugin, which
gives a case neither properties nor a place: they stand in its output. The commands show beside the
code what failed, one a line; everything that came from a target is data within one command, never a
command of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.etree import ElementTree as ET

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import OWN
from harness.catalogue.verdict import RED, Verdict
from harness.reporting import model
from harness.reporting.waiving import Standing, describe, waived_as
from harness.reporting.words import clipped, describe_leak

Judged = Sequence[tuple[str, model.ScenarioReport]]
"""What one scenario says of each of its requirements, by their ids."""


def junit_xml(report: model.Report) -> bytes:
    """The report in the form that CI servers read."""
    by_feature: dict[str, list[Case]] = {}
    for judged, case in cases_of(report):
        by_feature.setdefault(judged[0][1].line.feature, []).append(case)
    told = [("headline", report.headline), *(("warning", why) for why in report.warnings)]
    suites = [JUnitSuite(feature, cases, told) for feature, cases in by_feature.items()]
    suites += [JUnitSuite("pairproof", [_leaks(report)])] * bool(report.evidence.leaks)
    return suites_xml(suites, report.started_at)


def _leaks(report: model.Report) -> Case:
    """A case of its own, since what is left behind belongs to no scenario."""
    leaks = report.evidence.leaks
    return Case(
        name="nothing is left on the target",
        classname="pairproof.leaks",
        verdict=Verdict.INCONCLUSIVE,
        message=model.left_behind(leaks),
        text="\n".join(map(describe_leak, leaks)),
    )


def cases_of(report: model.Report) -> Iterator[tuple[Judged, Case]]:
    """Each scenario that was judged, and the case that it makes."""
    by_scenario: dict[str, list[tuple[str, model.ScenarioReport]]] = {
        id_: [] for id_ in report.scenario_verdicts
    }
    for requirement in report.requirements:
        for scenario in requirement.scenarios:
            by_scenario[scenario.line.id].append((requirement.requirement.id, scenario))
    for id_, judged in by_scenario.items():
        yield judged, _case(judged, report.scenario_verdicts[id_])


def _case(judged: Judged, verdict: Verdict) -> Case:
    if excuse := _excuse(judged, verdict):
        return excuse
    first = judged[0][1]
    line = first.line
    deciding = [(id_, report) for id_, report in judged if report.verdict is verdict]
    reasons = dict.fromkeys(report.reason or "no reason was given" for _, report in deciding)
    message = "; ".join(reasons)
    ids = ", ".join(id_ for id_, _ in deciding)
    again = [f"reproduce: {report.reproduce}" for _, report in deciding]
    return Case(
        name=line.name,
        classname=line.feature.removesuffix(".feature").replace("/", "."),
        verdict=verdict,
        message=message if verdict is Verdict.OBSERVED else f"{ids}: {message}",
        text="\n".join([f"{line.feature}:{line.line}", *reasons, *again]),
        properties=[*_properties(judged), ("scenario", line.id)],
        file=line.feature,
        line=line.line,
        duration_s=first.duration_s,
    )


def _excuse(judged: Judged, verdict: Verdict) -> Case | None:
    """A case whose failures are all waived is a skip that says so; it is never a pass."""
    red = [(id_, report) for id_, report in judged if report.verdict in RED]
    waived = [(id_, report) for id_, report in red if report.waived]
    if not waived or len(waived) < len(red):
        return None
    told = (f"{id_} {describe(r.waived)}; {r.reason}" for id_, r in waived if r.waived)
    return replace(
        _case([(id_, replace(report, waived=None)) for id_, report in judged], verdict),
        verdict=Verdict.SKIPPED,
        message="; ".join(told),
        properties=[*_properties(judged), ("scenario", judged[0][1].line.id)],
        skipped_as=waived_as(waived[0][1].waived) if waived[0][1].waived else "",
    )


def _properties(judged: Judged) -> Iterator[tuple[str, str]]:
    for id_, report in judged:
        yield "requirement", id_
        yield f"verdict:{id_}", report.verdict.value
        if report.waived:
            yield f"waived:{id_}", f"until {report.waived.expires} by {report.waived.owner}"
        for repeat in report.repeats:
            told = repeat.verdict.value if repeat.verdict else "not judged"
            yield f"unstable:{id_}", f"{told}: {repeat.file}"


# --- workflow commands -----------------------------------------------------------------------

OF_A_KIND_MAX: Final = 10
"""GitHub shows no more of a kind for one step."""
_MESSAGE_MAX: Final = 1_000


def github_commands(report: model.Report) -> Iterator[str]:
    """An `error` for each failure that makes a run not conform, a `warning` for what is
    undecided or should hold, a `notice` for what is waived, each at its scenario; and one that says
    that a selection is no certificate.
    """
    shown: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for requirement in report.requirements:
        for scenario in requirement.scenarios if requirement.verdict in RED else ():
            if scenario.verdict is requirement.verdict or scenario.failed:  # it made the verdict
                kind = _kind(requirement, scenario)
                shown[kind].append(_at(kind, requirement, scenario, report.header.target_file))
    shown["warning"] += [
        _command("warning", {"title": "Waiver"}, waiver.told)
        for waiver in report.waivers
        if waiver.standing in (Standing.EXPIRED, Standing.NOT_NEEDED)
    ]
    if report.tone == model.SELECTION:
        shown["notice"].append(_command("notice", {"title": report.headline}, report.why))
    for kind, commands in shown.items():
        yield from commands[:OF_A_KIND_MAX]
        if len(commands) > OF_A_KIND_MAX:
            more = len(commands) - OF_A_KIND_MAX
            yield f"pairproof: {more} more of the kind {kind} are in the report"


def _kind(requirement: model.RequirementReport, scenario: model.ScenarioReport) -> str:
    if scenario.waived:
        return "notice"
    must = requirement.requirement.level is Level.MUST
    return "error" if must and requirement.verdict is Verdict.FAIL else "warning"


def _at(
    kind: str, report: model.RequirementReport, scenario: model.ScenarioReport, target: str
) -> str:
    """Our features are in no repository of a vendor's, and its target file is."""
    requirement, line = report.requirement, scenario.line
    waived = f" ({describe(scenario.waived)})" if scenario.waived else ""
    place, told = {"file": line.feature, "line": str(line.line)}, line.name
    if target and requirement is not OWN:
        place, told = {"file": target}, f"{line.feature}:{line.line}: {told}"
    place["title"] = f"{requirement.id}: {requirement.title}"
    return _command(kind, place, f"{told}: {scenario.reason}{waived}")


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    told = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    text = clipped(message, _MESSAGE_MAX)
    return f"::{kind} {told}::{_escaped(text)}"


def _escaped(text: str, besides: str = "") -> str:
    """No line ends within a command, and whatever else would end one is data."""
    flat = "".join(c if c.isprintable() or c in "\r\n\t" else "\ufffd" for c in text)
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + besides else c for c in flat)


# --- test suites -----------------------------------------------------------------------------

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ELEMENT = {
    Verdict.FAIL: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_SUPPORTED: "skipped",
    Verdict.SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. `message` is its reason in a line, `text` all that helps with a failure.

    `file` and `line` say where it is written down; without them it has no such place.
    """

    name: str
    classname: str
    verdict: Verdict
    message: str = ""
    text: str = ""
    properties: Sequence[tuple[str, str]] = ()
    file: str = ""
    line: int = 0
    duration_s: float = 0.0
    skipped_as: str = ""
    """Why it counts as a skip, in a word; without it, its verdict says so."""


@dataclass(frozen=True, slots=True)
class JUnitSuite:
    """Test cases under one name."""

    name: str
    cases: Sequence[Case]
    properties: Sequence[tuple[str, str]] = ()


def suites_xml(suites: Iterable[JUnitSuite], started_at: str = "") -> bytes:
    """The suites as one document. `started_at` is RFC 3339, or empty."""
    root = ET.Element("testsuites", name="pairproof")
    shown = list(suites)
    _count(root, [case for suite in shown for case in suite.cases])
    for suite in shown:
        element = ET.SubElement(root, "testsuite", name=_text(suite.name))
        skipped = _count(element, suite.cases)
        element.set("skipped", str(skipped))  # the whole document has no place for it
        if started_at:
            element.set("timestamp", _text(started_at))
        if suite.properties:
            told = ET.SubElement(element, "properties")
            for name, value in suite.properties:
                ET.SubElement(told, "property", name=name, value=_text(value))
        for case in suite.cases:
            _add_case(element, case)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _count(element: ET.Element, cases: Sequence[Case]) -> int:
    """Count what is within; returns how many were skipped."""
    kinds = [_ELEMENT.get(case.verdict, "") for case in cases]
    element.set("tests", str(len(cases)))
    element.set("failures", str(kinds.count("failure")))
    element.set("errors", str(kinds.count("error")))
    element.set("time", f"{sum(case.duration_s for case in cases):.6f}")
    return kinds.count("skipped")


def _add_case(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(
        suite, "testcase", name=_text(case.name), classname=_text(case.classname)
    )
    element.set("time", f"{case.duration_s:.6f}")
    _result(element, case)
    said = [f"observed: {case.message}"] * (case.verdict is Verdict.OBSERVED)
    said += [f"{case.file}:{case.line}"] * bool(case.file)
    said += [f"{name}={value}" for name, value in case.properties]
    if said:
        ET.SubElement(element, "system-out").text = _text("\n".join(said))


def _result(element: ET.Element, case: Case) -> None:
    kind = _ELEMENT.get(case.verdict)
    if kind is None:
        return
    result = ET.SubElement(element, kind, message=_text(case.message))
    if kind == "skipped":
        result.set("type", case.skipped_as or case.verdict.value)
        return
    result.set("type", f"pairproof.{case.verdict.value}")
    result.text = _text(case.text)


def _text(text: str) -> str:
    """Without what no XML document may hold."""
    return _NOT_XML.sub("\ufffd", text)
