"""Sequences drawn by chance, made in lockstep, and shrunk where they differ.

Chance comes as far as what goes on from sequences that reached something new, and finds more (see
`docs/adr/0017-sequences-are-drawn-by-chance.md`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, chain
from random import Random
from typing import TypeVar

from harness.catalogue.requirement import Feature
from harness.context.context import OTHER
from harness.context.recorder import Inconclusive
from harness.domain.errors import PairproofError
from harness.explore.actions import ACTIONS, STARTS, Action
from harness.explore.actions_arranged import ARRIVES, REACHES, SPOILED, WAITS
from harness.explore.assertions import ASSERTIONS
from harness.explore.lockstep import CannotTell, Differs, Lockstep, Step
from harness.explore.recording import Drawing, LackingReference
from harness.explore.world import ModelSlot, Worlds
from harness.targets.port import CannotArrange, Driver, NotSupported

_S = TypeVar("_S", bound=Step)

INCONCLUSIVE = (CannotTell, Inconclusive, NotSupported, CannotArrange)
"""What ends a sequence without anything being found."""

REHEARSED = 100
"""So many sequences, of which each ends at the first step that cannot be made, meet them all."""

SHRINKS_MAX = 500
"""So many sequences are tried to make a finding smaller; then it is small enough."""

_WEIGHTS = {"send": 14, "cancel": 8, "decisions": 16, "repairs": 20, "tokens": 3, "conditions": 3}
_WEIGHTS |= {
    "people": 6,
    "tries": 8,
    "links": 4,
    "look": 8,
    **{f"spoils of a {message}": 2 for message in SPOILED},
    "endings": 1,
    "revocations": 1,
    "endpoints": 1,
}
_WEIGHT = 3
"""How often a group of actions is drawn, beside others. Some carry the rest; after some others
little is left that makes sense.
"""


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How long to look.

    Attributes:
        examples: how many sequences are drawn; zero for no such limit.
        steps: how many actions a sequence has at most.
        seconds: after so many seconds no further sequence begins; zero for no such limit.
        finds: how many different findings end the search.
    """

    examples: int = 100
    steps: int = 20
    seconds: float = 0.0
    finds: int = 1


@dataclass(slots=True)
class Explored:
    """What came of it.

    Attributes:
        drawn: the sequences that were drawn; examples: all that were carried out, also to shrink.
        operations: the operations and arrangements in them.
        states: how many different states of both sides were reached, as the model tells them, and
            as what was refused before tells them apart.
        covered: how often each action and each assertion was made, by its words.
        left_out: why steps are not drawn on this target, and how many.
        unjudged: why sequences ended early, and how often.
        finds: the smallest sequence of each kind of difference, in the order of finding.
        again: whether what was found first differed once more when it was repeated at the end.
        ran_out: whether the time was up before all sequences were drawn.
        is_cut_short: whether it was up before a finding was as small as it can be made.
    """

    drawn: int = 0
    examples: int = 0
    operations: int = 0
    states: int = 0
    covered: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    finds: list[Differs] = field(default_factory=list)
    again: bool = False
    ran_out: bool = False
    is_cut_short: bool = False

    @property
    def first(self) -> Differs | None:
        """What was found first, if anything was."""
        return self.finds[0] if self.finds else None

    @property
    def is_conclusive(self) -> bool:
        """Whether most sequences could be judged to their end."""
        return self.examples > 0 and self.unjudged.total() * 2 <= self.examples


def possible(driver: Driver) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """The actions that a target has room for, and the ways to begin."""
    slots = driver.inventory().slots
    many = Feature.MULTI_NODE in driver.info.features and any(len(s.host_uids) > 2 for s in slots)
    actions = ACTIONS if len(slots) > 1 else tuple(m for m in ACTIONS if OTHER not in m.says)
    return actions, STARTS if many else STARTS[:1]


def explore(
    contexts: Drawing,
    driver: Driver,
    seed: int,
    budget: SearchBudget = SearchBudget(),
    clock: Callable[[], float] = time.monotonic,
) -> Explored:
    """Draw sequences and make them in lockstep, until enough differ or the budget is used up.

    The same seed, number and target give the same sequences.
    """
    actions, starts = possible(driver)
    lacking = lacks(driver, actions, starts)
    search = _Search(contexts, budget, clock, Random(seed), actions, starts, missing=lacking)
    search.explored.left_out.update(lacking.values())
    while search.goes_on():
        search.draw()
    first = search.explored.first
    again = first is not None and search.made_of(steps_of(word_of(first)))
    search.explored.again = bool(again)
    search.explored.states = len(search.reached)
    return search.explored


def lacks(driver: Driver, actions: Sequence[Action], starts: Sequence[Action]) -> dict[Step, str]:
    """The steps that a target has no way to as far as it is known beforehand, each with the reason.
    What comes out only there ends a sequence.
    """
    rehearsal = LackingReference(driver)
    if rehearsal.takes_nothing_away:
        return {}
    drawing, budget = rehearsal.drawing(), SearchBudget()
    search = _EachOnce(drawing, budget, lambda: 0.0, Random(0), actions, starts)
    for _ in range(REHEARSED):
        if search.fresh():
            search.made()
    rehearsal.close()
    return {step: why for step, why in search.missing.items() if step not in STARTS}


