"""Administrators: queues and shifts, mistakes, races, and what they do once a cluster is theirs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise

import pytest

from harness.domain.errors import Reason
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    FaultKind,
    FaultPlan,
    FaultScope,
    Only,
    Scenario,
    fixed,
)
from harness.history.operation import OperationRecord, Outcome
from tests.unit.fleet.worlds import END, EXCHANGE, PLAIN, Book, Recorder, with_plans

ALWAYS = 1_000_000
SENT = 2 * SECOND + 3 * EXCHANGE
DUE = SENT + SECOND + 10 * SECOND
"""When the request of a plain operator is taken up: he reads its id back before he tells it."""
DECISIONS = ("AcceptPairingRequest", "RejectPairingRequest")


def people(base: Scenario = PLAIN, **admins: object) -> Scenario:
    return with_plans(base, admins=admins)


def reasons(records: list[OperationRecord]) -> list[str]:
    return [str((record.error or {}).get("reason", record.outcome.value)) for record in records]


def by_admins(book: Book) -> list[OperationRecord]:
    return [record for record in book.begun if record.actor.startswith("admin:")]


def source_addresses(scenario: Scenario, clusters: int = 6) -> Recorder:
    """So many clusters of which each is sent for at the same moment."""
    recorder = Recorder(with_plans(scenario, fleet={"hosts": clusters}), collect=True)
    for index in range(clusters):
        recorder.env.process(recorder.operators.operator(recorder.install(index)))
    recorder.env.run(until=END)
    return recorder


def test_a_request_is_looked_for_viewed_matched_accepted_and_then_ruled() -> None:
    book = Recorder().pairs()
    assert book.kinds("admin:") == [
        "ListPairingRequests",
        "ViewPairingRequest",
        "MatchProfiles",
        "AcceptPairingRequest",
        "ChangeCentralCluster",
    ]
    assert by_admins(book)[0].start == DUE
    actors = {record.actor for record in by_admins(book)}
    assert len(actors) == 1
    (user,) = {record.tags["user"] for record in by_admins(book)}
    assert actors == {f"admin:{user}"}


def test_between_two_steps_they_think() -> None:
    records = Recorder().pairs().of("ListPairingRequests", "ViewPairingRequest", "MatchProfiles")
    assert records[1].start == (records[0].end or 0) + SECOND
    assert records[2].start == (records[1].end or 0) + SECOND


# --- queues and shifts ----------------------------------------------------------------------


@pytest.mark.parametrize("team", [1, 2, 3])
def test_each_works_on_one_request_at_a_time(team: int) -> None:
    book = source_addresses(people(team=team)).book
    done = Counter(record.actor for record in book.of("AcceptPairingRequest"))
    assert sorted(done.values()) == [6 // team] * team
    busy = sorted(
        (when, change)
        for record in by_admins(book)
        if record.kind in ("ListPairingRequests", "AcceptPairingRequest")
        for when, change in [(record.start, 1 if record.kind.startswith("List") else -1)]
    )
    assert max(accumulate(change for _, change in busy)) == team


def test_requests_are_taken_up_in_the_order_in_which_they_became_due() -> None:
    recorder = Recorder(with_plans(PLAIN, fleet={"hosts": 4}))
    for wait, index in enumerate((2, 0, 3, 1)):
        flow = recorder.operators.operator(recorder.install(index))
        recorder.later(wait * SECOND + 1, partial(recorder.env.process, flow))
    recorder.env.run(until=END)
    order = [record.args["pairing_uid"] for record in recorder.book.of("AcceptPairingRequest")]
    assert order == [recorder.slots[index].pairing_uid for index in (2, 0, 3, 1)]


def test_who_is_off_duty_begins_nothing() -> None:
    shift, day = 10 * MINUTE, HOUR
    slow = people(team=1, shift=shift, day=day, think=fixed(3 * MINUTE))
    recorder = source_addresses(replace(slow, duration=4 * HOUR))
    begun = [record.start for record in recorder.book.of("ListPairingRequests")]
    assert len(begun) == 6
    assert len({start // day for start in begun}) == 3, "some wait for the next shift"
    assert all(start % day < shift for start in begun)


def test_a_request_that_comes_at_night_waits_for_the_morning() -> None:
    night = people(shift=SECOND, day=HOUR)
    book = Recorder(replace(night, duration=2 * HOUR)).pairs()
    assert by_admins(book)[0].start == HOUR


# --- mistakes -------------------------------------------------------------------------------


def test_who_mistypes_is_refused_and_selects_anew() -> None:
    recorder = Recorder(people(mistypes_ppm=ALWAYS), collect=True)
    book = recorder.pairs()
    matches = book.of("MatchProfiles")
    accepts = book.of("AcceptPairingRequest")
    assert reasons(accepts)[-1] == "ok"
    assert matches[0].args["selection"] != matches[-1].args["selection"]
    assert book.of("ViewManagement")
    assert [name.rsplit(".", 2)[0] for name in recorder.world.happenings.names] == ["a.mistypes"]


def test_every_mistake_is_made_by_somebody_and_none_pairs_a_cluster() -> None:
    recorder = source_addresses(
        people(team=3, mistypes_ppm=ALWAYS, think=fixed(SECOND)), clusters=60
    )
    first: dict[object, OperationRecord] = {}
    for record in sorted(
        recorder.book.of("AcceptPairingRequest", "MatchProfiles"), key=lambda r: r.start
    ):
        first.setdefault((record.args["pairing_uid"], record.kind), record)  # fmt: skip
    refused = Counter(reasons([r for (_, kind), r in first.items() if kind.startswith("Accept")]))
    assert refused.keys() <= {Reason.PROFILES_MISMATCH.value, "ok"}
    selections = {len(record.args["selection"]) for record in first.values()}  # type: ignore[arg-type]
    assert selections >= {1, 2, 3}
    accepted = [r for r in recorder.book.of("AcceptPairingRequest") if r.outcome is Outcome.OK]
    assert len(accepted) == 60


def test_who_renames_gives_the_cluster_a_name_a_description_and_tags() -> None:
    (accept,) = Recorder(people(renames_ppm=ALWAYS)).pairs().of("AcceptPairingRequest")
    assert accept.args["name"] == "store-0"
    assert accept.args["description"] == "renamed"
    assert accept.args["tags"] == {"renamed": "yes"}


def test_who_rejects_does_not_match_first() -> None:
    book = Recorder(people(rejects_ppm=ALWAYS)).pairs()
    assert book.kinds("admin:") == [
        "ListPairingRequests",
        "ViewPairingRequest",
        "RejectPairingRequest",
    ]
    assert book.kinds("operator")[-1] == "ViewPairing"


# --- races ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rejects", "contradicts", "kinds"),
    [
        (0, 0, {"AcceptPairingRequest"}),
        (0, ALWAYS, set(DECISIONS)),
        (ALWAYS, 0, {"RejectPairingRequest"}),
        (ALWAYS, ALWAYS, set(DECISIONS)),
    ],
)
def test_two_decide_at_the_same_moment(rejects: int, contradicts: int, kinds: set[str]) -> None:
    double = people(team=2, rejects_ppm=rejects, doubles_ppm=ALWAYS, contradicts_ppm=contradicts)
    recorder = Recorder(double, collect=True)
    one, other = sorted(recorder.pairs().of(*DECISIONS), key=lambda r: r.start)
    assert {one.kind, other.kind} == kinds
    assert one.actor != other.actor
    assert other.start - one.start <= SECOND // 10
    assert other.start < (one.end or 0), "the second begins while the first is under way"
    assert {one.outcome, other.outcome} == {Outcome.OK, Outcome.FAIL}
    assert any(".doubles." in name for name in recorder.world.happenings.names)


def test_where_one_works_alone_he_acts_twice_himself() -> None:
    recorder = Recorder(people(team=1, doubles_ppm=ALWAYS))
    one, other = recorder.pairs().of(*DECISIONS)
    assert one.actor == other.actor


def test_a_decision_that_is_held_up_takes_effect_when_it_comes() -> None:
    recorder = Recorder(people(delayed_ppm=ALWAYS, delay=fixed(45 * SECOND), deadline=30 * SECOND))
    book = recorder.pairs()
    first, again = book.of("AcceptPairingRequest")[:2]
    assert (first.outcome, first.tags["fate"]) == (Outcome.INFO, "delayed")
    assert reasons([again]) == ["PairingRequestAccepted"] or again.outcome is Outcome.OK
    confirmed = book.of("ConfirmPairing")[0].start
    assert first.start + 45 * SECOND < confirmed < first.start + 45 * SECOND + 30 * SECOND
    assert "fate" not in again.tags, "only the first one is held up"


def test_a_decision_that_comes_once_more_is_decided_once() -> None:
    recorder = Recorder(people(repeated_late_ppm=ALWAYS, delay=fixed(MINUTE), work=fixed(MINUTE)))
    book = recorder.pairs()
    (accepted,) = book.of("AcceptPairingRequest")
    assert (accepted.outcome, accepted.tags["fate"]) == (Outcome.OK, "repeated-late")
    changes = [c for c in book.of("ChangeCentralCluster") if c.start > accepted.start + 2 * MINUTE]
    assert {change.outcome for change in changes} == {Outcome.OK}


def test_errors_in_place_of_palette_are_tried_again() -> None:
    recorder = Recorder(people(notice=fixed(MINUTE)))
    busy = FaultPlan(FaultKind.ERRORS, FaultScope.ALL, answered_ppm=ALWAYS, answer="rate-limited")
    recorder.later(30 * SECOND, lambda: recorder.world.network.strike(0, busy))
    recorder.later(90 * SECOND, lambda: recorder.world.network.relent(0, busy))
    book = recorder.pairs()
    listed = book.of("ListPairingRequests")
    assert reasons(listed)[0] == "TooManyRequests"
    assert listed[-1].outcome is Outcome.OK
    assert book.of("AcceptPairingRequest")


def test_what_was_cancelled_without_a_link_may_be_accepted_all_the_same() -> None:
    stale = with_plans(
        people(notice=fixed(5 * MINUTE), accepts_stale_ppm=ALWAYS),
        operators={"cancels_ppm": ALWAYS, "cancel_after": fixed(60 * SECOND)},
    )
    recorder = Recorder(stale, collect=True)
    slot = recorder.install()
    recorder.later(30 * SECOND, lambda: recorder.world.hosts.set_link(slot, 0, up=False))
    book = recorder.pairs(slot)
    (cancel,) = book.of("CancelPairingRequest")
    assert cancel.outcome is Outcome.OK
    accepted = [r for r in book.of("AcceptPairingRequest") if r.outcome is Outcome.OK]
    assert accepted[0].start > (cancel.end or 0)
    assert any(".accepts-stale." in name for name in recorder.world.happenings.names)


# --- what else they do ------------------------------------------------------------------------


def test_central_operations_go_on_for_as_long_as_there_is_work() -> None:
    book = Recorder(people(work=fixed(10 * MINUTE))).pairs()
    changes = book.of("ChangeCentralCluster")
    assert len(changes) in (6, 7)
    assert set(reasons(changes)) == {"ok"}
    assert [record.args["tags"] for record in changes[:2]] == [{"revision": "1"}, {"revision": "2"}]
    shown = [(look.value or {})["tags"] for look in book.of("ViewCentralCluster")]
    assert shown == [changes[n - 1].args["tags"] for n in (1, 2, 4)], "they are read back"


def test_what_says_that_it_is_paired_is_looked_for_at_palette() -> None:
    recorder = Recorder()
    slot = recorder.install()
    uid, before = recorder.pairs(slot).of("AcceptPairingRequest")[0].args["pairing_uid"], recorder
    for known, kind in ((slot.cluster_uid, "ViewCentralCluster"), ("", "ViewPairingRequest")):
        slot.cluster_uid = known
        before.env.run(before.env.process(before.admins.reads_back(slot, str(uid))))
        look = before.book.ended[-1]
        assert (look.kind, look.outcome) == (kind, Outcome.OK)
        assert look.args in ({"cluster_uid": known}, {"pairing_uid": uid})


def test_who_rules_too_early_asks_again_until_the_host_has_confirmed() -> None:
    slow = with_plans(
        PLAIN, agents={"poll": fixed(2 * MINUTE)}, admins={"notice": fixed(118 * SECOND)}
    )
    book = Recorder(slow).pairs()
    changes = reasons(book.of("ChangeCentralCluster"))
    assert changes[-1] == "ok"
    assert set(changes[:-1]) <= {Reason.NOT_CONFIRMED.value}


def test_the_whole_list_is_looked_at_now_and_then() -> None:
    recorder = Recorder(people(sweep=fixed(10 * MINUTE)))
    recorder.env.process(recorder.admins.sweeps(0, 0))
    recorder.env.run(until=END)
    lists = recorder.book.of("ListPairingRequests")
    starts = [record.start for record in lists]
    assert len(starts) == 5
    assert all(b - a >= 10 * MINUTE for a, b in pairwise(starts))
    assert {record.args["local_cluster_uid"] for record in lists} == {""}


def test_an_answer_that_does_not_come_is_unknown_after_the_deadline() -> None:
    recorder = Recorder()
    recorder.later(
        DUE - SECOND, lambda: setattr(recorder.world.central, "arrive", lambda *a, **k: None)
    )
    recorder.env.process(recorder.operators.operator(recorder.install()))
    recorder.env.run(until=DUE + 40 * SECOND)
    first = recorder.book.of("ListPairingRequests")[0]
    assert (first.start, first.end) == (DUE, DUE + 30 * SECOND)
    assert first.error == {"why": "no answer came in time"}


def test_while_the_central_plane_is_down_requests_are_taken_up_again_later() -> None:
    recorder = Recorder()
    recorder.later(SENT + SECOND, recorder.world.central.crash)
    recorder.later(SENT + 25 * SECOND, recorder.world.central.restart)
    book = recorder.pairs()
    lists = book.of("ListPairingRequests")
    assert [record.outcome for record in lists] == [Outcome.INFO, Outcome.INFO, Outcome.OK]
    assert lists[0].error == {"why": "the connection was refused"}
    assert book.of("ViewManagement")


# --- what is left out --------------------------------------------------------------------------


def test_what_is_left_out_does_not_happen_and_moves_no_draw() -> None:
    restless = people(mistypes_ppm=500_000, renames_ppm=500_000, rejects_ppm=300_000)
    everything = source_addresses(restless)
    names = frozenset(everything.world.happenings.names)
    assert {name.split(".")[1] for name in names} == {"mistypes", "renames", "rejects"}
    assert len(names) == len(everything.world.happenings.names), "each has a name of its own"
    kept = source_addresses(replace(restless, only=Only(happenings=names)))
    assert kept.book.ended == everything.book.ended
    calm = source_addresses(replace(restless, only=Only(happenings=frozenset())))
    assert calm.world.happenings.names == []
    assert calm.book.kinds("admin:") == source_addresses(PLAIN).book.kinds("admin:")
