"""Planted defects: which registration tokens admit a cluster at the central side (PRE-4)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.operations import PairingId, SubmitPairing
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest
from harness.reference.core.store import Store
from harness.reference.planting import mutant

HOUR = 3_600_000_000


@mutant("PRE-4")
class TokenExpiresByTheWrongUnit(CentralCore):
    """A token's expiry is compared with a time in milliseconds, and so never comes."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now // 1000)


@mutant("PRE-4")
class TokenExpiresInAnotherTimeZone(CentralCore):
    """A token lasts an hour longer than it says, as if it were kept in local time."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - HOUR)


@mutant("PRE-4")
class TokenExpiresTwoHoursEarly(CentralCore):
    """A token admits nobody any more in the last two hours of its time."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now + 2 * HOUR)


@mutant("PRE-4")
class RevokedTokenStillAdmits(CentralCore):
    """A token that was deactivated still admits clusters until it expires."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        if token is not None and replace(token, active=True).why_unusable(now) is None:
            return token
        return super().usable_token(value, now)


@mutant("PRE-4")
class DeletedTokenIsRemembered(CentralCore):
    """A token that has admitted a request is remembered, and goes on when it is deleted."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._remembered: dict[str, RegistrationToken] = {}

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        kept = next(self.store.find(RegistrationToken, "value", value), None)
        remembered = self._remembered.get(value)
        if kept is None and remembered is not None:
            return remembered
        return self._remembered.setdefault(value, super().usable_token(value, now))


@mutant("PRE-4")
class KnownClusterNeedsNoToken(CentralCore):
    """A cluster that was admitted before is admitted again without a look at its token."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        self._admits_again = any(
            request.cluster.uid == operation.cluster.uid
            for request in self.store.every(PairingRequest)
        )
        return super().submit(operation, call)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        return token if token and self._admits_again else super().usable_token(value, now)


@mutant("PRE-4")
class BeginningOfATokenAdmits(CentralCore):
    """A token is looked up by the beginning that is given of it."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        found = [t for t in self.store.every(RegistrationToken) if t.value.startswith(value)]
        return super().usable_token(found[0].value if value and found else value, now)


@mutant("PRE-4")
class EndOfATokenIsCutOff(CentralCore):
    """What is given beyond the length of a token is cut off before it is looked up."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        found = [t for t in self.store.every(RegistrationToken) if value.startswith(t.value)]
        return super().usable_token(found[0].value if found else value, now)
