"""Room for connections is made where it is allowed; else it is said what to do."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from harness.load.errors import TooFewFiles
from harness.load.opening import SPARE, make_room


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_as_far_as_needed(limits: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, limits[1]))
    assert make_room(100) == 512
    assert make_room(1_000) == 1_000 + SPARE
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (1_000 + SPARE, limits[1])


def test_beyond_the_hard_limit_it_says_what_to_do(limits: tuple[int, int]) -> None:
    if limits[1] == resource.RLIM_INFINITY:
        pytest.skip("this machine has no hard limit of open files")
    with pytest.raises(TooFewFiles, match=r"ulimit -Hn .* fewer connections"):
        make_room(limits[1])
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
