"""Defects that are drawn from the operators of the rules: which there are, and what each does."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness.proving
from harness.domain.token import RegistrationToken
from harness.proving.drawn import why_equivalent
from harness.reference import drawn
from harness.reference.drawn import DrawnMutant, draw, every_mutant, plant_drawn

TOKEN = RegistrationToken("uid", "name", "secret", "project", expiry=10, active=False)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """What is planted here reaches no other test."""
    rule = RegistrationToken.why_unusable
    code = rule.__code__
    yield
    rule.__code__ = code


def test_a_planted_change_shows_in_the_rule_itself() -> None:
    assert TOKEN.why_unusable(0)
    for mutant in every_mutant():
        if mutant.function == "RegistrationToken.why_unusable" and "without its not" in mutant.says:
            plant_drawn(mutant.name)
    assert not TOKEN.why_unusable(0)


def test_each_has_a_name_of_its_own_and_can_be_compiled() -> None:
    every = every_mutant()
    assert len({m.name for m in every}) == len(every) > 400
    assert {m.module for m in every} == set(drawn.RULES)


def test_the_same_seed_draws_the_same_and_another_seed_others() -> None:
    assert draw(20, 1) == draw(20, 1)
    assert draw(20, 1) != draw(20, 2)
    assert draw(20, 1) == draw(30, 1)[:20]


def test_every_kind_of_change_is_made() -> None:
    source = '''
class Rule:
    def asks(self, a, b):
        """A docstring is no rule."""
        if a == 1 and not b:
            self.put(replace(a, x=True, y=b))
'''
    told = [says.rpartition(": ")[2] for _, says, _ in drawn._changes(ast.parse(source))]
    assert sorted(told) == [
        "NotEq in its place",
        "Or in its place",
        "its condition is False",
        "its condition is True",
        "never called",
        "one more",
        "the other truth",
        "without its not",
        "without x",
        "without y",
    ]


def test_whatever_is_set_aside_is_there_and_says_why() -> None:
    path = Path(harness.proving.__file__).with_name("equivalent.toml")
    reasons = tomllib.loads(path.read_text("utf-8"))
    known = {
        name
        for m in every_mutant()
        for name in (m.name, m.name.rpartition(":")[0], m.name.partition(".")[0])
    }
    owners = {f"{n.split(':')[0]}:{n.split(':')[1].partition('.')[0]}" for n in known if ":" in n}
    assert reasons.keys() <= known | owners
    assert all(len(str(reason)) > 20 for reason in reasons.values())


def test_a_reason_holds_for_a_mutant_its_function_or_its_class() -> None:
    tokens = DrawnMutant("harness.reference.core.central.core", "TokenRules.view_token", 0, "")
    other = DrawnMutant("harness.reference.core.central.review", "ReviewRules.accept", 0, "")
    assert why_equivalent(tokens)
    assert not why_equivalent(other)
