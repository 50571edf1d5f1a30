"""A fleet's run comes to the same again, and no change goes unseen, though it be sealed anew."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.checkers.fleet.concluding import terms_of
from harness.fleet.loading import as_plain
from harness.history.errors import EvidenceError
from harness.history.parts import PartReader, PartWriter, part_file
from harness.verifying.differences import DifferenceKind, DifferenceList, FleetVerification
from harness.verifying.fleet import verify_fleet
from harness.verifying.fleet_part import PartAgain
from tests.unit.history.operations import begun, over, pack
from tests.unit.verifying.fleets import DEFECT, SCENARIO, Evidence, changed, run
from tests.unit.verifying.tampering import (
    TAMPERING,
    begin_twice,
    first,
    in_part,
    refuse_a_send,
    set_in,
)

RUNS: dict[str, dict[str, Any]] = {
    "conforms": {},
    "violated": {"planted": DEFECT, "keep_going": True},
    "violated at the end": {"planted": "mutant:rejected_cluster_is_central"},
    "ended by a violation": {"planted": DEFECT},
    "stopped": {"windows": 100},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all runs."""
    folder = tmp_path_factory.mktemp("fleets")
    for name, how in RUNS.items():
        run(folder / name, **how)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies a run, to be changed."""
    return lambda name: Path(shutil.copytree(made / name, tmp_path / "run"))


def kinds_of(verification: FleetVerification) -> list[str]:
    """What differs, by kind, each once, in the order in which it was found."""
    return list(dict.fromkeys(d.kind.value for d in verification.differences))


# --- it agrees ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_an_untouched_run_comes_to_the_same(made: Path, name: str) -> None:
    verification = verify_fleet(made / name)
    tally = verification.tally
    assert verification.differences == ()
    assert verification.same
    assert tally.compared
    assert (tally.parts_same, tally.verdicts_same, tally.gates_same) == (4, 10, 3)
    assert tally.measures_same == tally.measures > 100
    assert tally.violations_same == tally.violations
    assert (tally.violations > 0) == ("violat" in name)
    assert verification.interrupted == (name in ("ended by a violation", "stopped"))


def test_what_shows_only_at_the_end_is_found_again(made: Path) -> None:
    evidence = Evidence(made / "violated at the end")
    ends = {line["name"]: line["ended_at"] for line in evidence.manifest if line["type"] == "part"}
    violation = evidence.only("violation")
    assert violation["at"] == ends[violation["cell"]]
    assert verify_fleet(evidence.folder).tally.violations_same > 0


def test_a_manifest_is_named_as_well_as_its_folder(made: Path) -> None:
    folder = made / "conforms"
    assert verify_fleet(folder / "evidence.jsonl") == verify_fleet(folder)


def test_what_was_in_flight_when_the_run_was_stopped_is_judged_again(made: Path) -> None:
    evidence = Evidence(made / "stopped")
    ends = [line for name in ("00", "01", "02") for line in evidence.part(name)]
    assert any("still open" in str(line.get("error")) for line in ends)
    assert verify_fleet(made / "stopped").same


# --- tampering, with digests and counts that fit again --------------------------------------


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_seen_though_it_is_sealed_anew(copy: Callable[[str], Path], name: str) -> None:
    kind, change, kinds, said = TAMPERING[name]
    verification = verify_fleet(changed(copy(kind), change))
    assert set(kinds_of(verification)) == kinds
    assert any(said in difference.message for difference in verification.differences)
    assert not verification.same


def test_a_difference_names_the_part_and_the_line(copy: Callable[[str], Path]) -> None:
    folder = copy("conforms")
    at = first(Evidence(folder).part("01"), "invoke", id="01#40")
    (difference,) = verify_fleet(changed(folder, in_part(begin_twice))).differences
    assert (difference.part, difference.operation) == ("01", "01#40")
    assert difference.line == at + 2  # counted from 1, and the second of them


# --- changed and not sealed -----------------------------------------------------------------


def test_a_part_that_was_changed_does_not_fit_its_digest(copy: Callable[[str], Path]) -> None:
    verification = verify_fleet(changed(copy("conforms"), in_part(refuse_a_send), sealed=False))
    assert kinds_of(verification) == ["changed", "measure_differs"]
    difference = verification.differences[0]
    assert difference.part == "01"
    assert "the digest does not fit" in difference.message
    assert verification.tally.parts_same == 3


def test_a_manifest_that_was_changed_does_not_fit_its_digest(copy: Callable[[str], Path]) -> None:
    change = set_in("measures", "hosts", 11)
    verification = verify_fleet(changed(copy("conforms"), change, sealed=False))
    assert kinds_of(verification) == ["changed", "measure_differs"]
    assert verification.differences[0].part == ""


# --- what is not there, or not whole --------------------------------------------------------

NOT_COMPARED = "measures, violations, verdicts and gate rest on all parts, and were not compared"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def as_text(path: Path) -> None:
    path.write_text("this is no part\n")


def as_other_lines(path: Path) -> None:
    pack(path, [b"{nothing}\n"])


@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        (Path.unlink, DifferenceKind.MISSING_PART, "part parts/01.jsonl.zst is missing"),
        (cut, DifferenceKind.PART_CUT_OFF, "the file breaks off"),
        (damage, DifferenceKind.BROKEN_LINE, "the file is damaged"),
        (as_text, DifferenceKind.BROKEN_LINE, "not compressed by Zstandard"),
        (as_other_lines, DifferenceKind.BROKEN_LINE, "line 1 is broken"),
    ],
)
def test_what_is_wrong_with_a_part_is_said_and_the_others_are_judged(
    copy: Callable[[str], Path], spoil: Callable[[Path], None], kind: DifferenceKind, said: str
) -> None:
    folder = copy("conforms")
    spoil(Evidence(folder).file("01"))
    verification = verify_fleet(folder)
    (difference,) = verification.differences
    assert (difference.kind, difference.part) == (kind, "01")
    assert said in difference.message
    assert verification.notes == (NOT_COMPARED,)
    assert verification.tally.parts_same == 3
    assert verification.tally.operations > 100


def test_a_killed_run_is_no_run_to_verify(copy: Callable[[str], Path]) -> None:
    folder = copy("conforms")
    (folder / "evidence.jsonl").unlink()
    with pytest.raises(EvidenceError, match=r"the run was killed before its end\. 4 parts with"):
        verify_fleet(folder)


def test_a_manifest_without_its_end_is_cut_off(copy: Callable[[str], Path]) -> None:
    folder = copy("conforms")
    cut(folder / "evidence.jsonl")
    verification = verify_fleet(folder)
    assert "the manifest has no footer" in verification.cut_off
    assert (verification.differences, verification.same) == ((), False)
    assert verification.notes == (NOT_COMPARED,)


def test_a_scenario_that_is_none_cannot_be_judged_by(copy: Callable[[str], Path]) -> None:
    folder = changed(copy("conforms"), lambda e: e.only("fleet").update(scenario={"name": "x"}))
    with pytest.raises(EvidenceError, match="no scenario of a fleet: it does not say what"):
        verify_fleet(folder)


def test_parts_of_another_run_in_the_folder_are_noted(copy: Callable[[str], Path]) -> None:
    folder = copy("conforms")
    shutil.copy(Evidence(folder).file("00"), Evidence(folder).file("07"))
    verification = verify_fleet(folder)
    assert verification.same
    assert verification.notes == (
        "beside the parts of this run lie 07.jsonl.zst, which were not read",
    )


def test_another_version_is_noted(copy: Callable[[str], Path]) -> None:
    change = set_in("header", "harness", {"version": "99.0"})
    verification = verify_fleet(changed(copy("conforms"), change))
    assert verification.same
    assert "was written by pairproof 99.0" in verification.notes[0]


def test_a_part_is_judged_in_little_memory_however_long_it_is(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        writer = PartWriter(tmp_path / part_file("07"), "07")
        for number in range(1, count + 1):
            record = replace(begun(number), args={"pairing_uid": "the same"})
            writer.invoke(record)
            writer.outcome(over(record))
        line, found = writer.close(), DifferenceList()
        tracemalloc.start()
        again = PartAgain(line, terms_of(as_plain(SCENARIO)), found)
        for raw in PartReader(tmp_path / line.file):
            again.take(raw)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert not found.differences
        return most

    peak(1)  # what is made once, for all
    assert peak(6_000) < peak(1_500) * 1.2
