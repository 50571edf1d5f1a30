"""Planted defects: the endpoint, the token and the links (PRE-4 to PRE-6, SND-8, SND-13)."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace

from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import (
    Done,
    PairingId,
    PairingInput,
    SendPairingRequest,
    Unknown,
    Verification,
    VerifyConnection,
)
from harness.domain.pairing import LocalEvent, LocalState
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, Work
from harness.reference.core.link import Answer, Call, LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, Site
from harness.reference.mutants.edge_bases import EntersOtherwise, Entries, Remembers, cluster_uid
from harness.reference.planting import mutant

# --- the token --------------------------------------------------------------------------------


@mutant("PRE-4")
class RefusedTokenStaysPending(EdgeCore):
    """A request whose token Palette refused is shown as pending all the same, and for good."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        refused = super().admitted(host_uid, request, reply)
        if isinstance(refused, Refused) and refused.reason is Reason.TOKEN_UNUSABLE:
            left = replace(request, state=LocalState.PENDING)
            self.store.put(replace(self.site_of(host_uid), request=left))
        return refused

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        unknown = isinstance(reply, Refused) and reply.reason is Reason.NOT_FOUND
        return None if unknown else super().event_of(reply)


@mutant("PRE-4")
class RefusedTokenLocksTheCluster(Remembers):
    """After a token was refused the cluster takes no local operation any more."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        answer = super().admitted(host_uid, request, reply)
        if isinstance(answer, Refused):
            self.keep(cluster_uid(self.site_of(host_uid)))
        return answer

    def require_local(self, site: Site) -> None:
        super().require_local(site)
        if cluster_uid(site) in self.kept:
            raise Refusal(Reason.REQUEST_PENDING, "a pairing request is being sent")


# --- every host -------------------------------------------------------------------------------


@mutant("PRE-5")
class OnlyTheFirstHostIsProbed(EdgeCore):
    """Only the first host of the cluster is asked whether it reaches Palette."""

    def hosts_to_probe(self, site: Site) -> tuple[str, ...]:
        return super().hosts_to_probe(site)[:1]


@mutant("PRE-5")
class LastHostIsNotProbed(EdgeCore):
    """The last host of several is not asked whether it reaches Palette."""

    def hosts_to_probe(self, site: Site) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return hosts[:-1] or hosts


@mutant("PRE-5")
class OnlyTheControlPlaneIsProbed(EdgeCore):
    """The hosts of the workers are not asked whether they reach Palette."""

    def hosts_to_probe(self, site: Site) -> tuple[str, ...]:
        pools = [pool for pool in self.cluster_at(site).pools if pool.control_plane]
        return tuple(node.host_uid for pool in pools for node in pool.nodes)


@mutant("PRE-5")
class SendSkipsTheProbes(EdgeCore):
    """Only the connection check asks every host; a send goes ahead without."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        why = ""
        if isinstance(entries, VerifyConnection) or len(self.hosts_to_probe(site)) == 1:
            why = yield from super().unreachable(site, url, entries)
        return why


@mutant("PRE-5")
class EarlierCheckIsBelieved(Remembers):
    """A send asks no host any more once a connection check has said yes."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        if isinstance(entries, SendPairingRequest) and cluster_uid(site) in self.kept:
            return ""
        why = yield from super().unreachable(site, url, entries)
        if not why and isinstance(entries, VerifyConnection):
            self.keep(cluster_uid(site))
        return why


@mutant("PRE-5")
class CheckRepeatsWhatItSaidFirst(Remembers):
    """The connection check answers what it answered the first time, until a restart."""

    def verify(self, operation: VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        if isinstance(reply, Done) and isinstance(reply.value, Verification):
            now = "" if reply.value.verified else reply.value.message
            said = self.keep(cluster_uid(self.site_of(call.host_uid)), now)
            return Done(Verification(not said, said or "every host of the cluster reaches Palette"))
        return reply


@mutant("PRE-5")
class NeighboursAreProbedToo(EdgeCore):
    """The hosts of other clusters have to reach Palette as well."""

    def hosts_to_probe(self, site: Site) -> tuple[str, ...]:
        clusters = [other.cluster for other in self.store.every(Site) if other.cluster]
        return tuple(host for cluster in clusters for host in cluster.host_uids())


# --- the endpoint -----------------------------------------------------------------------------


class _Repairs(EdgeCore):
    """Repairs an entered endpoint silently before it looks at it."""

    def usable_entries(self, operation: Entries) -> str:
        return super().usable_entries(
            replace(operation, endpoint=self.repaired(operation.endpoint))
        )

    def repaired(self, endpoint: str) -> str:
        """The endpoint as it is understood."""
        raise NotImplementedError


@mutant("PRE-6")
class SpacesAreTakenOut(_Repairs):
    """A space within the endpoint is taken out, and the rest is used."""

    def repaired(self, endpoint: str) -> str:
        return endpoint.replace(":// ", "://")


@mutant("PRE-6")
class BadPortIsDropped(_Repairs):
    """A port that is no number is dropped from the endpoint."""

    def repaired(self, endpoint: str) -> str:
        return re.sub(r":(?![0-9]+)[a-z0-9]+$", "", endpoint)


@mutant("PRE-6")
class ForeignSchemeIsReplaced(_Repairs):
    """Whatever scheme the endpoint has, https is used."""

    def repaired(self, endpoint: str) -> str:
        scheme, found, rest = endpoint.partition("://")
        return f"https://{rest}" if found and scheme != "http" else endpoint


@mutant("PRE-6")
class FirstOfTwoUrlsIsTaken(_Repairs):
    """Of an endpoint with two URLs the first one is used."""

    def repaired(self, endpoint: str) -> str:
        first, _, second = endpoint.partition(" ")
        return first if "://" in first and "://" in second else endpoint


@mutant("PRE-6")
class AnyCertificateWillDo(EntersOtherwise):
    """A certificate that nobody trusts is accepted without insecure being asked for."""

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        return replace(operation, insecure=True)


@mutant("PRE-6")
class InsecureIsOverlooked(EntersOtherwise):
    """An untrusted certificate is refused even where insecure is asked for."""

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        return replace(operation, insecure=False)


@mutant("PRE-6")
class UnansweredSendCountsAsSent(EdgeCore):
    """A submission that nobody answered counts as a pending request."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        why = ""
        if isinstance(entries, VerifyConnection):
            why = yield from super().unreachable(site, url, entries)
        return why

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        if isinstance(reply, Unknown | NotDelivered):
            reply = Done(PairingId(request.cluster_token[:24]))
        return super().admitted(host_uid, request, reply)


