"""What happened in a schedule, in a form in which equal histories are equal values.

An event is that an operation was invoked, that it ended, or that time passed. Two invocations
with nothing between them may change places, and so may two ends: which operation came surely
before which other one stays the same, and nothing else can be told from outside. So they are
kept in one order, and schedules that differ in no more have one history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.domain.errors import Refused
from harness.domain.operations import Done
from harness.explore.interleaving_prints import Prints
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.plain import to_json_object
from harness.reference.core.link import LinkReply

Events = tuple[int, ...]
"""A history: numbers of a `Ledger`."""

SCENARIO = "interleaving"
INVOKED, ENDED, PASSED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `what` is the operation, its reply, or how long time passed."""

    kind: int
    id: str
    what: object
    actor: str = ""
    host: str = ""
    project: str = ""


@dataclass(slots=True)
class Ledger:
    """All events that were ever written, by number."""

    prints: Prints
    events: list[Event] = field(default_factory=list)
    _numbers: dict[object, int] = field(default_factory=dict)
    _plain: dict[int, dict[str, Json]] = field(default_factory=dict)

    def write(self, events: Events, event: Event) -> Events:
        """The history with one more event, at the place that it has among its equals."""
        number = self._number(event)
        at = len(events)
        while at and self._comes_before(event, self.events[events[at - 1]]):
            at -= 1
        return (*events[:at], number, *events[at:])

    def _number(self, event: Event) -> int:
        key = (event.kind, event.id, self.prints.of(event.what))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.events)
            self.events.append(event)
        return number

    @staticmethod
    def _comes_before(event: Event, other: Event) -> bool:
        return event.kind == other.kind != PASSED and event.id < other.id

    def history(self, events: Iterable[int]) -> History:
        """The records of a history; their times are counted in events, a microsecond each."""
        opened: dict[str, OperationRecord] = {}
        now = 0
        for number in events:
            event = self.events[number]
            now += 1
            if event.kind == PASSED:
                now += event.what if isinstance(event.what, int) else 0
            elif event.kind == INVOKED:
                opened[event.id] = self._invoked(number, event, now)
            else:
                opened[event.id] = self._ended(opened[event.id], number, event, now)
        return History(tuple(opened.values()))

    def _invoked(self, number: int, event: Event, now: int) -> OperationRecord:
        named = (("host", event.host), ("project", event.project))
        tags: Mapping[str, Json] = {name: value for name, value in named if value}
        kind, args = type(event.what).__name__, self._json(number, event.what)
        return OperationRecord(event.id, SCENARIO, event.actor, kind, args, now, tags=tags)

    def _ended(
        self, opened: OperationRecord, number: int, event: Event, now: int
    ) -> OperationRecord:
        reply = event.what
        outcome, value, error = Outcome.INFO, None, None
        if isinstance(reply, Done):
            outcome, value = Outcome.OK, self._json(number, reply.value)
        elif isinstance(reply, Refused):
            outcome, error = Outcome.FAIL, self._json(number, reply)
        else:
            error = self._json(number, reply)
        return OperationRecord(
            opened.id,
            opened.scenario,
            opened.actor,
            opened.kind,
            opened.args,
            opened.start,
            now,
            outcome,
            value,
            error,
            tags=opened.tags,
        )

    def _json(self, number: int, what: object) -> dict[str, Json]:
        found = self._plain.get(number)
        if found is None:
            found = self._plain[number] = to_json_object(what)
        return found


def outcome_of(reply: LinkReply | None) -> str:
    """In a word or two, how an operation ended."""
    if isinstance(reply, Done):
        return "ok"
    if isinstance(reply, Refused):
        return f"refused, {reply.reason.value}"
    return f"unknown: {reply.why}" if reply is not None else "done"
