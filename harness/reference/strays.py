"""What a side that the harness plays could not make sense of, and what to do about each.

It came from the other side, or as its answer. Nothing that rests on it is judged: perhaps it is
the file that lacks something, and neither side.
"""

from __future__ import annotations

import re
import threading

_KEPT_MAX = 5
_OPAQUE = re.compile(r"(?=[^/]*\d)[^/]{16,}")
"""A part of a path that may be an id, or a secret."""
_PATH_MAX = 120


class StrayMessages:
    """The first few of them, counted. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, int] = {}
        self._others = 0

    def note(self, told: str) -> None:
        """Keep one, told in a sentence."""
        with self._lock:
            if told in self._kept or len(self._kept) < _KEPT_MAX:
                self._kept[told] = self._kept.get(told, 0) + 1
            else:
                self._others += 1

    def taken(self) -> tuple[str, ...]:
        """What has come since this was asked last."""
        with self._lock:
            kept, others = self._kept, self._others
            self._kept, self._others = {}, 0
        told = [f"{text} ({times} times)" if times > 1 else text for text, times in kept.items()]
        return (*told, f"and {others} others like that") if others else tuple(told)


def request_in_words(method: str, path: str) -> str:
    """A request as it may be told to anybody: without what identifies or proves something."""
    return f"{method[:16]} {_OPAQUE.sub('{…}', path)[:_PATH_MAX]}"
