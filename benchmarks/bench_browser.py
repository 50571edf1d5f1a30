"""What a browser costs: the requirements of pages with the procedure, and the whole suite."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.figure import Figure
from harness.catalogue.requirement import Feature
from harness.catalogue.requirements import REQUIREMENTS
from harness.gherkin import read_feature, scenario_id
from harness.history.reader import Evidence, read_evidence
from harness.suite import suite_dir


def figures() -> Iterator[Figure]:
    """The pages alone, and then all that goes by them."""
    of_pages = [word for each in _of_pages() for word in ("--scenario", each)]
    yield from _run("pages and procedure", 60.0, "--workers", "2", *of_pages)
    yield from _run("the whole suite", 180.0, "--driver", "browser")


def _of_pages() -> list[str]:
    """The scenarios of the requirements that need pages, and those of the procedure."""
    of_pages = {each.id for each in REQUIREMENTS if Feature.PAGES in each.features}
    return [
        scenario_id(path.stem, scenario, example)
        for path in sorted(suite_dir("features").glob("*.feature"))
        for scenario in read_feature(path).scenarios
        for example in scenario.examples or (None,)
        if path.stem == "procedure" or of_pages.intersection(scenario.tags)
    ]


def _run(what: str, goal_s: float, *words: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "harness.cli", "certify", "--out", out, *words]
        start, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        seconds, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        evidence = read_evidence(Path(out))
    yield Figure(f"{what}, in a browser", seconds, "s", goal_max=goal_s)
    spent = sum(after[:2]) - sum(before[:2])
    yield Figure("processor time, the browser's own aside", spent, "s")
    yield Figure("operations done on a page", _on_pages(evidence), "")


def _on_pages(evidence: Evidence) -> int:
    operations = (o for h in evidence.histories.values() for o in h.operations)
    return sum((o.request or {}).get("by") == "browser" for o in operations)
