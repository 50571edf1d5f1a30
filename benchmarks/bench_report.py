"""How large the page of a run is, and how long it takes: one that passes, and many failures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from time import perf_counter

import msgspec
import pytest

from benchmarks.figure import Figure
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.history.reader import Evidence, read_evidence
from harness.reporting.html import report_html
from harness.reporting.model import build_report
from harness.running.session import alone, suite_words

FAILURES = 200
"""As many as a report tells."""


def figures() -> Iterator[Figure]:
    """The whole suite in process; the failures are scenarios of that run, judged otherwise."""
    with tempfile.TemporaryDirectory() as folder, alone(), redirect_stdout(StringIO()):
        pytest.main(suite_words({"driver": "inprocess", "seed": "1", "out": folder}))
        evidence = read_evidence(Path(folder) / "evidence.jsonl")
    yield from _page("report.html that passes", evidence, size_mb=1, time_s=3)
    yield from _page(f"{FAILURES} failures, one cause", failing(evidence, 1), size_mb=3, time_s=10)
    many = failing(evidence, FAILURES)
    yield from _page(f"{FAILURES} failures, each its own", many, size_mb=3, time_s=10)


def failing(evidence: Evidence, causes: int) -> Evidence:
    """The run with so many of its scenarios failed, for so many different reasons."""
    found, words = [], "abcdefghijklmnopqrst"
    ids = [s.id for s in evidence.scenarios if evidence.histories[s.id].operations][:FAILURES]
    numbers = {id_: n % causes for n, id_ in enumerate(ids)}
    for line in evidence.verdicts:
        if line.scenario in numbers:
            a, b = divmod(numbers[line.scenario], len(words))
            on = [evidence.histories[line.scenario].operations[-1].id]
            why = f"it fails for reason {words[a]}-{words[b]}"
            line = msgspec.structs.replace(
                line, verdict=Verdict.FAIL, reason=why, operations=on
            )  # fmt: skip
        found.append(line)
    return replace(evidence, verdicts=tuple(found))


def _page(name: str, evidence: Evidence, size_mb: float, time_s: float) -> Iterator[Figure]:
    start = perf_counter()
    page = report_html(build_report(evidence, REQUIREMENTS))
    took_s = perf_counter() - start
    yield Figure(f"{name}, size", len(page.encode()) / 1e6, "MB", goal_max=size_mb)
    yield Figure(f"{name}, made in", took_s, "s", goal_max=time_s)
