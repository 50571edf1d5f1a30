"""Judges the run of a fleet again: each part from its lines, the manifest from all parts.

What the digests alone would tell, somebody who computes them anew can hide; so the operations of
each cell are judged again as they were when they were recorded, and what they come to together
has to be what the manifest says.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

from harness.catalogue.edition import EDITION
from harness.checkers.fleet.concluding import ClosedCell, Terms, TermsError, conclude, terms_of_run
from harness.checkers.fleet.gate import GateError
from harness.history.envelope import CUT_OFF
from harness.history.errors import CutOff, EvidenceError
from harness.history.fleet_lines import PartLine, ViolationLine
from harness.history.manifest import FleetEvidence, read_manifest
from harness.history.parts import GRANTS, PartReader, part_name, parts_in
from harness.verifying import differences
from harness.verifying.comparing import ManifestComparison
from harness.verifying.differences import DifferenceKind
from harness.verifying.fleet_part import GrantsAgain, PartAgain


def verify_fleet(path: Path) -> differences.FleetVerification:
    """Judge the run again whose manifest lies at `path`, or in the folder of a run.

    Memory is bounded by one cell, and 16 bytes for each pairing id.

    Raises:
        EvidenceError: there is no manifest, as when the run was killed; it is that of no fleet,
            of another version, broken, or nothing tells how the run is to be judged.
    """
    manifest = read_manifest(path)
    try:
        terms = terms_of_run(manifest.fleet)
    except TermsError as error:
        hint = "use the version of pairproof that wrote it, or an undamaged copy"
        raise EvidenceError(manifest.path, str(error), hint) from None
    return _Walk(manifest, terms).verification()


class _Walk:
    """Goes through the manifest, its parts one by one, and the manifest once more."""

    def __init__(self, manifest: FleetEvidence, terms: Terms) -> None:
        self._manifest = manifest
        self._terms = terms
        self._found = differences.DifferenceList()
        self._operations = 0
        self._parts_same = 0
        self._cells: list[ClosedCell] = []
        self._violations: list[tuple[int, int, ViolationLine]] = []
        """Those that were found on the way, each with its window and its cell."""
        self._unread: list[str] = []

    def verification(self) -> differences.FleetVerification:
        """Judge all of it."""
        manifest, header = self._manifest, self._manifest.header
        cut_off = self._check_manifest()
        for line, number in zip(manifest.parts, manifest.places["part"], strict=True):
            self._check_part(line, number)
        cut_off = "; ".join(filter(None, (cut_off, *self._unread)))
        interrupted = not manifest.complete and not cut_off
        notes = [*differences.notes_on(header, interrupted), *self._other_files()]
        tally = self._tally(may_compare=not cut_off)
        if not tally.compared:
            notes.append("measures, violations, verdicts and gate rest on all parts, and were"
                         " not compared")  # fmt: skip
        return differences.FleetVerification(
            header=header,
            differences=tuple(self._found.differences),
            difference_count=self._found.counts.total(),
            notes=tuple(notes),
            cut_off=cut_off,
            interrupted=interrupted,
            sha256=manifest.sha256,
            tally=tally,
        )

    # --- the manifest -------------------------------------------------------------------

    def _check_manifest(self) -> str:
        """What its lines say of each other; returns where it breaks off, if it does."""
        manifest, found = self._manifest, self._found
        cut_off = [t.text for t in manifest.troubles if t.kind == CUT_OFF]
        for trouble in manifest.troubles:
            if trouble.kind != CUT_OFF:
                found.add(DifferenceKind(trouble.kind), trouble.text, trouble.line)
        differences.check_edition(manifest.header, EDITION, 1, found)
        seed, drawn = manifest.header.seed, self._terms.seed
        if seed != drawn:
            message = f"the header says seed {seed}, and the scenario seed {drawn}"
            found.add(DifferenceKind.OTHER_RUN, message, 1)
        self._check_parts()
        return "; ".join(cut_off)

    def _check_parts(self) -> None:
        """Whether there is a line for each cell, in their order, and one for the grants."""
        names = [part.name for part in self._manifest.parts]
        due = [*(f"{number:02d}" for number in range(self._terms.cells)), GRANTS]
        for name in due:
            if name not in names:
                message = f"the manifest has no line about part {name}"
                self._found.add(DifferenceKind.MISSING_PART, message, part=name)
        known = [name for name in due if name in names]
        kept = [name for name in names if name in due]
        if kept != known:
            place = self._manifest.places["part"][0]
            message = "the lines about parts are not one each, in the order of cells"
            self._found.add(DifferenceKind.OUT_OF_ORDER, message, place)

    def _other_files(self) -> Iterator[str]:
        """Parts in the folder of which the manifest knows nothing: perhaps of another run."""
        names = {part.name for part in self._manifest.parts}
        other = [p.name for p in parts_in(self._manifest.path.parent) if part_name(p) not in names]
        if other:
            yield f"beside the parts of this run lie {', '.join(other)}, which were not read"

    # --- the parts ----------------------------------------------------------------------

    def _check_part(self, line: PartLine, number: int) -> None:
        before = self._found.counts.total()
        is_cell = line.name.isascii() and line.name.isdecimal()
        if not is_cell and line.name != GRANTS:
            message = f"no run writes a part of the name {line.name!r}"
            self._found.add(DifferenceKind.OTHER_PART, message, number)
            return
        try:
            path = self._manifest.path_of(line)
        except EvidenceError as error:
            self._found.add(DifferenceKind.OTHER_PART, error.problem, number)
            return
        if not path.exists():
            message = f"part {line.file} is missing; without it nothing of its cell can be judged"
            self._found.add(DifferenceKind.MISSING_PART, message, part=line.name)
            self._unread.append(f"{line.file} is missing")
            return
        again = (
            PartAgain(line, self._terms, self._found)
            if is_cell
            else GrantsAgain(self._terms.cells, self._manifest.fleet.capacity, self._found)
        )
        reader = PartReader(path)
        try:
            for raw in reader:
                again.take(raw)
        except EvidenceError as error:
            is_cut = isinstance(error, CutOff)
            kind = DifferenceKind.PART_CUT_OFF if is_cut else DifferenceKind.BROKEN_LINE
            message = f"{error.problem}; {error.hint}"
            self._found.add(kind, message, reader.lines, part=line.name)
            self._unread.append(f"{line.file}: {error.problem}")
            return
        self._check_whole(line, reader)
        cell = again.end(self._manifest.complete)
        if cell is not None:
            self._cells.append(cell)
            self._violations += [(v.at // self._terms.window, cell.cell, v) for v in again.found]
        self._operations += reader.operations
        self._parts_same += self._found.counts.total() == before

    def _check_whole(self, line: PartLine, reader: PartReader) -> None:
        if reader.digest != line.digest:
            self._found.add(
                DifferenceKind.CHANGED,
                "the digest does not fit, so a line was changed, added or taken away after the run"
                f" (the manifest says {line.digest}, the lines give {reader.digest})",
                part=line.name,
            )
        said, are = (line.lines, line.operations), (reader.lines, reader.operations)
        if said != are:
            self._found.add(
                DifferenceKind.COUNTS,
                f"the manifest counts {said[0]} lines and {said[1]} operations; the part has"
                f" {are[0]} and {are[1]}",
                part=line.name,
            )

    # --- all together -------------------------------------------------------------------

    def _tally(self, *, may_compare: bool) -> differences.FleetTally:
        are_all = [cell.cell for cell in self._cells] == list(range(self._terms.cells))
        counts = self._compared() if may_compare and are_all else None
        return differences.FleetTally(
            parts=len(self._manifest.parts),
            parts_same=self._parts_same,
            operations=self._operations,
            compared=counts is not None,
            **(counts or {}),
        )

    def _compared(self) -> dict[str, int] | None:
        """What all cells come to beside what the manifest says; `None` if it means nothing."""
        # What was found on the way stands window by window, in each of them cell by cell.
        placed = sorted(self._violations, key=itemgetter(0, 1))
        found = [violation for *_, violation in placed]
        try:
            again = conclude(self._terms, self._cells, found, self._manifest.complete)
        except GateError as error:
            place = self._manifest.places["fleet"][0]
            message = f"this version cannot judge the gate of the scenario: {error}"
            self._found.add(DifferenceKind.CHECK_IMPOSSIBLE, message, place)
            return None
        return ManifestComparison(self._manifest, again, self._found).counts()
