"""Writes evidence: one line for each thing that happens, flushed before it goes on."""

from __future__ import annotations

import errno
import fcntl
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from io import FileIO
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Final, TypeVar, cast

import msgspec

from harness.files import put_whole
from harness.history import lines
from harness.history.errors import EvidenceError
from harness.history.lines import EvidenceHeader, Object, digested, encode
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.redaction import Redactor

BODY_CHARACTERS_MAX: Final = 65_536
"""A longer body of a request or a response is cut, and says so."""


_Records = tuple[OperationRecord, OperationRecord]
"""An operation as it was exchanged, and as it is written."""
_Part = Mapping[str, Json] | None
_CAME: Final = ("value", "error", "request", "response")
"""What there is of an operation only once it has ended."""
LineT = TypeVar("LineT", bound=msgspec.Struct)


class EvidenceWriter:
    """Writes one evidence file. Threads may share it; each line is out before a call returns.

    What it is given is redacted on the way into the file, and nowhere else: `history()` is what
    was exchanged, by which a running scenario is judged, and `written()` what the file holds of
    it. A part (`part=True`) is what one worker of several writes: the same without a footer,
    for `merge_parts`.

    Raises:
        EvidenceError: the file cannot be opened or written. Every later call raises as well.
    """

    def __init__(
        self, path: Path, redactor: Redactor, *, part: bool = False, keep_history: bool = True
    ) -> None:
        self.path = path
        self._redactor = redactor
        self._part = part
        self._keep_history = keep_history
        self._lock = RLock()
        self._digest = sha256()
        self._lines: Counter[str] = Counter()
        self._serials: Counter[str] = Counter()
        self._open: dict[str, _Records] = {}
        self._scenario = ""
        self._records: dict[str, _Records] = {}
        self._file = open_file(path)

    def __enter__(self) -> EvidenceWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(interrupted=error is not None)

    def header(self, header: EvidenceHeader) -> None:
        """Write the first line. Secrets that the whole run shares are registered before."""
        with self._lock:
            plain = self._redactor.data(cast(Json, msgspec.to_builtins(header)))
            line = encode(msgspec.convert(plain, EvidenceHeader))
            self._write(line, digested(line))

    def scenario(self, scenario: lines.ScenarioLine) -> None:
        """A scenario begins; the labels of secrets count anew, and so do operation ids."""
        with self._lock:
            self._redactor.begin_scope()
            self._scenario, self._records = scenario.id, {}
            self._put("scenarios", self._clean(scenario, "name", "rule"))

    def step(self, step: lines.StepLine) -> None:
        """A step of a scenario begins, or never did."""
        with self._lock:
            self._put("steps", self._clean(step, "text"))

    def invoke(
        self,
        scenario: str,
        actor: str,
        kind: str,
        args: Mapping[str, Json],
        *,
        start: int,
        tags: Mapping[str, Json] | None = None,
    ) -> OperationRecord:
        """An operation is about to be sent. Returns its record, whose id names it from now on.

        The id is `<scenario id>#<n>`. `start` is in microseconds.
        """
        with self._lock:
            self._serials[scenario] += 1
            id_, about = f"{scenario}#{self._serials[scenario]}", dict(tags or {})
            record = OperationRecord(id_, scenario, actor, kind, dict(args), start, tags=about)
            self._open[id_] = records = record, self._begins(record)
            return self._keep(records)

    def _begins(self, record: OperationRecord) -> OperationRecord:
        """Write that an operation begins; returns it as it is written."""
        clean = self._redactor.data({"args": dict(record.args), "tags": dict(record.tags)})
        line = lines.InvokeLine(
            id=record.id,
            scenario=record.scenario,
            actor=self._redactor.said(record.actor),
            kind=record.kind,
            start=record.start,
            **cast(dict[str, Object], clean),
        )
        self._put("operations", line)
        return lines.invoked(line)

    def outcome(
        self,
        operation_id: str,
        outcome: Outcome,
        *,
        end: int,
        value: Mapping[str, Json] | None = None,
        error: Mapping[str, Json] | None = None,
        request: Mapping[str, Json] | None = None,
        response: Mapping[str, Json] | None = None,
    ) -> OperationRecord:
        """The operation ended. Returns its whole record. `end` is in microseconds.

        Raises:
            KeyError: no operation of this id is open.
        """
        with self._lock:
            begun, written = self._open.pop(operation_id)
            about = begun.id, begun.scenario, begun.actor, begun.kind, begun.args, begun.start
            came = _plain(value), _plain(error), _plain(request), _plain(response)
            record = OperationRecord(*about, end, outcome, *came, begun.tags)
            return self._keep(self._ends(written, record))

    def _ends(self, begun: OperationRecord, record: OperationRecord) -> _Records:
        """Write that an operation has ended as this record; returns it, and as it is written.

        In both, long bodies are cut.
        """
        given: dict[str, Json] = {name: _plain(getattr(record, name)) for name in _CAME}
        clean = cast(dict[str, _Part], self._redactor.data(given))
        for name in ("request", "response"):
            whole = getattr(record, name)
            clean[name] = _with_note(clean[name], whole)
            setattr(record, name, _with_note(whole, whole))
        end = cast(int, record.end)
        parts = cast(dict[str, Object | None], clean)
        line = lines.OutcomeLine(id=record.id, outcome=record.outcome, end=end, **parts)
        self._put("outcomes", line)
        return record, lines.ended(begun, line)

    def check(self, check: lines.CheckLine) -> None:
        """A check judged the history. Its arguments are redacted, and register no secrets.

        The reason may hold labels.
        """
        with self._lock:
            args = cast(Object, self._redactor.known(cast(Json, check.args)))
            clean = msgspec.structs.replace(check, args=args)
            self._put("checks", self._clean(clean, "step", "reason", "expected"))

    def verdict(self, verdict: lines.VerdictLine) -> None:
        """What a scenario says of one requirement. The reason may hold labels."""
        with self._lock:
            self._put("verdicts", self._clean(verdict, "reason"))

    def leak(self, leak: lines.LeakLine) -> None:
        """Something of the run's is left on its target."""
        with self._lock:
            self._put("leaks", self._clean(leak, *(n for n in leak.__struct_fields__ if n != "n")))

    def _clean(self, line: LineT, *names: str) -> LineT:
        """The line with these of its texts redacted."""
        texts = {name: self._redactor.text(getattr(line, name)) for name in names}
        return msgspec.structs.replace(line, **texts)

    def history(self, scenario: str) -> History:
        """What was exchanged in the scenario that was begun last, in order of invocation.

        It holds secrets. A body is cut here as well.

        Raises:
            KeyError: it is not the last one, or the writer keeps no history.
        """
        return History(tuple(record for record, _ in self._kept(scenario)))

    def written(self, scenario: str) -> History:
        """The same history as the file holds it, with labels in place of secrets.

        Raises:
            KeyError: as above.
        """
        return History(tuple(written for _, written in self._kept(scenario)))

    def _kept(self, scenario: str) -> tuple[_Records, ...]:
        with self._lock:
            if scenario != self._scenario or not self._keep_history:
                raise KeyError(scenario)
            return tuple(self._records.values())

    def close(self, *, interrupted: bool = False, ended_at: str = "") -> None:
        """End what is open as `info`, write the footer (a part has none), close the file.

        `ended_at` is wall time, RFC 3339 in UTC. Closing again does nothing.
        """
        with self._lock:
            if self._file.closed:
                return
            try:
                self._end_open_operations()
                if not self._part:
                    counts, digest = lines.line_counts(self._lines), self._digest.hexdigest()
                    self._write(footer(counts, f"sha256:{digest}", interrupted, ended_at), b"")
            finally:
                self._file.close()

    def _end_open_operations(self) -> None:
        """Such an operation ends where it began: when it did is unknown, like all else of it."""
        for record, _ in list(self._open.values()):
            why: dict[str, Json] = {"why": lines.STILL_OPEN}
            self.outcome(record.id, Outcome.INFO, end=record.start, error=why)

    def _keep(self, records: _Records) -> OperationRecord:
        exchanged = records[0]
        if self._keep_history and exchanged.scenario == self._scenario:
            self._records[exchanged.id] = records
        return exchanged

    def _put(self, kind: str, line: msgspec.Struct) -> None:
        self._lines[kind] += 1
        raw = encode(line)
        self._write(raw, raw)
        if self._scenario:
            self._redactor.shows(raw)
            self._warn()

    def _warn(self) -> None:
        """Say in each scenario what of its secrets could not be hidden everywhere."""
        while self._redactor.warnings:
            text = self._redactor.warnings.pop(0)
            self._put("warnings", lines.WarningLine(scenario=self._scenario, text=text))

    def _write(self, raw: bytes, digested_as: bytes) -> None:
        if self._file.closed:
            raise EvidenceError(self.path, "the evidence is closed", "nothing more was recorded")
        try:
            write_all(self._file, raw)
        except OSError as error:
            self._file.close()
            raise unwritable(self.path, error) from None
        self._digest.update(digested_as)


