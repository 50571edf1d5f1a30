"""The verdict on a scenario from what its checks found: once for the run and for its audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.catalogue.verdict import Verdict, worst
from harness.checkers.registry import Finding

NOTHING_JUDGED: Final = "no step of this scenario has judged anything"

_TOLD = (Verdict.FAIL, Verdict.OBSERVED, Verdict.INCONCLUSIVE)
"""The verdicts that need a reason."""


def verdict_of(findings: Sequence[Finding]) -> tuple[Verdict, str]:
    """The verdict of a scenario that went to its end, and why: the worst of what was found.

    Without any finding nothing was judged, and that is inconclusive.
    """
    if not findings:
        return Verdict.INCONCLUSIVE, NOTHING_JUDGED
    verdict = worst(finding.verdict for finding in findings)
    reasons = dict.fromkeys(f.reason for f in findings if f.verdict is verdict)
    return verdict, "; ".join(reasons) if verdict in _TOLD else ""


def rests_on(findings: Sequence[Finding], verdict: Verdict) -> list[str]:
    """The operations that a verdict rests on: those of the findings that say the same."""
    operations = (o for f in findings if f.verdict is verdict for o in f.operations)
    return list(dict.fromkeys(operations))
