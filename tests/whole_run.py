"""A whole run of the suite in process, which several tests look at."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from tests.integration.cli.command import Command


def whole_run(factory: pytest.TempPathFactory) -> Path:
    """The folder of its files; the first worker of the tests that asks for it makes it."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / "whole.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "whole" / "report.json").exists():
            done = Command(shared).here("certify", "--driver", "inprocess", "--out", "whole")
            assert done.returncode == 0, done.stdout + done.stderr
    return shared / "whole"
