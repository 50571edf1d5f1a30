"""Certifies each stranger as a whole, and publishes that: `python -m tests.strangers FOLDER`.

The files of the runs go to FOLDER, what is published to `reports/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.strangers.mirrors import serving as mirrors
from tests.strangers.rpc import serving as rpc
from tests.strangers.steps import serving as steps

STRANGERS: dict[str, tuple[Callable[[Path], AbstractContextManager[Any]], dict[str, str]]] = {
    "mirrors": (mirrors.served, mirrors.ENVIRONMENT),
    "rpc": (rpc.served, rpc.ENVIRONMENT),
    "steps": (steps.steps, steps.ENVIRONMENT),
}


def publish(folder: Path) -> int:
    """Publish each, whatever it comes to; returns how many could not be."""
    missing = 0
    for name, (served, variables) in STRANGERS.items():
        own = folder / name
        own.mkdir(parents=True)
        with served(own) as made:
            file = made.target_file("edge", "central")
            pairproof("certify", "--target", str(file), "--out", str(own / "run"), **variables)
        missing += pairproof("reports", "submit", str(own / "run")) != 0
    return missing


def pairproof(*words: str, **variables: str) -> int:
    command = [sys.executable, "-m", "harness.cli", *words]
    return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(publish(Path(sys.argv[1])))
