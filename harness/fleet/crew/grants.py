"""Divides the service time of a window among the cells."""

from __future__ import annotations

from collections.abc import Sequence

from harness.fleet.scenario import Scenario


def capacity_of(scenario: Scenario) -> int:
    """Microseconds of service that the central plane has in one window, over all its workers."""
    return scenario.central.service_in(scenario.fleet.window, scenario.fleet.hosts)


def divide(capacity: int, demands: Sequence[int]) -> list[int]:
    """The grant of each cell, in the order of the demands; together they are the capacity.

    Where all of it fits, each gets what it asked for and an equal share of the rest; otherwise
    each gets a share in proportion, and none more than it asked for. What does not divide goes
    to the first cells, one microsecond each.
    """
    wanted = sum(demands)
    if wanted <= capacity:
        share, left = divmod(capacity - wanted, len(demands))
        return [d + share + (n < left) for n, d in enumerate(demands)]
    grants = [capacity * demand // wanted for demand in demands]
    left = capacity - sum(grants)
    for number, demand in enumerate(demands):
        if not left:
            break
        if capacity * demand % wanted:
            grants[number] += 1
            left -= 1
    return grants
