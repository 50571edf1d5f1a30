"""What becomes of a request: INV-2, INV-4, INV-5, INV-6, INV-9."""

from __future__ import annotations

from tests.unit.checkers.invariants.handwritten import MS, HistoryBuilder
from tests.unit.checkers.invariants.histories import bad, good

# --- INV-2: no request is lost --------------------------------------------------------------


@good("INV-2")
def a_list_that_is_behind_by_less_than_its_bound(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.later(4)
    t.listed()
    t.later(2)
    t.listed("A")


@good("INV-2")
def a_cancel_without_an_answer_may_have_ended_it(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel("info")
    t.later(60)
    t.listed()


@good("INV-2")
def whoever_may_not_see_it_is_told_that_it_is_not_there(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.user(may="")
    t.later(6)
    t.view(so="NotFound")
    t.listed()


@good("INV-2")
def a_second_send_that_failed_half_way_may_have_replaced_it(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.send(so="RegistrationTokenUnusable")
    t.later(6)
    t.listed()


@good("INV-2")
def a_line_is_slipped_over_while_another_is_rejected(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.cluster("other")
    t.send("B", host="other")
    t.later(6)
    t.reject("B", at=(7000, 7010))
    t.listed(at=(7000, 7012))
    t.listed("A")


@bad("INV-2")
def it_is_not_listed_after_the_bound(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.later(6)
    return t.listed()


@bad("INV-2")
def it_is_not_found_by_its_id(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.view()
    t.later(6)
    return t.view(so="NotFound")


@good("INV-2")
def it_is_found_by_its_id_a_while_after_the_send(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.listed()
    t.view(so="NotFound")
    t.later(4)
    t.view(so="NotFound")
    t.later(1)
    t.view()


@good("INV-2")
def whoever_was_not_let_in_is_told_that_there_is_nothing(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.view()
    t.later(6)
    t.view(so="NotFound", actor="somebody without a login")
    t.reject(so="NotFound", actor="somebody without a login")
    t.tell("RemoveUser", email="ada@example.com")
    t.view(so="NotFound")


@bad("INV-2")
def another_is_listed_and_this_one_is_not_twice(t: HistoryBuilder) -> str:
    t.cluster()
    t.token()
    t.send("A")
    t.cluster("other")
    t.send("B", host="other")
    t.later(6)
    t.reject("C", so="info", at=(7000, 9000))
    t.listed("B", at=(7001, 7002))
    return t.listed("B", at=(7003, 7004))


@bad("INV-2")
def a_refused_cancel_does_not_end_it(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.cancel("Unauthenticated")
    t.later(6)
    return t.listed()


# --- INV-4: a cancel stays done -------------------------------------------------------------


@good("INV-4")
def a_cancel_whose_word_was_lost_where_nobody_hears_the_hosts(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("DisturbMessages", host_uid="edge", lost_before=500_000)
    t.cancel()
    t.tell("DisturbMessages", host_uid="edge")
    t.later(10)
    t.listed("A")


@good("INV-4")
def a_cancel_during_which_messages_were_no_longer_disturbed(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("DisturbMessages", host_uid="edge", half_open=True)
    t.cancel(at=(100, 200))
    t.tell("DisturbMessages", host_uid="edge", at=(150, 151))
    t.later(10)
    t.listed("A")


@bad("INV-4")
def it_comes_back_though_messages_are_disturbed_no_more(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.tell("DisturbMessages", host_uid="edge", answered=500_000)
    t.tell("DisturbMessages", host_uid="edge")
    t.cancel()
    t.later(10)
    return t.listed("A")


@good("INV-4")
def a_cancel_without_a_link_leaves_a_stale_request(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.later(40)
    t.listed("A")
    t.reject()
    t.listed()


@good("INV-4")
def the_message_of_the_cancel_was_lost(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("FaultNextMessage", host_uid="edge", message="withdraw", fault="lost-before")
    t.cancel()
    t.later(40)
    t.view()


@good("INV-4")
def the_link_goes_down_during_the_cancel(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel(at=(100, 120))
    t.link("edge", up=False)
    t.operations[-1] = t.operations[-1].__class__(
        *[
            {"start": 110_000, "end": 115_000}.get(name, getattr(t.operations[-1], name))
            for name in t.operations[-1].__slots__
        ]
    )
    t.later(6)
    t.view()


@good("INV-4")
def a_new_request_after_the_cancel(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.cancel()
    t.send("B")
    t.later(6)
    t.listed("B")
    t.local_shows("Pairing", "B")


@good("INV-4")
def local_ui_is_a_little_behind_its_own_cancel(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.later(1)
    t.local_shows("Pairing")


@bad("INV-4")
def it_is_still_listed_long_after_a_cancel_with_a_link(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.cancel()
    t.later(6)
    return t.listed("A")


@bad("INV-4")
def it_can_be_accepted_after_a_cancel_with_a_link(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.cancel()
    t.later(6)
    return t.accept()


@bad("INV-4")
def it_comes_back_locally_after_a_cancel_without_a_link(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.link("edge", up=True)
    t.later(6)
    return t.local_shows("Pairing")


@good("INV-4")
def local_ui_is_behind_its_own_cancel_and_its_restart(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel()
    t.tell("Restart", side="edge")
    t.local_shows("Pairing")
    t.later(1)
    t.local_shows("none")
    t.send("B")
    t.local_shows("Pairing", "B")


@good("INV-4")
def it_is_shown_again_though_no_cancel_was_acknowledged(t: HistoryBuilder) -> None:
    t.set_up().send()
    for so in ("InternalError", "info"):
        t.cancel(so)
        t.tell("Restart", side="edge")
        t.later(6)
        t.local_shows("Pairing")


@good("INV-4")
def a_host_that_did_not_send_is_behind_the_one_that_did(t: HistoryBuilder) -> None:
    t.cluster(hosts="edge other")
    t.token()
    t.send()
    t.cancel()
    t.local_shows("none")
    t.local_shows("none", host="other")
    t.local_shows("Pairing", host="other")


@good("INV-4")
def a_look_that_began_before_the_one_that_shows_nothing_ended(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.cancel(at=(100, 101))
    t.local_shows("none", at=(102, 110))
    t.local_shows("Pairing", at=(105, 120))


@bad("INV-4")
def a_restart_brings_it_back_locally(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.tell("FaultNextMessage", host_uid="edge", message="withdraw", fault="lost-before")
    t.cancel()
    t.local_shows("none")
    t.tell("Restart", side="edge")
    return t.local_shows("Pairing")


@bad("INV-4")
def it_stays_pending_locally_after_a_restart(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.cancel()
    t.tell("Restart", side="edge")
    t.local_shows("Pairing")
    t.later(6)
    return t.local_shows("Pairing")


@bad("INV-4")
def the_host_has_told_it_and_it_is_still_pending(t: HistoryBuilder) -> str:
    t.set_up()
    t.submits()
    t.send()
    t.withdraws()
    t.cancel()
    t.later(6)
    return t.view()


# --- INV-5: ids are never used again --------------------------------------------------------


@good("INV-5")
def a_second_send_is_answered_with_the_same_id(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.send("A")
    t.cancel()
    t.send("B")


@good("INV-5")
def the_same_submission_again_has_the_same_id(t: HistoryBuilder) -> None:
    t.set_up()
    t.submits("A", secret="1")
    t.submits("A", secret="1")
    t.send("A")
    t.cancel()
    t.submits("B", secret="2")
    t.send("B")


@good("INV-5")
def the_same_id_from_a_send_that_began_before_the_cancel(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.send("A", at=(100, 130))
    t.cancel(at=(110, 120))


@good("INV-5")
def a_rejected_request_that_its_host_has_not_heard_of(t: HistoryBuilder) -> None:
    t.set_up().send("A")
    t.reject("A")
    t.send("A")


@bad("INV-5")
def an_id_after_its_cancel(t: HistoryBuilder) -> str:
    t.set_up().send("A")
    t.cancel()
    return t.send("A")


@bad("INV-5")
def an_id_of_another_cluster(t: HistoryBuilder) -> str:
    t.set_up().send("A")
    t.cluster("other")
    return t.send("A", host="other")


@bad("INV-5")
def an_id_from_before_the_cluster_was_installed_anew(t: HistoryBuilder) -> str:
    t.set_up().send("A")
    t.cluster()
    return t.send("A")


@bad("INV-5")
def an_id_for_two_submissions(t: HistoryBuilder) -> str:
    t.set_up()
    t.submits("A", secret="1")
    return t.submits("A", secret="2")


@bad("INV-5")
def an_id_after_local_ui_has_shown_it_as_rejected(t: HistoryBuilder) -> str:
    t.set_up().send("A")
    t.reject()
    t.local_shows("Rejected")
    return t.send("A")


# --- INV-6: decided once --------------------------------------------------------------------


@good("INV-6")
def an_acknowledged_acceptance_that_fails_at_the_host(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.accept()
    t.link("edge", up=True)
    t.view(state="Failed")
    t.rule(so="NotFound")
    t.mode("local")


@good("INV-6")
def a_stale_request_is_rejected_after_its_cancel(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.reject()
    t.view(state="Rejected")
    t.local_shows("none")


@good("INV-6")
def one_of_two_that_race_is_refused(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept(at=(100, 120))
    t.reject(so="PairingRequestDecided", at=(101, 119))
    t.local_shows("Paired")
    t.rule()


@good("INV-6")
def a_list_that_is_behind_a_rejection(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.reject()
    t.listed("A")
    t.view(state="Rejected")


@good("INV-6")
def a_list_that_is_behind_a_rejection_beside_a_cancel_in_vain(t: HistoryBuilder) -> None:
    """The cancel's end tells that it is rejected for good: that is when the list starts to lag."""
    t.set_up().send()
    t.later(31)
    now = t.now // MS
    t.reject(at=(now + 1, now + 10))
    t.cancel("NoPairingRequest", at=(now + 5, now + 20))
    t.listed("A")
    t.listed("A", states="Rejected")


@bad("INV-6")
def a_confirmation_that_comes_again_names_another_cluster(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.confirms()
    return t.confirms(becomes="another")


@bad("INV-6")
def a_poll_names_the_cluster_of_another_request(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    value = {"state": "HandingOver", "cluster_uid": "of-another"}
    return t.tell("PollPairing", actor="agent", value=value, pairing_uid="A")


@good("INV-6")
def an_acceptance_whose_cluster_gets_its_uid_later(t: HistoryBuilder) -> None:
    t.set_up().send()
    selected = [{"uid": "full", "version": ""}]
    later = {"cluster_uid": ""}
    t.central("AcceptPairingRequest", value=later, pairing_uid="A", selection=selected)
    t.confirms()
    t.view(state="Paired")


@bad("INV-6")
def a_rejected_request_becomes_paired(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept(at=(100, 120))
    t.reject(at=(101, 119))
    return t.local_shows("Paired")


@bad("INV-6")
def two_acceptances_make_two_clusters(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept(becomes="one", at=(100, 120))
    return t.accept(becomes="two", at=(101, 121))


@bad("INV-6")
def a_cancel_that_was_acknowledged_and_a_pairing_that_holds(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept(at=(100, 120))
    t.cancel(at=(101, 119))
    return t.rule()


@bad("INV-6")
def a_decision_is_undone(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.reject()
    t.view(state="Rejected")
    return t.view(state="Pairing")


@bad("INV-6")
def the_sides_do_not_agree_in_the_end(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.view(state="Paired")
    t.later(31)
    return t.local_shows("Rejected")


@good("INV-6")
def its_host_has_not_heard_that_it_failed(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.accept()
    t.view(state="Failed")
    t.local_shows("Paired")
    t.local_shows("Failed")


@bad("INV-6")
def its_host_goes_on_saying_paired(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.view(state="Failed")
    t.later(31)
    return t.local_shows("Paired")


# --- INV-9: everything settles --------------------------------------------------------------


@good("INV-9")
def pending_on_both_sides_alike(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.tell("Restart", side="central")
    t.later(31)
    t.view()
    t.local_shows("Pairing")


@good("INV-9")
def the_last_fault_has_not_healed(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.reject()
    t.later(31)
    t.view(state="Rejected")
    t.local_shows("Pairing")


@good("INV-9")
def stale_from_a_cancel_without_a_link(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.link("edge", up=False)
    t.cancel()
    t.link("edge", up=True)
    t.later(31)
    t.view()
    t.local_shows("none")


@good("INV-9")
def the_host_has_not_had_its_time_to_hear_of_it(t: HistoryBuilder) -> None:
    t.set_up().send()
    t.reject()
    t.later(4)
    t.local_shows("Pairing")
    t.view(state="Rejected")


def at_rest(t: HistoryBuilder) -> None:
    """A cluster that says that it is locally managed and waits for nothing, long after all else."""
    t.token()
    t.cluster()
    t.later(31)
    t.local_shows("none")
    t.mode("local")


@bad("INV-9")
def a_cluster_at_rest_can_never_send(t: HistoryBuilder) -> str:
    at_rest(t)
    t.send(so="Conflict")
    t.later(1)
    t.listed()
    t.send(so="HostCannotReachPalette")
    return t.send(so="PairingRequestPending")


@good("INV-9")
def palette_breaks_down_while_hosts_say_they_cannot_reach_it(t: HistoryBuilder) -> None:
    at_rest(t)
    for _ in range(4):
        t.central("ListPairingRequests", "InternalError")
        t.send(so="HostCannotReachPalette")


@good("INV-9")
def palette_answers_nobody_while_hosts_say_they_cannot_reach_it(t: HistoryBuilder) -> None:
    t.listed()
    at_rest(t)
    for _ in range(4):
        t.send(so="HostCannotReachPalette")


def turned_down(t: HistoryBuilder, so: str) -> str:
    """A send whose submission Palette refuses, of which its host says that it was not admitted."""
    now = t.now // MS
    t.tell("SubmitPairing", so, actor="agent", tags={"host": "edge"}, at=(now + 1, now + 2))
    return t.send(so="HostCannotReachPalette", at=(now, now + 3))


@bad("INV-9")
def palette_breaks_down_over_each_submission_of_a_cluster_at_rest(t: HistoryBuilder) -> str:
    at_rest(t)
    turned_down(t, "InternalError")
    turned_down(t, "InternalError")
    return turned_down(t, "InternalError")


@good("INV-9")
def palette_has_too_much_to_do_for_each_submission(t: HistoryBuilder) -> None:
    at_rest(t)
    for _ in range(4):
        turned_down(t, "TooManyRequests")


@good("INV-9")
def submissions_of_a_cluster_at_rest_are_never_answered(t: HistoryBuilder) -> None:
    at_rest(t)
    for _ in range(4):
        turned_down(t, "info")


@good("INV-9")
def the_third_send_of_a_cluster_at_rest_succeeds(t: HistoryBuilder) -> None:
    at_rest(t)
    t.send(so="Conflict")
    t.send(so="Conflict")
    t.send()
    t.cancel()


@good("INV-9")
def sends_of_a_cluster_with_an_unhealthy_node_are_refused(t: HistoryBuilder) -> None:
    at_rest(t)
    t.tell("SetNodeHealth", slot="slot-edge", node="edge", health="Unhealthy")
    t.later(31)
    for _ in range(3):
        t.send(so="Conflict")


@good("INV-9")
def sends_are_refused_by_their_token(t: HistoryBuilder) -> None:
    at_rest(t)
    for _ in range(3):
        t.send(so="RegistrationTokenUnusable")


@good("INV-9")
def sends_are_refused_that_came_too_soon_or_while_cut_off(t: HistoryBuilder) -> None:
    at_rest(t)
    t.link("edge", up=False)
    t.send(so="Conflict")
    t.link("edge", up=True)
    for _ in range(3):
        t.send(so="Conflict")


@bad("INV-9")
def handed_over_for_ever(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.later(31)
    return t.view(state="Accepted")


@bad("INV-9")
def the_host_never_hears_of_the_rejection(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.reject()
    t.view(state="Rejected")
    t.later(31)
    return t.local_shows("Pairing")


@bad("INV-9")
def pending_centrally_and_unknown_to_its_host(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.tell("Restart", side="edge")
    t.later(31)
    t.view()
    return t.local_shows("none")


@bad("INV-9")
def accepted_and_pending_for_ever(t: HistoryBuilder) -> str:
    t.set_up().send()
    t.accept()
    t.later(31)
    t.local_shows("Pairing")
    return t.view(state="Pairing")


def _left_behind(history: HistoryBuilder) -> str:
    """Long after, the host shows the request B, and Palette another one as well."""
    history.later(100)
    history.local_shows("Pairing", "B")
    return _orphan(history)


def _orphan(history: HistoryBuilder) -> str:
    """Palette shows a request of the cluster that nobody has been told of."""
    shown = {"pairing_uid": "A", "state": "Pairing", "local_cluster_uid": "edge-uid-0"}
    return history.central("ViewPairingRequest", value=shown, pairing_uid="A")


@bad("INV-9")
def nobody_follows_up_a_send_that_was_not_answered(history: HistoryBuilder) -> object:
    history.set_up()
    history.send("A", "info")
    history.later(100)
    history.local_shows("none")
    return _orphan(history)


@bad("INV-9")
def a_send_that_was_refused_leaves_its_request_behind(history: HistoryBuilder) -> object:
    history.set_up()
    sent = history.now // 1_000
    history.send("A", "Conflict", at=(sent, sent + 9))
    history.cancel(at=(sent + 2, sent + 4))
    history.later(100)
    history.local_shows("none")
    return _orphan(history)


def _two_sends(history: HistoryBuilder, token: str) -> None:
    """Two sends of one host at once, the first of which Palette has admitted, and fails."""
    sent = history.now // 1_000
    history.send("A", "Conflict", at=(sent, sent + 9))
    history.submits("A", project=token)
    history.send("B", at=(sent + 2, sent + 8))


@bad("INV-9")
def a_request_that_failed_waits_whatever_became_of_another_token(history: HistoryBuilder) -> object:
    history.set_up()
    _two_sends(history, "p")
    history.token("another")
    return _left_behind(history)


@good("INV-9")
def a_request_that_failed_waits_and_its_token_is_not_what_it_was(history: HistoryBuilder) -> None:
    history.set_up()
    _two_sends(history, "p")
    history.token(active=False)
    _left_behind(history)


@good("INV-9")
def a_request_that_failed_waits_and_its_token_expired_right_then(history: HistoryBuilder) -> None:
    history.set_up()
    history.token("short", expiry=history.now + 2_000_000)
    _two_sends(history, "short")
    history.token("another")
    _left_behind(history)


@bad("INV-9")
def a_send_that_was_not_answered_is_left_behind_by_the_next_one(history: HistoryBuilder) -> object:
    history.set_up()
    history.send("A", "info")
    history.send("B")
    return _left_behind(history)


@bad("INV-9")
def two_sends_are_answered_and_the_host_knows_of_the_second_alone(
    history: HistoryBuilder,
) -> object:
    history.set_up()
    sent = history.now // 1_000
    history.send("A", at=(sent, sent + 9))
    history.send("B", at=(sent + 2, sent + 8))
    return _left_behind(history)


@bad("INV-9")
def a_second_send_has_not_ended_the_first(history: HistoryBuilder) -> object:
    history.set_up().send("A")
    history.send("B")
    return _left_behind(history)


@good("INV-9")
def a_second_send_has_taken_the_place_of_the_first(history: HistoryBuilder) -> None:
    history.set_up().send("A")
    history.send("B")
    history.later(100)
    history.local_shows("Pairing", "B")
    history.view("A", state="Withdrawn")


@good("INV-9")
def a_send_that_was_not_answered_may_not_have_settled_when_the_next_one_is_shown(
    history: HistoryBuilder,
) -> None:
    history.set_up()
    history.send("A", "info")
    history.send("B")
    history.local_shows("Pairing", "B")
    history.later(100)
    _orphan(history)


@good("INV-9")
def a_send_that_was_not_answered_is_followed_up(history: HistoryBuilder) -> None:
    history.set_up()
    history.send("A", "info")
    history.later(100)
    history.local_shows("Pairing")
    _orphan(history)


@good("INV-9")
def a_cancel_without_a_link_leaves_what_was_never_acknowledged(history: HistoryBuilder) -> None:
    history.set_up()
    history.send("A", "info")
    history.link("edge", up=False)
    history.cancel()
    history.link("edge", up=True)
    history.later(100)
    history.local_shows("none")
    _orphan(history)


@good("INV-9")
def a_token_was_revoked_before_an_unanswered_send_could_be_repeated(
    history: HistoryBuilder,
) -> None:
    history.set_up()
    history.send("A", "info")
    history.token(active=False)
    history.later(100)
    history.local_shows("none")
    _orphan(history)
