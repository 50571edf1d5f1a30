"""What waivers come to in a run: which failures they excuse, and which of them nobody needs.

A waiver excuses a failure and nothing else, up to and on its last day; the day is that of the
run's start, as its evidence tells it. A run that does not say when it was is excused nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.catalogue.verdict import Verdict
from harness.history.lines import DISPUTED, EvidenceHeader, WaiverLine


class Standing(StrEnum):
    """What a waiver comes to."""

    USED = "used"
    EXPIRED = "expired"
    NOT_NEEDED = "not_needed"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class WaiverReport:
    """A waiver, and what it comes to in this run; `told` is that in a sentence."""

    waiver: WaiverLine
    standing: Standing
    told: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a requirement by a scenario; `failed` in any repeat."""

    requirement: str
    scenario: str
    verdict: Verdict
    failed: bool


class Waivers:
    """The waivers of a run; of two for the same thing the later one counts."""

    def __init__(self, header: EvidenceHeader) -> None:
        self._day = header.run.started_at[:10]
        self._by_place = {(w.requirement, w.scenario): w for w in header.waivers}

    def excusing(self, requirement: str, scenario: str) -> WaiverLine | None:
        """The waiver that excuses a failure there, if one does."""
        for place in ((requirement, scenario), (requirement, "")):
            waiver = self._by_place.get(place)
            if waiver is not None and self._in_force(waiver):
                return waiver
        return None

    def reports(self, seen: Iterable[Seen]) -> Iterator[WaiverReport]:
        """What each comes to."""
        found = tuple(seen)
        for waiver in self._by_place.values():
            its_own = [
                s
                for s in found
                if waiver.requirement == s.requirement and waiver.scenario in ("", s.scenario)
            ]
            standing, told = self._standing(waiver, its_own)
            yield WaiverReport(waiver, standing, f"the waiver for {named(waiver)} {told}")

    def _in_force(self, waiver: WaiverLine) -> bool:
        """Dates compare as text."""
        return bool(self._day) and self._day <= waiver.expires

    def _standing(self, waiver: WaiverLine, seen: Sequence[Seen]) -> tuple[Standing, str]:
        if not self._in_force(waiver):
            when = "" if self._day else ", as far as can be told: the run does not say when it was"
            failed = "; what it excused fails" if any(s.failed for s in seen) else ""
            return Standing.EXPIRED, f"expired on {waiver.expires}{when}{failed}"
        if any(s.failed for s in seen):
            return Standing.USED, f"excuses a failure until {waiver.expires}"
        if any(s.verdict in (Verdict.PASS, Verdict.OBSERVED) for s in seen) and not any(
            s.verdict is Verdict.INCONCLUSIVE for s in seen
        ):
            return Standing.NOT_NEEDED, "is not needed: it did not fail"
        unknown = "this run has no scenario of that id" if waiver.scenario and not seen else ""
        why = unknown or "this run did not judge it"
        return Standing.NOT_JUDGED, f"may or may not be needed: {why}"


def named(waiver: WaiverLine) -> str:
    """What a waiver is for, in words."""
    where = f" in {waiver.scenario}" if waiver.scenario else ""
    return f"{waiver.requirement}{where}"


def describe(waiver: WaiverLine) -> str:
    """A waiver that excuses something, in words that go on after what it excuses."""
    return f"{waived_as(waiver)} until {waiver.expires} by {waiver.owner}: {waiver.reason}"


def waived_as(waiver: WaiverLine) -> str:
    """How what a waiver excuses is called: what is disputed is not taken for a failure by all."""
    return "disputed" if waiver.kind == DISPUTED else "waived"
