"""Delta debugging: the fewest of many things with which something still fails.

After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), but for
one thing: when a piece has gone, the next one is tried, and not the first again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

Thing = TypeVar("Thing")

FirstFailing = Callable[[Iterable[tuple[Thing, ...]]], int | None]
"""Given some choices, says which is the first that still fails; none: all of them are well.

Several are handed over at once so that they can be tried side by side, and no more of them are
drawn than are tried.
"""


def minimal(
    things: Sequence[Thing], first_failing: FirstFailing[Thing], finest: int | None = None
) -> tuple[Thing, ...]:
    """The fewest of these that still fail, in their order; all together they are known to.

    Not one of those can be left out besides, though another choice may be smaller yet. With
    `finest` the things are cut into so many pieces or not many more: it is a first attempt
    where more of them are left.
    """
    if not things or first_failing([()]) is not None:
        return ()
    pieces = [tuple(things)]
    while any(len(piece) > 1 for piece in pieces) and not (finest and len(pieces) >= finest):
        pieces = [half for piece in pieces for half in _halves(piece)]
        found = first_failing(pieces)
        pieces = _without_needless(pieces, first_failing) if found is None else [pieces[found]]
    return _together(pieces)


def _without_needless(
    pieces: list[tuple[Thing, ...]], first_failing: FirstFailing[Thing]
) -> list[tuple[Thing, ...]]:
    """One piece after the other is left out, until none of them can be."""
    begin = 0
    while len(pieces) > 2:  # Of two, each is all but the other, and neither fails.
        order = [*range(begin, len(pieces)), *range(begin)]
        found = first_failing(_together(pieces[:n] + pieces[n + 1 :]) for n in order)
        if found is None:
            break
        begin = order[found]
        del pieces[begin]
    return pieces


def _halves(piece: tuple[Thing, ...]) -> list[tuple[Thing, ...]]:
    middle = len(piece) // 2
    return [half for half in (piece[:middle], piece[middle:]) if half]


def _together(pieces: Iterable[tuple[Thing, ...]]) -> tuple[Thing, ...]:
    return tuple(chain.from_iterable(pieces))
