"""How what is measured of a fleet is called in its reports, and what to do about a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.catalogue.verdict import Verdict
from harness.history.fleet_lines import GateLine
from harness.history.wording import describe_kind

VIRTUAL: Final = "virtual time"
"""The time that passes in most runs."""

PERCENTILES: Final[Mapping[str, int]] = {
    "p50": 500,
    "p90": 900,
    "p99": 990,
    "p999": 999,
    "max": 1000,
}
"""The percentiles that a report gives, in thousandths."""


def not_of_target(kinds: Sequence[str]) -> str:
    """A sentence on these kinds of operations, which were asked of a side that the harness played;
    empty where there are none.
    """
    names = ", ".join(map(describe_kind, kinds))
    return f" Of the harness's own side, and not of the target: {names}." if kinds else ""


@dataclass(frozen=True, slots=True)
class NamedSentence:
    """A short name for a picture, and a sentence for a table."""

    short: str
    sentence: str


WAITINGS: Final[Mapping[str, NamedSentence]] = {
    "to_decide": NamedSentence("Decided", "a request, from its send to the decision on it"),
    "to_pair": NamedSentence("Paired", "a cluster, from its first send to its pairing"),
}

_FAULTS: Final[Mapping[str, NamedSentence]] = {
    "link": NamedSentence("Links down", "links of hosts were down"),
    "central": NamedSentence("Central down", "the central side was down"),
    "message": NamedSentence(
        "Messages", "messages were lost, delayed, repeated or answered with an error"
    ),
    "loss": NamedSentence("Loss", "messages of some hosts were likely to be lost"),
    "half_open": NamedSentence("Half open", "links of some hosts took messages and never answered"),
    "errors": NamedSentence("Errors", "something answered with errors in place of Palette"),
    "stale": NamedSentence("Stale", "lists and polls were answered from copies that lag"),
    "slow": NamedSentence("Slow", "messages of some hosts were slow"),
    "clock": NamedSentence("Clock", "a side's clock was put forward"),
    "health": NamedSentence("Unhealthy", "nodes were unhealthy"),
    "reboot": NamedSentence("Reboots", "hosts were restarting"),
}


def fault_named(what: str) -> NamedSentence:
    """How a kind of fault is called; by its own name where this version does not know it."""
    return _FAULTS.get(what, NamedSentence(what.capitalize(), what))


MARKS: Final[Mapping[bool | None, str]] = {True: "✓", False: "✗", None: "?"}
"""Whether an expression holds, does not, or could not be judged."""
VERDICT_OF: Final = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.INCONCLUSIVE}
"""The same as a verdict."""

_STATES: Final[Mapping[str, str]] = {
    "open": "still open",
    "accepted": "being handed over",
    "stale": "cancelled without a link, and open centrally",
    "failed": "failed after the acceptance",
}


def state_named(state: str) -> str:
    """What became of a request, in words."""
    return _STATES.get(state, state)


_NEVER_THERE: Final = (
    "The run did not get into this often enough to say anything: take more hosts (--hosts),"
    " a longer run (--until), another seed (--seed), or raise the shares in the scenario."
)

_NOT_TO_THE_END: Final = "Let the run get to its end; until then the value says little."

_BY_METRIC: Final = {
    "violations": "See the violations; pairproof shrink finds the smallest run in virtual time that"
    " still has one.",
    "latency_ms": "See how long operations took and when the central side was busy; it needs"
    " more room ([central] in the scenario), or the bound has to be wider.",
    "waiting_s": "See how long it took to decide and to pair; more administrators, a faster"
    " central side, or a wider bound.",
    "sometimes": _NEVER_THERE,
    "requests": "See how requests ended, and what was refused and why.",
    "share": "See how requests ended, and what was refused and why.",
    "unknown": "See the faults, and which operations were not answered.",
    "refused": "See what was refused and why.",
}


def advice(line: GateLine) -> str:
    """What to do about an expression; empty for one that holds."""
    if line.holds:
        return ""
    if line.expression.startswith("arranged"):
        return "See what was left out, and what the target needs for it."
    metric = line.expression.partition(".")[0].split()[0] if line.expression.strip() else ""
    if line.holds is None and metric != "sometimes":
        return _NEVER_THERE if line.value is None else _NOT_TO_THE_END
    return _BY_METRIC.get(metric, "See the figures of this report.")
