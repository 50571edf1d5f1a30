"""When something was wrong, as the lanes of a picture and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.checkers.fleet.judge import joined
from harness.history.fleet_lines import FaultWindow, MeasuresLine
from harness.reporting.fleet.quantities import brief, number
from harness.reporting.fleet.strips import StripBand
from harness.reporting.fleet.wording import NamedSentence, fault_named

SHADED_PERCENT_MAX: Final = 50
SHADED_WINDOWS_MAX: Final = 24
"""What was wrong for longer, or more often, is not shaded: all would be, or be in stripes."""


@dataclass(frozen=True, slots=True)
class FaultSummary:
    """All windows of one kind of fault. `lasted` is for how long any of them was open."""

    what: str
    windows: tuple[FaultWindow, ...]
    lasted: int
    share: float
    """Of the run, from 0 to 1."""

    @property
    def named(self) -> NamedSentence:
        """How it is called."""
        return fault_named(self.what)

    @property
    def count(self) -> int:
        """How many faults there were."""
        return sum(window.count for window in self.windows)

    @property
    def first(self) -> int:
        """When the first of them began."""
        return self.windows[0].start

    @property
    def last(self) -> int:
        """When the last of them was over."""
        return max(window.end for window in self.windows)

    @property
    def shaded(self) -> bool:
        """Whether shading it says anything: there is enough that is not shaded, in few pieces."""
        few = len(self.windows) <= SHADED_WINDOWS_MAX
        return few and self.share * 100 <= SHADED_PERCENT_MAX

    @property
    def note(self) -> str:
        """For how long it was wrong; how often, if only for moments."""
        return brief(self.lasted) if self.lasted else f"× {number(len(self.windows))}"


_MET: Final[Mapping[str, tuple[str, ...]]] = {
    "loss": ("message_lost_before", "message_lost_after"),
    "half_open": ("message_lost_after",),
    "errors": ("message_answered_with_error",),
    "network.lost_before_ppm": ("message_lost_before",),
    "network.lost_after_ppm": ("message_lost_after",),
    "network.repeated_ppm": ("message_repeated",),
    "network.repeated_late_ppm": ("message_repeated_late",),
    "network.delayed_ppm": ("message_delayed",),
    "admins.delayed_ppm": ("decision_delayed",),
    "admins.repeated_late_ppm": ("decision_repeated_late",),
}
"""The situations that tell that something met a message or a decision; any of them."""


def never_struck(
    scenario: Mapping[str, object], measures: MeasuresLine, *, hears_hosts: bool = True
) -> list[str]:
    """What a scenario has of faults, and nothing met in its run: a kind of fault, or a key.

    A fault has to have begun, and one of messages to have met some, where hosts are heard.
    """
    began = {window.what for window in measures.faults}
    plans = scenario.get("faults")
    missing = []
    for plan in plans if isinstance(plans, list) else ():
        match plan:
            case {"kind": str(kind), "share_ppm": int(share)} if share:
                met = kind not in _MET or not hears_hosts or _is_met(kind, measures)
                if kind not in began or not met:
                    missing.append(f'a fault of kind "{kind}"')
    for name in _MET:
        table, _, field = name.partition(".")
        keys = scenario.get(table) if field else None
        is_on = isinstance(keys, dict) and keys.get(field)
        if is_on and not _is_met(name, measures) and (hears_hosts or table == "admins"):
            missing.append(f"{table}.{field.removesuffix('_ppm')}")
    return list(dict.fromkeys(missing))


def _is_met(name: str, measures: MeasuresLine) -> bool:
    return any(measures.sometimes.get(situation) for situation in _MET[name])


def fault_kinds(measures: MeasuresLine) -> list[FaultSummary]:
    """The faults of a run by their kinds, in the order in which each first was there."""
    by_kind: dict[str, list[FaultWindow]] = {}
    for window in sorted(measures.faults, key=lambda w: (w.start, w.end)):
        by_kind.setdefault(window.what, []).append(window)
    kinds = []
    for what, windows in by_kind.items():
        lasted = sum(window.end - window.start for window in joined(windows, 0))
        share = min(lasted / max(measures.ended_at, 1), 1.0)
        kinds.append(FaultSummary(what, tuple(windows), lasted, share))
    return kinds


def lanes(measures: MeasuresLine) -> list[StripBand]:
    """A lane for each kind of fault; those that were there too long or too often are not shaded."""
    return [
        StripBand(
            name=kind.named.short,
            note=kind.note,
            spans=[(window.start, window.end) for window in kind.windows],
            shaded=kind.shaded,
        )
        for kind in fault_kinds(measures)
    ]


def describe(measures: MeasuresLine) -> str:
    """What the lanes and the shades of a picture say, in one or two sentences; or nothing."""
    kinds = fault_kinds(measures)
    shaded = [kind.named.sentence for kind in kinds if kind.shaded]
    others = [kind.named.sentence for kind in kinds if not kind.shaded]
    told = ""
    if shaded:
        told += f" Shaded: while {'; '.join(shaded)}."
    if others:
        told += f" Too long or too often to be shaded: {'; '.join(others)}."
    return told
