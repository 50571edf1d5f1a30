"""Sequences drawn by Hypothesis, made in lockstep, and shrunk where they differ."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from harness.catalogue.requirement import Feature
from harness.context.recorder import Inconclusive
from harness.explore.actions import ACTIONS, OTHER, STARTS, Action, SequenceContext
from harness.explore.assertions import ASSERTIONS
from harness.explore.lockstep import CannotTell, Differs, Judged, Lockstep, Step
from harness.targets.port import CannotArrange, Driver, NotSupported

INCONCLUSIVE = (CannotTell, Inconclusive, NotSupported, CannotArrange)
"""What ends a sequence without anything being found."""

SHRINKS_MAX = 500
"""So many sequences are tried to make a finding smaller; then it is small enough."""

_WEIGHTS = {"send": 14, "cancel": 8, "decisions": 16, "repairs": 20, "tokens": 3, "conditions": 3}
_WEIGHTS |= {"links": 4, "look": 8, "spoils": 2, "endings": 1, "revocations": 1, "endpoints": 1}
_WEIGHT = 3
"""How often a group of actions is drawn, beside others. Some carry the rest; after some others
little is left that makes sense.
"""


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How long to look.

    Attributes:
        examples: how many sequences are drawn.
        steps: how many actions a sequence has at most.
        seconds: after so many seconds no further sequence begins; zero for no such limit.
    """

    examples: int = 100
    steps: int = 20
    seconds: float = 0.0


@dataclass(slots=True)
class Explored:
    """What came of it.

    Attributes:
        examples: the sequences that were carried out, those for shrinking included.
        operations: the operations and arrangements in them.
        covered: how often each action and each assertion was made, by its words.
        unjudged: why sequences ended early, and how often.
        found: the smallest sequence that differs, if any does.
        again: whether what was found differed once more when it was repeated at the end.
        ran_out: whether the time was up before all sequences were drawn.
    """

    examples: int = 0
    operations: int = 0
    covered: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    found: Differs | None = None
    again: bool = False
    ran_out: bool = False

    @property
    def is_conclusive(self) -> bool:
        """Whether most sequences could be judged to their end."""
        return self.examples > 0 and self.unjudged.total() * 2 <= self.examples


OpenContext = Callable[[int], tuple[SequenceContext, Judged]]
"""Makes the context of the nth sequence, and says who is told of its checks."""


def possible(driver: Driver) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """The actions that a target has room for, and the ways to begin."""
    slots = driver.inventory().slots
    many = Feature.MULTI_NODE in driver.info.features and any(len(s.host_uids) > 2 for s in slots)
    actions = ACTIONS if len(slots) > 1 else tuple(m for m in ACTIONS if OTHER not in m.says)
    return actions, STARTS if many else STARTS[:1]


def explore(
    open_context: OpenContext,
    driver: Driver,
    seed_: int,
    budget: SearchBudget = SearchBudget(),
    clock: Callable[[], float] = time.monotonic,
) -> Explored:
    """Draw sequences and make them in lockstep, until one differs or the budget is used up.

    The same seed and the same target give the same sequences, unless the time is limited.
    """
    session = _Session(open_context, budget, clock)
    machine = seed(seed_)(_machine(session, *possible(driver)))
    with suppress(
        Differs, Flaky, _BudgetIsUsedUp
    ):  # the session knows the smallest sequence that differs
        run_state_machine_as_test(machine, settings=_settings(budget))
    session.polish()
    session.try_again()
    return session.explored


def _settings(budget: SearchBudget) -> settings:
    """Nothing is kept from earlier runs, and nothing is printed."""
    return settings(
        max_examples=budget.examples,
        stateful_step_count=2 * budget.steps,  # about half of what is drawn does not fit
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )


