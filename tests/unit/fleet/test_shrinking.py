"""Shrinking: what is left still fails the same way, and nothing of it can be spared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fleet.cell import make_cell
from harness.fleet.loading import as_toml, read
from harness.fleet.nemesis import occurrences
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.roster import Roster
from harness.fleet.run import run_fleet
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    AdminPlan,
    Distribution,
    FaultKind,
    FaultPlan,
    FleetPlan,
    OperatorPlan,
    Scenario,
    Spread,
)
from harness.fleet.shrinking import reductions
from harness.fleet.shrinking.shrink import (
    ShrinkSearch,
    ShrinkStep,
    Size,
    as_own,
    file_name,
    minimal,
)
from harness.fleet.shrinking.trying import FailingScenario, Failure, TimeIsUp
from harness.history.fleet_lines import ViolationLine

OFTEN = Spread(0, HOUR, Distribution.EXPONENTIAL)
LINKS = FaultPlan(FaultKind.LINK, every=OFTEN, lasts=Spread(MINUTE, 5 * MINUTE))
REBOOTS = FaultPlan(FaultKind.REBOOT, every=OFTEN, lasts=Spread(SECOND, MINUTE))
CLOCKS = FaultPlan(FaultKind.CLOCK, every=OFTEN, by=Spread(SECOND, HOUR))
SCENARIO = Scenario(
    "wild",
    "to try",
    4 * HOUR,
    FleetPlan(hosts=40, sizes=((1, 1), (3, 1)), cells=4),
    OperatorPlan(cancels_ppm=300_000),
    faults=(CLOCKS, LINKS, REBOOTS),
    reach=(("cancel_online", 1_000),),
)


def violation(reason: str = "a request was lost", at: int = 2 * HOUR) -> ViolationLine:
    return ViolationLine(invariant="INV-2", cell="01", reason=reason, operations=[], at=at)


# --- the fewest of many -------------------------------------------------------------------

THINGS = st.integers(0, 40).map(lambda count: tuple(range(count)))


@given(st.data())
def test_what_is_needed_is_what_is_left(data: st.DataObject) -> None:
    things = data.draw(THINGS)
    needed = data.draw(st.frozensets(st.sampled_from(things), max_size=5) if things else st.none())
    left = minimal(things, asking(lambda kept: (needed or frozenset()) <= kept))
    assert left == tuple(sorted(needed or ()))


@given(THINGS, st.lists(st.frozensets(st.integers(0, 40), min_size=1, max_size=4), max_size=4))
def test_nothing_that_is_left_can_be_spared(
    things: tuple[int, ...], spoilt_by: list[frozenset[int]]
) -> None:
    """Also where what fails does not fail with more around it."""

    def fails(kept: frozenset[int]) -> bool:
        is_whole = len(kept) == len(things)
        return is_whole or (any(kept) and not any(spoiler <= kept for spoiler in spoilt_by))

    left = minimal(things, asking(fails))
    assert fails(frozenset(left))
    assert list(left) == sorted(left)
    assert not left or not any(fails(frozenset(left) - {thing}) for thing in left)


def test_few_of_many_are_found_soon() -> None:
    asked: list[frozenset[int]] = []
    minimal(range(1024), asking(lambda kept: kept >= {3, 700, 701}, asked))
    assert len(asked) < 150


def asking(
    fails: Callable[[frozenset[int]], bool], asked: list[frozenset[int]] | None = None
) -> Callable[[Iterable[tuple[int, ...]]], int | None]:
    """Tries one choice after the other, and draws no more of them than that."""

    def first_failing(choices: Iterable[tuple[int, ...]]) -> int | None:
        for number, choice in enumerate(choices):
            if asked is not None:
                asked.append(frozenset(choice))
            if fails(frozenset(choice)):
                return number
        return None

    return first_failing


# --- the same way -------------------------------------------------------------------------

VIEW = "request 0f1e: a view at 215.207 s says Rejected"
SHARED = "the pairing id with the digest 00ff was given in the cells"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("request 12ab was accepted twice", "request 34cd was accepted twice"),
        (f"{VIEW}, although it was 3 s ago", f"{VIEW}, and nothing that happened before explains"),
        ("admin:a.b@c.test had logged out", "admin:d.e@c.test had logged out"),
        ("the stack did not match: missing a 1", "the stack did not match: missing b 2"),
        (f"{SHARED} 00 and 03", f"{SHARED} 01 and 02 and 03 (7 more are so)"),
    ],
)
def test_ids_times_and_circumstances_do_not_matter(one: str, other: str) -> None:
    assert Failure.of(violation(one)) == Failure.of(violation(other))


def test_what_went_wrong_and_which_invariant_matter() -> None:
    lost = Failure.of(violation("request 12ab was lost"))
    assert lost != Failure.of(violation("request 12ab was accepted twice"))
    other = ViolationLine(
        invariant="INV-4", cell="", reason="request 1 was lost", operations=[], at=1
    )
    assert lost.among([other, violation("request 9 was lost", at=7)]) == violation(
        "request 9 was lost", at=7
    )
    assert lost.among([other]) is None


# --- what can be taken away ---------------------------------------------------------------


def test_whoever_is_left_is_who_he_was() -> None:
    few = reductions.with_clusters(SCENARIO, (3, 9))
    smaller = reductions.without_empty_slots(few)
    assert smaller.fleet.hosts < SCENARIO.fleet.hosts
    assert [Roster(smaller).member(index) for index in (3, 9)] == [
        Roster(SCENARIO).member(index) for index in (3, 9)
    ]


def test_a_plan_that_goes_leaves_the_faults_of_the_others_alone() -> None:
    kept = [setting for setting in reductions.settings_of(SCENARIO) if setting != ("faults", 1)]
    without = reductions.with_settings(SCENARIO, kept)
    assert without.faults == (CLOCKS, reductions.NO_FAULT, REBOOTS)
    everything = reductions.faults_until(SCENARIO, 4 * HOUR)
    assert reductions.faults_until(without, 4 * HOUR) == tuple(
        n for n in everything if n[:2] != "f1"
    )
    assert reductions.with_settings(without, [("faults", 0)]).faults == (CLOCKS,)


def test_without_its_settings_a_scenario_is_a_plain_one_of_the_same_size() -> None:
    plain = reductions.with_settings(SCENARIO, ())
    assert plain.fleet == FleetPlan(hosts=40, cells=4)
    assert plain.operators == OperatorPlan()
    assert (plain.name, plain.duration, plain.limits) == ("wild", 4 * HOUR, SCENARIO.limits)
    assert reductions.with_settings(SCENARIO, reductions.settings_of(SCENARIO)) == SCENARIO


def test_a_cut_ends_with_a_window_and_drops_what_came_later() -> None:
    late = FaultPlan(FaultKind.LINK, at=3 * HOUR)
    shorter = reductions.cut(replace(SCENARIO, faults=(late, LINKS, late)), 2 * HOUR + 1)
    assert shorter.duration == 2 * HOUR + SECOND
    assert shorter.faults == (reductions.NO_FAULT, LINKS)


def test_a_fault_that_is_written_out_strikes_as_it_did() -> None:
    names = [name for name in reductions.faults_until(SCENARIO, 2 * HOUR) if name[-1] == "0"]
    assert {name[:2] for name in names} == {"f0", "f1", "f2"}
    kept = reductions.with_happenings(SCENARIO, (*names, "o.cancels.3.0"))
    plain = reductions.written_out(kept)
    assert strikes(plain) == strikes(kept)
    assert len(plain.faults) == len(names)
    assert "o.cancels.3.0" in (plain.only.happenings or ())
    assert reductions.written_out(plain) == plain
    assert reductions.written_out(SCENARIO) == SCENARIO


def strikes(scenario: Scenario) -> list[tuple[object, ...]]:
    roster = Roster(scenario)
    members = [roster.member(index) for index in roster.indices()]
    return [(o.at, o.until, o.kind, o.host_uids, o.by) for o in occurrences(scenario, members)]


def test_acts_have_the_same_names_without_the_other_clusters() -> None:
    admins = AdminPlan(rejects_ppm=300_000, renames_ppm=300_000, mistypes_ppm=300_000)
    fleet = FleetPlan(hosts=30, projects=1, cells=1)
    scenario = Scenario("acts", "to try", 10 * MINUTE, fleet, admins=admins)
    together = acts(scenario)
    assert len(together) > 10
    alone = [name for n in range(30) for name in acts(reductions.with_clusters(scenario, (n,)))]
    assert sorted(alone) == sorted(together)


def acts(scenario: Scenario) -> tuple[str, ...]:
    """What people did in a run of it before they first tried again."""
    finished = run_fleet(Job(scenario, collect=True), LocalTransport(make_cell))
    names = reductions.of_kind(finished.happenings, reductions.PEOPLE)
    return tuple(name for name in names if name.endswith(".1"))


# --- the search ---------------------------------------------------------------------------


class RuledTrials:
    """Runs nothing: says by a rule of its own what fails, and how often it may be asked."""

    def __init__(self, clusters: set[int], happenings: set[str], times: int = 10_000) -> None:
        self.clusters = clusters
        self.happenings = happenings
        self.times = times
        self.ran_out = False
        self.asked: list[Scenario] = []

    def first(self, scenarios: Iterable[Scenario]) -> tuple[int, FailingScenario] | None:
        for number, scenario in enumerate(scenarios):
            if len(self.asked) == self.times:
                self.ran_out = True
                raise TimeIsUp
            self.asked.append(scenario)
            if found := self.failed(scenario):
                return number, found
        return None

    def failed(self, scenario: Scenario) -> FailingScenario | None:
        indices, kept = Roster(scenario).indices(), scenario.only.happenings
        there = scenario.duration > 2 * HOUR and self.clusters.issubset(indices)
        if not there or (kept is not None and not self.happenings <= kept):
            return None
        names = (*reductions.faults_until(scenario, 2 * HOUR), "o.cancels.5.0", "o.cancels.6.0")
        happened = tuple(name for name in names if kept is None or name in kept)
        return FailingScenario(scenario, violation(), happened, operations=10 * len(indices))


def search(trials: RuledTrials, guess: tuple[int, ...] = ()) -> ShrinkSearch:
    whole = trials.failed(SCENARIO)
    assert whole is not None
    return ShrinkSearch(whole, trials, guess)


@pytest.mark.parametrize("guess", [(), (7,), (2, 5, 7), (1,)], ids=str)
def test_the_fewest_are_found_whatever_was_guessed(guess: tuple[int, ...]) -> None:
    trials = RuledTrials({5, 7}, {"o.cancels.5.0"})
    found = search(trials, guess)
    assert found.run()
    best = found.best.scenario
    assert best.only.clusters == (5, 7)
    assert best.only.happenings == frozenset({"o.cancels.5.0"})
    assert best.duration == 2 * HOUR + SECOND
    assert best.fleet == FleetPlan(hosts=8, cells=1)
    assert not reductions.settings_of(best)
    assert not best.faults
    assert not best.reach


def test_one_fault_of_hundreds_is_found_and_no_run_is_made_twice() -> None:
    faults = reductions.faults_until(SCENARIO, 2 * HOUR)
    fault = next(name for name in faults if name.startswith("f1.5-"))
    trials = RuledTrials({5}, {fault})
    found = search(trials)
    before = Size.of(found.best)
    steps: list[ShrinkStep] = []
    assert found.run(steps.append)
    after = Size.of(found.best)
    assert before.faults == len(faults) > 100
    assert (after.clusters, after.faults, after.acts) == (1, 1, 0)
    assert len(set(trials.asked)) == len(trials.asked) == found.tried
    assert [step.tried for step in steps] == sorted(step.tried for step in steps)


def test_when_time_is_up_the_smallest_so_far_is_kept() -> None:
    sizes = []
    for times in range(0, 60, 5):
        trials = RuledTrials({5}, {"o.cancels.5.0"}, times)
        found = search(trials)
        assert found.run() is not trials.ran_out
        assert trials.failed(found.best.scenario)
        sizes.append(Size.of(found.best).faults)
    assert sizes[0] > 100
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 0


def test_two_searches_take_the_same_steps() -> None:
    one, other = (RuledTrials({5, 7}, {"o.cancels.6.0"}) for _ in range(2))
    search(one).run()
    search(other).run()
    assert one.asked == other.asked


# --- the file -----------------------------------------------------------------------------


def test_the_smallest_is_a_scenario_file_of_its_own() -> None:
    trials = RuledTrials({5}, {"f1.5-0.0"})
    found = search(trials)
    found.run()
    own = as_own(found.best, file_name(SCENARIO), SCENARIO, "mutant:forgets")
    assert own.name == "wild-shrunk" == file_name(own)
    assert "of wild (seed 1, 40 hosts, mutant:forgets) in which INV-2 does not hold" in own.why
    assert read(as_toml(own), "it") == own
