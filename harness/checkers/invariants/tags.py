"""Tags that a side has acknowledged, and what is read back of them later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.checkers.invariants.entities import NEVER
from harness.checkers.invariants.known import ObservedWorld
from harness.history.operation import FAIL, OK, Json, OperationRecord


@dataclass(slots=True, eq=False)
class _Change:
    """Tags that somebody has set, by count of the stream and, at its end, in microseconds."""

    operation: str
    tags: str
    start: int
    end: int = NEVER
    """Nobody knows, or not yet, whether it took effect: it may do so at any time."""
    at: int = 0

    def came_before(self, other: _Change) -> bool:
        """Whether the other one has surely taken its place."""
        return self.end < other.start


class TagChanges:
    """The last changes of the tags of clusters, by whatever names them: those that may count still.

    Of a cluster with nothing under way that is one, so that memory grows with clusters alone.
    """

    def __init__(self, known: ObservedWorld) -> None:
        self._known = known
        self._changes: dict[str, tuple[_Change, ...]] = {}

    def forget(self, about: str) -> None:
        """Something happened after which nobody knows."""
        self._changes.pop(about, None)

    def begins(self, about: str, operation: OperationRecord) -> None:
        """A change is about to be asked for."""
        tags = operation.args.get("tags")
        if about and isinstance(tags, dict) and tags:
            change = _Change(operation.id, _lines(tags), self._known.tick)
            self._changes[about] = (*self._changes.get(about, ()), change)

    def ended(self, about: str, operation: OperationRecord) -> None:
        """It was answered. What was refused was not done; what was not answered may have been."""
        changes = self._changes.get(about, ())
        mine = next((c for c in changes if c.operation == operation.id), None)
        if mine is None:
            return
        if operation.outcome is OK:
            mine.end, mine.at = self._known.tick, operation.end or operation.start
            changes = tuple(c for c in changes if not c.came_before(mine))
        elif operation.outcome is FAIL:
            changes = tuple(c for c in changes if c is not mine)
        self._changes[about] = changes

    def wait(self, about: str, until: int) -> None:
        """What was acknowledged may take effect only from then on, in microseconds."""
        for change in self._changes.get(about, ()):
            change.at = max(change.at, until)

    def undone(self, about: str, operation: OperationRecord, shown: Json, lag: int) -> str:
        """The acknowledged change of which the tags that are shown tell nothing, nor of any that
        may have come after it; empty where there is none. What is shown may be so far behind.
        """
        changes = self._changes.get(about, ())
        done = [c for c in changes if c.end < self._known.started]
        if not done or not isinstance(shown, dict):
            return ""
        if operation.start < max(c.at for c in done) + lag:
            return ""
        lines = frozenset(_lines(shown).splitlines())
        if any(lines.issuperset(c.tags.splitlines()) for c in changes):
            return ""
        return done[-1].operation


def _lines(tags: Mapping[str, Json]) -> str:
    return "\n".join(sorted(f"{key}={value}" for key, value in tags.items()))
