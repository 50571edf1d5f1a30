"""A rule that is cut out of the reference turns red what names it, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]

# For each defect: the requirements to run, and those of them that have to turn red.
PLANTED = {
    "nothing": ("PRE-1 PRE-2 WDR-3", ""),
    "ignores_last_worker": ("PRE-1 PRE-2 PRE-3 SND-3", "PRE-2"),
    "sends_while_not_running": ("PRE-1 PRE-2 PRE-3 SND-3", "PRE-1"),
    "probes_first_host_only": ("PRE-5 PRE-6 SND-8", "PRE-5"),
    "expiry_in_milliseconds": ("PRE-3 PRE-4 SND-3", "PRE-4"),
    "accepts_any_match": (
        "ACC-7 ACC-8 ACC-9A ACC-9B ACC-9C ACC-9D ACC-10 PRE-7",
        "ACC-7 ACC-9C ACC-9D ACC-10 PRE-7",
    ),
    "deletes_when_paired": ("SND-6 ACC-12 ACC-13 ACC-13S", "ACC-13 SND-6"),
    "reject_needs_no_permission": ("PRE-8 PRE-9 REJ-1 REJ-3", "PRE-8 PRE-9 REJ-3"),
    "reject_undoes_an_acceptance": ("ACC-14 REJ-1 REJ-6", "ACC-14 REJ-6"),
    "sees_every_project": ("PRE-8 PRE-9 REJ-1 ACC-3", "PRE-9"),
    "tags_are_lost": ("ACC-6 ACC-12 ACC-14 ACC-24", "ACC-6"),
    "withdrawal_is_only_acknowledged": ("WDR-1 WDR-3 WDR-4 WDR-7 REJ-6", "WDR-3"),
    "cancels_after_the_acceptance": ("WDR-1 WDR-3 WDR-4 WDR-6", "WDR-6"),
}


@pytest.mark.parametrize("defect", PLANTED)
def test_what_is_planted_is_found_where_it_belongs(defect: str, tmp_path: Path) -> None:
    asked, expected = PLANTED[defect]
    assert reds(defect, asked.split(), tmp_path) == set(expected.split())


def reds(defect: str, requirements: list[str], out: Path) -> set[str]:
    """The requirements that fail when these are run against the reference with a defect."""
    command = [sys.executable, "-m", "pytest", "features", "-q", "-p", "plant"]
    command += ["-p", "no:cacheprovider", "--driver", "inprocess", "--out", str(out)]
    for requirement in requirements:
        command += ["--requirement", requirement]
    path = os.pathsep.join([str(HERE), str(CHECKOUT)])
    environment = {**os.environ, "PLANT": defect, "PYTHONPATH": path}
    ended = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    evidence = out / "evidence.jsonl"
    assert evidence.exists(), ended.stdout + ended.stderr
    lines = map(json.loads, evidence.read_text().splitlines())
    verdicts = [line for line in lines if line["type"] == "verdict"]
    assert {line["requirement"] for line in verdicts} == set(requirements)
    return {line["requirement"] for line in verdicts if line["verdict"] == "fail"}
