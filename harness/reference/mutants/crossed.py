"""Planted defects that show only where two things meet that do not belong together."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.permission import Grant, PairPermission
from harness.reference.core import records
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.mutants import bases
from harness.reference.planting import mutant


# --- messages of a host that is not the request's own --------------------------------------------
@mutant("INV-7")
class IdAloneWithdraws(CentralCore):
    """Whatever host names its id withdraws a request: the secret is not compared."""

    def request_to_withdraw(
        self, operation: ops.WithdrawPairing, now: int
    ) -> records.PairingRequest:
        found = self.store.get(records.PairingRequest, operation.pairing_uid)
        if found is not None:
            own = (found.cluster.uid, found.cluster_token)
            operation = replace(operation, local_cluster_uid=own[0], cluster_token=own[1])
        return super().request_to_withdraw(operation, now)


@mutant("INV-7")
class AnyHostConfirms(CentralCore):
    """Whatever host confirms a pairing, by its id, it counts as the confirmation of its own."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        found = self.store.get(records.PairingRequest, operation.pairing_uid)
        secret = found.cluster_token if found else operation.cluster_token
        return super().confirm(replace(operation, cluster_token=secret), call)


@mutant("INV-7")
class SecretsThatBeginAlikeAreOne(CentralCore):
    """The secret of a host is compared as far as the one that is given goes."""

    def own_request(self, operation: ops.OfRequest, now: int) -> records.PairingRequest:
        found = self.store.get(records.PairingRequest, operation.pairing_uid)
        if found is not None and found.cluster_token.startswith(operation.cluster_token):
            operation = replace(operation, cluster_token=found.cluster_token)
        return super().own_request(operation, now)


# --- who may manage requests ---------------------------------------------------------------------
@mutant("PRE-8")
class LoginKeepsItsRights(CentralCore):
    """Somebody who has logged in may do what they might when they did, until they log out."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._had: dict[str, frozenset[Grant]] = {}

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(records.User, operation.email)
        self._had[session.token] = user.grants if user else frozenset()
        return session

    def authenticate(self, call: CentralCall) -> records.User:
        user = super().authenticate(call)
        return replace(user, grants=self._had.get(call.credentials.session, user.grants))


@mutant("PRE-8")
class LaterRightsComeWithARestart(bases.Keeps[frozenset[Grant]]):
    """Rights that somebody is given after they were seen first count from the next restart on."""

    def holds(self, user: records.User, permission: PairPermission, scope: str) -> bool:
        known = self.keep(user.email, user.grants)
        return super().holds(replace(user, grants=user.grants & known), permission, scope)


@mutant("PRE-9")
class LoginIsOfNoProject(CentralCore):
    """For somebody who has logged in, a request is one of whatever project they have selected."""

    def authenticate(self, call: CentralCall) -> records.User:
        user = super().authenticate(call)
        self._by_login = bool(call.credentials.session) and not call.credentials.api_key
        return user

    def belongs(self, project_uid: str, scope: str) -> bool:
        return self._by_login or super().belongs(project_uid, scope)


@mutant("PRE-9")
class RestartSpreadsRights(bases.Wakes):
    """When Palette is started, what somebody may in one project, they may in each of theirs."""

    def wake(self) -> None:
        for user in list(self.store.every(records.User)):
            scopes = {grant.scope for grant in user.grants}
            permissions = {grant.permission for grant in user.grants}
            spread = frozenset(Grant(p, s) for p in permissions for s in scopes)
            self.store.put(replace(user, grants=spread))
