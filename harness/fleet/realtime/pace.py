"""How a scenario is paced in real time: when operators arrive, and how fast its day goes by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from math import sqrt
from typing import Final, TypeVar

from harness.catalogue.limits import Limits as TargetLimits
from harness.configuration.errors import Misspelt
from harness.domain.errors import PairproofError
from harness.fleet.scenario import SECOND, Scenario, Spread
from harness.fleet.spelling import duration

_NUMBER: Final = r"(\d+(?:\.\d+)?)"
_STEADY: Final = re.compile(rf"{_NUMBER}/s")
_RAMP: Final = re.compile(rf"{_NUMBER}/s\s*\.\.\s*{_NUMBER}/s\s+over\s+(\S+)")
_STEPS: Final = re.compile(rf"({_NUMBER}(?:\s*,\s*{_NUMBER})*)/s\s+every\s+(\S+)")
_FOR_EVER_S: Final = 1e9
_FORMS: Final = "20/s, or 10/s..200/s over 5m, or 10,20,50/s every 30s"
_MILLI: Final = 1000
_PATIENCE_LEAST: Final = SECOND // 2
T = TypeVar("T")


class PaceError(PairproofError):
    """A rate or a speed that cannot be read: what was written, what may be."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How operators arrive: `text` as it was asked for. After the last stretch its rate stays."""

    text: str
    stretches: tuple[Stretch, ...]

    def starts(self) -> Iterator[int]:
        """When one after the other arrives, in microseconds after the start, for ever."""
        last = self.stretches[-1].rate_to
        return (at // 1_000 for at in evenly([*self.stretches, Stretch(_FOR_EVER_S, last, last)]))


def rate_of(text: str) -> Rate:
    """The rate that a text says: `20/s`, `10/s..200/s over 5m` or `10,20,50/s every 30s`.

    Raises:
        PaceError: it says none, or one at which nobody ever arrives.
    """
    stretches = _stretches(text.strip())
    if not stretches or not stretches[-1].rate_to:
        raise PaceError(f"{text!r} is no rate of arrivals; write {_FORMS}")
    return Rate(text.strip(), stretches)


def _stretches(text: str) -> tuple[Stretch, ...]:
    try:
        if found := _STEADY.fullmatch(text):
            return (Stretch(1, float(found[1]), float(found[1])),)
        if found := _RAMP.fullmatch(text):
            return (Stretch(_seconds(found[3]), float(found[1]), float(found[2])),)
        if found := _STEPS.fullmatch(text):
            rates = [float(rate) for rate in found[1].split(",")]
            seconds = _seconds(text.rpartition(" ")[2])
            return tuple(Stretch(seconds, rate, rate) for rate in rates)
    except (Misspelt, ValueError) as error:
        raise PaceError(f"{text!r} is no rate of arrivals: {error}; write {_FORMS}") from None
    return ()


def _seconds(text: str) -> float:
    return duration(text) / SECOND


# --- speed ------------------------------------------------------------------------------------


def at_speed(scenario: Scenario, speed_milli: int, target: TargetLimits) -> Scenario:
    """The scenario in real time: its durations divided, and bounds that reality can keep.

    `speed_milli` is in thousandths. What belongs to the network or to the target stays as it is:
    latencies, and how long an answer is waited for. The bounds are those of
    the scenario, and at least what the target states of itself, with room for a poll that was
    not answered.
    """
    scenario = replace(
        scenario,
        duration=_divided(scenario.duration, speed_milli),
        operators=_sped_up(scenario.operators, speed_milli),
        agents=_sped_up(scenario.agents, speed_milli, "deadline"),
        admins=_sped_up(scenario.admins, speed_milli, "deadline"),
        timelines=_sped_up(scenario.timelines, speed_milli),
        network=_sped_up(scenario.network, speed_milli),
        faults=tuple(_sped_up(fault, speed_milli) for fault in scenario.faults),
    )
    agents, limits = scenario.agents, scenario.limits
    unheard = 2 * agents.deadline + 2 * agents.poll.high
    least = max(_microseconds(target.edge_lag_s), agents.poll.high) + unheard
    return replace(
        scenario,
        limits=replace(
            limits,
            list_lag=max(limits.list_lag, _microseconds(target.list_lag_s)),
            edge_lag=max(_divided(limits.edge_lag, speed_milli), least),
            settle=max(_divided(limits.settle, speed_milli), least, _microseconds(target.settle_s)),
        ),
    )


def patience(scenario: Scenario, speed_milli: int) -> int:
    """How long a host waits for an answer that cannot come, in microseconds.

    What the harness itself keeps from arriving needs no more time than the scenario gives it.
    """
    deadline = scenario.agents.deadline
    return min(deadline, max(_divided(deadline, speed_milli), _PATIENCE_LEAST))


_DURATIONS: Final = frozenset(
    "delay cancel_after retry again work think watch begin poll notice shift day sweep token_lasts"
    " token_revoked publish grants grants_back at repeat every lasts heal by".split()
)
"""The fields of a scenario's tables that are durations of its people, hosts and faults."""


def _sped_up(plan: T, speed_milli: int, *but: str) -> T:
    """A table of a scenario with every duration divided, but for some."""
    assert is_dataclass(plan)
    changed: dict[str, object] = {}
    for name in (field.name for field in fields(plan)):
        value = getattr(plan, name)
        if name in but or name not in _DURATIONS:
            continue
        if isinstance(value, Spread):
            low, high = (_divided(n, speed_milli) for n in (value.low, value.high))
            changed[name] = replace(value, low=low, high=high)
        elif isinstance(value, int) and value:
            changed[name] = max(1, _divided(value, speed_milli))
    return replace(plan, **changed)  # type: ignore[type-var]


def _divided(amount: int, speed_milli: int) -> int:
    return amount * _MILLI // speed_milli


def _microseconds(seconds: float) -> int:
    return round(seconds * SECOND)


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many seconds, over which the rate goes from one number a second to another.

    Raises:
        ValueError: a rate or the duration is negative or no number.
    """

    seconds: float
    rate_from: float
    rate_to: float

    def __post_init__(self) -> None:
        for what in (self.seconds, self.rate_from, self.rate_to):
            if not 0 <= what < 1e12:
                raise ValueError(f"a rate or duration of {what} is out of range; give 0 or more")

    @property
    def expected(self) -> float:
        """How many arrivals it has, on average."""
        return self.seconds * (self.rate_from + self.rate_to) / 2

    def time_of(self, arrivals: float) -> float:
        """After how many seconds there have been so many arrivals."""
        slope = (self.rate_to - self.rate_from) / self.seconds
        # The root of rate * t + slope / 2 * t^2 = arrivals in the form that takes a slope of 0.
        root = sqrt(max(self.rate_from**2 + 2 * slope * arrivals, 0.0))
        return 2 * arrivals / (self.rate_from + root) if arrivals else 0.0


def evenly(stretches: Sequence[Stretch]) -> Iterator[int]:
    """Arrivals as even as the rate allows, the first at once."""
    arrived, before, begins = 0, 0.0, 0.0
    for stretch in stretches:
        while arrived < before + stretch.expected:
            yield round((begins + stretch.time_of(arrived - before)) * 1e9)
            arrived += 1
        before += stretch.expected
        begins += stretch.seconds


_NAMES: Final = ("requests", "seconds", "errors")


class BudgetError(PairproofError):
    """A budget that cannot be read: what was written, what may be."""


@dataclass(frozen=True, slots=True)
class LoadBudget:
    """How much a run may do; 0 stands for no limit.

    Attributes:
        requests: how many may go out.
        seconds: for how long they may.
        errors: how many in a row may go without a usable answer (none at all, one that is not
            well-formed, or one that says that the server has failed).
    """

    requests: int = 0
    seconds: int = 0
    errors: int = 0

    def __str__(self) -> str:
        parts = zip(_NAMES, (self.requests, self.seconds, self.errors), strict=True)
        return ",".join(f"{name}={number}" for name, number in parts if number)

    def share(self, cells: int) -> LoadBudget:
        """What each of so many cells may do, which know nothing of each other."""
        each = -(-self.requests // cells)
        return LoadBudget(each, self.seconds, self.errors)


def budget_of(text: str) -> LoadBudget:
    """The budget that a text says, as in `requests=100000,seconds=600,errors=50`.

    Raises:
        BudgetError: it says none.
    """
    found: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        if name not in _NAMES or not number.isascii() or not number.isdecimal():
            told = "requests=100000,seconds=600,errors=50 (any of these)"
            raise BudgetError(f"{part!r} is no part of a budget; write {told}")
        if name in found or not int(number):
            why = "stands there twice" if name in found else "has to be one at least"
            raise BudgetError(f"{name} {why}; leave it out where there is no limit")
        found[name] = int(number)
    return LoadBudget(**found)


class Spending:
    """What was spent of a budget. Once a limit is reached, `over` says which, for good.

    `now` is in microseconds since the run began.
    """

    def __init__(self, budget: LoadBudget, now: Callable[[], int]) -> None:
        self._budget = budget
        self._now = now
        self._in_a_row = 0
        self.requests = 0
        self.over = ""

    def may_send(self) -> bool:
        """Whether one more request may go out; it counts from here on."""
        budget = self._budget
        if not self.over and budget.requests and self.requests >= budget.requests:
            self.over = f"the budget of {budget.requests} requests is used up"
        if not self.over and budget.seconds and self._now() >= budget.seconds * SECOND:
            self.over = f"the budget of {budget.seconds} s is used up"
        if self.over:
            return False
        self.requests += 1
        return True

    def on_answer(self, *, usable: bool, why: str = "") -> None:
        """A request was answered, or was not."""
        self._in_a_row = 0 if usable else self._in_a_row + 1
        most = self._budget.errors
        if most and self._in_a_row >= most and not self.over:
            self.over = f"{most} requests in a row had no usable answer; the last one: {why}"
