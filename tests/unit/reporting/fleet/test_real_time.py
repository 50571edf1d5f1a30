"""What a report says of a run in real time, and when it says not to believe it."""

from __future__ import annotations

from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.histogram import Histogram as Hdr
from harness.checkers.fleet.durations import Durations, FineDurations
from harness.history.fleet_lines import DurationBuckets, EffortLine, FleetLine, RealtimeLine
from harness.reporting.fleet import realtime
from harness.reporting.fleet.wording import not_of_target

SECOND = 1_000_000


def of(*durations: int) -> DurationBuckets:
    counted = Durations()
    for duration in durations:
        counted.add(duration)
    return counted.histogram()


def line(**effort: object) -> RealtimeLine:
    values: dict[str, object] = {"requests": 3, "cpu": SECOND, "wall": 10 * SECOND, **effort}
    return RealtimeLine(target="http://t", effort=EffortLine(**values))  # type: ignore[arg-type]


def test_virtual_time_has_none_of_it() -> None:
    assert FleetLine(scenario={}).in_real_time is None
    assert FleetLine(scenario={}, realtime=line()).in_real_time == line()


def test_a_harness_that_keeps_up_is_not_warned_of() -> None:
    assert not list(realtime.warnings_of(line(lag=of(*[2_000] * 100))))


def test_a_harness_that_was_late_or_busy_is_the_bottleneck() -> None:
    (late,) = realtime.warnings_of(line(lag=of(*[2_000] * 90, *[300_000] * 10)))
    (busy,) = realtime.warnings_of(line(cpu=95 * SECOND // 10))
    assert "bottleneck" in late
    assert "bottleneck" in busy
    assert "95%" in busy


def test_where_nothing_was_sent_nothing_is_proved() -> None:
    assert list(realtime.warnings_of(line(requests=0))) == [
        "no request was sent, so nothing is proved"
    ]


def test_other_durations_and_late_arrangements_are_told() -> None:
    fast = RealtimeLine(
        target="t", speed=60_000, effort=EffortLine(requests=1, late=["PutUser: no"])
    )
    warnings = list(realtime.warnings_of(fast))
    assert "divided by 60" in warnings[0]
    assert warnings[1].endswith("PutUser: no")


def test_answers_of_all_kinds_are_put_together() -> None:
    found = realtime.realtime_json(line(answered={"A": of(1_000), "B": of(9_000, 9_000)}))
    answers = found["answered_ms"]
    assert isinstance(answers, dict)
    assert answers["all"]["count"] == 3  # type: ignore[index, call-overload]
    assert answers["A"]["count"] == 1  # type: ignore[index, call-overload]


def test_what_was_asked_of_a_side_that_the_harness_played_is_told_apart() -> None:
    kinds = ["AcceptPairingRequest", "SendPairingRequest", "SubmitPairing"]
    for played, told in (("edge", kinds[1:2]), ("central", [kinds[0], kinds[2]])):
        run = RealtimeLine(target="t", played=[played], effort=EffortLine())
        assert realtime.realtime_json(run, kinds)["asked_of_played"] == told
        text = not_of_target(realtime.asked_of_played(run, kinds))
        assert "Send pairing request" in text or played == "central"
    assert realtime.asked_of_played(None, kinds) == ()
    assert not_of_target(()) == ""


def test_people_read_it_in_a_few_lines() -> None:
    lines = dict(
        realtime.describe(line(answered={"A": of(20_000)}, unanswered={"A": 2}, lag=of(1_000)))
    )
    assert lines["asked"] == "3 requests to http://t, 0 a second, 2 without an answer"
    assert lines["answers"].startswith("p50 20")
    assert "10% of a processor" in lines["harness"]
    many = [name for name, _ in realtime.describe(line(left=[f"project {n}" for n in range(9)]))]
    assert many.count("left there") == 4


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=100))
def test_answers_are_told_as_hdrhistogram_tells_them(durations: list[int]) -> None:
    """In its own buckets of three digits, so that its own tools come to the same percentiles."""
    counted = FineDurations()
    for duration in durations:
        counted.add(duration)
    histogram = counted.histogram()
    theirs = Hdr()
    theirs._hdr.add(HdrHistogram.decode(realtime.hdr_text(histogram)))
    assert theirs.count == histogram.count == len(durations)
    exact = sorted(durations)
    for per_mille in (500, 900, 990, 1_000):
        ours = histogram.percentile(per_mille)
        assert theirs.percentile(per_mille / 10) == ours
        there = exact[-(-len(exact) * per_mille // 1_000) - 1]
        assert there <= ours <= there + there // 1_024
