"""What to do when an expression of the gate does not hold."""

from __future__ import annotations

from typing import Final

from harness.history.fleet_lines import GateLine

_NEVER_THERE: Final = (
    "The run did not get into this often enough to say anything: take more hosts (--hosts),"
    " a longer run (--until), another seed (--seed), or raise the shares in the scenario."
)

_NOT_TO_THE_END: Final = "Let the run get to its end; until then the value says little."

_BY_METRIC: Final = {
    "violations": "See the violations; pairproof shrink finds the smallest run that still has one.",
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
    metric = line.expression.partition(".")[0].split()[0] if line.expression.strip() else ""
    if line.holds is None and metric != "sometimes":
        return _NEVER_THERE if line.value is None else _NOT_TO_THE_END
    return _BY_METRIC.get(metric, "See the figures of this report.")
