"""The suite gives the same verdicts in process and over HTTP, from answers as published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.wire.routes import ROUTES, Route
from tests.unit.wire.as_published import differences

BY_NAME = {operation.__name__: route for operation, route in ROUTES.items()}
ROOT = Path(__file__).resolve().parents[3]
Verdicts = dict[tuple[str, str], str]


ONE_BEARS_LESS = ("(sizes.", "no JSON body of it has", "there is no wire")
"""Why a way to a target judges less than another: what it bears, and what it can write."""


def verdicts(features: list[str], driver: str, out: Path) -> Verdicts:
    """The verdict of each scenario for each of its requirements, without those for which this way
    to the target is not enough.
    """
    command = [sys.executable, "-m", "pytest", *features, "-q", "-p", "no:cacheprovider"]
    command += ["--driver", driver, "--out", str(out)]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    lines = map(json.loads, (out / "evidence.jsonl").read_text("utf-8").splitlines())
    found = [line for line in lines if line["type"] == "verdict"]
    return {
        (line["scenario"], line["requirement"]): line["verdict"]
        for line in found
        if not any(why in line["reason"] for why in ONE_BEARS_LESS)
    }


def environment() -> dict[str, str]:
    """This process's, without what it has as a worker or as a test of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def compare(features: list[str], folder: Path) -> None:
    inprocess = verdicts(features, "inprocess", folder / "inprocess")
    over_http = verdicts(features, "http", folder / "http")
    assert inprocess
    both = over_http.keys() & inprocess.keys()
    assert {key: over_http[key] for key in both} == {key: inprocess[key] for key in both}
    assert {id_.partition("/")[0] for id_, _ in inprocess.keys() - both} <= {"sizes"}
    assert {id_.partition("/")[0] for id_, _ in over_http.keys() - both} <= {"sizes", "writings"}
    answers = list(answers_of(folder / "http" / "evidence.jsonl"))
    assert len(answers) > 100
    found = {(route.id, what) for route, *answer in answers for what in differences(route, *answer)}
    assert found == set(), "what was answered is not what is published"


def answers_of(evidence: Path) -> Iterator[tuple[Route, int, object]]:
    """Each answer of a run with its route, its status and its body."""
    kinds: dict[str, str] = {}
    for line in map(json.loads, evidence.read_text("utf-8").splitlines()):
        if line["type"] == "invoke":
            kinds[line["id"]] = line["kind"]
        elif line["type"] == "outcome" and line["response"] and kinds[line["id"]] in BY_NAME:
            body = line["response"]["body"]
            answer = json.loads(body) if body else None
            yield BY_NAME[kinds[line["id"]]], line["response"]["status"], answer


def test_failing_links_end_alike(tmp_path: Path) -> None:
    compare(["features/cancel_connectivity.feature"], tmp_path)


@pytest.mark.slow
def test_all_of_it_ends_alike(tmp_path: Path) -> None:
    compare(["features"], tmp_path)
