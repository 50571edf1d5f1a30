"""The gate: what its expressions mean, what they refuse, and what becomes of the run."""

from __future__ import annotations

import pytest

from harness.catalogue.verdict import Overall
from harness.checkers.fleet.gate import METRICS, GateError, check, evaluate, reached, verdict_of
from harness.history.fleet_lines import DurationBuckets, GateLine, MeasuresLine

MEASURES = MeasuresLine(
    clusters=1500,
    hosts=2000,
    operations={
        "SendPairingRequest": {"ok": 6, "fail": 2, "info": 1},
        "AcceptPairingRequest": {"ok": 4, "fail": 0, "info": 3},
    },
    latency={"AcceptPairingRequest": DurationBuckets([1_000_000, 7_500_000], [98, 2])},
    waiting={"to_pair": DurationBuckets([60_000_000], [3])},
    sometimes={"cancel_in_flight": 41, "rate_limited": 3},
    requests={"paired": 4, "open": 1, "rejected": 3},
)


def judge_history(expression: str, violations: int = 0, complete: bool = True) -> GateLine:
    return evaluate([expression], MEASURES, violations, complete)[0]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("violations", 0),
        ("operations", 16),
        ("hosts", 2000),
        ("clusters", 1500),
        ("unknown", 4),
        ("refused", 2),
        ("latency_ms.accept.p90", 1000),
        ("latency_ms.accept.p99", 7500),
        ("latency_ms.AcceptPairingRequest.p99", 7500),
        ("latency_ms.accept.max", 7500),
        ("waiting_s.to_pair.p50", 60),
        ("sometimes.cancel_in_flight", 20.5),
        ("requests.open", 1),
        ("requests.failed", 0),
        ("share.paired", 0.5),
        ("share_of_clusters.paired", 0.002),
        ("per_pairing.operations", 4),
    ],
)
def test_a_metric_has_its_value(metric: str, value: float) -> None:
    line = judge_history(f"{metric} == {value}")
    assert (line.value, line.holds, line.reason) == (value, True, "")


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("hosts < 2001", True),
        ("hosts < 2000", False),
        ("hosts <= 2000", True),
        ("hosts <= 1999", False),
        ("hosts > 1999", True),
        ("hosts > 2000", False),
        ("hosts >= 2000", True),
        ("hosts >= 2000.5", False),
        ("hosts == 2000.0", True),
        ("hosts == 2001", False),
        ("hosts != 2001", True),
        ("hosts != 2000", False),
        ("  hosts>-1 ", True),
    ],
)
def test_comparisons_are_exact(expression: str, holds: bool) -> None:
    assert judge_history(expression).holds is holds


def test_an_expression_that_does_not_hold_says_what_the_value_is() -> None:
    assert judge_history("latency_ms.accept.p99 < 5000") == GateLine(
        expression="latency_ms.accept.p99 < 5000",
        value=7500.0,
        holds=False,
        reason="latency_ms.accept.p99 is 7500",
    )


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("latency_ms.reject.p99 < 5000", "there was no RejectPairingRequest"),
        ("waiting_s.to_decide.p50 < 600", "no request was decided"),
    ],
)
def test_a_metric_of_what_never_happened_has_no_value(expression: str, why: str) -> None:
    line = judge_history(expression)
    assert (line.value, line.holds, line.reason) == (None, None, why)


@pytest.mark.parametrize("expression", ["share.paired >= 0.9", "per_pairing.operations < 9"])
def test_a_share_of_nothing_has_no_value(expression: str) -> None:
    line = evaluate([expression], MeasuresLine(), 0, True)[0]
    assert (line.value, line.holds) == (None, None)


def test_a_situation_that_was_not_reached_often_enough_is_no_failure() -> None:
    assert judge_history("sometimes.cancel_in_flight > 20").holds is True
    assert judge_history("sometimes.cancel_in_flight > 21").holds is None
    assert judge_history("sometimes.rate_limited == 0").holds is False
    assert judge_history("sometimes.rate_limited < 1").holds is False


def test_of_a_run_that_did_not_end_only_violations_are_known() -> None:
    assert judge_history("hosts == 2001", complete=False).holds is None
    assert judge_history("hosts == 2000", complete=False).holds is None
    assert judge_history("violations == 0", complete=False).holds is None
    assert judge_history("violations == 0", violations=1, complete=False).holds is False


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "write a metric, a comparison"),
        ("violations", "write a metric, a comparison"),
        ("violations = 0", "write a metric, a comparison"),
        ("violations == none", "write a metric, a comparison"),
        ("violations == 0 and hosts > 1", "write a metric, a comparison"),
        ("latency_ms.acept.p99 < 5", "did you mean latency_ms.accept.p99"),
        ("latency_ms.accept.p98 < 5", "did you mean latency_ms.accept.p9"),
        ("sometimes.cancel_in_fligth > 20", "did you mean sometimes.cancel_in_flight"),
        ("requests.opened == 0", "did you mean requests.open"),
        ("zzz == 0", "there is no metric zzz"),
    ],
)
def test_an_expression_that_means_nothing_is_refused(expression: str, says: str) -> None:
    with pytest.raises(GateError) as raised:
        check([expression])
    assert says in str(raised.value)
    assert repr(expression) in str(raised.value)
    with pytest.raises(GateError):
        judge_history(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "share.paired > 1.5",
        "share_of_clusters.paired > 1",
        "share.open == 1.1",
        "share.open < 0",
        "violations < 0",
        "requests.open <= -1",
        "latency_ms.accept.p99 == -2",
    ],
)
def test_an_expression_that_never_holds_is_refused(expression: str) -> None:
    with pytest.raises(GateError, match=r"it never holds: .* is (between 0 and 1|never negative)"):
        check([expression])


