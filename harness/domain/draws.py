"""Draws by counter: chance as an argument, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol


class Draws(Protocol):
    """A source of chance that a caller hands in."""

    def bits128(self, kind: str) -> int:
        """The next 128 random bits of the stream named `kind`."""


@dataclass(slots=True)
class CounterDraws:
    """Draws that depend on the seed and on how many were taken before, on nothing else.

    The stream's name and the counter are hashed, so that no draw depends on the order in
    which other streams are used, nor on the platform's random generator.
    """

    seed: str
    taken: int = 0

    def bits128(self, kind: str) -> int:
        self.taken += 1
        return derived_bits(self.seed, kind, self.taken)


def derived_bits(seed: object, kind: str, index: int) -> int:
    """128 bits that are a pure function of the three arguments."""
    digest = blake2b(f"{seed}:{kind}:{index}".encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def derived_id(seed: object, kind: str, index: int) -> str:
    """An identifier of 24 hexadecimal digits, in the style of the published API's uids."""
    return f"{derived_bits(seed, kind, index) >> 32:024x}"
