"""What certifying costs where the target is remote: a process of its own, behind a target file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.figure import Figure

ROUNDS = 2
CERTIFY = (sys.executable, "-m", "harness.cli", "certify", "--workers", "1")


def figures() -> Iterator[Figure]:
    """The whole suite, embedded and remote in turns, one worker each: the faster of two rounds."""
    embedded, remote = [], []
    for _ in range(ROUNDS):
        embedded.append(_certify())
        with _served() as target_file:
            remote.append(_certify("--target", str(target_file)))
    yield Figure("certify --workers 1, embedded", min(embedded), "s")
    yield Figure("certify --workers 1, remote", min(remote), "s")
    ratio = min(remote) / min(embedded)
    yield Figure("remote against embedded", ratio, "times", goal_max=1.3)


def _certify(*words: str) -> float:
    with tempfile.TemporaryDirectory() as out:
        start = perf_counter()
        subprocess.run([*CERTIFY, *words, "--out", out], check=True, capture_output=True)
        return perf_counter() - start


@contextmanager
def _served() -> Iterator[Path]:
    """The reference as `pairproof serve` runs it, and the target file that it writes."""
    with tempfile.TemporaryDirectory() as folder:
        target_file = Path(folder) / "target.toml"
        words = (sys.executable, "-m", "harness.cli", "serve", "--write-target", str(target_file))
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                while not target_file.exists():
                    if process.poll() is not None:
                        raise RuntimeError("the reference cannot be served")
                    sleep(0.05)
                yield target_file
            finally:
                process.terminate()
