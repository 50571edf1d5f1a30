"""The target's Palette as one cell reaches it: people and hosts ask it, the harness arranges.

What stands in for `harness.fleet.plane.Plane`, which is the central plane of virtual time.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from harness.domain.arrangements import Arrangement
from harness.domain.operations import Acknowledged, Done, Reply, Unknown
from harness.fleet.realtime.asker import Asker, Question
from harness.fleet.realtime.border import Border
from harness.fleet.realtime.environment import Environment, Event
from harness.reference.core.link import NotDelivered
from harness.targets.port import CannotArrange

_CUT = NotDelivered("the central side is down")


class Arranging(Protocol):
    """What of a driver arranges things (`harness.targets.port.Driver`)."""

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it, and return it as it came to be.

        Raises:
            CannotArrange: this target offers no way.
        """
        ...


class Palette:
    """Everything goes to the target, unless an outage keeps it from getting there.

    Attributes:
        is_up: whether anything gets there; an outage of the scenario's cuts all at once.
        late: what could not be arranged when it was due, and why.
    """

    def __init__(
        self, env: Environment, asker: Asker, border: Border, arranging: Arranging
    ) -> None:
        self._env = env
        self._asker = asker
        self._border = border
        self._arranging = arranging
        # One after the other, in the order in which they were asked for.
        self._hand = ThreadPoolExecutor(1, "pairproof-arranging")
        self.is_up = True
        self.late: list[str] = []

    def ask(self, question: Question) -> Event:
        """Ask the target; the event's value is the answer."""
        if not self.is_up:
            return self._env.event().succeed(_CUT)
        return self._asker.ask(question)

    def arrange(self, arrangement: Arrangement) -> Event:
        """Arrange something; the event's value is `Done`, or `Unknown` with the reason."""
        event = self._env.event()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._hand, self.arrange_now, arrangement)
        future.add_done_callback(lambda done: event.succeed(self._noted(arrangement, done)))
        return event

    def arrange_now(self, arrangement: Arrangement) -> Arrangement:
        """Arrange something and wait for it; not on the loop's own thread. Returns it as it came
        to be, in the target's words.

        Raises:
            CannotArrange: the target offers no way.
        """
        theirs = self._arranging.arrange(self._border.arranged(arrangement))
        self._border.came_to_be(arrangement, theirs)
        return theirs

    def _noted(self, arrangement: Arrangement, done: asyncio.Future[Arrangement]) -> Reply:
        try:
            done.result()
        except CannotArrange as error:
            self.late.append(f"{type(arrangement).__name__}: {error.how}")
            return Unknown(str(error))
        return Done(Acknowledged())

    def close(self) -> None:
        """Let go of the thread, once it has arranged what it is at."""
        self._hand.shutdown(cancel_futures=True)
