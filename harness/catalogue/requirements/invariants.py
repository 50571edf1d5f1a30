"""What must hold over any history (`INV`), for the fleet, chaos and load runs.

An invariant blames the side that broke it, and is `not_supported` where that side is not the
target.
"""

from __future__ import annotations

from harness.catalogue.requirement import Group, Profile, both, central, edge
from harness.domain.errors import Reason

INVARIANTS = Group(
    prefix="INV",
    title="Invariants",
    anchor="#pair-local-cluster-with-palette",
    about="What no order of events, fault or load may break, judged over whole histories.",
    requirements=(
        both(
            id="INV-1",
            profile=Profile.RESILIENCE,
            title="One manager",
            text="A cluster is never managed by both sides at once, and by exactly one once"
            " everything has settled. A pairing commits when the host has confirmed it; before"
            " that the cluster is local and no central operation on it takes effect.",
            source="#accept-pairing-request-from-palette step 11",
            refused_as=(Reason.NOT_CONFIRMED,),
        ),
        central(
            id="INV-2",
            profile=Profile.RESILIENCE,
            title="No request is lost",
            text="Once a send is acknowledged, the central side shows the request until"
            " something ends it: an acceptance, a rejection, a withdrawal, a failure, or a"
            " second send in its place if that is the target's way (SND-7).",
            source="#send-pairing-request-from-local-cluster step 6",
        ),
        central(
            id="INV-3",
            profile=Profile.RESILIENCE,
            title="Nothing is accepted without an exact match",
            text="For each acceptance that succeeded there is a moment between its start and"
            " its end at which the latest versions of the selected profiles matched exactly the"
            " stack that the request carried.",
            source="#accept-pairing-request-from-palette step 13",
        ),
        both(
            id="INV-4",
            profile=Profile.RESILIENCE,
            title="An acknowledged cancel stays done",
            text="A cancel that was made with a link and acknowledged has ended the request"
            " centrally; one that was made without a link has ended it locally. Neither comes"
            " back.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
        ),
        both(
            id="INV-5",
            profile=Profile.RESILIENCE,
            title="A pairing id is never used again",
            text="Over the whole history each pairing id belongs to one cluster and to one"
            " request of it.",
            source="#reject-pairing-request-in-palette paragraph 1",
        ),
        both(
            id="INV-6",
            profile=Profile.RESILIENCE,
            title="A request is decided once",
            text="When accept, reject and withdraw race for one request, one of them prevails"
            " and both sides agree on which. What counts is the state after settling, whatever"
            " the answers on the way: an acknowledged acceptance can still fail at the host.",
            source="#withdraw-pairing-request-from-local-cluster paragraph 1",
        ),
        both(
            id="INV-7",
            profile=Profile.RESILIENCE,
            title="Only who is authorised changes anything",
            text="Whatever took effect was asked by somebody who was logged in and permitted at"
            " that moment. A registration token that was revoked before a send admits nothing.",
            source="#prerequisites item 5",
            refused_as=(
                *(Reason.UNAUTHENTICATED, Reason.FORBIDDEN),
                *(Reason.NOT_CONFIRMED, Reason.TOKEN_UNUSABLE),
            ),
        ),
        central(
            id="INV-8",
            profile=Profile.RESILIENCE,
            title="Central operations on one request are linearizable",
            text="The answers of all central operations on one request fit one order in which"
            " each takes effect at a moment between its start and its end; one that was never"
            " answered fits with or without effect. A list may be behind by `list_lag_s`, the"
            " edge's copy by `edge_lag_s`; neither returns to an older state.",
            source="#accept-pairing-request-from-palette step 9",
        ),
        both(
            id="INV-9",
            profile=Profile.RESILIENCE,
            title="Everything settles",
            text="When the last fault has healed, it takes no longer than `settle_s` until each"
            " request is decided, or both sides show it as pending, or it is known to be stale"
            " from a cancel without a link (WDR-5). A cluster that is in local hands then, and"
            " waits for nothing, can send: of three tries one succeeds.",
            source="#withdraw-pairing-request-from-local-cluster step 5",
        ),
        edge(
            id="INV-10",
            profile=Profile.RESILIENCE,
            title="After the confirmation nothing local takes effect",
            text="From the moment at which the host confirmed a pairing, no local cluster"
            " operation on that cluster takes effect, not even one that was started before.",
            source="#accept-pairing-request-from-palette step 11",
            refused_as=(Reason.CENTRALLY_MANAGED,),
        ),
    ),
)
