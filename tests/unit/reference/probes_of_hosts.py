"""What shows that a variant of `hosts` does something else; see `probes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.cluster import Health

from ..core.world import SmallWorld

SEND = ops.SendPairingRequest("palette.test", "token")
NOWHERE = ops.SendPairingRequest("https://silent.test", "token")


def what_is_shown_of_a_send(world: SmallWorld) -> object:
    uid = world.send()
    return world.local(ops.ViewPairing()), world.listed() == [uid]


def a_return(world: SmallWorld) -> object:
    world.accept(world.send())
    world.rounds(30)
    return world.local(ops.RestoreLocalManagement())


def a_look_at_the_cluster(world: SmallWorld) -> object:
    return world.local(ops.ViewCluster())


def a_paired_cluster(world: SmallWorld) -> object:
    world.accept(world.send())
    world.rounds(60)
    looks = (ops.ViewCluster(), ops.ViewPairing(), ops.ViewCluster())
    return [world.local(look) for look in looks]


def a_send_after_a_recovery(world: SmallWorld) -> object:
    world.arrange(arrangements.SetNodeHealth(world.slot, "n1", Health.UNHEALTHY))
    world.local(SEND)
    world.arrange(arrangements.SetNodeHealth(world.slot, "n1", Health.HEALTHY))
    return type(world.local(SEND))


def a_send_after_a_cancel(world: SmallWorld) -> object:
    world.send()
    world.cancel()
    return type(world.local(SEND))


def a_send_while_a_host_is_just_cut_off(world: SmallWorld) -> object:
    world.local(ops.VerifyConnection("palette.test", "token"))
    world.arrange(arrangements.SetLink(world.sibling, up=False))
    return world.local(ops.VerifyConnection("palette.test", "token"))


def a_send_at_a_sibling(world: SmallWorld) -> object:
    visitor = world.log_in(world.sibling)
    return type(world.reference.perform_local(world.sibling, SEND, visitor))


def a_request_whose_token_is_gone(world: SmallWorld) -> object:
    uid = world.send()
    world.arrange(arrangements.RemoveToken("t"))
    world.rounds(3)
    return world.state(uid)


def a_second_send_to_nowhere(world: SmallWorld) -> object:
    uid = world.send()
    world.local(NOWHERE)
    return world.state(uid)


def changes_in_a_row(world: SmallWorld) -> object:
    patched = [world.local(ops.PatchNamedCluster("shop", {"n": n})) for n in "12"]
    uid = world.accept(world.send())
    world.rounds(3)
    changes = (ops.ChangeCentralCluster(uid, {"n": n}) for n in "34")
    return patched, [world.central(change) for change in changes]


def changes_of_what_is_being_handed_over(world: SmallWorld) -> object:
    request = world.send()
    world.link(up=False)
    uid = world.accept(request)
    selected = (ops.SelectedProfile("f"),)
    changes = (ops.ChangeCentralCluster(uid, {"n": "1"}), ops.UpdateCentralProfiles(uid, selected))
    changed = [world.central(change) for change in changes]
    looks = [world.central(ops.ViewCentralCluster(uid))]
    world.arrange(arrangements.Restart(Side.CENTRAL))
    world.link(up=True)
    world.rounds(20)
    return changed, looks, world.central(ops.ViewCentralCluster(uid))


def a_login_for_longer(world: SmallWorld) -> object:
    return world.local(ops.LogIn("admin", "pw", True))


def an_acceptance_just_now(world: SmallWorld) -> object:
    world.accept(world.send())
    world.rounds(3)
    return world.local(ops.ViewManagement()), world.local(ops.ViewPairing())


def a_look_without_a_cluster(world: SmallWorld) -> object:
    world.local(ops.DeleteCluster())
    world.rounds(60)
    return world.local(ops.ViewPairing())


def looks_after_a_restart(world: SmallWorld) -> object:
    world.send()
    for side in Side:
        world.arrange(arrangements.Restart(side))
    return type(world.local(ops.ViewCluster())), type(world.central(ops.ListPairingRequests()))


OF_HOSTS: Mapping[str, Callable[[SmallWorld], object]] = {
    "the_request_is_shown_a_second_late": what_is_shown_of_a_send,
    "a_request_is_shown_a_second_late": what_is_shown_of_a_send,
    "a_return_is_taken_and_comes_to_nothing": a_return,
    "local_ui_adds_a_tag_of_its_own": a_look_at_the_cluster,
    "a_paired_cluster_is_reconciled": a_paired_cluster,
    "a_recovered_cluster_has_to_wait": a_send_after_a_recovery,
    "a_new_request_waits_for_the_cancel": a_send_after_a_cancel,
    "hosts_report_their_links_each_second": a_send_while_a_host_is_just_cut_off,
    "the_leader_speaks_for_its_cluster": a_send_at_a_sibling,
    "a_request_ends_with_its_token": a_request_whose_token_is_gone,
    "a_second_send_ends_the_first_before_it_is_tried": a_second_send_to_nowhere,
    "one_central_change_after_another": changes_in_a_row,
    "one_local_change_after_another": changes_in_a_row,
    "a_change_waits_for_the_handover": changes_of_what_is_being_handed_over,
    "nobody_logs_in_for_longer": a_login_for_longer,
    "local_ui_starts_anew_at_the_handover": a_paired_cluster,
    "the_mode_is_shown_a_second_late": an_acceptance_just_now,
    "the_handover_takes_a_second": an_acceptance_just_now,
    "the_cluster_is_local_until_it_confirms": an_acceptance_just_now,
    "without_a_cluster_nothing_is_shown": a_look_without_a_cluster,
    "no_request_is_shown_under_central_management": a_paired_cluster,
    "logins_end_with_the_handover": a_paired_cluster,
    "a_restart_takes_half_a_second": looks_after_a_restart,
    "a_restart_of_palette_takes_a_second": looks_after_a_restart,
}
