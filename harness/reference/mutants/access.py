"""Planted defects: who is let in at the central side (ACC-1, REJ-3)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.errors import Reason, Refusal
from harness.domain.match import MatchResult
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    Acknowledged,
    Credentials,
    ListPairingRequests,
    LogInToPalette,
    MatchProfiles,
    PairingList,
    RejectPairingRequest,
    Session,
)
from harness.domain.pairing import RequestEvent
from harness.domain.permission import PairPermission, every_grant
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import LoginSession, User
from harness.reference.core.store import Store
from harness.reference.planting import mutant


@mutant("ACC-1")
class LoginLastsAThousandTimesTooLong(CentralCore):
    """How long a login lasts is taken for milliseconds and counted in microseconds."""

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        began = session.expiry - self.choices.session
        return now >= began + 1000 * self.choices.session


@mutant("ACC-1")
class ExpiredLoginStillReads(CentralCore):
    """A login that has expired is noticed at a decision only, and can still look at everything."""

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        if permission in (PairPermission.UPDATE, PairPermission.DELETE):
            return super().authorise(call, permission)
        return super().authorise(replace(call, now=0), permission)


@mutant("ACC-1")
class RestartCountsSessionsAnew(CentralCore):
    """After a restart how long a login lasts is counted anew, even if it had expired."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._old = frozenset(session.token for session in store.every(LoginSession))
        self._seen: dict[str, int] = {}

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        if session.token not in self._old:
            return super().session_is_over(session, now)
        return now >= self._seen.setdefault(session.token, now) + self.choices.session


class LetsIn(CentralCore):
    """Lets some in as somebody who has business in the project that they name."""

    def lets_in(self, credentials: Credentials) -> bool:
        """Whether somebody is let in who is not known."""
        raise NotImplementedError

    def authenticate(self, call: CentralCall) -> User:
        try:
            return super().authenticate(call)
        except Refusal:
            if not self.lets_in(call.credentials):
                raise
            return User("somebody", "", "", every_grant(self.scope_of(call)))


@mutant("ACC-1")
class UnknownSessionIsSomebodys(LetsIn):
    """A session that is not known is taken for somebody's who may manage the project."""

    def lets_in(self, credentials: Credentials) -> bool:
        unknown = self.store.get(LoginSession, credentials.session) is None
        return bool(credentials.session) and unknown


@mutant("ACC-1")
class UnknownApiKeyIsSomebodys(LetsIn):
    """An API key is looked at for its length alone."""

    def lets_in(self, credentials: Credentials) -> bool:
        lengths = {len(user.api_key) for user in self.store.every(User)}
        return bool(credentials.api_key) and len(credentials.api_key) in lengths


@mutant("ACC-1")
class PasswordIsNotCompared(CentralCore):
    """A login needs an e-mail address that is known, and whatever password."""

    def log_in(self, operation: LogInToPalette, call: CentralCall) -> Session:
        user = self.store.get(User, operation.email)
        known = replace(operation, password=user.password) if user else operation
        return super().log_in(known, call)


@mutant("ACC-1")
class UnknownUserGetsASession(CentralCore):
    """Somebody who is not known gets a session, with which nothing can be done yet."""

    def log_in(self, operation: LogInToPalette, call: CentralCall) -> Session:
        if self.store.get(User, operation.email) is None:
            return Session(f"{call.draws.bits128('palette-session'):032x}")
        return super().log_in(operation, call)


@mutant("ACC-1")
class LoginCannotDecide(CentralCore):
    """With a login one can only look; to accept or to reject takes an API key."""

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        decides = permission in (PairPermission.UPDATE, PairPermission.DELETE)
        if decides and not call.credentials.api_key:
            raise Refusal(Reason.UNAUTHENTICATED, "decisions are made with an API key")
        return super().authorise(call, permission)


@mutant("ACC-1")
class ListNeedsNoLogin(CentralCore):
    """The list of pairing requests is given to whoever names the project."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        if not (call.credentials.api_key or call.credentials.session):
            requests = self.open_requests(self.scope_of(call))
            return PairingList(tuple(map(self._item, requests)))
        return super().list_requests(operation, call)


@mutant("ACC-1")
class MatchNeedsNoLogin(CentralCore):
    """What a request's cluster runs can be found out by matches that need no login."""

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        return self.matched(request, operation.selection)


@mutant("ACC-1")
class AcceptNeedsNoLogin(LetsIn):
    """Every operation asks for a login, except the acceptance itself."""

    def lets_in(self, credentials: Credentials) -> bool:
        return self._accepts and not (credentials.api_key or credentials.session)

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        self._accepts = True
        try:
            return super().accept(operation, call)
        finally:
            self._accepts = False

    _accepts = False


class RejectsWithout(CentralCore):
    """Rejects without a look at the caller, for some callers."""

    def is_trusted(self, call: CentralCall) -> bool:
        """Whether the caller is not looked at."""
        raise NotImplementedError

    def reject(self, operation: RejectPairingRequest, call: CentralCall) -> Acknowledged:
        if not self.is_trusted(call):
            return super().reject(operation, call)
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        self.step(request, RequestEvent.REJECT)
        return Acknowledged("the pairing request was rejected")


@mutant("REJ-3")
class RejectNeedsNoLogin(RejectsWithout):
    """A request can be rejected without any login by whoever knows its id."""

    def is_trusted(self, call: CentralCall) -> bool:
        return not (call.credentials.api_key or call.credentials.session)


@mutant("REJ-3")
class RejectByAnExpiredLogin(RejectsWithout):
    """A reject does not look whether the login has expired."""

    def is_trusted(self, call: CentralCall) -> bool:
        return self.store.get(LoginSession, call.credentials.session) is not None


@mutant("REJ-3")
class RejectByWhoMayUpdate(CentralCore):
    """A reject asks for the permission to update, as an acceptance does."""

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        if permission is PairPermission.DELETE:
            permission = PairPermission.UPDATE
        return super().authorise(call, permission)
