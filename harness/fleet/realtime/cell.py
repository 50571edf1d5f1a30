"""A cell of a fleet in real time: its people and hosts on an event loop of their own.

The loop runs in a thread, all the time; whoever runs the cell window by window only waits and
looks. See `harness.fleet.port.Cell`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

import uvloop
from msgspec import structs

from harness.domain.arrangements import Arrangement
from harness.fleet.cell import JudgedCell, behaviour_for
from harness.fleet.clock import HAPPENED
from harness.fleet.network import Network
from harness.fleet.pool.orders import PoolError
from harness.fleet.port import CellOutcome, Job, WindowReport
from harness.fleet.realtime.asker import AskedSide, DriverClient, TargetClient, WireClient
from harness.fleet.realtime.course import EdgeCourse, RealCourse
from harness.fleet.realtime.edge import LocalUis, RealHosts
from harness.fleet.realtime.environment import Environment
from harness.fleet.realtime.pace import Spending, patience
from harness.fleet.realtime.settings import Settings
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import Palette, RealClock, RealRecorder, RealWorld
from harness.fleet.scenario import SECOND, Spread
from harness.fleet.world import Happenings
from harness.history.fleet_lines import EffortLine, StormLine
from harness.load.client import LoadClient
from harness.load.opening import LoadLimits
from harness.reference.remapped import suited_to
from harness.targets.port import CannotArrange

_STORM_S: Final = 30.0
"""A connection of a storm has so many seconds to stand."""
_STORM_AT: Final = (50, 99, 100)
_LOOK_EVERY: Final = 20_000
"""So often a cell looks whether its window is over, and it comes in time itself."""
_AT_ONCE: Final = Spread(0, 4_000)
"""An answer that is near comes in milliseconds: who wants to be there at once has no more."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Made:
    """What a cell consists of, once it has a loop to live on. `askers` are who asks Palette and,
    where that is done in another way, who asks for its hosts or at Local UIs.
    """

    world: RealWorld
    course: RealCourse
    spending: Spending
    askers: tuple[TargetClient, ...]

    def effort(self, **more: Any) -> EffortLine:
        """What was asked so far of either side, and how long the answers took."""
        efforts = [asker.effort() for asker in self.askers]
        return structs.replace(
            efforts[0],
            answered={kind: h for effort in efforts for kind, h in effort.answered.items()},
            unanswered={kind: n for effort in efforts for kind, n in effort.unanswered.items()},
            late=self.world.central.late,
            **more,
        )


