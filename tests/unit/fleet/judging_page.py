"""The tables of `docs/scenarios.md` on how a run is judged: metrics of a gate, and situations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from harness.checkers.fleet.gate import METRICS, PERCENTILES, SHORT
from harness.checkers.fleet.requests import STATES
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.fleet.contradictions import NEEDS, describe

_PERCENTILE: Final = f"`P` is one of {', '.join(PERCENTILES)}"
FAMILIES: Final = (
    ("violations", "how often an invariant was violated"),
    ("operations", "operations that were recorded, whatever came of them"),
    ("refused", "of those, the ones that ended `fail`"),
    ("unknown", "of those, the ones that ended `info`: no answer came, or none that made sense"),
    ("hosts", "hosts that took part"),
    ("clusters", "clusters that took part"),
    ("per_pairing.operations", "operations divided by pairings"),
    (
        "latency_ms.KIND.P",
        "milliseconds from asking to the answer, or to giving up; `KIND` is a kind of operation,"
        f" such as `AcceptPairingRequest`, or one of {', '.join(SHORT)}; {_PERCENTILE}",
    ),
    (
        "waiting_s.to_decide.P",
        f"seconds from a send to its acceptance or rejection; {_PERCENTILE}",
    ),
    (
        "waiting_s.to_pair.P",
        f"seconds from the first send of a cluster to its being paired; {_PERCENTILE}",
    ),
    (
        "requests.STATE",
        f"requests that the run left so; `STATE` is one of {', '.join(STATES)}",
    ),
    ("share.STATE", "the same as a share of all requests, from 0 to 1"),
    ("share_of_clusters.paired", "clusters that were paired, as a share of all, from 0 to 1"),
    ("sometimes.SITUATION", "how often a situation was reached, for each thousand hosts"),
)
"""The metrics, those that are built alike under one name, with their meaning."""


def metrics_table() -> str:
    """What a gate may name."""
    return _table(("metric", "meaning"), ((f"`{name}`", text) for name, text in FAMILIES))


def situations_table() -> str:
    """What a scenario may want to reach, and what it has to have for that."""
    rows = (
        (f"`{name}`", situation.sentence, "; ".join(_needs(name)) or "nothing in particular")
        for name, situation in SITUATIONS.items()
    )
    return _table(("situation", "when it counts", "needs"), rows)


def family_of(metric: str) -> str:
    """The name in `FAMILIES` under which a metric is explained.

    Raises:
        KeyError: there is no such metric.
    """
    if metric not in METRICS:
        raise KeyError(metric)
    first, _, rest = metric.partition(".")
    match first:
        case "latency_ms":
            return "latency_ms.KIND.P"
        case "waiting_s":
            return f"waiting_s.{rest.partition('.')[0]}.P"
        case "requests" | "share":
            return f"{first}.STATE"
        case "sometimes":
            return "sometimes.SITUATION"
    return metric


def _needs(situation: str) -> Iterator[str]:
    return (describe(group) for group in NEEDS.get(situation, ()))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
