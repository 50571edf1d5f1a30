"""`junit.xml`: a test suite for each feature, a test case for each scenario.

`fail` is a failure, `inconclusive` an error, `not_supported` and `skipped` are skips with
their reason, `observed` passes and says what was seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from harness.catalogue.verdict import Verdict, worst
from harness.reporting.model import Report, ScenarioReport

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ELEMENT = {
    Verdict.FAIL: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_SUPPORTED: "skipped",
    Verdict.SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class _Case:
    """One scenario with what it says of each of its requirements."""

    reports: Sequence[tuple[str, ScenarioReport]]

    @property
    def verdict(self) -> Verdict:
        return worst(report.verdict for _, report in self.reports)

    @property
    def first(self) -> ScenarioReport:
        return self.reports[0][1]

    def deciding(self) -> list[tuple[str, ScenarioReport]]:
        """The requirements on which it has the verdict that it has as a whole."""
        return [(id_, report) for id_, report in self.reports if report.verdict is self.verdict]


def junit_xml(report: Report) -> bytes:
    """The report in the form that CI servers read."""
    root = ET.Element("testsuites", name="pairproof")
    cases = _cases(report)
    _count(root, cases)
    features = dict.fromkeys(case.first.line.feature for case in cases)
    for feature in features:
        _suite(root, report, feature, [c for c in cases if c.first.line.feature == feature])
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _cases(report: Report) -> list[_Case]:
    by_scenario: dict[str, list[tuple[str, ScenarioReport]]] = {
        id_: [] for id_ in report.scenario_verdicts
    }
    for requirement in report.requirements:
        for scenario in requirement.scenarios:
            by_scenario[scenario.line.id].append((requirement.requirement.id, scenario))
    return [_Case(reports) for reports in by_scenario.values()]


def _suite(root: ET.Element, report: Report, feature: str, cases: list[_Case]) -> None:
    suite = ET.SubElement(root, "testsuite", name=_text(feature))
    _count(suite, cases)
    if report.started_at:
        suite.set("timestamp", _text(report.started_at))
    for case in cases:
        _case(suite, case)


def _count(element: ET.Element, cases: list[_Case]) -> None:
    kinds = [_ELEMENT.get(case.verdict, "") for case in cases]
    element.set("tests", str(len(cases)))
    element.set("failures", str(kinds.count("failure")))
    element.set("errors", str(kinds.count("error")))
    element.set("skipped", str(kinds.count("skipped")))
    element.set("time", f"{sum(case.first.duration_s for case in cases):.6f}")


def _case(suite: ET.Element, case: _Case) -> None:
    line = case.first.line
    element = ET.SubElement(
        suite,
        "testcase",
        name=_text(line.name),
        classname=_text(line.feature.removesuffix(".feature").replace("/", ".")),
        file=_text(line.feature),
        line=str(line.line),
        time=f"{case.first.duration_s:.6f}",
    )
    properties = ET.SubElement(element, "properties")
    for id_, report in case.reports:
        ET.SubElement(properties, "property", name="requirement", value=_text(id_))
        ET.SubElement(
            properties, "property", name=f"verdict:{_text(id_)}", value=report.verdict.value
        )
    ET.SubElement(properties, "property", name="scenario", value=_text(line.id))
    _result(element, case)


def _result(element: ET.Element, case: _Case) -> None:
    deciding = case.deciding()
    reasons = dict.fromkeys(report.reason or "no reason was given" for _, report in deciding)
    message = _text("; ".join(reasons))
    kind = _ELEMENT.get(case.verdict)
    if kind is None:
        if case.verdict is Verdict.OBSERVED:
            ET.SubElement(element, "system-out").text = f"observed: {message}"
        return
    result = ET.SubElement(element, kind, message=f"{_ids(deciding)}: {message}")
    if kind == "skipped":
        result.set("type", case.verdict.value)
        return
    result.set("type", f"pairproof.{case.verdict.value}")
    again = [f"reproduce: {report.reproduce}" for _, report in deciding]
    place = f"{case.first.line.feature}:{case.first.line.line}"
    result.text = _text("\n".join([place, *reasons, *again]))


def _ids(reports: Sequence[tuple[str, ScenarioReport]]) -> str:
    return _text(", ".join(id_ for id_, _ in reports))


def _text(text: str) -> str:
    """Without what no XML document may hold."""
    return _NOT_XML.sub("\ufffd", text)
