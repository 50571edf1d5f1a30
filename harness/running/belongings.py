"""What a run has on a target that outlives it: noted in a ledger, and given back."""

from __future__ import annotations

import os
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from harness.files import read_bytes
from harness.history.lines import LeakLine
from harness.running.facts import now_utc
from harness.targets.ledger import (
    FILE,
    Ledger,
    LedgerEntry,
    LedgerHeader,
    LedgerKind,
    Owner,
    Redacted,
)
from harness.targets.ledgered import LedgeredDriver
from harness.targets.port import Driver
from harness.targets.reading import TARGET_FILE, TargetFileError
from harness.targets.undoing import Ownership, Undoer

WITH_A_SCENARIO = frozenset(
    {LedgerKind.RATE_LIMIT, LedgerKind.LINK, LedgerKind.FAULT, LedgerKind.REQUEST}
)
"""What a scenario gives back before its project is forgotten."""

AFTER_A_SCENARIO = frozenset({LedgerKind.USER, LedgerKind.TOKEN, LedgerKind.PROFILE})
"""What is left of it then. Its cluster stays until the place is needed again."""


def new_mark() -> str:
    """What everything that a run makes is called by; no two runs have the same."""
    return f"pairproof-{os.urandom(4).hex()}"


def owned_now(driver: Driver, target_file: Path | None) -> LedgerHeader:
    """The head of the ledger of a run that begins now."""
    path = target_file.resolve() if target_file else None
    info = driver.info
    return LedgerHeader(
        mark=new_mark(),
        implementation=f"{info.name} {info.version}".strip(),
        driver=driver.name,
        target_file=str(path or ""),
        target_sha256=sha256_of(path) if path else "",
        owner=Owner(os.getpid(), now_utc()),
    )


def sha256_of(path: Path) -> str:
    """The digest of a file as it is now; empty if it cannot be read."""
    try:
        return sha256(read_bytes(path, TARGET_FILE)).hexdigest()
    except TargetFileError:
        return ""


class Belongings:
    """The ledger of one run, and the way back of what is in it.

    Raises:
        LedgerError: the ledger cannot be written, or an earlier one there is still needed.
    """

    def __init__(
        self, driver: Driver, folder: Path, header: LedgerHeader, redacted: Redacted = str
    ) -> None:
        self._driver = driver
        self.mark = header.mark
        elsewhere = not Ownership(driver).is_local()
        self.ledger = Ledger.create(folder / FILE, header, redacted, syncs=elsewhere)
        self._undoer = Undoer(driver, self.ledger)

    def noted(self, driver: Driver) -> LedgeredDriver:
        """A driver for the run, which notes what it makes."""
        return LedgeredDriver(driver, self.ledger)

    def give_back(self, kinds: Collection[LedgerKind]) -> None:
        """Take back what is open of these kinds; what cannot be is tried again at the end."""
        self._undoer.sweep(kinds)

    def give_back_all(self) -> None:
        """Take back everything that can be."""
        self._undoer.sweep()

    def leaks(self) -> list[LeakLine]:
        """What is still there, or may be."""
        return [leak_line(entry) for entry in self.ledger.open_entries()]

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()


def leak_line(entry: LedgerEntry) -> LeakLine:
    """An entry that is still open, as the evidence tells it."""
    return LeakLine(
        n=entry.n,
        kind=entry.kind.value,
        what=entry.what,
        uid=entry.uid,
        side=entry.side.value,
        where=entry.place or entry.project,
        undo=entry.undo,
        why=entry.why or "not tried: the giving back was broken off",
    )
