"""What hands are told and what they answer: plain data, for any process on any machine.

A hand has some of the cells and runs them. It is told one thing at a time, and answers each.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from harness.fleet.port import CellOutcome, Job, WindowReport


class Window(msgspec.Struct, frozen=True, array_like=True):
    """A window that was run, with the grant of each cell that it is told to, in their order."""

    until: int
    grants: list[int]


class Make(msgspec.Struct, frozen=True, tag=True):
    """Make these cells, and run them through the windows that are past. Answered by `Reports`."""

    cells: list[int]
    past: list[Window] = []


class Go(msgspec.Struct, frozen=True, tag=True):
    """Run the cells through one more window. Answered by `Reports`."""

    window: Window


class Finish(msgspec.Struct, frozen=True, tag=True):
    """Close the cells, of a run that got to its end or not. Answered by `Outcomes`."""

    whole: bool


class Reports(msgspec.Struct, frozen=True, tag=True):
    """What cells say at the end of a window: those that were run in it, in order.

    After `Make` it is the last report of each cell that has been run at all.
    """

    cells: list[int]
    reports: list[WindowReport]


class Outcomes(msgspec.Struct, frozen=True, tag=True):
    """What is left of the cells, in order."""

    outcomes: list[CellOutcome]


class WorkFailed(msgspec.Struct, frozen=True, tag=True):
    """It cannot be done, for a reason that a person can do something about."""

    message: str


Order = Make | Go | Finish
Answer = Reports | Outcomes | WorkFailed

ENCODER: Final = msgspec.msgpack.Encoder()
ORDERS: Final[msgspec.msgpack.Decoder[Order]] = msgspec.msgpack.Decoder(Order)
ANSWERS: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)


class WorkerHandle(Protocol):
    """One of the crew: whatever runs some of the cells, wherever it is."""

    def ask(self, order: Order) -> None:
        """Tell it what to do. What it was told before is answered.

        Raises:
            WorkerLost: it is not there any more.
        """

    def answer(self) -> Answer:
        """Wait for its answer.

        Raises:
            WorkerLost: it is not there any more.
        """

    def dismiss(self) -> None:
        """Let it go, whatever it is doing. May be called again, or after it was lost."""


class Transport(Protocol):
    """Where hands come from."""

    @property
    def handles(self) -> int:
        """How many share the cells at most."""

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        """A hand for this place, from 0, with no cells so far.

        Raises:
            WorkerLost: it was lost at once.
            PoolError: there is none to be had.
        """

    def close(self) -> None:
        """Let go of all that was held for the hands."""
