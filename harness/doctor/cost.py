"""What a run will cost and leave unjudged, from its rehearsal: minutes, clusters, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.catalogue.needs import Need, all_needs
from harness.catalogue.requirement import Feature, Level
from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.doctor.finding import Notes
from harness.doctor.rehearsing import DescribedDriver
from harness.domain import operations as ops
from harness.domain.arrangements import ARRANGEMENTS, Side
from harness.history.wording import counted
from harness.targets.port import NotOffered, Outgoing

_LOST: Final = (Verdict.INCONCLUSIVE, Verdict.NOT_SUPPORTED)
_CANNOT: Final = re.compile(r"cannot arrange: (\w+) \((.*)\)", re.DOTALL)
_REMEDY: Final = re.compile(r"(?:: |; )(?=give|add|name)")
_ASKED: Final = 5
_LISTED_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class RehearsedScenario:
    """What the run will say of a scenario."""

    requirements: tuple[str, ...]
    verdict: Verdict
    reason: str

    @property
    def is_judged(self) -> bool:
        """Whether it says anything of the target."""
        return self.verdict not in (*_LOST, Verdict.SKIPPED)


Rehearse = Callable[[DescribedDriver], Mapping[str, RehearsedScenario]]
"""Carries the selected scenarios out on the reference, with what the target lacks taken away."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing, and what to add.

    The scenarios that need it get this verdict; it would bring `alone` of them by itself.
    """

    verdict: Verdict
    what: str
    remedy: str
    scenarios: tuple[str, ...]
    alone: int


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a run will be like.

    `lacks` begin with the most rewarding one. `answer_s` is measured, `waits_s` is what is waited
    besides, on the reference. So many clusters are used up, and so many are `disposable`: `None`
    where one that was used up can be had again.
    """

    scenarios: Mapping[str, RehearsedScenario]
    lacks: tuple[Lack, ...]
    answer_s: float
    requests: int
    waits_s: float
    clusters: int
    disposable: int | None

    @property
    def can_be_judged(self) -> tuple[str, ...]:
        """The scenarios that can be judged."""
        return tuple(s for s, told in self.scenarios.items() if told.is_judged)

    @property
    def lasts_s(self) -> float:
        """What it is reckoned to take."""
        return self.requests * self.answer_s + self.waits_s

    @property
    def basis(self) -> str:
        """What that rests on."""
        return (
            f"an estimate: {self.requests} requests at {self.answer_s * 1_000:.1f} ms, as the"
            f" target answers now, and {self.waits_s:.0f} s of waiting, as on the reference"
        )


def cost_of(driver: DescribedDriver, scenarios: Mapping[str, RehearsedScenario]) -> RunCost:
    """What a run will be like in which this is said of each scenario."""
    slots = driver.inventory().slots
    is_renewed = any(not slot.given or (slot.disposable and slot.renewable) for slot in slots)
    needs = [all_needs().get(s, Need()) for s, told in scenarios.items() if told.is_judged]
    return RunCost(
        scenarios=scenarios,
        lacks=_lacks(driver, scenarios),
        answer_s=_answer_s(driver),
        requests=sum(need.requests for need in needs),
        waits_s=sum(need.waits_ms for need in needs) / 1_000,
        clusters=sum(need.clusters for need in needs),
        disposable=None if is_renewed else sum(slot.disposable for slot in slots),
    )


def examine_cost(cost: RunCost) -> Notes:
    """What of it stands in the way of a verdict."""
    notes = Notes("missing")
    for lack in cost.lacks:
        if lack.verdict is Verdict.INCONCLUSIVE:
            needing = counted(len(lack.scenarios), "scenario needs", "scenarios need")
            notes.gap(
                f"{lack.what}: {needing} it",
                f"{lack.remedy} (this alone would bring {lack.alone} more)",
            )
    lost = list(_out_of_reach(cost))
    if lost:
        shown = ", ".join(lost[:_LISTED_MAX]) + (" …" if len(lost) > _LISTED_MAX else "")
        told = (
            counted(len(lost), "requirement")
            + " cannot be judged at all, so the run cannot conform"
        )
        remedy = "see above; or certify what can be judged with --requirement or --profile"
        notes.gap(f"{told}: {shown}", remedy)
    notes.good(f"{len(cost.can_be_judged)} of {len(cost.scenarios)} scenarios can be judged")
    return notes


