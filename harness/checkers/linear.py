"""Is there one order that explains every answer? A search over one register's operations.

The method of Wing and Gong, with Lowe's memory and his "just in time" order: an operation is
put into the order no earlier than the return of some operation asks for it, and what has been
reached is remembered as (operations in the order already, states), so that nothing is walked
twice. Operations that were never answered may take effect at any time after their start, or
never; equal ones are interchangeable, so they are counted and not permuted.

The search is streamed: as soon as everything that began before an event has ended, the event
is worked off and forgotten. What is kept is bounded by the operations that are open at a time
and by `KEPT_EVENTS_MAX` events that explain how the present states came about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeAlias, TypeVar

StateT = TypeVar("StateT")
ActionT = TypeVar("ActionT")

BUDGET_STATES: Final = 100_000
"""Configurations that one stretch between two quiet moments may take; then it is undecided."""

KEPT_EVENTS_MAX: Final = 256
"""Invocations and returns that are remembered to say why; older ones become the beginning."""

_TRIAL_BUDGET: Final = 20_000
_MEMORY_MAX: Final = 50_000


class BudgetSpent(Exception):
    """The search has taken more configurations than it may."""


class Automaton(Generic[StateT, ActionT]):
    """What a register may do: `step` gives the states to which an action may lead from a state.

    No state: the action is not possible there. Actions that a register makes by itself belong into
    `step`, before and after the action. `rests` says of a state that no action leads out of it.
    Both have to be pure; their answers are remembered.
    """

    def __init__(
        self,
        step: Callable[[StateT, ActionT], Iterable[StateT]],
        rests: Callable[[StateT], bool] = lambda state: False,
    ) -> None:
        self._step = step
        self._rests = rests
        self._memory: dict[tuple[frozenset[StateT], ActionT], frozenset[StateT]] = {}
        self._same: dict[frozenset[StateT], frozenset[StateT]] = {}

    def after(self, states: frozenset[StateT], action: ActionT) -> frozenset[StateT]:
        """Where the action may lead from any of the states; `states` itself if to the same."""
        found = self._memory.get((states, action))
        if found is None:
            if len(self._memory) >= _MEMORY_MAX:
                self._memory.clear()
                self._same.clear()
            given = self.one(states)
            found = self.one({s for state in given for s in self._step(state, action)})
            self._memory[given, action] = found
        return found

    def rests(self, states: frozenset[StateT]) -> bool:
        """Whether nothing leads out of any of the states."""
        return all(map(self._rests, states))

    def one(self, states: Iterable[StateT]) -> frozenset[StateT]:
        """The one object that stands for this set of states."""
        as_set = frozenset(states)
        return self._same.setdefault(as_set, as_set)


@dataclass(slots=True, eq=False)
class RegisterCall(Generic[ActionT]):
    """An operation on the register. `action=None` says that its answer tells nothing.

    `sure`: it has returned and did happen; otherwise it may take effect at any time after its
    start, or never. `observes`: it never changes a state, it only tells. Without `needed` it may
    as well not have happened. The times are for people; the order of events decides.
    """

    id: str
    action: ActionT | None = None
    sure: bool = True
    observes: bool = False
    needed: bool = True
    start: int = 0
    end: int = 0
    running: bool = False
    """Set while a `Linearizer` waits for its return."""


Event: TypeAlias = tuple[RegisterCall[ActionT], bool]
"""A call, and whether this is its return. The order of events is the order of time."""

_Key: TypeAlias = tuple[int, tuple[int, ...]]
"""Which open calls have taken effect (a bit each), and how many of each unknown action."""


class LinearSearch(Generic[StateT, ActionT]):
    """Every way to explain the events so far."""

    def __init__(self, automaton: Automaton[StateT, ActionT], states: frozenset[StateT]) -> None:
        self._automaton = automaton
        self._ways: dict[_Key, frozenset[StateT]] = {(0, ()): states}
        self._open: dict[RegisterCall[ActionT], int] = {}
        self._unknown: dict[ActionT, int] = {}
        self._spent = 0

    def copy(self) -> LinearSearch[StateT, ActionT]:
        """The same search, to be led on another way."""
        other = LinearSearch(self._automaton, frozenset())
        other._ways, other._open = dict(self._ways), dict(self._open)
        other._unknown = dict(self._unknown)
        return other

    @property
    def certain(self) -> frozenset[StateT] | None:
        """The possible states, if no call is under way, answered or not."""
        return None if self._open or self._unknown else self._ways.get((0, ()))

    def states(self) -> frozenset[StateT]:
        """Every state in which the register may be now."""
        return frozenset(s for states in self._ways.values() for s in states)

    def feed(self, event: Event[ActionT], budget: int = BUDGET_STATES) -> bool:
        """Take one more event. False: nothing explains it.

        Raises:
            BudgetSpent: the search became too wide.
        """
        call, returns = event
        if call.action is None:
            return True
        if not returns:
            self._begin(call, call.action)
        elif call.sure:
            self._return(call, budget)
        return bool(self._ways)

    def calm(self) -> None:
        """Nobody waits for an answer: let go of what makes no difference any more."""
        self._spent = 0
        if self._unknown and all(map(self._automaton.rests, self._ways.values())):
            self._ways = {(0, ()): self._automaton.one(self.states())}
            self._unknown.clear()

    def _begin(self, call: RegisterCall[ActionT], action: ActionT) -> None:
        if call.sure:
            taken = sum(self._open.values())
            self._open[call] = ~taken & (taken + 1)
        elif action in self._unknown:
            self._unknown[action] += 1
        else:
            self._unknown[action] = 1
            self._ways = {(d, (*used, 0)): s for (d, used), s in self._ways.items()}

    def _return(self, call: RegisterCall[ActionT], budget: int) -> None:
        """Keep the ways in which the call has taken effect by now."""
        bit = self._open[call]
        reached: dict[int, dict[tuple[int, ...], frozenset[StateT]]] = {}
        work: list[tuple[_Key, frozenset[StateT]]] = []
        for key, states in self._ways.items():
            self._reach(reached, work, key, states)
        while work:
            self._spent += 1
            if self._spent > budget:
                raise BudgetSpent
            (done, used), states = work.pop()
            if not done & bit:
                for key, moved in self._onward(done, used, states):
                    self._reach(reached, work, key, moved)
        del self._open[call]
        self._ways = {}
        for done, by_used in reached.items():
            if done & bit or not call.needed:
                for used, states in by_used.items():
                    key = (done & ~bit, used)
                    known = self._ways.get(key, frozenset())
                    self._ways[key] = self._automaton.one(known | states)

    def _onward(
        self, done: int, used: tuple[int, ...], states: frozenset[StateT]
    ) -> Iterable[tuple[_Key, frozenset[StateT]]]:
        """One more call takes effect: an open one, or one that was never answered."""
        after = self._automaton.after
        for call, bit in self._open.items():
            if not done & bit and call.action is not None and (moved := after(states, call.action)):
                yield (done | bit, used), moved
        for i, (action, count) in enumerate(self._unknown.items()):
            if used[i] < count and (moved := after(states, action)):
                yield (done, (*used[:i], used[i] + 1, *used[i + 1 :])), moved

    @staticmethod
    def _reach(
        reached: dict[int, dict[tuple[int, ...], frozenset[StateT]]],
        work: list[tuple[_Key, frozenset[StateT]]],
        key: _Key,
        states: frozenset[StateT],
    ) -> None:
        """Remember what is new; a state that was reached with fewer unknown calls is not."""
        done, used = key
        by_used = reached.setdefault(done, {})
        for earlier, known in by_used.items():
            if all(a <= b for a, b in zip(earlier, used, strict=True)):
                states = states - known
        if states:
            by_used[used] = by_used.get(used, frozenset()) | states
            work.append((key, states))


@dataclass(frozen=True, slots=True)
class Unexplained(Generic[ActionT]):
    """The smallest part for which there is no order, in the order in which it began.

    Without any one of the calls there would be one: whatever the others did besides, and
    whether they did it. `at` is the call whose return could not be explained.
    """

    calls: tuple[RegisterCall[ActionT], ...]
    at: RegisterCall[ActionT]


class Linearizer(Generic[StateT, ActionT]):
    """Judges the calls on one register as they come. `states` is where it may be.

    `invoke` and `returned` are told in the order of time; then `action` and `sure` of the
    returned call are set. Both return quickly while calls do not overlap.

    Raises (both):
        BudgetSpent: the search became too wide; ask no more of this register.
    """

    __slots__ = (
        "_automaton", "_base", "_budget", "_kept", "_queue", "_search", "_segment", "states"
    )  # fmt: skip

    def __init__(
        self,
        automaton: Automaton[StateT, ActionT],
        states: frozenset[StateT],
        budget: int = BUDGET_STATES,
    ) -> None:
        self._automaton = automaton
        self._budget = budget
        self.states = automaton.one(states)
        self._base: frozenset[StateT] | LinearSearch[StateT, ActionT] = self.states
        self._kept: list[Event[ActionT]] = []
        self._queue: list[Event[ActionT]] = []
        self._segment: list[Event[ActionT]] = []
        self._search: LinearSearch[StateT, ActionT] | None = None

    @property
    def is_calm(self) -> bool:
        """Whether no call is under way, and none that was never answered matters."""
        return not self._queue and self._search is None

    @property
    def is_quiet(self) -> bool:
        """Whether no call is under way."""
        return not self._queue

    def is_nothing_new(self, action: ActionT) -> bool:
        """Whether an observation at a calm moment fits, and leaves the states as they are.

        It need not be told then: first of all that overlap it, it excludes no order of these.
        """
        calm = not self._queue and self._search is None
        return calm and self._automaton.after(self.states, action) is self.states

    def invoke(self, call: RegisterCall[ActionT]) -> None:
        """A call begins."""
        self._queue.append((call, False))
        call.running = True

    def returned(
        self, call: RegisterCall[ActionT], also: Sequence[RegisterCall[ActionT]] = ()
    ) -> Unexplained[ActionT] | None:
        """A call has ended, and its `action` and `sure` are known now.

        `also` are further calls that were made in its place, one after the other between its
        start and now (the looks of a wait).
        """
        call.running = False
        queue = self._queue
        tells = call.sure or call.action is None
        if tells and len(queue) == 1 and self._search is None and not also:
            queue.clear()
            return self._alone(call)
        queue.append((call, True))
        if also:
            # Each may have been at any time of the wait, so each lasts all of it.
            at = next(i for i, (waiting, _) in enumerate(queue) if waiting is call)
            queue[at:at] = [(look, False) for look in also]
            queue.extend((look, True) for look in also)
        return self._work_off()

    def tell(self, call: RegisterCall[ActionT]) -> Unexplained[ActionT] | None:
        """A call that begins and returns now; unsure, it may take effect from now on."""
        self.invoke(call)
        return self.returned(call)

    def _alone(self, call: RegisterCall[ActionT]) -> Unexplained[ActionT] | None:
        """The common case: nothing overlapped."""
        if call.action is None:
            return None
        after = self._automaton.after(self.states, call.action)
        if after is self.states and call.observes:
            return None
        self._kept += ((call, False), (call, True))
        if not after:
            return self._explain(call)
        self.states = after
        if len(self._kept) > KEPT_EVENTS_MAX:
            self._base, self._kept = after, []
        return None

    def _work_off(self) -> Unexplained[ActionT] | None:
        """Feed what lies before the first call that is still under way."""
        ready = 0
        for call, returns in self._queue:
            if not returns and call.running:
                break
            ready += 1
        if not ready:
            return None
        events, self._queue = self._queue[:ready], self._queue[ready:]
        if self._search is None:
            self._search = LinearSearch(self._automaton, self.states)
        for event in events:
            self._segment.append(event)
            if not self._search.feed(event, self._budget):
                self._kept += self._segment
                return self._explain(event[0])
        self._let_go(self._search)
        return None

    def _let_go(self, search: LinearSearch[StateT, ActionT]) -> None:
        if self._queue:
            if len(self._segment) > 4 * KEPT_EVENTS_MAX:
                self._base, self._kept, self._segment = search.copy(), [], []
            return
        search.calm()
        before, certain = self.states, search.certain
        self.states = self._automaton.one(search.states() if certain is None else certain)
        only_told = all(call.observes or call.action is None for call, _ in self._segment)
        if certain is None or certain != before or not only_told:
            self._kept += self._segment
        self._segment = []
        if certain is not None:
            self._search = None
        if len(self._kept) > KEPT_EVENTS_MAX:
            self._base, self._kept = self.states if certain is not None else search.copy(), []

    def _explain(self, at: RegisterCall[ActionT]) -> Unexplained[ActionT]:
        calls = smallest_part(self._automaton, self._base, self._kept, at)
        return Unexplained(calls, at)


def smallest_part(
    automaton: Automaton[StateT, ActionT],
    base: frozenset[StateT] | LinearSearch[StateT, ActionT],
    events: Sequence[Event[ActionT]],
    at: RegisterCall[ActionT],
) -> tuple[RegisterCall[ActionT], ...]:
    """The calls that cannot be explained, whatever the others among the events did.

    A call that is left out is not taken to be absent: it may have taken effect in its time, or
    not. Ever smaller groups are left out while no order is found; in
    the end each call alone is needed.
    """
    needed = [c for c, returns in events if returns and c.sure and c.action is not None]
    in_order = [c for c, returns in events if not returns and c in set(needed)]
    candidates = sorted((c for c in in_order if c is not at), key=lambda c: not c.observes)
    kept = set(candidates) | {at}
    size = max(len(candidates), 1)
    while size:
        for i in range(0, len(candidates), size):
            without = kept - set(candidates[i : i + size])
            if not _is_explained(automaton, base, events, without):
                kept = without
        candidates = [c for c in candidates if c in kept]
        size = min(size // 2, len(candidates))
    return tuple(c for c in in_order if c in kept)


def _is_explained(
    automaton: Automaton[StateT, ActionT],
    base: frozenset[StateT] | LinearSearch[StateT, ActionT],
    events: Sequence[Event[ActionT]],
    kept: set[RegisterCall[ActionT]],
) -> bool:
    """Whether there is an order for the kept calls. A search that is too wide counts as one."""
    search = base.copy() if isinstance(base, LinearSearch) else LinearSearch(automaton, base)
    known_open = set(search._open)
    relaxed = {
        call: call if call in kept or call in known_open else replace(call, needed=False)
        for call, _ in events
    }
    try:
        return all(search.feed((relaxed[c], r), _TRIAL_BUDGET) for c, r in events)
    except BudgetSpent:
        return True
