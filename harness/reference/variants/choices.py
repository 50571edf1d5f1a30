"""Variants that are choices of the reference's own."""

from __future__ import annotations

from harness.domain.match import MatchRules
from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import (
    AfterOfflineCancel,
    CentralChoices,
    EdgeChoices,
    SecondSend,
    SessionReach,
)
from harness.reference.planting import variant

_TEN_MINUTES = 600_000_000


def _central(**chosen: object) -> Behaviour:
    return Behaviour(central=CentralChoices(**chosen))  # type: ignore[arg-type]


def _edge(**chosen: object) -> Behaviour:
    return Behaviour(edge=EdgeChoices(**chosen))  # type: ignore[arg-type]


variant(
    "second_send_answered_with_the_same_id",
    "SND-7",
    "A second send while a request is pending is answered with the id of that request.",
    _edge(second_send=SecondSend.SAME),
)
variant(
    "second_send_replaces_the_first",
    "SND-7",
    "A second send while a request is pending withdraws it and sends another.",
    _edge(second_send=SecondSend.REPLACE),
)
variant(
    "offline_cancel_is_never_told",
    "WDR-8",
    "A host that has cancelled without a link never tells Palette afterwards.",
    _edge(after_offline_cancel=AfterOfflineCancel.FORGET),
)
variant(
    "login_is_good_for_the_whole_cluster",
    "SND-10",
    "A login to one host's Local UI is good at every host of its cluster.",
    _edge(session_reach=SessionReach.CLUSTER),
)
variant(
    "local_cluster_follows_the_acceptance",
    "ACC-22",
    "The local cluster takes over the name and the tags that were confirmed on acceptance.",
    _edge(local_follows_central=True),
)
variant(
    "logins_last_ten_minutes",
    "SND-1",
    "A login to either side is over after ten minutes.",
    Behaviour(
        CentralChoices(session=_TEN_MINUTES),
        EdgeChoices(session=_TEN_MINUTES, extended_session=2 * _TEN_MINUTES),
    ),
)
variant(
    "tenant_permissions_stay_in_the_tenant",
    "PRE-10",
    "A permission that is held in tenant scope is good in no project.",
    _central(tenant_extends=False),
)
variant(
    "missing_permission_is_answered_as_not_found",
    "PRE-10",
    "Who lacks a permission is told that there is no such pairing request.",
    _central(hide_forbidden=True),
)
variant(
    "decided_requests_are_gone",
    "REJ-8",
    "A request that was decided cannot be read by its id any more.",
    _central(decided_are_readable=False),
)
variant(
    "token_is_checked_again_on_acceptance",
    "SND-9",
    "An acceptance needs the registration token to be usable still.",
    _central(token_checked_on_accept=True),
)
variant(
    "layers_do_not_matter",
    "ACC-16",
    "A pack matches in whatever layer a profile has it.",
    _central(match=MatchRules(layers_must_agree=False)),
)
variant(
    "draft_counts_as_the_latest_version",
    "ACC-16",
    "A draft that is newer than what is published counts as the latest version of its profile.",
    _central(match=MatchRules(drafts_count_as_latest=True)),
)
variant(
    "acceptance_waits_half_a_second",
    "WDR-9",
    "An acceptance fails when its host has not confirmed it within half a second.",
    _central(handover=500_000),
)
variant(
    "acceptance_waits_twenty_seconds",
    "WDR-9",
    "An acceptance fails only when its host has not confirmed it within twenty seconds.",
    _central(handover=20_000_000),
)
