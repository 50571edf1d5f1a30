"""The search for an order that explains every answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checkers import linear

Move = tuple[str, int]
ZERO = frozenset({0})


def step(state: int, action: Move) -> Iterator[int]:
    """A register of whole numbers; `drift` may add one, or not."""
    verb, value = action
    if verb == "write":
        yield value
    elif verb == "swap" and state == value:
        yield value + 1
    elif verb == "add":
        yield state + value
    elif verb == "drift":
        yield from (state, state + 1)
    elif verb == "read" and state == value:
        yield state


REGISTER = linear.Automaton(step)


def call(name: str, verb: str, value: int = 0, *, sure: bool = True) -> linear.RegisterCall[Move]:
    return linear.RegisterCall(name, (verb, value), sure, observes=verb == "read")


def events(text: str, calls: Sequence[linear.RegisterCall[Move]]) -> list[linear.Event[Move]]:
    """`"a b /a /b"`: a begins, b begins, a returns, b returns."""
    by_id = {c.id: c for c in calls}
    return [(by_id[word.lstrip("/")], word.startswith("/")) for word in text.split()]


def judge(
    automaton: linear.Automaton[int, Move],
    states: frozenset[int],
    history: Sequence[linear.Event[Move]],
    budget: int = linear.BUDGET_STATES,
) -> linear.Unexplained[Move] | None:
    """Judge a whole history of one register."""
    linearizer = linear.Linearizer(automaton, states, budget)
    for call, returns in history:
        if not returns:
            linearizer.invoke(call)
        elif found := linearizer.returned(call):
            return found
    return None


def findings(text: str, *calls: linear.RegisterCall[Move]) -> list[str] | None:
    result = judge(REGISTER, ZERO, events(text, calls))
    return None if result is None else [c.id for c in result.calls]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("a /a b /b", [call("a", "write", 1), call("b", "read", 1)]),
        ("a b /b /a", [call("a", "write", 1), call("b", "read", 1)]),
        ("a b /b /a", [call("a", "write", 1), call("b", "read", 0)]),
        ("a /a b /b c /c", [call("a", "add", 2), call("b", "drift"), call("c", "read", 3)]),
        # One that was never answered: with effect late, or without.
        (
            "a /a b /b c /c",
            [call("a", "write", 1, sure=False), call("b", "read", 0), call("c", "read", 1)],
        ),
        ("a /a b /b", [call("a", "write", 1, sure=False), call("b", "read", 0)]),
        # Two overlapping swaps, of which the second needs the first.
        ("a b /b /a", [call("a", "swap", 0), call("b", "swap", 1)]),
        # The answer of a call that began earlier is known only later.
        ("a b c /c /b /a", [call("a", "read", 2), call("b", "write", 2), call("c", "read", 0)]),
    ],
)
def test_a_history_that_has_an_order(text: str, calls: list[linear.RegisterCall[Move]]) -> None:
    assert findings(text, *calls) is None


@pytest.mark.parametrize(
    ("text", "calls", "part"),
    [
        ("a /a b /b", [call("a", "write", 1), call("b", "read", 0)], ["a", "b"]),
        # An old value after somebody has read the new one, both while it is being written.
        (
            "w a /a b /b /w",
            [call("w", "write", 1), call("a", "read", 1), call("b", "read", 0)],
            ["a", "b"],
        ),
        ("a b /a /b", [call("a", "swap", 0), call("b", "swap", 0)], ["a", "b"]),
        # What was never answered takes effect once, not twice.
        (
            "a /a r /r s /s t /t",
            [
                call("a", "add", 1, sure=False),
                call("r", "read", 0),
                call("s", "read", 1),
                call("t", "read", 2),
            ],
            ["t"],
        ),
        # Only the part that matters.
        (
            "x /x w /w y /y r /r",
            [
                call("x", "write", 5),
                call("w", "write", 1),
                call("y", "read", 1),
                call("r", "read", 5),
            ],
            ["w", "r"],
        ),
    ],
)
def test_a_history_that_has_none(
    text: str, calls: list[linear.RegisterCall[Move]], part: list[str]
) -> None:
    assert findings(text, *calls) == part


def test_equal_unknown_operations_are_counted_and_not_permuted() -> None:
    unknown = [call(f"u{i}", "add", 1, sure=False) for i in range(20)]
    reads = [call(f"r{i}", "read", i) for i in range(21)]
    begun = [event for u in unknown for event in ((u, False), (u, True))]
    read = [event for r in reads for event in ((r, False), (r, True))]
    assert judge(REGISTER, ZERO, begun + read, budget=2_000) is None
    too_many = call("last", "read", 21)
    result = judge(REGISTER, ZERO, [*begun, *read, (too_many, False), (too_many, True)])
    assert result is not None
    assert result.at is too_many


def test_a_search_that_is_too_wide_says_so() -> None:
    calls = [call(f"c{i}", "add", 2**i) for i in range(14)]
    history = [(c, False) for c in calls] + [(c, True) for c in calls]
    assert judge(REGISTER, ZERO, history, budget=100_000) is None
    with pytest.raises(linear.BudgetSpent):
        judge(REGISTER, ZERO, history, budget=1_000)


def test_what_is_kept_does_not_grow_with_the_history() -> None:
    linearizer = linear.Linearizer(REGISTER, ZERO)
    sizes = []
    for i in range(100_000):
        one = call(str(i), "write", i % 7)
        linearizer.invoke(one)
        assert linearizer.returned(one) is None
        if i % 10_000 == 5_000:
            sizes.append(_held(linearizer))
    assert max(sizes) <= 600


def test_what_is_kept_is_bounded_where_it_is_never_quiet() -> None:
    linearizer = linear.Linearizer(REGISTER, ZERO)
    before = call("first", "write", 0)
    linearizer.invoke(before)
    for i in range(20_000):
        one = call(str(i), "write", i % 7)
        linearizer.invoke(one)
        assert linearizer.returned(before) is None
        before = one
    assert _held(linearizer) <= 3_000


def _held(linearizer: linear.Linearizer[int, Move]) -> int:
    """How many events it holds."""
    return sum(len(held) for held in (linearizer._kept, linearizer._queue, linearizer._segment))


def test_looks_of_a_wait_lie_within_it() -> None:
    linearizer = linear.Linearizer(REGISTER, ZERO)
    wait, write = linear.RegisterCall[Move]("wait"), call("w", "write", 1)
    for one in (wait, write):
        linearizer.invoke(one)
    assert linearizer.returned(write) is None
    looks = [call("wait", "read", 0), call("wait", "read", 1)]
    assert linearizer.returned(wait, looks) is None
    assert linearizer.states == {1}
    late = linear.RegisterCall[Move]("late")
    linearizer.invoke(late)
    assert linearizer.returned(late, [call("late", "read", 0)]) is not None


# --- compared with brute force -------------------------------------------------------------

MOVES = [("write", 0), ("write", 1), ("swap", 0), ("swap", 1), ("read", 0), ("read", 1)]


@st.composite
def histories(draw: st.DrawFn) -> list[linear.Event[Move]]:
    """Up to five calls that begin and return in any order, some of them never answered."""
    history: list[linear.Event[Move]] = []
    open_calls: list[linear.RegisterCall[Move]] = []
    for i in range(draw(st.integers(1, 5))):
        while open_calls and draw(st.booleans()):
            history.append((open_calls.pop(draw(st.integers(0, len(open_calls) - 1))), True))
        verb, value = draw(st.sampled_from([*MOVES, ("drift", 0)]))
        open_calls.append(call(f"c{i}", verb, value, sure=draw(st.integers(0, 3)) > 0))
        history.append((open_calls[-1], False))
    return history + [(c, True) for c in open_calls]


@given(histories())
def test_it_agrees_with_trying_every_order(history: list[linear.Event[Move]]) -> None:
    result = judge(REGISTER, ZERO, history)
    assert (result is None) == _has_an_order(history)
    if result is not None:
        _assert_smallest(history, result)


def _assert_smallest(history: list[linear.Event[Move]], result: linear.Unexplained[Move]) -> None:
    """Without an order; and with one as soon as any call of the part need not have happened."""
    until = history[: history.index((result.at, True)) + 1]
    part = set(result.calls)
    assert not _has_an_order(_relaxed(until, part))
    for left_out in result.calls:
        if left_out is not result.at:
            assert _has_an_order(_relaxed(until, part - {left_out}))


def _relaxed(
    history: list[linear.Event[Move]], kept: set[linear.RegisterCall[Move]]
) -> list[linear.Event[Move]]:
    """The same history, in which all but these calls need not have happened."""
    by_call = {c: c if c in kept else replace(c, needed=False) for c, _ in history}
    return [(by_call[c], returns) for c, returns in history]


def _has_an_order(history: list[linear.Event[Move]]) -> bool:
    """Every permutation of every choice of the calls that need not have happened."""
    calls = list(dict.fromkeys(c for c, _ in history))
    begins = {c: i for i, (c, returns) in enumerate(history) if not returns}
    returns_at = {c: i for i, (c, returns) in enumerate(history) if returns and c.sure}
    maybe = [c for c in calls if c not in returns_at or not c.needed]
    for size in range(len(maybe) + 1):
        for absent in combinations(maybe, size):
            for order in permutations([c for c in calls if c not in absent]):
                in_time = all(
                    returns_at.get(b, sys.maxsize) > begins[a]
                    for i, a in enumerate(order)
                    for b in order[i + 1 :]
                )
                if in_time and _runs(order):
                    return True
    return False


def _runs(order: Sequence[linear.RegisterCall[Move]]) -> bool:
    states = {0}
    for one in order:
        assert one.action is not None
        states = {later for state in states for later in step(state, one.action)}
    return bool(states)
