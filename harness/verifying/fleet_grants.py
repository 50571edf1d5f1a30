"""What the cells were granted, looked at again."""

from __future__ import annotations

from harness.history.fleet_lines import GrantsLine
from harness.history.parts import GRANTS, PartRecord
from harness.history.scan import RawLine
from harness.verifying.differences import Found, Kind


class GrantsAgain:
    """The part of the grants: in each window they come to what the central plane has.

    Which windows have a line cannot be told from the operations; `pairproof replay` tells.
    """

    def __init__(self, cells: int, capacity: int, found: Found) -> None:
        self._cells = cells
        self._capacity = capacity
        self._found = found
        self._window = -1

    def take(self, raw: RawLine[PartRecord]) -> None:
        """Take one line."""
        line, number = raw.line, raw.number
        if not isinstance(line, GrantsLine):
            message = "no run writes lines of this type among grants"
            self._differs(Kind.UNKNOWN_LINE, message, number)
            return
        if line.window <= self._window:
            message = f"window {line.window} stands after window {self._window}"
            self._differs(Kind.OUT_OF_ORDER, message, number)
        self._window = max(line.window, self._window)
        if len(line.grants) != self._cells:
            message = f"window {line.window} has grants for {len(line.grants)} cells, and there"
            self._differs(Kind.GRANTS_DIFFER, f"{message} are {self._cells}", number)
        elif sum(line.grants) != self._capacity or min(line.grants) < 0:
            message = (
                f"the grants of window {line.window} come to {sum(line.grants)} µs, and the"
                f" central plane has {self._capacity} µs in each"
            )
            self._differs(Kind.GRANTS_DIFFER, message, number)

    def end(self, complete: bool) -> None:
        """There is nothing to be judged at the end."""

    def _differs(self, kind: Kind, message: str, number: int) -> None:
        self._found.add(kind, message, number, part=GRANTS)
