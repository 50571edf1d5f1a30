"""What is drawn crosses all that it should, obeys its rules, and stands in the features."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from harness.catalogue.needs import UNKNOWN, all_needs, need_of
from harness.gherkin import read_feature, scenario_id
from harness.plugin.guards import problems
from harness.suite import FEATURES_VARIABLE, SuiteMissing, suite_dir
from harness.tables.covering import Constraint, Row, Table, TableError, at_most, draw, with_rows
from harness.tables.covering import write_tables as written
from harness.tables.declared import TABLES

COLUMNS = {
    "state": ("Running", "Error", "Provisioning", "Deleting"),
    "node": ("healthy", "first ill", "last ill"),
    "token": ("good", "expired", "unknown"),
    "start": ("none", "edge", "Palette"),
}
AMISS = {column: COLUMNS[column][1:] for column in ("state", "node", "token")}


def table(*rules: Constraint, strength: int = 2) -> Table:
    def name(row: Row) -> str:
        return "refused" if row["state"] != "Running" else "sent"

    def tags(row: Row) -> tuple[str, ...]:
        return ("PRE-1", "edge", "core") if row["state"] != "Running" else ()

    return Table("x", COLUMNS, name, tags, rules, strength)


def meetings(rows: list[Row], strength: int) -> set[tuple[tuple[str, str], ...]]:
    """Which values stand together in some row, so many at a time."""
    return {
        tuple((c, row[c]) for c in columns)
        for row in rows
        for columns in combinations(COLUMNS, strength)
    }


@pytest.mark.parametrize("strength", [2, 3])
@pytest.mark.parametrize("rules", [(), at_most(1, AMISS)], ids=["without rules", "with rules"])
def test_all_values_meet_that_may(strength: int, rules: tuple[Constraint, ...]) -> None:
    drawn, every = draw(table(*rules), strength), draw(table(*rules), len(COLUMNS))
    assert meetings(drawn, strength) == meetings(every, strength)
    assert len(drawn) < len(every)


def test_no_row_breaks_a_rule() -> None:
    one = table(*at_most(1, AMISS))
    assert all(sum(r[c] in AMISS[c] for c in AMISS) <= 1 for n in (2, 3, 4) for r in draw(one, n))
    assert any(sum(r[c] in AMISS[c] for c in AMISS) == 2 for r in draw(table(*at_most(2, AMISS))))


def test_what_is_for_higher_strengths_alone_is_not_drawn_before() -> None:
    assert draw(replace(table(), least=3)) == []
    assert draw(replace(table(), least=3), 3) == draw(table(), 3)


def test_the_rows_are_the_same_each_time_and_in_the_order_of_their_values() -> None:
    rows = draw(table())
    assert rows == draw(table()) != draw(table(strength=3))
    states = [COLUMNS["state"].index(row["state"]) for row in rows]
    assert states == sorted(states)


def test_what_draws_them_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "covertable", None)
    with pytest.raises(TableError, match=r"pip install 'pairproof\[tables\]'"):
        draw(table())


FEATURE = """Feature: f

  @SND-1 @edge @core
  Rule: one

    Scenario Outline: sent
      Given a cluster in "<state>"
      And these:
        | a |
        | b |

    Scenario: by hand
      Given x

  Rule: two

    Scenario Outline: refused
      Given a cluster in "<state>"

      Examples:
        | state |
        | of old |
"""


def test_rows_take_the_place_of_those_that_stand_there(tmp_path: Path) -> None:
    path = tmp_path / "x.feature"
    path.write_text(FEATURE, "utf-8")
    text = with_rows(path, [table()])
    path.write_text(text, "utf-8")
    assert with_rows(path, [table()]) == text
    assert "of old" not in text
    feature = read_feature(path)
    assert list(problems(feature, strict=True)) == []
    found = {scenario.name: scenario for scenario in feature.scenarios}
    of_tables = [example for name in ("sent", "refused") for example in found[name].examples]
    assert [dict(example.values) for example in of_tables] == draw(table())
    assert {e.tags for e in found["sent"].examples} == {()}
    assert {e.tags for e in found["refused"].examples} == {("PRE-1", "edge", "core")}
    assert [step.text for step in found["by hand"].steps] == ["x"]


def test_a_table_for_an_outline_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.feature"
    path.write_text(FEATURE.replace("Outline: refused", "Outline: another"), "utf-8")
    with pytest.raises(TableError, match="no scenario outline 'refused'"):
        with_rows(path, [table()])


# --- ours -----------------------------------------------------------------------------------------


def test_our_features_hold_what_is_declared() -> None:
    features = suite_dir("features")
    stale = [
        name
        for name in {t.feature for t in TABLES}
        if (path := features / f"{name}.feature").read_text("utf-8")
        != with_rows(path, [t for t in TABLES if t.feature == name])
    ]
    assert stale == [], "pairproof requirements --tables features"


def test_more_rows_are_run_in_place_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = suite_dir("features")
    written(TABLES, ours, tmp_path, strength=3)
    monkeypatch.setenv(FEATURES_VARIABLE, str(tmp_path))
    assert suite_dir("features") == tmp_path
    assert (tmp_path / "steps" / "common.py").is_file()
    rows = {p: len(_rows(p / "permissions.feature")) for p in (ours, tmp_path)}
    assert rows[tmp_path] > rows[ours]
    monkeypatch.setenv(FEATURES_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(SuiteMissing, match="unset it"):
        suite_dir("features")


def test_a_row_that_is_not_committed_needs_what_its_fellows_need() -> None:
    known = next(id_ for id_, need in all_needs().items() if "[" in id_ and need.clusters)
    other = need_of(f"{known.partition('[')[0]}[of no table]")
    assert set(other.kinds) >= set(all_needs()[known].kinds)
    assert other.clusters == all_needs()[known].clusters
    assert need_of("permissions/no-such-outline[a]") == UNKNOWN


def _rows(path: Path) -> list[str]:
    return [scenario_id("", s, e) for s in read_feature(path).scenarios for e in s.examples]
