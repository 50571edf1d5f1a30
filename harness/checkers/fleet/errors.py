"""What can be wrong with what a run is asked to hold.

PairproofError
+-- GateError    an expression of a gate, or a situation to reach, means nothing
+-- MergeError   measures that do not fit together
+-- TermsError   what should be a scenario is none
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.domain.errors import PairproofError


class GateError(PairproofError):
    """An expression that means nothing.

    `expression` is the text as it came, `why` says what is wrong with it, `near` are the known
    names that resemble most what it names.
    """

    def __init__(self, expression: str, why: str, near: tuple[str, ...] = ()) -> None:
        self.expression = expression
        self.why = why
        self.near = near
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"gate {expression!r}: {why}{hint}")


class MergeError(PairproofError):
    """Parts of a run that were not measured alike."""


class TermsError(PairproofError):
    """What should say how a run is to be judged is no scenario."""


def nearest(given: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known names that resemble a name most, at most three."""
    # Imported here: an error is rare, and the command has to start fast.
    from difflib import get_close_matches

    return tuple(get_close_matches(given, list(known), n=3, cutoff=0.6))