class Unwritten(EvidenceWriter):
    """Keeps what was exchanged in the scenario that was begun last, and writes nothing."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(Path(os.devnull), redactor)
        self._file.close()

    def header(self, header: EvidenceHeader) -> None: ...

    def scenario(self, scenario: lines.ScenarioLine) -> None:
        self._redactor.begin_scope()
        self._scenario, self._records = scenario.id, {}

    def _begins(self, record: OperationRecord) -> OperationRecord:
        return record

    def _ends(self, begun: OperationRecord, record: OperationRecord) -> _Records:
        return record, record

    def check(self, check: lines.CheckLine) -> None: ...

    def _put(self, kind: str, line: msgspec.Struct) -> None:
        """Nothing is written."""


def write_all(file: FileIO, raw: bytes) -> None:
    """Write every byte; the system may take a few at a time."""
    view = memoryview(raw)
    while view:
        view = view[file.write(view) or 0 :]


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file that is there whole or not at all; its folder is made if need be.

    Raises:
        EvidenceError: it cannot be written.
    """
    try:
        put_whole(path, raw)
    except OSError as error:
        raise unwritable(path, error) from None


def footer(counts: lines.LineCounts, digest: str, interrupted: bool, ended_at: str) -> bytes:
    """The last line of a file that holds so many lines of each kind, and has this digest."""
    run = lines.EndOfRun(ended_at)
    return encode(lines.Footer(counts=counts, digest=digest, interrupted=interrupted, run=run))


