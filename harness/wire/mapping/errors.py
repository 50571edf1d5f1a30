"""What can be wrong with a mapping.

PairproofError
+-- MappingError   a mapping contradicts itself, or names what is not there
"""

from __future__ import annotations

from harness.domain.errors import PairproofError


class MappingError(PairproofError):
    """A mapping cannot be used.

    Attributes:
        place: the way to the key at fault, as in a target file: `("paths", "LogIn", "request")`.
        found: what stands there.
        allowed: what may stand there.
        remedy: what to do.
    """

    def __init__(self, place: tuple[str, ...], found: str, allowed: str, remedy: str) -> None:
        self.place = place
        self.found = found
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(f"{'.'.join(place)}: {found}; allowed: {allowed}; {remedy}")
