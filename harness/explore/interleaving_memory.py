"""What the invariants remember of what has happened, as a number.

After two histories of one number they judge alike whatever is to come, so that a walk need not
tell them apart. The number is found by showing a history to the invariants event by event, and
reading what they hold then (`remembered`); what a further stretch leads to is found only once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from harness.checkers.invariants.remembered import remembered
from harness.checkers.invariants.stream import Bounds, Watch
from harness.explore.interleaving_events import PASSED, EventLog, Events, Replay

_LIVE_MAX = 256
"""So many watches are kept as they are, so that they need not be shown all of it again."""


@dataclass(slots=True)
class _Shown:
    """A watch with what it was shown, and which invariants did not hold."""

    watch: Watch
    replay: Replay
    broken: set[str] = field(default_factory=set)

    def show(self, events: Events) -> None:
        """Show it some more."""
        for number in events:
            record = self.replay.take(number)
            if record is None:
                continue
            if record.end is None:
                self.watch.invoked(record)
            else:
                self.broken.update(found.invariant for found in self.watch.ended(record))

    def remembers(self) -> Hashable:
        """All on which may depend what it finds in what is to come, and that it has found."""
        under_way = [record for record in self.replay.records.values() if record.end is None]
        return remembered(self.watch, self.replay.now, under_way), frozenset(self.broken)


class InterleavingMemory:
    """Numbers what some invariants remember, for histories from one log."""

    def __init__(self, log: EventLog, invariants: Iterable[str], bounds: Bounds) -> None:
        self._log, self._invariants, self._bounds = log, tuple(invariants), bounds
        self._numbers: dict[Hashable, int] = {}
        self._first: list[Events] = []
        """The first history of each number."""
        self._live: dict[int, _Shown] = {}
        self._known: dict[Events, int] = {}
        self._after: dict[tuple[int, Events], int] = {}
        self._known[()] = self._number_of((), _Shown(Watch(self._invariants, bounds), Replay(log)))

    def of(self, events: Events) -> tuple[int, Events]:
        """What is remembered of a history that is not over, as a value.

        Its last events stand apart as long as others may take their place among them.
        """
        last = self._last(events)
        return self.of_whole(events[: len(events) - last]), events[len(events) - last :]

    def of_whole(self, events: Events) -> int:
        """The number of what is remembered of a history to which no event is added."""
        found = self._known.get(events)
        if found is None:
            found = self._known[events] = self._step(*self.of(events))
        return found

    def _last(self, events: Events) -> int:
        """How many events at the end may have come in any order: all are invocations, or ends."""
        kinds = self._log.events
        last = kinds[events[-1]].kind if events else PASSED
        count = 0
        while count < len(events) and kinds[events[-1 - count]].kind == last:
            count += 1
            if last == PASSED:
                break
        return count

    def _step(self, number: int, events: Events) -> int:
        """What is remembered after these events, one stretch, where it was this number before."""
        after = self._after.get((number, events))
        if after is None:
            shown = self._live.pop(number, None) or self._again(number)
            shown.show(events)
            after = self._number_of((*self._first[number], *events), shown)
            self._after[number, events] = after
        return after

    def _again(self, number: int) -> _Shown:
        shown = _Shown(Watch(self._invariants, self._bounds), Replay(self._log))
        shown.show(self._first[number])
        return shown

    def _number_of(self, events: Events, shown: _Shown) -> int:
        number = self._numbers.setdefault(shown.remembers(), len(self._first))
        if number == len(self._first):
            self._first.append(events)
        self._live[number] = shown
        if len(self._live) > _LIVE_MAX:
            del self._live[next(iter(self._live))]
        return number