def make_again(contexts: Drawing, driver: Driver, steps: Sequence[Step]) -> Explored:
    """Make one sequence, that of `steps_of`, and see whether it differs."""
    search = _Search(contexts, SearchBudget(), lambda: 0.0, Random(0), *possible(driver))
    found = search.made_of(steps)
    search.explored.drawn, search.explored.again = 1, found is not None
    search.explored.finds = [found] if found else []
    return search.explored


# --- a sequence in a word -------------------------------------------------------------------------

_KNOWN: tuple[Step, ...] = (*STARTS, *ACTIONS, *ASSERTIONS)
"""Every step by its number, the plainest first."""


class UnknownSequence(PairproofError):
    """This names no sequence; the message says what would."""


def word_of(found: Differs) -> str:
    """What was found in a word: the numbers of its steps, and of the assertion that differs."""
    last = [a for a in ASSERTIONS if a.says == found.expected.says]
    return "-".join(str(_KNOWN.index(step)) for step in (*found.steps, *last))


def steps_of(word: str) -> tuple[Step, ...]:
    """The steps of a sequence. Raises `UnknownSequence` if the word is none."""
    try:
        steps = tuple(_KNOWN[int(number)] for number in word.split("-"))
    except (ValueError, IndexError):
        steps = ()
    if not steps or steps[0] not in STARTS:
        raise UnknownSequence(
            f"{word!r} is no sequence: that is numbers of steps with dashes between, as a finding"
            f" of this version prints them, of which the first is under {len(STARTS)} and the"
            f" others under {len(_KNOWN)}"
        )
    return steps


@dataclass(slots=True)
class _Search:
    contexts: Drawing
    budget: SearchBudget
    clock: Callable[[], float]
    rng: Random
    actions: Sequence[Action]
    starts: Sequence[Action]
    explored: Explored = field(default_factory=Explored)
    reached: set[Hashable] = field(default_factory=set)
    missing: dict[Step, str] = field(default_factory=dict)
    """What the target cannot do, or nobody can bring about there, and why."""
    begun_at: float = 0.0
    _told: set[tuple[str, str]] = field(default_factory=set)
    """What differed after which step, in all that was found."""
    _groups: list[list[Step]] = field(default_factory=list)
    _shares: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begun_at = self.clock()
        groups: dict[str, list[Step]] = {}
        for action in self.actions:
            if action not in self.missing:
                groups.setdefault(action.group, []).append(action)
        groups["look"] = [look for look in ASSERTIONS if look not in self.missing]
        self._groups = list(groups.values())
        self._shares = list(accumulate(_WEIGHTS.get(name, _WEIGHT) for name in groups))

    def goes_on(self) -> bool:
        """Whether a further sequence may be drawn."""
        explored, budget = self.explored, self.budget
        if len(explored.finds) >= budget.finds or 0 < budget.examples <= explored.drawn:
            return False
        explored.ran_out = self._time_is_up()
        return not explored.ran_out

    def _time_is_up(self) -> bool:
        limit_s = self.budget.seconds
        return bool(limit_s) and self.clock() - self.begun_at >= limit_s

    # --- drawing --------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw one sequence and make it; keep what differs in it and in none before."""
        self.explored.drawn += 1
        found = self.made()
        if found is None or _what(found) in self._told:
            return
        smallest = self.shrunk(found)
        self.explored.finds.append(smallest)
        self._told |= {_what(found), _what(smallest)}

    def _any_step(self) -> Step:
        (group,) = self.rng.choices(self._groups, cum_weights=self._shares)
        return self.rng.choice(group)

    def made(self) -> Differs | None:
        """Make steps until the sequence is long enough, then look at everything once more."""

        def go(lockstep: Lockstep) -> None:
            self._takes(lockstep, self.rng.choice(self.starts))
            for _ in range(2 * self.budget.steps):  # about half of what is drawn does not fit
                if self._takes(lockstep, self._any_step()):
                    refused = frozenset(lockstep.refused)
                    self.reached.add((reached(lockstep.worlds), refused))
                if len(lockstep.steps) > self.budget.steps:
                    break
            self._takes(lockstep, REACHES)
            if any(world.main.coming for world in lockstep.worlds):
                self._takes(lockstep, ARRIVES)
            self._takes(lockstep, WAITS)
            for assertion in ASSERTIONS:
                self._tries(lockstep.sees, assertion)

        return self._carried_out(go)

    def _takes(self, lockstep: Lockstep, step: Step) -> bool:
        """Make a step if it makes sense."""
        return self._tries(lockstep.take, step)

    def _tries(self, how: Callable[[_S], bool], step: _S) -> bool:
        """What cannot be done here is not tried again."""
        if step in self.missing:
            return False
        try:
            return how(step)
        except (NotSupported, CannotArrange) as error:
            self.missing[step] = str(error)
            raise

    def _carried_out(self, what: Callable[[Lockstep], None]) -> Differs | None:
        self.explored.examples += 1
        context, judged = self.contexts.open_context(self.explored.examples)
        lockstep = Lockstep(context, covered=self.explored.covered, judged=judged)
        try:
            what(lockstep)
        except Differs as found:
            return found
        except INCONCLUSIVE as error:
            self.explored.unjudged[context.recorder.redacted(str(error))] += 1
        finally:
            self.explored.operations += len(context.recorder.history().operations)
            self.contexts.close_context(context)
        return None

    # --- shrinking ------------------------------------------------------------------------------

    def shrunk(self, found: Differs) -> Differs:
        """Leave out what can be left out: what changed nothing, half of it, a quarter, and so on
        to one step and two, and put plainer steps in place of others, as long as the same is seen
        to differ.
        """
        last = self.explored.examples + SHRINKS_MAX
        tried: set[tuple[Step, ...]] = set()
        smaller: Differs | None = found
        while smaller is not None:
            found, smaller = smaller, None
            for steps in chain(_without_idle(found), _smaller(found.steps)):
                if steps in tried or not self.missing.keys().isdisjoint(steps):
                    continue
                if self.explored.examples >= last or self._time_is_up():
                    self.explored.is_cut_short = True
                    return found
                tried.add(steps)
                smaller = self.made_of(steps, found.expected.says)
                if smaller and _what(smaller) not in self._told and _size(smaller) < _size(found):
                    break
                smaller = None
        return found

    def made_of(self, steps: Sequence[Step], last: str = "") -> Differs | None:
        """What these steps show, and the assertion of these words if there is one, or any other:
        what differed in an answer may be seen by a look, and with a step less.
        """

        def go(lockstep: Lockstep) -> None:
            lockstep.repeat(steps, last)
            lockstep.assert_everywhere(self.missing)

        return self._carried_out(go)


