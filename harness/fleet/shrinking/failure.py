"""What it is to fail the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from harness.history.fleet_lines import ViolationLine

_SUBJECT: Final = re.compile(r"request \S+: ")
_CIRCUMSTANCES: Final = re.compile(
    r"(: | \(|, although |, and nothing that happened before ).*", re.S
)
"""What a reason adds as evidence: with fewer clusters it is other evidence for the same."""
_ANY: Final = "…"
_SEVERAL: Final = re.compile(r"…(,? and …|, …)+")


@dataclass(frozen=True, slots=True)
class Failure:
    """An invariant that does not hold, and the kind of reason why not.

    `how` is the reason without what is particular to one run: ids, numbers, times, addresses.
    """

    invariant: str
    how: str

    @classmethod
    def of(cls, violation: ViolationLine) -> Failure:
        """How this one fails."""
        reason = _CIRCUMSTANCES.sub("", _SUBJECT.sub("", violation.reason, count=1))
        words = (_ANY if _is_particular(word) else word for word in reason.split())
        return cls(violation.invariant, _SEVERAL.sub(_ANY, " ".join(words)))

    def among(self, violations: Iterable[ViolationLine]) -> ViolationLine | None:
        """The first of the violations that is one of this kind."""
        return next((v for v in violations if Failure.of(v) == self), None)


def _is_particular(word: str) -> bool:
    return "@" in word or any(character.isdigit() for character in word)
