"""Defects that are drawn from the operators of the rules: which there are, and what each does."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

import pytest

from harness.domain.token import RegistrationToken
from harness.proving.drawn import is_named, reasons, why_equivalent
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
    every = every_mutant()
    assert [named for named, _ in reasons() if not any(is_named(m, named) for m in every)] == []
    assert len({named for named, _ in reasons()}) == len(reasons())
    assert all(len(why) > 20 for _, why in reasons())


def mutant(says: str) -> DrawnMutant:
    return DrawnMutant("harness.reference.core.edge", "EdgeRules.named", 2, says)


@pytest.mark.parametrize(
    ("named", "holds"),
    [
        ("reference.core.edge:EdgeRules.named", True),
        ("reference.core.edge:EdgeRules.named:2", True),
        ("reference.core.edge:EdgeRules.named:1", False),
        ("reference.core.edge:EdgeRules", False),
        ("reference.core.edge:EdgeRules.named: if cluster.name", True),
        ("reference.core.edge:EdgeRules.named: if cluster.name*is False", True),
        ("reference.core.edge:EdgeRules.named: if cluster.name*is True", False),
        ("reference.core.edge:EdgeRules.named: cluster.name", False),
        ("reference.core.edge:EdgeRules.changeable: if cluster.name", False),
    ],
)
def test_a_reason_holds_for_a_function_a_change_in_it_or_one_mutant(
    named: str, holds: bool
) -> None:
    changed = mutant("line 7: if cluster.name != name: raise: its condition is False")
    assert is_named(changed, named) is holds


def test_what_is_outside_of_the_procedure_is_not_drawn_and_is_there() -> None:
    outside = {function for functions in drawn.OUTSIDE.values() for function in functions}
    assert not outside & {m.function for m in every_mutant()}
    modules = [importlib.import_module(name) for name in drawn.RULES]
    for function in outside:
        owner, _, name = function.partition(".")
        assert any(name in vars(getattr(module, owner, None) or str) for module in modules), (
            function
        )


def test_a_reason_is_found_for_a_mutant_and_none_for_a_defect() -> None:
    by_function = {m.function: m for m in every_mutant()}
    assert "SND-7" in why_equivalent(by_function["EdgeCore.require_nothing_pending"])
    assert not why_equivalent(by_function["EdgeRules.require_running"])
