"""Every request has its line, and counts from when it was to start."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from benchmarks.journal import COLUMNS, SCHEMA, Journal


def test_every_request_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    rows = [(f"op-{i}", i, i + 1, i + 2, 200, 7) for i in range(10_001)]
    with Journal(path) as journal:
        for row in rows:
            journal.add(*row)
        assert journal.lines == len(rows)
    header, *lines = msgspec.json.decode(b"[" + b",".join(path.read_bytes().splitlines()) + b"]")
    assert header == {"schema": SCHEMA, "columns": list(COLUMNS)}
    assert [tuple(line) for line in lines] == rows


def test_a_server_that_freezes_shows_in_the_latencies_of_all_that_waited() -> None:
    """Ten a second; for six seconds nothing is answered, and then all at once."""
    journal = Journal()
    for i in range(1_000):
        intended = i * 100_000_000
        frozen = 20_000_000_000 <= intended < 26_000_000_000
        end = 26_000_000_000 if frozen else intended + 1_000_000
        journal.add(i, intended, end - 1, end, 200, 1)
    assert journal.latency.percentile(50) == pytest.approx(1_000_000, rel=0.01)
    assert journal.latency.percentile(99) == pytest.approx(5_000_000_000, rel=0.03)
    assert journal.latency.percentile(100) == pytest.approx(6_000_000_000, rel=0.01)


def test_requests_without_an_answer_are_counted_apart() -> None:
    journal = Journal()
    journal.add(1, 100, 110, 150, 503, 0)
    journal.add(2, 100, 0, 900, 0, 0)
    assert (journal.latency.count, journal.latency.percentile(100)) == (1, 50)
    assert (journal.in_vain.count, journal.in_vain.percentile(100)) == (1, 800)


def test_it_may_be_closed_twice(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.close()
    journal.close()
    with pytest.raises(OSError, match="No such file"):
        Journal(tmp_path / "none" / "j")
