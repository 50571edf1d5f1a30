"""What goes over the proxy in these tests leaves no thread, file or socket behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.reference.server import Servers
from tests.integration.links.palettes import Scenery


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.fixture
def scenery(servers: Servers) -> Iterator[Scenery]:
    before = set(threading.enumerate())
    with ExitStack() as held:
        yield Scenery(held, servers)
    assert set(threading.enumerate()) <= before
