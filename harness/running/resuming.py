"""Goes on with a run that was cut off: what had ended there is not asked again.

The folder of a run that goes on holds what had ended as a part of its own (`EARLIER`), which is
merged with what is asked now. The files that were there stay as they were, in `KEPT`.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from harness.files import opened
from harness.history.errors import EvidenceError
from harness.history.lines import (
    INTERRUPTED,
    EvidenceHeader,
    Footer,
    ScenarioLine,
    VerdictLine,
    digested,
)
from harness.history.merge import extract
from harness.history.reader import PARTS_DIR, evidence_files, is_repeated, part_path
from harness.history.scan import EVIDENCE, raw_lines, scan
from harness.targets.ledger import FILE, refuse_to_lose

EARLIER: Final = "earlier"
"""The name of the part that holds what had ended."""

KEPT: Final = "evidence.earlier"
"""The folder in which the files of what was cut off stay, numbered."""

_ELSE: Final = "run again without --resume"


@dataclass(frozen=True, slots=True)
class EndedScenarios:
    """What of a run that was cut off stands: the ids, in their order, and how it was made."""

    header: EvidenceHeader
    scenarios: tuple[str, ...]


def ended_in(folder: Path) -> EndedScenarios:
    """What had ended in the run that goes on in a folder."""
    header, ended = _ended(part_path(folder / "evidence.jsonl", EARLIER))
    return EndedScenarios(header, ended)


@contextmanager
def going_on(folder: Path, at: str) -> Iterator[EndedScenarios]:
    """Let a run go on in its folder; where it then records nothing, all is as it was before.

    `at` is the wall time.

    Raises:
        EvidenceError: there is nothing to go on from, the run came to its end or is still alive,
            or its file was changed.
        LedgerError: it has left something on its target, which has to be removed first.
    """
    if is_repeated(folder):
        problem = "a run that was repeated cannot be gone on with"
        raise EvidenceError(folder, problem, _ELSE)
    refuse_to_lose(folder / FILE)
    files = evidence_files(folder)
    found = {file: _ended(file) for file in files if not _is_empty(file)}
    if not found:
        raise EvidenceError(folder, "the run ended before it recorded anything", _ELSE)
    first = next(header for header, _ in found.values())
    earlier = first.run.resumed_at or []
    run = msgspec.structs.replace(first.run, resumed_at=[*earlier, at])
    header = msgspec.structs.replace(first, run=run)
    seen: dict[str, Path] = {}
    for file, (_, scenarios) in found.items():
        for scenario in scenarios:
            seen.setdefault(scenario, file)
    kept = folder / KEPT / str(len(list(folder.glob(f"{KEPT}/*"))) + 1)
    made = kept / PARTS_DIR
    made.mkdir(parents=True)
    wanted = {file: [s for s, of in seen.items() if of == file] for file in found}
    extract(wanted, made / f"{EARLIER}.jsonl", header)
    moved = [name for name in ("evidence.jsonl", FILE) if (folder / name).exists()]
    for name in moved:
        (folder / name).rename(kept / name)
    parts = folder / PARTS_DIR
    if parts.exists():
        parts.rename(kept / "parts")
    made.rename(parts)
    try:
        yield EndedScenarios(header, tuple(seen))
    finally:
        recorded = {path.stem for path in parts.glob("*.jsonl")} - {EARLIER}
        if parts.exists() and not recorded and not (folder / "evidence.jsonl").exists():
            for path in parts.iterdir():
                path.unlink()
            parts.rmdir()
            for name in moved:
                (kept / name).replace(folder / name)
            if (kept / "parts").exists():
                (kept / "parts").rename(parts)
            kept.rmdir()
            if not any(kept.parent.iterdir()):
                kept.parent.rmdir()


def differing(before: EvidenceHeader, now: EvidenceHeader) -> list[str]:
    """In what a run that goes on is not the one that was cut off, in words."""
    names = [name for name in now.__struct_fields__ if name != "run"]
    pairs = [(name, getattr(before, name), getattr(now, name)) for name in names]
    return [f"{name} was {_said(a)} and is {_said(b)}" for name, a, b in pairs if a != b]


def _said(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _ended(file: Path) -> tuple[EvidenceHeader, tuple[str, ...]]:
    """The header, and the scenarios whose end stands in the file."""
    header: EvidenceHeader | None = None
    owed: dict[str, set[str]] = {}
    digest = sha256()
    for raw in scan(file):
        match raw.line:
            case EvidenceHeader():
                header = raw.line
            case ScenarioLine(id=id_, requirements=requirements):
                owed[id_] = set(requirements) or {""}  # of one that judges nothing none can tell
            case VerdictLine(scenario=id_, requirement=requirement, reason=reason):
                if reason != INTERRUPTED:
                    owed[id_].discard(requirement)
            case Footer() as footer:
                if not footer.interrupted:
                    raise EvidenceError(file, "the run came to its end", "there is nothing left")
                if footer.digest != f"sha256:{digest.hexdigest()}":
                    raise EvidenceError(file, "the file was changed after the run", _ELSE)
        digest.update(digested(raw.raw) if raw.number == 1 else raw.raw)
    assert header is not None
    return header, tuple(id_ for id_, left in owed.items() if not left)


def _is_empty(file: Path) -> bool:
    """Whether nothing stands in it. Who writes it holds a lock.

    Raises:
        EvidenceError: somebody still writes it, or it cannot be read.
    """
    with opened(file, EVIDENCE) as begun:
        try:
            fcntl.flock(begun, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvidenceError(file, "its run is still going on", "wait for its end") from None
        except OSError:
            pass  # such a file system has no locks to offer
    return b"\n" not in next(raw_lines(file), b"")
