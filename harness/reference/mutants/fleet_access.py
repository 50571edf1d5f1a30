"""Defects of the central side with rights, reads and load, which only a fleet gives away.

They need many clusters at once, time, a clock that jumps, or people who lose what they may.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from harness.domain.draws import Draws
from harness.domain.errors import Refused
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    AgentOperation,
    CentralOperation,
    Credentials,
    Done,
    PollAnswer,
    PollPairing,
)
from harness.domain.permission import PairPermission
from harness.domain.token import RegistrationToken
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest, User
from harness.reference.core.store import Store
from harness.reference.mutants.fleet_bases import MINUTE, SECOND, Timed
from harness.reference.planting import Lane, Nemesis, mutant

# --- only who may (INV-7) -----------------------------------------------------------------------


@mutant("INV-7", lane=Lane.FLEET, plot="permission-churn")
class PermissionOftenUsedIsKept(Timed):
    """A permission that was used three times is not looked up again for ten minutes."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.uses: dict[tuple[str, PairPermission, str], int] = {}
        self.until: dict[tuple[str, PairPermission, str], int] = {}

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        key = user.email, permission, scope
        if self.now < self.until.get(key, 0):
            return True
        held = super().holds(user, permission, scope)
        if held:
            self.uses[key] = self.uses.get(key, 0) + 1
            if self.uses[key] % 3 == 0:
                self.until[key] = self.now + 10 * MINUTE
        return held


@mutant("INV-7", lane=Lane.FLEET, plot="token-midnight")
class TokenOftenUsedIsKept(Timed):
    """A registration token that has admitted two hosts is not looked up for ten minutes."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.uses: dict[str, int] = {}
        self.kept: dict[str, tuple[int, RegistrationToken]] = {}

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        until, kept = self.kept.get(value, (0, None))
        if kept is not None and now < until:
            return kept
        token = super().usable_token(value, now)
        self.uses[value] = self.uses.get(value, 0) + 1
        if self.uses[value] % 2 == 0:
            self.kept[value] = now + 10 * MINUTE, token
        return token


@mutant("INV-7", lane=Lane.FLEET, plot="clock-skew", nemesis=Nemesis.CLOCK)
class TokenIgnoresAJumpOfTheClock(Timed):
    """A jump of the clock is taken for a slip, and tokens last so much longer."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.ignored = 0

    def perform(
        self,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> Done | Refused:
        if self.now and MINUTE < now - self.now < 10 * MINUTE:
            self.ignored += now - self.now
        return super().perform(operation, credentials, now, draws)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - self.ignored)


# --- one order (INV-8) --------------------------------------------------------------------------


@mutant("INV-8", lane=Lane.FLEET, plot="swarm")
class HostsReadFromAReplica(Timed):
    """What a host polls of a request that is a minute old is half a minute behind."""

    def poll(self, operation: PollPairing, call: CentralCall) -> PollAnswer:
        request = self.own_request(operation, call.now)
        at, _, before = self.stepped.get(request.pairing_uid, (-MINUTE, None, request))
        is_behind = self.now < at + 30 * SECOND and at > request.created + MINUTE
        return self._poll_answer(before if is_behind else request)


@mutant("INV-8", lane=Lane.FLEET, plot="overload")
class CrowdedDecisionIsNotWritten(Timed):
    """While many hosts ask, an acceptance of what has waited is answered, and not written."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.lately: deque[tuple[int, str]] = deque()

    def poll(self, operation: PollPairing, call: CentralCall) -> PollAnswer:
        self.lately.append((call.now, operation.pairing_uid))
        return super().poll(operation, call)

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        while self.lately and self.lately[0][0] < call.now - 2 * SECOND:
            self.lately.popleft()
        before = self.store.get(PairingRequest, operation.pairing_uid)
        accepted = super().accept(operation, call)
        crowded = len({uid for _, uid in self.lately}) >= 3
        if before is not None and crowded and self.is_older(before, 20 * SECOND):
            self.store.put(replace(before))
        return accepted
