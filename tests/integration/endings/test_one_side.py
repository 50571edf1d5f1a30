"""Where the harness plays one side, that side goes with it; the other one keeps nothing either."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.integration.cli.command import Command
from tests.integration.endings.world import PORTS, World, signalled, some_moment
from tests.integration.ports import free_ports

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["central", "edge"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("one-side")
    world = World(Command(folder), free_ports(PORTS), request.param)
    world.serve()
    yield world
    world.close()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("number", range(3))
def test_a_harness_that_ends_badly_leaves_nothing(
    world: World, sent: signal.Signals, number: int
) -> None:
    before, out = world.made(), f"run-{sent.name}-{number}"
    with world.run(out) as process:
        moment = some_moment(f"{world.role} {sent.name} {number}") // 3
        world.wait_for_lines(process, out, max(moment, 80))
        signalled(process, sent)
    cleaned = world.clean(out)
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    world.check_nothing_is_left(before, out)
    world.check_evidence(out, whole=False)
