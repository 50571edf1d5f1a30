"""What each scenario of the suite needs of a target, beyond what its people can do.

`needs.json` is made by `pairproof requirements --needs`, from a run of the suite against the
embedded reference; a test says when it is stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("needs.json")
SCHEMA: Final = "pairproof/needs/1"


@dataclass(frozen=True, slots=True)
class Need:
    """What one scenario needs.

    Attributes:
        kinds: the names of the arrangements that it asks for, sorted.
        clusters: how many fresh clusters it uses up: those are paired, or changed for good.
        hosts: how many hosts each of its clusters spans, the largest first.
        requests: how many requests it sends, to the target and to arrange.
        waits_ms: how long it waits besides: on the reference, in virtual time, in which an answer
            takes a millisecond.
        operations: the names of those that it asks and has nothing in place of, sorted.
    """

    kinds: tuple[str, ...] = ()
    clusters: int = 0
    hosts: tuple[int, ...] = ()
    requests: int = 0
    waits_ms: int = 0
    operations: tuple[str, ...] = ()

    def lasts_s(self, answer_s: float) -> float:
        """What it is reckoned to take where a request and its answer take so long."""
        return self.requests * answer_s + self.waits_ms / 1_000


UNKNOWN: Final = Need(clusters=1)
"""What is taken for granted of a scenario that is not of the suite: it may use up a cluster."""


def need_of(scenario: str) -> Need:
    """What a scenario needs, by its id; a further row of an outline, what the dearest of its rows
    needs, with the arrangements of all; see `UNKNOWN`.
    """
    if scenario in all_needs():
        return all_needs()[scenario]
    rows = _rows().get(scenario.partition("[")[0])
    if not rows:
        return UNKNOWN
    dearest = max(rows, key=lambda need: (need.clusters, need.hosts, need.requests))
    return replace(dearest, kinds=tuple(sorted({kind for need in rows for kind in need.kinds})))


@cache
def _rows() -> Mapping[str, list[Need]]:
    """What the rows of each outline need; a sequence that is drawn asks for it as well."""
    rows: dict[str, list[Need]] = {}
    for known, need in all_needs().items():
        outline, bracket, _ = known.partition("[")
        if bracket:
            rows.setdefault(outline, []).append(need)
    return rows


def consuming_scenarios() -> int:
    """How many scenarios of the suite use up a cluster."""
    return sum(need.clusters > 0 for need in all_needs().values())


@cache
def all_needs() -> Mapping[str, Need]:
    """What every scenario of the suite needs, by its id."""
    return needs_from(FILE.read_text("utf-8"))


def needs_from(text: str) -> Mapping[str, Need]:
    """The table that a text holds.

    Raises:
        ValueError: it is none.
    """
    data = json.loads(text)
    if data.get("schema") != SCHEMA:
        raise ValueError(f"this is no table of needs ({SCHEMA})")
    return {
        scenario: Need(
            tuple(entry["kinds"]),
            entry["clusters"],
            tuple(entry["hosts"]),
            operations=tuple(entry["operations"]),
            requests=entry["costs"][0],
            waits_ms=entry["costs"][1],
        )
        for scenario, entry in data["scenarios"].items()
    }


def needs_text(needs: Mapping[str, Need]) -> str:
    """The table as its file holds it: sorted, a line for each scenario."""
    lines = []
    for scenario, need in sorted(needs.items()):
        entry = {"kinds": need.kinds, "clusters": need.clusters, "hosts": need.hosts}
        entry |= {"costs": (need.requests, need.waits_ms), "operations": need.operations}
        lines.append(f"    {json.dumps(scenario)}: {json.dumps(entry)}")
    body = ",\n".join(lines)
    return f'{{\n  "schema": "{SCHEMA}",\n  "scenarios": {{\n{body}\n  }}\n}}\n'
