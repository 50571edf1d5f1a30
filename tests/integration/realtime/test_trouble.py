"""Servers that break, freeze or go: what a fleet in real time finds, measures and survives."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.catalogue.verdict import Overall
from harness.fleet.realtime.pace import LoadBudget, rate_of
from harness.fleet.scenario import SECOND, FaultKind, FaultPlan, NetworkPlan, Spread, fixed
from harness.fleet.scenario import FaultScope as Whom
from harness.reference.behaviour import Behaviour
from harness.reference.planting import behaviour_with
from harness.reporting.fleet.realtime import every_answer
from harness.verifying.fleet import verify_fleet
from tests.integration.realtime.over_http import MS, QUICK, central, run


class Frozen:
    """Stands still for so many seconds, once, from the request of this number on."""

    def __init__(self, app: ASGIApp, after: int, seconds: float) -> None:
        self._app = app
        self._after = after
        self._seconds = seconds
        self._count = 0
        self._until = 0.0
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._count += 1
            if self._count == self._after:
                self._until = time.monotonic() + self._seconds
            if (left := self._until - time.monotonic()) > 0:
                self.held += 1
                await asyncio.sleep(left)
        await self._app(scope, receive, send)


def test_a_server_that_freezes_shows_in_the_percentiles_of_all_who_came_meanwhile(
    tmp_path: Path,
) -> None:
    """They come whether or not it answers, so it is more than one who waits for it."""
    made: list[Frozen] = []

    def wrap(app: ASGIApp) -> ASGIApp:
        made.append(Frozen(app, after=60, seconds=0.9))
        return made[-1]

    arrivals = replace(
        QUICK,
        fleet=replace(QUICK.fleet, hosts=60),
        duration=1_800 * MS,
        limits=replace(QUICK.limits, settle=1),
        reach=(),
    )
    with central(Behaviour(wrap_palette=wrap)) as target:
        finished = run(target, tmp_path, arrivals, rate=rate_of("30/s"))
    assert finished.realtime is not None
    answers = every_answer(finished.realtime.effort)
    held = sum(frozen.held for frozen in made)
    assert held >= 15
    assert answers.percentile(1000) >= 800 * MS
    assert answers.percentile(1000 - 500 * held // answers.count) >= 400 * MS
    sends = finished.measures.latency["VerifyConnection"]
    assert sends.percentile(990) >= 600 * MS


CONTRARY = replace(QUICK, admins=replace(QUICK.admins, rejects_ppm=400_000, doubles_ppm=1_000_000))
"""Everybody has a rival."""


@pytest.mark.parametrize(
    ("planted", "invariant"),
    [
        ("accepts_whatever_is_selected", "INV-3"),
        ("rejected_request_is_still_accepted", "INV-8"),
        pytest.param("decided_request_is_shown_as_it_was", "INV-8", marks=pytest.mark.slow),
    ],
)
def test_a_defect_is_found_over_http(planted: str, invariant: str, tmp_path: Path) -> None:
    with central(behaviour_with(f"mutant:{planted}")) as target:
        finished = run(target, tmp_path, CONTRARY, keep_going=False)
    assert finished.verdict is Overall.DOES_NOT_CONFORM
    assert invariant in {violation.invariant for violation in finished.violations}
    assert verify_fleet(tmp_path).same


@pytest.mark.slow
def test_faults_strike_hosts_messages_and_the_target(tmp_path: Path) -> None:
    bad = replace(
        QUICK,
        duration=3 * SECOND,
        fleet=replace(QUICK.fleet, hosts=40),
        operators=replace(QUICK.operators, begin=Spread(0, 1_500 * MS)),
        agents=replace(QUICK.agents, deadline=SECOND),
        network=NetworkPlan(
            lost_before_ppm=50_000,
            lost_after_ppm=50_000,
            repeated_ppm=50_000,
            delayed_ppm=50_000,
            delay=fixed(200 * MS),
        ),
        faults=(
            FaultPlan(FaultKind.LINK, every=fixed(SECOND), lasts=fixed(300 * MS)),
            FaultPlan(FaultKind.CENTRAL, at=1_500 * MS, lasts=fixed(300 * MS)),
            FaultPlan(
                FaultKind.SLOW, Whom.CLUSTER, at=SECOND, lasts=fixed(SECOND), share_ppm=500_000
            ),
            FaultPlan(FaultKind.REBOOT, Whom.CLUSTER, at=2 * SECOND, lasts=fixed(300 * MS)),
        ),
        limits=replace(QUICK.limits, settle=3 * SECOND),
        reach=(),
    )
    with central() as target:
        finished = run(target, tmp_path, bad)
    operations, seen = finished.measures.operations, finished.measures.sometimes
    assert finished.verdict is Overall.CONFORMS, finished.why
    assert operations["SetLink"]["ok"] > 20
    assert operations["Restart"]["ok"] == 41
    spoiled = ("message_lost_before", "message_lost_after", "message_repeated", "message_delayed")
    assert all(seen[name] for name in spoiled), seen
    assert {window.what for window in finished.measures.faults} >= {"link", "central", "reboot"}
    assert finished.measures.requests["paired"] >= 20
    assert verify_fleet(tmp_path).same


def test_a_target_that_goes_away_stops_the_run(tmp_path: Path) -> None:
    """What it had done until then is told; what is above is nobody's failure."""

    class Gone:
        def __init__(self, app: ASGIApp) -> None:
            self._app, self._count = app, 0

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self._count += 1
                if self._count > 100:
                    await send({"type": "http.response.start", "status": 503, "headers": []})
                    await send({"type": "http.response.body", "body": b"gone"})
                    return
            await self._app(scope, receive, send)

    with central(Behaviour(wrap_palette=Gone)) as target:
        finished = run(target, tmp_path, budget=LoadBudget(errors=20))
    assert finished.verdict is Overall.INCONCLUSIVE
    assert "20 requests in a row had no usable answer" in finished.why
    assert finished.realtime is not None
    assert finished.realtime.effort.requests < 100 + 20 + 60
    assert verify_fleet(tmp_path).same
