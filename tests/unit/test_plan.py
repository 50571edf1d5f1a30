"""How many processes share a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.commands.runs import Plan


@pytest.mark.parametrize(
    ("plan", "cpus", "processes"),
    [
        (Plan(), 8, 3),
        (Plan(), 2, 3),
        (Plan(), 1, 2),
        (Plan(workers=1), 8, 1),
        (Plan(workers=3), 1, 3),
        (Plan(driver="inprocess"), 8, 1),
        (Plan(target=Path("target.toml")), 8, 1),
        (Plan(requirement=("WDR-4",)), 8, 1),
        (Plan(profile=("core",)), 8, 3),
        (Plan(role="edge"), 8, 3),
        (Plan(keyword="withdraw"), 8, 1),
        (Plan(fail_fast=True), 8, 1),
    ],
)
def test_more_processes_are_for_much_to_wait_for(plan: Plan, cpus: int, processes: int) -> None:
    assert plan.processes(cpus) == processes