@pytest.mark.parametrize(
    "expression",
    [
        "share.paired >= 1",
        "share.paired == 1",
        "share.paired < 0.1",
        "share.open != 2",
        "share.open == 0",
        "violations <= 0",
        "requests.open > 1000000",
        "hosts > -1",
    ],
)
def test_an_expression_that_may_hold_is_taken(expression: str) -> None:
    check([expression])


def test_a_situation_that_does_not_exist_cannot_be_reached() -> None:
    with pytest.raises(GateError, match="did you mean cancel_offline"):
        reached([("cancel_ofline", 1000)], MEASURES)


@pytest.mark.parametrize(
    ("name", "wanted", "holds", "reason"),
    [
        ("cancel_in_flight", 20_500, True, ""),
        (
            "cancel_in_flight",
            20_501,
            None,
            "cancel_in_flight happened 41 times, and 42 times were asked for",
        ),
        ("rate_limited", 1, True, ""),
        ("token_rotated", 1, None, "token_rotated happened 0 times, and 1 time was asked for"),
        ("token_rotated", 0, None, "token_rotated happened 0 times, and 1 time was asked for"),
    ],
)
def test_what_was_to_be_reached_is_counted_by_hosts(
    name: str, wanted: int, holds: bool | None, reason: str
) -> None:
    line = reached([(name, wanted)], MEASURES)[0]
    assert (line.holds, line.reason) == (holds, reason)
    assert line.value == 1000 * MEASURES.sometimes.get(name, 0) / 2000


def test_what_was_to_be_reached_reads_as_an_expression_of_the_gate() -> None:
    line = reached([("cancel_in_flight", 500)], MEASURES)[0]
    assert line.expression == "sometimes.cancel_in_flight >= 0.5"
    check([line.expression])


GOOD = GateLine(expression="a", value=1, holds=True)
BAD = GateLine(expression="b", value=1, holds=False, reason="b is 1")
UNKNOWN = GateLine(expression="c", value=None, holds=None, reason="it never got there")


@pytest.mark.parametrize(
    ("gates", "violations", "undecided", "complete", "overall", "why"),
    [
        ([GOOD], 0, {}, True, Overall.CONFORMS, "every invariant"),
        ([], 0, {}, True, Overall.CONFORMS, "every invariant"),
        ([GOOD, BAD], 0, {}, True, Overall.DOES_NOT_CONFORM, "b: b is 1"),
        ([GOOD], 2, {}, True, Overall.DOES_NOT_CONFORM, "an invariant was violated 2 times"),
        (
            [UNKNOWN],
            1,
            {"INV-8": "x"},
            False,
            Overall.DOES_NOT_CONFORM,
            "an invariant was violated 1 time",
        ),
        ([GOOD, UNKNOWN], 0, {}, True, Overall.INCONCLUSIVE, "c: it never got there"),
        ([], 0, {"INV-8": "too wide"}, True, Overall.INCONCLUSIVE, "INV-8 could not be judged"),
        ([], 0, {}, False, Overall.INCONCLUSIVE, "the run did not end"),
        ([BAD], 0, {}, False, Overall.DOES_NOT_CONFORM, "the gate does not hold: b: b is 1"),
    ],
)
def test_the_verdict_says_why(
    gates: list[GateLine],
    violations: int,
    undecided: dict[str, str],
    complete: bool,
    overall: Overall,
    why: str,
) -> None:
    verdict, said = verdict_of(gates, violations, undecided, complete)
    assert verdict is overall
    assert why in said


def test_the_verdict_says_nothing_twice() -> None:
    gate = evaluate(["violations == 0", "hosts > 1"], MEASURES, violations=3, complete=False)
    stopped = "an invariant was violated 3 times"
    assert verdict_of(gate, 3, {}, complete=False) == (Overall.DOES_NOT_CONFORM, stopped)
    gate = evaluate(["violations == 0", "hosts > 1"], MEASURES, violations=0, complete=False)
    interrupted = (Overall.INCONCLUSIVE, "the run did not end")
    assert verdict_of(gate, 0, {}, complete=False) == interrupted


def test_every_kind_of_operation_and_none_of_their_bases_has_a_latency() -> None:
    assert "latency_ms.ViewManagement.p50" in METRICS
    assert "latency_ms.WithdrawPairing.p999" in METRICS
    assert not any("LocalOperation" in name or "OfRequest" in name for name in METRICS)
