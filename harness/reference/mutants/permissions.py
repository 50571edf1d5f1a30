"""Planted defects: permissions and scopes at the central side (PRE-8, PRE-9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from harness.domain.errors import Reason, Refused
from harness.domain.match import MatchResult
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    Acknowledged,
    MatchProfiles,
    PairingRequestView,
    RejectPairingRequest,
    ViewPairingRequest,
)
from harness.domain.pairing import RequestEvent
from harness.domain.permission import TENANT, Grant, PairPermission
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest, Project, User
from harness.reference.core.store import Store
from harness.reference.mutants.central_bases import AfterRefusal, Decision
from harness.reference.planting import mutant

Swap = Mapping[PairPermission, PairPermission]


class Instead(CentralCore):
    """Looks for another permission than the one that an operation needs."""

    swapped: ClassVar[Swap]

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        return super().holds(user, self.swapped.get(permission, permission), scope)


@mutant("PRE-8")
class WhoMayListMayOpen(Instead):
    """To open a request takes the permission to list, and none to get."""

    swapped: ClassVar[Swap] = {PairPermission.GET: PairPermission.LIST}


@mutant("PRE-8")
class WhoMayRejectMayAccept(Instead):
    """An acceptance asks for the permission to delete."""

    swapped: ClassVar[Swap] = {PairPermission.UPDATE: PairPermission.DELETE}


@mutant("PRE-8")
class UpdateIncludesDelete(CentralCore):
    """Whoever may update may delete as well."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        if permission is PairPermission.DELETE and self.holds(user, PairPermission.UPDATE, scope):
            return True
        return super().holds(user, permission, scope)


@mutant("PRE-8")
class ListForWhoeverHasAnyPermission(CentralCore):
    """The list is shown to whoever has any permission on pairing requests in the project."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        if permission is PairPermission.LIST:
            return any(grant.scope == scope for grant in user.grants)
        return super().holds(user, permission, scope)


@mutant("PRE-8")
class AcceptNeedsGetAsWell(CentralCore):
    """To accept takes the permission to get besides the one to update."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        self.authorise(call, PairPermission.GET)
        return super().accept(operation, call)


@mutant("PRE-8")
class RevokedPermissionCounts(CentralCore):
    """A permission that was taken away counts until Palette is restarted."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._seen: dict[str, frozenset[Grant]] = {}

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        self._seen[user.email] = self._seen.get(user.email, frozenset()) | user.grants
        return replace(user, grants=self._seen[user.email])


@mutant("PRE-8")
class RejectIsRefusedAndDone(AfterRefusal):
    """A reject without the permission is refused, and carried out all the same."""

    decision = RejectPairingRequest

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if refused.reason is Reason.FORBIDDEN:
            self.step(request, RequestEvent.REJECT)


@mutant("PRE-9")
class AnyProjectIsSeen(CentralCore):
    """A request is found by its id whatever project is selected."""

    def belongs(self, project_uid: str, scope: str) -> bool:
        return True


@mutant("PRE-9")
class PermissionAnywhereCounts(CentralCore):
    """A permission is looked for without regard to the scope in which it was given."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        return any(grant.permission is permission for grant in user.grants)


@mutant("PRE-9")
class OneGrantOpensTheProject(CentralCore):
    """Any permission in the project makes those count that were given in another one."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        here = any(grant.scope in (scope, TENANT) for grant in user.grants)
        return here and any(grant.permission is permission for grant in user.grants)


@mutant("PRE-9")
class PermissionInTheRequestsProject(CentralCore):
    """A request is opened by permissions in its own project, whichever project is selected."""

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None:
            inside = replace(call.credentials, project_uid=request.project_uid)
            call = replace(call, credentials=inside)
        return super().view_request(operation, call)


@mutant("PRE-9")
class UnknownProjectIsTheTenant(CentralCore):
    """A project that does not exist is taken for no project, and so for the whole tenant."""

    def scope_of(self, call: CentralCall) -> str:
        uid = call.credentials.project_uid
        return uid if self.store.get(Project, uid) else TENANT


@mutant("PRE-9")
class ListShowsEveryProject(CentralCore):
    """The list holds the requests of every project, whichever is selected."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        return super().open_requests(TENANT, cluster_uid)


@mutant("PRE-9")
class RejectFromAnotherProject(CentralCore):
    """A reject looks at the caller's permissions, and not at the project of the request."""

    def reject(self, operation: RejectPairingRequest, call: CentralCall) -> Acknowledged:
        self.authorise(call, PairPermission.DELETE)
        self.step(self.visible(operation.pairing_uid, TENANT, call.now), RequestEvent.REJECT)
        return Acknowledged("the pairing request was rejected")


@mutant("PRE-9")
class MatchFromAnotherProject(CentralCore):
    """What a request's cluster runs can be found out by matches from another project."""

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, TENANT, call.now)
        return self.matched(request, operation.selection)
