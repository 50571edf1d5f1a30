"""All cells in this process."""

from __future__ import annotations

from harness.fleet.crew.orders import Answer, Hand, Order
from harness.fleet.crew.station import Station
from harness.fleet.port import Job, MakeCell


class LocalHand:
    """Does at once what it is told."""

    def __init__(self, job: Job, make: MakeCell) -> None:
        self._station = Station(job, make)
        self._answers: list[Answer] = []

    def ask(self, order: Order) -> None:
        """Carry it out."""
        self._answers.append(self._station.carry_out(order))

    def answer(self) -> Answer:
        """What came of it."""
        return self._answers.pop()

    def dismiss(self) -> None:
        """Let go of the cells."""
        self._station.close()


class LocalTransport:
    """One hand, here."""

    def __init__(self, make: MakeCell) -> None:
        self._make = make

    @property
    def hands(self) -> int:
        """One."""
        return 1

    def hire(self, job: Job, place: int) -> Hand:
        """The hand."""
        return LocalHand(job, self._make)

    def close(self) -> None:
        """Nothing is held."""
