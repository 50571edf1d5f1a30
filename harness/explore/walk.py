"""Every interleaving of a plot, with the invariants on each.

The walk is depth-first over states. A state is the world together with what has happened so
far, as far as it can be told from outside; two schedules that meet in one state have the same
future and are judged alike, so what follows is walked once and counted for both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from harness.checkers.invariants.stream import ALL, Bounds, Violation, violations_of
from harness.domain import operations as ops
from harness.domain.arrangements import SetLink
from harness.explore.interleaving_events import Events, outcome_of
from harness.explore.interleaving_plots import PLOTS, Interleaving
from harness.explore.interleaving_sides import HOST
from harness.explore.interleaving_world import InterleavingRunner, InterleavingState, ScheduleStep
from harness.history.operation import History
from harness.reference.behaviour import Behaviour
from harness.reference.core.records import PairingRequest
from harness.reference.faults import message_kind

Judge = Callable[[History, Iterable[str]], Iterable[Violation]]

BOUNDS = Bounds(list_lag=0)
"""The reference's lists are never behind; its agents may be, as long as a schedule lasts."""

FAULTS_MAX = 2
"""How many faults a schedule may have where one violation is looked for."""

ROUNDS_MAX = 8
"""More rounds of the agents than anything takes that settles at all."""

SETTLING = 60_000_000
"""How long everything has to settle, in microseconds."""

