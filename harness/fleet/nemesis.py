"""Faults: when they strike, whom, and until when; and what becomes of a single message.

Each occurrence draws from a stream of its own, named by its cause, `f<plan>.<subject>.<n>`: so all
cells that have clusters of a region find the same times for it, and leaving one occurrence out
leaves all others as they were. Subjects are named `12-0` (first host of cluster 12), `12`
(a cluster), `s3` (a site), `r1` (a region) and `all`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace, merge
from operator import attrgetter
from typing import Final, NamedTuple

from harness.domain.arrangements import ANSWERS, MessageFault
from harness.fleet.draws import PPM, Stream
from harness.fleet.roster import Member
from harness.fleet.scenario import (
    ANY_ANSWER,
    FaultKind,
    FaultPlan,
    FaultScope,
    NetworkPlan,
    Scenario,
    Spread,
)

_WORLDLY: Final = frozenset({FaultKind.CENTRAL, FaultKind.CLOCK, FaultKind.STALE})
"""These strike a whole side; whatever their scope, no cluster is their subject."""
_BY: Final = frozenset({FaultKind.CLOCK, FaultKind.STALE})
_MERGED: Final = frozenset({FaultKind.LINK, FaultKind.CENTRAL, FaultKind.HEALTH, FaultKind.REBOOT})
"""What is down can go down no further: these begin and end in turns for each host."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One fault as it strikes one cluster, or (`member` is `None`) a whole side.

    Attributes:
        at, until: from when to when, in microseconds; `until` is `scenario.duration` at most.
        plan: the index of its plan in `scenario.faults`.
        cause: its name; one that strikes many clusters has the same for all of them.
        host_uids: the hosts of the member that are struck.
        by: how far a clock is put forward, or a copy is behind.
    """

    at: int
    until: int
    plan: int
    kind: FaultKind
    cause: str
    member: Member | None = None
    host_uids: tuple[str, ...] = ()
    by: int = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """A moment at which an occurrence begins or ends for some hosts.

    Of `link`, `central`, `health` and `reboot` a host sees beginnings and ends in turns,
    however many occurrences overlap: `host_uids` are those for which the first begins or the
    last ends. Of what strikes messages everyone begins and ends. `clock` only begins.
    """

    at: int
    begins: bool
    occurrence: Occurrence
    host_uids: tuple[str, ...]


class _Subject(NamedTuple):
    """Who is struck at once: all hosts of the members, or of the only member one."""

    name: str
    members: tuple[Member | None, ...]
    host: int = -1

    def struck(self) -> Iterator[tuple[Member | None, tuple[str, ...]]]:
        for member in self.members:
            if member is None:
                yield None, ()
            elif self.host < 0:
                yield member, member.host_uids
            else:
                yield member, (member.host_uids[self.host],)


def occurrences(scenario: Scenario, members: Sequence[Member]) -> Iterator[Occurrence]:
    """All occurrences that concern these members, in order of their beginning.

    Drawn as they are read; what is kept is one entry for each subject of a plan by rate.
    """
    groups: dict[FaultScope | None, list[_Subject]] = {}
    sources = []
    for index, plan in enumerate(scenario.faults):
        scope = _scope(plan)
        if scope not in groups:
            groups[scope] = _subjects(scope, members)
        sources.append(_Plan(scenario, index, groups[scope]).occurrences())
    return merge(*sources, key=attrgetter("at"))


def transitions(scenario: Scenario, members: Sequence[Member]) -> Iterator[Transition]:
    """The beginnings and ends of all occurrences, in order of time, beginnings first."""
    down: dict[tuple[FaultKind, str], int] = {}
    ends: list[tuple[int, int, Occurrence]] = []

    def end(occurrence: Occurrence) -> Iterator[Transition]:
        return _turn(occurrence, occurrence.until, down, begins=False)

    for count, occurrence in enumerate(occurrences(scenario, members)):
        while ends and ends[0][0] < occurrence.at:
            yield from end(heappop(ends)[2])
        yield from _turn(occurrence, occurrence.at, down, begins=True)
        if occurrence.kind is not FaultKind.CLOCK:
            heappush(ends, (occurrence.until, count, occurrence))
    while ends:
        yield from end(heappop(ends)[2])


def _turn(
    occurrence: Occurrence, at: int, down: dict[tuple[FaultKind, str], int], *, begins: bool
) -> Iterator[Transition]:
    """It begins or ends for the hosts that no other one of its kind has down, if there are any."""
    changed = []
    for uid in occurrence.host_uids or ("",):
        key = (occurrence.kind, uid)
        before = down.pop(key, 0 if begins else 1)
        left = before + 1 if begins else before - 1
        if left and occurrence.kind in _MERGED:
            down[key] = left
        if not (before if begins else left):
            changed.append(uid)
    if changed:
        yield Transition(at, begins, occurrence, tuple(changed) if occurrence.member else ())


# --- subjects -----------------------------------------------------------------------------


def _scope(plan: FaultPlan) -> FaultScope | None:
    """Whom the plan strikes at once; `None` for a whole side."""
    if plan.kind in _WORLDLY:
        return None
    if plan.kind is FaultKind.REBOOT and plan.scope is FaultScope.HOST:
        return FaultScope.CLUSTER
    return plan.scope


def _subjects(scope: FaultScope | None, members: Sequence[Member]) -> list[_Subject]:
    match scope:
        case None:
            return [_Subject("all", (None,))]
        case FaultScope.HOST:
            return [
                _Subject(f"{member.index}-{host}", (member,), host)
                for member in members
                for host in range(len(member.host_uids))
            ]
        case FaultScope.CLUSTER:
            return [_Subject(str(member.index), (member,)) for member in members]
        case FaultScope.SITE:
            return _grouped((f"s{member.site}", member) for member in members)
        case FaultScope.REGION:
            return _grouped((f"r{member.region}", member) for member in members)
        case FaultScope.ALL:
            return [_Subject("all", tuple(members))] if members else []


def _grouped(named: Iterable[tuple[str, Member]]) -> list[_Subject]:
    groups: dict[str, list[Member]] = {}
    for name, member in named:
        groups.setdefault(name, []).append(member)
    return [_Subject(name, tuple(group)) for name, group in groups.items()]


# --- times --------------------------------------------------------------------------------


class _Plan:
    """One plan of a scenario, and when it strikes whom."""

    def __init__(self, scenario: Scenario, index: int, subjects: list[_Subject]) -> None:
        self._scenario = scenario
        self._index = index
        self._plan = plan = scenario.faults[index]
        self._subjects = [s for s in subjects if self._stream(s, "share").chance(plan.share_ppm)]

    def _stream(self, subject: _Subject, what: object) -> Stream:
        return Stream(self._scenario.seed, f"f{self._index}.{subject.name}.{what}")

    def occurrences(self) -> Iterator[Occurrence]:
        """By rate, by schedule, or once at a moment that is drawn."""
        if self._plan.every is not None:
            return self._by_rate(self._plan.every)
        if self._plan.at is not None:
            return self._by_schedule(self._plan.at)
        return self._once()

    def _by_rate(self, every: Spread) -> Iterator[Occurrence]:
        """For each subject: a while of `every`, an occurrence, another while after its `lasts`."""
        plan, subjects, duration = self._plan, self._subjects, self._scenario.duration

        def begin(order: int, count: int, free: int) -> tuple[int, int, int]:
            stream = self._stream(subjects[order], f"{count}.begin")
            return free + max(1, stream.spread(every)), order, count

        first = (begin(order, 0, plan.at or 0) for order in range(len(subjects)))
        heap = [entry for entry in first if entry[0] < duration]
        heapify(heap)
        while heap:
            at, order, count = heap[0]
            yield from self._strike(subjects[order], count, at)
            lasts = self._stream(subjects[order], count).spread(plan.lasts)
            following = begin(order, count + 1, at + lasts)
            if following[0] < duration:
                heapreplace(heap, following)
            else:
                heappop(heap)

    def _by_schedule(self, at: int) -> Iterator[Occurrence]:
        duration = self._scenario.duration
        for count, moment in enumerate(range(at, duration, max(1, self._plan.repeat or duration))):
            for subject in self._subjects:
                yield from self._strike(subject, count, moment)

    def _once(self) -> Iterator[Occurrence]:
        duration = self._scenario.duration
        drawn = (self._stream(subject, "once").below(duration) for subject in self._subjects)
        for at, order in sorted((at, order) for order, at in enumerate(drawn)):
            yield from self._strike(self._subjects[order], 0, at)

    def _strike(self, subject: _Subject, count: int, at: int) -> Iterator[Occurrence]:
        """One occurrence for each cluster that it strikes; nothing if it is left out."""
        plan, scenario, cause = self._plan, self._scenario, f"f{self._index}.{subject.name}.{count}"
        if scenario.only.happenings is not None and cause not in scenario.only.happenings:
            return
        stream = self._stream(subject, count)
        over = at + stream.spread(plan.lasts)
        by = stream.spread(plan.by) if plan.kind in _BY else 0
        for member, hosts in subject.struck():
            until = over
            if plan.heal.high:  # so much later it ends for this cluster
                who = member.index if member else "all"
                until += Stream(scenario.seed, f"{cause}.heal.{who}").spread(plan.heal)
            until = min(until, scenario.duration)
            yield Occurrence(at, until, self._index, plan.kind, cause, member, hosts, by)


# --- single messages ----------------------------------------------------------------------


class MessageFate(NamedTuple):
    """What happens to a message. `delay` is in microseconds: of what is delayed, or comes again
    late.
    """

    fault: MessageFault
    delay: int = 0


_LOST_BEFORE: Final = MessageFate(MessageFault.LOST_BEFORE)
_LOST_AFTER: Final = MessageFate(MessageFault.LOST_AFTER)
_REPEATED: Final = MessageFate(MessageFault.REPEATED)
_ANSWERED: Final = tuple(MessageFate(answer) for answer in ANSWERS)


def answers_of(plan: FaultPlan) -> tuple[MessageFate, ...]:
    """What an `errors` fault may answer a message with."""
    if plan.answer == ANY_ANSWER:
        return _ANSWERED
    return (MessageFate(MessageFault(plan.answer)),)


def message_fate(
    stream: Stream, network: NetworkPlan, active: Iterable[FaultPlan] = ()
) -> MessageFate | None:
    """What happens to one message; `None`: it is delivered as it should be.

    The shares of the faults that are active add to those of the network; if they exceed a million,
    loss before the effect comes first, then that of the answer, which is sure where a link is half
    open. Draws nothing if all shares are zero, else one word, and another for how long a message is
    delayed.
    """
    before, after = network.lost_before_ppm, network.lost_after_ppm
    answering = []
    for plan in active:
        before += plan.lost_before_ppm
        after += PPM if plan.kind is FaultKind.HALF_OPEN else plan.lost_after_ppm
        if plan.answered_ppm:
            answering.append(plan)
    repeated, late = network.repeated_ppm, network.repeated_late_ppm
    spoiled = before + after + repeated + late + network.delayed_ppm
    spoiled += sum(plan.answered_ppm for plan in answering)
    if not spoiled or (drawn := stream.below(PPM)) >= spoiled:
        return None
    if drawn < before:
        return _LOST_BEFORE
    if drawn < before + after:
        return _LOST_AFTER
    left = drawn - before - after
    for plan in answering:
        if left < plan.answered_ppm:
            answers = answers_of(plan)
            return answers[left % len(answers)]
        left -= plan.answered_ppm
    if left < repeated:
        return _REPEATED
    comes = MessageFault.REPEATED_LATE if left < repeated + late else MessageFault.DELAYED
    return MessageFate(comes, stream.spread(network.delay))
