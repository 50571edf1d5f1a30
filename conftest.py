"""Loads the plugin, and has whole folders of tests shared by workers."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

pytest_plugins = ["harness.plugin"]

TESTS = Path(__file__).with_name("tests")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One file is done before workers have started, and features have one target.

    One worker more than processors: much of the time a worker waits, for a server, a process or a
    deadline. With three more, what is looked at within a second or so comes late.
    """
    asked = [Path(argument).resolve() for argument in config.args]
    folders = any(p.is_dir() and p.is_relative_to(TESTS) for p in asked)
    return len(os.sched_getaffinity(0)) + 1 if folders else 0


def pytest_collection_finish() -> None:
    """Leave alone what lives to the end: looking through it again takes a twentieth of the time."""
    gc.collect()
    gc.freeze()
