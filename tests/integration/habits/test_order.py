"""The order of the scenarios, and who runs which, changes no verdict."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from harness.history.reader import Evidence, read_evidence
from harness.suite import suite_dir
from tests.integration.cli.command import Command

SOME = "SND-1 or SND-4 or WDR-4 or REJ-5 or PRE-10 or ACC-1"

_ID = re.compile(r"\b([0-9a-f]{24}|[0-9]{16})\b")
"""The reference numbers its requests and its clock runs on, so that ids and instants depend on what
came before."""

SHUFFLE = """
import random

def pytest_addoption(parser):
    parser.addoption("--shuffle", type=int)

def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: item.nodeid)
    random.Random(config.getoption("--shuffle")).shuffle(items)
"""


def run(folder: Path, *words: str, workers: int = 0) -> Evidence:
    """Run some of the suite in process with pytest; what it records."""
    command = Command(folder)
    (folder / "shuffle.py").write_text(SHUFFLE, "utf-8")
    done = command.run_afresh(
        "pytest", str(suite_dir("features")), "-q", "-p", "harness.plugin",
        "-p", "no:cacheprovider", "--driver", "inprocess", "--tags", SOME, "--out", "out",
        *(("-n", str(workers)) if workers else ()), *words,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    evidence = read_evidence(folder / "out" / "evidence.jsonl")
    assert evidence.complete
    assert evidence.problems == ()
    return evidence


def verdicts_of(evidence: Evidence) -> dict[tuple[str, str], tuple[object, ...]]:
    """Every verdict, with what was done for it, by scenario and requirement."""
    return {
        (v.scenario, v.requirement): (
            v.verdict,
            _ID.sub("<id>", v.reason),
            tuple(v.operations),
            tuple((o.kind, o.outcome) for o in evidence.histories[v.scenario].operations),
        )
        for v in evidence.verdicts
    }


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The scenarios in their own order, by one process."""
    folder = tmp_path_factory.mktemp("serial")
    evidence = run(folder)
    shutil.rmtree(folder)
    return evidence


@pytest.mark.parametrize(("seed", "workers"), [(1, 0), (2, 2)], ids=["alone", "with workers"])
def test_scenarios_in_random_order_come_to_the_same(
    tmp_path: Path, serial: Evidence, seed: int, workers: int
) -> None:
    shuffled = run(tmp_path, "-p", "shuffle", "--shuffle", str(seed), workers=workers)
    assert [s.id for s in shuffled.scenarios] != [s.id for s in serial.scenarios]
    assert {s.id for s in shuffled.scenarios} == {s.id for s in serial.scenarios}
    assert verdicts_of(shuffled) == verdicts_of(serial)
