"""What happens between an acceptance and the host's confirmation, and where it can break."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import AdvanceClock, MessageFault, MessageKind, Restart, Side
from harness.domain.errors import Reason

from .world import SmallWorld, done, reason


def test_no_central_operation_before_the_confirmation_no_local_one_after(
    world: SmallWorld,
) -> None:
    uid = world.send()
    cluster = world.accept(uid)
    assert reason(world.central(ops.ChangeCentralCluster(cluster, {}))) is Reason.NOT_CONFIRMED
    assert done(world.local(ops.PatchCluster({"k": "v"})))
    world.rounds()
    assert world.status() == "Paired"
    assert done(world.central(ops.ChangeCentralCluster(cluster, {"k": "v"})))
    assert reason(world.local(ops.PatchCluster({}))) is Reason.CENTRALLY_MANAGED


@pytest.mark.parametrize("fault", [f for f in MessageFault if f is not MessageFault.DELAYED])
@pytest.mark.parametrize("message", [MessageKind.POLL, MessageKind.CONFIRM])
def test_a_spoilt_message_delays_the_pairing_and_no_more(
    world: SmallWorld, message: MessageKind, fault: MessageFault
) -> None:
    uid = world.send()
    world.spoil(message, fault)
    cluster = world.accept(uid)
    world.rounds(3)
    assert world.status() == "Paired"
    assert world.state(uid) == "Paired"
    assert done(world.central(ops.ChangeCentralCluster(cluster, {})))


def test_once_the_host_has_learned_of_it_nobody_manages_until_it_has_told(
    world: SmallWorld,
) -> None:
    uid = world.send()
    cluster = world.accept(uid)
    world.spoil(MessageKind.CONFIRM, MessageFault.LOST_BEFORE)
    world.rounds()
    assert reason(world.local(ops.PatchCluster({}))) is Reason.CENTRALLY_MANAGED
    assert reason(world.central(ops.ChangeCentralCluster(cluster, {}))) is Reason.NOT_CONFIRMED
    assert reason(world.cancel()) is Reason.ALREADY_ACCEPTED


def test_an_acceptance_that_its_host_never_confirms_fails_in_the_end(world: SmallWorld) -> None:
    uid = world.send()
    world.link(up=False)
    cluster = world.accept(uid)
    world.rounds(80)
    assert world.state(uid) == "Failed"
    assert reason(world.central(ops.ViewCentralCluster(cluster))) is Reason.NOT_FOUND
    world.link(up=True)
    world.rounds()
    assert world.status() == "Failed"
    assert done(world.local(ops.PatchCluster({"k": "v"})))
    assert world.send() != uid


def test_a_confirmation_that_comes_too_late_leaves_the_cluster_local(world: SmallWorld) -> None:
    uid = world.send()
    world.accept(uid)
    world.spoil(MessageKind.CONFIRM, MessageFault.LOST_BEFORE)
    world.rounds()
    world.link(up=False)
    world.rounds(80)
    world.link(up=True)
    world.rounds()
    assert (world.state(uid), world.status()) == ("Failed", "Failed")
    assert done(world.local(ops.PatchCluster({"k": "v"})))


@pytest.mark.parametrize("side", Side)
def test_a_restart_in_the_middle_loses_nothing(world: SmallWorld, side: Side) -> None:
    uid = world.send()
    world.arrange(Restart(side))
    assert world.listed() == [uid]
    world.accept(uid)
    world.arrange(Restart(side))
    world.rounds()
    assert (world.status(), world.state(uid)) == ("Paired", "Paired")


def test_there_is_no_way_back(world: SmallWorld) -> None:
    cluster = world.accept(world.send())
    world.rounds()
    assert reason(world.central(ops.ReleaseCentralCluster(cluster))) is Reason.TRANSFER_IS_FINAL
    assert reason(world.local(ops.RestoreLocalManagement())) is Reason.TRANSFER_IS_FINAL


def test_a_central_change_takes_what_it_names_and_leaves_the_rest(world: SmallWorld) -> None:
    cluster = world.accept(world.send())
    world.rounds(4)
    change = ops.ChangeCentralCluster(cluster, None, "mall", "a mall", {"owner": "me"})
    assert done(world.central(change))
    view = done(world.central(ops.ViewCentralCluster(cluster)))
    assert isinstance(view, ops.CentralClusterView)
    assert view == ops.CentralClusterView(
        cluster, "mall", "a mall", {"site": "a"}, "Running", {"owner": "me"}, view.profiles
    )
    assert done(world.central(ops.ChangeCentralCluster(cluster, {}, annotations={"floor": "2"})))
    added = replace(view, tags={}, annotations={"owner": "me", "floor": "2"})
    assert done(world.central(ops.ViewCentralCluster(cluster))) == added


@pytest.mark.parametrize("by_s", [-86_400, -60, 60])
def test_a_clock_that_is_set_stretches_no_handover(world: SmallWorld, by_s: int) -> None:
    uid = world.send()
    world.link(up=False)
    world.accept(uid)
    world.arrange(AdvanceClock(Side.CENTRAL, by_s * 1_000_000))
    assert world.state(uid) == "Failed"


def test_a_clock_that_is_put_back_a_little_ends_no_handover(world: SmallWorld) -> None:
    uid = world.send()
    world.link(up=False)
    world.accept(uid)
    world.arrange(AdvanceClock(Side.CENTRAL, -1_000_000))
    world.link(up=True)
    world.rounds(3)
    assert world.state(uid) == "Paired"