class RealCell(JudgedCell):
    """A cell that is set going by its first window.

    Raises:
        PoolError: its beginning cannot be arranged on the target.
    """

    def __init__(self, settings: Settings, job: Job, number: int) -> None:
        super().__init__(job, number, watch=settings.watch)
        self._settings = settings
        self._began = 0
        self._cpu = 0
        self._defect: BaseException | None = None
        self._is_closed = False
        self._made: Made | None = None
        self._left: list[str] = []
        self._storm: StormLine | None = None
        self._endpoint = settings.reach(number)
        self._translation = Translation(settings.mark, number, self._endpoint.driver.epoch())
        for secret, kind in self._endpoint.secrets:
            self._translation.redactor.register(secret, kind)
        self._loop = uvloop.new_event_loop()
        self._loop.set_exception_handler(self._fails)
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"pairproof-cell-{self._name}", daemon=True
        )
        self._thread.start()
        try:
            self._made = self._call(self._make())
            self._arrange_the_beginning()
        except BaseException:
            self.close()
            raise

    async def _make(self) -> Made:
        """Make the cell's world, on the running loop."""
        settings, endpoint, translation = self._settings, self._endpoint, self._translation
        job, scenario, side = self._job, self._job.scenario, self._endpoint.local
        env = Environment()
        clock = RealClock(env)
        cells = scenario.fleet.cells
        spending = Spending(settings.budget.share(cells), clock.now)
        asked = replace(endpoint.central, per_second=endpoint.central.per_second / cells)
        askers = [central := await self._asker(env, asked, spending)]
        agents = central
        if endpoint.agents is not None:
            askers.append(agents := await self._asker(env, endpoint.agents, spending))
        palette = Palette(env, central, translation, endpoint.driver, agents)
        recorder = RealRecorder(self._name, env, self._listener, self._part, self._bounds)
        network = Network(scenario.network, heals_at=scenario.duration)
        happenings = Happenings(scenario.only, collect=job.collect)
        world = RealWorld(
            scenario, env, clock, recorder, palette, network, happenings, at_once=_AT_ONCE
        )
        if side is None:
            behaviour = suited_to(asked.wire, behaviour_for(scenario, job.planted))
            edge = behaviour.edge_factory()
            waits = patience(scenario, settings.speed_milli)
            holds = round(asked.wire.agents.hold_s * SECOND)
            world.hosts = RealHosts(world, edge, translation, waits, holds)
        else:
            # Each place belongs to one cell, so that nobody else asks there.
            askers.append(local := await self._asker(env, side.asked, spending))
            world.hosts = LocalUis(world, local, translation, side)
        make = RealCourse if side is None else EdgeCourse
        course = make(world, self.number, settings.rate, endpoint.endpoint, settings.speed_milli)
        return Made(world, course, spending, tuple(askers))

    async def _asker(self, env: Environment, side: AskedSide, spending: Spending) -> TargetClient:
        if side.send is not None:
            return DriverClient(env, side.send, side, self._translation, spending)
        limits = LoadLimits(connections_per_address=self._settings.connections)
        make = self._endpoint.client or partial(LoadClient, side.context)
        client = await make(limits).__aenter__()
        return WireClient(env, client, side, self._translation, spending)

    def _arrange_the_beginning(self) -> None:
        """Projects, people, tokens and profiles are there before anybody does anything; clusters
        too, at a target's own places. One of these that cannot be had keeps its operator out.
        """
        made = self._world()
        course, palette = made.course, made.world.central
        for _, change in course.beginnings():
            assert isinstance(change, Arrangement)
            try:
                palette.arrange_now(change)
            except CannotArrange as error:
                raise PoolError(
                    f"the target cannot be got ready: {type(change).__name__} cannot be arranged"
                    f" ({error.how})"
                ) from error
            made.world.recorder.at_once("harness", change, 0, HAPPENED)
        if isinstance(course, EdgeCourse):
            problems = course.make_ready()
            if problems and not course.is_ready:
                raise PoolError(f"no cluster of the target can be got ready: {problems[0]}")
            palette.late.extend(f"InstallCluster: {problem}" for problem in problems)

    def _world(self) -> Made:
        assert self._made is not None
        return self._made

    # --- as a cell ------------------------------------------------------------------------

    def run(self, until: int, grant: int) -> WindowReport:
        # There are no grants in real time.
        if not self._began:
            self._translation.epoch = self._endpoint.driver.epoch()
            self._call(self._open_the_storm())
            self._began, self._cpu = time.monotonic_ns(), time.process_time_ns()
            self._call(self._start())
        report = self._call(self._reach(until))
        if self._defect is not None:
            raise self._defect
        return report

    async def _open_the_storm(self) -> None:
        """Before time begins, so that what connecting takes is apart from all else."""
        asker = self._world().askers[0]
        many = self._settings.storm // self._job.scenario.fleet.cells
        if not (many and isinstance(asker, WireClient) and isinstance(asker.client, LoadClient)):
            return
        storm = await asker.client.storm(self._endpoint.central.url, many, _STORM_S)
        count = len(storm.took)
        p50, p99, longest = (
            storm.took[-(-count * percent // 100) - 1] // 1_000 if count else 0
            for percent in _STORM_AT
        )
        self._storm = StormLine(count, dict(sorted(storm.failures.items())), p50, p99, longest)

    async def _start(self) -> None:
        made = self._world()
        made.world.env.start()
        made.course.begin()

    async def _reach(self, until: int) -> WindowReport:
        made = self._world()
        world, spending = made.world, made.spending

        def is_over() -> bool:
            stopped = world.clock.is_stopped or self._defect is not None or spending.over
            return bool(stopped or world.recorder.violations[self._told :])

        while (pause := until - world.env.now) > 0 and not is_over():
            pause = min(pause, _LOOK_EVERY)
            due = world.env.now + pause
            await asyncio.sleep(pause / SECOND)
            world.env.came(due)
        return WindowReport(
            asked=0,
            backlog=0,
            next_event=None if world.clock.is_stopped else until,
            operations=world.recorder.count,
            events=spending.requests,
            pending=self._judge.pending,
            violations=self._new_violations(world.recorder),
            stop=spending.over,
        )

    def finish(self, *, whole: bool) -> CellOutcome:
        wall, cpu = time.monotonic_ns() - self._began, time.process_time_ns() - self._cpu
        made = self._world()
        self._call(self._stop(made))
        outcome = self._outcome(made.world, whole=whole)
        self.close()
        effort = made.effort(
            cpu=cpu // 1_000,
            wall=wall // 1_000,
            left=self._left,
            storm=self._storm,
            starved=made.world.recorder.starved,
            within=self._bounds.longest,
        )
        return replace(outcome, effort=effort)

    async def _stop(self, made: Made) -> None:
        """Nothing happens any more; what is on its way has no answer."""
        made.world.env.stop()
        for asker in made.askers:
            await asker.close()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._call(self._let_go())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._left += self._endpoint.close()
            super().close()

    async def _let_go(self) -> None:
        if self._made is not None:
            await self._stop(self._made)
            self._made.world.central.close()
            for asker in self._made.askers:
                await asker.let_go()

    # --- its loop -------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _fails(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something was raised that nobody expects: the run ends, and raises it."""
        error = context.get("exception")
        self._defect = self._defect or error or RuntimeError(str(context.get("message")))
        if self._made is not None:
            self._made.world.env.stop()


def make_real_cell(settings: Settings, job: Job, number: int) -> RealCell:
    """Make a cell by its number; with its settings, a `harness.fleet.port.MakeCell`."""
    return RealCell(settings, job, number)
