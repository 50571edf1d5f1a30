"""The whole examination, one look after the other.

The last looks are whether links can be cut, preconditions be arranged, and what can be judged so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from harness.doctor.answers import Clock, examine_answers, examine_network
from harness.doctor.cost import Rehearse, RunCost, cost_of, examine_cost
from harness.doctor.finding import DoctorFinding, Notes, Severity
from harness.doctor.people import examine_logins
from harness.doctor.unsaid import examine_unsaid
from harness.domain.arrangements import SetLink, Side
from harness.domain.errors import PairproofError
from harness.targets.arranging.chain import Chain
from harness.targets.arranging.commands import Commands
from harness.targets.http import HttpDriver
from harness.targets.links.explaining import explain
from harness.targets.port import TargetUnusable
from harness.targets.target import Target, check_permission


class Open(Protocol):
    """Makes a driver without trying the target first."""

    def __call__(self, target: Target) -> AbstractContextManager[HttpDriver]:
        """The driver, closed at the end.

        Raises:
            PairproofError: the harness cannot play the side that is missing, or cut links.
        """


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. `cost` is missing where it did not come to that."""

    findings: tuple[DoctorFinding, ...]
    cost: RunCost | None = None


def examine(target: Target, rehearse: Rehearse, open_driver: Open, clock: Clock) -> Diagnosis:
    """Try a target before a run. Nothing is changed on it; `clock` tells this machine's time."""
    findings: list[DoctorFinding] = []
    file = Notes("file")
    try:
        check_permission(target)
    except TargetUnusable as error:
        file.problem(*_split(str(error)))
    for side in Side:
        if side not in target.sides:
            file.note(f"the file does not describe the {side.value} side: the harness plays it")
    examine_unsaid(target, file)
    network, dead = examine_network(target, clock())
    findings += [*file.found, *network.found]
    try:
        with open_driver(target) as driver:
            findings += examine_answers(driver, dead, clock).found
            for notes in examine_logins(driver, dead):
                findings += notes.found
            findings += [*examine_links(driver), *examine_commands(driver.arranging)]
            cost = cost_of(driver, rehearse(driver))
            return Diagnosis((*findings, *examine_cost(cost).found), cost)
    except PairproofError as error:
        what, remedy = _split(str(error))
        return Diagnosis((*findings, DoctorFinding(Severity.PROBLEM, "peer", what, remedy)))


def _split(text: str) -> tuple[str, str]:
    """What an error says, and what it says to do."""
    what, _, remedy = text.partition("; ")
    return what, remedy or "see docs/target-file.md"


def examine_links(driver: HttpDriver) -> Iterator[DoctorFinding]:
    """What the way in which links are cut allows; a connection through the proxy is tried."""
    links = driver.links
    by_links = driver.arranging.way_for(SetLink) == "link"
    if links is None or not (by_links or driver.cannot(SetLink)):
        return
    trust = driver.target.trust_of(Side.CENTRAL).context()
    hosts = max((len(place.hosts) for place in driver.target.places), default=1)
    for found in explain(links, trust, one_cluster_hosts=hosts):
        level = Severity.GOOD if found.is_good else Severity.GAP
        yield DoctorFinding(level, "links", found.what.removeprefix("links: "), found.remedy)


def examine_commands(ways: Chain) -> Iterator[DoctorFinding]:
    """Whether the command for all else says what it can arrange."""
    commands = ways.way(Commands)
    if commands and (why := commands.ask_what_it_can()):
        told = f"{why} what it can arrange, and is taken to arrange everything"
        remedy = "let it answer WhatCanBe: see docs/arranging.md"
        yield DoctorFinding(Severity.NOTE, "commands", told, remedy)
