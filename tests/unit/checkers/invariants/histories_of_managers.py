"""Who manages a cluster, and what was accepted: INV-1, INV-3, INV-10."""

from __future__ import annotations

from tests.unit.checkers.invariants.handwritten import HistoryBuilder
from tests.unit.checkers.invariants.histories import bad, good

# --- INV-1: one manager ---------------------------------------------------------------------


@good("INV-1")
def a_pairing_as_it_should_be(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.patch()
    t.accept()
    t.rule(so="PairingNotConfirmed")
    t.local_shows("Paired")
    t.rule()
    t.mode("central")
    t.patch("ClusterCentrallyManaged")
    t.later(31)
    t.mode("central")
    t.rule()


@good("INV-1")
def a_local_operation_at_the_same_time_as_the_first_central_one(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.rule(at=(100, 120))
    t.patch(at=(90, 110))


@good("INV-1")
def a_host_that_was_about_to_confirm_and_failed_is_local_again(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.mode("central")
    t.view(state="Failed")
    t.mode("local")
    t.patch()
    t.rule(so="NotFound")
    t.later(31)
    t.mode("local")


@good("INV-1")
def another_cluster_is_installed_after_the_pairing(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.rule()
    t.cluster()
    t.mode("local")
    t.patch()
    t.rule()


@good("INV-1")
def a_sibling_that_has_not_heard_of_the_pairing_yet(t: HistoryBuilder) -> None:
    t.cluster(hosts="edge worker")
    t.token()
    t.profile()
    t.send()
    t.accept()
    t.rule()
    t.mode("local", host="worker")


@good("INV-1")
def a_central_operation_that_is_taken_and_waits_for_the_host(t: HistoryBuilder) -> None:
    t.set_up()
    t.submits()
    t.send()
    t.accept()
    about = "cluster-of-A"
    t.central("ChangeCentralCluster", cluster_uid=about, name="new")
    t.mode("local")
    t.patch()
    t.later(20)
    t.central("ViewCentralCluster", value={"state": "Pairing", "name": "old"}, cluster_uid=about)
    t.confirms()
    t.mode("central")
    t.central("ViewCentralCluster", value={"state": "Running", "name": "new"}, cluster_uid=about)


@good("INV-1")
def confirmations_of_which_the_last_came_through(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.loses("confirm")
    t.accept()
    t.rule()
    t.has_lost("confirm", 9)


@good("INV-1")
def confirmations_whose_answers_alone_are_lost(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.loses("confirm", "lost-after")
    t.accept()
    t.rule()
    t.has_lost("confirm", 3, "lost-after")


@good("INV-1")
def confirmations_that_are_lost_once_one_may_have_come_through(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.loses("confirm")
    t.rule()
    t.has_lost("confirm", 3)


@good("INV-1")
def confirmations_that_are_lost_until_a_link_is_set_up_anew(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.loses("confirm")
    t.link("edge", up=True)
    t.accept()
    t.rule()
    t.has_lost("confirm", 3)


@good("INV-1")
def a_fault_that_met_no_confirmation(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.loses("confirm")
    t.accept()
    t.rule()
    t.has_lost("confirm", 0)


@bad("INV-1")
def a_central_operation_takes_effect_while_every_confirmation_is_lost(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.loses("confirm")
    t.accept()
    t.has_lost("confirm", 1)
    t.rule()
    return t.has_lost("confirm", 2)


@bad("INV-1")
def a_local_operation_after_a_central_one(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.rule()
    return t.patch()


@bad("INV-1")
def a_central_operation_while_the_host_is_cut_off(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.link("edge", up=False)
    t.accept()
    return t.rule()


@bad("INV-1")
def a_central_operation_before_the_host_has_asked_to_confirm(t: HistoryBuilder) -> str:
    t.set_up()
    t.submits()
    t.send()
    t.accept()
    return t.rule()


@bad("INV-1")
def a_central_operation_waits_for_the_host_after_it_was_paired(t: HistoryBuilder) -> str:
    t.set_up()
    t.submits()
    t.send()
    t.accept()
    t.confirms()
    return t.rule(so="PairingNotConfirmed")


@good("INV-1")
def a_central_operation_that_began_before_the_host_confirmed(t: HistoryBuilder) -> None:
    t.set_up()
    t.submits()
    t.send()
    t.accept()
    at = t.now // 1_000
    t.confirms()
    t.rule(so="PairingNotConfirmed", at=(at, at + 5))


@bad("INV-1")
def a_host_that_says_it_is_local_long_after_a_central_operation(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.rule()
    t.later(6)
    return t.mode("local")


@bad("INV-1")
def managed_by_nobody_in_the_end(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.view(state="Failed")
    t.later(31)
    return t.mode("central")


# --- INV-3: an exact match ------------------------------------------------------------------


@good("INV-3")
def the_packs_are_spread_over_two_profiles(t: HistoryBuilder) -> None:
    t.cluster(runs="k8s 1, prom 2")
    t.token()
    t.profile("infra", offers="k8s 1")
    t.profile("add-on", offers="prom 2")
    t.send()
    t.accept(by="infra add-on")


@good("INV-3")
def the_profile_changes_during_the_acceptance(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.profile(offers="k8s 2", at=(100, 110))
    t.accept(at=(105, 120))


@good("INV-3")
def a_change_of_the_profile_that_was_never_answered(t: HistoryBuilder) -> None:
    t.set_up()
    t.profile(offers="k8s 2")
    t.profile(offers="k8s 1", so="info")
    t.send()
    t.accept()


@good("INV-3")
def a_draft_may_count_as_the_latest(t: HistoryBuilder) -> None:
    t.cluster(runs="k8s 2")
    t.token()
    t.profile(offers="k8s 1", draft="k8s 2")
    t.send()
    t.accept()


@good("INV-3")
def of_versions_that_are_equal_either_may_be_the_latest(t: HistoryBuilder) -> None:
    t.set_up()
    t.profile(offers="k8s 2", equal="k8s 1")
    t.send()
    t.accept()


@good("INV-3")
def the_stack_of_now_or_that_of_the_send_may_count(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.local("UpdateStack", stack=[{"packs": [{"name": "k8s", "version": "2"}]}])
    t.profile(offers="k8s 2")
    t.accept()


@bad("INV-3")
def another_version_of_a_pack(t: HistoryBuilder) -> str:
    t.set_up()
    t.profile(offers="k8s 1.0")
    t.send()
    return t.accept()


@bad("INV-3")
def a_pack_besides(t: HistoryBuilder) -> str:
    t.set_up()
    t.profile("extra", offers="hello 2")
    t.send()
    return t.accept(by="full extra")


@bad("INV-3")
def neither_of_two_versions_that_are_equal(t: HistoryBuilder) -> str:
    t.set_up()
    t.profile(offers="k8s 2", equal="k8s 3")
    t.send()
    return t.accept()


@bad("INV-3")
def the_latest_version_had_been_replaced_before(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.profile(offers="k8s 2")
    return t.accept()


@bad("INV-3")
def a_missing_pack_of_what_the_host_submitted(t: HistoryBuilder) -> str:
    t.set_up()
    t.submits(runs="k8s 1, prom 2")
    t.send()
    return t.accept()


# --- INV-10: nothing local after the confirmation -------------------------------------------


@good("INV-10")
def a_local_operation_that_began_before_the_host_said_paired(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.patch(at=(90, 110))
    t.local_shows("Paired", at=(95, 120))


@good("INV-10")
def local_operations_between_the_acceptance_and_the_confirmation(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.patch()
    t.local_shows("Paired")
    t.patch("ClusterCentrallyManaged")


@good("INV-10")
def a_local_operation_without_an_answer_after_the_confirmation(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.local_shows("Paired")
    t.patch("info")


@good("INV-10")
def a_failed_hand_over_and_a_second_one_that_holds(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.accept("A")
    t.mode("central")
    t.view("A", "Failed")
    t.patch()
    t.send("B")
    t.accept("B")
    t.local_shows("Paired", "B")


@good("INV-10")
def paired_is_said_too_early_and_the_hand_over_fails(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.accept("A")
    t.local_shows("Paired")
    t.patch()
    t.local_shows("Failed")
    t.patch()
    t.mode("local", at=(900_000, 900_010))


@good("INV-10")
def paired_is_said_too_early_and_a_second_one_holds(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.accept("A")
    t.local_shows("Paired")
    t.view("A", "Failed")
    t.local_shows("Failed")
    t.patch()
    t.send("B")
    t.patch()
    t.accept("B")
    t.local_shows("Paired", "B")


@bad("INV-10")
def a_local_operation_after_the_host_said_paired(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.local_shows("Paired")
    patch = t.patch()
    t.local_shows("Paired")
    return patch


@bad("INV-10")
def deleting_the_cluster_after_a_central_operation(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.rule()
    return t.local("DeleteCluster")


@bad("INV-10")
def a_local_operation_after_the_host_confirmed(t: HistoryBuilder) -> str:
    t.set_up()
    t.submits()
    t.send()
    t.accept()
    t.confirms()
    return t.patch()


@bad("INV-10")
def a_local_operation_after_the_host_obeyed_for_good(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.mode("central")
    patch = t.patch()
    t.local_shows("Paired")
    return patch


def views_the_cluster(t: HistoryBuilder, so: str, **more: object) -> str:
    return t.central("ViewCentralCluster", so, cluster_uid="cluster-of-A", **more)


def is_paired(t: HistoryBuilder) -> None:
    """For so long that all has settled."""
    t.set_up().send()
    t.accept()
    t.rule()
    t.later(60)
    t.local_shows("Paired")


@bad("INV-1")
def palette_does_not_know_a_cluster_that_is_paired(t: HistoryBuilder) -> str:
    is_paired(t)
    return views_the_cluster(t, "NotFound")


@good("INV-1")
def whoever_was_not_seen_to_manage_clusters_may_not_find_one(t: HistoryBuilder) -> None:
    is_paired(t)
    views_the_cluster(t, "NotFound", actor="another")
    t.user()
    views_the_cluster(t, "NotFound")


@good("INV-1")
def a_handover_that_has_just_failed_may_not_be_known_to_its_host(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.central("ChangeCentralCluster", cluster_uid="cluster-of-B")
    t.local_shows("Paired")
    views_the_cluster(t, "NotFound")
