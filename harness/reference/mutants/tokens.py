"""Planted defects in what becomes of registration tokens, and in who may change them."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.records import User
from harness.reference.mutants import bases
from harness.reference.planting import mutant


@mutant("PRE-4")
class ATokenThatIsRenamedKeepsItsExpiry(CentralCore):
    """Of name and expiry of a token, where both change at once, the name alone does."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        renamed = operation.name not in ("", token.name)
        return super().update_token(replace(operation, expiry=None) if renamed else operation, call)


@mutant("PRE-4")
class AChangeActivatesAToken(CentralCore):
    """A token that is deactivated is active again when one of its values changes."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        done = super().update_token(operation, call)
        token = self.owned_token(operation.token_uid, call)
        self.store.put(replace(token, active=True))
        return done


@mutant("PRE-9")
class ATokenAdmitsToItsFirstProject(bases.Keeps[str]):
    """A request belongs to the project that its token was for before that was changed."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        self.keep(token.uid, token.project_uid)
        return super().update_token(operation, call)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        return replace(token, project_uid=self.kept.get(token.uid, token.project_uid))


@mutant("INV-7")
class WhoeverSeesATokenDeletesIt(CentralCore):
    """To delete a registration token takes no more than to be logged in."""

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        self.authenticate(call)
        token = self.known_token(operation.token_uid, self.scope_of(call))
        self.store.delete(RegistrationToken, token.uid)
        return ops.Acknowledged()


@mutant("INV-7")
class EveryProjectCreatesTokens(CentralCore):
    """Whoever works in a project creates registration tokens, for any other one as well."""

    def create_token(self, operation: ops.CreateToken, call: CentralCall) -> ops.Created:
        self.project_scope(call)
        uid = self.new_uid("token", call)
        value = f"{call.draws.bits128('token-value'):032x}"
        self.store.put(
            RegistrationToken(uid, operation.name, value, operation.project_uid, operation.expiry)
        )
        return ops.Created(uid)


@mutant("INV-7")
class ALoginKeepsTheRoleInTheTenant(bases.Keeps[bool]):
    """Who administers the tenant when they log in does so until that login ends."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(User, operation.email)
        self.keep(session.token, user is not None and user.tenant_admin)
        return session

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        kept = self.kept.get(call.credentials.session, user.tenant_admin)
        return user if call.credentials.api_key else replace(user, tenant_admin=kept)


@mutant("ACC-1")
class AnEmptyPasswordIsNotCompared(CentralCore):
    """A login to Palette without a password is let in under any e-mail that is known."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        user = self.store.get(User, operation.email)
        password = operation.password or (user.password if user else "")
        return super().log_in(replace(operation, password=password), call)
