"""Planted defects: who is let in at Local UI, to send and to cancel (SND-1, WDR-1)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.errors import Reason, Refusal
from harness.domain.operations import (
    Acknowledged,
    CancelPairingRequest,
    Credentials,
    Done,
    LogIn,
    LogOut,
    SendPairingRequest,
    Session,
)
from harness.domain.pairing import LocalState
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import LocalRequest, LoginSession, Site
from harness.reference.mutants.edge_bases import Remembers, is_in
from harness.reference.planting import mutant

# --- who sends --------------------------------------------------------------------------------


class _LetsIn(EdgeCore):
    """Takes another session for the one that a call carries."""

    def authenticate(self, call: EdgeCall) -> LoginSession:
        session = self.taken_for(call.credentials.session, call)
        return super().authenticate(replace(call, credentials=Credentials(session)))

    def taken_for(self, session: str, call: EdgeCall) -> str:
        """The session that counts."""
        raise NotImplementedError

    def sessions_here(self, call: EdgeCall) -> list[str]:
        """The sessions of the host, in the order in which they were opened."""
        return [s.token for s in self.store.every(LoginSession) if s.subject == call.host_uid]


@mutant("SND-1")
class OneLoginIsEnoughForAll(_LetsIn):
    """Once somebody is logged in at a host, nobody else needs a session there."""

    def taken_for(self, session: str, call: EdgeCall) -> str:
        known = self.sessions_here(call)
        return session if session in known or not known else known[-1]


@mutant("SND-1")
class BeginningOfASessionIsEnough(_LetsIn):
    """A session is looked up by the beginning that is given of it."""

    def taken_for(self, session: str, call: EdgeCall) -> str:
        found = [known for known in self.sessions_here(call) if known.startswith(session)]
        return found[0] if session and found else session


@mutant("SND-1")
class SessionIsNotBoundToItsHost(EdgeCore):
    """A login to one host is good on every host of every cluster."""

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        return True


@mutant("SND-1")
class LocalSessionNeverExpires(EdgeCore):
    """How long a session lasts is counted in milliseconds and compared in microseconds."""

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        return super().session_is_over(session, now // 1000)


@mutant("SND-1")
class LogoutOnlySaysSo(EdgeCore):
    """A logout is acknowledged, and the session goes on."""

    def log_out(self, operation: LogOut, call: EdgeCall) -> Acknowledged:
        self.authenticate(call)
        return Acknowledged()


@mutant("SND-1")
class SendIsServedBeforeTheLogin(EdgeCore):
    """A send asks for no session; everything else does."""

    def authenticate(self, call: EdgeCall) -> LoginSession:
        if self._sending:
            return LoginSession("", call.host_uid, call.now)
        return super().authenticate(call)

    def sendable(self, operation: SendPairingRequest, call: EdgeCall) -> Site:
        self._sending = True
        try:
            return super().sendable(operation, call)
        finally:
            self._sending = False

    _sending = False


@mutant("SND-1")
class EmptyPasswordLogsIn(EdgeCore):
    """A login with an empty password is let through, as by a directory that binds anonymously."""

    def log_in(self, operation: LogIn, call: EdgeCall) -> Session:
        password = operation.password or self.choices.password
        return super().log_in(replace(operation, password=password), call)


@mutant("SND-1")
class UserNameIsNotLookedAt(EdgeCore):
    """Only the password counts at a login, whatever the user is called."""

    def log_in(self, operation: LogIn, call: EdgeCall) -> Session:
        return super().log_in(replace(operation, username=self.choices.username), call)


@mutant("SND-1")
class EndOfThePasswordIsCutOff(EdgeCore):
    """A wrong password logs in if it begins like the right one."""

    def log_in(self, operation: LogIn, call: EdgeCall) -> Session:
        right = self.choices.password
        alike = operation.password[:8] == right[:8]
        return super().log_in(
            replace(operation, password=right if alike else operation.password), call
        )


@mutant("SND-1")
class LogoutIsUndoneByARestart(Remembers):
    """A logout is kept in memory, and the session is good again after a restart of the edge."""

    def log_out(self, operation: LogOut, call: EdgeCall) -> Acknowledged:
        self.keep(self.authenticate(call).token)
        return Acknowledged()

    def authenticate(self, call: EdgeCall) -> LoginSession:
        if call.credentials.session in self.kept:
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        return super().authenticate(call)


# --- who cancels ------------------------------------------------------------------------------


class _CancelsFirst(EdgeCore):
    """Looks at a cancel before the rules do."""

    def cancel(self, operation: CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        self.authenticate(call)
        if self.is_fine_with(self.site_of(call.host_uid)):
            return Done(Acknowledged("the pairing request was cancelled"))
        return (yield from super().cancel(operation, call))

    def is_fine_with(self, site: Site) -> bool:
        """Whether there is nothing to do."""
        raise NotImplementedError


@mutant("WDR-1")
class NothingToCancelIsFine(_CancelsFirst):
    """A cancel succeeds on a cluster that never sent anything."""

    def is_fine_with(self, site: Site) -> bool:
        return site.request is None and not site.owed and not self.is_central(site)


@mutant("WDR-1")
class RejectedRequestIsCancelled(_CancelsFirst):
    """A request that was rejected can be cancelled, with success."""

    def is_fine_with(self, site: Site) -> bool:
        return is_in(site, LocalState.REJECTED)


@mutant("WDR-1")
class UntoldCancelIsRepeated(_CancelsFirst):
    """A second cancel succeeds as long as Palette has not heard of the first."""

    def is_fine_with(self, site: Site) -> bool:
        return bool(site.owed)


@mutant("WDR-1")
class CancelAsksForNoLogin(EdgeCore):
    """A cancel asks for no session; everything else does."""

    def cancellable(self, operation: CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        try:
            return super().cancellable(operation, call)
        except Refusal:
            request = self.pending(self.site_of(call.host_uid))
            if request is None:
                raise
            return request


@mutant("WDR-1")
class ExpiredSessionStillCancels(EdgeCore):
    """A session that has expired, or belongs to another cluster, is still good for a cancel."""

    def cancellable(self, operation: CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        session = self.store.get(LoginSession, call.credentials.session)
        request = self.pending(self.site_of(call.host_uid))
        if session is not None and request is not None:
            return request
        return super().cancellable(operation, call)


@mutant("WDR-1")
class RefusedCancelIsTold(EdgeCore):
    """A cancel without a login is refused, after Palette has been told of it."""

    def cancel(self, operation: CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.site_of(call.host_uid)
        request = self.pending(site)
        if request is not None:
            yield from self.told(request, self.withdrawal(site.slot, request, ended=False))
        return (yield from super().cancel(operation, call))
