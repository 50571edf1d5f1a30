"""What a watch remembers is one value for all histories after which it judges alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import pytest

from harness.checkers.invariants.register import Register, request_register
from harness.checkers.invariants.remembered import _LEFT_OUT, FIRST_TIME, remembered
from harness.checkers.invariants.stream import Watch, replayed
from harness.checkers.linear import Linearizer, LinearSearch
from tests.unit.checkers.invariants.handwritten import HistoryBuilder


def after(*steps: Callable[[HistoryBuilder], object]) -> Hashable:
    """What is remembered of a request that was sent, and of these steps."""
    built = HistoryBuilder()
    built.now = FIRST_TIME
    built.set_up().send()
    for step in steps:
        step(built)
    watch = Watch()
    for is_over, operation in replayed(built.history()):
        assert not (watch.ended(operation) if is_over else watch.invoked(operation))
    return remembered(watch, built.now)


def nothing(history: HistoryBuilder) -> None:
    """Something that no invariant asks for."""
    history.local("VerifyConnection")


def cut(history: HistoryBuilder) -> None:
    history.link("edge", up=False)


def mended(history: HistoryBuilder) -> None:
    history.link("edge", up=True)


def looked(history: HistoryBuilder) -> None:
    history.local_shows("Pairing")


def test_how_much_happened_that_tells_nothing_is_not_remembered() -> None:
    assert after(nothing) == after(nothing, nothing) == after(nothing, nothing, nothing)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((cut,), (cut, mended)),
        ((cut, looked), (looked, cut)),
        ((looked,), (nothing,)),
        ((nothing,), (nothing, lambda history: history.later(5))),
        ((lambda history: history.mode("central"),), (nothing,)),
    ],
    ids=["a link", "what came first", "a look", "how long ago it was", "who manages it"],
)
def test_what_a_verdict_may_depend_on_is(
    one: tuple[Callable[[HistoryBuilder], object], ...],
    other: tuple[Callable[[HistoryBuilder], object], ...],
) -> None:
    assert after(*one) != after(*other)


def test_what_is_left_out_is_there() -> None:
    automaton, watch = request_register(), Watch()
    line, search = (kind(automaton, frozenset()) for kind in (Linearizer, LinearSearch))
    held = [watch, watch.known, watch._hearing, *watch._rules, line, search, Register("r", line)]
    for kind, names in _LEFT_OUT.items():
        of_kind = [thing for thing in held if isinstance(thing, kind)]
        assert of_kind
        assert all(hasattr(thing, name) for thing in of_kind for name in names.split())
