"""Defects that are drawn from the operators of the rules: which there are, and what each does."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator

import pytest

from harness.catalogue.verdict import Verdict
from harness.cli import proof
from harness.cli.commands.options import Format
from harness.cli.commands.proof import MutantsRun
from harness.domain.token import RegistrationToken
from harness.proving.drawn import DrawnOutcome, is_named, reasons, soonest, why_equivalent
from harness.proving.trials import TrialOutcome
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
    told = [change.says.rpartition(": ")[2] for change in drawn._changes(ast.parse(source))]
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


def test_what_is_planted_for_a_while_is_gone_after_it() -> None:
    of_rule = (m for m in every_mutant() if m.function == "RegistrationToken.why_unusable")
    changed = next(m for m in of_rule if "without its not" in m.says)
    with changed.planted():
        assert not TOKEN.why_unusable(0)
    assert TOKEN.why_unusable(0)


def test_a_change_is_where_its_code_stands() -> None:
    source = "def rule(a):\n    x = (\n        1\n        if a\n        else 2\n    )\n"
    (first, *_) = (c for c in drawn._changes(ast.parse(source)) if "its condition" in c.says)
    assert list(first.lines) == [3, 4, 5]


def test_what_runs_the_changed_line_comes_first_and_one_of_each_requirement_before_a_second() -> (
    None
):
    def ended(test: str, requirement: str, took_s: float, *lines: int) -> TrialOutcome:
        ran = {"harness.reference.core.edge": list(lines)}
        return TrialOutcome(test, [requirement], Verdict.PASS, "", test, took_s, ran)

    changed = DrawnMutant("harness.reference.core.edge", "EdgeRules.named", 2, "", range(7, 9))
    reach = [
        ended("elsewhere", "SND-1", 0.1, 1, 2),
        ended("slow", "SND-1", 0.9, 8),
        ended("quick", "SND-1", 0.2, 7, 8),
        ended("another", "WDR-1", 0.5, 6, 7),
    ]
    assert soonest(changed, reach) == ("quick", "another", "slow")


def test_what_is_found_is_counted_by_what_finds_it_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = draw(5, 1)
    rows = (
        DrawnOutcome(changed[0], ("ACC-3",), scenario="sizes/all-are-there[51]"),
        DrawnOutcome(changed[1], walked="INV-9 in send-again"),
        DrawnOutcome(changed[2], unclear=("INV-6",)),
        DrawnOutcome(changed[3], equivalent="it behaves the same"),
        DrawnOutcome(changed[4]),
    )
    monkeypatch.setattr(proof, "try_drawn", lambda *_, **__: rows)
    assert proof.run_drawn(MutantsRun(drawn=5)) == 0
    told = capsys.readouterr().out
    assert "failed        2 of 4, 50.0%, 1 of them on walks alone\n" in told
    assert "first         1 by sizes, 1 by walk\n" in told
    assert "inconclusive  1\npassed        1\n" in told
    assert proof.run_drawn(MutantsRun(drawn=5, format=Format.JSON)) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["found_by"] for row in listed] == ["sizes", "walk", None, None, None]
    assert listed[1]["walked"] == "INV-9 in send-again"


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
