"""A set of ids that is only ever added to, in eight bytes for each."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from hashlib import blake2b

_TAIL_MAX = 4096


class IdSet:
    """Remembers the first 64 bits of each id's digest, in sorted runs that double in size.

    Two different ids out of ten million share those with a chance of one in 370,000.
    """

    def __init__(self) -> None:
        self._tail: set[int] = set()
        self._runs: list[memoryview] = []

    def add(self, uid: str) -> None:
        """Remember an id."""
        self._tail.add(_digest(uid))
        if len(self._tail) >= _TAIL_MAX:
            self._runs.append(_packed(sorted(self._tail)))
            self._tail.clear()
            while len(self._runs) > 1 and len(self._runs[-2]) <= len(self._runs[-1]):
                last, before = self._runs.pop(), self._runs.pop()
                self._runs.append(_packed(sorted([*before, *last])))

    def __contains__(self, uid: str) -> bool:
        digest = _digest(uid)
        return digest in self._tail or any(_holds(run, digest) for run in self._runs)

    def __len__(self) -> int:
        return len(self._tail) + sum(map(len, self._runs))

    @property
    def size(self) -> int:
        """The bytes that the sorted runs take."""
        return sum(run.nbytes for run in self._runs)


@lru_cache(maxsize=4096)
def _digest(uid: str) -> int:
    return int.from_bytes(blake2b(uid.encode(), digest_size=8).digest(), "big")


def _packed(digests: list[int]) -> memoryview:
    return memoryview(b"".join(d.to_bytes(8, "little") for d in digests)).cast("Q")


def _holds(run: memoryview, digest: int) -> bool:
    at = bisect_left(run, digest)
    return at < len(run) and run[at] == digest
