"""Faults: the same in each cell, apart from each other, in turns, and over in the end."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from harness.domain.arrangements import MessageFault
from harness.fleet.draws import Stream
from harness.fleet.nemesis import MessageFate, Occurrence, message_fate, occurrences, transitions
from harness.fleet.roster import Member, Roster
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    Distribution,
    FaultKind,
    FaultPlan,
    FaultScope,
    FleetPlan,
    NetworkPlan,
    Only,
    Scenario,
    Spread,
    fixed,
)

LINK = FaultKind.LINK
FLEET = FleetPlan(hosts=120, sizes=((1, 1), (3, 1)), clusters_per_site=3, cells=4)
OFTEN = Spread(0, 2 * HOUR, Distribution.EXPONENTIAL)


def scenario(*faults: FaultPlan, **changes: object) -> Scenario:
    plain = Scenario("a", "to try", 10 * HOUR, fleet=FLEET, faults=faults)
    return replace(plain, **changes)  # type: ignore[arg-type]


def cell(world: Scenario, number: int = 0) -> list[Member]:
    return list(Roster(world).members_of_cell(number))


def everybody(world: Scenario) -> list[Member]:
    roster = Roster(world)
    return [roster.member(index) for index in roster.indices()]


def occurrences_in(world: Scenario, number: int = 0) -> list[Occurrence]:
    return list(occurrences(world, cell(world, number)))


BY_RATE = [FaultPlan(kind, scope, every=OFTEN) for kind in FaultKind for scope in FaultScope]


@pytest.mark.parametrize("plan", BY_RATE, ids=lambda p: f"{p.kind}-{p.scope}")
def test_everything_begins_in_order_before_the_end_and_is_over_by_it(plan: FaultPlan) -> None:
    world = scenario(plan)
    times = [(one.at, one.until) for one in occurrences_in(world)]
    assert times
    assert [at for at, _ in times] == sorted(at for at, _ in times)
    assert all(at < world.duration and at <= until <= world.duration for at, until in times)


def test_no_plan_makes_no_occurrence() -> None:
    assert occurrences_in(scenario()) == []


def test_without_anybody_there_only_the_central_side_is_struck() -> None:
    plans = [FaultPlan(kind, FaultScope.ALL, at=HOUR) for kind in (LINK, FaultKind.CENTRAL)]
    assert [one.kind for one in occurrences(scenario(*plans), [])] == [FaultKind.CENTRAL]


@pytest.mark.parametrize("scope", [FaultScope.SITE, FaultScope.REGION, FaultScope.ALL])
def test_each_cell_finds_the_same_times_for_what_it_shares(scope: FaultScope) -> None:
    world = scenario(FaultPlan(LINK, scope, every=OFTEN))
    times: dict[str, set[tuple[int, int]]] = {}
    cells: dict[str, set[int]] = {}
    for number in range(4):
        for one in occurrences_in(world, number):
            times.setdefault(one.cause, set()).add((one.at, one.until))
            cells.setdefault(one.cause, set()).add(number)
    assert {len(seen) for seen in times.values()} == {1}
    assert max(len(seen) for seen in cells.values()) > 1


def test_all_hosts_of_a_scope_are_struck_at_once() -> None:
    world = scenario(FaultPlan(LINK, FaultScope.SITE, at=HOUR))
    members = everybody(world)
    struck = {one.member.index: one for one in occurrences(world, members) if one.member}
    assert sorted(struck) == [member.index for member in members]
    for member in members:
        assert struck[member.index].host_uids == member.host_uids
        assert struck[member.index].cause == f"f0.s{member.site}.0"


def test_a_host_is_struck_alone() -> None:
    world = scenario(FaultPlan(LINK, FaultScope.HOST, at=HOUR))
    hosts = {one.cause: one.host_uids for one in occurrences(world, everybody(world))}
    expected = {
        f"f0.{member.index}-{number}.0": (uid,)
        for member in everybody(world)
        for number, uid in enumerate(member.host_uids)
    }
    assert hosts == expected


@pytest.mark.parametrize("kind", [FaultKind.CENTRAL, FaultKind.CLOCK, FaultKind.STALE])
@pytest.mark.parametrize("scope", FaultScope)
def test_a_whole_side_is_struck_once_whatever_the_scope(kind: FaultKind, scope: FaultScope) -> None:
    world = scenario(FaultPlan(kind, scope, at=HOUR, by=fixed(MINUTE)))
    (one,) = occurrences_in(world)
    assert (one.member, one.host_uids, one.cause) == (None, (), "f0.all.0")
    assert one.by == (0 if kind is FaultKind.CENTRAL else MINUTE)


def test_a_reboot_is_that_of_a_whole_cluster() -> None:
    world = scenario(FaultPlan(FaultKind.REBOOT, FaultScope.HOST, at=HOUR))
    struck = [one.host_uids for one in occurrences(world, everybody(world))]
    assert struck == [member.host_uids for member in everybody(world)]


def test_a_schedule_repeats_until_the_end() -> None:
    plan = FaultPlan(FaultKind.CENTRAL, at=HOUR, repeat=3 * HOUR, lasts=fixed(MINUTE))
    world = scenario(plan)
    assert [(one.at, one.cause) for one in occurrences_in(world)] == [
        (HOUR, "f0.all.0"),
        (4 * HOUR, "f0.all.1"),
        (7 * HOUR, "f0.all.2"),
    ]
    assert [one.at for one in occurrences_in(scenario(replace(plan, repeat=0)))] == [HOUR]
    assert occurrences_in(scenario(replace(plan, at=10 * HOUR))) == []


def test_each_subject_is_struck_for_a_time_of_its_own() -> None:
    ends = [one.until for one in occurrences_in(scenario(FaultPlan(LINK, at=HOUR)))]
    assert len(set(ends)) == len(ends) > 10


def test_a_plan_without_times_strikes_each_subject_once() -> None:
    world = scenario(FaultPlan(LINK, FaultScope.CLUSTER))
    struck = Counter(one.member.index for one in occurrences_in(world) if one.member)
    assert struck == {member.index: 1 for member in cell(world)}
    assert len({one.at for one in occurrences_in(world)}) == len(struck)


def test_by_rate_one_follows_the_end_of_the_other() -> None:
    plan = FaultPlan(LINK, FaultScope.CLUSTER, every=fixed(HOUR), lasts=fixed(10 * MINUTE))
    world = scenario(plan)
    first = cell(world)[0]
    times = [one.at for one in occurrences_in(world) if one.member == first]
    assert times == [HOUR + n * 70 * MINUTE for n in range(8)]


def test_a_plan_that_would_never_move_on_still_does() -> None:
    plan = FaultPlan(LINK, FaultScope.ALL, every=fixed(0), lasts=fixed(0))
    world = scenario(plan, duration=50)
    assert {one.at for one in occurrences_in(world)} == set(range(1, 50))


def test_a_share_is_decided_once_for_each_subject() -> None:
    world = scenario(FaultPlan(LINK, FaultScope.CLUSTER, every=fixed(HOUR), share_ppm=300_000))
    members = everybody(world)
    struck = Counter(one.member.index for one in occurrences(world, members) if one.member)
    assert 0.15 < len(struck) / len(members) < 0.45
    assert set(struck.values()) == {9}


def test_links_heal_in_a_wave() -> None:
    plan = FaultPlan(LINK, FaultScope.ALL, at=HOUR, lasts=fixed(MINUTE), heal=Spread(0, HOUR))
    ends = [one.until for one in occurrences_in(scenario(plan))]
    assert len(set(ends)) > len(ends) // 2
    assert all(HOUR + MINUTE <= end <= 2 * HOUR + MINUTE for end in ends)


def test_what_is_left_out_moves_nothing_else() -> None:
    plans = (FaultPlan(LINK, every=OFTEN), FaultPlan(LINK, FaultScope.REGION, every=OFTEN))
    everything = occurrences_in(scenario(*plans))
    kept = frozenset(sorted({one.cause for one in everything})[::3])
    some = occurrences_in(scenario(*plans, only=Only(happenings=kept)))
    assert some == [one for one in everything if one.cause in kept]


def test_another_plan_or_cluster_moves_nothing() -> None:
    link, reboot = FaultPlan(LINK, every=OFTEN), FaultPlan(FaultKind.REBOOT, every=OFTEN)
    assert [
        one for one in occurrences_in(scenario(link, reboot)) if one.kind is LINK
    ] == occurrences_in(scenario(link))
    world = scenario(link)
    few = cell(world)[1:4]
    expected = [one for one in occurrences_in(world) if one.member in few]
    assert list(occurrences(world, few)) == expected


def test_faults_by_rate_are_drawn_as_they_are_read() -> None:
    world = scenario(FaultPlan(LINK, every=fixed(SECOND), lasts=fixed(SECOND)), duration=10**12)
    members = everybody(world)
    tracemalloc.start()
    read = list(islice(occurrences(world, members), 500))[-1].at
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read < 60 * SECOND
    assert peak < 1_000_000


# --- transitions --------------------------------------------------------------------------

TURNS = [FaultKind.LINK, FaultKind.HEALTH, FaultKind.REBOOT, FaultKind.CENTRAL]


@pytest.mark.parametrize("kind", TURNS)
def test_a_host_sees_beginnings_and_ends_in_turns(kind: FaultKind) -> None:
    long = Spread(0, HOUR, Distribution.EXPONENTIAL)
    plans = [
        FaultPlan(kind, s, every=OFTEN, lasts=long) for s in (FaultScope.HOST, FaultScope.REGION)
    ]
    world = scenario(*plans)
    down: set[str] = set()
    times = []
    for change in transitions(world, cell(world)):
        times.append(change.at)
        for uid in change.host_uids or ("central",):
            assert (uid in down) is not change.begins
            (down.add if change.begins else down.remove)(uid)
    assert down == set()
    assert times == sorted(times)
    assert len(times) > 6


def test_what_overlaps_ends_with_the_last() -> None:
    inner = FaultPlan(LINK, FaultScope.CLUSTER, at=2 * HOUR, lasts=fixed(MINUTE))
    outer = FaultPlan(LINK, FaultScope.ALL, at=HOUR, lasts=fixed(2 * HOUR))
    world = scenario(inner, outer, FaultPlan(LINK, FaultScope.ALL, at=3 * HOUR, lasts=fixed(HOUR)))
    members = cell(world)[:1]
    seen = [(c.at, c.begins, c.occurrence.cause) for c in transitions(world, members)]
    assert seen == [(HOUR, True, "f1.all.0"), (4 * HOUR, False, "f2.all.0")]


def test_of_an_overlap_only_the_hosts_that_change_are_told() -> None:
    one = FaultPlan(LINK, FaultScope.HOST, at=HOUR, lasts=fixed(HOUR))
    whole = FaultPlan(LINK, FaultScope.CLUSTER, at=HOUR + MINUTE, lasts=fixed(2 * HOUR))
    world = scenario(one, whole, only=Only(happenings=frozenset({"f0.3-1.0", "f1.3.0"})))
    member = next(m for m in everybody(world) if m.index == 3)
    first, second, third = member.host_uids
    seen = [(c.begins, c.host_uids) for c in transitions(world, [member])]
    assert seen == [(True, (second,)), (True, (first, third)), (False, (first, second, third))]


@pytest.mark.parametrize("kind", [FaultKind.LOSS, FaultKind.SLOW])
def test_each_loss_begins_and_ends_for_itself(kind: FaultKind) -> None:
    plan = FaultPlan(kind, FaultScope.CLUSTER, at=HOUR, lasts=fixed(HOUR))
    world = scenario(plan, plan)
    seen = Counter(c.begins for c in transitions(world, cell(world)[:1]))
    assert seen == {True: 2, False: 2}


def test_a_clock_is_put_forward_and_never_back() -> None:
    world = scenario(FaultPlan(FaultKind.CLOCK, every=fixed(HOUR), by=Spread(SECOND, HOUR)))
    seen = list(transitions(world, cell(world)))
    assert len(seen) > 5
    assert all(c.begins and c.occurrence.by for c in seen)


# --- single messages ----------------------------------------------------------------------


class CountingStream(Stream):
    """Counts the words that are drawn from it."""

    drawn = 0

    def word(self) -> int:
        self.drawn += 1
        return super().word()


def fates(network: NetworkPlan, *active: FaultPlan) -> Counter[str]:
    stream = Stream(1, "net")
    drawn = (message_fate(stream, network, active) for _ in range(20_000))
    return Counter(fate.fault.value if fate else "" for fate in drawn)


def test_nothing_is_drawn_where_nothing_can_happen() -> None:
    stream = CountingStream(1, "net")
    assert message_fate(stream, NetworkPlan(), [FaultPlan(FaultKind.LOSS)]) is None
    assert stream.drawn == 0


def test_one_word_is_drawn_for_a_message_that_arrives() -> None:
    stream = CountingStream(1, "net")
    assert message_fate(stream, NetworkPlan(lost_before_ppm=1)) is None
    assert stream.drawn == 1


def test_fates_have_the_shares_of_the_network() -> None:
    network = NetworkPlan(
        lost_before_ppm=100_000,
        lost_after_ppm=200_000,
        repeated_ppm=50_000,
        repeated_late_ppm=100_000,
        delayed_ppm=150_000,
    )
    shares = fates(network)
    expected = {
        **{"lost-before": 10, "lost-after": 20, "repeated": 5, "repeated-late": 10},
        **{"delayed": 15, "": 40},
    }
    assert {name: count / 200 for name, count in shares.items()} == pytest.approx(expected, abs=1)


def test_where_a_link_is_half_open_all_that_arrives_is_unanswered() -> None:
    half_open, loss = (
        FaultPlan(FaultKind.HALF_OPEN),
        FaultPlan(FaultKind.LOSS, lost_before_ppm=10**5),
    )
    assert fates(NetworkPlan(repeated_ppm=10**5), half_open) == {"lost-after": 20_000}
    assert fates(NetworkPlan(), half_open, loss)["lost-before"] == pytest.approx(2_000, abs=200)


def test_errors_answer_with_what_is_named_or_with_any() -> None:
    busy = FaultPlan(FaultKind.ERRORS, answered_ppm=200_000, answer="rate-limited")
    some = FaultPlan(FaultKind.ERRORS, answered_ppm=400_000)
    shares = fates(NetworkPlan(delayed_ppm=100_000), busy, some)
    expected = {
        **{"server-error": 10, "unavailable": 10, "rate-limited": 30, "garbled": 10},
        **{"delayed": 10, "": 30},
    }
    assert {name: count / 200 for name, count in shares.items()} == pytest.approx(expected, abs=1)


def test_active_faults_add_their_shares() -> None:
    loss = FaultPlan(FaultKind.LOSS, lost_before_ppm=300_000, lost_after_ppm=300_000)
    assert fates(NetworkPlan(), loss)["lost-after"] == pytest.approx(6_000, abs=200)
    assert fates(NetworkPlan(repeated_ppm=10), loss, loss)[""] == 0


def test_a_delay_is_drawn_as_the_network_says() -> None:
    network = NetworkPlan(delayed_ppm=1_000_000, delay=Spread(SECOND, 2 * SECOND))
    stream = Stream(1, "net")
    drawn = [message_fate(stream, network) for _ in range(50)]
    delays = [fate.delay for fate in drawn if fate and fate.fault is MessageFault.DELAYED]
    assert len(set(delays)) > 40
    assert all(SECOND <= delay <= 2 * SECOND for delay in delays)
    assert message_fate(stream, NetworkPlan(lost_before_ppm=10**6)) == MessageFate(
        MessageFault.LOST_BEFORE
    )
