"""The metrics that a gate can name, as exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from harness.checkers.fleet.requests import STATES
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.domain import operations
from harness.history.fleet_lines import Histogram, MeasuresLine

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
class Judged:
    """What a metric is taken from."""

    measures: MeasuresLine
    violations: int


class NoValue(Exception):
    """A metric has no value in this run; the text says why. Never leaves this package."""


Metric = Callable[[Judged], Fraction]


def _kinds() -> tuple[str, ...]:
    """Every kind of operation that somebody asks: the classes without a class below them."""
    found = [c for c in vars(operations).values() if _is_operation(c)]
    bases = {base for c in found for base in c.__mro__[1:]}
    return tuple(c.__name__ for c in found if c not in bases)


def _is_operation(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, operations.Operation)


def _all() -> Iterator[tuple[str, Metric]]:
    """Every metric by its name."""
    yield "violations", lambda run: Fraction(run.violations)
    yield "operations", lambda run: Fraction(_ended(run.measures, "ok", "fail", "info"))
    yield "hosts", lambda run: Fraction(run.measures.hosts)
    yield "clusters", lambda run: Fraction(run.measures.clusters)
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


def _per_pairing(run: Judged) -> Fraction:
    paired = run.measures.requests.get("paired", 0)
    if not paired:
        raise NoValue("no request was paired")
    return Fraction(_ended(run.measures, "ok", "fail", "info"), paired)


def _latency(kind: str, per_mille: int) -> Metric:
    def latency(run: Judged) -> Fraction:
        durations = run.measures.latency.get(kind)
        return _percentile(durations, per_mille, 1000, f"there was no {kind}")

    return latency


def _waiting(what: str, per_mille: int) -> Metric:
    lacking = {"to_pair": "no cluster was paired", "to_decide": "no request was decided"}[what]

    def waiting(run: Judged) -> Fraction:
        return _percentile(run.measures.waiting.get(what), per_mille, 1_000_000, lacking)

    return waiting


def _percentile(durations: Histogram | None, per_mille: int, unit: int, lacking: str) -> Fraction:
    if durations is None or not durations.counts:
        raise NoValue(lacking)
    return Fraction(durations.percentile(per_mille), unit)


def _per_thousand_hosts(situation: str) -> Metric:
    def sometimes(run: Judged) -> Fraction:
        if not run.measures.hosts:
            raise NoValue("there were no hosts")
        return Fraction(1000 * run.measures.sometimes.get(situation, 0), run.measures.hosts)

    return sometimes


def _requests(state: str) -> Metric:
    return lambda run: Fraction(run.measures.requests.get(state, 0))


def _share(state: str) -> Metric:
    def share(run: Judged) -> Fraction:
        every = sum(run.measures.requests.values())
        if not every:
            raise NoValue("no request was sent")
        return Fraction(run.measures.requests.get(state, 0), every)

    return share


METRICS: Final[Mapping[str, Metric]] = dict(_all())
"""Every metric by its name. Raises (each): NoValue."""
