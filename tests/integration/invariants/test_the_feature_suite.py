"""The feature suite on the reference, judged by every invariant: none has anything to blame."""

from __future__ import annotations

import pytest

from harness.checkers.invariants.stream import violations_of
from harness.history.operation import History
from harness.history.reader import Evidence, read_evidence
from tests.whole_run import whole_run


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What the whole suite records in process."""
    return read_evidence(whole_run(tmp_path_factory) / "evidence.jsonl")


def test_no_scenario_is_blamed(evidence: Evidence) -> None:
    assert len(evidence.histories) > 100
    found = {name: violations_of(history) for name, history in evidence.histories.items()}
    assert {name: violations for name, violations in found.items() if violations} == {}


def test_nor_is_the_whole_run_as_one_stream(evidence: Evidence) -> None:
    everything = [o for history in evidence.histories.values() for o in history.operations]
    stream = History(tuple(sorted(everything, key=lambda operation: operation.start)))
    assert violations_of(stream) == ()
