"""Registration tokens, as administrators manage them."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.domain.permission import TENANT
from harness.domain.token import RegistrationToken
from harness.reference.core.central.access import AccessRules, CentralCall
from harness.reference.core.records import (
    Project,
)


class TokenRules(AccessRules):
    """Registration tokens."""

    def list_tokens(self, operation: ops.ListTokens, call: CentralCall) -> ops.TokenList:
        """The registration tokens that can be seen from the scope."""
        self.authenticate(call)
        scope = self.scope_of(call)
        tokens = self.store.every(RegistrationToken)
        return ops.TokenList(tuple(t for t in tokens if self.belongs(t.project_uid, scope)))

    def view_token(self, operation: ops.ViewToken, call: CentralCall) -> RegistrationToken:
        """One registration token."""
        self.authenticate(call)
        return self.known_token(operation.token_uid, self.scope_of(call))

    def create_token(self, operation: ops.CreateToken, call: CentralCall) -> ops.TokenUid:
        """A new registration token; creating one is a matter of the tenant."""
        user = self.authenticate(call)
        if not user.tenant_admin or self.scope_of(call) != TENANT:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin creates registration tokens")
        if self.store.get(Project, operation.project_uid) is None:
            raise Refusal(Reason.INVALID_INPUT, f"there is no project {operation.project_uid}")
        uid = f"{call.draws.bits128('token-uid') >> 32:024x}"
        value = f"{call.draws.bits128('token-value'):032x}"
        self.store.put(
            RegistrationToken(uid, operation.name, value, operation.project_uid, operation.expiry)
        )
        return ops.TokenUid(uid)

    def set_token_state(self, operation: ops.SetTokenState, call: CentralCall) -> ops.Acknowledged:
        """Activate or deactivate a registration token."""
        token = self.owned_token(operation.token_uid, call)
        self.store.put(replace(token, active=operation.active))
        return ops.Acknowledged()

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        """Delete a registration token."""
        token = self.owned_token(operation.token_uid, call)
        self.store.delete(RegistrationToken, token.uid)
        return ops.Acknowledged()

    def owned_token(self, uid: str, call: CentralCall) -> RegistrationToken:
        """A token that the caller may change."""
        user = self.authenticate(call)
        if not user.tenant_admin:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin changes registration tokens")
        return self.known_token(uid, self.scope_of(call))

    def known_token(self, uid: str, scope: str) -> RegistrationToken:
        """The token of this uid, if it can be seen from the scope."""
        token = self.store.get(RegistrationToken, uid)
        if token is None or not self.belongs(token.project_uid, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no registration token {uid}")
        return token
