"""The time of a cell: its clock, and waiting for an answer, but not for ever.

Time is virtual, in microseconds, and SimPy lets it pass. Its own way of waiting, `AnyOf` of an
event and a timeout, makes three objects and leaves the timeout in the queue until it is due. Here
all who wait equally long share one timer: what was asked first has to be answered first, so it is
armed for the oldest open question alone, and most are answered long before it gets to them. It
ranks after an answer that is due at the same time. A late answer finds its question closed and
reaches nobody.

Events and their time are read from SimPy's own fields: its properties are calls, of which this
would make a hundred for each pairing of a fleet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar, cast

import simpy
from simpy.core import Infinity
from simpy.events import NORMAL, PENDING, Event, EventPriority

from harness.domain.operations import Acknowledged, Done, Reply, Unknown
from harness.reference.core.link import LinkReply, NotDelivered

Result = TypeVar("Result")
Step = Generator[simpy.Event, Any, Result]
"""A part of a SimPy process; what an event brings is for whoever waits to know."""
Ended = simpy.Event | LinkReply
"""How something has ended, or the event that will tell."""
HAPPENED: Final = Done(Acknowledged())

_LAST: Final = cast(EventPriority, NORMAL + 1)
"""After everything else that is due at the same time."""


def when(event: Event, act: Callable[[Any], object]) -> None:
    """Do something with the value of an event once it has happened."""
    if event.processed:
        act(event.value)
        return

    def happens(happened: Event) -> None:
        act(happened.value)

    event.callbacks.append(happens)


def as_reply(reply: LinkReply) -> Reply:
    """What somebody hears who asked over a link: of what was not delivered, that nobody knows."""
    return Unknown(reply.why) if isinstance(reply, NotDelivered) else reply


class CellClock:
    """Tells the time since the run began; for both sides of the reference that is the date.

    Where `is_stopped`, nothing happens any more, whatever may be due.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.is_stopped = False

    def now(self) -> int:
        # Not `now`, a property, which is one more call: a fleet asks sixty times a pairing.
        return self._env._now  # type: ignore[return-value]  # nothing here waits for fractions

    def sleep(self, duration: int) -> None:
        raise AssertionError("a cell's time passes by events only")

    def pass_until(self, until: int) -> int:
        """Let everything happen that is due before `until`. Returns how many events it was.

        SimPy's `run` would do, but that its end is an event of its own and leaves the time there.
        """
        env, events = self._env, 0
        while not self.is_stopped and env.peek() < until:
            env.step()
            events += 1
        return events

    def next_event(self) -> int | None:
        """When something happens next, if anything does."""
        coming = Infinity if self.is_stopped else self._env.peek()
        return None if coming == Infinity else int(coming)


class PendingReply(Event):
    """What a process waits for: its value is the answer, or `None` when none came in time."""

    __slots__ = ("due",)

    def __init__(self, env: simpy.Environment, due: int) -> None:
        self.env = env
        self.callbacks = []
        self.due = due

    def answer(self, value: object, delay: int = 0) -> bool:
        """The answer comes after `delay` microseconds; whether that is in time."""
        if self._value is not PENDING or self.env._now + delay > self.due:
            return False
        self._ok = True
        self._value = value
        self.env.schedule(self, NORMAL, delay)
        return True

    def spoil(self, value: object) -> None:
        """What is on its way turns into this, unless it has arrived."""
        if self.triggered and not self.processed:
            self._value = value


class Deadlines:
    """Questions that have to be answered within the same time, in microseconds."""

    __slots__ = ("_asked", "_env", "_is_armed", "_within")

    def __init__(self, env: simpy.Environment, within: int) -> None:
        self._env = env
        self._within = within
        self._asked: deque[PendingReply] = deque()
        self._is_armed = False

    def ask(self) -> PendingReply:
        """A question to which the answer has so much time from now on."""
        due: int = self._env._now + self._within  # type: ignore[assignment]
        question = PendingReply(self._env, due)
        self._asked.append(question)
        if not self._is_armed:
            self._arm(due)
        return question

    def _arm(self, due: int) -> None:
        self._is_armed = True
        timer = Event(self._env)
        timer._ok, timer._value = True, None
        timer.callbacks.append(self._goes_off)
        self._env.schedule(timer, _LAST, due - self._env.now)

    def _goes_off(self, _: Event) -> None:
        asked, now = self._asked, self._env._now
        while asked and (asked[0]._value is not PENDING or asked[0].due <= now):
            # To an answered one, this is no answer any more.
            asked.popleft().answer(None)
        self._is_armed = bool(asked)
        if asked:
            self._arm(asked[0].due)
