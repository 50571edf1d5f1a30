"""A driver of another package as a run uses it, with the side that it does not reach beside it.

Where the target plays one side only, the other one is played by the harness, as for a target file:
what people do there, and what is arranged there, goes to that side, and all else to the package's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from harness.catalogue.limits import Limits
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, FaultEffect, Heard, Inventory, Side, side_of
from harness.domain.errors import PairproofError
from harness.targets import port
from harness.targets.http import HttpDriver, side_asked
from harness.targets.peer_table import Peer
from harness.targets.target import Host, Target, TargetSlot
from harness.targets.trust import Trust

_TURN_S: Final = 60.0
"""So long a driver may be at something else before it is taken to have broken down."""


def target_of(name: str, driver: port.Driver) -> Target:
    """What a target file would say of what the driver `name` reaches, but for addresses.

    Raises `TargetUnusable`: it says too little of a side.
    """
    info, inventory = driver.info, driver.inventory()
    edge, central = (info.plays(side) for side in (Side.EDGE, Side.CENTRAL))
    if edge and not inventory.slots:
        raise _says_too_little(name, "the edge", "slot for a cluster")
    if central and not inventory.endpoint:
        raise _says_too_little(name, "the central side", "endpoint for operators to enter")
    places = (
        TargetSlot(slot.uid, tuple(Host(host, "") for host in slot.host_uids))
        for slot in (inventory.slots if edge else ())
    )
    return Target(
        info if info.name else replace(info, name=name),
        tuple(places),
        driver.local_user,
        central_url=inventory.endpoint if central else "",
        endpoint=inventory.endpoint if central else "",
        endpoint_forms=inventory.endpoint_forms if central else {},
        trust=getattr(driver, "trust", Trust()),
        peer=getattr(driver, "peer", Peer()),
    )


def _says_too_little(name: str, side: str, what: str) -> port.TargetUnusable:
    return port.TargetUnusable(
        f"the target of the driver {name} plays {side}, and its inventory has no {what};"
        " whoever makes the driver can add one, or correct info.roles"
    )


class PluggedDriver(port.DriverAround):
    """Asks a driver of another package, no more at once than it bears, and survives its defects.

    Attributes:
        target: what a target file would say of it.
        peer: describes the side that the harness plays.
        carries: whether the messages of edge hosts that the harness plays go through it.
        at_once: how many operations it may be asked at once.
    """

    def __init__(
        self,
        name: str,
        driver: port.Driver,
        target: Target,
        peer: Target | None = None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        """`name` is what it is opened by; `closing` is called last when it is closed."""
        super().__init__(driver)
        self.name = name
        self.target = target
        self.info = target.info
        self.limits: Limits = getattr(driver, "limits", target.limits)
        self.secrets: tuple[tuple[str, str], ...] = getattr(driver, "secrets", ())
        self.arranging = getattr(driver, "arranging", None)
        self.carries: bool = getattr(driver, "carries", False)
        self.at_once: int = getattr(driver, "at_once", 1)
        self.peer = peer
        if type(self.at_once) is not int or self.at_once < 1:
            told = f"the driver {name} bears {self.at_once!r} operations at once"
            raise port.TargetUnusable(f"{told}; at_once is a whole number of at least 1")
        self._turn = threading.BoundedSemaphore(self.at_once)
        self._broken = ""
        """Why it can be asked nothing until the next scenario."""
        self._closing = closing
        self._played = peer.sides if peer else frozenset[Side]()
        self._beside = HttpDriver(target, peer=peer) if peer else None
        if peer and self._beside:
            self.info = replace(target.info, not_offered=self._not_offered(peer))
            self.local_user = self._beside.local_user
            self.secrets += self._beside.secrets

    def _not_offered(self, peer: Target) -> dict[type[ops.Operation], str]:
        """What either side does not have."""
        own = {k: w for k, w in self.info.not_offered.items() if side_asked(k) not in peer.sides}
        played = peer.info.not_offered.items()
        return own | {k: why for k, why in played if side_asked(k) in peer.sides}

    @property
    def ways(self) -> Sequence[port.Arranger]:
        """How the target's own side is arranged: by ways that the driver names, or by itself."""
        return (self.arranging and self.arranging.ways) or (self._driver,)

    def is_of_peer(self, arrangement: Arrangement) -> bool:
        """Whether it concerns but the side that the harness plays."""
        return self._other(*side_of(arrangement)) is not None

    def _other(self, *sides: Side) -> HttpDriver | None:
        """What reaches the side that the harness plays, if that one alone is concerned."""
        return self._beside if self._played.issuperset(sides) else None

    def inventory(self) -> Inventory:
        own, beside = self._driver.inventory(), self._beside
        if beside is None:
            return own
        return (
            beside.inventory()
            if Side.EDGE in self._played
            else replace(beside.inventory(), slots=own.slots)
        )

    def send(self, outgoing: port.Outgoing) -> port.Exchange:
        if other := self._other(side_asked(type(outgoing.operation))):
            return other.send(outgoing)
        if self._broken:
            return port.Exchange(ops.Unknown(self._broken))
        try:
            with self._its_turn():
                came: object = self._driver.send(outgoing)
        except PairproofError:
            raise
        except Exception as crash:  # noqa: BLE001 - whatever it is, nobody knows what happened
            return port.Exchange(ops.Unknown(self._broke_down(crash)))
        if isinstance(came, port.Exchange) and isinstance(came.reply, ops.Reply):
            return came
        what = type(getattr(came, "reply", came)).__name__
        return port.Exchange(
            ops.Unknown(f"the driver {self.name} answers with {what}, which is no reply")
        )

    def would_write(self, outgoing: port.Outgoing) -> None:
        """Write what the harness would send itself; whether the driver writes, it alone knows."""
        if other := self._other(side_asked(type(outgoing.operation))):
            other.would_write(outgoing)

    def ask(self, outgoing: port.Outgoing, within_s: float) -> port.Exchange:
        """Ask once; how long that takes is the driver's own affair."""
        return self.send(outgoing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        if other := self._other(*side_of(arrangement)):
            return other.arrange(arrangement)
        with self._arranging(arrangement):
            return self._driver.arrange(arrangement)

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        if other := self._other(*side_of(arrangement)):
            return other.seen(arrangement)
        with self._arranging(arrangement):
            return self._driver.seen(arrangement)

    @contextmanager
    def _arranging(self, arrangement: Arrangement) -> Iterator[None]:
        what = type(arrangement).__name__
        if self._broken:
            raise port.ArrangingFailed(what, self._broken)
        try:
            with self._its_turn():
                yield
        except PairproofError:
            raise
        except Exception as crash:
            raise port.ArrangingFailed(what, self._broke_down(crash)) from crash

    def cannot(self, kind: type[Arrangement]) -> str:
        other = self._other(*kind.sides)
        return other.cannot(kind) if other else self._driver.cannot(kind)

    def take_heard(self) -> Heard:
        beside = self._beside.take_heard() if self._beside else Heard()
        return super().take_heard() + beside

    def begin_scenario(self, scenario: str) -> None:
        self._broken = ""
        self._tell(self._driver.begin_scenario, scenario)

    def end_scenario(self, scenario: str) -> None:
        self._tell(self._driver.end_scenario, scenario)

    def _tell(self, hear: Callable[[str], None], scenario: str) -> None:
        """Who cannot hear of a scenario can tell nothing in it."""
        try:
            with self._its_turn():
                hear(scenario)
        except Exception as crash:  # noqa: BLE001 - the next scenario may go well
            self._broken = self._broke_down(crash)

    @contextmanager
    def _its_turn(self) -> Iterator[None]:
        """Whoever waits for a driver that does not come back gives it up at last."""
        if not self._turn.acquire(timeout=_TURN_S):
            raise TimeoutError(f"it was at something else for {_TURN_S:g} s")
        try:
            yield
        finally:
            self._turn.release()

    def _broke_down(self, crash: Exception) -> str:
        return f"the driver {self.name} broke down: {type(crash).__name__}: {crash}"

    def close(self) -> None:
        if self._beside:
            self._beside.close()
        self._driver.close()
        closing, self._closing = self._closing, lambda: None
        closing()
