"""Every shipped scenario, at a small size: it gets where it should, and the reference conforms."""

from __future__ import annotations

import pytest

from harness.catalogue.verdict import Overall
from harness.fleet.cell import make_cell
from harness.fleet.loading import find, names, with_overrides
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.run import FleetResult, run_fleet
from harness.fleet.swarm import drawn

HOSTS = 50
OTHER_HOSTS = {"bad-gateway": 100, "steady-day": 12}
"""A stale answer in time for a decision is rare. A day is long: each host has five hundred
operations in it.
"""


def run(name: str, hosts: int) -> FleetResult:
    scenario = drawn(with_overrides(find(name), hosts=hosts))
    transport = LocalTransport(make_cell)
    try:
        return run_fleet(Job(scenario), transport)
    finally:
        transport.close()


@pytest.mark.parametrize("name", names())
def test_the_reference_conforms(name: str) -> None:
    finished = run(name, OTHER_HOSTS.get(name, HOSTS))

    assert (finished.verdict, finished.violations) == (Overall.CONFORMS, ()), finished.why
    assert [line.expression for line in finished.gates if not line.holds] == []
