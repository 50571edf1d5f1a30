"""The ledger of a run: what it makes on a target, on disk before it is asked for.

`ledger.jsonl` is JSON Lines, `pairproof/ledger/1`: a header, then one line for each thing that
is made and one for each change of its state; of the lines of one number the last one counts.
It holds no secret. Whoever writes it holds a lock on the file, which goes with the process.

PairproofError
+-- LedgerError             it cannot be written, read or locked
    +-- NotALedger          it is something else
    +-- LedgerInUse         the run that owns it is still going on
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

import msgspec

from harness.domain.arrangements import Side
from harness.domain.errors import PairproofError
from harness.files import MIB, FileKind, descriptor_of, read_bytes
from harness.history.lines import encode

SCHEMA: Final = "pairproof/ledger/1"
FILE: Final = "ledger.jsonl"
"""What it is called in the folder of a run."""

TEXT_MAX: Final = 1_024
"""No uid or reason is longer here: they come from a target, which may say anything."""

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class LedgerError(PairproofError):
    """A ledger cannot be used: which, why, what to do."""

    def __init__(self, path: Path, problem: str, hint: str) -> None:
        super().__init__(f"{path}: {problem}; {hint}")


class NotALedger(LedgerError):
    """The file is no ledger of a version that is known."""


class LedgerInUse(LedgerError):
    """Somebody who is still alive works with it."""


_LEDGER: Final = FileKind(
    f"name the {FILE} of a run's folder",
    64 * MIB,
    lambda file, line, problem, hint: LedgerError(Path(file), problem, hint),
)


class LedgerKind(StrEnum):
    """What a run makes on a target, or changes there."""

    PROJECT = "project"
    USER = "user"
    TOKEN = "registration token"
    PROFILE = "cluster profile"
    CLUSTER = "local cluster"
    REQUEST = "pairing request"
    CENTRAL_CLUSTER = "central cluster"
    HOST_MODE = "host mode"
    CLUSTER_STATE = "cluster state"
    NODE_HEALTH = "node health"
    LINK = "link"
    FAULT = "fault"
    CLOCK = "clock"
    RATE_LIMIT = "rate limit"


class State(StrEnum):
    """What has become of it."""

    INTENDED = "intended"
    """About to be asked for, or no answer came: it may be there."""
    MADE = "made"
    REFUSED = "refused"
    """The target would not, so there never was anything."""
    REMOVED = "removed"
    CONSUMED = "consumed"
    """Used up for good, as a paired cluster is: nothing can give it back."""
    LEAKED = "leaked"
    """It could not be removed."""
    KEPT = "kept"
    """The target file says that nothing of its kind can be removed: it stays, by its mark."""


KEEPABLE: Final = (LedgerKind.PROJECT, LedgerKind.USER, LedgerKind.PROFILE)
"""What a target may keep. A token is none of it: it would go on admitting hosts."""

OPEN: Final = frozenset({State.INTENDED, State.MADE, State.LEAKED})
"""What is still there, or may be."""


class Owner(msgspec.Struct, frozen=True):
    """The run that a ledger is of."""

    pid: int
    started_at: str
    """Wall time, RFC 3339 in UTC."""


class LedgerHeader(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ledger"):
    """The first line: whose things these are, and where they are.

    Attributes:
        mark: what everything that the run makes is called by.
        target_file: the path of the target file as the run saw it, and the digest of its text.
    """

    schema: str = SCHEMA
    mark: str
    implementation: str
    driver: str
    target_file: str = ""
    target_sha256: str = ""
    owner: Owner


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="entry"):
    """One thing, and what has become of it.

    Attributes:
        n: its number, from 1, in the order of making.
        uid: as the target knows it; empty as long as nobody has said.
        place: the slot or the host that it is at.
        project: the project that it goes with.
        by: by how many microseconds a clock was put forward.
        undo: how it is undone, for people.
        why: what stood in the way, where something did.
    """

    n: int
    kind: LedgerKind
    what: str
    uid: str = ""
    side: Side
    place: str = ""
    project: str = ""
    by: int = 0
    undo: str = ""
    state: State = State.INTENDED
    why: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still there, or may be."""
        return self.state in OPEN


Redacted = Callable[[str], str]
"""Gives a text without the secrets that are known."""

_DECODER: Final = msgspec.json.Decoder(LedgerHeader | LedgerEntry)


