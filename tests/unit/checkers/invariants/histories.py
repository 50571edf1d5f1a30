"""Where the histories stand, good and bad, by the invariant that they are about."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.checkers.invariants.handwritten import HistoryBuilder

Teller = Callable[[HistoryBuilder], object]
GOOD: list[tuple[str, Teller]] = []
BAD: list[tuple[str, Teller]] = []


def good(invariant: str) -> Callable[[Teller], Teller]:
    """No invariant has anything to say about it, this one least."""

    def remember(teller: Teller) -> Teller:
        GOOD.append((invariant, teller))
        return teller

    return remember


def bad(invariant: str) -> Callable[[Teller], Teller]:
    """This invariant blames the operation whose id the teller returns."""

    def remember(teller: Teller) -> Teller:
        BAD.append((invariant, teller))
        return teller

    return remember
