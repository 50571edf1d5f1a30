"""The whole examination, one look after the other.

The last looks are whether links can be cut, preconditions be arranged, and what can be judged so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from harness.doctor import answers
from harness.doctor.cost import Rehearse, RunCost, cost_of, examine_cost
from harness.doctor.finding import DoctorFinding, Notes, Severity
from harness.doctor.pages import examine_pages
from harness.domain import operations as ops
from harness.domain.arrangements import SetLink, Side
from harness.domain.errors import PairproofError
from harness.targets.arranging.chain import Chain
from harness.targets.arranging.commands import Commands
from harness.targets.http import HttpDriver
from harness.targets.links.explaining import explain
from harness.targets.plugged import PluggedDriver
from harness.targets.port import TargetUnusable
from harness.targets.target import Target, check_permission
from harness.wire.routes import ROUTES
from harness.wire.table.palette import TENANT_TABLE


class Open(Protocol):
    """Makes a driver without trying the target first."""

    def __call__(self, target: Target) -> AbstractContextManager[HttpDriver]:
        """The driver, closed at the end. Raises `PairproofError`: no peer, or no links to cut."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. `cost` is missing where it did not come to that."""

    findings: tuple[DoctorFinding, ...]
    cost: RunCost | None = None


def examine(
    target: Target, rehearse: Rehearse, open_driver: Open, clock: answers.Clock
) -> Diagnosis:
    """Try a target before a run. Nothing is changed on it; `clock` tells this machine's time."""
    findings: list[DoctorFinding] = []
    file = Notes("file")
    try:
        check_permission(target)
    except TargetUnusable as error:
        file.problem(*_split(str(error)))
    for side in Side:
        if side not in target.sides:
            file.note(f"the {side.value} side is not under test: the harness plays it")
    examine_unsaid(target, file)
    network, dead = answers.examine_network(target, clock())
    findings += [*file.found, *network.found]
    try:
        with open_driver(target) as driver:
            findings += answers.examine_answers(driver, dead, clock).found
            for notes in answers.examine_logins(driver, dead):
                findings += notes.found
            findings += [*examine_links(driver), *examine_commands(driver.arranging)]
            cost = cost_of(driver, rehearse(driver))
            findings += examine_pages(driver, dead).found
            return Diagnosis((*findings, *examine_cost(cost).found), cost)
    except PairproofError as error:
        what, remedy = _split(str(error))
        return Diagnosis((*findings, DoctorFinding(Severity.PROBLEM, "peer", what, remedy)))


def examine_driver(driver: PluggedDriver, rehearse: Rehearse) -> Diagnosis:
    """Try what a driver of another package reaches before a run. Nothing is changed there."""
    notes = Notes("driver")
    for side in Side:
        if side not in driver.target.sides:
            notes.note(f"the {side.value} side is not under test: the harness plays it")
    found = [each for of in (notes, *answers.examine_driven(driver)) for each in of.found]
    if driver.arranging:
        found += examine_commands(driver.arranging)
    cost = cost_of(driver, rehearse(driver))
    return Diagnosis((*found, *examine_cost(cost).found), cost)


def _split(text: str) -> tuple[str, str]:
    """What an error says, and what it says to do."""
    what, _, remedy = text.partition("; ")
    return what, remedy or "see docs/target-file.md"


def examine_links(driver: HttpDriver) -> Iterator[DoctorFinding]:
    """What the way in which links are cut allows; a connection through the proxy is tried."""
    links = driver.links
    if links is None:
        return
    may_cut = links.arranger.name in driver.arranging.ways_for(SetLink)
    if not (may_cut or driver.cannot(SetLink)):
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


_BY_ADMIN: Final = frozenset(row.operation for row in TENANT_TABLE)
"""What nobody asks for but an administrator by whom the published API arranges."""
_NAMES_MAX: Final = 8


def examine_unsaid(target: Target, notes: Notes) -> None:
    """A product whose paths are mostly its own has hardly anything at a published one."""
    asked, wire = list(_asked(target)), target.wire
    unsaid = [kind.__name__ for kind in asked if kind not in wire.paths]
    way = "JSON-RPC" if wire.rpc.path else "GraphQL" if wire.graphql.path else ""
    if not unsaid or not (way or len(unsaid) < len(asked) / 2):
        return
    more = f" and {len(unsaid) - _NAMES_MAX} more" if len(unsaid) > _NAMES_MAX else ""
    names = f"{', '.join(unsaid[:_NAMES_MAX])}{more}"
    unlike = f"by {way}" if way else "by paths of its own, as the others are"
    told = f"the file says nothing of {names}: asked by the published paths, not {unlike}"
    notes.note(told, "say in [paths.…] what it is there, or why it is not_offered")


def _asked(target: Target) -> Iterator[type[ops.Operation]]:
    """What a run may ask of the target, but for what an administrator only arranges by."""
    surfaces = {ops.Surface.AGENT}
    surfaces |= {ops.Surface.LOCAL_UI} if Side.EDGE in target.sides else set()
    surfaces |= {ops.Surface.PALETTE} if Side.CENTRAL in target.sides else set()
    unasked = () if target.arranging.admin else _BY_ADMIN
    has_steps = target.info.claims_steps
    for kind, route in ROUTES.items():
        is_asked = route.surface in surfaces and target.info.offers(kind)
        is_asked = is_asked and (has_steps or not issubclass(kind, ops.AcceptanceStep))
        if is_asked and kind not in unasked:
            yield kind
