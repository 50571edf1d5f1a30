"""Chance for the fleet: streams of integers by counter, each actor's its own.

What a stream gives depends on the seed, its name and how much was drawn from it before; on
nothing else. So adding a host leaves the draws of all others alone, and no draw differs between
machines: there is no floating point in any of it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from harness.fleet.scenario import Distribution, Spread

PPM: Final = 1_000_000
_STEPS: Final = 1024
_WORDS: Final = 8
_LONG_TAILED: Final = Distribution.EXPONENTIAL
"""A name of the module: to look a member up in its enum takes as long as half a draw."""


def _exponential_steps() -> tuple[int, ...]:
    """-ln(1 - u) for u in the middle of each of `_STEPS` equal steps, in 1/65536, by integers.

    ln(n / d) = 2 (z + z^3/3 + z^5/5 + ...) with z = (n - d) / (n + d), in 64 binary places. The
    last step ends at about 7.6 means.
    """
    one = 1 << 64
    steps = []
    for index in range(_STEPS):
        numerator, denominator = 2 * _STEPS, 2 * _STEPS - (2 * index + 1)
        z = one * (numerator - denominator) // (numerator + denominator)
        square = z * z // one
        term, total, k = z, 0, 1
        while term:
            total += term // k
            term, k = term * square // one, k + 2
        steps.append((2 * total) >> 48)
    return tuple(steps)


_EXPONENTIAL: Final = _exponential_steps()


class Stream:
    """Draws of one actor. Eight words are hashed at a time; a stream not in use is 100 bytes."""

    __slots__ = ("_block", "_key", "_left", "_words")

    def __init__(self, seed: object, name: str) -> None:
        self._key = f"{seed}:{name}:".encode()
        self._block = 0
        self._left = 0
        self._words = 0

    def word(self) -> int:
        """The next 64 bits."""
        if not self._left:
            digest = blake2b(b"%b%d" % (self._key, self._block)).digest()
            self._words = int.from_bytes(digest, "big")
            self._block += 1
            self._left = _WORDS
        self._left -= 1
        word = self._words & 0xFFFFFFFFFFFFFFFF
        self._words >>= 64
        return word

    def below(self, bound: int) -> int:
        """An integer from 0 to `bound - 1`, each alike."""
        return self.word() * bound >> 64

    def chance(self, ppm: int) -> bool:
        """True in so many of a million. Draws nothing where it is sure."""
        return ppm > 0 and (ppm >= PPM or self.word() * PPM >> 64 < ppm)

    def spread(self, spread: Spread) -> int:
        """A duration, in microseconds."""
        low = spread.low
        if spread.shape is _LONG_TAILED:
            return spread.high * _EXPONENTIAL[self.word() >> 54] >> 16
        span = spread.high - low
        return low + (self.word() * (span + 1) >> 64) if span else low

    def bits128(self, kind: str) -> int:
        return self.word() << 64 | self.word()
