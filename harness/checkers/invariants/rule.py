"""The base of the invariants that share what is known."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checkers.invariants.base import Handler, Hear, Violation
from harness.checkers.invariants.known import Known

NOTHING: tuple[Violation, ...] = ()


class Rule:
    """An invariant with a handler for each kind of operation that it wants.

    `on_invoked` are shown operations that are about to be sent, `on` those that have their
    outcome. Each answer that a wait saw is shown as an operation of the kind that the wait
    asked, with the wait's id; a handler of `await_state` or `stays` is shown the wait itself as
    well, after its answers. `undecided` says why something could not be judged.
    """

    id = ""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.undecided = ""
        self.on_invoked: dict[str, Hear] = {}
        self.on: dict[str, Handler] = {}
        self._blamed: set[str] = set()

    def end(self, at: int) -> Iterable[Violation]:
        """Nothing more comes, and everything has had its time to settle."""
        return NOTHING

    def blame(self, about: str, reason: str, *operations: str) -> tuple[Violation, ...]:
        """Something is wrong with a request or a cluster; said once for each."""
        if about in self._blamed:
            return NOTHING
        self._blamed.add(about)
        return (Violation(self.id, reason, tuple(dict.fromkeys(filter(None, operations)))),)
