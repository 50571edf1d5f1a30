"""A history for each situation that reaches it just so often, and one that only comes near."""

from __future__ import annotations

from collections.abc import Callable

from harness.checkers.fleet.sometimes import FATE
from harness.domain.arrangements import ANSWERS
from harness.history.operation import Json
from tests.unit.checkers.invariants.handwritten import HistoryBuilder

Teller = Callable[[HistoryBuilder], None]
HISTORIES: list[tuple[str, int, Teller]] = []


def reaches(name: str, times: int = 1) -> Callable[[Teller], Teller]:
    def register(teller: Teller) -> Teller:
        HISTORIES.append((name, times, teller))
        return teller

    return register


def misses(name: str) -> Callable[[Teller], Teller]:
    return reaches(name, 0)


def agent(
    t: HistoryBuilder, kind: str, so: str = "ok", *, host: str = "edge", **more: object
) -> None:
    t.tell(kind, so, actor="agent", tags={"host": host}, **more)  # type: ignore[arg-type]


def submits(t: HistoryBuilder, uid: str = "A", so: str = "ok", **more: object) -> None:
    value = {"pairing_uid": uid}
    agent(t, "SubmitPairing", so, value=value, registration_token="<token:p>", **more)


def polls(t: HistoryBuilder, state: str, uid: str = "A", **more: object) -> None:
    agent(t, "PollPairing", value={"state": state}, pairing_uid=uid, **more)


def confirms(t: HistoryBuilder, so: str = "ok", uid: str = "A", **more: object) -> None:
    agent(t, "ConfirmPairing", so, value={"state": "Paired"}, pairing_uid=uid, **more)


def withdraws(t: HistoryBuilder, so: str = "ok", uid: str = "A") -> None:
    agent(t, "WithdrawPairing", so, pairing_uid=uid)


def health(t: HistoryBuilder, health: str) -> None:
    t.tell("SetNodeHealth", slot="slot-edge", node="edge", health=health)


def spoiled(t: HistoryBuilder, fault: str) -> None:
    t.tell("FaultNextMessage", host_uid="edge", message="poll", fault=fault, delay=0)


def match(t: HistoryBuilder) -> None:
    selection: list[Json] = [{"uid": "full", "version": ""}]
    t.central("MatchProfiles", pairing_uid="A", selection=selection)


# --- cancels --------------------------------------------------------------------------------


