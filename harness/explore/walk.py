"""Every schedule of an interleaving, with the invariants on each.

The walk is depth-first over states. A state is the world together with what the invariants
remember of what has happened so far; two schedules that meet in one state have the same future
and are judged alike, so what follows is walked once and counted for both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from harness.checkers.invariants.stream import ALL, Bounds, Violation, violations_of
from harness.domain import operations as ops
from harness.domain.arrangements import SetLink
from harness.explore.interleaving_events import Events, outcome_of
from harness.explore.interleaving_memory import InterleavingMemory
from harness.explore.interleaving_sides import HOST
from harness.explore.interleaving_world import InterleavingRunner, InterleavingState, ScheduleStep
from harness.explore.interleavings import INTERLEAVINGS, Interleaving
from harness.history.operation import History
from harness.reference.behaviour import Behaviour
from harness.reference.core.records import PairingRequest
from harness.reference.faults import message_kind

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
    "delay": "{} is on its way for so long that its sender gives it up",
    "repeat": "{} reaches the central side, and a copy of it is still on its way",
    "error": "{} has no effect, and is answered with an internal error",
    "error after": "{} has had its effect, and is answered with an internal error",
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
    """One way in which an interleaving went, step by step."""

    interleaving: str
    steps: tuple[str, ...]
    history: History


@dataclass(frozen=True, slots=True)
class WalkViolation:
    """A violation, and the first schedule that showed it."""

    violation: Violation
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class InterleavingResult:
    """What the walk over one interleaving came to.

    Attributes:
        interleaving, faults: what was walked, and how many faults a schedule could have at most.
        states: different states; transitions: steps taken from them.
        schedules: complete schedules, those counted that a state met before stands for.
        histories: complete histories between which an invariant can tell; each was judged.
        depth: steps of the longest schedule. Nothing was cut off.
        violations: the first of each invariant.
        complete: whether the walk went to its end, or stopped at a violation.
    """

    interleaving: str
    faults: int
    states: int
    transitions: int
    schedules: int
    histories: int
    depth: int
    violations: tuple[WalkViolation, ...]
    complete: bool = True


def walk(
    interleaving: Interleaving, faults: int | None = None, behaviour: Behaviour = Behaviour()
) -> InterleavingResult:
    """Walk every schedule of an interleaving, with at most so many faults in a schedule.

    Without a number, it has its own. The order is fixed: the same arguments give the same result.
    """
    most = interleaving.faults_max if faults is None else faults
    return _Walk(interleaving, behaviour, most, ALL).all()


def first_violation(
    behaviour: Behaviour,
    invariants: Iterable[str] = ALL,
    interleavings: Iterable[Interleaving] = tuple(INTERLEAVINGS.values()),
    faults_max: int = FAULTS_MAX,
) -> WalkViolation | None:
    """The first schedule that violates one of the invariants, with as few faults as it takes."""
    interleavings, named = tuple(interleavings), tuple(invariants)
    for faults in range(faults_max + 1):
        for interleaving in interleavings:
            one = _Walk(interleaving, behaviour, faults, named)
            found = next(one.violations(), None)
            if found is not None:
                return found
    return None


def rendered(found: WalkViolation) -> str:
    """A violating schedule for a person: one line a step, then what is wrong."""
    violation, schedule = found.violation, found.schedule
    lines = [f"interleaving {schedule.interleaving}"]
    lines += [f"  {number:>2}. {step}" for number, step in enumerate(schedule.steps, 1)]
    lines.append(f"  then everything heals and settles, and {violation.invariant} does not hold:")
    lines.append(f"      {violation.reason}")
    if violation.operations:
        lines.append(f"      shown by {', '.join(violation.operations)}")
    return "\n".join(lines)


@dataclass(slots=True)
class _Walk:
    interleaving: Interleaving
    behaviour: Behaviour
    faults: int
    invariants: tuple[str, ...]
    runner: InterleavingRunner = field(init=False)
    settling: Settling = field(init=False)
    memory: InterleavingMemory = field(init=False)
    transitions: int = 0
    _known: dict[Hashable, tuple[int, int]] = field(default_factory=dict)
    """Of each state: how many schedules lead on from it, and the steps of the longest."""
    _histories: set[tuple[int, Events]] = field(default_factory=set)
    _path: list[ScheduleStep] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = InterleavingRunner(self.interleaving, self.behaviour, self.faults)
        self.settling = Settling(self.runner)
        self.memory = InterleavingMemory(self.runner.ledger, self.invariants, BOUNDS)

    def all(self) -> InterleavingResult:
        """Walk to the end; the first violation of each invariant is kept."""
        firsts: dict[str, WalkViolation] = {}
        for found in self.violations():
            firsts.setdefault(found.violation.invariant, found)
        schedules, depth = self._known[self._key(self.runner.first)[1]]
        return InterleavingResult(
            self.interleaving.name,
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
        return self._below(self.runner.first, *self._key(self.runner.first))

    def _key(self, world: InterleavingState) -> tuple[Hashable, Hashable]:
        fingerprint_of_world = self.runner.fingerprint_of(world)
        return fingerprint_of_world, (
            self.runner.fingerprints.number(fingerprint_of_world),
            world.rounds,
            world.faults,
            self.memory.of(world.events),
        )

    def _below(
        self, world: InterleavingState, fingerprint_of_world: Hashable, key: Hashable
    ) -> Iterator[WalkViolation]:
        steps, may_end = self.runner.steps(world)
        schedules, depth = 0, 0
        if may_end:
            schedules = 1
            yield from self._end(world, fingerprint_of_world)
        for step in steps:
            after = self.runner.take(world, step)
            self.transitions += 1
            fingerprint_after, key_after = self._key(after)
            if key_after not in self._known:
                self._path.append(step)
                yield from self._below(after, fingerprint_after, key_after)
                self._path.pop()
            more, deeper = self._known[key_after]
            schedules, depth = schedules + more, max(depth, deeper + 1)
        self._known[key] = (schedules, depth)

    def _end(
        self, world: InterleavingState, fingerprint_of_world: Hashable
    ) -> Iterator[WalkViolation]:
        settled = self.settling.after(world, fingerprint_of_world)
        whole = self.memory.of_whole(world.events), settled
        if whole in self._histories:
            return
        self._histories.add(whole)
        history = self.runner.ledger.history((*world.events, *settled))
        for violation in violations_of(history, self.invariants, BOUNDS):
            yield WalkViolation(
                violation, Schedule(self.interleaving.name, self._describe_schedule(), history)
            )

    def _describe_schedule(self) -> tuple[str, ...]:
        world, lines = self.runner.first, []
        for step in self._path:
            lines.append(describe(self.interleaving, world, step))
            world = self.runner.take(world, step)
        return tuple(lines)


def describe(interleaving: Interleaving, world: InterleavingState, step: ScheduleStep) -> str:
    """A step in words, said of the world before it."""
    what, lane = step
    if what == "arrive":
        late = world.late[lane]
        return f"network: {message_kind(late.operation).value} of {late.id} arrives"
    waiting = world.lanes[lane]
    if what in ("move", "unseen"):
        action = interleaving.actors[lane].actions[world.moved[lane]]
        lost = "; the answer is lost" if what == "unseen" else ""
        return f"{interleaving.actors[lane].name}: {action.do}{lost}"
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

    def __init__(self, runner: InterleavingRunner) -> None:
        self.runner = runner
        self._known: dict[Hashable, Events] = {}

    def after(self, world: InterleavingState, fingerprint_of_world: Hashable) -> Events:
        """What happens from a world on that is left alone. Its order is the history's end."""
        found = self._known.get(fingerprint_of_world)
        if found is None:
            found = self._known[fingerprint_of_world] = self._settled(
                replace(world, events=())
            ).events
        return found

    def _settled(self, world: InterleavingState) -> InterleavingState:
        if not world.up:
            healed = self.runner.noted(world, "healed", SetLink(HOST, up=True))
            world = replace(healed, up=True)
        world = self._followed(world, "settling")
        while world.late:
            world = self.runner.arrived(world, 0)
        world = self._followed(world, "after all has arrived")
        world = self.runner.passed(world, "time to settle", SETTLING)
        world = self._followed(world, "settled")
        return self._looked_at(world)

    def _followed(self, world: InterleavingState, label: str) -> InterleavingState:
        for index in range(ROUNDS_MAX):
            before = self._stores(world)
            world = self.runner.followed(world, f"{label}-{index}")
            if self._stores(world) == before:
                return world
        return world

    def _stores(self, world: InterleavingState) -> Hashable:
        store = self.runner.fingerprints.store
        return (store(world.edge.store), store(world.central.store))

    def _looked_at(self, world: InterleavingState) -> InterleavingState:
        runner = self.runner
        for index, assertion in enumerate((ops.ViewPairing(), ops.ViewManagement())):
            world = runner.started(world, 0, f"look-{index}", READER, assertion)
        for index, operation in enumerate(list(_central_assertions(world))):
            world = runner.administered(world, f"look-{index + 2}", READER, operation)
        world = runner.started(world, 0, "try", USER, ops.PatchCluster({"tried": "locally"}))
        return runner.started(world, 0, "look-last", READER, ops.ViewManagement())


def _central_assertions(world: InterleavingState) -> Iterator[ops.CentralOperation]:
    yield ops.ListPairingRequests()
    for request in world.central.store.every(PairingRequest):
        yield ops.ViewPairingRequest(request.pairing_uid)
        if request.cluster_uid:
            yield ops.ViewCentralCluster(request.cluster_uid)
            yield ops.ChangeCentralCluster(request.cluster_uid, {"tried": "centrally"})
            yield ops.ViewCentralCluster(request.cluster_uid)
