"""Hosts: what becomes of their messages, when they ask again, and what a reboot ends."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import pytest

from harness.domain import operations as ops
from harness.domain.cluster import Health
from harness.domain.errors import Reason, Refused
from harness.fleet.operators import ENDPOINT
from harness.fleet.scenario import SECOND, FaultKind, FaultPlan, Scenario, Spread, fixed
from harness.history.operation import Outcome
from harness.reference.core.link import Call, NotDelivered
from harness.reference.core.records import PairingRequest
from tests.unit.fleet.worlds import CONNECT, EXCHANGE, LATENCY, MS, PLAIN, Recorder, with_plans

POLL = 20 * SECOND
DEADLINE = 10 * SECOND


class LoneSlot(Recorder):
    """One cluster whose operator is logged in."""

    def __init__(self, scenario: Scenario = PLAIN) -> None:
        super().__init__(scenario)
        self.slot = self.install()
        self.answer(self.slot, ops.ViewPairing())
        self.book.begun.clear()
        self.book.ended.clear()

    def sends(self) -> object:
        return self.answer(self.slot, ops.SendPairingRequest(ENDPOINT, self.token))

    def requests_at_palette(self) -> int:
        store = self.world.central.side(0)._store
        return sum(1 for _ in store.every(PairingRequest))


def with_fate(**shares: object) -> Scenario:
    return with_plans(PLAIN, network=shares)


def polls(site: LoneSlot) -> list[int]:
    return [record.start for record in site.book.begun if record.kind == "PollPairing"]


# --- messages -------------------------------------------------------------------------------


def test_a_send_probes_submits_and_is_answered_two_exchanges_later() -> None:
    site = LoneSlot()
    assert isinstance(site.sends(), ops.Done)
    assert site.now == 2 * EXCHANGE
    submission, send = site.book.ended
    assert (submission.kind, submission.actor) == ("SubmitPairing", "agent")
    assert (submission.start, submission.end) == (EXCHANGE, 2 * EXCHANGE)
    assert (send.kind, send.actor, send.start, send.end) == (
        "SendPairingRequest", "operator", 0, 2 * EXCHANGE,
    )  # fmt: skip
    assert (
        submission.tags
        == send.tags
        == {
            "host": site.slot.host,
            "project": site.slot.member.project_uid,
        }
    )


def test_an_operation_without_a_message_takes_no_time() -> None:
    site = LoneSlot()
    site.answer(site.slot, ops.ViewPairing())
    assert site.now == 0


def test_without_a_link_the_host_sees_it_soon_and_nothing_is_sent() -> None:
    site = LoneSlot()
    site.world.hosts.set_link(site.slot, 0, up=False)
    reply = site.answer(site.slot, ops.VerifyConnection(ENDPOINT, site.token))
    verdict = cast(ops.Done, reply).value
    assert isinstance(verdict, ops.Verification)
    assert "has no connection to Palette" in verdict.message
    assert site.now == CONNECT
    assert site.world.central.asked == 0


@pytest.mark.parametrize(
    ("fault", "arrives"), [("lost_before_ppm", False), ("lost_after_ppm", True)]
)
def test_a_lost_message_is_waited_for_to_the_deadline(fault: str, arrives: bool) -> None:
    site = LoneSlot()
    site.sends()
    plan = with_fate(**{fault: 1_000_000}).network
    site.world.network.plan = plan
    began = site.now
    reply = site.answer(site.slot, ops.CancelPairingRequest())
    assert isinstance(reply, ops.Done), "a cancel works without the other side"
    assert site.now == began + DEADLINE
    noted, withdrawal = site.book.of("FaultNextMessage", "WithdrawPairing")
    assert noted.args["fault"] == fault.removesuffix("_ppm").replace("_", "-")
    assert noted.args["message"] == "withdraw"
    assert noted.start == began, "what happens to a message stands there before it does"
    assert withdrawal.outcome is Outcome.INFO
    assert withdrawal.error == {"why": "no answer came in time"}
    store = site.world.central.side(0)._store
    (request,) = store.every(PairingRequest)
    assert (request.state.value == "Withdrawn") is arrives


def test_a_repeated_message_takes_effect_twice_and_is_answered_once() -> None:
    site = LoneSlot(with_fate(repeated_ppm=1_000_000))
    assert isinstance(site.sends(), ops.Done)
    assert site.now == 2 * (EXCHANGE + 4 * MS), "each costs the plane as much again"
    assert site.requests_at_palette() == 1, "it was admitted once"


def test_a_message_that_comes_again_late_is_admitted_once_and_noted_when_it_was_taken() -> None:
    site = LoneSlot(with_fate(repeated_late_ppm=1_000_000, delay=fixed(3 * SECOND)))
    assert isinstance(site.sends(), ops.Done)
    assert site.now == 2 * EXCHANGE, "nobody waits for the copy"
    assert site.requests_at_palette() == 1
    noted = site.book.of("FaultNextMessage")
    assert [(note.args["fault"], note.args["delay"]) for note in noted] == [
        ("repeated-late", 3 * SECOND)
    ] * 2
    (request,) = site.world.central.side(0).store.every(PairingRequest)
    site.world.network.plan = PLAIN.network
    site.answer(site.slot, ops.CancelPairingRequest())
    asked = site.world.central.asked
    site.env.run(until=EXCHANGE + 3 * SECOND + LATENCY)
    assert site.world.central.asked > asked, "it arrives"
    (same,) = site.world.central.side(0).store.every(PairingRequest)
    assert (same.pairing_uid, same.state.value) == (request.pairing_uid, "Withdrawn")


def test_a_copy_of_what_was_refused_does_not_come() -> None:
    site = LoneSlot(with_fate(repeated_late_ppm=1_000_000, delay=fixed(3 * SECOND)))
    assert isinstance(site.answer(site.slot, ops.SendPairingRequest(ENDPOINT, "<no>")), Refused)
    assert [note.args["message"] for note in site.book.of("FaultNextMessage")] == ["probe"]


@pytest.mark.parametrize(
    ("answer", "outcome", "told"),
    [
        ("server-error", Outcome.FAIL, "InternalError"),
        ("rate-limited", Outcome.FAIL, "TooManyRequests"),
        ("unavailable", Outcome.INFO, "what answered is no Palette"),
        ("garbled", Outcome.INFO, "what answered is no Palette"),
    ],
)
def test_an_error_answers_in_place_of_palette_which_hears_nothing(
    answer: str, outcome: Outcome, told: str
) -> None:
    site = LoneSlot()
    site.sends()
    fault = FaultPlan(FaultKind.ERRORS, answered_ppm=1_000_000, answer=answer)
    site.world.network.strike(0, fault)
    asked, began = site.world.central.asked, site.now
    site.answer(site.slot, ops.CancelPairingRequest())
    noted, withdrawal = site.book.of("FaultNextMessage", "WithdrawPairing")
    assert (noted.args["fault"], withdrawal.outcome) == (answer, outcome)
    assert told in (withdrawal.error or {}).values()
    assert site.now == began + 2 * LATENCY
    assert site.world.central.asked == asked


def test_over_a_link_that_is_half_open_everything_arrives_and_nothing_is_heard() -> None:
    site = LoneSlot()
    site.sends()
    site.world.network.strike(0, FaultPlan(FaultKind.HALF_OPEN))
    site.answer(site.slot, ops.CancelPairingRequest())
    (withdrawal,) = site.book.of("WithdrawPairing")
    assert withdrawal.outcome is Outcome.INFO
    (request,) = site.world.central.side(0).store.every(PairingRequest)
    assert request.state.value == "Withdrawn"


def test_a_host_of_another_cluster_is_asked_over_its_own_link() -> None:
    """A defect may probe the neighbours: that is judged like any other, and breaks nothing here."""
    site = LoneSlot(with_plans(PLAIN, fleet={"hosts": 2}))
    neighbour = site.install(1)
    call = Call("probing", neighbour.host, ENDPOINT, False, ops.Probe())
    carried = site.env.process(site.world.hosts._carry(site.slot, call))
    assert isinstance(site.env.run(carried), ops.Done)
    site.world.hosts.set_link(neighbour, 0, up=False)
    carried = site.env.process(site.world.hosts._carry(site.slot, call))
    assert isinstance(site.env.run(carried), NotDelivered)
    site.world.hosts.set_link(neighbour, 0, up=True)
    carried = site.env.process(site.world.hosts._carry(site.slot, call))
    assert isinstance(site.env.run(carried), ops.Done)


def test_a_delayed_message_is_late_by_its_delay() -> None:
    site = LoneSlot(with_fate(delayed_ppm=1_000_000, delay=fixed(3 * SECOND)))
    assert isinstance(site.sends(), ops.Done)
    assert site.now == 2 * (EXCHANGE + 3 * SECOND)


def test_an_answer_after_the_deadline_reaches_nobody_and_its_effect_stays() -> None:
    site = LoneSlot(with_fate(delayed_ppm=1_000_000, delay=fixed(DEADLINE)))
    plan, site.world.network.plan = site.world.network.plan, PLAIN.network
    site.later(EXCHANGE - MS, lambda: setattr(site.world.network, "plan", plan))
    reply = site.sends()
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.HOST_UNREACHABLE
    assert site.now == EXCHANGE + DEADLINE
    assert site.requests_at_palette() == 0
    site.env.run(until=site.now + EXCHANGE)
    assert site.requests_at_palette() == 1, "the submission came after all"


def test_a_link_that_goes_down_takes_with_it_what_is_on_its_way() -> None:
    site = LoneSlot()
    site.later(EXCHANGE + LATENCY - 1, lambda: site.world.hosts.set_link(site.slot, 0, up=False))
    assert isinstance(site.sends(), Refused)
    assert site.requests_at_palette() == 0


# --- agents ---------------------------------------------------------------------------------


def test_a_pending_request_is_polled_again_and_again() -> None:
    site = LoneSlot()
    site.sends()
    site.env.run(until=100 * SECOND)
    sent = 2 * EXCHANGE
    assert polls(site) == [sent + n * POLL + (n - 1) * EXCHANGE for n in (1, 2, 3, 4)]


def test_polls_are_as_far_apart_as_drawn_for_this_cluster() -> None:
    site = LoneSlot(with_plans(PLAIN, agents={"poll": Spread(POLL, 2 * POLL)}))
    site.sends()
    site.env.run(until=1_000 * SECOND)
    found = polls(site)
    pauses = [b - a - EXCHANGE for a, b in pairwise(found)]
    assert all(POLL <= pause <= 2 * POLL for pause in pauses)
    assert len(set(pauses)) > 10


@pytest.mark.parametrize(("jitter", "expected"), [(True, None), (False, 300 * SECOND)])
def test_without_jitter_a_link_that_is_back_is_used_at_once(
    jitter: bool, expected: int | None
) -> None:
    site = LoneSlot(with_plans(PLAIN, agents={"retry_jitter": jitter}))
    site.sends()
    hosts, slot = site.world.hosts, site.slot
    site.later(30 * SECOND, lambda: hosts.set_link(slot, 0, up=False))
    site.later(300 * SECOND - site.now, lambda: hosts.set_link(slot, 0, up=True))
    site.env.run(until=340 * SECOND)
    tried = [record for record in site.book.of("PollPairing") if record.start > 40 * SECOND]
    cut_off = [record for record in tried if record.outcome is Outcome.INFO]
    first = next(record.start for record in tried if record.outcome is Outcome.OK)
    if expected is None:
        assert 300 * SECOND < first <= 300 * SECOND + POLL
        assert len(cut_off) > 10, "it goes on trying"
        assert {record.error["why"] for record in cut_off if record.error} == {
            "the host has no connection to Palette"
        }
    else:
        assert first == expected
        # It was in its pause when the link went down, and tried once after that.
        assert len(cut_off) <= 1


def test_one_agent_works_for_a_cluster_however_often_it_is_woken() -> None:
    site = LoneSlot()
    site.sends()
    for _ in range(5):
        site.world.hosts.wake(site.slot)
    site.env.run(until=30 * SECOND)
    assert len(polls(site)) == 1


def test_an_agent_rests_once_there_is_nothing_to_follow_up() -> None:
    site = LoneSlot()
    site.sends()
    site.answer(site.slot, ops.CancelPairingRequest())
    site.env.run()
    assert polls(site) == []
    assert not site.slot.agent
    assert site.now < 60 * SECOND


# --- reboots --------------------------------------------------------------------------------


def rebooted(site: LoneSlot, off: int, on: int) -> None:
    site.later(off, lambda: site.world.hosts.power_off(site.slot))
    site.later(on, lambda: site.world.hosts.power_on(site.slot))


def test_a_reboot_ends_what_is_in_flight_and_nobody_knows_how_it_went() -> None:
    site = LoneSlot()
    rebooted(site, EXCHANGE + LATENCY + 1, 5 * SECOND)
    reply = site.sends()
    assert isinstance(reply, ops.Unknown)
    assert site.now == EXCHANGE + LATENCY + 1
    submission, send = site.book.ended
    why = {"why": "the host was restarted before it answered"}
    assert (submission.error, submission.outcome) == (why, Outcome.INFO)
    assert (send.error, send.outcome) == (why, Outcome.INFO)
    assert site.requests_at_palette() == 1


def test_after_a_reboot_a_host_goes_on_from_what_it_has_stored() -> None:
    site = LoneSlot()
    rebooted(site, EXCHANGE + LATENCY + 1, 5 * SECOND)
    site.sends()
    site.env.run(until=120 * SECOND)
    assert site.slot.boots == 1
    assert [r.outcome for r in site.book.of("WithdrawPairing")] == [Outcome.OK], (
        "whether its submission arrived is unknown, so it is withdrawn"
    )
    store = site.world.central.side(0)._store
    assert [request.state.value for request in store.every(PairingRequest)] == ["Withdrawn"]


def test_a_host_that_is_off_answers_nobody() -> None:
    site = LoneSlot()
    rebooted(site, 0, 60 * SECOND)
    site.env.run(until=1)
    reply = site.sends()
    assert reply == ops.Unknown("nothing answers: the host is off")
    assert site.now == 1 + CONNECT
    assert site.slot.boots == 0
    site.env.run(until=61 * SECOND)
    assert isinstance(site.sends(), ops.Done)


def test_a_reboot_while_its_agent_polls_ends_the_poll_and_another_follows() -> None:
    site = LoneSlot()
    site.sends()
    began = POLL + 2 * EXCHANGE
    rebooted(site, began + LATENCY - site.now, 40 * SECOND)
    site.env.run(until=70 * SECOND)
    outcomes = [(r.start, r.outcome) for r in site.book.of("PollPairing")]
    assert outcomes[0] == (began, Outcome.INFO)
    assert [outcome for _, outcome in outcomes[1:]] == [Outcome.OK]
    assert outcomes[1][0] > 40 * SECOND


def test_an_agent_that_pauses_does_nothing_while_its_host_is_off() -> None:
    site = LoneSlot()
    site.sends()
    rebooted(site, SECOND, 100 * SECOND)
    site.env.run(until=99 * SECOND)
    assert polls(site) == []
    site.env.run(until=130 * SECOND)
    assert len(polls(site)) == 1


def test_a_reboot_of_one_cluster_leaves_what_others_are_doing() -> None:
    recorder = Recorder(with_plans(PLAIN, fleet={"hosts": 2}))
    one, other = recorder.install(0), recorder.install(1)
    flows = [
        recorder.asks(p, ops.SendPairingRequest(ENDPOINT, recorder.token)) for p in (one, other)
    ]
    recorder.later(EXCHANGE + LATENCY + 10 * MS, lambda: recorder.world.hosts.power_off(one))
    recorder.later(5 * SECOND, lambda: recorder.world.hosts.power_on(one))
    recorder.env.run(until=6 * SECOND)
    assert isinstance(flows[0].value, ops.Unknown)
    assert isinstance(flows[1].value, ops.Done)


# --- health ---------------------------------------------------------------------------------


def test_a_node_that_is_unhealthy_stands_in_the_way_until_it_is_not() -> None:
    site = LoneSlot()
    node = next(iter(site.slot.member.cluster.nodes()))
    site.world.hosts.set_health(site.slot, node.name, Health.UNHEALTHY)
    refused = site.sends()
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.NODE_UNHEALTHY
    site.world.hosts.set_health(site.slot, node.name, Health.HEALTHY)
    assert isinstance(site.sends(), ops.Done)
