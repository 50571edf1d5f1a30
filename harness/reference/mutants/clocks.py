"""Planted defects that show when a clock is set, or to the second."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.pairing import LocalState, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import AfterOfflineCancel, EdgeChoices
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Work
from harness.reference.core.records import LocalRequest, PairingRequest, SlotState
from harness.reference.mutants import bases
from harness.reference.mutants.fleet import SECOND, Timed, TimedEdge
from harness.reference.planting import mutant, plant

DAY = 86_400 * SECOND


# --- tokens --------------------------------------------------------------------------------------
@mutant("PRE-4")
class TokenLastsTwoSecondsTooLong(CentralCore):
    """The second in which a token expires, and the one after it, are taken for its own."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - 2 * SECOND)


@mutant("PRE-4")
class TokenIsRefusedInItsLastHalfMinute(CentralCore):
    """A token admits nobody any more in the last half minute of its time."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now + 30 * SECOND)


@mutant("PRE-4")
class TokenExpiresByTheClockOnTheWall(bases.Performs, bases.Keeps[int]):
    """A token's expiry is kept in local time, by the season in which the token was made."""

    def before(self, now: int) -> None:
        for token in self.store.every(RegistrationToken):
            self.keep(token.uid, self.season(now))

    def season(self, now: int) -> int:
        """By how much local time is ahead: by an hour from the end of March to that of October."""
        return 3_600 * SECOND if 87 <= now // DAY % 365.2425 < 300 else 0

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, 0)
        made = self.kept.get(token.uid, self.season(now))
        return super().usable_token(value, now + self.season(now) - made)


# --- the central side ----------------------------------------------------------------------------
@mutant("INV-9")
class TheListShowsThirtyDays(Timed):
    """The list shows what has come within thirty days; whoever asks by id is told of all."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        return [request for request in found if not self.is_older(request, 30 * DAY)]


@mutant("INV-9")
class WhatIsStillToComeIsNotListed(Timed):
    """The list leaves out what came at a time that is still to come, once the clock is put back."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        return [request for request in found if request.created <= self.now]


@mutant("INV-9")
class WhatComesBeforeTheLastIsARepetition(CentralCore):
    """A submission at an earlier time than the last of its cluster is taken for that one again."""

    def repeated(self, operation: ops.SubmitPairing, now: int) -> PairingRequest | None:
        of_cluster = (
            request
            for request in self.store.every(PairingRequest)
            if request.cluster.uid == operation.cluster.uid and request.created > now
        )
        return next(of_cluster, None) or super().repeated(operation, now)


@mutant("INV-9")
class TheNextIdFollowsTheNewest(CentralCore):
    """A pairing id is one more than that of the request which came last, by the clock."""

    def new_pairing_uid(self, draws: Draws) -> str:
        newest = max(
            self.store.every(PairingRequest), key=lambda request: request.created, default=None
        )
        return f"{int(newest.pairing_uid, 16) + 1 if newest else 1:024x}"


@mutant("INV-9")
class NothingIsAcceptedOnALeapDay(CentralCore):
    """An acceptance reckons when its first year is over, and breaks down on a leap day."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if (call.now // DAY - 789) % 1_461 == 0:  # every four years, and first in 1972
            raise ValueError("day is out of range for month")
        return super().accept(operation, call)


class _WaitsByTheClock(CentralCore):
    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        waiting = request.state is RequestState.HANDING_OVER
        return waiting and now >= request.accepted_at + self.choices.handover


plant(
    "a_clock_put_back_makes_an_acceptance_wait_as_long",
    "INV-9",
    "An acceptance waits until a time by the clock, however far that is put back, for a host that"
    " has cancelled and never tells.",
    Behaviour(
        edge=EdgeChoices(after_offline_cancel=AfterOfflineCancel.FORGET),
        make_central=_WaitsByTheClock,
    ),
)


# --- the edge ------------------------------------------------------------------------------------
@mutant("INV-9")
class AsksNextAtATimeByTheClock(TimedEdge):
    """A host asks after its request when the time that it has set itself for that has come."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if self.lasts(request.cluster_token, True) >= 0:
            self.since[request.cluster_token] = self.now
            yield from super().follow_pending(slot, request)


@mutant("INV-9")
class ForgetsWhatItSentAMonthAgo(TimedEdge):
    """A host that has waited for a month takes its request for ended, and tells nobody."""

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        site = self.site_of(call.host_uid)
        if bases.is_in(site, LocalState.PENDING) and self.is_old(site):
            self.store.put(replace(site, request=None))
        return super().view_pairing(operation, call)

    def is_old(self, site: SlotState) -> bool:
        """Whether its request was sent a month ago."""
        return self.lasts(bases.of_request(site.request), True) > 30 * DAY


@mutant("INV-9")
class ThePairingIsALeaseOfAMonth(TimedEdge):
    """Thirty days after a pairing local operations take effect again."""

    def taken_over(self, site: SlotState, request: LocalRequest, answer: ops.PollAnswer) -> None:
        self.lasts(request.pairing_uid, True)
        super().taken_over(site, request, answer)

    def require_local(self, site: SlotState) -> None:
        if not (
            self.is_central(site) and self.lasts(bases.of_request(site.request), True) > 30 * DAY
        ):
            super().require_local(site)
