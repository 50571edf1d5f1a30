"""Loads the plugin, and has whole folders of tests shared by workers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["harness.plugin"]

TESTS = Path(__file__).with_name("tests")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One file is done before workers have started, and features have one target."""
    asked = [Path(argument).resolve() for argument in config.args]
    return None if any(p.is_dir() and p.is_relative_to(TESTS) for p in asked) else 0
