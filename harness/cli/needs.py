"""`pairproof requirements --needs`: what each scenario needs of a target, found out by a run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from harness.catalogue.needs import needs_text
from harness.cli.exits import INCONCLUSIVE, CannotDo, put
from harness.history.reader import read_evidence
from harness.running.session import alone, suite_words
from harness.scenes.installing import needs_of_run


def print_needs() -> int:
    """Run the suite against the embedded reference and print the table of needs.

    Raises:
        CannotDo: the run did not come to its end.
    """
    put(needs_found().rstrip("\n"))
    return 0


def needs_found(driver: str = "inprocess") -> str:
    """The table of needs as a run of the suite finds it.

    Raises:
        CannotDo: the run did not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="pairproof-needs-") as folder, alone():
        words = suite_words({"driver": driver, "seed": "1", "out": folder})
        pytest.main(words)
        evidence = read_evidence(Path(folder) / "evidence.jsonl")
        if not evidence.complete:
            told = "the run against the embedded reference did not come to its end"
            raise CannotDo(told, INCONCLUSIVE)
        return needs_text(needs_of_run(evidence.histories))