def unwritable(path: Path, error: OSError, written: int = 0) -> EvidenceError:
    """The error to raise when the system would not open or write the file.

    `written` is how many bytes of it are there, and whole.
    """
    there = f"; {written:,} bytes of it are written" if written else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "free some space or choose another folder with --out; what was written is readable"
        return EvidenceError(path, f"the disk is full{there}", hint)
    problem = f"the evidence cannot be written ({error.strerror or error}){there}"
    return EvidenceError(path, problem, "choose another folder with --out")


def open_file(path: Path) -> FileIO:
    """A new file to write, in a folder that is made if need be. A lock says that it is written.

    Raises:
        EvidenceError: the system would not.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = FileIO(path, "w")
        with suppress(OSError):  # a file system may have no locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    except OSError as error:
        raise unwritable(path, error) from None


def _plain(value: _Part) -> dict[str, Json] | None:
    return None if value is None else dict(value)


def _with_note(told: _Part, original: _Part) -> _Part:
    """Cut the body to the limit and say how long it was.

    It was redacted as a whole before: no secret is cut in two and left as half of one.
    """
    body = original.get("body") if original else None
    if told is None or not isinstance(body, str) or len(body) <= BODY_CHARACTERS_MAX:
        return told
    kept = str(told["body"])[:BODY_CHARACTERS_MAX]
    return {**told, "body": f"{kept} … [cut here: {len(body)} characters in all]"}
