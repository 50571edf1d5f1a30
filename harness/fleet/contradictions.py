"""Whether a scenario makes sense: bounds of single keys, and keys that contradict each other.

It is judged as a value, so that what was read from a file, drawn from a seed, overridden on the
command line or found in evidence is held to the same.

A scenario that demands a situation and lacks what leads to it would never conform; its author is
told when the file is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from harness.configuration.errors import Flaw
from harness.configuration.toml_lines import Path
from harness.fleet.scenario import (
    SCENARIOS,
    Distribution,
    FaultKind,
    FaultPlan,
    FaultScope,
    Scenario,
    Spread,
    key_of,
)
from harness.fleet.spelling import duration_text, number_text, spread_text

_WHOLE_PPM = 1_000_000
_PPM_SLOTS = 6
_EVERYBODY = (FaultScope.HOST, FaultScope.ALL)
"""What may stand with a fault that strikes a whole side: the default, and the truth."""


def flaws(scenario: Scenario) -> Iterator[Flaw]:
    """All that is wrong with a scenario: it is judged as the file that would say it."""
    again, found = SCENARIOS.read(SCENARIOS.write(scenario))
    yield from found
    if again is not None and again != replace(scenario, given=frozenset()):
        yield Flaw((), "no file could say this", "correct the data")
    yield from contradictions(scenario)


def contradictions(scenario: Scenario) -> Iterator[Flaw]:
    """What keys may not say together. What a swarm leaves open is judged once it is drawn."""
    for flaw in SCENARIOS.clashes(SCENARIOS.write(scenario)):
        if not scenario.swarm or flaw.path[0] == "faults":
            yield flaw
    if not scenario.swarm:
        yield from _fleet(scenario)
        yield from _people(scenario)
        yield from _times(scenario)
    for number, fault in enumerate(scenario.faults):
        yield from _fault(scenario, fault, ("faults", number))


def _fleet(scenario: Scenario) -> Iterator[Flaw]:
    fleet = scenario.fleet
    smallest = min((size for size, weight in fleet.sizes if weight), default=1)
    if smallest > fleet.hosts:
        told = f"{fleet.hosts} hosts make no cluster of {smallest}"
        yield Flaw(("fleet", "hosts"), told, "ask for more hosts, or for smaller clusters")
    if fleet.window > scenario.duration:
        told = f"it is longer than the duration, {duration_text(scenario.duration)}"
        yield Flaw(("fleet", "window"), told, "shorten it; a second will mostly do")
    network = scenario.network
    lost = network.lost_before_ppm + network.lost_after_ppm
    spoiled = network.repeated_ppm + network.repeated_late_ppm + network.delayed_ppm
    names = "lost_before, lost_after, repeated, repeated_late and delayed"
    yield from _too_much(lost + spoiled, ("network",), names)


def _too_much(ppm: int, path: Path, names: str) -> Iterator[Flaw]:
    if ppm > _WHOLE_PPM:
        told = f"{names} make {number_text(ppm, _PPM_SLOTS)} together"
        yield Flaw(path, told, "let them be 1 at most: a message has one fate")


def _people(scenario: Scenario) -> Iterator[Flaw]:
    admins, begin = scenario.admins, scenario.operators.begin
    if admins.shift > admins.day:
        told = f"a shift of {duration_text(admins.shift)} does not fit into a day of"
        yield Flaw(("admins", "shift"), f"{told} {duration_text(admins.day)}", "shorten it")
    if admins.doubles_ppm and admins.team < 2:
        told = "a second administrator decides, and there is only one"
        yield Flaw(("admins", "doubles"), told, "set admins.team to 2 or more")
    if _least(begin) >= scenario.duration:
        told = f"nobody begins before the end, {duration_text(scenario.duration)}"
        yield Flaw(("operators", "begin"), told, "let them begin earlier")


def _times(scenario: Scenario) -> Iterator[Flaw]:
    """A host that is well must be able to keep what is demanded of it."""
    there_and_back = 2 * _least(scenario.network.latency)
    if scenario.agents.deadline <= there_and_back:
        told = f"no answer comes within it: latency is {duration_text(there_and_back)} both ways"
        yield Flaw(("agents", "deadline"), told, "lengthen it, or lower network.latency")
    poll = scenario.agents.poll
    for name, limit in (("edge_lag", scenario.limits.edge_lag), ("settle", scenario.limits.settle)):
        if limit <= poll.high:
            told = f"hosts poll every {spread_text(poll)} and learn of a decision no sooner"
            yield Flaw(("limits", name), told, "let it be longer than agents.poll")


def _fault(scenario: Scenario, fault: FaultPlan, path: Path) -> Iterator[Flaw]:
    if fault.at is not None and fault.at >= scenario.duration:
        told = f"the run is over by then: its duration is {duration_text(scenario.duration)}"
        yield Flaw((*path, "at"), told, "let it strike earlier")
    if fault.repeat and fault.repeat <= fault.lasts.high:
        told = f"it is not over when it comes again: it lasts {spread_text(fault.lasts)}"
        yield Flaw((*path, "repeat"), told, "let it come less often, or last shorter")
    if fault.kind is FaultKind.LOSS:
        lost = fault.lost_before_ppm + fault.lost_after_ppm
        yield from _too_much(lost, path, "lost_before and lost_after")
        if not lost:
            yield Flaw(
                path, "a loss without a share loses nothing", "set lost_before or lost_after"
            )
    if fault.kind is FaultKind.ERRORS and not fault.answered_ppm:
        yield Flaw(path, "errors without a share answer nothing", "set answered")
    if fault.kind is FaultKind.CLOCK and not fault.by.high:
        yield Flaw(path, "a clock that is put forward by nothing stays", "set by")
    if fault.kind is FaultKind.STALE:
        lag = scenario.limits.list_lag
        if not fault.by.high:
            yield Flaw(
                path, "a copy that is behind by nothing is as good as the original", "set by"
            )
        elif fault.by.shape is Distribution.EXPONENTIAL or fault.by.high > lag:
            told = f"that may be further behind than limits.list_lag, {duration_text(lag)}"
            remedy = "lower it: what is stale beyond the bound is a defect"
            yield Flaw((*path, "by"), told, remedy)
    if fault.kind in (FaultKind.CENTRAL, FaultKind.CLOCK, FaultKind.STALE):
        told = f'a fault of kind "{fault.kind}" strikes a whole side'
        if fault.scope not in _EVERYBODY:
            yield Flaw((*path, "scope"), told, "remove it")
        if 0 < fault.share_ppm < _WHOLE_PPM:
            yield Flaw((*path, "share"), told, "remove it")


def _least(spread: Spread) -> int:
    return 0 if spread.shape is Distribution.EXPONENTIAL else spread.low


# --- situations that a scenario can get to at all ------------------------------------------

_CANCELS: Final = ("operators.cancels", "operators.cancels_decided")
_LOST_BEFORE: Final = ("network.lost_before", "loss.lost_before")
_LOST_AFTER: Final = ("network.lost_after", "loss.lost_after")
_UNHEARD: Final = (*_LOST_AFTER, "half_open")
_CUT_OFF: Final = ("link", "central", "half_open", "errors", *_LOST_BEFORE, *_LOST_AFTER)
_ANSWER_LOST: Final = (
    *("link", "central", "reboot", "slow", "half_open", "errors"),
    *(*_LOST_AFTER, "network.delayed"),
)
_REVOKED: Final = ("timelines.token_revoked",)
_TURNS: Final = ("timelines.token_lasts", *_REVOKED)

NEEDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "cancel_in_flight": (_CANCELS,),
    "accept_of_stale": (_CANCELS, _CUT_OFF),
    "cancel_offline": (_CANCELS, _CUT_OFF),
    "cancel_online": (_CANCELS,),
    "cancel_refused_accepted": (_CANCELS,),
    "submit_again_after_lost_answer": (_ANSWER_LOST,),
    "second_send_while_pending": (("operators.sends_twice",),),
    "two_admins_at_once": (("admins.doubles",),),
    "mismatch_refused": (("admins.mistypes", "timelines.publish"),),
    "profile_changed_between_match_and_accept": (("timelines.publish",),),
    "token_refused": (("operators.wrong_token", *_TURNS),),
    "token_revoked_while_pending": (_REVOKED,),
    "token_rotated": (_TURNS,),
    "permission_refused": (("timelines.grants",),),
    "permission_lost_while_pending": (("timelines.grants",),),
    "restart_with_pending": (("central",),),
    "restart_while_handing_over": (("central",),),
    "unhealthy_refused": (("health",),),
    "unhealthy_while_pending": (("health",),),
    "reboot_while_pending": (("reboot",),),
    "reboot_while_sending": (("reboot",),),
    "message_lost_before": (_LOST_BEFORE,),
    "message_lost_after": (_UNHEARD,),
    "message_repeated": (("network.repeated",),),
    "message_repeated_late": (("network.repeated_late",),),
    "message_delayed": (("network.delayed",),),
    "message_answered_with_error": (("errors",),),
    "decision_delayed": (("admins.delayed",),),
    "decision_repeated_late": (("admins.repeated_late",),),
    "stale_poll": (("stale",),),
    "half_open_while_pending": (("half_open",),),
    "link_down_while_pending": (("link",),),
    "link_down_while_handing_over": (("link",),),
    "links_back_together": (("link",),),
    "local_change_while_pending": (("operators.work",),),
    "local_change_refused_paired": (("operators.work",),),
    "new_request_after_cancel": (_CANCELS, ("operators.again",)),
    "new_request_after_reject": (("admins.rejects", "admins.doubles"), ("operators.again",)),
    "rejected_learned": (("admins.rejects", "admins.doubles"),),
    "clock_moved_while_pending": (("clock",),),
}
"""For each situation, what it needs: something of each group.