@mutant("PRE-6")
class SilentEndpointIsAskedAgainAndAgain(EdgeCore):
    """An endpoint that does not answer is asked many times over before a send is refused."""

    TIMES = 40
    """At a second a try, this is longer than an answer may take."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        why = ""
        for _ in range(self.TIMES):
            why = yield from super().unreachable(site, url, entries)
            if "answer" not in why:
                break
        return why


@mutant("PRE-6")
class UnreachableEndpointLeavesARequest(EdgeCore):
    """A send that is refused because its endpoint is not reached leaves a pending request."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        why = yield from super().unreachable(site, url, entries)
        if why and isinstance(entries, SendPairingRequest):
            host, uid = self.hosts_to_probe(site)[0], cluster_uid(site)
            left = LocalRequest(LocalState.PENDING, host, entries.endpoint, url, False, uid, uid)
            self.store.put(replace(site, request=left))
        return why

    def send(self, operation: SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        try:
            return (yield from super().send(operation, call))
        except Refusal as refusal:
            return refusal.refused


# --- forms of an endpoint ---------------------------------------------------------------------


@mutant("SND-8")
class SchemeIsRequired(EdgeCore):
    """A bare host name is refused as an endpoint."""

    def usable_entries(self, operation: Entries) -> str:
        url = super().usable_entries(operation)
        if "://" not in operation.endpoint:
            raise Refusal(Reason.ENDPOINT_UNUSABLE, "the Palette endpoint is malformed: no scheme")
        return url


@mutant("SND-8")
class SchemeIsDoubled(EdgeCore):
    """Only a bare host name works: https is put before a URL as well."""

    def usable_entries(self, operation: Entries) -> str:
        super().usable_entries(operation)
        return f"https://{operation.endpoint}"


@mutant("SND-8")
class SlashAtTheEndIsKept(EdgeCore):
    """A slash at the end of a URL is kept, so that every path has two."""

    def usable_entries(self, operation: Entries) -> str:
        url = super().usable_entries(operation)
        return f"{url}/" if operation.endpoint.endswith("/") else url


@mutant("SND-8")
class CancelGoesToWhatWasEntered(EdgeCore):
    """A cancel is told to the endpoint as it was entered, which need not be a URL."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        yield from super().end(slot, replace(request, base_url=request.endpoint))


# --- each send by its own entries -------------------------------------------------------------


@mutant("SND-13")
class FirstTokenIsUsedForEver(EntersOtherwise, Remembers):
    """Every send goes by the token that the cluster sent with first."""

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        first = self.keep(cluster_uid(self.site_of(call.host_uid)), operation.token)
        return replace(operation, token=first)


@mutant("SND-13")
class MissingTokenIsTheLastOne(EntersOtherwise, Remembers):
    """A send without a token goes by the one that was entered before."""

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        uid = cluster_uid(self.site_of(call.host_uid))
        self.kept[uid] = operation.token.strip() or self.kept.get(uid, "")
        return replace(operation, token=self.kept[uid])


@mutant("SND-13")
class MissingEndpointIsTheLastOne(EntersOtherwise, Remembers):
    """A send without an endpoint goes to the one that was entered before."""

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        uid = cluster_uid(self.site_of(call.host_uid))
        self.kept[uid] = operation.endpoint.strip() or self.kept.get(uid, "")
        return replace(operation, endpoint=self.kept[uid])


@mutant("SND-13")
class InsecureSticks(EntersOtherwise, Remembers):
    """Insecure that was asked for once is taken for asked for at every later send."""

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        uid = cluster_uid(self.site_of(call.host_uid))
        if operation.insecure:
            self.keep(uid)
        return replace(operation, insecure=uid in self.kept)


@mutant("SND-13")
class RefusedSubmissionIsNeverClosed(EdgeCore):
    """A submission that Palette refused counts as under way for good, and blocks the next."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> Done | Refused:
        if isinstance(reply, Refused):
            return reply
        return super().admitted(host_uid, request, reply)


@mutant("SND-13")
class RefusedEndpointIsRemembered(Remembers):
    """An endpoint that did not work once makes every later send of the cluster fail."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        why = yield from super().unreachable(site, url, entries)
        return self.keep(cluster_uid(site), why) if why else self.kept.get(cluster_uid(site), "")
