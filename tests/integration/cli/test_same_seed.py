"""The same seed gives the same evidence; workers change nothing but times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.history.reader import Evidence, read_evidence
from tests.integration.cli.command import Command

SOME = ("--driver", "inprocess", "--tags", "PRE-1 or PRE-4 or ACC-9C or WDR-4 or WDR-5 or REJ-5")


def without_run(path: Path) -> list[str]:
    """The lines of evidence, of which the first and the last leave out what may differ."""
    first, *lines, last = path.read_text("utf-8").splitlines()
    ends = [{k: v for k, v in json.loads(end).items() if k != "run"} for end in (first, last)]
    return [json.dumps(ends[0]), *lines, json.dumps(ends[1])]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process records, with hashes of its own."""
    folder = tmp_path_factory.mktemp("alone")
    words = ("certify", *SOME, "--out", "out")
    done = Command(folder).run_afresh("harness.cli", *words, env={"PYTHONHASHSEED": "1"})
    assert done.returncode == 0, done.stderr
    return folder / "out" / "evidence.jsonl"


def test_it_is_the_same_byte_for_byte_whatever_the_hashes(
    command: Command, tmp_path: Path, alone: Path
) -> None:
    words = ("certify", *SOME, "--out", "out")
    done = command.run_afresh("harness.cli", *words, env={"PYTHONHASHSEED": "2"})
    assert done.returncode == 0, done.stderr
    lines = without_run(alone)
    assert lines == without_run(tmp_path / "out" / "evidence.jsonl")
    assert len(lines) > 500


def test_another_seed_gives_other_evidence(command: Command, tmp_path: Path, alone: Path) -> None:
    command.here("certify", *SOME, "--out", "out", "--seed", "2")
    assert without_run(alone)[1:] != without_run(tmp_path / "out" / "evidence.jsonl")[1:]


def test_workers_come_to_the_same_in_the_same_order(
    command: Command, tmp_path: Path, alone: Path
) -> None:
    done = command.run("certify", *SOME, "--out", "out", "--workers", "2")
    assert done.returncode == 0, done.stderr
    one, two = read_evidence(alone), read_evidence(tmp_path / "out" / "evidence.jsonl")
    assert two.complete
    assert two.problems == ()
    assert two.header.run.workers == 2
    assert one.scenarios == two.scenarios
    assert verdicts_of(one) == verdicts_of(two)
    assert kinds(one) == kinds(two)
    assert not (tmp_path / "out" / "evidence.parts").exists()


@pytest.mark.slow
def test_pytest_with_workers_does_as_well(command: Command, tmp_path: Path, alone: Path) -> None:
    from harness.suite import suite_dir

    features = str(suite_dir("features"))
    done = command.run_afresh(
        "pytest", features, *SOME, "-v", "-n", "2", "--out", "out", "-p", "no:cacheprovider", "-p",
        "harness.plugin",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = f"pairproof: the evidence is in {tmp_path}/out/evidence.jsonl"
    assert told in done.stdout.splitlines()
    one, two = read_evidence(alone), read_evidence(tmp_path / "out" / "evidence.jsonl")
    assert one.scenarios == two.scenarios
    assert verdicts_of(one) == verdicts_of(two)


def verdicts_of(evidence: Evidence) -> list[tuple[str, ...]]:
    """Every verdict with its reason and what it rests on, without its time."""
    lines = evidence.verdicts
    return [(v.scenario, v.requirement, v.verdict, v.reason, *v.operations) for v in lines]


def kinds(evidence: Evidence) -> dict[str, list[tuple[str, str]]]:
    """What was done in each scenario, and how it ended."""
    histories = evidence.histories.items()
    return {scenario: [(o.kind, o.outcome) for o in h.operations] for scenario, h in histories}
