"""The search for the rate at which a target breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checkers.fleet.durations import Durations
from harness.checkers.fleet.gate import GateError
from harness.fleet.realtime.limit import LimitExpression, RateResult, search
from harness.history.fleet_lines import DurationBuckets, EffortLine, GateLine, MeasuresLine


def breaks_above(most: float, late_from: float = float("inf")) -> Callable[[float], RateResult]:
    def attempt(rate: float) -> RateResult:
        late = "it is too slow" if rate >= late_from else ""
        return RateResult(rate, GateLine(expression="", value=rate, holds=rate <= most), 1, late)

    return attempt


def test_the_rate_is_doubled_and_then_bisected() -> None:
    found = search(breaks_above(87), first=10, most=10_000)
    assert [tried.rate for tried in found.tried][:5] == [10, 20, 40, 80, 160]
    assert found.holds <= 87
    assert found.breaks is not None
    assert 87 < found.breaks <= found.holds * 1.1
    assert not found.why


def test_where_the_first_rate_breaks_lower_ones_are_tried() -> None:
    found = search(breaks_above(3), first=10, most=10_000)
    assert found.holds <= 3
    assert found.breaks is not None
    assert found.breaks <= 3.3 * 1.1


def test_where_nothing_holds_it_gives_up() -> None:
    found = search(breaks_above(0), first=16, most=10_000)
    assert (found.holds, found.breaks) == (0, 1)


def test_where_all_holds_it_stops_at_the_most() -> None:
    found = search(breaks_above(10**9), first=10, most=50)
    assert (found.holds, found.breaks, found.why) == (50, None, "")


def test_a_harness_that_is_too_slow_shows_nothing() -> None:
    found = search(breaks_above(1_000, late_from=100), first=10, most=10_000)
    assert found.holds == 80
    assert found.breaks is None
    assert "bottleneck" in found.why


def test_somebody_may_end_it() -> None:
    tried: list[float] = []

    def attempt(rate: float) -> RateResult:
        tried.append(rate)
        return breaks_above(10**9)(rate)

    found = search(attempt, 1, 10**9, lambda: "interrupted" if len(tried) == 3 else "")
    assert (len(found.tried), found.why) == (3, "interrupted")


# --- what has to hold -----------------------------------------------------------------------


def took(*milliseconds: int) -> DurationBuckets:
    durations = Durations()
    for each in milliseconds:
        durations.add(each * 1_000)
    return durations.histogram()


def test_a_short_bound_is_about_all_answers_together() -> None:
    effort = EffortLine(answered={"A": took(*[10] * 98), "B": took(400, 900)})
    assert LimitExpression("p50<20ms").evaluate(MeasuresLine(), effort).holds
    assert LimitExpression("p99 < 500 ms").evaluate(MeasuresLine(), effort).holds
    broken = LimitExpression("max<0.5s").evaluate(MeasuresLine(), effort)
    assert not broken.holds
    assert broken.value == pytest.approx(900, rel=0.02)


def test_who_is_not_answered_took_longer_than_any_bound() -> None:
    effort = EffortLine(answered={"A": took(*[10] * 90)}, unanswered={"A": 10})
    assert LimitExpression("p50<20ms").evaluate(MeasuresLine(), effort).holds
    broken = LimitExpression("p95<20ms").evaluate(MeasuresLine(), effort)
    assert (broken.holds, broken.value) == (False, None)
    assert "10 requests had no answer" in broken.reason
    assert not LimitExpression("p50<20ms").evaluate(MeasuresLine(), EffortLine()).holds


def test_anything_else_is_an_expression_of_a_gate() -> None:
    measures = MeasuresLine(latency={"SubmitPairing": took(100)})
    assert LimitExpression("latency_ms.submit.p99 < 200").evaluate(measures, EffortLine()).holds
    assert not LimitExpression("latency_ms.submit.p99 < 50").evaluate(measures, EffortLine()).holds
    assert not LimitExpression("latency_ms.accept.p99 < 50").evaluate(measures, EffortLine()).holds
    with pytest.raises(GateError):
        LimitExpression("p98<200ms")