def _out_of_reach(cost: RunCost) -> Iterator[str]:
    """The MUSTs that are asked for, and by no scenario that can be judged."""
    judged = {r for s in cost.can_be_judged for r in cost.scenarios[s].requirements}
    unsure = (s.requirements for s in cost.scenarios.values() if s.verdict is Verdict.INCONCLUSIVE)
    for id_ in dict.fromkeys(r for requirements in unsure for r in requirements):
        if id_ not in judged and by_id(id_).level is Level.MUST:
            yield id_


def _lacks(driver: DescribedDriver, scenarios: Mapping[str, RehearsedScenario]) -> tuple[Lack, ...]:
    """Each with the scenarios that name it, and for an arrangement those that need it later on."""
    table = all_needs()
    cannot = {name: why for name, kind in ARRANGEMENTS.items() if (why := driver.cannot(kind))}
    of: dict[str, dict[tuple[str, str], Verdict]] = {}
    for scenario, told in scenarios.items():
        if told.verdict in _LOST:
            kinds = [k for k in table.get(scenario, Need()).kinds if k in cannot]
            of[scenario] = {_cannot(k, cannot[k]): Verdict.INCONCLUSIVE for k in kinds}
            of[scenario][_named(told.reason)] = told.verdict
    verdicts = {lack: verdict for lacks in of.values() for lack, verdict in lacks.items()}
    found = [
        Lack(
            verdict,
            *lack,
            tuple(s for s, lacks in of.items() if lack in lacks),
            sum(list(lacks) == [lack] for lacks in of.values()),
        )
        for lack, verdict in verdicts.items()
    ]
    return tuple(sorted(found, key=lambda lack: (-lack.alone, -len(lack.scenarios), lack.what)))


def _named(reason: str) -> tuple[str, str]:
    """What a verdict's reason says to be missing, and what it says to do."""
    if told := _CANNOT.fullmatch(reason):
        return _cannot(*told.groups())
    claimed, _, why = reason.partition(": ")
    if claimed == Feature.PAGES and why:
        return "its pages are not seen", why
    if all(claim in {feature.value for feature in Feature} for claim in claimed.split(" or ")):
        beside = f", and {why}" if why else ""
        return f"{claimed} is not claimed{beside}", "add it to features, if the target has it"
    what, *remedies = _REMEDY.split(reason, maxsplit=1)
    return what, remedies[0] if remedies else "nothing, unless the target comes to have it"


def _cannot(kind: str, why: str) -> tuple[str, str]:
    return f"{kind} cannot be arranged", why


def _answer_s(driver: DescribedDriver) -> float:
    """How long the target takes to answer who has not logged in; slower where it wants pauses."""
    target = driver.target
    asked: list[tuple[ops.Operation, str]] = []
    if Side.EDGE in target.sides:
        asked.append((ops.ViewCluster(), target.hosts()[0].uid))
    if Side.CENTRAL in target.sides:
        asked.append((ops.ListTokens(), ""))
    took = []
    for operation, host_uid in asked * _ASKED:
        began = driver.now()
        with suppress(NotOffered):
            outgoing = Outgoing(operation, ops.Credentials(), host_uid, "doctor")
            driver.ask(outgoing, target.timeouts.check_s)
        took.append((driver.now() - began) / 1_000_000)
    per_second = target.rate_limit.per_second
    return max(median(took), 1 / per_second if per_second else 0)