`table.key` is a key that is not off, `kind` a fault of that kind, `kind.key` one with that key.
"""


def out_of_reach(scenario: Scenario) -> Iterator[Flaw]:
    """The situations that the scenario demands and cannot get to."""
    there = frozenset(_present(scenario))
    for situation, _ in scenario.reach:
        for group in NEEDS.get(situation, ()):
            if there.isdisjoint(group):
                told = "the scenario never gets there"
                yield Flaw(("reach", situation), told, f"it needs {describe(group)}")


_TABLES: Final = ("operators", "admins", "timelines", "network")


def describe(group: tuple[str, ...]) -> str:
    """What is needed, any of these, for a message or the page."""
    parts = [(name, *name.partition(".")[::2]) for name in group]
    return " or ".join(
        name if kind in _TABLES else f'a fault of kind "{kind}"{f" with {key}" if key else ""}'
        for name, kind, key in parts
    )


def _present(scenario: Scenario) -> Iterator[str]:
    """The names of all that is not off."""
    for table in _TABLES:
        plan = getattr(scenario, table)
        for field in plan.__dataclass_fields__:
            if getattr(plan, field):
                yield f"{table}.{key_of(field)}"
    for fault in scenario.faults:
        if fault.share_ppm:
            yield fault.kind.value
            yield from (f"{fault.kind.value}.lost_before",) * bool(fault.lost_before_ppm)
            yield from (f"{fault.kind.value}.lost_after",) * bool(fault.lost_after_ppm)
