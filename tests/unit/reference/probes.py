"""What shows that a variant does something else: a short look at it, of which all is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Health
from harness.domain.permission import TENANT, Grant, PairPermission, every_grant
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)
from harness.domain.token import RegistrationToken

from ..core.world import FOREVER, PACKS, SmallWorld, done
from .probes_of_hosts import OF_HOSTS

Probe = Callable[[SmallWorld], object]

SELECTED = (ops.SelectedProfile("f"),)
SEND = ops.SendPairingRequest("palette.test", "token")
MINUTE = 60_000_000


def a_second_send(world: SmallWorld) -> object:
    world.send()
    return world.local(SEND), world.listed()


def an_offline_cancel(world: SmallWorld) -> object:
    uid = world.send()
    world.link(up=False)
    world.cancel()
    world.link(up=True)
    seen = []
    for rounds in (1, 60):
        world.rounds(rounds)
        seen.append(world.state(uid))
    return seen


def a_siblings_look(world: SmallWorld) -> object:
    return world.reference.perform_local(world.sibling, ops.ViewCluster(), world.operator)


def the_local_name_afterwards(world: SmallWorld) -> object:
    world.central(ops.AcceptPairingRequest(world.send(), SELECTED, "renamed"))
    world.rounds(3)
    return world.local(ops.ViewCluster())


def a_login_after_an_hour(world: SmallWorld) -> object:
    world.arrange(arrangements.AdvanceClock(arrangements.Side.EDGE, 60 * MINUTE))
    return world.local(ops.ViewCluster())


def the_list_by_a_user_of_the_tenant(world: SmallWorld) -> object:
    world.send()
    world.arrange(arrangements.PutUser("t@example.com", "pw", "tenant-key", every_grant(TENANT)))
    credentials = (ops.Credentials(api_key="tenant-key", project_uid=uid) for uid in ("p", ""))
    return [world.reference.perform_central(ops.ListPairingRequests(), c) for c in credentials]


def the_list_and_a_match_by_who_may_only_get(world: SmallWorld) -> object:
    uid = world.send()
    may_get = frozenset({Grant(PairPermission.GET, "p")})
    world.arrange(arrangements.PutUser("g@example.com", "pw", "get-key", may_get))
    credentials = ops.Credentials(api_key="get-key", project_uid="p")
    asked = (ops.ListPairingRequests(), ops.MatchProfiles(uid, SELECTED))
    return [world.reference.perform_central(operation, credentials) for operation in asked]


def a_request_after_four_days(world: SmallWorld) -> object:
    world.send()
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 4 * 24 * 60 * MINUTE))
    return world.listed()


def a_login_to_palette_after_eighty_days(world: SmallWorld) -> object:
    world.arrange(arrangements.PutUser("a@example.com", "pw", "a-key", every_grant("p")))
    login = ops.LogInToPalette("a@example.com", "pw")
    reply = world.reference.perform_central(login, ops.Credentials())
    assert isinstance(reply, ops.Done)
    assert isinstance(reply.value, ops.Session)
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 80 * 24 * 60 * MINUTE))
    by = ops.Credentials(session=reply.value.token, project_uid="p")
    return world.reference.perform_central(ops.ListPairingRequests(), by)


def a_rejected_request(world: SmallWorld) -> object:
    uid = world.send()
    world.central(ops.RejectPairingRequest(uid))
    seen = []
    for rounds in (2, 40):
        world.rounds(rounds)
        seen += [world.central(ops.ViewPairingRequest(uid)), world.status(), world.listed()]
    return seen


def an_acceptance_with_the_token_gone(world: SmallWorld) -> object:
    uid = world.send()
    world.arrange(arrangements.RemoveToken("t"))
    return world.central(ops.AcceptPairingRequest(uid, SELECTED))


def an_acceptance_in_one_call(world: SmallWorld) -> object:
    return world.central(ops.AcceptPairingRequest(world.send(), SELECTED))


def _match(world: SmallWorld, *editions: ProfileEdition, more: tuple[str, ...] = ()) -> object:
    profile = ClusterProfile("f", "f", ProfileType.FULL, editions, "p")
    world.arrange(arrangements.PutProfile(profile))
    for uid in more:
        addon = replace(profile, uid=uid, name=uid, type=ProfileType.ADD_ON)
        world.arrange(arrangements.PutProfile(addon))
    selection = (*SELECTED, *(ops.SelectedProfile(uid) for uid in more))
    return world.central(ops.MatchProfiles(world.send(), selection))


def a_match_in_another_layer(world: SmallWorld) -> object:
    return _match(world, ProfileEdition("1.0.0", (replace(PACKS[0], layer=Layer.ADDON),)))


def a_match_with_add_ons_alone(world: SmallWorld) -> object:
    edition = ProfileEdition("1.0.0", PACKS)
    addon = ClusterProfile("a", "a", ProfileType.ADD_ON, (edition,), "p")
    world.arrange(arrangements.PutProfile(addon))
    return world.central(ops.MatchProfiles(world.send(), (ops.SelectedProfile("a"),)))


def a_match_from_another_registry(world: SmallWorld) -> object:
    return _match(world, ProfileEdition("1.0.0", (replace(PACKS[0], registry="other"),)))


def a_match_beside_a_draft(world: SmallWorld) -> object:
    draft = ProfileEdition("1.1.0", (replace(PACKS[0], version="24.04"),), published=False)
    return _match(world, ProfileEdition("1.0.0", PACKS), draft)


def a_match_with_a_pack_twice(world: SmallWorld) -> object:
    return _match(world, ProfileEdition("1.0.0", PACKS), more=("again",))


def no_match(world: SmallWorld) -> object:
    others = (Pack(Layer.CNI, "Calico", "3"), Pack(Layer.CSI, "Longhorn", "1"))
    return _match(world, ProfileEdition("1.0.0", others))


def a_stale_acceptance(world: SmallWorld) -> object:
    uid = world.send()
    world.link(up=False)
    world.cancel()
    world.rounds(10)
    seen: list[object] = [world.central(ops.AcceptPairingRequest(uid, SELECTED))]
    for rounds in (0, 20, 80):
        world.rounds(rounds)
        seen.append(world.state(uid))
    return seen


def the_request_at_a_sibling(world: SmallWorld) -> object:
    world.send()
    visitor = world.log_in(world.sibling)
    return world.reference.perform_local(world.sibling, ops.ViewPairing(), visitor)


def a_cancel(world: SmallWorld) -> object:
    uid = world.send()
    return world.cancel(), world.status(), world.state(uid)


def a_cancel_by_a_host_that_is_cut_off(world: SmallWorld) -> object:
    uid = world.send()
    world.link(up=False)
    return world.cancel(), world.state(uid)


def an_acceptance_whose_token_goes(world: SmallWorld) -> object:
    world.spoil(arrangements.MessageKind.CONFIRM, arrangements.MessageFault.LOST_BEFORE)
    uid = world.send()
    world.accept(uid)
    world.arrange(arrangements.RemoveToken("t"))
    world.rounds(30)
    return world.state(uid), world.status()


def an_acceptance_a_week_later(world: SmallWorld) -> object:
    uid = world.send()
    world.link(up=False)
    world.accept(uid)
    week = 7 * 24 * 60 * MINUTE
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, week))
    return world.state(uid)


def an_acceptance_minutes_later(world: SmallWorld) -> object:
    uid = world.send()
    world.link(up=False)
    world.accept(uid)
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 5 * MINUTE))
    return world.state(uid)


def an_acceptance_before_the_clock_is_put_back(world: SmallWorld) -> object:
    uid = world.send()
    world.link(up=False)
    world.accept(uid)
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, -1_000_000))
    return world.state(uid)


def decisions_without_reading(world: SmallWorld) -> object:
    uid, permissions = world.send(), (PairPermission.UPDATE, PairPermission.DELETE)
    grants = frozenset(Grant(permission, "p") for permission in permissions)
    world.arrange(arrangements.PutUser("u@example.com", "pw", "u-key", grants))
    credentials = ops.Credentials(api_key="u-key", project_uid="p")
    return world.reference.perform_central(ops.RejectPairingRequest(uid), credentials)


def a_connection_check_by_who_is_cut_off(world: SmallWorld) -> object:
    world.link(up=False)
    return world.local(ops.VerifyConnection("palette.test", "token"))


def a_cancel_that_palette_answers_with_an_error(world: SmallWorld) -> object:
    world.send()
    world.spoil(arrangements.MessageKind.WITHDRAW, arrangements.MessageFault.SERVER_ERROR)
    return world.cancel(), world.status()


def an_acceptance(world: SmallWorld) -> object:
    world.spoil(arrangements.MessageKind.CONFIRM, arrangements.MessageFault.LOST_BEFORE)
    requested = world.send()
    uid = world.accept(requested)
    seen: list[object] = [uid == requested]
    for rounds in (1, 3, 30):
        world.rounds(rounds)
        seen += [world.status(), world.central(ops.ViewCentralCluster(uid)), world.state(requested)]
    return seen


def a_connection_check(world: SmallWorld) -> object:
    for host in (world.host, world.sibling):
        world.arrange(arrangements.SetLink(host, up=False))
    return world.local(ops.VerifyConnection("palette.test", "token"))


def no_token(world: SmallWorld) -> object:
    asked = (ops.VerifyConnection("palette.test", ""), ops.SendPairingRequest("palette.test", ""))
    return [world.local(operation) for operation in asked]


def a_list_right_after_the_send(world: SmallWorld) -> object:
    world.send()
    before = world.listed()
    world.rounds(50)
    return before, world.listed()


def a_node_turns_unhealthy(world: SmallWorld) -> object:
    uid = world.send()
    world.arrange(arrangements.SetNodeHealth(world.slot, "n1", Health.UNHEALTHY))
    world.rounds(3)
    return world.state(uid)


def the_stack_changes(world: SmallWorld) -> object:
    uid = world.send()
    world.local(ops.UpdateStack((StackProfile("none", ProfileType.FULL, "1.0.0", ()),)))
    world.accept(uid)
    world.rounds(5)
    return world.state(uid)


def profiles_in_a_call(world: SmallWorld) -> object:
    changed = (
        StackProfile("next", ProfileType.FULL, "2.0.0", (Pack(Layer.OS, "Ubuntu", "24.04"),)),
    )
    return world.local(ops.UpdateStack(changed))


def an_id(world: SmallWorld) -> object:
    return world.send()


def two_requests(world: SmallWorld) -> object:
    world.send()
    world.link(up=False)
    world.cancel()
    world.link(up=True)
    world.send()
    return world.listed()


def a_second_login(world: SmallWorld) -> object:
    world.log_in(world.host)
    return world.local(ops.ViewCluster())


def a_restart(world: SmallWorld) -> object:
    world.arrange(arrangements.Restart(arrangements.Side.EDGE))
    return world.local(ops.ViewCluster())


def refusals(world: SmallWorld) -> object:
    silent = ops.SendPairingRequest("https://silent.test", "token")
    asked = [world.local(operation) for operation in (silent, replace(SEND, token="unknown"))]
    return [*asked, world.cancel(), world.central(ops.RejectPairingRequest("none"))]


def acceptances_that_leave_something_out(world: SmallWorld) -> object:
    accepted = world.central(ops.AcceptPairingRequest(world.send(), SELECTED, "renamed"))
    world.rounds(3)
    return accepted, world.central(ops.ListCentralClusters())


def changes_of_tags(world: SmallWorld) -> object:
    uid = world.accept(world.send())
    world.rounds(3)
    changed = world.central(ops.ChangeCentralCluster(uid, {"changed": "yes"}))
    return changed, world.central(ops.ViewCentralCluster(uid))


def an_acceptance_of_a_second_cluster(world: SmallWorld) -> object:
    world.accept(world.send())
    again = replace(world.cluster, uid="c2")
    world.arrange(arrangements.InstallCluster(world.slot, again))
    return world.central(ops.AcceptPairingRequest(world.send(), SELECTED))


def an_acceptance_with_a_tag_of_other_letters(world: SmallWorld) -> object:
    entered = ops.AcceptPairingRequest(world.send(), SELECTED, tags={"team": "Öl"})
    return world.central(entered)


def an_acceptance_with_a_long_name(world: SmallWorld) -> object:
    return world.central(ops.AcceptPairingRequest(world.send(), SELECTED, name="n" * 256))


def an_acceptance_without_tags(world: SmallWorld) -> object:
    return world.central(ops.AcceptPairingRequest(world.send(), SELECTED, tags={}))


def the_list_of_no_project(world: SmallWorld) -> object:
    nowhere = replace(world.admin, project_uid="nowhere")
    return world.reference.perform_central(ops.ListPairingRequests(), nowhere)


def a_match_of_copies(world: SmallWorld) -> object:
    again = ClusterProfile("g", "g", ProfileType.FULL, (ProfileEdition("1.0.0", PACKS),), "p")
    world.arrange(arrangements.PutProfile(again))
    both = (*SELECTED, ops.SelectedProfile("g"))
    return world.central(ops.MatchProfiles(world.send(), both))


def a_match_with_a_system_profile(world: SmallWorld) -> object:
    system = ClusterProfile("s", "s", ProfileType.SYSTEM, (ProfileEdition("1.0.0", PACKS),), "p")
    world.arrange(arrangements.PutProfile(system))
    return world.central(ops.MatchProfiles(world.send(), (ops.SelectedProfile("s"),)))


def a_login_of_who_may_do_nothing(world: SmallWorld) -> object:
    world.arrange(arrangements.PutUser("u@example.com", "pw", "u-key", frozenset[Grant]()))
    login = ops.LogInToPalette("u@example.com", "pw")
    return type(world.reference.perform_central(login, ops.Credentials()))


def a_list_by_who_has_lost_the_permission(world: SmallWorld) -> object:
    seen = []
    for grants in (every_grant("p"), frozenset[Grant]()):
        world.arrange(arrangements.PutUser("a@example.com", "pw", "key", grants))
        seen.append(world.central(ops.ListPairingRequests()))
    return seen


def a_match_beside_a_new_version(world: SmallWorld) -> object:
    uid = world.send()
    seen = [world.central(ops.MatchProfiles(uid, SELECTED))]
    later = ProfileEdition("1.1.0", (replace(PACKS[0], version="24.04"),))
    editions = (ProfileEdition("1.0.0", PACKS), later)
    world.arrange(
        arrangements.PutProfile(ClusterProfile("f", "f", ProfileType.FULL, editions, "p"))
    )
    return [*seen, world.central(ops.MatchProfiles(uid, SELECTED))]


def the_list_weeks_later(world: SmallWorld) -> object:
    world.send()
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 30 * 1_440 * MINUTE))
    return world.listed()


def a_login_to_palette_weeks_later(world: SmallWorld) -> object:
    session = done(world.central(ops.LogInToPalette("a@example.com", "pw")))
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, 30 * 1_440 * MINUTE))
    token = getattr(session, "token", "")
    there = ops.Credentials(session=token, project_uid="p")
    return world.reference.perform_central(ops.ListPairingRequests(), there)


def a_send_with_a_token_that_has_expired(world: SmallWorld) -> object:
    expiry = world.reference.now() - 1
    world.arrange(arrangements.PutToken(RegistrationToken("t", "t", "token", "p", expiry)))
    return world.local(SEND)


def a_send_with_a_token_that_expires_now(world: SmallWorld) -> object:
    token = RegistrationToken("t", "t", "token", "p", world.reference.now())
    world.arrange(arrangements.PutToken(token))
    return world.local(SEND)


def a_token_for_another_project(world: SmallWorld) -> object:
    world.arrange(arrangements.CreateProject("q", "wholesale"))
    world.arrange(arrangements.PutUser("o@example.com", "pw", "o-key", frozenset(), True))
    by = ops.Credentials(api_key="o-key")
    changed = world.central(ops.UpdateToken("t", "t", "q"), by)
    return changed, world.central(ops.ViewToken("t"), by)


def a_send_with_a_token_that_expires_in_no_time(world: SmallWorld) -> object:
    soon = world.reference.now() // MINUTE * MINUTE + MINUTE - 1
    world.arrange(arrangements.PutToken(RegistrationToken("t", "t", "token", "p", soon)))
    return world.local(SEND)


def a_token_just_created(world: SmallWorld) -> object:
    world.arrange(arrangements.PutUser("o@example.com", "pw", "o-key", frozenset(), True))
    by = ops.Credentials(api_key="o-key")
    created = done(world.central(ops.CreateToken("new", "p", FOREVER), by))
    assert isinstance(created, ops.Created)
    return world.central(ops.ViewToken(created.uid), by)


def a_second_send_with_the_same_token(world: SmallWorld) -> object:
    world.send()
    world.cancel()
    world.rounds(20)
    return world.local(SEND)


def a_send_with_a_token_that_is_on_again(world: SmallWorld) -> object:
    world.arrange(arrangements.PutUser("o@example.com", "pw", "o-key", frozenset(), True))
    by = ops.Credentials(api_key="o-key")
    for active in (False, True):
        done(world.central(ops.SetTokenState("t", active), by))
    return world.local(SEND)


def a_match_before_a_release(world: SmallWorld) -> object:
    return _match(world, ProfileEdition("1.0.0-rc.1", PACKS))


def the_list_by_a_key_of_last_month(world: SmallWorld) -> object:
    seen = [world.central(ops.ListPairingRequests())]
    month = 31 * 24 * 60 * MINUTE
    world.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, month))
    return [*seen, world.central(ops.ListPairingRequests())]


def the_list(world: SmallWorld) -> object:
    world.send()
    return world.listed()


PROBES: Mapping[str, Probe] = {
    **OF_HOSTS,
    "second_send_answered_with_the_same_id": a_second_send,
    "second_send_replaces_the_first": a_second_send,
    "offline_cancel_is_never_told": an_offline_cancel,
    "one_secret_for_good_and_an_offline_cancel_told_late": an_offline_cancel,
    "login_is_good_for_the_whole_cluster": a_siblings_look,
    "local_cluster_follows_the_acceptance": the_local_name_afterwards,
    "logins_last_ten_minutes": a_login_after_an_hour,
    "a_jump_of_the_clock_ends_every_login": a_login_after_an_hour,
    "tenant_permissions_stay_in_the_tenant": the_list_by_a_user_of_the_tenant,
    "missing_permission_is_answered_as_not_found": the_list_and_a_match_by_who_may_only_get,
    "decided_requests_are_gone": a_rejected_request,
    "an_acceptance_takes_its_steps_in_calls": an_acceptance_in_one_call,
    "no_step_of_an_acceptance_is_taken_twice": an_acceptance_in_one_call,
    "token_is_checked_again_on_acceptance": an_acceptance_with_the_token_gone,
    "the_confirmation_needs_a_good_token": an_acceptance_whose_token_goes,
    "the_handover_has_a_clock_of_its_own": an_acceptance_a_week_later,
    "deciding_needs_to_read_as_well": decisions_without_reading,
    "system_profiles_are_not_selected": a_match_with_a_system_profile,
    "nobody_logs_in_for_nothing": a_login_of_who_may_do_nothing,
    "a_login_is_good_everywhere": a_siblings_look,
    "a_host_does_not_check_itself": a_connection_check_by_who_is_cut_off,
    "kinds_of_profiles_do_not_matter": a_match_with_add_ons_alone,
    "layers_do_not_matter": a_match_in_another_layer,
    "draft_counts_as_the_latest_version": a_match_beside_a_draft,
    "acceptance_waits_half_a_second": a_stale_acceptance,
    "acceptance_waits_twenty_seconds": a_stale_acceptance,
    "acceptance_waits_ten_minutes": an_acceptance_minutes_later,
    "a_clock_put_back_ends_the_handover": an_acceptance_before_the_clock_is_put_back,
    "the_request_is_shown_where_it_was_sent": the_request_at_a_sibling,
    "a_cancelled_request_is_shown_as_failed": a_cancel,
    "an_accepted_request_is_shown_as_paired_at_once": an_acceptance,
    "nothing_is_shown_once_paired": an_acceptance,
    "a_rejected_request_is_shown_for_a_second": a_rejected_request,
    "a_new_login_ends_the_one_before": a_second_login,
    "a_restart_ends_every_login": a_restart,
    "an_empty_token_is_left_to_palette": no_token,
    "the_connection_check_ignores_the_token": no_token,
    "the_connection_check_says_no_with_an_error": a_connection_check,
    "the_connection_check_names_every_host": a_connection_check,
    "the_agents_follow_up_each_second": an_acceptance,
    "an_offline_cancel_is_told_seconds_later": an_offline_cancel,
    "a_cancel_is_told_afterwards": a_cancel,
    "a_cancel_is_told_by_any_host": a_cancel_by_a_host_that_is_cut_off,
    "a_cancel_fails_when_palette_answers_with_an_error": (
        a_cancel_that_palette_answers_with_an_error
    ),
    "an_unhealthy_clusters_request_is_withdrawn": a_node_turns_unhealthy,
    "a_changed_stack_is_not_handed_over": the_stack_changes,
    "profiles_come_in_archives": profiles_in_a_call,
    "pairing_ids_are_uuids": an_id,
    "pairing_ids_are_short": an_id,
    "pairing_ids_are_counted": an_id,
    "pairing_ids_have_four_digits": an_id,
    "texts_have255_characters_at_most": an_acceptance_with_a_long_name,
    "the_cluster_bears_the_requests_id": an_acceptance,
    "decided_requests_stay_listed": a_rejected_request,
    "the_newest_request_is_listed_first": two_requests,
    "the_list_shows_one_change_after_another": a_list_right_after_the_send,
    "the_list_is_two_seconds_behind": a_list_right_after_the_send,
    "decided_requests_are_shown_for_a_second": a_rejected_request,
    "a_cluster_is_shown_once_its_host_has_confirmed": an_acceptance,
    "states_are_called_otherwise": an_acceptance,
    "the_tenant_does_not_see_into_projects": the_list_by_a_user_of_the_tenant,
    "matching_needs_the_permission_to_update": the_list_and_a_match_by_who_may_only_get,
    "without_the_permission_the_list_is_empty": the_list_and_a_match_by_who_may_only_get,
    "no_match_is_a_refusal": no_match,
    "no_match_has_one_reason": no_match,
    "the_same_pack_may_come_twice": a_match_with_a_pack_twice,
    "registries_must_agree": a_match_from_another_registry,
    "a_silent_hosts_request_is_not_accepted": a_stale_acceptance,
    "a_stale_acceptance_fails_at_once": a_stale_acceptance,
    "an_acceptance_says_everything": acceptances_that_leave_something_out,
    "what_an_acceptance_leaves_out_is_empty": acceptances_that_leave_something_out,
    "tags_of_the_systems_own_are_added": changes_of_tags,
    "changed_tags_are_merged": changes_of_tags,
    "names_of_clusters_are_unique": an_acceptance_of_a_second_cluster,
    "tags_are_labels": an_acceptance_with_a_tag_of_other_letters,
    "nothing_may_be_emptied": an_acceptance_without_tags,
    "an_unknown_project_is_empty": the_list_of_no_project,
    "a_profile_may_come_twice": a_match_of_copies,
    "a_paired_cluster_is_imported_first": changes_of_tags,
    "permissions_are_good_for_half_a_second": a_list_by_who_has_lost_the_permission,
    "versions_are_good_for_a_second": a_match_beside_a_new_version,
    "what_nobody_decides_fails": the_list_weeks_later,
    "a_token_stays_with_its_project": a_token_for_another_project,
    "what_is_given_out_has_its_time": the_list_by_a_key_of_last_month,
    "a_token_ends_with_the_minute_before": a_send_with_a_token_that_expires_in_no_time,
    "a_token_is_shown_late": a_token_just_created,
    "a_token_is_told_once": a_token_just_created,
    "a_token_is_good_for_one_request": a_second_send_with_the_same_token,
    "a_token_that_is_activated_again_has_a_new_value": a_send_with_a_token_that_is_on_again,
    "versions_before_a_release_do_not_count": a_match_before_a_release,
    "who_is_too_early_begins_anew": an_acceptance_in_one_call,
    "a_token_is_good_for_the_whole_of_its_last_second": a_send_with_a_token_that_expires_now,
    "logins_to_palette_last_two_months": a_login_to_palette_weeks_later,
    "tokens_are_good_for_a_minute_more": a_send_with_a_token_that_has_expired,
    "somebody_elses_request_waits_as_well": the_list,
    "a_match_is_made_on_acceptance_alone": no_match,
    "a_request_lapses_after_three_days": a_request_after_four_days,
    "logins_to_palette_last_ninety_days": a_login_to_palette_after_eighty_days,
    "to_list_and_to_get_are_one_permission": the_list_and_a_match_by_who_may_only_get,
    "refuses_as_a_bad_request": refusals,
    "refuses_as_forbidden": refusals,
    "refuses_as_not_found": refusals,
    "refuses_as_a_conflict": refusals,
    "refuses_as_mismatching": refusals,
    "refuses_as_an_internal_error": refusals,
    "refuses_without_a_word": refusals,
    "other_words": refusals,
}
"""What each variant that shows without a wire shows by."""
