"""The tests of the driver over HTTP open targets and drivers, and leave no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.http.targets import Open


@pytest.fixture
def opened() -> Iterator[Open]:
    before = set(threading.enumerate())
    with ExitStack() as held:
        yield Open(held)
    assert set(threading.enumerate()) <= before
