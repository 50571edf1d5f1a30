"""`pairproof replay`: the same run again, and whether it comes to the same, byte for byte."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from rich.text import Text

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.cli.commands.fleets import ReplayOptions
from harness.cli.exits import CONFORMS, DOES_NOT_CONFORM, INTERRUPTED, CannotDo, put, say
from harness.cli.fleet_driving import PoolOptions, drive, require_room, stoppable
from harness.cli.folders import replacing
from harness.cli.summary import print_texts
from harness.fleet.loading import from_plain
from harness.fleet.port import Job
from harness.fleet.run import folder_of_parts
from harness.history.fleet_lines import PartLine
from harness.history.lines import ENCODER
from harness.history.manifest import FleetEvidence, read_manifest
from harness.history.parts import read_part
from harness.history.scan import scan_as
from harness.history.wording import counted
from harness.reporting.words import clipped

NO_LINE: Final = "(no such line)"
_LEFT_OUT: Final[Mapping[str, Sequence[str]]] = {
    # Who made it is told apart: another version may well do the same.
    "header": ("run", "harness", "implementation", "edition"),
    "footer": ("run", "digest"),
    # Of parts, the lines themselves are compared.
    "part": ("digest",),
}
"""What of a line of the manifest is not compared."""


@dataclass(frozen=True, slots=True)
class LineDifference:
    """The first line that differs in a file: `where`, and what stands there in both."""

    where: str
    first: str
    again: str
    changed: bool = False
    """The digest of the first file does not fit: it was changed after the run."""


def differences(first: FleetEvidence, again: FleetEvidence) -> Iterator[LineDifference]:
    """In order: of each part that differs, and of the manifest, the first line that does.

    Memory is bounded, whatever the size of the parts.

    Raises:
        EvidenceError: a part cannot be read.
    """
    theirs = {part.name: part for part in again.parts}
    for part in first.parts:
        other = theirs.pop(part.name, None)
        if other is None:
            yield LineDifference(f"part {part.name}", "", "(no such part)")
        else:
            yield from _of_part(first, part, again, other)
    for name in theirs:
        yield LineDifference(f"part {name}", "(no such part)", "")
    yield from _of_manifest(first, again)


def _of_part(
    first: FleetEvidence, part: PartLine, again: FleetEvidence, other: PartLine
) -> Iterator[LineDifference]:
    ours, theirs = read_part(first.path_of(part)), read_part(again.path_of(other))
    found: LineDifference | None = None
    for number, (line, same) in enumerate(zip_longest(ours, theirs), 1):
        raw, wanted = line.raw if line else None, same.raw if same else None
        if found is None and raw != wanted:
            found = LineDifference(f"part {part.name}, line {number}", _text(raw), _text(wanted))
    changed = ours.digest != part.digest
    if found is not None:
        yield LineDifference(found.where, found.first, found.again, changed)
    elif changed:
        yield LineDifference(f"the digest of part {part.name}", part.digest, ours.digest)


def _of_manifest(first: FleetEvidence, again: FleetEvidence) -> Iterator[LineDifference]:
    pairs = zip_longest(_lines(first), _lines(again))
    for number, (ours, theirs) in enumerate(pairs, 1):
        if ours != theirs:
            changed = first.footer is not None and first.footer.digest != first.digest
            where = f"the manifest, line {number}"
            yield LineDifference(where, _text(ours), _text(theirs), changed)
            return


def _lines(evidence: FleetEvidence) -> list[bytes]:
    found = scan_as(evidence.path, msgspec.json.Decoder(dict[str, object]))
    lines: list[dict[str, object]] = [msgspec.json.decode(line.raw) for line in found]
    for data in lines:
        for name in _LEFT_OUT.get(str(data.get("type")), ()):
            data.pop(name, None)
    return list(map(ENCODER.encode, lines))


def _text(raw: bytes | None) -> str:
    return NO_LINE if raw is None else raw.decode("utf-8", "replace").rstrip("\n")


_LINE_MAX = 1_000


def replay_evidence(asked: ReplayOptions) -> int:
    """Make the run again, and print whether it is equal or what differs first.

    Raises:
        CannotDo: the evidence cannot be compared, or there is no room for a second one.
        EvidenceError: it is no evidence of a fleet, is damaged, or its run was killed.
        PairproofError: the run cannot be made again.
        KeyboardInterrupt: the user has asked twice to end it.
    """
    options = PoolOptions(asked.workers, asked.scheduler)
    options.check()
    first = read_manifest(asked.evidence)
    require_virtual(first)
    if first.footer is None:
        raise CannotDo(f"{first.path}: it breaks off before its footer, so there is nothing whole"
                       " to compare with; use a whole copy")  # fmt: skip
    for note in _notes(first):
        say(f"note: {note}")
    scenario = from_plain(first.fleet.scenario, f"the scenario in {first.path}")
    job = Job(scenario, first.fleet.planted, first.fleet.keep_going)
    pool = options.for_job(job)
    put(
        f"pairproof {__version__} replays {scenario.name}:"
        f" {counted(scenario.fleet.hosts, 'host')}, seed {scenario.seed},"
        f" {counted(scenario.fleet.cells, 'cell')} {pool}"
    )
    with _folder(asked.out, first) as folder, stoppable() as stopping:
        require_room(folder, _size(first))
        job = replace(job, parts=folder_of_parts(folder))
        finished = drive(job, pool.transport(), stopping, stop_at=first.fleet.stopped_at)
        assert finished.evidence is not None
        if stopping.asked:
            say("pairproof: interrupted, so there is nothing to compare")
            return INTERRUPTED
        again = read_manifest(finished.evidence)
        found = list(differences(first, again))
    print_texts(_describe(first, again, found))
    return DOES_NOT_CONFORM if found else CONFORMS


def require_virtual(evidence: FleetEvidence) -> None:
    """Only virtual time can be run again. Raises `CannotDo` if the run was in real time."""
    if evidence.fleet.in_real_time is not None:
        raise CannotDo(
            f"{evidence.path}: this run was in real time, which does not come again; `pairproof"
            " verify` judges it again, and another run like it is:"
            f" {shlex.join(evidence.header.run.command)}"
        )


def _notes(first: FleetEvidence) -> Iterator[str]:
    made = first.header.harness.version
    if made != __version__:
        yield f"the evidence is of pairproof {made}, and this is {__version__}: they may differ"
    if first.header.edition != EDITION:
        yield (f"the evidence is of the edition {first.header.edition} of the procedure, and this"
               f" is {EDITION}")  # fmt: skip
    yield from first.problems
    if first.fleet.stopped_at is not None:
        yield "the run was interrupted; it is replayed as far as it got"


@contextmanager
def _folder(out: Path | None, first: FleetEvidence) -> Iterator[Path]:
    """Where the evidence of the replay goes."""
    if out is None:
        with TemporaryDirectory(prefix="pairproof-replay-") as folder:
            yield Path(folder)
        return
    if out.resolve() == first.path.parent.resolve():
        raise CannotDo(f"--out {out}: the evidence to replay is there; name another folder")
    with replacing(out) as made:
        yield made


def _size(first: FleetEvidence) -> int:
    """How much the parts take, which the replay will take again.

    Raises:
        CannotDo: one of them is missing.
    """
    try:
        return sum(first.path_of(part).stat().st_size for part in first.parts)
    except OSError as error:
        raise CannotDo(f"{error.filename}: a part of the evidence cannot be read"
                       f" ({error.strerror}); use a whole copy") from None  # fmt: skip


def _describe(
    first: FleetEvidence, again: FleetEvidence, found: list[LineDifference]
) -> Iterator[Text]:
    of = f"{first.path.parent}, {counted(len(first.parts), 'part')}"
    if not found:
        equal = again.digest if again.digest == first.digest else "but for the version"
        yield Text.assemble(("✓ the same again: ", "bold green"), f"{of}, {equal}")
        return
    where = found[0].where
    changed = ", which was changed after the run" if found[0].changed else ""
    more = f"; {counted(len(found) - 1, 'more file')} differ" if len(found) > 1 else ""
    yield Text.assemble(("✗ not the same: ", "bold red"), f"{of}. {where}{changed}{more}")
    yield Text(f"  evidence  {clipped(found[0].first, _LINE_MAX)}")
    yield Text(f"  replay    {clipped(found[0].again, _LINE_MAX)}")