READER, USER = "reader", "user"
CARRIED = {
    "deliver": "{} reaches the central side",
    "lose": "{} is lost before it has any effect",
    "unanswered": "the answer to {} is lost",
}
STRUCK = {
    "follow": "agent: begins to follow up",
    "cut": "link: is cut",
    "mend": "link: is mended",
    "restart edge": "edge: is restarted",
    "restart central": "central side: is restarted",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """One way in which a plot went, step by step."""

    plot: str
    steps: tuple[str, ...]
    history: History


@dataclass(frozen=True, slots=True)
class WalkViolation:
    """A violation, and the first schedule that showed it."""

    violation: Violation
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class InterleavingResult:
    """What the walk over one plot came to.

    Attributes:
        plot, faults: what was walked, and how many faults a schedule could have at most.
        states: different states; transitions: steps taken from them.
        schedules: complete schedules, those counted that a state met before stands for.
        histories: different complete histories; each was judged.
        depth: steps of the longest schedule. Nothing was cut off.
        violations: the first of each invariant.
        complete: whether the walk went to its end, or stopped at a violation.
    """

    plot: str
    faults: int
    states: int
    transitions: int
    schedules: int
    histories: int
    depth: int
    violations: tuple[WalkViolation, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class WalkResult:
    """What a walk came to, plot by plot."""

    plots: tuple[InterleavingResult, ...]

    @property
    def states(self) -> int:
        """All different states."""
        return sum(plot.states for plot in self.plots)

    @property
    def transitions(self) -> int:
        """All steps taken."""
        return sum(plot.transitions for plot in self.plots)

    @property
    def schedules(self) -> int:
        """All complete schedules that were covered."""
        return sum(plot.schedules for plot in self.plots)

    @property
    def histories(self) -> int:
        """All different histories that were judged."""
        return sum(plot.histories for plot in self.plots)

    @property
    def violations(self) -> tuple[WalkViolation, ...]:
        """Every violation that was found."""
        return tuple(found for plot in self.plots for found in plot.violations)


def judged(history: History, invariants: Iterable[str]) -> tuple[Violation, ...]:
    """The violations of a complete history."""
    return violations_of(history, invariants, BOUNDS)


def walk(
    plots: Iterable[Interleaving] = tuple(PLOTS.values()),
    faults: int = 1,
    behaviour: Behaviour = Behaviour(),
    invariants: Iterable[str] = ALL,
    judge: Judge = judged,
) -> WalkResult:
    """Walk every interleaving of each plot, with at most so many faults in a schedule.

    The order is fixed: the same arguments give the same result.
    """
    named = tuple(invariants)
    return WalkResult(tuple(_Walk(p, behaviour, faults, named, judge).all() for p in plots))


def first_violation(
    behaviour: Behaviour,
    invariant: str,
    plots: Iterable[Interleaving] = tuple(PLOTS.values()),
    faults_max: int = FAULTS_MAX,
) -> WalkViolation | None:
    """The first schedule that violates the invariant, with as few faults as it takes."""
    plots = tuple(plots)
    for faults in range(faults_max + 1):
        for plot in plots:
            found = next(_Walk(plot, behaviour, faults, (invariant,), judged).violations(), None)
            if found is not None:
                return found
    return None


def rendered(found: WalkViolation) -> str:
    """A violating schedule for a person: one line a step, then what is wrong."""
    violation, schedule = found.violation, found.schedule
    lines = [f"plot {schedule.plot}"]
    lines += [f"  {number:>2}. {step}" for number, step in enumerate(schedule.steps, 1)]
    lines.append(f"  then everything heals and settles, and {violation.invariant} does not hold:")
    lines.append(f"      {violation.reason}")
    if violation.operations:
        lines.append(f"      shown by {', '.join(violation.operations)}")
    return "\n".join(lines)


@dataclass(slots=True)
class _Walk:
    plot: Interleaving
    behaviour: Behaviour
    faults: int
    invariants: tuple[str, ...]
    judge: Judge
    stage: InterleavingRunner = field(init=False)
    settling: Settling = field(init=False)
    transitions: int = 0
    _known: dict[Hashable, tuple[int, int]] = field(default_factory=dict)
    """Of each state: how many schedules lead on from it, and the steps of the longest."""
    _histories: set[Events] = field(default_factory=set)
    _path: list[ScheduleStep] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage = InterleavingRunner(self.plot, self.behaviour, self.faults)
        self.settling = Settling(self.stage)

    def all(self) -> InterleavingResult:
        """Walk to the end; the first violation of each invariant is kept."""
        firsts: dict[str, WalkViolation] = {}
        for found in self.violations():
            firsts.setdefault(found.violation.invariant, found)
        schedules, depth = self._known[self._key(self.stage.first)[1]]
        return InterleavingResult(
            self.plot.name,
            self.faults,
            len(self._known),
            self.transitions,
            schedules,
            len(self._histories),
            depth,
            tuple(firsts[name] for name in sorted(firsts)),
        )

    def violations(self) -> Iterator[WalkViolation]:
        """Every violation as it is found; the walk goes on as far as this is read."""
        return self._below(self.stage.first, *self._key(self.stage.first))

    def _key(self, world: InterleavingState) -> tuple[Hashable, Hashable]:
        print_of_world = self.stage.print_of(world)
        return print_of_world, (
            self.stage.prints.number(print_of_world),
            world.rounds,
            world.faults,
            world.begun,
            world.events,
        )

    def _below(
        self, world: InterleavingState, print_of_world: Hashable, key: Hashable
    ) -> Iterator[WalkViolation]:
        steps, may_end = self.stage.steps(world)
        schedules, depth = 0, 0
        if may_end:
            schedules = 1
            yield from self._end(world, print_of_world)
        for step in steps:
            after = self.stage.take(world, step)
            self.transitions += 1
            print_after, key_after = self._key(after)
            if key_after not in self._known:
                self._path.append(step)
                yield from self._below(after, print_after, key_after)
                self._path.pop()
            more, deeper = self._known[key_after]
            schedules, depth = schedules + more, max(depth, deeper + 1)
        self._known[key] = (schedules, depth)

    def _end(self, world: InterleavingState, print_of_world: Hashable) -> Iterator[WalkViolation]:
        events = (*world.events, *self.settling.after(world, print_of_world))
        if events in self._histories:
            return
        self._histories.add(events)
        history = self.stage.ledger.history(events)
        for violation in self.judge(history, self.invariants):
            yield WalkViolation(violation, Schedule(self.plot.name, self._told(), history))

    def _told(self) -> tuple[str, ...]:
        world, lines = self.stage.first, []
        for step in self._path:
            lines.append(told(self.plot, world, step))
            world = self.stage.take(world, step)
        return tuple(lines)


def told(plot: Interleaving, world: InterleavingState, step: ScheduleStep) -> str:
    """A step in words, said of the world before it."""
    what, lane = step
    waiting = world.lanes[lane]
    if what in ("move", "unseen"):
        move = plot.actors[lane].moves[world.moved[lane]]
        lost = "; the answer is lost" if what == "unseen" else ""
        return f"{plot.actors[lane].name}: {move.do}{lost}"
    if waiting is None or what in STRUCK:
        return STRUCK[what]
    name = "agent" if waiting.operation is None else waiting.id
    kind = message_kind(waiting.call.operation).value
    if what == "return":
        return f"{name}: gets the answer to {kind}: {outcome_of(waiting.reply)}"
    return f"{name}: {CARRIED[what].format(kind)}"


class Settling:
    """How a schedule ends: everything heals, the agents follow up until nothing changes, and both
    sides are looked at and tried. Equal worlds settle alike, so each is settled only once.
    """

    def __init__(self, stage: InterleavingRunner) -> None:
        self.stage = stage
        self._known: dict[Hashable, Events] = {}

    def after(self, world: InterleavingState, print_of_world: Hashable) -> Events:
        """What happens from a world on that is left alone. Its order is the history's end."""
        found = self._known.get(print_of_world)
        if found is None:
            found = self._known[print_of_world] = self._settled(replace(world, events=())).events
        return found

    def _settled(self, world: InterleavingState) -> InterleavingState:
        if not world.up:
            healed = self.stage.noted(world, "healed", SetLink(HOST, up=True))
            world = replace(healed, up=True)
        world = self._followed(world, "settling")
        world = self.stage.passed(world, "time to settle", SETTLING)
        world = self._followed(world, "settled")
        return self._looked_at(world)

    def _followed(self, world: InterleavingState, label: str) -> InterleavingState:
        for index in range(ROUNDS_MAX):
            before = self._stores(world)
            world = self.stage.followed(world, f"{label}-{index}")
            if self._stores(world) == before:
                return world
        return world

    def _stores(self, world: InterleavingState) -> Hashable:
        store = self.stage.prints.store
        return (store(world.edge.store), store(world.central.store))

    def _looked_at(self, world: InterleavingState) -> InterleavingState:
        stage = self.stage
        for index, look in enumerate((ops.ViewPairing(), ops.ViewManagement())):
            world = stage.started(world, 0, f"look-{index}", READER, look)
        for index, operation in enumerate(list(_central_looks(world))):
            world = stage.administered(world, f"look-{index + 2}", READER, operation)
        world = stage.started(world, 0, "try", USER, ops.PatchCluster({"tried": "locally"}))
        return stage.started(world, 0, "look-last", READER, ops.ViewManagement())


def _central_looks(world: InterleavingState) -> Iterator[ops.CentralOperation]:
    yield ops.ListPairingRequests()
    for request in world.central.store.every(PairingRequest):
        yield ops.ViewPairingRequest(request.pairing_uid)
        if request.cluster_uid:
            yield ops.ViewCentralCluster(request.cluster_uid)
            yield ops.ChangeCentralCluster(request.cluster_uid, {"tried": "centrally"})
