"""Fixtures of the core's tests."""

from __future__ import annotations

import pytest

from .world import SmallWorld


@pytest.fixture
def world() -> SmallWorld:
    return SmallWorld()