@reaches("cancel_in_flight")
def an_acceptance_begins_while_a_cancel_is_under_way(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel(at=(100, 200))
    t.accept(at=(150, 160))


@reaches("cancel_in_flight")
def a_cancel_begins_while_an_acceptance_is_under_way(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(at=(100, 200))
    t.cancel("PairingRequestAccepted", at=(150, 160))


@misses("cancel_in_flight")
def a_cancel_of_another_cluster_is_under_way(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cluster("other")
    t.send("B", host="other")
    t.cancel(host="other", at=(100, 200))
    t.accept("A", at=(150, 160))


@misses("cancel_in_flight")
def a_cancel_comes_after_the_acceptance(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.cancel("PairingRequestAccepted")


@reaches("accept_of_stale")
def what_was_cancelled_without_a_link_is_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.accept()


@misses("accept_of_stale")
def what_was_cancelled_is_not_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.accept(so="PairingRequestDecided")


@misses("accept_of_stale")
def the_cancel_comes_while_it_is_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(at=(100, 200))
    t.cancel(at=(150, 160))


@reaches("cancel_offline")
def the_withdrawal_is_not_answered(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t)
    t.send()
    t.cancel(at=(100, 200))
    t.tell("WithdrawPairing", "info", tags={"host": "edge"}, at=(110, 190), pairing_uid="A")


@reaches("cancel_offline")
def the_link_is_down_and_messages_are_not_recorded(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()


@misses("cancel_offline")
def the_link_is_up_and_messages_are_not_recorded(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()


@reaches("cancel_online")
def the_withdrawal_is_acknowledged(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t)
    t.send()
    t.cancel(at=(100, 200))
    t.tell("WithdrawPairing", tags={"host": "edge"}, at=(110, 190), pairing_uid="A")


@misses("cancel_online")
def the_withdrawal_is_refused(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t)
    t.send()
    t.cancel("PairingRequestAccepted", at=(100, 200))
    refused = "PairingRequestAccepted"
    t.tell("WithdrawPairing", refused, tags={"host": "edge"}, at=(110, 190), pairing_uid="A")


@misses("cancel_online")
def a_withdrawal_of_an_earlier_request_is_told_meanwhile(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t)
    t.send()
    t.cancel(at=(100, 200))
    t.tell("WithdrawPairing", tags={"host": "edge"}, at=(110, 190), pairing_uid="older")


@reaches("cancel_refused_accepted")
def a_cancel_comes_too_late(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.cancel("PairingRequestAccepted")


@misses("cancel_refused_accepted")
def a_cancel_has_nothing_to_end(t: HistoryBuilder) -> None:
    t.set_up().cancel("NoPairingRequest")


# --- sends ----------------------------------------------------------------------------------


@reaches("submit_again_after_lost_answer")
def it_submits_again(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t, so="info")
    submits(t)


@misses("submit_again_after_lost_answer")
def it_submits_again_after_a_refusal(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t, so="RegistrationTokenUnusable")
    submits(t)


@misses("submit_again_after_lost_answer")
def another_cluster_submits(t: HistoryBuilder) -> None:
    t.set_up()
    submits(t, so="info")
    submits(t, host="other")


@reaches("second_send_while_pending")
def it_sends_again_while_one_is_pending(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.send(so="PairingRequestPending")


@reaches("second_send_while_pending")
def it_sends_from_two_windows(t: HistoryBuilder) -> None:
    t.set_up().send(at=(100, 200))
    t.send(so="PairingRequestPending", at=(150, 160))


@misses("second_send_while_pending")
def it_sends_again_after_a_cancel(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.send("B")


@reaches("new_request_after_cancel")
def it_sends_anew_after_a_cancel(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.send("B", at=(100, 200))
    t.tell("SubmitPairing", tags={"host": "edge"}, value={"pairing_uid": "B"}, at=(110, 190))


@misses("new_request_after_cancel")
def its_next_send_is_refused(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.send("B", so="RegistrationTokenUnusable")


@reaches("new_request_after_reject")
def it_sends_anew_after_a_rejection(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.reject()
    t.send("B")
    t.send("B")


@misses("new_request_after_reject")
def it_sends_anew_after_another_was_rejected(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.reject()
    t.cluster("other")
    t.send("B", host="other")
    t.reject("B")
    t.send("C")


# --- decisions ------------------------------------------------------------------------------


@reaches("two_admins_at_once")
def an_acceptance_and_a_rejection_meet(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(at=(100, 200))
    t.reject(so="PairingRequestDecided", at=(150, 250))


@misses("two_admins_at_once")
def decisions_on_two_requests_meet(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cluster("other")
    t.send("B", host="other")
    t.accept("A", at=(100, 200))
    t.reject("B", at=(150, 250))


@misses("two_admins_at_once")
def one_decision_comes_after_the_other(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(so="ClusterProfilesMismatch")
    t.reject()


@reaches("decision_refused_decided", 2)
def decisions_come_too_late(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.reject()
    t.accept(so="PairingRequestDecided")
    t.reject(so="PairingRequestAccepted")


@misses("decision_refused_decided")
def a_decision_is_refused_for_another_reason(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(so="Forbidden")


@reaches("mismatch_refused")
def the_profiles_do_not_match(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(so="ClusterProfilesMismatch")


@misses("mismatch_refused")
def the_profiles_match(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()


@reaches("profile_changed_between_match_and_accept")
def a_new_version_comes_in_between(t: HistoryBuilder) -> None:
    t.set_up().send()
    match(t)
    t.profile(offers="k8s 2")
    t.accept(so="ClusterProfilesMismatch")


@misses("profile_changed_between_match_and_accept")
def a_new_version_comes_before_the_match(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.profile(offers="k8s 2")
    match(t)
    t.accept()


@misses("profile_changed_between_match_and_accept")
def another_profile_changes(t: HistoryBuilder) -> None:
    t.set_up().send()
    match(t)
    t.profile("other", offers="k8s 2")
    t.accept()


@reaches("rejected_learned")
def its_host_asks_what_became_of_it(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.reject()
    polls(t, "Rejected")


@misses("rejected_learned")
def its_host_learns_that_it_was_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    polls(t, "Accepted")


# --- the handover ---------------------------------------------------------------------------


@reaches("handover_failed")
def its_host_learns_that_the_acceptance_has_failed(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    polls(t, "Failed")
    t.local_shows("Failed")


@reaches("handover_failed")
def it_is_withdrawn_after_it_was_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.accept()
    withdraws(t)


@reaches("handover_failed")
def its_confirmation_comes_too_late(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    confirms(t, "PairingRequestDecided")


@misses("handover_failed")
def it_is_withdrawn_before_it_was_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    withdraws(t)


@misses("handover_failed")
def its_confirmation_is_not_answered(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    polls(t, "Accepted")
    confirms(t, "info")
    confirms(t)


@reaches("confirmed_twice")
def its_host_confirms_again(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    confirms(t, "info")
    confirms(t)


@misses("confirmed_twice")
def its_host_confirms_once(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    confirms(t)


@reaches("central_change_done")
def a_central_operation_takes_effect(t: HistoryBuilder) -> None:
    t.set_up().rule()


@misses("central_change_done")
def a_central_operation_is_refused(t: HistoryBuilder) -> None:
    t.set_up().rule(so="NotFound")


@reaches("central_change_refused_unconfirmed")
def a_central_operation_comes_too_early(t: HistoryBuilder) -> None:
    t.set_up().rule(so="PairingNotConfirmed")


@misses("central_change_refused_unconfirmed")
def a_central_operation_is_refused_otherwise(t: HistoryBuilder) -> None:
    t.set_up().rule(so="NotFound")


@reaches("local_change_while_pending")
def a_local_operation_takes_effect(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.patch()


@misses("local_change_while_pending")
def a_local_operation_takes_effect_before_and_after(t: HistoryBuilder) -> None:
    t.set_up().patch()
    t.send()
    t.reject()
    t.patch()


@reaches("local_change_refused_paired")
def a_local_operation_is_refused(t: HistoryBuilder) -> None:
    t.set_up().patch("ClusterCentrallyManaged")


@misses("local_change_refused_paired")
def a_local_operation_is_refused_otherwise(t: HistoryBuilder) -> None:
    t.set_up().patch("Unauthenticated")


# --- tokens and permissions -----------------------------------------------------------------


@reaches("token_refused", 2)
def a_token_is_refused(t: HistoryBuilder) -> None:
    t.set_up().send(so="RegistrationTokenUnusable", at=(100, 200))
    refused = "RegistrationTokenUnusable"
    t.tell("SubmitPairing", refused, tags={"host": "edge"}, at=(110, 190))
    submits(t, so=refused)


@misses("token_refused")
def a_send_is_refused_for_another_reason(t: HistoryBuilder) -> None:
    t.set_up().send(so="NodeUnhealthy")


@reaches("token_revoked_while_pending", 2)
def a_token_is_revoked_that_has_admitted_two(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cluster("other")
    t.send("B", host="other")
    t.central("SetTokenState", token_uid="token-of-p", active=False)


@misses("token_revoked_while_pending")
def a_token_of_others_is_revoked(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.token("q")
    t.central("DeleteToken", token_uid="token-of-q")
    t.central("SetTokenState", token_uid="token-of-p", active=True)
    t.cancel()
    t.central("DeleteToken", token_uid="token-of-p")


@reaches("token_rotated")
def a_later_token_admits(t: HistoryBuilder) -> None:
    t.set_up()
    data = {"uid": "new", "value": "<token:new>", "project_uid": "p"}
    t.tell("PutToken", token=data)
    t.local("SendPairingRequest", value={"pairing_uid": "A"}, token="<token:new>")


@misses("token_rotated")
def the_first_token_admits(t: HistoryBuilder) -> None:
    t.set_up()
    t.token("q")
    t.send()


@reaches("permission_refused")
def an_administrator_may_not(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(so="Forbidden")


@misses("permission_refused")
def an_operator_may_not(t: HistoryBuilder) -> None:
    t.set_up().send(so="Forbidden")


@reaches("permission_lost_while_pending")
def a_permission_is_lost(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.user(may="list get")


@misses("permission_lost_while_pending")
def a_permission_is_lost_elsewhere_and_one_is_gained(t: HistoryBuilder) -> None:
    t.user(scope="q")
    t.cluster()
    t.token()
    t.send()
    t.user()
    t.user(may="list get update delete approve")


# --- what goes wrong ------------------------------------------------------------------------


@reaches("restart_with_pending", 2)
def the_central_side_restarts_with_two_pending(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cluster("other")
    t.send("B", host="other")
    t.tell("Restart", side="central")
    t.cancel()
    t.cancel(host="other")
    t.tell("Restart", side="central")


@misses("restart_with_pending")
def the_edge_restarts(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("Restart", side="edge")


@reaches("restart_while_handing_over")
def the_central_side_restarts_during_a_handover(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.tell("Restart", side="central")


@misses("restart_while_handing_over")
def the_central_side_restarts_after_a_handover(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    confirms(t)
    t.tell("Restart", side="central")


@reaches("agent_unanswered")
def a_poll_is_not_answered(t: HistoryBuilder) -> None:
    agent(t, "PollPairing", "info")


@misses("agent_unanswered")
def a_poll_is_refused(t: HistoryBuilder) -> None:
    agent(t, "PollPairing", "NotFound")
    t.accept(so="info")


@reaches("rate_limited", 2)
def somebody_asks_too_often(t: HistoryBuilder) -> None:
    t.accept(so="TooManyRequests")
    agent(t, "Probe", "TooManyRequests")


@misses("rate_limited")
def nobody_asks_too_often(t: HistoryBuilder) -> None:
    t.accept(so="Forbidden")


@reaches("unhealthy_refused")
def a_node_is_unhealthy_before(t: HistoryBuilder) -> None:
    t.set_up().send(so="NodeUnhealthy")


@misses("unhealthy_refused")
def the_cluster_is_not_running(t: HistoryBuilder) -> None:
    t.set_up().send(so="ClusterNotRunning")


@reaches("unhealthy_while_pending")
def a_node_turns_unhealthy(t: HistoryBuilder) -> None:
    t.set_up().send()
    health(t, "Unhealthy")
    health(t, "Healthy")


@misses("unhealthy_while_pending")
def a_node_turns_unhealthy_of_a_cluster_that_waits_for_nothing(t: HistoryBuilder) -> None:
    t.set_up()
    health(t, "Unhealthy")


@reaches("reboot_while_pending")
def its_hosts_are_restarted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cluster("other")
    t.tell("Restart", side="edge", slot="slot-edge")
    t.tell("Restart", side="edge", slot="slot-other")


@misses("reboot_while_pending")
def its_hosts_are_restarted_before(t: HistoryBuilder) -> None:
    t.set_up()
    t.tell("Restart", side="edge", slot="slot-edge")
    t.send()
    t.tell("Restart", side="central")


@reaches("reboot_while_sending")
def its_hosts_are_restarted_while_it_sends(t: HistoryBuilder) -> None:
    t.set_up().send(so="info", at=(100, 200))
    t.tell("Restart", side="edge", slot="slot-edge", at=(150, 160))


@misses("reboot_while_sending")
def its_hosts_are_restarted_after_it_was_sent(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("Restart", side="edge", slot="slot-edge")


@reaches("message_lost_before")
@misses("message_lost_after")
def a_message_does_not_arrive(t: HistoryBuilder) -> None:
    spoiled(t, "lost-before")


@reaches("message_lost_after")
@misses("message_lost_before")
def an_answer_does_not_arrive(t: HistoryBuilder) -> None:
    spoiled(t, "lost-after")


@reaches("message_repeated")
@misses("message_delayed")
def a_message_arrives_twice(t: HistoryBuilder) -> None:
    spoiled(t, "repeated")


@reaches("message_delayed")
@misses("message_repeated")
def a_message_is_late(t: HistoryBuilder) -> None:
    spoiled(t, "delayed")


@reaches("link_down_while_pending")
@misses("link_down_while_handing_over")
def its_link_goes_down(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.link("edge", up=True)


@reaches("link_down_while_handing_over")
@misses("link_down_while_pending")
def its_link_goes_down_during_the_handover(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.link("edge", up=False)


@reaches("links_back_together", 4)
def all_links_come_back_at_once(t: HistoryBuilder) -> None:
    t.cluster("a", hosts="a b c d")
    for host in "abcd":
        t.link(host, up=False)
    for host in "abcd":
        t.link(host, up=True)
    t.later(5)
    t.link("a", up=False)
    t.link("a", up=True)


@misses("links_back_together")
def links_come_back_one_by_one(t: HistoryBuilder) -> None:
    t.cluster("a", hosts="a b c d")
    for host in "abcd":
        t.link(host, up=False)
    for host in "abcd":
        t.link(host, up=True)
        t.later(0.6)


@misses("links_back_together")
def too_few_links_come_back(t: HistoryBuilder) -> None:
    t.cluster("a", hosts="a b c d e f g h i j k l m n o p")
    for host in "abc":
        t.link(host, up=False)
    for host in "abcd":
        t.link(host, up=True)


@reaches("clock_moved_while_pending")
def a_clock_is_put_forward(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("AdvanceClock", side="central", by=1)


@misses("clock_moved_while_pending")
def a_clock_is_put_forward_before(t: HistoryBuilder) -> None:
    t.set_up()
    t.tell("AdvanceClock", side="central", by=1)
    t.send()


@reaches("message_repeated_late")
def a_message_of_its_host_comes_once_more_later(t: HistoryBuilder) -> None:
    t.set_up()
    spoiled(t, "repeated-late")


@misses("message_repeated_late")
def a_message_of_its_host_comes_twice_at_once(t: HistoryBuilder) -> None:
    t.set_up()
    spoiled(t, "repeated")


@reaches("message_answered_with_error", 4)
def messages_of_its_host_are_answered_with_every_error(t: HistoryBuilder) -> None:
    t.set_up()
    for answer in ANSWERS:
        spoiled(t, answer.value)


@misses("message_answered_with_error")
def messages_of_its_host_are_not_answered_at_all(t: HistoryBuilder) -> None:
    t.set_up()
    spoiled(t, "lost-after")


@reaches("half_open_while_pending")
def its_link_becomes_half_open(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("DisturbMessages", host_uid="edge", half_open=True)


@misses("half_open_while_pending")
def its_link_is_whole_again(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("DisturbMessages", host_uid="edge", half_open=False)


@misses("half_open_while_pending")
def its_link_becomes_half_open_with_nothing_pending(t: HistoryBuilder) -> None:
    t.set_up()
    t.tell("DisturbMessages", host_uid="edge", half_open=True)


def decides(t: HistoryBuilder, so: str = "ok", fate: str = "") -> None:
    tags: dict[str, Json] = {"project": "p", **({FATE: fate} if fate else {})}
    t.tell("RejectPairingRequest", so, actor="admin", tags=tags, pairing_uid="A")


@reaches("decision_delayed")
def a_decision_is_held_up(t: HistoryBuilder) -> None:
    t.set_up().send()
    decides(t, "info", "delayed")


@misses("decision_delayed")
def a_decision_is_not_held_up(t: HistoryBuilder) -> None:
    t.set_up().send()
    decides(t)


@reaches("decision_repeated_late")
def a_decision_comes_once_more(t: HistoryBuilder) -> None:
    t.set_up().send()
    decides(t, fate="repeated-late")


@misses("decision_repeated_late")
def a_decision_that_was_refused_does_not_come_again(t: HistoryBuilder) -> None:
    t.set_up().send()
    decides(t, "NotFound", "repeated-late")


@reaches("stale_poll")
def its_host_is_shown_as_pending_what_was_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    polls(t, "Pairing")


@misses("stale_poll")
def its_host_asks_while_it_is_accepted(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(at=(100, 200))
    t.tell(
        "PollPairing",
        actor="agent",
        tags={"host": "edge"},
        at=(190, 210),
        value={"state": "Pairing"},
        pairing_uid="A",
    )