class _EachOnce(_Search):
    """Draws above all what was never made."""

    def fresh(self) -> list[Step]:
        """What was never made so far."""
        made = self.explored.covered.keys()
        return [step for group in self._groups for step in group if str(step) not in made]

    def _any_step(self) -> Step:
        fresh = self.fresh()
        return self.rng.choice(fresh) if fresh and self.rng.random() < 0.5 else super()._any_step()


@lru_cache(maxsize=1_000)  # many a step leaves the worlds as they were
def reached(worlds: Worlds) -> Hashable:
    """What is remembered of a state: where both sides may be with each cluster, and what is amiss.

    Up to three, how many requests there were makes another state; who sends what does not.
    """
    return frozenset(
        (w.token_good, w.endpoint_good, _state_of(w.main), w.other.local, w.other.current)
        for w in worlds
    )


def _state_of(slot: ModelSlot) -> Hashable:
    known = tuple(slot.central(which) for which in (slot.last, slot.earlier, slot.accepted))
    amiss = (slot.running, bool(slot.sick), slot.linked, slot.severed)
    met = (slot.send_spoiled, slot.cancels_spoiled, slot.confirm_spoiled, slot.adrift, slot.coming)
    there = (slot.present, slot.own, slot.hosts, slot.local, slot.stack, slot.late)
    return (*there, min(len(slot.requests), 3), known, amiss, met)


def _without_idle(found: Differs) -> Iterator[tuple[Step, ...]]:
    """The same steps without those that changed nothing, or half of these, and so on. What differs
    in the end may take ten seconds to be seen, each time: few trials that show it fit into the
    time, and these have to leave out much.
    """
    idle = sorted(found.idle - {0, len(found.steps) - 1})
    size = len(idle)
    while size > 1:
        for at in range(0, len(idle), size):
            left_out = idle[at : at + size]
            yield tuple(s for at, s in enumerate(found.steps) if at not in left_out)
        size //= 2


def _smaller(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """The same steps without some of them; the first is how it begins."""
    size = len(steps) // 2
    while size:
        for at in range(1, len(steps), size):
            yield steps[:at] + steps[at + size :]
        size //= 2
    for one in range(1, len(steps)):
        for other in range(one + 2, len(steps)):
            yield tuple(s for at, s in enumerate(steps) if at not in (one, other))
    for at, step in enumerate(steps):
        plainer: Sequence[Step] = [p for p in STARTS if at == 0]
        if isinstance(step, Action) and at:
            plainer = [a for a in ACTIONS if a.group == step.group]
        for other_step in plainer[: _rank(step, plainer)]:
            yield (*steps[:at], other_step, *steps[at + 1 :])


def _what(found: Differs) -> tuple[str, str]:
    """What differs, and after which step."""
    return found.expected.says, found.steps[-1].says


def _rank(step: Step, among: Sequence[Step]) -> int:
    return among.index(step) if step in among else 0


def _size(found: Differs) -> tuple[int, list[int]]:
    return len(found.steps), [_KNOWN.index(step) for step in found.steps]
