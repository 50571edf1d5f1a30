"""Processes that try several mutants at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


@contextmanager
def children(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of forks; on an error or Ctrl-C, what has not begun is left undone."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("fork"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
