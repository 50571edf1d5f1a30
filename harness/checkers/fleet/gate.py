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
from typing import Final

from harness.catalogue.verdict import Overall
from harness.checkers.fleet.errors import GateError, nearest
from harness.checkers.fleet.requests import STATES
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.domain import operations
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

    def holds(self, value: Fraction) -> bool:
        return _COMPARISONS[self.comparison](value, self.bound)


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


def check(expressions: Iterable[str], reach: Reach = ()) -> None:
    """Whether each expression means something, and each situation to reach is known.

    Raises:
        GateError: one does not.
    """
    for text in expressions:
        _parsed(text)
    for situation, _ in reach:
        _require_situation(situation)


def evaluate(
    expressions: Iterable[str], measures: MeasuresLine, violations: int, complete: bool
) -> tuple[GateLine, ...]:
    """Each expression with the value of its metric, and whether it holds.

    Of a run that did not end nothing is known but that it was violated.

    Raises:
        GateError: an expression means nothing.
    """
    run = MetricSource(measures, violations)
    return tuple(_gate_line(_parsed(text), run, complete) for text in expressions)


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
        raise GateError(text, f"there is no metric {metric}", nearest(metric, METRICS))
    return _Expression(text.strip(), metric, comparison, Fraction(bound))


def _require_situation(name: str) -> None:
    if name not in SITUATIONS:
        raise GateError(name, f"there is no situation {name}", nearest(name, SITUATIONS))


def _gate_line(expression: _Expression, run: MetricSource, complete: bool) -> GateLine:
    try:
        value = METRICS[expression.metric](run)
    except NoValue as none:
        return GateLine(expression=expression.text, value=None, holds=None, reason=str(none))
    holds = expression.holds(value)
    shown = float(value)
    if not complete and (holds or expression.metric != "violations"):
        return GateLine(expression=expression.text, value=shown, holds=None, reason=_DID_NOT_END)
    if holds:
        return GateLine(expression=expression.text, value=shown, holds=True)
    reason = f"{expression.metric} is {shown:g}"
    unmet = None if expression.demands else False
    return GateLine(expression=expression.text, value=shown, holds=unmet, reason=reason)


def _reached(name: str, wanted: int, measures: MeasuresLine) -> GateLine:
    _require_situation(name)
    hosts, count = measures.hosts, measures.sometimes.get(name, 0)
    text = _to_reach(name, wanted)
    value = 1000 * count / hosts if hosts else None
    least = max(1, -(-wanted * hosts // 1_000_000))
    if count >= least:
        return GateLine(expression=text, value=value, holds=True)
    reason = f"{name} happened {count} {_times(count)}, and {least} {_times(least)} was asked for"
    return GateLine(expression=text, value=value, holds=None, reason=reason)


def _to_reach(name: str, wanted: int) -> str:
    return f"sometimes.{name} >= {wanted / 1000:g}"


def _times(count: int) -> str:
    return "time" if count == 1 else "times"


def _whys(title: str, lines: Iterable[GateLine], known: str) -> list[str]:
    """All of them under one title, but those whose reason begins with what is known already."""
    whys = [_why(line) for line in lines if not known or not line.reason.startswith(known)]
    return [f"{title}: {'; '.join(whys)}"] if whys else []


def _why(line: GateLine) -> str:
    return f"{line.expression}: {line.reason}" if line.reason else line.expression


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


@dataclass(frozen=True, slots=True)
class MetricSource:
    """What a metric is taken from."""

    measures: MeasuresLine
    violations: int


class NoValue(Exception):
    """A metric has no value in this run; the text says why. Never leaves this package."""


Metric = Callable[[MetricSource], Fraction]


def _kinds() -> tuple[str, ...]:
    """Every kind of operation that somebody asks: the classes without a class below them."""
    classes = [c for c in vars(operations).values() if isinstance(c, type)]
    found = [c for c in classes if issubclass(c, operations.Operation)]
    bases = {base for c in found for base in c.__mro__[1:]}
    return tuple(c.__name__ for c in found if c not in bases)


def _all() -> Iterator[tuple[str, Metric]]:
    yield "violations", lambda run: Fraction(run.violations)
    yield "operations", lambda run: Fraction(_ended(run.measures, "ok", "fail", "info"))
    yield "hosts", lambda run: Fraction(run.measures.hosts)
    yield "clusters", lambda run: Fraction(run.measures.clusters)
    yield "share_of_clusters.paired", _share_of_clusters
    yield "unknown", lambda run: Fraction(_ended(run.measures, "info"))
    yield "refused", lambda run: Fraction(_ended(run.measures, "fail"))
    yield "per_pairing.operations", _per_pairing
    for name, per_mille in PERCENTILES.items():
        for short, kind in [*SHORT.items(), *((kind, kind) for kind in _kinds())]:
            yield f"latency_ms.{short}.{name}", _latency(kind, per_mille)
        for what in ("to_pair", "to_decide"):
            yield f"waiting_s.{what}.{name}", _waiting(what, per_mille)
    for situation in SITUATIONS:
        yield f"sometimes.{situation}", _per_thousand_hosts(situation)
    for state in STATES:
        yield f"requests.{state}", _requests(state)
        yield f"share.{state}", _share(state)


def _ended(measures: MeasuresLine, *outcomes: str) -> int:
    by_kind = measures.operations.values()
    return sum(counts.get(outcome, 0) for counts in by_kind for outcome in outcomes)


def _share_of_clusters(run: MetricSource) -> Fraction:
    """Of clusters, not of requests: who tries again and again makes many of these."""
    if not run.measures.clusters:
        raise NoValue("there were no clusters")
    paired = run.measures.waiting.get("to_pair")
    return Fraction(paired.count if paired else 0, run.measures.clusters)


def _per_pairing(run: MetricSource) -> Fraction:
    paired = run.measures.requests.get("paired", 0)
    if not paired:
        raise NoValue("no request was paired")
    return Fraction(_ended(run.measures, "ok", "fail", "info"), paired)


def _latency(kind: str, per_mille: int) -> Metric:
    def latency(run: MetricSource) -> Fraction:
        durations = run.measures.latency.get(kind)
        return _percentile(durations, per_mille, 1000, f"there was no {kind}")

    return latency


def _waiting(what: str, per_mille: int) -> Metric:
    lacking = {"to_pair": "no cluster was paired", "to_decide": "no request was decided"}[what]

    def waiting(run: MetricSource) -> Fraction:
        return _percentile(run.measures.waiting.get(what), per_mille, 1_000_000, lacking)

    return waiting


def _percentile(
    durations: DurationBuckets | None, per_mille: int, unit: int, lacking: str
) -> Fraction:
    if durations is None or not durations.counts:
        raise NoValue(lacking)
    return Fraction(durations.percentile(per_mille), unit)


def _per_thousand_hosts(situation: str) -> Metric:
    def sometimes(run: MetricSource) -> Fraction:
        if not run.measures.hosts:
            raise NoValue("there were no hosts")
        return Fraction(1000 * run.measures.sometimes.get(situation, 0), run.measures.hosts)

    return sometimes


def _requests(state: str) -> Metric:
    return lambda run: Fraction(run.measures.requests.get(state, 0))


def _share(state: str) -> Metric:
    def share(run: MetricSource) -> Fraction:
        every = sum(run.measures.requests.values())
        if not every:
            raise NoValue("no request was sent")
        return Fraction(run.measures.requests.get(state, 0), every)

    return share


METRICS: Final[Mapping[str, Metric]] = dict(_all())
"""Every metric by its name. Raises (each): NoValue."""
