"""A way to arrange preconditions, and how one says that it is none.

CannotArrange               nobody can, or this way cannot; the next way may
+-- ArrangingFailed         it was tried and went wrong, so that no other way is tried
"""

from __future__ import annotations

from typing import Protocol

from harness.domain.arrangements import Arrangement
from harness.targets.port import CannotArrange


class ArrangingFailed(CannotArrange):
    """It was tried, and may have had an effect: another way would perhaps do it twice."""


class Arranger(Protocol):
    """One way to arrange preconditions on a target.

    Attributes:
        name: what `[arrange] ways` of a target file calls it.
    """

    @property
    def name(self) -> str:
        """What `[arrange] ways` calls it."""
        ...

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why this way can arrange none of this kind, and what it would take; empty if it can.

        Nothing is asked of the target for it.
        """
        ...

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it; returns it as it came to be, since a target may choose uids and values.

        Raises:
            CannotArrange: this way cannot; nothing was changed.
            ArrangingFailed: it was tried and went wrong.
        """
        ...
