"""Looks for the rate at which a target breaks: raise it until a bound is broken, then bisect."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harness.checkers.fleet.durations import merged
from harness.checkers.fleet.gate import PERCENTILES, check, evaluate
from harness.history.fleet_lines import EffortLine, GateLine, MeasuresLine

_SHORT: Final = re.compile(
    rf"\s*({'|'.join(PERCENTILES)})\s*<\s*(\d+(?:\.\d+)?)\s*(ms|s)\s*"
)  # fmt: skip
_FINE: Final = 1.1
"""Near enough: the rate that broke is at most so many times the one that held."""
_TRIES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class LimitExpression:
    """What has to hold, as it was written.

    `p99<500ms` is about the answers to all requests; anything else is an expression of a gate.
    """

    text: str

    def __post_init__(self) -> None:
        if _SHORT.fullmatch(self.text) is None:
            check([self.text])

    def evaluate(self, measures: MeasuresLine, effort: EffortLine) -> GateLine:
        """Whether it holds, and by which value (of answers, in milliseconds). What was never
        answered breaks it.
        """
        found = _SHORT.fullmatch(self.text)
        if found is None:
            return evaluate([self.text], measures, 0, True)[0]
        answers = merged(effort.answered.values())
        silent = sum(effort.unanswered.values())
        value = answers.percentile(PERCENTILES[found[1]]) / 1_000
        bound = float(found[2]) * (1_000 if found[3] == "s" else 1)
        # Those without an answer took longer than any that had one.
        share = 1 - silent / max(1, answers.count + silent)
        if 1_000 * share < PERCENTILES[found[1]]:
            return self._broken(f"{silent} requests had no answer")
        if not answers.count:
            return self._broken("nothing was answered")
        return GateLine(expression=self.text, value=value, holds=value < bound)

    def _broken(self, reason: str) -> GateLine:
        return GateLine(expression=self.text, value=None, holds=False, reason=reason)


@dataclass(frozen=True, slots=True)
class RateResult:
    """What came of one rate, in operators a second.

    `late` says why the harness could not keep the rate itself; then it shows nothing.
    """

    rate: float
    judged: GateLine
    requests: int
    late: str = ""


@dataclass(frozen=True, slots=True)
class LimitResult:
    """What came of the search.

    Attributes:
        tried: all rates, in the order in which they were tried.
        holds: the highest rate that held; 0 where none did.
        breaks: the lowest that did not; `None` where all held.
        why: why the search ended before it was done; empty where it was.
    """

    tried: tuple[RateResult, ...]
    holds: float
    breaks: float | None
    why: str = ""


def search(
    attempt: Callable[[float], RateResult],
    first: float,
    most: float,
    stopped: Callable[[], str] = lambda: "",
) -> LimitResult:
    """Double the rate from `first` on until it breaks, `most` at most; then bisect.

    A rate that the harness itself could not keep ends the search: what is above is unknown.
    `stopped` says why it shall end, if it shall.
    """
    tried: list[RateResult] = []
    holds, breaks, rate = 0.0, None, first
    why = ""
    while len(tried) < _TRIES_MAX and not (why := stopped()):
        result = attempt(rate)
        tried.append(result)
        if result.late:
            why = f"at {rate:g}/s the harness itself was the bottleneck: {result.late}"
            break
        if result.judged.holds:
            holds = max(holds, rate)
        else:
            breaks = rate if breaks is None else min(breaks, rate)
        if (breaks is None and holds >= most) or (breaks and holds and breaks <= holds * _FINE):
            break
        if breaks is not None and not holds and breaks <= first / 16:
            break
        rate = min(holds * 2, most) if breaks is None else (holds + breaks) / 2
    return LimitResult(tuple(tried), holds, breaks, why)
