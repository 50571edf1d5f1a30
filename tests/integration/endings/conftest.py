"""One served reference for all runs of a module; each test has a target of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.command import Command
from tests.integration.endings.world import PORTS, World
from tests.integration.ports import free_ports


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("endings")
    world = World(Command(folder), free_ports(PORTS))
    world.serve()
    yield world
    world.close()
    assert world.command.alive() == []
