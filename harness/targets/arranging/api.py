"""The way by the target's own published API, where that can do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, PutToken, RemoveToken
from harness.domain.errors import Refused
from harness.domain.token import RegistrationToken
from harness.targets.port import ArrangingFailed, CannotArrange, Exchange, Outgoing

ABLE: Final[tuple[type[Arrangement], ...]] = (PutToken, RemoveToken)
"""What this way does by the published operations."""

_A_WHILE: Final = 3_600_000_000
"""How long a token lasts that is made to expire, in microseconds."""


class TokenApi:
    """Creates and removes registration tokens as a tenant's administrator does."""

    name = "api"

    def __init__(
        self,
        send: Callable[[Outgoing], Exchange],
        epoch: Callable[[], int],
        admin: ops.Credentials | None,
    ) -> None:
        """`admin` is who may create tokens; `epoch` tells the target's time in microseconds."""
        self._send = send
        self._epoch = epoch
        self._admin = admin
        self._made: dict[str, RegistrationToken] = {}

    def cannot(self, kind: type[Arrangement]) -> str:
        """Whether this way does not do it, or nobody may."""
        if kind not in ABLE:
            return "it arranges registration tokens alone"
        if self._admin is None:
            return "nobody is named who may create registration tokens: add [central.admin]"
        return ""

    def seen(self, arrangement: Arrangement) -> None: ...

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Create, change or delete a token.

        Raises:
            CannotArrange: the API cannot do this.
            ArrangingFailed: an operation did not succeed.
        """
        why = self.cannot(type(arrangement))
        if why:
            raise CannotArrange(type(arrangement).__name__, why)
        match arrangement:
            case PutToken(token) if token.uid in self._made:
                return PutToken(self._changed(token))
            case PutToken(token):
                return PutToken(self._created(token))
            case RemoveToken(uid):
                self._ask(arrangement, ops.DeleteToken(uid))
                self._made.pop(uid, None)
        return arrangement

    def _created(self, token: RegistrationToken) -> RegistrationToken:
        asked, expiry = PutToken(token), token.expiry
        expired = token.has_expired(self._epoch())
        if expired:
            expiry = self._epoch() + _A_WHILE
        made = self._ask(asked, ops.CreateToken(token.name, token.project_uid, expiry))
        if not isinstance(made, ops.TokenUid):
            raise ArrangingFailed("PutToken", "CreateToken was not answered with a uid")
        if expired:
            self._expire(made.uid, token)
        if not token.active:
            self._ask(asked, ops.SetTokenState(made.uid, active=False))
        seen = self._ask(asked, ops.ViewToken(made.uid))
        if not isinstance(seen, RegistrationToken) or not seen.value.strip():
            raise ArrangingFailed("PutToken", "ViewToken does not tell the token's value")
        if (seen.project_uid, seen.active) != (token.project_uid, token.active):
            raise ArrangingFailed("PutToken", "ViewToken shows another project or state than asked")
        if seen.has_expired(self._epoch()) is not expired:
            raise ArrangingFailed("PutToken", "ViewToken shows another expiry than asked")
        self._made[seen.uid] = seen
        return seen

    def _expire(self, uid: str, token: RegistrationToken) -> None:
        """Give a new token an expiry that is over; where that cannot be, there is none."""
        try:
            change = ops.UpdateToken(uid, token.name, token.project_uid, token.expiry)
            self._ask(PutToken(token), change)
        except ArrangingFailed as failed:
            self._ask(PutToken(token), ops.DeleteToken(uid))
            why = f"a token that has expired already cannot be had through the API: {failed.how}"
            raise CannotArrange("PutToken", why) from failed

    def _changed(self, token: RegistrationToken) -> RegistrationToken:
        known, asked = self._made[token.uid], PutToken(token)
        if token.expiry != known.expiry:
            change = ops.UpdateToken(token.uid, token.name, token.project_uid, token.expiry)
            self._ask(asked, change)
            seen = self._ask(asked, ops.ViewToken(token.uid))
            if not isinstance(seen, RegistrationToken) or seen.expiry != token.expiry:
                raise ArrangingFailed("PutToken", "ViewToken shows another expiry than asked")
        self._ask(asked, ops.SetTokenState(token.uid, token.active))
        self._made[token.uid] = token
        return token

    def _ask(self, arrangement: Arrangement, operation: ops.CentralOperation) -> ops.Value:
        assert self._admin is not None
        reply = self._send(Outgoing(operation, self._admin, correlation="arrange")).reply
        if isinstance(reply, ops.Done):
            return reply.value
        why = reply.message if isinstance(reply, Refused) else getattr(reply, "why", "no answer")
        asked = type(operation).__name__
        raise ArrangingFailed(type(arrangement).__name__, f"{asked}: {why}")
