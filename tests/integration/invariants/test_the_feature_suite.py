"""The feature suite on the reference, judged by every invariant: none has anything to blame."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.checkers.invariants.stream import violations_of
from harness.history.operation import History
from harness.history.reader import Evidence, read_evidence

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 120.0
SUITE = "features -q --driver inprocess -p no:cacheprovider --out".split()


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What the whole suite records in process."""
    out = tmp_path_factory.mktemp("suite") / "out"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *SUITE, str(out)],
        cwd=ROOT,
        env=kept,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout[-2_000:]
    return read_evidence(out / "evidence.jsonl")


def test_no_scenario_is_blamed(evidence: Evidence) -> None:
    assert len(evidence.histories) > 100
    found = {name: violations_of(history) for name, history in evidence.histories.items()}
    assert {name: violations for name, violations in found.items() if violations} == {}


def test_nor_is_the_whole_run_as_one_stream(evidence: Evidence) -> None:
    everything = [o for history in evidence.histories.values() for o in history.operations]
    stream = History(tuple(sorted(everything, key=lambda operation: operation.start)))
    assert violations_of(stream) == ()
