"""`pairproof requirements`: the catalogue, and what each scenario needs of a target.

What it needs is found out by a run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness.catalogue.document import Coverage, to_json, to_markdown
from harness.catalogue.requirement import Requirement
from harness.catalogue.requirements import REQUIREMENTS
from harness.cli.exits import INCONCLUSIVE, CannotDo, put, put_list
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
            coverage = _coverage() if with_coverage else None
            heads = ("id", "side", "level", "profile", "what must hold")
            put_list(heads, (_cells(requirement, coverage) for requirement in chosen))
    return 0


def _coverage() -> Coverage:
    return coverage_of(suite_dir("features").glob("**/*.feature"), (r.id for r in REQUIREMENTS))


def _cells(requirement: Requirement, coverage: Coverage | None) -> tuple[str, ...]:
    about = [requirement.title]
    if coverage is not None:
        about += [f"  {name}" for name in coverage.get(requirement.id) or ["(no scenario)"]]
    role, level, profile = requirement.role, requirement.level, requirement.profile
    return requirement.id, role.value, level.value, profile.value, "\n".join(about)


def print_needs() -> int:
    """Run the suite against the embedded reference and print the table of needs.

    Raises:
        CannotDo: the run did not come to its end.
    """
    put(needs_found().rstrip("\n"))
    return 0


STEPS_IN_CALLS = "variant:an_acceptance_takes_its_steps_in_calls"
"""What is planted for a reference that claims `server-steps`."""

_WITH_STEPS = {
    "planted": STEPS_IN_CALLS,
    "requirement": "ACC-4,ACC-11,ACC-17,ACC-18",
}
"""A run of what the reference as it is does not claim."""


def needs_found(driver: str = "inprocess") -> str:
    """The table of needs as a run of the suite finds it.

    Raises:
        CannotDo: the run did not come to its end.
    """
    # Imported here: the catalogue is listed without all that a run needs.
    import pytest

    from harness.catalogue.needs import Need, needs_text
    from harness.context.installing import needs_of_run
    from harness.history.reader import read_evidence
    from harness.running.session import alone, suite_words

    needs: dict[str, Need] = {}
    for options in ({}, _WITH_STEPS):
        with tempfile.TemporaryDirectory(prefix="pairproof-needs-") as folder, alone():
            pytest.main(suite_words({"driver": driver, "seed": "1", "out": folder, **options}))
            evidence = read_evidence(Path(folder) / "evidence.jsonl")
            if not evidence.complete:
                raise CannotDo(
                    "the run against the embedded reference did not come to its end", INCONCLUSIVE
                )
            needs = {**needs_of_run(evidence.histories), **needs}
    return needs_text(needs)
