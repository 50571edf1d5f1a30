"""Verdicts, and how many become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Verdict(StrEnum):
    """The answer of a check, a scenario or a requirement."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_SUPPORTED = "not_supported"
    SKIPPED = "skipped"
    OBSERVED = "observed"


RED = (Verdict.FAIL, Verdict.INCONCLUSIVE)
"""What has to be looked at."""


class Overall(StrEnum):
    """The verdict on a whole run."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does_not_conform"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES: Mapping[Overall, int] = {
    Overall.CONFORMS: 0,
    Overall.DOES_NOT_CONFORM: 1,
    Overall.INCONCLUSIVE: 3,
}


_WORST_FIRST = (
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
    Verdict.OBSERVED,
    Verdict.NOT_SUPPORTED,
    Verdict.SKIPPED,
)
"""A requirement of which one scenario passed and another could not be asked for lack of a
feature is judged by the one that was asked."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole from those of its parts; `SKIPPED` when there are none."""
    found = set(verdicts)
    return next((v for v in _WORST_FIRST if v in found), Verdict.SKIPPED)
