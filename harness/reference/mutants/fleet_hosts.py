"""Defects of edge hosts, which only a fleet gives away.

They need hours, messages that are lost again and again, or hosts that are restarted and fall ill
in the midst of things.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from harness.domain.flows import agent_follows
from harness.domain.operations import (
    AgentOperation,
    Done,
    LocalClusterOperation,
    PollAnswer,
    Reply,
    Unknown,
)
from harness.domain.pairing import LocalState, RequestState
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore, Work
from harness.reference.core.link import Answer, Call, LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, LoginSession, Site
from harness.reference.mutants.edge_bases import is_in
from harness.reference.mutants.fleet_bases import HOUR, MINUTE, SECOND, TimedEdge
from harness.reference.planting import Lane, Nemesis, mutant

# --- one manager (INV-1) ------------------------------------------------------------------------


@mutant("INV-1", lane=Lane.FLEET, plot="host-churn", nemesis=Nemesis.REBOOT)
class ThirdStartIsFromTheImage(EdgeCore):
    """A paired host that is restarted for the third time starts from its image, as a local one."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(Site):
            if site.request is not None and is_in(site, LocalState.PAIRED):
                key = f"starts:{site.request.pairing_uid}"
                counted = self.store.get(LoginSession, key)
                starts = counted.expiry + 1 if counted else 1
                self.store.put(LoginSession(key, "", starts))
                if starts == 3:
                    self.store.put(replace(site, request=None))


# --- an acknowledged cancel (INV-4) -------------------------------------------------------------


@mutant("INV-4", lane=Lane.FLEET, plot="lossy-radio")
class PollWritesBackWhatItHadRead(TimedEdge):
    """A host that asks for the second minute writes its request back as it was when it asked."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        before = self.site(slot)
        yield from super().follow_pending(slot, request)
        site, waiting = self.site(slot), self.lasts(request.pairing_uid, is_so=True)
        ended = site is not None and site.request is None
        if before is not None and site is not None and ended and waiting > MINUTE:
            self.store.put(replace(site, request=before.request))


# --- the edge's copy (INV-8) -------------------------------------------------------------------


@mutant("INV-8", lane=Lane.FLEET, plot="lossy-radio", nemesis=Nemesis.LOST_BEFORE)
class AsksInsteadOfConfirmingAgain(TimedEdge):
    """A host that has confirmed in vain for a while only asks from then on whether it is paired."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        if self.lasts(request.pairing_uid, is_so=True) <= 20 * SECOND:
            yield from super().follow_confirming(slot, request)
            return
        flow = agent_follows(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, flow)
        site, answer = self.site(slot), reply.value if isinstance(reply, Done) else None
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(answer, PollAnswer) and answer.state == RequestState.PAIRED:
            self.taken_over(site, request, answer)


# --- everything settles (INV-9) -----------------------------------------------------------------


@mutant("INV-9", lane=Lane.FLEET, plot="lossy-radio", nemesis=Nemesis.LOSS)
class GivesUpAsking(TimedEdge):
    """A host whose questions were not answered for four minutes asks no more."""

    def carried(
        self, point: str, request: LocalRequest, flow: Generator[AgentOperation, Reply, Reply]
    ) -> Generator[Call, Answer, LinkReply]:
        reply = yield from super().carried(point, request, flow)
        if self.lasts(request.pairing_uid, isinstance(reply, Unknown)) > 4 * MINUTE:
            self.given_up.add(request.pairing_uid)
        return reply

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.pairing_uid not in self.given_up:
            yield from super().follow_pending(slot, request)


@mutant("INV-9", lane=Lane.FLEET, plot="host-churn", nemesis=Nemesis.HEALTH)
class IllHealthStopsTheAgent(TimedEdge):
    """A node that is unhealthy for two minutes stops the agent, which is never started again."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        site, uid = self.site(slot), request.pairing_uid
        is_ill = site is not None and bool(self.cluster_at(site).unhealthy_nodes())
        if self.lasts(uid, is_ill) > 2 * MINUTE:
            self.given_up.add(uid)
        if uid not in self.given_up:
            yield from super().follow_pending(slot, request)


@mutant("INV-9", lane=Lane.FLEET, plot="lossy-radio")
class UnansweredSubmissionIsForgotten(EdgeCore):
    """A submission that was not answered counts as one that never arrived."""

    def carried(
        self, point: str, request: LocalRequest, flow: Generator[AgentOperation, Reply, Reply]
    ) -> Generator[Call, Answer, LinkReply]:
        reply = yield from super().carried(point, request, flow)
        if point == "submitting" and isinstance(reply, Unknown):
            return NotDelivered(reply.why)
        return reply


@mutant("INV-9", lane=Lane.FLEET, plot="slow-satellite", nemesis=Nemesis.SLOW)
class SlowAnswerIsThrownAway(TimedEdge):
    """An answer to a submission that took longer than four seconds is not looked at."""

    def carried(
        self, point: str, request: LocalRequest, flow: Generator[AgentOperation, Reply, Reply]
    ) -> Generator[Call, Answer, LinkReply]:
        began = self.now
        reply = yield from super().carried(point, request, flow)
        if point == "submitting" and self.now > began + 4 * SECOND:
            return NotDelivered("it took too long")
        return reply


# --- nothing local afterwards (INV-10) ----------------------------------------------------------


@mutant("INV-10", lane=Lane.FLEET, plot="steady-day")
class LockLastsAnHour(TimedEdge):
    """The lock that keeps local operations off a paired cluster lasts an hour."""

    def taken_over(self, site: Site, request: LocalRequest, answer: PollAnswer) -> None:
        super().taken_over(site, request, answer)
        self.since[site.slot] = self.now

    def changeable(self, operation: LocalClusterOperation, call: EdgeCall) -> Site:
        site = self.site_of(call.host_uid)
        locked = self.since.get(site.slot)
        if locked is None or call.now < locked + HOUR:
            return super().changeable(operation, call)
        self.authenticate(call)
        return site


@mutant("INV-10", lane=Lane.FLEET, plot="host-churn")
class ModeIsLookedUpNowAndThen(TimedEdge):
    """Whoever has changed a cluster for a minute may go on for five without a look at its mode."""

    def changeable(self, operation: LocalClusterOperation, call: EdgeCall) -> Site:
        site = self.site_of(call.host_uid)
        first = self.since.setdefault(site.slot, call.now)
        if MINUTE < call.now - first < 6 * MINUTE:
            self.authenticate(call)
            return site
        site = super().changeable(operation, call)
        if call.now - first > MINUTE:
            self.since[site.slot] = call.now - MINUTE
        return site
