"""Streams of integers: by counter, alike on every machine, as likely as they should be."""

from __future__ import annotations

from collections import Counter
from math import log

import pytest

from harness.fleet.draws import _EXPONENTIAL, PPM, Stream
from harness.fleet.scenario import SECOND, Distribution, Spread, fixed

GOLDEN = [
    "b52f1c383ef20c9e",
    "849093dd3390775d",
    "c77541053067d2b8",
    "95b657f7e008993a",
    "b3e3aa556964fa81",
    "c793b4548d06339f",
    "af9082be80debd80",
    "5def3578f2de9b6f",
    "4b01ed9eb7d5a3b9",
    "d7c5844251dd2cd3",
]
"""Nothing but blake2b over the seed, the name and a counter: no version may change these."""


def words(seed: object = 1, name: str = "a", count: int = 20) -> list[int]:
    stream = Stream(seed, name)
    return [stream.word() for _ in range(count)]


def test_the_first_words_of_a_stream_are_the_same_on_every_machine() -> None:
    assert [f"{word:016x}" for word in words(count=10)] == GOLDEN


def test_a_stream_depends_on_its_seed_and_its_name_alone() -> None:
    assert words() == words()
    assert (
        len({*words(1, "a"), *words(2, "a"), *words(1, "b"), *words(11, ""), *words(1, "1:")})
        == 100
    )


def test_what_another_stream_draws_changes_nothing() -> None:
    one, other = Stream(1, "a"), Stream(1, "b")
    mixed = []
    for _ in range(20):
        mixed.append(one.word())
        other.word()
    assert mixed == words()


@pytest.mark.parametrize("bound", [1, 2, 7, 1_000])
def test_an_integer_below_a_bound_is_each_alike(bound: int) -> None:
    stream, times = Stream(1, f"below {bound}"), 2_000
    drawn = Counter(stream.below(bound) for _ in range(times))
    assert set(drawn) <= set(range(bound))
    if bound <= 7:
        assert all(abs(drawn[n] - times / bound) < 5 * (times / bound) ** 0.5 for n in range(bound))


def test_what_is_sure_draws_nothing() -> None:
    stream = Stream(1, "a")
    assert [stream.chance(0), stream.chance(PPM), stream.spread(fixed(9))] == [False, True, 9]
    assert stream.word() == words()[0]


def test_a_chance_comes_true_as_often_as_it_says() -> None:
    stream = Stream(1, "chance")
    assert sum(stream.chance(250_000) for _ in range(4_000)) == pytest.approx(1_000, abs=100)


def test_a_uniform_duration_reaches_both_ends_and_none_beyond() -> None:
    stream = Stream(1, "uniform")
    assert {stream.spread(Spread(3, 7)) for _ in range(500)} == {3, 4, 5, 6, 7}


def test_an_exponential_duration_has_its_mean_and_an_end() -> None:
    stream, mean = Stream(1, "exponential"), 60 * SECOND
    drawn = sorted(stream.spread(Spread(0, mean, Distribution.EXPONENTIAL)) for _ in range(20_000))
    assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.03)
    assert drawn[len(drawn) // 2] == pytest.approx(mean * log(2), rel=0.05)
    assert drawn[0] >= 0
    assert drawn[-1] <= 10 * mean


def test_the_steps_of_the_exponential_are_right_to_a_65536th() -> None:
    for index, step in enumerate(_EXPONENTIAL):
        exact = -log(1 - (index + 0.5) / len(_EXPONENTIAL)) * 65_536
        assert exact - 1.01 <= step <= exact + 0.01
