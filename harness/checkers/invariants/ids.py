"""A set of ids that is only ever added to, in a few bytes for each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b

_TAIL_MAX = 4096


class IdSet:
    """Remembers a digest of each id, in sorted runs that double in size.

    With digests of eight bytes, two different ids out of ten million share theirs with a chance
    of one in 370,000.
    """

    def __init__(self, width: int = 8) -> None:
        self._width = width
        self._tail: set[bytes] = set()
        self._runs: list[bytes] = []

    def add(self, uid: str) -> None:
        """Remember an id."""
        self._tail.add(digest_of(uid, self._width))
        if len(self._tail) >= _TAIL_MAX:
            self._runs.append(b"".join(sorted(self._tail)))
            self._tail.clear()
            while len(self._runs) > 1 and len(self._runs[-2]) <= len(self._runs[-1]):
                last, before = self._runs.pop(), self._runs.pop()
                both = sorted([*digests(before, self._width), *digests(last, self._width)])
                self._runs.append(b"".join(both))

    def __contains__(self, uid: str) -> bool:
        digest = digest_of(uid, self._width)
        return digest in self._tail or any(self._holds(run, digest) for run in self._runs)

    def __len__(self) -> int:
        return len(self._tail) + self.size // self._width

    @property
    def size(self) -> int:
        """The bytes that the sorted runs take."""
        return sum(map(len, self._runs))

    def packed(self) -> bytes:
        """All digests, each once, in order."""
        every = self._tail.union(*(digests(run, self._width) for run in self._runs))
        return b"".join(sorted(every))

    def _holds(self, run: bytes, digest: bytes) -> bool:
        width = self._width

        def at(place: int) -> bytes:
            return run[place * width : (place + 1) * width]

        return at(bisect_left(range(len(run) // width), digest, key=at)) == digest


def digest_of(uid: str, width: int) -> bytes:
    """The digest of an id, in so many bytes."""
    return blake2b(uid.encode(), digest_size=width).digest()


def digests(packed: bytes, width: int) -> Iterator[bytes]:
    """The digests of this width that lie one after the other."""
    return (packed[at : at + width] for at in range(0, len(packed), width))
