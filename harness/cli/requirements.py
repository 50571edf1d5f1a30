"""`pairproof requirements`: the catalogue, and what each scenario needs of a target.

What it needs is found out by a run.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalogue.document import Coverage, to_json, to_markdown
from harness.catalogue.requirement import Level, Requirement
from harness.catalogue.requirements import REQUIREMENTS
from harness.cli.commands.runs import CatalogueOptions
from harness.cli.exits import CONFORMS, INCONCLUSIVE, CannotDo, put, put_list
from harness.gherkin import coverage as coverage_of
from harness.running.selection import Selection
from harness.suite import import_steps, suite_dir

if TYPE_CHECKING:
    from harness.history.reader import Evidence


def list_requirements(asked: CatalogueOptions) -> int:
    """Print the requirements in the order of the document.

    Raises:
        UnknownName: there is no such role or profile.
        FeatureUnreadable: a feature of the suite is broken.
    """
    selection = Selection.of(profiles=asked.profile, role=asked.role)
    chosen = [r for r in REQUIREMENTS if selection.asks_for((r.id,), [r])]
    match asked.format:
        case "json":
            put(to_json(chosen, _coverage()).rstrip("\n"))
        case "markdown":
            put(to_markdown(chosen, _coverage() if asked.coverage else None).rstrip("\n"))
        case _:
            coverage = _coverage(as_ids=True) if asked.coverage else None
            heads = ("id", "side", "level", "profile", "what must hold")
            put_list(heads, (_cells(requirement, coverage) for requirement in chosen))
    return 0


def write_features(out: Path, strength: int) -> int:
    """Write the features with the rows of their tables drawn anew, at this strength at least.

    Raises:
        TableError: what draws them is not installed.
        CannotDo: they cannot be written there.
    """
    from harness.tables.covering import write_tables
    from harness.tables.declared import TABLES

    try:
        write_tables(TABLES, suite_dir("features"), out, strength)
    except OSError as error:
        raise CannotDo(
            f"--tables {out}: {error.strerror}; name a folder that can be written"
        ) from None
    return CONFORMS


def _coverage(*, as_ids: bool = False) -> Coverage:
    features = suite_dir("features").glob("**/*.feature")
    return coverage_of(features, (r.id for r in REQUIREMENTS), as_ids=as_ids)


def list_steps() -> int:
    """Print the phrases that a feature can use, with what each may stand after."""
    from pytest_bdd.steps import step_function_context_registry

    import_steps()
    found = {
        (each.type or "", each.parser.name) for each in step_function_context_registry.values()
    }
    for kind, phrase in sorted(found, key=lambda each: ("given when then".find(each[0]), each[1])):
        put(f"{(kind or 'any').capitalize():<6} {phrase}")
    return CONFORMS


def _cells(requirement: Requirement, coverage: Coverage | None) -> tuple[str, ...]:
    about = [requirement.title]
    if coverage is not None:
        about += [f"  {name}" for name in coverage.get(requirement.id) or ["(no scenario)"]]
    role, level, profile = requirement.role, requirement.level, requirement.profile
    return requirement.id, role.value, level.value, profile.value, "\n".join(about)


STEPS_IN_CALLS = "variant:an_acceptance_takes_its_steps_in_calls"
"""What is planted for a reference that claims `server-steps`."""

_WITH_STEPS = {
    "planted": STEPS_IN_CALLS,
    "requirement": "ACC-4,ACC-6,ACC-11,ACC-17,ACC-18,ACC-20,PRE-8",
}
"""A run of what the reference as it is does not claim."""
_REPLACED = (
    ("MatchProfiles", "PatchNamedCluster", "ChangeCentralCluster"),
    ("ScaleMachinePool", "UpdateToken"),
    ("ListPairingRequests",),
)
"""In place of these, a scenario that can asks something else, or nothing; a run without each."""


def needs_found() -> str:
    """The table of needs as a run of the suite finds it.

    Raises:
        CannotDo: the run did not come to its end.
    """
    # Imported here: the catalogue is listed without all that a run needs.
    from harness.catalogue.needs import needs_text
    from harness.context.installing import needs_of_run
    from harness.domain.operations import RARELY_OFFERED
    from harness.targets.port import NotOffered

    plain = _run()
    needs = {**needs_of_run(_run(**_WITH_STEPS).histories), **needs_of_run(plain.histories)}
    missing = {str(NotOffered(kind, why)): kind.__name__ for kind, why in RARELY_OFFERED.items()}
    missing |= {str(NotOffered(name)): name for names in _REPLACED for name in names}
    without = [_run(planted=f"without:{'+'.join(names)}") for names in _REPLACED]
    asked = {s: set(n.operations).difference(*_REPLACED) for s, n in needs.items()}
    for verdict in (v for run in (plain, *without) for v in run.verdicts):
        if verdict.reason in missing:
            asked[verdict.scenario].add(missing[verdict.reason])
    return needs_text({s: replace(n, operations=tuple(sorted(asked[s]))) for s, n in needs.items()})


def choices_found() -> str:
    """What the reference does where the procedure is silent, as a run of those scenarios finds it.

    Raises:
        CannotDo: the run did not come to its end.
    """
    from harness.catalogue.lawful import without_details
    from harness.reporting.model import build_report

    silent = [r for r in REQUIREMENTS if r.level is Level.UNSPECIFIED]
    report = build_report(_run(requirement=",".join(r.id for r in silent)), silent)
    found: dict[str, dict[str, str]] = {}
    for seen in report.observations:
        found.setdefault(seen.requirement, {})[seen.situation] = without_details(seen.observed)
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _run(**options: str) -> Evidence:
    """The evidence of a run against the embedded reference.

    Raises:
        CannotDo: the run did not come to its end.
    """
    import pytest

    from harness.history.reader import read_evidence
    from harness.running.session import alone, suite_words

    with tempfile.TemporaryDirectory(prefix="pairproof-needs-") as folder, alone():
        pytest.main(suite_words({"driver": "inprocess", "seed": "1", "out": folder, **options}))
        evidence = read_evidence(Path(folder) / "evidence.jsonl")
    if not evidence.complete:
        raise CannotDo(
            "the run against the embedded reference did not come to its end", INCONCLUSIVE
        )
    return evidence
