"""Cancels with and without the other side, and what is owed afterwards."""

from __future__ import annotations

import pytest

from harness.domain.arrangements import MessageFault, MessageKind, Restart, Side
from harness.domain.errors import Reason
from harness.domain.operations import RejectPairingRequest, ViewPairing
from harness.reference.core.choices import AfterOfflineCancel

from .world import SmallWorld, done, reason


def test_a_cancel_is_told(world: SmallWorld) -> None:
    uid = world.send()
    assert done(world.cancel())
    assert (world.status(), world.listed(), world.state(uid)) == ("none", [], "Withdrawn")


def test_a_cancel_with_the_link_down_ends_the_request_here_only(world: SmallWorld) -> None:
    uid = world.send()
    world.link(up=False)
    assert done(world.cancel())
    world.rounds(3)
    assert (world.status(), world.listed()) == ("none", [uid])


def test_what_is_owed_is_told_when_the_link_is_back(world: SmallWorld) -> None:
    uid = world.send()
    world.link(up=False)
    done(world.cancel())
    world.arrange(Restart(Side.EDGE))
    world.link(up=True)
    world.rounds()
    assert (world.listed(), world.state(uid)) == ([], "Withdrawn")


def test_a_host_that_forgets_leaves_the_request_to_the_administrator() -> None:
    world = SmallWorld(edge={"after_offline_cancel": AfterOfflineCancel.FORGET})
    uid = world.send()
    world.link(up=False)
    done(world.cancel())
    world.link(up=True)
    world.rounds(3)
    assert world.listed() == [uid]
    assert done(world.central(RejectPairingRequest(uid)))


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (MessageFault.LOST_BEFORE, "Pairing"),
        (MessageFault.LOST_AFTER, "Withdrawn"),
        (MessageFault.SERVER_ERROR, "Pairing"),
        (MessageFault.REPEATED, "Withdrawn"),
    ],
)
def test_a_cancel_in_flight_ends_the_request_here_whatever_happens(
    world: SmallWorld, fault: MessageFault, state: str
) -> None:
    uid = world.send()
    world.spoil(MessageKind.WITHDRAW, fault)
    assert done(world.cancel())
    assert (world.status(), world.state(uid)) == ("none", state)
    world.rounds()
    assert world.state(uid) == "Withdrawn"


def test_an_acceptance_that_the_cancel_meets_wins(world: SmallWorld) -> None:
    uid = world.send()
    world.accept(uid)
    assert reason(world.cancel()) is Reason.ALREADY_ACCEPTED
    world.rounds()
    assert (world.status(), world.state(uid)) == ("Paired", "Paired")


def test_an_acceptance_of_what_was_cancelled_offline_never_commits(world: SmallWorld) -> None:
    uid = world.send()
    world.link(up=False)
    done(world.cancel())
    world.accept(uid)
    assert world.state(uid) == "Accepted"
    world.link(up=True)
    world.rounds()
    assert (world.state(uid), world.status()) == ("Failed", "none")


def test_an_acceptance_before_an_offline_cancel_never_commits(world: SmallWorld) -> None:
    uid = world.send()
    world.link(up=False)
    world.accept(uid)
    assert done(world.cancel())
    world.link(up=True)
    world.rounds()
    assert (world.state(uid), world.status()) == ("Failed", "none")


def test_a_stale_request_stays_apart_from_a_new_one() -> None:
    world = SmallWorld(edge={"after_offline_cancel": AfterOfflineCancel.FORGET})
    stale = world.send()
    world.link(up=False)
    done(world.cancel())
    world.link(up=True)
    fresh = world.send()
    assert world.listed() == [stale, fresh]
    assert done(world.central(RejectPairingRequest(stale)))
    assert (world.listed(), world.status()) == ([fresh], "Pairing")


def test_nothing_to_cancel(world: SmallWorld) -> None:
    assert reason(world.cancel()) is Reason.NOTHING_PENDING
    uid = world.send()
    done(world.central(RejectPairingRequest(uid)))
    world.rounds()
    assert reason(world.cancel()) is Reason.NOTHING_PENDING
    assert world.status() == "Rejected"
    assert done(world.local(ViewPairing()))
