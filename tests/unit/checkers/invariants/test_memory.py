"""What has settled is let go of, and of ids a few bytes stay."""

from __future__ import annotations

import pytest

from harness.checkers.invariants.ids_are_never_reused import IdSet
from harness.checkers.invariants.known import ObservedWorld
from harness.checkers.invariants.stream import Watch, replayed
from tests.unit.checkers.invariants.handwritten import HistoryBuilder

IDS = 50_000


def test_ids_are_remembered_in_sixteen_bytes_each_at_most() -> None:
    ids = IdSet()
    for number in range(IDS):
        ids.add(f"id-{number}")
    assert all(f"id-{number}" in ids for number in range(0, IDS, 7))
    assert not any(f"id-{number}" in ids for number in range(IDS, IDS + 5_000))
    assert len(ids) == IDS
    assert 0 < ids.size <= 16 * IDS


def most_held() -> tuple[int, Watch]:
    """The most requests that were held at a time, of 200 that came one after the other."""
    history = HistoryBuilder().set_up()
    for number in range(200):
        history.send(f"R{number}")
        if number % 2:
            history.cancel()
        else:
            history.reject(f"R{number}")
            history.local_shows("Rejected", f"R{number}")
        history.later(5)
    watch, most = Watch(), 0
    for is_over, operation in replayed(history.history()):
        if is_over:
            assert watch.ended(operation) == ()
        else:
            watch.invoked(operation)
        most = max(most, len(watch.known.requests))
    return most, watch


def test_of_requests_that_were_decided_long_ago_nothing_is_held() -> None:
    most, watch = most_held()
    assert 5 < most < 20  # a minute holds a dozen of them
    slot = next(iter(watch.known.slots.values()))
    assert (len(watch.known.slots), len(watch.known.under_way)) == (1, 0)
    assert (len(slot.requests) < 20, len(slot.open)) == (True, 0)


def test_that_they_are_let_go_of_is_what_keeps_them_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above notices when nothing is let go of."""
    monkeypatch.setattr(ObservedWorld, "let_go_of_settled", lambda known, now: None)
    assert most_held()[0] == 200
