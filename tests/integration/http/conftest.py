"""The tests of the driver over HTTP open targets and drivers, and leave no thread behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.http.targets import Open, opening


@pytest.fixture
def opened() -> Iterator[Open]:
    with opening() as opened:
        yield opened
