"""Sends that meet trouble on their way, and second sends."""

from __future__ import annotations

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import MessageFault, MessageKind, Restart, Side
from harness.domain.errors import Reason
from harness.reference.core.choices import SecondSend
from harness.reference.core.edge import EdgeCall
from harness.reference.core.link import Call, TimedReply, advance
from harness.reference.core.store import MemoryStore

from .world import SmallWorld, done, reason

SEND = ops.SendPairingRequest("palette.test", "token")


@pytest.mark.parametrize("fault", [MessageFault.LOST_BEFORE, MessageFault.LOST_AFTER])
def test_a_submission_without_an_answer_is_given_up_on_both_sides(
    world: SmallWorld, fault: MessageFault
) -> None:
    world.spoil(MessageKind.SUBMIT, fault)
    assert reason(world.local(SEND)) is Reason.HOST_UNREACHABLE
    assert world.status() == "none"
    world.rounds()
    assert world.listed() == []
    assert world.send()


def test_a_submission_that_arrives_twice_is_one_request(world: SmallWorld) -> None:
    world.spoil(MessageKind.SUBMIT, MessageFault.REPEATED)
    uid = world.send()
    assert world.listed() == [uid]


def test_a_crash_while_the_submission_is_in_flight_leaves_nothing_pending(
    world: SmallWorld,
) -> None:
    edge = world.reference.edge
    store = edge._store
    assert isinstance(store, MemoryStore)
    flow = edge.core.perform(SEND, EdgeCall(world.host, world.operator, 0, edge._draws))
    call, _ = advance(flow, None, store)
    while isinstance(call, Call) and not isinstance(call.operation, ops.SubmitPairing):
        reply = edge.link.carry(call.host_uid, call.base_url, call.insecure, call.operation)
        call, _ = advance(flow, TimedReply(reply, 0), store)
    assert call is not None
    assert call.point == "submitting"
    edge.link.carry(call.host_uid, call.base_url, call.insecure, call.operation)
    assert len(world.listed()) == 1
    world.arrange(Restart(Side.EDGE))
    world.rounds()
    assert (world.status(), world.listed()) == ("none", [])


def test_a_second_send_is_refused_unless_chosen_otherwise(world: SmallWorld) -> None:
    uid = world.send()
    assert reason(world.local(SEND)) is Reason.REQUEST_PENDING
    assert world.listed() == [uid]


def test_a_second_send_may_be_answered_with_the_same_id() -> None:
    world = SmallWorld(edge={"second_send": SecondSend.SAME})
    assert world.send() == world.send()


def test_a_second_send_may_replace_the_first() -> None:
    world = SmallWorld(edge={"second_send": SecondSend.REPLACE})
    first, second = world.send(), world.send()
    assert first != second
    assert world.listed() == [second]


def test_the_check_names_the_host_that_is_cut_off(world: SmallWorld) -> None:
    world.reference.edge.link.set_link(world.sibling, up=False)
    reply = world.local(ops.VerifyConnection("palette.test", "token"))
    assert isinstance(reply, ops.Done)
    assert reply.value.verified is False  # type: ignore[union-attr]
    assert world.sibling in reply.value.message  # type: ignore[union-attr]
    assert reason(world.local(SEND)) is Reason.HOST_UNREACHABLE


def test_ids_never_come_back_not_even_after_restarts(world: SmallWorld) -> None:
    seen = []
    for _ in range(5):
        seen.append(world.send())
        done(world.cancel())
        world.arrange(Restart(Side.CENTRAL))
        world.arrange(Restart(Side.EDGE))
    assert len(set(seen)) == 5


def test_the_same_seed_gives_the_same_ids() -> None:
    assert SmallWorld().send() == SmallWorld().send()
