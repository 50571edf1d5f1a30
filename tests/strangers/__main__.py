"""Certifies each stranger as a whole, and publishes that: `python -m tests.strangers FOLDER`.

The files of the runs go to FOLDER, what is published to `reports/`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.strangers.graph import serving as graph
from tests.strangers.kube import serving as kube
from tests.strangers.mirrors import serving as mirrors
from tests.strangers.quay import serving as quay
from tests.strangers.rpc import serving as rpc
from tests.strangers.steps import serving as steps

STRANGERS: dict[str, tuple[Callable[[Path], AbstractContextManager[Any]], dict[str, str]]] = {
    "graph": (graph.served, graph.ENVIRONMENT),
    "kube": (kube.served, kube.ENVIRONMENT),
    "mirrors": (mirrors.served, mirrors.ENVIRONMENT),
    "quay": (quay.served, quay.ENVIRONMENT),
    "rpc": (rpc.served, rpc.ENVIRONMENT),
    "steps": (steps.steps, steps.ENVIRONMENT),
}


SET_UP = """
## How the target was set up

It is one of the products in `tests/strangers`, which were made for the tests and share nothing with
the harness or with each other. `make reports` starts each, writes its target file and certifies it.
"""


def publish(folder: Path) -> int:
    """Publish each, whatever it comes to; returns how many could not be."""
    missing = 0
    for name, (served, variables) in STRANGERS.items():
        own = folder / name
        own.mkdir(parents=True)
        with served(own) as made:
            file = made.target_file("edge", "central")
            pairproof("certify", "--target", str(file), "--out", str(own / "run"), **variables)
        submitted = pairproof("reports", "submit", str(own / "run"))
        if published := re.search(r"^published +([^;]+);", submitted, re.MULTILINE):
            with (Path(published[1]) / "README.md").open("a", encoding="utf-8") as readme:
                readme.write(SET_UP)
        missing += published is None
    return missing


def pairproof(*words: str, **variables: str) -> str:
    """What a command has said, once it is said."""
    command, said = [sys.executable, "-m", "harness.cli", *words], list[str]()
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            sys.stdout.write(line)
            said.append(line)
    return "".join(said)


if __name__ == "__main__":
    sys.exit(publish(Path(sys.argv[1])))
