"""How the rows of a table are drawn, and how they come to stand in a feature file.

Of all rows that there could be, so few are drawn that any two values of different columns (at a
higher strength any three, …) still stand together in one of them, unless a constraint keeps them
apart: a covering array. The same declaration gives the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import by_id
from harness.domain.errors import PairproofError
from harness.gherkin import ScenarioText, read_feature

Row = Mapping[str, str]
"""The value of each column."""


class TableError(PairproofError):
    """A table cannot be drawn, or does not fit the feature that it is for."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What has to hold of the values of a few columns, for them to stand together."""

    columns: tuple[str, ...]
    holds: Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are drawn, for scenario outlines of one feature.

    Attributes:
        feature: the name of the feature file, without its suffix.
        columns: the values of each column, the plainest first.
        outline: the name of the scenario outline that carries out a row; empty for none.
        tags: the tags of a row, without the `@`; none where those of its outline's rule will do.
        constraints: what keeps values apart. Each is about few columns, or drawing takes long.
        strength: of how many columns any values stand together in a row.
        least: the strength below which none of its rows is drawn.
    """

    feature: str
    columns: Mapping[str, tuple[str, ...]]
    outline: Callable[[Row], str]
    tags: Callable[[Row], tuple[str, ...]] = lambda row: ()
    constraints: tuple[Constraint, ...] = ()
    strength: int = 2
    least: int = 0

    def outlines(self) -> set[str]:
        """The names of all outlines that carry out a row."""
        every = (dict(zip(self.columns, v, strict=True)) for v in product(*self.columns.values()))
        return {self.outline(row) for row in every if self.is_lawful(row)} - {""}

    def is_lawful(self, row: Row) -> bool:
        """Whether no constraint forbids the row."""
        return all(one.holds(row) for one in self.constraints)


def at_most(count: int, special: Mapping[str, Iterable[str]]) -> tuple[Constraint, ...]:
    """Constraints by which at most `count` columns of a row have one of their special values."""
    found = {column: frozenset(values) for column, values in special.items()}

    def holds(columns: tuple[str, ...]) -> Callable[[Row], bool]:
        return lambda row: not all(row[column] in found[column] for column in columns)

    return tuple(Constraint(columns, holds(columns)) for columns in combinations(found, count + 1))


def tags_of(id_: str) -> tuple[str, ...]:
    """The tags of a row that is judged under this requirement, as the catalogue has them."""
    found = by_id(id_)
    level = () if found.level is Level.MUST else (found.level.value,)
    return (id_, found.role.value, found.profile.value, *level)


def draw(table: Table, strength: int = 0) -> list[Row]:
    """The rows of a table in the order of its values, at its own strength or a higher one.

    Raises:
        TableError: what draws them is not installed.
    """
    strength = max(strength, table.strength)
    if strength < table.least:
        return []
    if strength >= len(table.columns):
        every = (dict(zip(table.columns, v, strict=True)) for v in product(*table.columns.values()))
        return [row for row in every if table.is_lawful(row)]
    try:
        from covertable import make  # type: ignore[import-untyped]  # it comes with an extra
    except ImportError:
        raise TableError(
            "tables are drawn with covertable, which is not installed;"
            " install it with: pip install 'pairproof[tables]'"
        ) from None
    rows: list[Row] = make(
        {column: list(values) for column, values in table.columns.items()},
        strength=strength,
        constraints=[
            {"operator": "fn", "requires": list(one.columns), "evaluate": one.holds}
            for one in table.constraints
        ],
    )
    once = {tuple(row[c] for c in table.columns): row for row in rows}.values()
    return sorted(once, key=lambda row: [v.index(row[c]) for c, v in table.columns.items()])


def write_tables(tables: Iterable[Table], features: Path, out: Path, strength: int = 0) -> None:
    """Copy a folder of features with its steps, with the rows of all tables drawn anew.

    `out` may be the folder itself.

    Raises:
        TableError: a table does not fit its feature.
        FeatureUnreadable: there is no such feature, or it is none.
    """
    if out.resolve() != features.resolve():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(features, out, dirs_exist_ok=True, ignore=ignored)
    known = list(tables)
    for name in dict.fromkeys(table.feature for table in known):
        path = out / f"{name}.feature"
        mine = [table for table in known if table.feature == name]
        path.write_text(with_rows(path, mine, strength), "utf-8")


def with_rows(path: Path, tables: Sequence[Table], strength: int = 0) -> str:
    """The text of a feature file, with the rows of these tables in place of those that it has.

    Raises:
        TableError: it has no such outline, or there is no row for one.
        FeatureUnreadable: it cannot be read, or is no feature.
    """
    scenarios = {scenario.name: scenario for scenario in read_feature(path).scenarios}
    found: dict[str, list[str]] = {}
    for table in tables:
        for name, block in _blocks(table, strength).items():
            found.setdefault(name, []).extend(block)
    if lost := sorted(found.keys() - scenarios.keys()):
        raise TableError(f"{path}: there is no scenario outline {lost[0]!r}, which a table is for")
    lines = path.read_text("utf-8").splitlines()
    for name in sorted(found, key=lambda name: -scenarios[name].line):
        first, last = _examples_of(scenarios[name], lines)
        lines[first:last] = found[name]
    return "\n".join(lines) + "\n"


def _blocks(table: Table, strength: int) -> dict[str, list[str]]:
    """The lines of the examples by the outline that they are for; rows of like tags in one."""
    groups: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for row in draw(table, strength):
        if name := table.outline(row):
            groups.setdefault((name, table.tags(row)), []).append(row)
    found: dict[str, list[str]] = {}
    for (name, tags), rows in groups.items():
        cells = [list(table.columns), *([row[c] for c in table.columns] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        head = [f"      {' '.join(f'@{tag}' for tag in tags)}"] if tags else []
        body = [
            f"        | {' | '.join(c.ljust(w) for c, w in zip(line, widths, strict=True))} |"
            for line in cells
        ]
        found.setdefault(name, []).extend(["", *head, "      Examples:", *body])
    return found


def _examples_of(scenario: ScenarioText, lines: Sequence[str]) -> tuple[int, int]:
    """Which lines hold the examples of an outline, with the one above that is left empty."""
    first = scenario.steps[-1].line
    while first < len(lines) and lines[first].strip().startswith("|"):
        first += 1  # the last step has a table of its own
    return first, max((example.line for example in scenario.examples), default=first)
