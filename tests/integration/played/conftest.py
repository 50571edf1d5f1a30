from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.played.lab import Lab
from tests.integration.serve.threads import left_of


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    before = set(threading.enumerate())
    with ExitStack() as held:
        yield Lab(tmp_path, held)
    assert left_of(before) == set()
