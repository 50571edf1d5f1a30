"""How verdicts, levels, roles and places are called in reports that people read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

from harness.catalogue.edition import ANCHORS
from harness.catalogue.requirement import Level, Profile, Role, stands_on
from harness.catalogue.verdict import Overall, Verdict
from harness.history.lines import DRAWN, TIME_UP, EvidenceHeader, LeakLine
from harness.history.reader import Evidence
from harness.history.wording import begun as begun
from harness.history.wording import counted as counted
from harness.reporting.waiving import Standing
from harness.reporting.waiving import waived_as as waived_as

VERDICT_NAMES: Final[Mapping[Verdict, str]] = {v: v.value.replace("_", " ") for v in Verdict}

VERDICT_SYMBOLS: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_SUPPORTED: "–",
    Verdict.SKIPPED: "»",
    Verdict.OBSERVED: "○",
}
"""So that no verdict is told by its colour alone."""

OVERALL_NAMES: Final[Mapping[Overall, str]] = {
    overall: overall.value.replace("_", " ").capitalize() for overall in Overall
}

OVERALL_SYMBOLS: Final[Mapping[Overall, str]] = {
    Overall.CONFORMS: "✓",
    Overall.DOES_NOT_CONFORM: "✗",
    Overall.INCONCLUSIVE: "?",
}

STANDING_NAMES: Final[Mapping[Standing, str]] = {
    Standing.USED: "waives",
    Standing.EXPIRED: "expired",
    Standing.NOT_NEEDED: "not needed",
    Standing.NOT_JUDGED: "not judged",
}

STANDING_SYMBOLS: Final[Mapping[Standing, str]] = {
    Standing.USED: "✗",
    Standing.EXPIRED: "!",
    Standing.NOT_NEEDED: "–",
    Standing.NOT_JUDGED: "?",
}

LEVEL_NAMES: Final[Mapping[Level, str]] = {
    Level.MUST: "must",
    Level.SHOULD: "should",
    Level.UNSPECIFIED: "not specified",
}

ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.EDGE: "edge",
    Role.CENTRAL: "central",
    Role.BOTH: "both sides",
}


def uncapitalized(headline: str) -> str:
    """`conforms, 15 of 78 MUSTs not supported`, as it goes on in a line."""
    return headline[:1].lower() + headline[1:]


def describe_overall(overall: Overall) -> str:
    """`✓ conforms`."""
    return f"{OVERALL_SYMBOLS[overall]} {OVERALL_NAMES[overall].lower()}"


def describe_verdict(verdict: Verdict) -> str:
    """`✗ fail`."""
    return f"{VERDICT_SYMBOLS[verdict]} {VERDICT_NAMES[verdict]}"


def clipped(text: str, most: int) -> str:
    """The text, or as much of it as there is room for, with a sign that it goes on."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def place(source: str) -> str:
    """Where in the document a requirement comes from, in words.

    `#prerequisites prerequisite 2` is "Prerequisites, prerequisite 2".
    """
    anchor, _, rest = source.partition(" ")
    heading = ANCHORS.get(anchor, anchor)
    return f"{heading}, {rest}" if rest else heading


def describe_resumed(header: EvidenceHeader) -> str:
    """When the run was gone on with after it had been cut off; empty if it never was."""
    return ", ".join(header.run.resumed_at or [])


def describe_budget(evidence: Evidence) -> str:
    """What a budget left of the suite, and whether its time was enough; empty without one."""
    selection = evidence.header.selection
    if not selection.budget:
        return ""
    left = sum(v.reason == TIME_UP for v in {v.scenario: v for v in evidence.verdicts}.values())
    late = f", and the time was up before {left} more" if left else ""
    late = late or ", every MUST asked" * evidence.complete
    asked = f"{len(evidence.scenarios) - left} of {selection.out_of} scenarios"
    return f"a budget of {selection.budget}: {asked}{late}"


def describe_lack(header: EvidenceHeader) -> str:
    """Which profiles were not asked for, though one that was stands on them; empty for none."""
    asked = [profile for profile in Profile if profile in header.profiles]
    lacking = [p for p in stands_on(asked[-1]) if p not in asked] if asked else []
    return f"{asked[-1]} stands on {' and '.join(lacking)}" if lacking else ""


def describe_leak(leak: LeakLine) -> str:
    """What is left, where, and why."""
    uid, place = leak.uid and f"({leak.uid})", leak.where and f"at {leak.where}"
    told = " ".join(filter(None, [leak.kind, leak.what, uid, f"on the {leak.side} side", place]))
    return f"{told}: {leak.why}" if leak.why else told


def command(*arguments: str) -> str:
    """A command line of `pairproof`, as it is typed into a shell."""
    return shlex.join(["pairproof", *arguments])


def reproduce(header: EvidenceHeader, requirement: str, scenario: str) -> str:
    """The command line that judges this requirement by this scenario again, same seed.

    One that was drawn is called by its steps.
    """
    words = ["pairproof", "certify", "--requirement", requirement, "--scenario", scenario]
    if scenario.startswith(f"{DRAWN}/"):
        words = ["pairproof", "explore", "--sequence", scenario.partition("/")[2]]
    words += ["--seed", str(header.seed), "--driver", header.driver]
    if header.target_file:
        words += ["--target", header.target_file]
        words += ["--role", *header.roles] if len(header.roles) == 1 else []
    typed = [part for word in header.run.command for part in word.split("=", 1)]
    for option in ("--mutant", "--variant"):
        if option in typed[:-1]:
            words += typed[typed.index(option) :][:2]
    return shlex.join(words)
