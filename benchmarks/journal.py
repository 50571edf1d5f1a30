"""A line for each request, kept in batches, so that recording costs the load little.

The file is JSON Lines: the first line names the columns, each other one is a request. It holds
numbers and names of operations, never what was sent.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias

import msgspec

from benchmarks.histogram import Histogram

COLUMNS: Final = ("operation", "intended_ns", "sent_ns", "end_ns", "status", "body_bytes")
SCHEMA: Final = "pairproof/load/1"

_BATCH: Final = 4_096

Row: TypeAlias = tuple[int | str, int, int, int, int, int]


class Journal:
    """Records requests, in a file or only as counts.

    A request counts with its latency from the intended start. One that brought no whole answer
    has the status 0, and counts in `in_vain` with how long it took to find out.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open the file, if there is to be one.

        Raises:
            OSError: it cannot be written.
        """
        self._rows: list[Row] = []
        self._encoder = msgspec.json.Encoder()
        self._file = None if path is None else path.open("wb")
        self._latency, self._in_vain = Histogram(), Histogram()
        self._written = 0
        if self._file is not None:
            header = {"schema": SCHEMA, "columns": COLUMNS}
            self._file.write(self._encoder.encode_lines([header]))

    def add(
        self,
        operation: int | str,
        intended_ns: int,
        sent_ns: int,
        end_ns: int,
        status: int,
        body_bytes: int,
    ) -> None:
        """Record one request; the status is 0 where no whole answer came."""
        self._rows.append((operation, intended_ns, sent_ns, end_ns, status, body_bytes))
        if len(self._rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Count and write what was recorded since the last time."""
        rows, self._rows = self._rows, []
        self._latency.record_all([max(row[3] - row[1], 0) for row in rows if row[4]])
        self._in_vain.record_all([max(row[3] - row[1], 0) for row in rows if not row[4]])
        self._written += len(rows)
        if self._file is not None and rows:
            self._file.write(self._encoder.encode_lines(rows))

    @property
    def latency(self) -> Histogram:
        """Nanoseconds from the intended start to the last byte, of those with an answer."""
        self.flush()
        return self._latency

    @property
    def in_vain(self) -> Histogram:
        """Nanoseconds from the intended start of those without an answer until that was known."""
        self.flush()
        return self._in_vain

    @property
    def lines(self) -> int:
        """How many requests were recorded."""
        return self._written + len(self._rows)

    def close(self) -> None:
        """Write the rest, and close the file."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
