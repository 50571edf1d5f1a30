"""What happened in a schedule, in a form in which equal histories are equal values.

An event is that an operation was invoked, that it ended, or that time passed. Two invocations
with nothing between them may change places, and so may two ends: which operation came surely
before which other one stays the same, and nothing else can be told from outside. So they are
kept in one order, and schedules that differ in no more have one history.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from operator import attrgetter
from types import GeneratorType

from harness.checkers.invariants.remembered import FIRST_TIME
from harness.domain.cluster import Cluster
from harness.domain.errors import Refused
from harness.domain.operations import Done
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.plain import to_json_object
from harness.reference.core.link import LinkReply
from harness.reference.core.records import Record
from harness.reference.core.store import MemoryStore

Events = tuple[int, ...]
"""A history: numbers of a `EventLog`."""

SCENARIO = "interleaving"
INVOKED, ENDED, PASSED = 0, 1, 2

_BY_VALUE = (str, int, bool, type(None), bytes, float)
_MOST_KEPT = 50_000
_SHARED = (Cluster,)
"""Values that many records share, and that are worth to be remembered by identity."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event. `what` is the operation, its reply, or how long time passed."""

    kind: int
    id: str
    what: object
    actor: str = ""
    host: str = ""
    project: str = ""


@dataclass(slots=True)
class EventLog:
    """All events that were ever written, by number."""

    fingerprints: Fingerprints
    events: list[LoggedEvent] = field(default_factory=list)
    _numbers: dict[object, int] = field(default_factory=dict)
    _plain: dict[int, dict[str, Json]] = field(default_factory=dict)

    def write(self, events: Events, event: LoggedEvent) -> Events:
        """The history with one more event, at the place that it has among its equals."""
        number = self._number(event)
        at = len(events)
        while at:
            other = self.events[events[at - 1]]
            if not (event.kind == other.kind != PASSED and event.id < other.id):
                break
            at -= 1
        return (*events[:at], number, *events[at:])

    def _number(self, event: LoggedEvent) -> int:
        key = (event.kind, event.id, self.fingerprints.of(event.what))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.events)
            self.events.append(event)
        return number

    def history(self, events: Iterable[int]) -> History:
        """The records of a history."""
        replay = Replay(self)
        for number in events:
            replay.take(number)
        return History(tuple(replay.records.values()))

    def invoked(self, number: int, event: LoggedEvent, now: int) -> OperationRecord:
        """The record of an operation that was invoked now."""
        named = (("host", event.host), ("project", event.project))
        tags: Mapping[str, Json] = {name: value for name, value in named if value}
        kind, args = type(event.what).__name__, self._json(number, event.what)
        return OperationRecord(event.id, SCENARIO, event.actor, kind, args, now, tags=tags)

    def ended(
        self, opened: OperationRecord, number: int, event: LoggedEvent, now: int
    ) -> OperationRecord:
        """The record of an operation that ends now."""
        reply = event.what
        outcome, value, error = Outcome.INFO, None, None
        if isinstance(reply, Done):
            outcome, value = Outcome.OK, self._json(number, reply.value)
        elif isinstance(reply, Refused):
            outcome, error = Outcome.FAIL, self._json(number, reply)
        else:
            error = self._json(number, reply)
        return replace(opened, end=now, outcome=outcome, value=value, error=error)

    def _json(self, number: int, what: object) -> dict[str, Json]:
        found = self._plain.get(number)
        if found is None:
            found = self._plain[number] = to_json_object(what)
        return found


@dataclass(slots=True)
class Replay:
    """A history, event by event. Times are counted in events, a microsecond each."""

    log: EventLog
    now: int = FIRST_TIME
    records: dict[str, OperationRecord] = field(default_factory=dict)
    """By its id, each operation that was invoked, with its end if that has come."""

    def take(self, number: int) -> OperationRecord | None:
        """The operation that is invoked or ends in the next event; none where time passes."""
        event = self.log.events[number]
        self.now += 1
        if event.kind == PASSED:
            self.now += event.what if isinstance(event.what, int) else 0
            return None
        if event.kind == INVOKED:
            record = self.log.invoked(number, event, self.now)
        else:
            record = self.log.ended(self.records[event.id], number, event, self.now)
        self.records[event.id] = record
        return record


def outcome_of(reply: LinkReply | None) -> str:
    """In a word or two, how an operation ended."""
    if isinstance(reply, Done):
        return "ok"
    if isinstance(reply, Refused):
        return f"refused, {reply.reason.value}"
    return f"unknown: {reply.why}" if reply is not None else "done"


class Fingerprints:
    """Makes fingerprints, equal for what is the same for everything that can follow.

    A record is reduced to a small number; a flow that waits for an answer to where each of its
    generators stands and what their variables hold. Only those of one maker can be compared.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._kept: dict[int, tuple[object, int]] = {}
        self._readers: dict[type, Callable[[object], tuple[object, ...]]] = {}

    def number(self, thing: Hashable) -> int:
        """A number for the thing, the same for all that are equal to it."""
        return self._numbers.setdefault(thing, len(self._numbers))

    def store(self, store: MemoryStore) -> Hashable:
        """What a store holds, in the order in which it would be listed."""
        return tuple(
            tuple([self.kept(record) for record in table.values()])
            for table in store.tables()
            if table
        )

    def kept(self, record: Record | Cluster) -> int:
        """The number of an immutable record; remembered as long as there is room."""
        found = self._kept.get(id(record))
        if found is not None and found[0] is record:
            return found[1]
        number = self.number(self._fields(record))
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        self._kept[id(record)] = (record, number)
        return number

    def of(self, value: object) -> Hashable:
        """Anything that a flow or a core may hold."""
        if isinstance(value, Enum):
            return (type(value).__name__, value.value)
        if isinstance(value, _BY_VALUE):
            return value
        if isinstance(value, tuple | list):
            return tuple([self.of(item) for item in value])
        if isinstance(value, Mapping):
            return tuple([(self.of(key), self.of(item)) for key, item in value.items()])
        if isinstance(value, set | frozenset):
            return frozenset([self.of(item) for item in value])
        if isinstance(value, GeneratorType):
            return self.flow(value)
        if isinstance(value, _SHARED):
            return self.kept(value)
        if is_dataclass(value) and not hasattr(value, "bits128"):
            return self._fields(value)
        return type(value).__name__

    def flow(self, flow: object) -> Hashable:
        """Where a generator stands, with those that it waits for."""
        found: list[Hashable] = []
        inner: object = flow
        while isinstance(inner, GeneratorType):
            frame = inner.gi_frame
            if frame is None:
                break
            names = tuple(
                [(n, self.of(v)) for n, v in frame.f_locals.items() if n not in ("self", "flow_")]
            )
            found.append((frame.f_code.co_name, frame.f_lasti, names))
            inner = inner.gi_yieldfrom
        return tuple(found)

    def _fields(self, value: object) -> Hashable:
        kind = type(value)
        reader = self._readers.get(kind)
        if reader is None:
            names = [field.name for field in fields(value)]  # type: ignore[arg-type]
            reader = self._readers[kind] = _reader_of(names)
        return (kind, *[self.of(item) for item in reader(value)])


def _reader_of(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if not names:
        return lambda value: ()
    if len(names) == 1:
        return lambda value: (getattr(value, names[0]),)
    return attrgetter(*names)
