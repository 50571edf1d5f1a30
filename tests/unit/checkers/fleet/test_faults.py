"""When something was wrong, as windows that a picture shades."""

from __future__ import annotations

from harness.checkers.fleet.judge import Faults, joined
from harness.history.fleet_lines import FaultWindow
from tests.unit.checkers.fleet.judging import judge_history, measured
from tests.unit.checkers.invariants.handwritten import SECOND, HistoryBuilder


def test_a_fault_lasts_until_it_has_healed_or_to_the_end() -> None:
    history = HistoryBuilder()
    history.cluster("a", hosts="a b")
    history.tell("SetLink", host_uid="a", up=False, at=(20_000, 20_000))
    history.tell("SetLink", host_uid="b", up=False, at=(25_000, 25_000))
    history.tell("SetLink", host_uid="a", up=True, at=(30_000, 30_000))
    history.tell("SetLink", host_uid="b", up=True, at=(42_000, 42_000))
    history.tell("Restart", side="central", at=(50_000, 55_000))
    history.tell("Restart", side="edge", slot="slot-a", at=(56_000, 57_000))
    history.tell("SetNodeHealth", slot="slot-a", node="a", health="Unhealthy", at=(60_000, 60_000))
    history.tell("FaultNextMessage", host_uid="a", fault="delayed", at=(61_000, 61_000))
    history.tell("AdvanceClock", side="edge", by=1, at=(62_000, 62_000))
    history.tell("DisturbMessages", host_uid="a", lost_after=9, slowed=1, at=(64_000, 64_000))
    history.tell("DisturbMessages", host_uid="b", slowed=4, at=(66_000, 66_000))
    history.tell("DisturbMessages", host_uid="a", lost_after=0, slowed=1, at=(68_000, 68_000))
    history.tell("SetLink", host_uid="b", up=False, at=(80_000, 80_000))
    history.later(10)
    assert measured(history).faults == [
        FaultWindow("link", 20 * SECOND, 42 * SECOND, 2),
        FaultWindow("central", 50 * SECOND, 55 * SECOND),
        FaultWindow("reboot", 56 * SECOND, 57 * SECOND),
        FaultWindow("health", 60 * SECOND, 90 * SECOND),
        FaultWindow("message", 61 * SECOND, 61 * SECOND),
        FaultWindow("clock", 62 * SECOND, 62 * SECOND),
        FaultWindow("loss", 64 * SECOND, 68 * SECOND),
        FaultWindow("slow", 66 * SECOND, 90 * SECOND),
        FaultWindow("link", 80 * SECOND, 90 * SECOND),
    ]


def test_each_way_in_which_messages_are_disturbed_is_a_kind_of_its_own() -> None:
    history = HistoryBuilder()
    history.cluster("a")
    history.tell("DisturbMessages", host_uid="a", half_open=True, slowed=1, at=(20_000, 20_000))
    history.tell("DisturbMessages", host_uid="b", answered=9, slowed=1, at=(21_000, 21_000))
    history.tell("LagBehind", by=5, at=(22_000, 30_000))
    for host in "ab":
        history.tell("DisturbMessages", host_uid=host, slowed=1, at=(40_000, 40_000))
    assert measured(history).faults == [
        FaultWindow("half_open", 20 * SECOND, 40 * SECOND),
        FaultWindow("errors", 21 * SECOND, 40 * SECOND),
        FaultWindow("stale", 22 * SECOND, 30 * SECOND),
    ]


def test_faults_that_are_near_each_other_are_one_window() -> None:
    history = HistoryBuilder()
    history.cluster("a")
    for at in range(0, 400_000, 9_000):
        history.tell("FaultNextMessage", host_uid="a", fault="delayed", at=(at, at))
    history.tell("FaultNextMessage", host_uid="a", fault="delayed", at=(420_000, 420_000))
    assert measured(history).faults == [
        FaultWindow("message", 0, 396 * SECOND, 45),
        FaultWindow("message", 420 * SECOND, 420 * SECOND, 1),
    ]


def test_a_long_fault_takes_up_all_the_windows_within_it() -> None:
    windows = [
        FaultWindow("link", 0, 5),
        FaultWindow("link", 20, 25),
        FaultWindow("link", 3, 18),
        FaultWindow("link", 40, 41),
        FaultWindow("central", 4, 5),
    ]
    assert joined(windows, 10) == [
        FaultWindow("link", 0, 25, 3),
        FaultWindow("central", 4, 5),
        FaultWindow("link", 40, 41),
    ]


def test_windows_that_are_as_far_apart_as_the_gap_are_joined_and_no_further_ones() -> None:
    near = [FaultWindow("link", 0, 10), FaultWindow("link", 20, 30)]
    assert joined(near, 10) == [FaultWindow("link", 0, 30, 2)]
    assert joined(near, 9) == near


def test_joining_parts_first_gives_the_same_as_joining_all_at_once() -> None:
    windows = [
        FaultWindow("link" if n % 3 else "clock", start, start + n * 7 % 40)
        for n, start in enumerate(range(0, 2_000, 13))
    ]
    once = joined(windows, 5)
    for step in (2, 3, 7):
        parts = [joined(windows[slot::step], 5) for slot in range(step)]
        assert joined([window for part in parts for window in part], 5) == once
    assert sum(window.count for window in once) == len(windows)


def test_a_link_that_is_cut_twice_is_down_from_the_first_to_its_mending() -> None:
    history = HistoryBuilder()
    history.cluster("a")
    for at, up in ((20, False), (30, False), (60, True), (70, True)):
        history.tell("SetLink", host_uid="a", up=up, at=(at * 1_000, at * 1_000))
    assert measured(history).faults == [FaultWindow("link", 20 * SECOND, 60 * SECOND)]


def test_what_is_kept_of_faults_does_not_grow_with_their_number() -> None:
    history = HistoryBuilder()
    history.cluster("a")
    for _ in range(500):
        history.link("a", up=False)
        history.link("a", up=True)
        history.tell("FaultNextMessage", host_uid="a", fault="delayed")
    faults = judge_history(history)._meter.faults
    assert isinstance(faults, Faults)
    assert [len(windows) for windows in faults._windows.values() if windows] == [1, 1]
    assert not any(faults._open.values())