class Ledger:
    """A ledger that is being written. An entry is on disk before `intend` returns.

    A change of state is handed to the system, and not waited for: were it lost, the thing
    would be removed once more, which does no harm.

    """

    def __init__(
        self, path: Path, header: LedgerHeader, descriptor: int, redacted: Redacted = str
    ) -> None:
        self.path = path
        self.header = header
        self.entries: dict[int, LedgerEntry] = {}
        self._descriptor = descriptor
        self._redacted = redacted
        self._syncs = True

    @classmethod
    def create(
        cls, path: Path, header: LedgerHeader, redacted: Redacted = str, *, syncs: bool = True
    ) -> Self:
        """A new ledger. `redacted` takes the secrets out of what a target says.

        Without `syncs` the disk is not waited for: what was noted outlives the process, though
        not a failure of the machine. That is enough where the target would fail with it.

        Raises:
            LedgerError: it cannot be written, or one lies there that still has open entries.
        """
        refuse_to_lose(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from error
        ledger = cls(path, header, descriptor, redacted)
        ledger._syncs = syncs
        try:
            ledger._lock()
            os.ftruncate(descriptor, 0)
            ledger._write(header, durably=True)
            _make_name_durable(path)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def resume(cls, path: Path, redacted: Redacted = str) -> Self:
        """The ledger of another run, to go on with, but for what was cut off; or `LedgerError`."""
        descriptor = descriptor_of(path, _LEDGER, os.O_RDWR | os.O_APPEND)
        try:
            header, entries, whole = _parsed(path)
            ledger = cls(path, header, descriptor, redacted)
            ledger._lock()
            os.ftruncate(descriptor, whole)
        except BaseException:
            os.close(descriptor)
            raise
        ledger.entries = entries
        return ledger

    def intend(self, entry: LedgerEntry) -> LedgerEntry:
        """Note what is about to be asked for; returns it numbered, or raises `LedgerError`."""
        clean = {name: self._clean(getattr(entry, name)) for name in ("what", "uid", "project")}
        numbered = msgspec.structs.replace(entry, n=len(self.entries) + 1, **clean)
        self._write(numbered, durably=True)
        self.entries[numbered.n] = numbered
        return numbered

    def change(self, n: int, state: State, *, uid: str = "", why: str = "") -> LedgerEntry:
        """Note what has become of an entry, and its uid if the target has chosen one."""
        entry = self.entries[n]
        changed = msgspec.structs.replace(
            entry, state=state, uid=self._clean(uid) or entry.uid, why=self._clean(why)
        )
        if changed != entry:
            self.entries[n] = changed
            with suppress(LedgerError):  # to remove it matters more than to note that
                self._write(changed, durably=False)
        return changed

    def open_entries(self) -> list[LedgerEntry]:
        """What is still there, or may be, in the order of making."""
        return [entry for entry in self.entries.values() if entry.is_open]

    def close(self) -> None:
        """Let go of the file, once all of it is on disk. May be called twice."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _clean(self, text: str) -> str:
        """Redacted as a whole before it is cut: no half of a secret is left."""
        return self._redacted(text)[:TEXT_MAX] if text else ""

    def _write(self, line: LedgerHeader | LedgerEntry, *, durably: bool) -> None:
        """One line in one write, so that no signal tears it."""
        raw = encode(line)
        try:
            written = os.write(self._descriptor, raw)
            if written != len(raw):
                # Half a line would make all that comes after it unreadable.
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durably and self._syncs:
                os.fdatasync(self._descriptor)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:  # such a file system has none to offer
                raise LedgerInUse(
                    self.path,
                    f"its run is still alive (process {self.header.owner.pid}), or somebody cleans"
                    " up after it",
                    "wait for its end, or stop it: it removes what it has made",
                ) from error


def read_ledger(path: Path) -> tuple[LedgerHeader, dict[int, LedgerEntry]]:
    """What a ledger says, its entries by number, without half a last line. Raises `LedgerError`."""
    header, entries, _ = _parsed(path)
    return header, entries


def _parsed(path: Path) -> tuple[LedgerHeader, dict[int, LedgerEntry], int]:
    """The header, the last state of each entry, and how many bytes are whole lines."""
    raw = read_bytes(path, _LEDGER)
    whole = raw.rfind(b"\n") + 1
    lines = list(_lines(path, raw[:whole]))
    if not lines or not isinstance(lines[0], LedgerHeader):
        raise NotALedger(path, "it is no ledger of a run", f"name the {FILE} of a run's folder")
    entries = {line.n: line for line in lines if isinstance(line, LedgerEntry)}
    return lines[0], entries, whole


def _lines(path: Path, raw: bytes) -> Iterator[LedgerHeader | LedgerEntry]:
    for number, line in enumerate(raw.splitlines(), start=1):
        try:
            yield _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotALedger(
                path, f"line {number} is none of a ledger: {error}", f"name the {FILE} of a run"
            ) from error


def refuse_to_lose(path: Path) -> None:
    """Raise `LedgerError` rather than write over the only list of what an earlier run has left."""
    if not path.exists() or b"\n" not in read_bytes(path, _LEDGER):
        return  # or it ended before its header was whole, and so before anything was made
    _, entries = read_ledger(path)
    left = sum(entry.is_open for entry in entries.values())
    if left:
        hint = f"run `pairproof cleanup {path}` first, or choose another folder with --out"
        told = f"an earlier run has left something on its target ({left} entries are open)"
        raise LedgerError(path, told, hint)


def _make_name_durable(path: Path) -> None:
    """The file's name has to be on disk as well as what stands in it."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError:
        return  # a file system that cannot do this for a folder
    finally:
        os.close(folder)


def _unwritable(path: Path, error: OSError) -> LedgerError:
    why = error.strerror or str(error)
    hint = "nothing is made on a target that cannot be noted; choose another folder with --out"
    return LedgerError(path, f"the ledger cannot be written ({why})", hint)
