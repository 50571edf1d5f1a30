"""What is shown while a fleet runs, on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest

from harness.cli.fleet_driving import ProgressLine, RunProgress
from harness.fleet.pool.coordinator import Moment

MINUTE = 60_000_000


class Clock:
    """The wall's clock, as a test sets it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def moment(minutes: int, violations: int = 0) -> Moment:
    return Moment(minutes * MINUTE, minutes * 6_000, minutes * 1_000, 1_204, violations)


def test_without_a_terminal_a_line_comes_every_ten_seconds_at_most() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = RunProgress(ProgressLine(stream, clock), ends_at=120 * MINUTE)
    for second in range(25):
        clock.now = 100.0 + second
        progress(moment(second))
    assert stream.getvalue().splitlines() == [
        "10 min of 2 h  6,000 events/s · 10,000 operations · 1,204 pending · none violated"
        " · 1 min 50 s left",
        "20 min of 2 h  6,000 events/s · 20,000 operations · 1,204 pending · none violated"
        " · 1 min 40 s left",
    ]


def test_the_time_left_follows_the_pace_of_late() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = RunProgress(ProgressLine(stream, clock), ends_at=120 * MINUTE)
    for second, minutes in ((30, 1), (60, 2), (75, 60)):
        clock.now = 100.0 + second
        progress(moment(minutes, violations=second // 75))
    told = [line.rpartition(" · ")[2] for line in stream.getvalue().splitlines()]
    assert told == ["59 min 30 s left", "59 min left", "21 s left"]
    assert "1 violation" in stream.getvalue()


def test_on_a_terminal_there_are_a_bar_and_a_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    clock, stream = Clock(), Terminal()
    shown = ProgressLine(stream, clock)
    with shown.showing():
        clock.now += 1
        RunProgress(shown, ends_at=120 * MINUTE)(moment(30))
        shown.warn("a worker was ended; its cells are made again")
    said = stream.getvalue()
    words = "30 min of 2 h  30,000 operations · 1,204 pending · none violated · 3 s left"
    assert set(words.split()) <= set(said.split())
    assert "…" not in said
    assert "a worker was ended; its cells are made again" in said
    assert said.endswith("\x1b[2K")
