"""A cell of a fleet in real time: its people and hosts on an event loop of their own.

The loop runs in a thread, all the time; whoever runs the cell window by window only waits and
looks. See `harness.fleet.port.Cell`.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import uvloop
from msgspec import structs

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.fleet.terms import terms_of
from harness.domain.arrangements import Arrangement
from harness.domain.operations import Acknowledged, Done
from harness.fleet.cell import behaviour_for, closed
from harness.fleet.loading import as_plain
from harness.fleet.network import Network
from harness.fleet.pool.orders import PoolError
from harness.fleet.port import CellOutcome, Job, WindowReport
from harness.fleet.realtime.asker import TargetClient
from harness.fleet.realtime.budget import Spending
from harness.fleet.realtime.course import RealCourse
from harness.fleet.realtime.edge import EdgeCourse, LocalUis
from harness.fleet.realtime.environment import Environment
from harness.fleet.realtime.pace import patience
from harness.fleet.realtime.settings import AClient, Settings
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import Palette, RealClock, RealHosts, RealRecorder, RealWorld
from harness.fleet.scenario import SECOND, Spread
from harness.fleet.world import FleetEdge, Happenings
from harness.history.fleet_lines import EffortLine, MeasuresLine, StormLine
from harness.load import LoadClient, LoadLimits
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
class ClientSettings:
    """Who asks one side, with the connections for it."""

    asker: TargetClient
    client: AClient

    async def close(self) -> None:
        """Give up what is under way, and close all connections."""
        await self.asker.close()
        await self.client.close()


@dataclass(frozen=True, slots=True)
class Made:
    """What a cell consists of, once it has a loop to live on.

    Attributes:
        central: who asks Palette.
        local: who asks the target's Local UIs, where operators act there.
    """

    env: Environment
    clock: RealClock
    spending: Spending
    central: ClientSettings
    local: ClientSettings | None
    palette: Palette
    recorder: RealRecorder
    happenings: Happenings
    course: RealCourse

    @property
    def asking(self) -> tuple[ClientSettings, ...]:
        """Everybody who asks."""
        return (self.central, self.local) if self.local is not None else (self.central,)

    def effort(self, cpu: int, wall: int, left: list[str]) -> EffortLine:
        """What was asked so far of either side, and how long the answers took."""
        efforts = [one.asker.effort(cpu, wall, self.palette.late, left) for one in self.asking]
        return structs.replace(
            efforts[0],
            answered={kind: h for effort in efforts for kind, h in effort.answered.items()},
            unanswered={kind: n for effort in efforts for kind, n in effort.unanswered.items()},
        )


class RealCell:
    """A cell that is set going by its first window.

    Raises:
        PoolError: its beginning cannot be arranged on the target.
    """

    def __init__(self, settings: Settings, job: Job, number: int) -> None:
        self.number = number
        self._settings = settings
        self._job = job
        self._began = 0
        self._told = 0
        self._cpu = 0
        self._defect: BaseException | None = None
        self._is_closed = False
        self._made: Made | None = None
        self._left: list[str] = []
        self._storm: StormLine | None = None
        name = f"{number:02d}"
        terms = terms_of(as_plain(job.scenario))
        self._judge = CellJudge(terms.bounds, bucket=terms.bucket, watch=settings.watch)
        self._bounds = terms.bounds
        self._part = job.part(name)
        self._endpoint = settings.reach(number)
        self._translation = Translation(settings.mark, number, self._endpoint.driver.epoch())
        self._loop = uvloop.new_event_loop()
        self._loop.set_exception_handler(self._fails)
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"pairproof-cell-{name}", daemon=True
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
        job, scenario = self._job, self._job.scenario
        env = Environment()
        clock = RealClock(env)
        cells = scenario.fleet.cells
        spending = Spending(settings.budget.share(cells), clock.now)
        client = await self._client(endpoint.context)
        per_second = endpoint.per_second / cells
        asker = TargetClient(
            env,
            client,
            endpoint.url,
            endpoint.wire,
            translation,
            spending,
            per_second,
            endpoint.steps,
        )
        central, local = ClientSettings(asker, client), None
        palette = Palette(env, asker, translation, endpoint.driver)
        judge = self._judge if job.judge else None
        name = f"{self.number:02d}"
        recorder = RealRecorder(name, env, judge, self._part, self._bounds)
        network = Network(scenario.network, heals_at=scenario.duration)
        side = endpoint.local
        hosts: FleetEdge
        if side is None:
            edge = behaviour_for(scenario, job.planted).edge_factory()
            waits = patience(scenario, settings.speed_milli)
            plan = scenario.agents
            hosts = RealHosts(
                env, clock, edge, palette, translation, network, recorder, plan, waits
            )
        else:
            # Each place belongs to one cell, so that nobody else asks there.
            client = await self._client(side.context)
            asker = TargetClient(env, client, "", side.wire, translation, spending, side.per_second)
            local = ClientSettings(asker, client)
            within = scenario.admins.deadline
            hosts = LocalUis(clock, local.asker, palette, translation, recorder, side, within)
        happenings = Happenings(scenario.only, collect=job.collect)
        world = RealWorld(
            scenario=scenario,
            env=env,
            clock=clock,
            recorder=recorder,
            network=network,
            hosts=hosts,
            happenings=happenings,
            palette=palette,
            at_once=_AT_ONCE,
        )
        make = RealCourse if side is None else EdgeCourse
        course = make(world, self.number, settings.rate, endpoint.endpoint, settings.speed_milli)
        return Made(env, clock, spending, central, local, palette, recorder, happenings, course)

    async def _client(self, context: ssl.SSLContext) -> AClient:
        limits = LoadLimits(connections_per_address=self._settings.connections)
        if self._endpoint.client is not None:
            return await self._endpoint.client(limits).__aenter__()
        return await LoadClient(context, limits).__aenter__()

    def _arrange_the_beginning(self) -> None:
        """Projects, people, tokens and profiles are there before anybody does anything."""
        made = self._world()
        for _, change in made.course.beginnings():
            assert isinstance(change, Arrangement)
            try:
                made.palette.arrange_now(change)
            except CannotArrange as error:
                raise PoolError(
                    f"the target cannot be got ready: {type(change).__name__} cannot be arranged"
                    f" ({error.how})"
                ) from error
            made.recorder.at_once("harness", change, 0, Done(Acknowledged()))
        if isinstance(made.course, EdgeCourse):
            self._install_clusters(made, made.course)

    @staticmethod
    def _install_clusters(made: Made, course: EdgeCourse) -> None:
        """At the target's own places; one that cannot be had is told, and keeps its operator out.

        Raises:
            PoolError: none can be had at all.
        """
        problems = course.make_ready()
        if problems and not course.is_ready:
            raise PoolError(f"no cluster of the target can be got ready: {problems[0]}")
        made.palette.late.extend(f"InstallCluster: {problem}" for problem in problems)

    def _world(self) -> Made:
        assert self._made is not None
        return self._made

    # --- as a cell ------------------------------------------------------------------------

    def run(self, until: int, grant: int) -> WindowReport:
        """Go on to the end of a window (exclusive). There are no grants in real time."""
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
        client = self._world().central.client
        many = self._settings.storm // self._job.scenario.fleet.cells
        if not many or not isinstance(client, LoadClient):
            return
        storm = await client.storm(self._endpoint.url, many, _STORM_S)
        count = len(storm.took)
        p50, p99, longest = (
            storm.took[-(-count * percent // 100) - 1] // 1_000 if count else 0
            for percent in _STORM_AT
        )
        self._storm = StormLine(count, dict(sorted(storm.failures.items())), p50, p99, longest)

    async def _start(self) -> None:
        made = self._world()
        made.env.start()
        made.course.begin()

    async def _reach(self, until: int) -> WindowReport:
        made = self._world()
        while (pause := until - made.env.now) > 0 and not self._is_over(made):
            pause = min(pause, _LOOK_EVERY)
            due = made.env.now + pause
            await asyncio.sleep(pause / SECOND)
            made.env.came(due)
        found = made.recorder.violations[self._told :]
        self._told += len(found)
        return WindowReport(
            asked=0,
            backlog=0,
            next_event=None if made.clock.is_stopped else until,
            operations=made.recorder.count,
            events=made.spending.requests,
            pending=self._judge.pending,
            violations=found,
            stop=made.spending.over,
        )

    def _is_over(self, made: Made) -> bool:
        stopped = made.clock.is_stopped or self._defect is not None
        return bool(stopped or made.spending.over or made.recorder.violations[self._told :])

    def finish(self, *, whole: bool) -> CellOutcome:
        """Close the part, and judge what is judged at the end of a run that got there."""
        wall, cpu = time.monotonic_ns() - self._began, time.process_time_ns() - self._cpu
        made = self._world()
        self._call(self._stop(made))
        recorder, now = made.recorder, made.env.now
        part = closed(self._part, self._judge, recorder, now, whole=whole)
        self.close()
        measures = self._judge.measures() if self._job.judge else MeasuresLine()
        effort = made.effort(cpu // 1_000, wall // 1_000, self._left)
        return CellOutcome(
            cell=self.number,
            measures=measures,
            part=part,
            ids=self._judge.ids(),
            happenings=made.happenings.names,
            violations=recorder.violations[self._told :],
            effort=structs.replace(
                effort, storm=self._storm, starved=recorder.starved, within=self._bounds.longest
            ),
        )

    async def _stop(self, made: Made) -> None:
        """Nothing happens any more; what is on its way has no answer."""
        made.env.stop()
        for asking in made.asking:
            await asking.asker.close()

    def close(self) -> None:
        """Close the part as it is, and let go of the target."""
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
            if self._part is not None:
                self._part.close()

    async def _let_go(self) -> None:
        if self._made is not None:
            await self._stop(self._made)
            self._made.palette.close()
            for asking in self._made.asking:
                await asking.close()

    # --- its loop -------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _fails(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something was raised that nobody expects: the run ends, and raises it."""
        error = context.get("exception")
        self._defect = self._defect or error or RuntimeError(str(context.get("message")))
        if self._made is not None:
            self._made.env.stop()


def make_real_cell(settings: Settings, job: Job, number: int) -> RealCell:
    """Make a cell by its number; with its settings, a `harness.fleet.port.MakeCell`."""
    return RealCell(settings, job, number)
