"""The driver that calls an implementation in this process, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Feature
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, FaultEffect, Inventory
from harness.domain.errors import PairproofError, Reason, Refused
from harness.targets.port import CannotArrange, Exchange, LocalUser, Outgoing, TargetInfo

OPERATION_TIME = 1_000
"""What an operation costs in virtual time, in microseconds, so that no two are at once."""


class InProcessReference(Protocol):
    """Both sides in this process, as the reference has them."""

    local_user: tuple[str, str]

    def perform_local(
        self, host_uid: str, operation: ops.LocalOperation, credentials: ops.Credentials
    ) -> ops.Reply:
        """One operation at a host's Local UI."""

    def perform_central(
        self, operation: ops.CentralOperation | ops.AgentOperation, credentials: ops.Credentials
    ) -> ops.Reply:
        """One operation at Palette."""

    def arrange(self, arrangement: Arrangement) -> None:
        """Arrange what no user can."""

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        """What has come of a fault; `None` where that cannot be told."""

    def inventory(self) -> Inventory:
        """What a run may use."""

    def now(self) -> int:
        """Microseconds since the Unix epoch, in virtual time."""

    def advance(self, duration: int) -> None:
        """Let virtual time pass, with the agents at work."""

    def meanwhile(self, works: Sequence[Callable[[], None]]) -> None:
        """What others do while the next message that is delayed is under way."""

    def close(self) -> None:
        """Let go of what is held."""


class InprocessDriver:
    """Calls the implementation that it is handed; `limits` say how long things may take there."""

    name = "inprocess"

    def __init__(
        self, implementation: InProcessReference, info: TargetInfo, limits: Limits = Limits()
    ) -> None:
        self._implementation = implementation
        self.limits = limits
        self._start = implementation.now()
        self.info = info
        self.local_user = LocalUser(*implementation.local_user)

    def inventory(self) -> Inventory:
        return self._implementation.inventory()

    def send(self, outgoing: Outgoing) -> Exchange:
        implementation, operation = self._implementation, outgoing.operation
        credentials = outgoing.credentials
        try:
            implementation.advance(OPERATION_TIME)
            if isinstance(operation, ops.LocalOperation):
                host_uid = outgoing.host_uid
                return Exchange(implementation.perform_local(host_uid, operation, credentials))
            if isinstance(operation, ops.CentralOperation | ops.AgentOperation):
                return Exchange(implementation.perform_central(operation, credentials))
        except Exception as crash:  # noqa: BLE001 - a server would answer 500, and go on
            told = f"it broke down: {type(crash).__name__}: {crash}"
            return Exchange(Refused(Reason.INTERNAL, told))
        raise TypeError(f"{type(operation).__name__} is for neither side")

    def together(self, works: Sequence[Callable[[], None]]) -> None:
        """Do these in one stretch: others while a message of the first is delayed, or after."""
        first, *others = works
        left = list(others)

        def do_the_others() -> None:
            while left:
                left.pop(0)()

        self._implementation.meanwhile([do_the_others])
        first()
        self._implementation.meanwhile([])
        do_the_others()

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        try:
            self._implementation.arrange(arrangement)
        except PairproofError as error:
            raise CannotArrange(type(arrangement).__name__, str(error)) from error
        return arrangement

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        return self._implementation.seen(arrangement)

    def cannot(self, kind: type[Arrangement]) -> str:
        return ""

    def confirmation(self) -> None: ...

    def now(self) -> int:
        return self._implementation.now() - self._start

    def epoch(self) -> int:
        return self._implementation.now()

    def sleep(self, duration: int) -> None:
        self._implementation.advance(duration)

    def begin_scenario(self, scenario: str) -> None: ...

    def end_scenario(self, scenario: str) -> None: ...

    def close(self) -> None:
        self._implementation.close()


INPROCESS_FEATURES = frozenset(Feature) - {Feature.PAGES, Feature.SERVER_STEPS}
"""What can be shown without a page."""
