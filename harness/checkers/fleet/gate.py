"""The gate of a run: expressions over its metrics, the situations to reach, and the verdict.

Numbers are exact: metrics and bounds are compared as fractions, and become floating point only
to be shown.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from harness.catalogue.verdict import Overall
from harness.checkers.fleet.requests import STATES
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.domain import operations
from harness.domain.errors import PairproofError
from harness.history.fleet_lines import DurationBuckets, GateLine, MeasuresLine

Reach = Iterable[tuple[str, int]]
"""Situations to reach, each with thousandths of an occurrence for each thousand hosts."""

_FORM: Final = re.compile(r"\s*([A-Za-z]\w*(?:\.\w+)*)\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*")
_COMPARISONS: Final[Mapping[str, Callable[[Fraction, Fraction], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_DID_NOT_END: Final = "the run did not end"
_COUNTED: Final = "violations is "


class GateError(PairproofError):
    """An expression that means nothing, or a situation that there is none of.

    `expression` is the text as it came, `why` says what is wrong with it, `near` are the known
    names that resemble most what it names, at most three.
    """

    def __init__(
        self, expression: str, why: str, given: str = "", known: Iterable[str] = ()
    ) -> None:
        # Imported here: an error is rare, and the command has to start fast.
        from difflib import get_close_matches

        self.expression = expression
        self.why = why
        self.near = tuple(get_close_matches(given, list(known)))
        hint = f"; did you mean {' or '.join(self.near)}?" if self.near else ""
        super().__init__(f"gate {expression!r}: {why}{hint}")


@dataclass(frozen=True, slots=True)
class _Expression:
    text: str
    metric: str
    comparison: str
    bound: Fraction

    @property
    def demands(self) -> bool:
        """Whether it wants a situation to be reached; not to have been there is no failure."""
        return self.metric.startswith("sometimes.") and self.comparison in (">", ">=")


_PACED: Final = (
    *("share.", "share_of_clusters.", "latency_ms.", "waiting_s."),
    *("requests.", "per_pairing.", "sometimes."),
)


def notes_at_another_pace(expressions: Iterable[str], reach: Reach) -> tuple[str, ...]:
    """What of a gate was made for the pace of its scenario, and says little at another: shares,
    latencies, and the situations to reach, as `reached` writes them.
    """
    paced = (text.strip() for text in expressions if text.strip().startswith(_PACED))
    return (*paced, *(_to_reach(name, wanted) for name, wanted in reach))


def check(expressions: Iterable[str]) -> None:
    """Whether each expression means something, and may hold.

    Raises:
        GateError: one does not, or cannot whatever a run comes to.
    """
    for text in expressions:
        expression = _parsed(text)
        metric, bound = expression.metric, expression.bound
        shares = metric.startswith("share")
        most = Fraction(1) if shares else abs(bound) + 1
        holds = _COMPARISONS[expression.comparison]
        if not any(holds(value, bound) for value in (Fraction(0), min(abs(bound), most), most)):
            within = "between 0 and 1" if shares else "never negative"
            raise GateError(text, f"it never holds: {metric} is {within}")


def evaluate(
    expressions: Iterable[str], measures: MeasuresLine, violations: int, complete: bool
) -> tuple[GateLine, ...]:
    """Each expression with the value of its metric, and whether it holds.

    Of a run that did not end nothing is known but that it was violated.

    Raises:
        GateError: an expression means nothing.
    """
    return tuple(_gate_line(_parsed(text), measures, violations, complete) for text in expressions)


def reached(reach: Reach, measures: MeasuresLine) -> tuple[GateLine, ...]:
    """Each situation that the run was meant to reach, as an expression; `None`: it did not.

    At least one occurrence is wanted in any run.

    Raises:
        GateError: there is no such situation.
    """
    return tuple(_reached(name, wanted, measures) for name, wanted in reach)


def verdict_of(
    gates: Iterable[GateLine], violations: int, undecided: Mapping[str, str], complete: bool
) -> tuple[Overall, str]:
    """The verdict on a run and why: what is violated comes before what could not be judged.

    Nothing is said twice: not the violations by the gate, nor of each expression that the run
    did not end.
    """
    lines = tuple(gates)
    failed = [f"an invariant was violated {violations} {_times(violations)}"] if violations else []
    false = [line for line in lines if line.holds is False]
    failed += _whys("the gate does not hold", false, known=_COUNTED if violations else "")
    if failed:
        return Overall.DOES_NOT_CONFORM, "; ".join(failed)
    unsure = [] if complete else [_DID_NOT_END]
    unsure += [f"{name} could not be judged: {why}" for name, why in undecided.items()]
    open_ = [line for line in lines if line.holds is None]
    unsure += _whys("the gate could not be judged", open_, known="" if complete else _DID_NOT_END)
    if unsure:
        return Overall.INCONCLUSIVE, "; ".join(unsure)
    return Overall.CONFORMS, "every invariant and every expression of the gate holds"


def _parsed(text: str) -> _Expression:
    form = _FORM.fullmatch(text)
    if form is None:
        why = "write a metric, a comparison (< <= > >= == !=) and a number: violations == 0"
        raise GateError(text, why)
    metric, comparison, bound = form.groups()
    if metric not in METRICS:
        raise GateError(text, f"there is no metric {metric}", metric, METRICS)
    return _Expression(text.strip(), metric, comparison, Fraction(bound))


def _gate_line(
    expression: _Expression, measures: MeasuresLine, violations: int, complete: bool
) -> GateLine:
    value = METRICS[expression.metric](measures, violations)
    if isinstance(value, str):
        return GateLine(expression=expression.text, value=None, holds=None, reason=value)
    holds = _COMPARISONS[expression.comparison](value, expression.bound)
    shown = float(value)
    if not complete and (holds or expression.metric != "violations"):
        return GateLine(expression=expression.text, value=shown, holds=None, reason=_DID_NOT_END)
    if holds:
        return GateLine(expression=expression.text, value=shown, holds=True)
    reason = f"{expression.metric} is {shown:g}"
    unmet = None if expression.demands else False
    return GateLine(expression=expression.text, value=shown, holds=unmet, reason=reason)


def _reached(name: str, wanted: int, measures: MeasuresLine) -> GateLine:
    if name not in SITUATIONS:
        raise GateError(name, f"there is no situation {name}", name, SITUATIONS)
    hosts, count = measures.hosts, measures.sometimes.get(name, 0)
    text = _to_reach(name, wanted)
    value = 1000 * count / hosts if hosts else None
    least = max(1, -(-wanted * hosts // 1_000_000))
    if count >= least:
        return GateLine(expression=text, value=value, holds=True)
    asked = f"{least} {_times(least)} {'was' if least == 1 else 'were'} asked for"
    reason = f"{name} happened {count} {_times(count)}, and {asked}"
    return GateLine(expression=text, value=value, holds=None, reason=reason)


def _to_reach(name: str, wanted: int) -> str:
    return f"sometimes.{name} >= {wanted / 1000:g}"


def _times(count: int) -> str:
    return "time" if count == 1 else "times"


def _whys(title: str, lines: Iterable[GateLine], known: str) -> list[str]:
    """All of them under one title, but those whose reason begins with what is known already."""
    whys = [
        f"{line.expression}: {line.reason}" if line.reason else line.expression
        for line in lines
        if not known or not line.reason.startswith(known)
    ]
    return [f"{title}: {'; '.join(whys)}"] if whys else []


# --- the metrics ----------------------------------------------------------------------------------

SHORT: Final[Mapping[str, str]] = {
    "send": "SendPairingRequest",
    "submit": "SubmitPairing",
    "accept": "AcceptPairingRequest",
    "reject": "RejectPairingRequest",
    "cancel": "CancelPairingRequest",
    "withdraw": "WithdrawPairing",
    "list": "ListPairingRequests",
    "view": "ViewPairingRequest",
    "match": "MatchProfiles",
    "poll": "PollPairing",
    "confirm": "ConfirmPairing",
    "verify": "VerifyConnection",
}
"""Short names of kinds of operations, as a gate may use them."""

PERCENTILES: Final[Mapping[str, int]] = {
    "p50": 500,
    "p90": 900,
    "p95": 950,
    "p99": 990,
    "p999": 999,
    "max": 1000,
}
"""Names of percentiles, in thousandths."""


Metric = Callable[[MeasuresLine, int], Fraction | str]
"""Its value, from what was measured and the number of violations; or why there is none."""


def _kinds() -> tuple[str, ...]:
    """Every kind of operation that somebody asks: the classes without a class below them."""
    classes = [c for c in vars(operations).values() if isinstance(c, type)]
    found = [c for c in classes if issubclass(c, operations.Operation)]
    bases = {base for c in found for base in c.__mro__[1:]}
    return tuple(c.__name__ for c in found if c not in bases)


def _all() -> Iterator[tuple[str, Metric]]:
    yield "violations", lambda _, violations: Fraction(violations)
    yield "operations", _count(lambda m: m.ended())
    yield "hosts", _count(lambda m: m.hosts)
    yield "clusters", _count(lambda m: m.clusters)
    # Of clusters, not of requests: who tries again and again makes many of these.
    yield (
        "share_of_clusters.paired",
        _ratio(
            lambda m: m.waiting["to_pair"].count if "to_pair" in m.waiting else 0,
            lambda m: m.clusters,
            "there were no clusters",
        ),
    )
    yield "unknown", _count(lambda m: m.ended("info"))
    yield "refused", _count(lambda m: m.ended("fail"))
    yield (
        "per_pairing.operations",
        _ratio(lambda m: m.ended(), lambda m: m.requests.get("paired", 0), "no request was paired"),
    )
    for name, per_mille in PERCENTILES.items():
        for short, kind in [*SHORT.items(), *((kind, kind) for kind in _kinds())]:
            lacking = f"there was no {kind}"
            yield f"latency_ms.{short}.{name}", _percentile("latency", kind, per_mille, lacking)
        for what, lacking in _WAITING.items():
            yield f"waiting_s.{what}.{name}", _percentile("waiting", what, per_mille, lacking)
    for situation in SITUATIONS:
        happened = partial(_happened, situation)
        yield f"sometimes.{situation}", _ratio(happened, lambda m: m.hosts, "there were no hosts")
    for state in STATES:
        left = partial(_left, state)
        yield f"requests.{state}", _count(left)
        every = lambda m: sum(m.requests.values())  # noqa: E731
        yield f"share.{state}", _ratio(left, every, "no request was sent")


_WAITING: Final = {"to_pair": "no cluster was paired", "to_decide": "no request was decided"}
_UNITS: Final = {"latency": 1_000, "waiting": 1_000_000}
_Number = Callable[[MeasuresLine], int]


def _happened(situation: str, measures: MeasuresLine) -> int:
    """In thousandths, as it is told of a thousand hosts."""
    return 1000 * measures.sometimes.get(situation, 0)


def _left(state: str, measures: MeasuresLine) -> int:
    return measures.requests.get(state, 0)


def _count(number: _Number) -> Metric:
    return lambda measures, _: Fraction(number(measures))


def _ratio(part: _Number, whole: _Number, lacking: str) -> Metric:
    def ratio(measures: MeasuresLine, _: int) -> Fraction | str:
        divisor = whole(measures)
        return Fraction(part(measures), divisor) if divisor else lacking

    return ratio


def _percentile(of: str, what: str, per_mille: int, lacking: str) -> Metric:
    def percentile(measures: MeasuresLine, _: int) -> Fraction | str:
        durations: DurationBuckets | None = getattr(measures, of).get(what)
        if durations is None or not durations.counts:
            return lacking
        return Fraction(durations.percentile(per_mille), _UNITS[of])

    return percentile


METRICS: Final[Mapping[str, Metric]] = dict(_all())
"""Every metric by its name."""
