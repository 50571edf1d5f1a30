"""What a side that the harness plays heard of the other one, and what it could not make sense of.

It came from the other side, or as its answer. Nothing that rests on what was not understood is
judged: perhaps it is the file that lacks something, and neither side. What was understood is kept
for who reads the evidence of one side, and could see nothing of the other.
"""

from __future__ import annotations

import re
import threading

from harness.domain.arrangements import Heard

_STRAYS_MAX = 5
_MESSAGES_MAX = 60
_OPAQUE = re.compile(r"(?=[^/]*\d)[^/]{16,}")
"""A part of a path that may be an id, or a secret."""
_PATH_MAX = 120


class HeardMessages:
    """The first few strays, counted, and the last messages. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._strays: dict[str, int] = {}
        self._others = 0
        self._messages: list[tuple[str, int]] = []
        self._left_out = 0

    def note_stray(self, told: str) -> None:
        """Keep one that was not understood, told in a sentence."""
        with self._lock:
            if told in self._strays or len(self._strays) < _STRAYS_MAX:
                self._strays[told] = self._strays.get(told, 0) + 1
            else:
                self._others += 1

    def note(self, told: str) -> None:
        """Keep one that was answered; equal ones that follow each other are counted."""
        with self._lock:
            if self._messages and self._messages[-1][0] == told:
                self._messages[-1] = (told, self._messages[-1][1] + 1)
                return
            self._messages.append((told, 1))
            if len(self._messages) > _MESSAGES_MAX:
                self._left_out += self._messages.pop(0)[1]

    def taken(self) -> Heard:
        """What has come since this was asked last."""
        with self._lock:
            strays, others = self._strays, self._others
            messages, left_out = self._messages, self._left_out
            self._strays, self._others = {}, 0
            self._messages, self._left_out = [], 0
        told = [_counted(*stray) for stray in strays.items()]
        told += [f"and {others} others like that"] if others else []
        before = [f"{left_out} earlier ones are left out"] if left_out else []
        return Heard(tuple(told), (*before, *(_counted(*message) for message in messages)))


def _counted(told: str, times: int) -> str:
    return f"{told} ({times} times)" if times > 1 else told


def request_in_words(method: str, path: str) -> str:
    """A request as it may be told to anybody: without what identifies or proves something."""
    return f"{method[:16]} {_OPAQUE.sub('{…}', path)[:_PATH_MAX]}"
