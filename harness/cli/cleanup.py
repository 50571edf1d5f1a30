"""`pairproof cleanup`: removes what a run that could not end has left on its target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.cli.exits import put, put_lines, say
from harness.history.redaction import Redactor
from harness.history.visible import visible_line
from harness.opening import open_target
from harness.running.belongings import sha256_of
from harness.running.run import secrets_of
from harness.targets.ledger import FILE, Ledger, LedgerEntry, LedgerError, State
from harness.targets.port import Driver, TargetUnusable
from harness.targets.undoing import Undoer, gone_sides

NOTHING_LEFT = 0
SOMETHING_LEFT = 1


def clean_up(path: Path, target_file: Path | None = None) -> int:
    """Try every entry that is still open; says what was removed, and what was not.

    Returns 0 when nothing is left, 1 when something is. May be done again.

    Raises:
        LedgerError: it is no ledger, its run is still alive, or it cannot be written.
        TargetFileError: the target file cannot be read, or is wrong.
        UnknownDriver: the driver that the run had is not there.
    """
    ledger_file = path / FILE if path.is_dir() else path
    redactor = Redactor()
    with Ledger.resume(ledger_file, redactor.text) as ledger:
        return _clean_up(ledger, target_file, redactor)


def _clean_up(ledger: Ledger, target_file: Path | None, redactor: Redactor) -> int:
    before = ledger.open_entries()
    run = f"{visible_line(ledger.header.mark)} ({ledger.header.owner.started_at})"
    put(f"{len(before)} of {len(ledger.entries)} things of {run} may be left")
    if not before:
        return NOTHING_LEFT
    try:
        driver = open_target(ledger.header.driver, _target_file(ledger, target_file), 1)
    except TargetUnusable as error:
        say(f"pairproof: {redactor.text(str(error))}")
        put_lines(_lines(before))
        return SOMETHING_LEFT
    try:
        for secret, kind in secrets_of(driver):
            redactor.register(secret, kind)
        return _sweep(ledger, driver, before)
    finally:
        driver.close()


def _sweep(ledger: Ledger, driver: Driver, before: list[LedgerEntry]) -> int:
    left = Undoer(driver, ledger, gone_sides(driver)).sweep()
    after = [ledger.entries[entry.n] for entry in before]
    put_lines(_lines(after))
    told = Counter(entry.state for entry in after)
    put(
        f"{told[State.REMOVED]} removed, {told[State.CONSUMED]} consumed, {len(left)} left on"
        f" {visible_line(ledger.header.implementation)}"
    )
    return SOMETHING_LEFT if left else NOTHING_LEFT


def _target_file(ledger: Ledger, given: Path | None) -> Path | None:
    """The target file: the one that is given, or the one that the run had.

    Raises:
        LedgerError: there is none any more.
    """
    header = ledger.header
    path = given or (Path(header.target_file) if header.target_file else None)
    if path is not None and not path.is_file():
        hint = "name the target file with --target"
        raise LedgerError(ledger.path, f"the target file {path} is not there", hint)
    if path is not None and sha256_of(path) != header.target_sha256:
        say(f"pairproof: note that {path} is not as it was when the run began")
    return path


def _lines(entries: list[LedgerEntry]) -> Iterator[str]:
    for entry in entries:
        state = "left" if entry.is_open else entry.state.value
        where = f" at {entry.place}" if entry.place else ""
        why = f": {entry.why}" if entry.why else ""
        uid = f" ({entry.uid})" if entry.uid and entry.uid != entry.what else ""
        yield visible_line(f"{state:<9} {entry.kind.value} {entry.what}{uid}{where}{why}") + "\n"
