"""A small fleet in real time against the reference's central side, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.cli.fleet_reaching import asked_side
from harness.domain.arrangements import Side
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.realtime.cell import make_real_cell
from harness.fleet.realtime.pace import LoadBudget, Rate
from harness.fleet.realtime.settings import Endpoint, Settings
from harness.fleet.realtime.translation import new_mark
from harness.fleet.run import FleetResult, Telling, folder_of_parts, run_fleet
from harness.fleet.scenario import (
    SECOND,
    AdminPlan,
    AgentPlan,
    FleetPlan,
    InvariantLimits,
    OperatorPlan,
    Scenario,
    Spread,
)
from harness.history.fleet_lines import RealtimeLine
from harness.load.client import LoadClient
from harness.load.opening import LoadLimits
from harness.reference.behaviour import Behaviour
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.targets.http import HttpDriver
from harness.targets.target import Target
from harness.targets.target_file import read_target
from harness.wire.http import HttpRequest, HttpResponse
from harness.wire.mapping import PLAIN, WireMap

MS = 1_000

QUICK = Scenario(
    "quick",
    "everything in seconds",
    1_600 * MS,
    fleet=FleetPlan(hosts=100, cells=1, window=SECOND // 2),
    operators=OperatorPlan(
        begin=Spread(0, 800 * MS),
        think=Spread(5 * MS, 50 * MS),
        watch=Spread(300 * MS, 600 * MS),
        cancels_ppm=100_000,
        cancel_after=Spread(50 * MS, 500 * MS),
        retry=Spread(50 * MS, 200 * MS),
        again=Spread(100 * MS, 300 * MS),
    ),
    agents=AgentPlan(poll=Spread(200 * MS, 400 * MS), deadline=3 * SECOND),
    admins=AdminPlan(
        team=5,
        notice=Spread(20 * MS, 200 * MS),
        think=Spread(5 * MS, 20 * MS),
        deadline=5 * SECOND,
        rejects_ppm=50_000,
        mistypes_ppm=200_000,
        doubles_ppm=200_000,
    ),
    limits=InvariantLimits(list_lag=SECOND, edge_lag=4 * SECOND, settle=400 * MS),
    reach=(("mismatch_refused", 10_000),),
)
"""A hundred hosts, and what people do wrong among them."""


@contextmanager
def central(
    behaviour: Behaviour = Behaviour(), wire: WireMap = PLAIN, more: str = ""
) -> Iterator[Target]:
    """The reference's central side alone, as a target file describes it, with `more` in it."""
    layout = Layout(clusters=1, hosts=1, tls=False, sides=frozenset({Side.CENTRAL}))
    with EmbeddedReference(7, layout, behaviour=behaviour, wire=wire) as reference:
        text, folder = f"{target_text(reference)}\n{more}", reference.ca_file.parent
        yield read_target(text, "target.toml", folder, environment(reference))


@dataclass
class Timed:
    """A client that takes the time of each request by itself."""

    inner: LoadClient
    took_ns: list[int]

    async def __aenter__(self) -> Timed:
        await self.inner.__aenter__()
        return self

    async def close(self) -> None:
        await self.inner.close()

    async def request(
        self,
        base_url: str,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
    ) -> HttpResponse:
        began = time.monotonic_ns()
        response = await self.inner.request(base_url, request, headers, within_s)
        self.took_ns.append(time.monotonic_ns() - began)
        return response


Adapt = Callable[[Endpoint], Endpoint]


def reach(target: Target, adapt: Adapt, number: int) -> Endpoint:
    """The endpoint of a cell, without a ledger."""
    driver = HttpDriver(target)

    def close() -> tuple[str, ...]:
        driver.close()
        return ()

    return adapt(
        Endpoint(
            driver,
            asked_side(target, Side.CENTRAL),
            target.endpoint,
            close=close,
        )
    )


def run(
    target: Target,
    folder: Path,
    scenario: Scenario = QUICK,
    *,
    adapt: Adapt = lambda endpoint: endpoint,
    rate: Rate | None = None,
    budget: LoadBudget = LoadBudget(),
    mark: str = "",
    keep_going: bool = True,
) -> FleetResult:
    """Run it to its end, with its evidence in a folder."""
    settings = Settings(partial(reach, target, adapt), mark or new_mark(), rate, budget)
    job = Job(scenario, keep_going=keep_going, parts=folder_of_parts(folder), repeatable=False)
    telling = Telling(
        realtime=lambda course: RealtimeLine(
            target=target.central_url,
            played=["edge"],
            stopped=course.stopped,
            effort=next(o.effort for o in course.outcomes if o.effort is not None),
        )
    )
    return run_fleet(job, LocalTransport(partial(make_real_cell, settings)), telling)


def with_client(took_ns: list[int]) -> Adapt:
    """Take the time of every request besides."""

    def adapt(endpoint: Endpoint) -> Endpoint:
        def client(limits: LoadLimits) -> Timed:
            return Timed(LoadClient(endpoint.central.context, limits), took_ns)

        return replace(endpoint, client=client)

    return adapt