@dataclass(slots=True)
class _Session:
    open_context: OpenContext
    budget: SearchBudget
    clock: Callable[[], float]
    explored: Explored = field(default_factory=Explored)
    begun_at: float = 0.0
    shrinks: int = 0

    def __post_init__(self) -> None:
        self.begun_at = self.clock()

    def goes_on(self) -> bool:
        """Whether a further sequence may begin."""
        limit_s = self.budget.seconds
        if limit_s and self.clock() - self.begun_at >= limit_s:
            self.explored.ran_out = True
            return False
        self.shrinks += self.explored.found is not None
        return self.shrinks <= SHRINKS_MAX

    def begin(self) -> Lockstep:
        """The next sequence."""
        self.explored.examples += 1
        context, judged = self.open_context(self.explored.examples)
        return Lockstep(context, covered=self.explored.covered, judged=judged)

    def end(self, lockstep: Lockstep) -> None:
        """Count a sequence and give back what it had."""
        self.explored.operations += len(lockstep.context.recorder.history().operations)
        lockstep.context.clean_up()

    def differs(self, found: Differs) -> None:
        """Keep it if it is the smallest so far."""
        best = self.explored.found
        if best is None or _size(found) < _size(best):
            self.explored.found = found

    def polish(self) -> None:
        """Leave out what can be left out, one step or two at a time, and see if it still differs.

        Hypothesis shrinks what it draws; this shrinks what is read.
        """
        while self.explored.found is not None and self._is_smaller_without_some():
            pass

    def _is_smaller_without_some(self) -> bool:
        found = self.explored.found
        if found is None:
            return False
        steps = range(1, len(found.steps))  # the first is how it begins
        for left_out in (*combinations(steps, 1), *combinations(steps, 2)):
            rest = tuple(s for at, s in enumerate(found.steps) if at not in left_out)
            if self.goes_on() and self._differs_by(rest, found.expected.says):
                return True
        return False

    def try_again(self) -> None:
        """See whether what was found differs once more."""
        found = self.explored.found
        if found is not None:
            self.explored.again = self._differs_by(found.steps, found.expected.says)

    def _differs_by(self, steps: Iterable[Step], last: str) -> bool:
        """Whether the same steps, and the assertion of these words, show a difference."""
        lockstep = self.begin()
        try:
            lockstep.repeat(steps, last)
        except Differs as found:
            self.differs(found)
            return True
        except INCONCLUSIVE:
            return False
        finally:
            self.end(lockstep)
        return False


def _size(found: Differs) -> tuple[int, list[int]]:
    plainest_first = (*STARTS, *ACTIONS, *ASSERTIONS)
    return len(found.steps), [plainest_first.index(step) for step in found.steps]


class _BudgetIsUsedUp(BaseException):
    """No further sequence may begin. Hypothesis lets it through, and draws none."""


class _Sequence(RuleBasedStateMachine):
    """One sequence as Hypothesis runs it. A subclass has the rules and the session."""

    session: _Session

    def __init__(self) -> None:
        super().__init__()
        if not self.session.goes_on():
            raise _BudgetIsUsedUp
        self.lockstep = self.session.begin()
        self.ended = False

    def carry_out(self, what: Callable[[Lockstep], object]) -> None:
        """Go on with the sequence, unless it has ended.

        Raises:
            Differs: the target did what the model does not allow.
        """
        if self.ended:
            return
        try:
            what(self.lockstep)
        except Differs as found:
            self.ended = True
            self.session.differs(found)
            raise
        except INCONCLUSIVE as error:
            self.ended = True
            why = self.lockstep.context.recorder.redacted(str(error))
            self.session.explored.unjudged[why] += 1

    def take(self, step: Step) -> None:
        """Make an action or assertion, if it makes sense and the sequence is not too long."""
        if len(self.lockstep.steps) <= self.session.budget.steps:
            self.carry_out(lambda lockstep: lockstep.take(step))

    def teardown(self) -> None:
        """Look at everything once more, and give everything back."""
        try:
            self.carry_out(Lockstep.assert_everywhere)
        finally:
            self.session.end(self.lockstep)


def _machine(
    session: _Session, actions: Sequence[Action], starts: Sequence[Action]
) -> type[RuleBasedStateMachine]:
    """The machine. All actions are one rule, as Hypothesis leaves out rules, and an action that is
    never made keeps those after it from making sense.
    """
    steps = _steps(actions)

    class Sequences(_Sequence):
        @initialize(start=st.sampled_from(list(starts)))
        def begin(self, start: Action) -> None:
            self.take(start)

        @rule(step=steps)
        def go_on(self, step: Step) -> None:
            self.take(step)

    Sequences.session = session
    return Sequences


def _steps(actions: Sequence[Action]) -> st.SearchStrategy[Step]:
    """One step: a group by its weight, then one of the group."""
    groups: dict[str, list[Step]] = {}
    for action in actions:
        groups.setdefault(action.group, []).append(action)
    groups["look"] = list(ASSERTIONS)
    drawn = [
        st.sampled_from(g) for name, g in groups.items() for _ in range(_WEIGHTS.get(name, _WEIGHT))
    ]
    return st.sampled_from(drawn).flatmap(lambda group: group)
