"""What the xUnit plugin of Jenkins accepts as JUnit (its schema, version 10), as a check.

By default it refuses a document with an element, an attribute or a text that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

TIME = re.compile(r"[0-9,]*(\.[0-9]*)?")
"""Seconds, with separators of thousands or without; neither a sign nor an exponent."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an element may hold."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    text: bool = False


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOLD = Rule(optional=names("type message"), text=True)
_RERUN = Rule(names("type"), names("message"), names("stackTrace system-out system-err"), text=True)
RULES = {
    "testsuites": Rule(
        optional=names("name time tests failures errors"), children=names("testsuite")
    ),
    "testsuite": Rule(
        names("name tests failures errors"),
        names("group time skipped timestamp hostname id package file log url"),
        names("testsuite properties testcase system-out system-err"),
    ),
    "testcase": Rule(
        names("name"),
        names("time classname group"),
        names(
            "skipped error failure rerunFailure rerunError flakyFailure flakyError"
            " system-out system-err"
        ),
    ),
    "properties": Rule(children=names("property")),
    "property": Rule(names("name value")),
    "failure": _TOLD,
    "error": _TOLD,
    "skipped": _TOLD,
    "rerunFailure": _RERUN,
    "rerunError": _RERUN,
    "flakyFailure": _RERUN,
    "flakyError": _RERUN,
    "stackTrace": Rule(text=True),
    "system-out": Rule(text=True),
    "system-err": Rule(text=True),
}


def flaws(document: str | bytes) -> list[str]:
    """Why the plugin would refuse the document; empty if it would not."""
    root = ET.fromstring(document)
    if root.tag not in ("testsuites", "testsuite"):
        return [f"it begins with {root.tag}"]
    return [*_flaws(root)]


def _flaws(element: ET.Element) -> Iterator[str]:
    tag, rule = element.tag, RULES[element.tag]
    given = frozenset(element.attrib)
    yield from (f"{tag} lacks {name}" for name in sorted(rule.required - given))
    yield from (f"{tag} has {name}" for name in sorted(given - rule.required - rule.optional))
    if tag != "testcase" and not TIME.fullmatch(element.get("time", "")):
        yield f"{tag} lasts {element.get('time')}"
    told = "".join([element.text or "", *(child.tail or "" for child in element)])
    if told.strip() and not rule.text:
        yield f"{tag} holds text"
    for child in element:
        if child.tag in rule.children:
            yield from _flaws(child)
        else:
            yield f"{tag} holds {child.tag}"
