"""Waiting for an answer, but not for ever: one event a question, and one timer a caller.

SimPy's own way, `AnyOf` of an event and a timeout, makes three objects and leaves the timeout
in the queue until it is due. Here a caller's timer is armed once and re-armed only when it goes
off: it then looks by when the present question has to be answered. It ranks after an answer
that is due at the same time. A late answer finds its question closed and reaches nobody.
"""

from __future__ import annotations

from typing import Final, cast

import simpy
from simpy.events import NORMAL, Event, EventPriority

_LAST: Final = cast(EventPriority, NORMAL + 1)
"""After everything else that is due at the same time."""


class Question(Event):
    """What a process waits for: its value is the answer, or `None` when none came in time."""

    __slots__ = ("due",)

    def __init__(self, env: simpy.Environment, due: int) -> None:
        self.env = env
        self.callbacks = []
        self.due = due

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered, and its time is not up."""
        return not self.triggered

    def answer(self, value: object, delay: int = 0) -> bool:
        """The answer comes after `delay` microseconds; whether that is in time."""
        if self.triggered or self.env.now + delay > self.due:
            return False
        self._ok = True
        self._value = value
        self.env.schedule(self, NORMAL, delay)
        return True

    def spoil(self, value: object) -> None:
        """What is on its way turns into this, unless it has arrived."""
        if self.triggered and not self.processed:
            self._value = value


class Deadline:
    """The deadlines of one caller, who asks one question at a time. Times in microseconds."""

    __slots__ = ("_due", "_env", "_question", "_timer")

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._question: Question | None = None
        self._timer: Event | None = None
        self._due = 0

    def ask(self, within: int) -> Question:
        """A question that has to be answered within so long. The one before is closed."""
        due = int(self._env.now) + within
        question = self._question = Question(self._env, due)
        if self._timer is None or self._due > due:
            self._arm(due)
        return question

    def close(self) -> None:
        """The question was answered, or given up: nothing of it is kept."""
        self._question = None

    def _arm(self, due: int) -> None:
        timer = Event(self._env)
        timer._ok, timer._value = True, None
        timer.callbacks.append(self._goes_off)
        self._timer, self._due = timer, due
        self._env.schedule(timer, _LAST, due - self._env.now)

    def _goes_off(self, timer: Event) -> None:
        if timer is not self._timer:
            return  # an earlier one was armed in its place
        self._timer, question = None, self._question
        if question is None or not question.is_open:
            return
        if question.due <= self._env.now:
            question.answer(None)
        else:
            self._arm(question.due)
