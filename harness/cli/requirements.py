"""`pairproof requirements`: the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from harness.catalogue.document import Coverage, to_json, to_markdown
from harness.catalogue.requirement import Requirement
from harness.catalogue.requirements import REQUIREMENTS
from harness.cli.exits import put
from harness.gherkin import coverage as coverage_of
from harness.running.selection import Selection
from harness.suite import suite_dir


def list_requirements(
    format: str, with_coverage: bool, role: str | None, profile: str | None
) -> int:
    """Print the requirements in the order of the document.

    Raises:
        UnknownName: there is no such role or profile.
        FeatureUnreadable: a feature of the suite is broken.
    """
    selection = Selection.of(profile=profile, role=role)
    chosen = [r for r in REQUIREMENTS if selection.asks_for((r.id,), [r])]
    match format:
        case "json":
            put(to_json(chosen, _coverage()).rstrip("\n"))
        case "markdown":
            put(to_markdown(chosen, _coverage() if with_coverage else None).rstrip("\n"))
        case _:
            _table(chosen, _coverage() if with_coverage else None)
    return 0


def _coverage() -> Coverage:
    return coverage_of(suite_dir("features").glob("**/*.feature"), (r.id for r in REQUIREMENTS))


def _table(requirements: Sequence[Requirement], coverage: Coverage | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for name in ("id", "side", "level", "profile"):
        table.add_column(name, no_wrap=True)
    table.add_column("what must hold", ratio=1)
    for requirement in requirements:
        table.add_row(
            requirement.id,
            requirement.role.value,
            requirement.level.value,
            requirement.profile.value,
            "\n".join(_about(requirement, coverage)),
        )
    Console(highlight=False, markup=False).print(table)


def _about(requirement: Requirement, coverage: Coverage | None) -> Sequence[str]:
    if coverage is None:
        return [requirement.title]
    scenarios = coverage.get(requirement.id) or ["(no scenario)"]
    return [requirement.title, *(f"  {name}" for name in scenarios)]
