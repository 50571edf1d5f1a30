"""When something was wrong: windows of faults, as a picture shades them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from harness.checkers.invariants.entities import text
from harness.history.fleet_lines import FaultWindow
from harness.history.operation import OperationRecord

KINDS: Final = ("link", "central", "message", "loss", "slow", "clock", "health", "reboot")
"""What a window may be of, in the order in which windows that start together stand."""


SHARED: Final = ("central", "clock")
"""What strikes the whole fleet at once: every part of a run tells of the same ones."""


def joined(windows: Iterable[FaultWindow], gap: int) -> list[FaultWindow]:
    """Windows of the same kind in one, where no more than `gap` lies between them.

    In order of start. Joining parts that were joined before gives the same as joining all at
    once, and there are never more of a kind than the run has gaps.
    """
    found: dict[str, list[FaultWindow]] = {kind: [] for kind in KINDS}
    for window in sorted(windows, key=lambda w: (w.start, w.end)):
        of_kind = found.setdefault(window.what, [])
        if of_kind and window.start - of_kind[-1].end <= gap:
            last = of_kind.pop()
            end, count = max(last.end, window.end), last.count + window.count
            window = FaultWindow(window.what, last.start, end, count)
        of_kind.append(window)
    every = [window for of_kind in found.values() for window in of_kind]
    return sorted(every, key=lambda w: w.start)


class Faults:
    """Watches for the faults of a stream. `gap` is in microseconds, as in `joined`."""

    def __init__(self, gap: int) -> None:
        self._gap = gap
        self._windows: dict[str, list[FaultWindow]] = {kind: [] for kind in KINDS}
        self._open: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        """What is wrong now, by a name of its own, and since when."""
        self.on_invoked: Mapping[str, Callable[[OperationRecord], None]] = {
            "Restart": self._restarting,
        }
        self.on: Mapping[str, Callable[[OperationRecord], None]] = {
            "Restart": self._restarted,
            "SetLink": self._link,
            "SetNodeHealth": self._health,
            "DisturbMessages": self._messages,
            "FaultNextMessage": lambda o: self._over("message", o.start, o),
            "AdvanceClock": lambda o: self._over("clock", o.start, o),
        }

    def windows(self, at: int) -> list[FaultWindow]:
        """The windows so far; what is still wrong lasts until `at`."""
        lasting = [
            FaultWindow(what, since, max(since, at))
            for what, open_now in self._open.items()
            for since in open_now.values()
        ]
        past = [window for windows in self._windows.values() for window in windows]
        return joined([*past, *lasting], self._gap)

    def _begins(self, what: str, name: str, at: int) -> None:
        self._open[what].setdefault(name, at)

    def _over(self, what: str, start: int, operation: OperationRecord) -> None:
        """One is over, and takes up the windows that it overlaps or nearly does."""
        windows, count = self._windows[what], 1
        end = max(start, operation.end or operation.start)
        while windows and start - windows[-1].end <= self._gap:
            last = windows.pop()
            start, end = min(start, last.start), max(end, last.end)
            count += last.count
        windows.append(FaultWindow(what, start, end, count))

    def _ends(self, what: str, name: str, operation: OperationRecord) -> None:
        since = self._open[what].pop(name, None)
        if since is not None:
            self._over(what, since, operation)

    def _restarting(self, operation: OperationRecord) -> None:
        self._begins(_side(operation), operation.id, operation.start)

    def _restarted(self, operation: OperationRecord) -> None:
        self._ends(_side(operation), operation.id, operation)

    def _link(self, operation: OperationRecord) -> None:
        host = text(operation.args, "host_uid")
        if operation.args.get("up") is True:
            self._ends("link", host, operation)
        else:
            self._begins("link", host, operation.start)

    def _health(self, operation: OperationRecord) -> None:
        node = f"{text(operation.args, 'slot')}/{text(operation.args, 'node')}"
        if operation.args.get("health") == "Healthy":
            self._ends("health", node, operation)
        else:
            self._begins("health", node, operation.start)

    def _messages(self, operation: OperationRecord) -> None:
        """Each cause disturbs the messages of a cluster once at a time, in one way."""
        args = operation.args
        name = f"{text(args, 'host_uid')}/{text(operation.tags, 'cause')}"
        if args.get("slowed") != 1:
            self._begins("slow", name, operation.start)
        elif args.get("lost_before") or args.get("lost_after"):
            self._begins("loss", name, operation.start)
        else:
            self._ends("slow", name, operation)
            self._ends("loss", name, operation)


def _side(operation: OperationRecord) -> str:
    return "central" if operation.args.get("side") == "central" else "reboot"
