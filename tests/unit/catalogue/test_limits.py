"""Limits have defaults and maxima, and say which one was given wrongly."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from harness.catalogue.errors import LimitOutOfRange, UnknownName
from harness.catalogue.limits import LimitKind, Limits, limit_kinds

AWAITED = ("await_s", "stays_s", "list_lag_s", "edge_lag_s", "settle_s")
NAMES = (*AWAITED[:2], "answer_s", *AWAITED[2:], "poll_s", "login_s", "waits_s", "expiry_s")


def test_the_agreed_defaults() -> None:
    limits = Limits()
    assert (limits.await_s, limits.stays_s, limits.answer_s) == (5.0, 0.25, 30.0)


def test_what_is_awaited_is_never_awaited_for_more_than_a_minute() -> None:
    maxima = {kind.name: kind.maximum_s for kind in limit_kinds()}
    assert {maxima[name] for name in AWAITED} == {60.0}


def test_the_limits_by_name_are_in_order_and_in_seconds() -> None:
    assert tuple(Limits().as_dict()) == NAMES
    assert tuple(k.name for k in limit_kinds()) == NAMES
    assert Limits().as_dict() == {k.name: k.default_s for k in limit_kinds()}


@pytest.mark.parametrize("kind", limit_kinds(), ids=lambda k: k.name)
def test_the_maximum_itself_is_allowed(kind: LimitKind) -> None:
    limits = Limits.from_mapping({kind.name: kind.maximum_s})
    assert limits.as_dict() == {**Limits().as_dict(), kind.name: kind.maximum_s}


def test_a_whole_number_becomes_a_number_of_seconds() -> None:
    given = Limits(await_s=7).as_dict()["await_s"]
    assert given == 7.0
    assert isinstance(given, float)


@pytest.mark.parametrize("value", [0, -1, 60.001, math.inf, math.nan, True, "5", None])
def test_a_value_out_of_bounds_is_named_with_field_and_maximum(value: object) -> None:
    with pytest.raises(LimitOutOfRange) as caught:
        Limits.from_mapping({"await_s": value})
    error = caught.value
    assert (error.field, error.maximum_s) == ("await_s", 60.0)
    assert error.given is value
    assert str(error) == (
        f"limit await_s: {value!r} was given; give a number of seconds above 0 and at most 60"
    )


def test_the_constructor_and_replace_are_guarded_too() -> None:
    with pytest.raises(LimitOutOfRange, match="settle_s"):
        Limits(settle_s=61)
    with pytest.raises(LimitOutOfRange, match="answer_s"):
        replace(Limits(), answer_s=0)


def test_an_unknown_limit_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"no limit is called 'await'; did you mean await_s"):
        Limits.from_mapping({"await": 5})
