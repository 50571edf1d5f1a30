"""Operators: what they do at Local UI, in which order, and when they stop."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from harness.checkers.fleet.judge import AT_LAST
from harness.checkers.invariants.everything_settles import TRIES
from harness.domain.cluster import Health
from harness.domain.errors import Reason
from harness.fleet.operators import NO_TOKEN
from harness.fleet.roster import FleetSlot
from harness.fleet.scenario import HOUR, MINUTE, SECOND, Only, Scenario, fixed
from harness.history.operation import OperationRecord, Outcome
from tests.unit.fleet.worlds import END, EXCHANGE, PLAIN, Book, Recorder, with_plans

ALWAYS = 1_000_000
UNHEALTHY = Health.UNHEALTHY
SENT = 2 * SECOND + 3 * EXCHANGE
"""When the send of a plain operator is answered: after two thoughts and three exchanges."""
NOBODY_DECIDES = with_plans(PLAIN, admins={"notice": fixed(10 * HOUR)})


def people(base: Scenario = PLAIN, **operators: object) -> Scenario:
    return with_plans(base, operators=operators)


def reasons(records: list[OperationRecord]) -> list[str]:
    return [str((record.error or {}).get("reason", record.outcome.value)) for record in records]


def causes(recorder: Recorder) -> list[str]:
    return recorder.world.happenings.names


def test_a_plain_operator_pairs_a_cluster_and_looks_until_it_is_paired() -> None:
    book = Recorder().pairs()
    assert book.kinds("operator") == [
        "LogIn",
        "ViewCluster",
        "VerifyConnection",
        "SendPairingRequest",
        "ViewPairing",
        "ViewPairing",
        "ViewManagement",
    ]
    first, decided = book.of("ViewPairing")
    assert (first.start, decided.start) == (SENT + SECOND, SENT + 61 * SECOND)
    assert decided.value is not None
    assert decided.value["status"] == "Paired"


def test_nobody_begins_anything_once_the_work_is_over() -> None:
    recorder = Recorder()
    recorder.install()
    recorder.env.run(until=PLAIN.duration)
    assert recorder.pairs(recorder.slots[0]).begun == []


def test_an_operator_who_waits_for_a_decision_goes_home_when_the_work_is_over() -> None:
    book = Recorder(replace(NOBODY_DECIDES, duration=HOUR)).pairs()
    looks = [record.start for record in book.of("ViewPairing")]
    assert len(looks) == pytest.approx(60, abs=1)
    assert looks[-1] < HOUR + MINUTE


# --- cancels --------------------------------------------------------------------------------


def test_a_cancel_comes_as_long_after_the_send_as_was_drawn() -> None:
    recorder = Recorder(
        people(NOBODY_DECIDES, cancels_ppm=ALWAYS, cancel_after=fixed(90 * SECOND)), collect=True
    )
    book = recorder.pairs()
    (cancel,) = book.of("CancelPairingRequest")
    # At 90 s he opens Local UI, looks, and thinks for a second.
    assert cancel.start == SENT + SECOND + 91 * SECOND
    assert cancel.outcome is Outcome.OK
    assert book.kinds("operator")[-4:] == [
        "ViewPairing",
        "ViewPairing",
        "CancelPairingRequest",
        "ViewPairing",
    ]
    assert causes(recorder) == ["o.cancels.0.0"]


def test_a_cancel_that_comes_too_late_is_refused_and_he_looks_on() -> None:
    late = people(cancels_ppm=ALWAYS, cancel_after=fixed(90 * SECOND), watch=fixed(200 * SECOND))
    book = Recorder(late).pairs()
    assert reasons(book.of("CancelPairingRequest")) in (
        [Reason.ALREADY_ACCEPTED.value],
        [Reason.NOTHING_PENDING.value],
        [Reason.CENTRALLY_MANAGED.value],
    )
    assert book.kinds("operator")[-1] == "ViewManagement"


def test_after_a_cancel_another_request_follows_if_that_is_planned() -> None:
    again = people(
        NOBODY_DECIDES,
        cancels_ppm=ALWAYS,
        cancel_after=fixed(30 * SECOND),
        again=fixed(5 * MINUTE),
        tries=3,
    )
    recorder = Recorder(again, collect=True)
    book = recorder.pairs()
    sends = book.of("SendPairingRequest")
    assert [record.outcome for record in sends] == [Outcome.OK] * 3
    assert len({str(record.value) for record in sends}) == 3, "each has an id of its own"
    assert causes(recorder) == ["o.cancels.0.0", "o.cancels.0.1", "o.cancels.0.2"]
    ends = [record.end or 0 for record in book.of("CancelPairingRequest")]
    looks = [record.start for record in book.of("ViewCluster")]
    # He thinks, sees that nothing is pending, and waits.
    assert [b - a for a, b in zip(ends, looks[1:], strict=False)] == [SECOND + 5 * MINUTE] * 2


def test_a_cancel_as_it_is_decided_comes_within_the_tenth_of_a_second_of_a_decision() -> None:
    book = Recorder(people(cancels_decided_ppm=ALWAYS)).pairs()
    (cancel,), (accept,) = book.of("CancelPairingRequest"), book.of("AcceptPairingRequest")
    assert 0 <= cancel.start - accept.start <= SECOND // 10


# --- who forgets, errs and hurries -------------------------------------------------------------


def test_who_forgets_does_not_look_again_nor_send_again() -> None:
    recorder = Recorder(
        people(NOBODY_DECIDES, forgets_ppm=ALWAYS, again=fixed(MINUTE)), collect=True
    )
    book = recorder.pairs()
    assert book.kinds("operator")[-2:] == ["SendPairingRequest", "ViewPairing"]
    assert causes(recorder) == ["o.forgets.0.0"]


def test_without_watch_nobody_looks() -> None:
    assert Recorder(people(NOBODY_DECIDES, watch=None)).pairs().kinds("operator").count(
        "ViewPairing"
    ) == 1  # fmt: skip


def test_who_forgets_may_still_cancel() -> None:
    forgetful = people(
        NOBODY_DECIDES, forgets_ppm=ALWAYS, cancels_ppm=ALWAYS, cancel_after=fixed(500 * SECOND)
    )
    book = Recorder(forgetful).pairs()
    (cancel,) = book.of("CancelPairingRequest")
    assert cancel.start == SENT + SECOND + 501 * SECOND
    assert book.kinds("operator").count("ViewPairing") == 3


def test_a_wrong_token_is_only_the_first() -> None:
    recorder = Recorder(people(wrong_token_ppm=ALWAYS), collect=True)
    book = recorder.pairs()
    tokens = [record.args["token"] for record in book.of("SendPairingRequest")]
    assert tokens == [NO_TOKEN, recorder.token]
    assert reasons(book.of("SendPairingRequest")) == [Reason.TOKEN_UNUSABLE.value, "ok"]
    assert causes(recorder) == ["o.wrong-token.0.0"]


def test_who_sends_twice_does_so_from_another_window() -> None:
    recorder = Recorder(people(sends_twice_ppm=ALWAYS), collect=True)
    book = recorder.pairs()
    one, other = book.of("SendPairingRequest")
    assert {one.outcome, other.outcome} == {Outcome.OK, Outcome.FAIL}
    assert causes(recorder) == ["o.sends-twice.0.0"]
    assert book.of("ViewManagement"), "it is paired all the same"


@pytest.mark.parametrize("tries", [1, 2, 4])
def test_who_is_refused_tries_so_often(tries: int) -> None:
    recorder = Recorder(people(tries=tries))
    slot = recorder.install()
    node = next(iter(slot.member.cluster.nodes()))
    recorder.world.hosts.set_health(slot, node.name, type(node.health).UNHEALTHY)
    book = recorder.pairs(slot)
    sends = book.of("SendPairingRequest")
    assert reasons(sends) == [Reason.NODE_UNHEALTHY.value] * tries
    pauses = [b.start - (a.end or 0) for a, b in pairwise(sends)]
    # The pause, then a thought before and after the check of the connection.
    assert set(pauses) <= {(30 + 1 + 1) * SECOND + EXCHANGE}


# --- what else they do ------------------------------------------------------------------------


def test_local_operations_go_on_until_they_were_refused_twice() -> None:
    recorder = Recorder(people(work=fixed(7 * SECOND)))
    slot = recorder.install()
    recorder.env.process(recorder.operators.works(slot))
    book = recorder.pairs(slot)
    done = book.of("PatchCluster")
    assert reasons(done)[-2:] == [Reason.CENTRALLY_MANAGED.value] * 2
    assert set(reasons(done)[:-2]) == {"ok"}
    assert [record.start for record in done][:3] == [7 * SECOND, 14 * SECOND, 21 * SECOND]
    looks = [r for r in book.of("ViewCluster") if r.start in {c.start for c in done[1:]}]
    assert [done.index(c) for c in done if c.start in {r.start for r in looks}] == [1, 2, 4]
    assert (looks[0].value or {})["tags"]["revision"] == "1"  # type: ignore[index,call-overload]


def test_a_session_that_is_over_is_begun_anew() -> None:
    recorder = Recorder()
    slot = recorder.install()
    slot.session = replace(slot.session, session="stale")
    book = recorder.pairs(slot)
    assert book.kinds("operator")[:3] == ["ViewCluster", "LogIn", "ViewCluster"]


# --- what is left out --------------------------------------------------------------------------


def as_told(book: Book) -> list[tuple[int, str, str]]:
    return [(record.start, record.actor, record.kind) for record in book.begun]


def test_an_act_that_is_left_out_moves_no_draw() -> None:
    plain = people(NOBODY_DECIDES, cancel_after=fixed(30 * SECOND), again=None)
    restless = people(plain, cancels_ppm=500_000, forgets_ppm=500_000, sends_twice_ppm=500_000)
    everything = Recorder(restless, collect=True)
    everything.pairs()
    only = Only(happenings=frozenset())
    nothing = Recorder(replace(restless, only=only), collect=True)
    left = nothing.pairs()
    assert causes(nothing) == []
    assert left.kinds("operator")[:7] == Recorder(plain).pairs().kinds("operator")[:7]
    kept = frozenset(causes(everything))
    again = Recorder(replace(restless, only=Only(happenings=kept)), collect=True)
    assert as_told(again.pairs()) == as_told(everything.book)


# --- when all is over -----------------------------------------------------------------------


def tried_at_last(recorder: Recorder, slot: FleetSlot) -> list[OperationRecord]:
    """What is asked of a cluster beyond two looks, once everything has settled."""
    recorder.env.run(until=HOUR)
    recorder.env.process(recorder.operators.tries_at_last(slot))
    recorder.env.run(until=END)
    return [record for record in recorder.book.ended if AT_LAST in record.tags]


def test_a_cluster_in_local_hands_is_seen_to_send_at_last_and_withdraws_it() -> None:
    recorder = Recorder()
    asked = tried_at_last(recorder, recorder.install())
    kinds = [record.kind for record in asked]
    assert kinds == [
        "SubmitPairing",
        "SendPairingRequest",
        "WithdrawPairing",
        "CancelPairingRequest",
    ]
    assert {record.outcome for record in asked} == {Outcome.OK}


def test_one_that_cannot_send_is_tried_so_often_and_no_more() -> None:
    recorder = Recorder()
    slot = recorder.install()
    recorder.world.hosts.set_health(slot, slot.member.cluster.pools[0].nodes[0].name, UNHEALTHY)
    assert reasons(tried_at_last(recorder, slot)) == ["NodeUnhealthy"] * TRIES


def test_what_was_changed_locally_is_read_back_at_last() -> None:
    recorder = Recorder(people(work=fixed(7 * SECOND), tries=1))
    slot = recorder.install()
    recorder.env.process(recorder.operators.works(slot))
    assert tried_at_last(recorder, slot)[0].kind == "ViewCluster"


def test_a_paired_cluster_is_only_looked_at_at_last() -> None:
    recorder = Recorder()
    slot = recorder.install()
    recorder.env.process(recorder.operators.operator(slot))
    assert tried_at_last(recorder, slot) == []
