"""Test suites and their cases in the XML of JUnit, which CI servers read.

`fail` is a failure, `inconclusive` an error, `not_supported` and `skipped` are skips with
their reason, `observed` passes and says what was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from harness.catalogue.verdict import Verdict

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
class Suite:
    """Test cases under one name."""

    name: str
    cases: Sequence[Case]


def suites_xml(suites: Iterable[Suite], started_at: str = "") -> bytes:
    """The suites as one document. `started_at` is RFC 3339, or empty."""
    root = ET.Element("testsuites", name="pairproof")
    shown = list(suites)
    _count(root, [case for suite in shown for case in suite.cases])
    for suite in shown:
        element = ET.SubElement(root, "testsuite", name=_text(suite.name))
        _count(element, suite.cases)
        if started_at:
            element.set("timestamp", _text(started_at))
        for case in suite.cases:
            _case(element, case)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _count(element: ET.Element, cases: Sequence[Case]) -> None:
    kinds = [_ELEMENT.get(case.verdict, "") for case in cases]
    element.set("tests", str(len(cases)))
    element.set("failures", str(kinds.count("failure")))
    element.set("errors", str(kinds.count("error")))
    element.set("skipped", str(kinds.count("skipped")))
    element.set("time", f"{sum(case.duration_s for case in cases):.6f}")


def _case(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(
        suite, "testcase", name=_text(case.name), classname=_text(case.classname)
    )
    if case.file:
        element.set("file", _text(case.file))
        element.set("line", str(case.line))
    element.set("time", f"{case.duration_s:.6f}")
    properties = ET.SubElement(element, "properties")
    for name, value in case.properties:
        ET.SubElement(properties, "property", name=_text(name), value=_text(value))
    _result(element, case)


def _result(element: ET.Element, case: Case) -> None:
    kind = _ELEMENT.get(case.verdict)
    if kind is None:
        if case.verdict is Verdict.OBSERVED:
            ET.SubElement(element, "system-out").text = _text(f"observed: {case.message}")
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
