"""Planted defects: what Local UI says (PRE-4S, PRE-5S, PRE-6S, ACC-13S, REJ-7S)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from harness.domain.errors import Reason, Refusal
from harness.domain.flows import AgentFlow
from harness.domain.operations import (
    Acknowledged,
    DeleteCluster,
    Done,
    PairingInput,
    PairingView,
    SendPairingRequest,
    Verification,
    VerifyConnection,
)
from harness.domain.pairing import LocalEvent, LocalState
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Answer, Call, LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, Site
from harness.reference.mutants.edge_bases import RewordsRefusals, busy
from harness.reference.planting import mutant

# --- the token --------------------------------------------------------------------------------


@mutant("PRE-4S")
class ErrorQuotesTheToken(RewordsRefusals):
    """The error about a token quotes it."""

    def reworded(self, refusal: Refusal, operation: SendPairingRequest) -> Refusal:
        message = f"{refusal} (registration token {operation.token})"
        return Refusal(refusal.refused.reason, message)


@mutant("PRE-4S")
class TokenIsInTheDetails(RewordsRefusals):
    """The error's text is discreet, and the details beside it hold the token."""

    def reworded(self, refusal: Refusal, operation: SendPairingRequest) -> Refusal:
        return Refusal(refusal.refused.reason, str(refusal), entered=operation.token)


@mutant("PRE-4S")
class RefusedTokenIsAFailedRequest(RewordsRefusals):
    """The error for a token that Palette refuses says only that the request was not admitted."""

    def reworded(self, refusal: Refusal, operation: SendPairingRequest) -> Refusal:
        if operation.token.strip() and refusal.refused.reason is Reason.TOKEN_UNUSABLE:
            return Refusal(Reason.CONFLICT, "the request was not admitted")
        return refusal


@mutant("PRE-4S")
class MissingTokenIsAMissingEntry(RewordsRefusals):
    """The error for an empty token says that an entry is missing, and not which."""

    def reworded(self, refusal: Refusal, operation: SendPairingRequest) -> Refusal:
        if operation.token.strip():
            return refusal
        return Refusal(Reason.INVALID_INPUT, "an entry is missing")


# --- the host ---------------------------------------------------------------------------------


class _NamesOthers(EdgeCore):
    """Names other hosts than the one that is cut off."""

    def verify(self, operation: VerifyConnection, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().verify(operation, call)
        if not (isinstance(reply, Done) and isinstance(reply.value, Verification)):
            return reply
        hosts = self.hosts_to_probe(self.site_of(call.host_uid))
        found = [i for i, host in enumerate(hosts) if host in reply.value.message]
        if reply.value.verified or not found:
            return reply
        named = ", ".join(self.names(hosts, found[0]))
        return Done(Verification(verified=False, message=f"no link to Palette: host {named}"))

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        """The hosts that are named; the one at `found` is cut off."""
        raise NotImplementedError


@mutant("PRE-5S")
class EveryHostIsNamed(_NamesOthers):
    """The connection check names all hosts of the cluster when one of them is cut off."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return hosts


@mutant("PRE-5S")
class AskedHostIsNamed(_NamesOthers):
    """The connection check names the first host, whichever is cut off."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return hosts[:1]


@mutant("PRE-5S")
class EarlierHostsAreNamedToo(_NamesOthers):
    """The connection check names each host that it asked before it came to the one cut off."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return hosts[: found + 1]


@mutant("PRE-5S")
class HostIsCountedNotNamed(_NamesOthers):
    """The connection check says how many hosts are cut off, and not which."""

    def names(self, hosts: tuple[str, ...], found: int) -> tuple[str, ...]:
        return (f"count 1 of {len(hosts)}",)


# --- the endpoint -----------------------------------------------------------------------------


class _SaysOtherwise(EdgeCore):
    """Says something else of an endpoint that cannot be reached."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        why = yield from super().unreachable(site, url, entries)
        return self.said(why) if why else ""

    def said(self, why: str) -> str:
        """What is said in place of the reason."""
        raise NotImplementedError


@mutant("PRE-6S")
class EveryTroubleIsTheSame(_SaysOtherwise):
    """Whatever keeps the endpoint from being reached, the error says that it cannot be used."""

    def said(self, why: str) -> str:
        return "the Palette endpoint cannot be used"


@mutant("PRE-6S")
class UntrustedCertificateIsATimeout(_SaysOtherwise):
    """An untrusted certificate is reported as an endpoint that does not answer."""

    def said(self, why: str) -> str:
        return "the Palette endpoint gave no answer" if "certificate" in why else why


@mutant("PRE-6S")
class UnknownNameIsARefusedConnection(_SaysOtherwise):
    """A host name that cannot be resolved is reported as a refused connection."""

    def said(self, why: str) -> str:
        return "the Palette endpoint refused the connection" if "resolve" in why else why


@mutant("PRE-6S")
class MissingEndpointIsMalformed(RewordsRefusals):
    """An endpoint that was not entered is called malformed."""

    def reworded(self, refusal: Refusal, operation: SendPairingRequest) -> Refusal:
        if operation.endpoint.strip():
            return refusal
        return Refusal(Reason.ENDPOINT_UNUSABLE, "the Palette endpoint is malformed")


# --- central management -----------------------------------------------------------------------


@mutant("ACC-13S")
class RefusalOfAPairedClusterIsVague(EdgeCore):
    """A local operation on a paired cluster is refused as something that is not permitted."""

    def require_local(self, site: Site) -> None:
        if self.is_central(site):
            raise Refusal(Reason.FORBIDDEN, "this is not permitted")


@mutant("ACC-13S")
class RefusedDeletionSaysBusy(EdgeCore):
    """The refusal of a deletion says that the cluster is busy; the others give the reason."""

    def delete_cluster(self, operation: DeleteCluster, call: EdgeCall) -> Acknowledged:
        self.authenticate(call)
        if self.is_central(self.site_of(call.host_uid)):
            raise busy()
        return super().delete_cluster(operation, call)


# --- the rejection ----------------------------------------------------------------------------


@mutant("REJ-7S")
class RejectionIsSilent(EdgeCore):
    """A request that was rejected is gone from Local UI without a word."""

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.store.put(replace(site, request=None))
        else:
            super().learned(site, request, event)


@mutant("REJ-7S")
class RejectionIsAFailure(EdgeCore):
    """A request that was rejected is shown as failed."""

    def shown(self, request: LocalRequest) -> PairingView:
        view = super().shown(request)
        rejected = request.state is LocalState.REJECTED
        return replace(view, status=LocalState.FAILED.value) if rejected else view


@mutant("REJ-7S")
class LateRejectionIsAFailure(EdgeCore):
    """A rejection that the host hears of only when its link is back is shown as a failure."""

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        late = event is LocalEvent.LEARNED_REJECTED and request.pairing_uid in self._cut_off
        super().learned(site, request, LocalEvent.LEARNED_FAILED if late else event)

    def carried(
        self, point: str, request: LocalRequest, flow: AgentFlow
    ) -> Generator[Call, Answer, LinkReply]:
        reply = yield from super().carried(point, request, flow)
        if isinstance(reply, NotDelivered):
            self._cut_off |= {request.pairing_uid}
        return reply

    _cut_off: frozenset[str] = frozenset()
