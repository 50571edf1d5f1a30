"""What goes over the proxy in these tests leaves no thread, file or socket behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.reference.server import Servers
from tests.integration.http.targets import leaving_no_thread
from tests.integration.links.palettes import Scenery


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.fixture
def scenery(servers: Servers) -> Iterator[Scenery]:
    with leaving_no_thread(), ExitStack() as held:
        yield Scenery(held, servers)
