"""A driver around another one: whatever it does not see to itself, the other does."""

from __future__ import annotations

from harness.domain.arrangements import Arrangement, Inventory
from harness.targets.port import Confirmation, Driver, Exchange, Outgoing


class DriverAround:
    """Hands everything on, for subclasses that take part in some of it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.name = driver.name
        self.info = driver.info
        self.local_user = driver.local_user

    def inventory(self) -> Inventory:
        """What the target has for a run to use."""
        return self._driver.inventory()

    def send(self, outgoing: Outgoing) -> Exchange:
        """Carry out one operation."""
        return self._driver.send(outgoing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange what no user can; see `Driver.arrange` for what it raises."""
        return self._driver.arrange(arrangement)

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why nothing of this kind can be arranged; empty if it can."""
        return self._driver.cannot(kind)

    def confirmation(self) -> Confirmation | None:
        """What a person has confirmed since this was asked last, if anything."""
        return self._driver.confirmation()

    def now(self) -> int:
        """Microseconds since the driver was made."""
        return self._driver.now()

    def epoch(self) -> int:
        """The target's idea of now."""
        return self._driver.epoch()

    def sleep(self, duration: int) -> None:
        """Let time pass."""
        self._driver.sleep(duration)

    def close(self) -> None:
        """Let go of connections."""
        self._driver.close()
