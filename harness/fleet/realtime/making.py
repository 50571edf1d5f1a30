"""Makes the world of a cell in real time: who asks the target, its hosts, its people."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from harness.checkers.fleet.judge import CellJudge
from harness.fleet.cell import behaviour_for
from harness.fleet.network import Network
from harness.fleet.port import Job
from harness.fleet.realtime.asker import TargetClient
from harness.fleet.realtime.budget import Spending
from harness.fleet.realtime.course import RealCourse
from harness.fleet.realtime.edge import EdgeCourse, LocalUis
from harness.fleet.realtime.environment import Environment
from harness.fleet.realtime.hosts import RealHosts
from harness.fleet.realtime.pace import patience
from harness.fleet.realtime.settings import AClient, Endpoint, Settings
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import Palette, RealClock, RealRecorder, RealWorld
from harness.fleet.scenario import Spread
from harness.fleet.world import FleetEdge, Happenings
from harness.history.fleet_lines import EffortLine
from harness.history.parts import PartWriter
from harness.load import LoadClient, LoadLimits

_AT_ONCE: Final = Spread(0, 4_000)
"""An answer that is near comes in milliseconds: who wants to be there at once has no more."""


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


async def make_world(
    settings: Settings,
    job: Job,
    number: int,
    endpoint: Endpoint,
    translation: Translation,
    judge: CellJudge,
    part: PartWriter | None,
) -> Made:
    """Make a cell's world, on the running loop."""
    scenario = job.scenario
    env = Environment()
    clock = RealClock(env)
    cells = scenario.fleet.cells
    spending = Spending(settings.budget.share(cells), clock.now)
    client = await _client(settings, endpoint, endpoint.context)
    per_second = endpoint.per_second / cells
    asker = TargetClient(
        env, client, endpoint.url, endpoint.wire, translation, spending, per_second
    )
    central, local = ClientSettings(asker, client), None
    palette = Palette(env, asker, translation, endpoint.driver)
    recorder = RealRecorder(f"{number:02d}", env, judge if job.judge else None, part)
    network = Network(scenario.network, heals_at=scenario.duration)
    side = endpoint.local
    hosts: FleetEdge
    if side is None:
        edge = behaviour_for(scenario, job.planted).edge_factory()
        waits = patience(scenario, settings.speed_milli)
        plan = scenario.agents
        hosts = RealHosts(env, clock, edge, palette, translation, network, recorder, plan, waits)
    else:
        # Each place belongs to one cell, so that nobody else asks there.
        client = await _client(settings, endpoint, side.context)
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
    course = make(world, number, settings.rate, endpoint.endpoint, settings.speed_milli)
    return Made(env, clock, spending, central, local, palette, recorder, happenings, course)


async def _client(settings: Settings, endpoint: Endpoint, context: ssl.SSLContext) -> AClient:
    limits = LoadLimits(connections_per_address=settings.connections)
    if endpoint.client is not None:
        return await endpoint.client(limits).__aenter__()
    return await LoadClient(context, limits).__aenter__()
