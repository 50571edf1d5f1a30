"""The suite gives the same verdicts in process and over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
Verdicts = dict[tuple[str, str], str]


def verdicts(features: list[str], driver: str, out: Path) -> Verdicts:
    """The verdict of each scenario for each of its requirements."""
    command = [sys.executable, "-m", "pytest", *features, "-q", "-p", "no:cacheprovider"]
    command += ["--driver", driver, "--out", str(out)]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    lines = map(json.loads, (out / "evidence.jsonl").read_text("utf-8").splitlines())
    found = [line for line in lines if line["type"] == "verdict"]
    return {(line["scenario"], line["requirement"]): line["verdict"] for line in found}


def environment() -> dict[str, str]:
    """This process's, without what it has as a worker or as a test of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def compare(features: list[str], folder: Path) -> None:
    inprocess = verdicts(features, "inprocess", folder / "inprocess")
    over_http = verdicts(features, "http", folder / "http")
    assert inprocess
    assert over_http == inprocess


def test_journeys_and_failing_links_end_alike(tmp_path: Path) -> None:
    compare(["features/journeys.feature", "features/cancel_connectivity.feature"], tmp_path)


@pytest.mark.slow
def test_all_of_it_ends_alike(tmp_path: Path) -> None:
    compare(["features"], tmp_path)
