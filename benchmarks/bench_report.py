"""How large the page of a run is, and how long it takes to make and to open: of a run that passes,
and of many failures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from time import perf_counter, process_time

import msgspec
import pytest

from benchmarks.figure import Figure
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.history.reader import Evidence, read_evidence
from harness.reporting.html import report_html
from harness.reporting.model import build_report
from harness.running.session import alone, suite_words
from harness.targets.browser.chromium import executable

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
    start = perf_counter(), process_time()
    page = report_html(build_report(evidence, REQUIREMENTS))
    took_s, processor_s = perf_counter() - start[0], process_time() - start[1]
    yield Figure(f"{name}, size", len(page.encode()) / 1e6, "MB", goal_max=size_mb)
    yield Figure(f"{name}, made in", took_s, "s", goal_max=time_s)
    yield Figure(f"{name}, made in, processor", processor_s, "s")
    yield from _opened(name, page)


def _opened(name: str, page: str) -> Iterator[Figure]:
    """How long Chromium takes until it has painted, and until a search has found something."""
    chromium = executable()
    if chromium is None:
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        file.write_text(page, "utf-8")
        browser = playwright.chromium.launch(executable_path=chromium)
        tab = browser.new_page()
        session = tab.context.new_cdp_session(tab)
        session.send("Performance.enable")

        def processor_s() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(float(m["value"]) for m in metrics if m["name"] == "ProcessTime")

        tab.goto("about:blank")
        before_s, start = processor_s(), perf_counter()
        tab.goto(file.as_uri(), wait_until="domcontentloaded")
        loaded_s = perf_counter() - start
        tab.get_by_role("searchbox").fill("request")
        tab.wait_for_function(
            "!/^(\\d+) of \\1 /.test(document.querySelector('#shown').textContent)"
        )
        took_s, used_s = perf_counter() - start, processor_s() - before_s
        painted = tab.evaluate("performance.getEntriesByName('first-paint')[0]?.startTime ?? 0")
        browser.close()
    yield Figure(f"{name}, first paint", painted / 1000, "s", goal_max=1)
    yield Figure(f"{name}, loaded", loaded_s, "s")
    yield Figure(f"{name}, usable: searched", took_s, "s", goal_max=3)
    yield Figure(f"{name}, usable, processor", used_s, "s")
