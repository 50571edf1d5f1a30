"""A manifest says all of a run, whole or not at all; equal runs have equal digests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.history import fleet_lines, manifest
from harness.history.errors import EvidenceError
from harness.history.lines import LineCounts, RunInfo, VerdictLine
from harness.history.parts import part_file
from harness.history.reader import read_evidence
from tests.unit.history.operations import write_part
from tests.unit.history.writing import HEADER, decoded, write

FLEET_HEADER = msgspec.structs.replace(HEADER, kind="fleet", driver="simulation")
FLEET = fleet_lines.FleetLine(scenario={"name": "steady-day", "limits": {"list_lag": 5_000_000}})
VERDICTS = [
    VerdictLine(requirement=f"INV-{n}", scenario="steady-day", verdict=Verdict.PASS, at=900)
    for n in range(1, 11)
]
VIOLATION = fleet_lines.ViolationLine(
    invariant="INV-4", cell="01", reason="it came back", operations=["01#2"], at=300
)
MEASURES = fleet_lines.MeasuresLine(
    clusters=2,
    hosts=3,
    ended_at=900,
    operations={"PollPairing": {"ok": 6, "fail": 0, "info": 0}},
    latency={"PollPairing": fleet_lines.DurationBuckets([50], [6])},
    series={"sent": [1, 2]},
    faults=[fleet_lines.FaultWindow("link", 10, 20)],
)
GATE = fleet_lines.GateLine(
    expression="violations == 0", value=1.0, holds=False, reason="1 violation"
)


def content(folder: Path, **other: Any) -> dict[str, Any]:
    """All that a manifest says, with two parts in their place."""
    return {
        "header": FLEET_HEADER,
        "fleet": FLEET,
        "parts": [write_part(folder, name) for name in ("00", "01")],
        "verdicts": VERDICTS,
        "violations": [VIOLATION],
        "measures": MEASURES,
        "gates": [GATE],
        **other,
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.jsonl"
    manifest.write_manifest(path, **content(tmp_path), ended_at="2026-11-24T10:00:03Z")
    return path


def changed(path: Path, edit: Callable[[list[bytes]], None]) -> manifest.FleetEvidence:
    lines = path.read_bytes().splitlines(keepends=True)
    edit(lines)
    path.write_bytes(b"".join(lines))
    return manifest.read_manifest(path)


def test_what_was_written_comes_back(path: Path) -> None:
    evidence = manifest.read_manifest(path)
    assert (evidence.header, evidence.fleet, evidence.measures) == (FLEET_HEADER, FLEET, MEASURES)
    assert [part.name for part in evidence.parts] == ["00", "01"]
    assert evidence.verdicts == tuple(VERDICTS)
    assert (evidence.violations, evidence.gates) == ((VIOLATION,), (GATE,))
    assert (evidence.complete, evidence.problems) == (True, ())
    assert evidence.footer is not None
    assert evidence.footer.counts == LineCounts(scenarios=1, operations=6, verdicts=10)
    assert evidence.footer.run.ended_at == "2026-11-24T10:00:03Z"
    assert evidence.operation_count == 6


def test_lines_stand_in_their_order(path: Path) -> None:
    kinds = list(dict.fromkeys(line["type"] for line in decoded(path)))
    assert kinds == [
        "header", "fleet", "part", "verdict", "violation", "measures", "gate", "footer",
    ]  # fmt: skip
    places = manifest.read_manifest(path).places
    assert (places["part"], places["gate"]) == ([3, 4], [17])


def test_the_folder_of_a_run_is_named_as_well_as_its_manifest(path: Path) -> None:
    assert manifest.read_manifest(path.parent) == manifest.read_manifest(path)


def test_parts_are_found_beside_the_manifest(path: Path) -> None:
    evidence = manifest.read_manifest(path)
    assert all(evidence.path_of(part).is_file() for part in evidence.parts)


@pytest.mark.parametrize(
    ("name", "file"),
    [("00", "../parts/00.jsonl.zst"), ("../00", "parts/../00.jsonl.zst"), ("00", "/etc/hostname")],
)
def test_no_file_is_opened_that_a_run_does_not_write(path: Path, name: str, file: str) -> None:
    evidence = manifest.read_manifest(path)
    part = msgspec.structs.replace(evidence.parts[0], name=name, file=file)
    with pytest.raises(EvidenceError, match="no run writes there"):
        evidence.path_of(part)


def digest_of(folder: Path, lines: dict[str, Any]) -> str:
    return manifest.write_manifest(folder / "again.jsonl", **lines)


def test_what_differs_between_equal_runs_is_not_in_the_digest(tmp_path: Path) -> None:
    run = RunInfo(command=["pairproof", "fleet"], workers=7, started_at="2027-01-01T00:00:00Z")
    header = msgspec.structs.replace(FLEET_HEADER, run=run)
    first = manifest.write_manifest(tmp_path / "a.jsonl", **content(tmp_path), ended_at="x")
    second = manifest.write_manifest(tmp_path / "b.jsonl", **content(tmp_path, header=header))
    assert first == second == digest_of(tmp_path, content(tmp_path))
    assert manifest.read_manifest(tmp_path / "b.jsonl").digest == first
    assert (tmp_path / "a.jsonl").read_bytes() != (tmp_path / "b.jsonl").read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        {"header": msgspec.structs.replace(FLEET_HEADER, seed=8)},
        {"fleet": fleet_lines.FleetLine(scenario={"name": "rollout-wave"})},
        {"parts": []},
        {"verdicts": VERDICTS[1:]},
        {"violations": []},
        {"measures": fleet_lines.MeasuresLine()},
        {"gates": []},
    ],
    ids=lambda other: next(iter(other)),
)
def test_everything_else_is_in_the_digest(tmp_path: Path, other: dict[str, Any]) -> None:
    digests = [digest_of(tmp_path, content(tmp_path, **changed)) for changed in ({}, other)]
    assert digests[0] != digests[1]


def test_an_operation_of_a_part_is_in_the_digest(tmp_path: Path) -> None:
    before = content(tmp_path)
    after = {**before, "parts": [before["parts"][0], write_part(tmp_path, "01", count=4)]}
    assert digest_of(tmp_path, before) != digest_of(tmp_path, after)


def test_a_run_that_did_not_end_is_not_complete(tmp_path: Path) -> None:
    manifest.write_manifest(tmp_path / "evidence.jsonl", **content(tmp_path), interrupted=True)
    evidence = manifest.read_manifest(tmp_path)
    assert (evidence.complete, evidence.problems) == (False, ())


# --- what does not fit ----------------------------------------------------------------------


def swap(lines: list[bytes]) -> None:
    lines[2:4] = lines[3], lines[2]


def drop_footer(lines: list[bytes]) -> None:
    lines.pop()


def tear(lines: list[bytes]) -> None:
    lines[-1] = lines[-1][:20]


def repeat_measures(lines: list[bytes]) -> None:
    lines.insert(-2, next(line for line in lines if b'"measures"' in line))


def part_last(lines: list[bytes]) -> None:
    lines.insert(-1, lines.pop(2))


def drop_measures(lines: list[bytes]) -> None:
    lines[:] = [line for line in lines if b'"type":"measures"' not in line]


def count_otherwise(lines: list[bytes]) -> None:
    lines[-1] = lines[-1].replace(b'"operations":6', b'"operations":5')


def add_weather(lines: list[bytes]) -> None:
    lines.insert(-1, b'{"type":"weather"}\n')


def go_on(lines: list[bytes]) -> None:
    lines.append(lines[3])


@pytest.mark.parametrize(
    ("edit", "kinds", "said"),
    [
        (swap, ["changed"], "line 18: the digest does not fit"),
        (drop_footer, ["cut_off"], "the manifest has no footer"),
        (tear, ["cut_off", "cut_off"], "line 18: it breaks off in the middle"),
        (repeat_measures, ["twice", "changed"], "a second line of type `measures`"),
        (part_last, ["out_of_order", "changed"], "a line of type `part` stands too late"),
        (drop_measures, ["changed", "counts"], "there is no line of type `measures`"),
        (
            count_otherwise,
            ["counts"],
            "counts 1 scenarios, 5 operations, 0 checks, 10 verdicts; the file",
        ),
        (add_weather, ["unknown_line", "changed"], "does not know lines of this type; ignored"),
        (go_on, ["after_footer"], "line 19: it stands after the footer"),
    ],
)
def test_what_does_not_fit_is_said(
    path: Path, edit: Callable[[list[bytes]], None], kinds: list[str], said: str
) -> None:
    evidence = changed(path, edit)
    assert [trouble.kind for trouble in evidence.troubles] == kinds
    assert said in "\n".join(evidence.problems)


def test_without_a_fleet_line_there_is_nothing_to_tell(path: Path) -> None:
    with pytest.raises(EvidenceError, match="nothing tells what was run"):
        changed(path, lambda lines: lines.__delitem__(1))


def test_evidence_of_single_scenarios_is_no_manifest(tmp_path: Path) -> None:
    path = write(tmp_path / "evidence.jsonl", "withdraw/a")
    with pytest.raises(EvidenceError, match="evidence of single scenarios"):
        manifest.read_manifest(path)


def test_a_manifest_is_no_evidence_of_single_scenarios(path: Path) -> None:
    with pytest.raises(EvidenceError, match="this is the evidence of a fleet"):
        read_evidence(path)


def test_a_killed_run_says_what_it_left_and_what_to_do(path: Path) -> None:
    path.unlink()
    for named in (path, path.parent):
        with pytest.raises(EvidenceError) as told:
            manifest.read_manifest(named)
        assert "the run was killed before its end. 2 parts with" in told.value.problem
        assert "run it again with the same scenario, hosts and seed" in told.value.hint


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="there is no such file"):
        manifest.read_manifest(tmp_path / "evidence.jsonl")


# --- which kind it is -----------------------------------------------------------------------


def test_a_fleet_is_known_by_its_header_or_by_what_it_left(path: Path) -> None:
    assert manifest.is_fleet(path)
    assert manifest.is_fleet(path.parent)
    path.unlink()
    assert manifest.is_fleet(path.parent)
    assert not manifest.is_fleet(path)


def test_other_evidence_is_no_fleet(tmp_path: Path) -> None:
    assert not manifest.is_fleet(write(tmp_path / "evidence.jsonl", "withdraw/a"))
    assert not manifest.is_fleet(tmp_path)
    (tmp_path / "notes.txt").write_text("notes")
    assert not manifest.is_fleet(tmp_path / "notes.txt")


# --- writing --------------------------------------------------------------------------------


def test_a_manifest_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "evidence.jsonl"
    manifest.write_manifest(path, **content(tmp_path))
    assert [file.name for file in path.parent.iterdir()] == ["evidence.jsonl"]
    before = path.read_bytes()
    (path.parent / "evidence.jsonl.unfinished").mkdir()
    with pytest.raises(EvidenceError, match="cannot be written"):
        manifest.write_manifest(path, **content(tmp_path, gates=[]))
    assert path.read_bytes() == before


def test_the_disk_that_is_asked_for_suffices(tmp_path: Path) -> None:
    line = write_part(tmp_path, count=5_000)
    assert (tmp_path / part_file("07")).stat().st_size < manifest.estimate_bytes(line.operations)
    assert manifest.estimate_bytes(12_000_000) < 1_000_000_000


def test_problems_have_numbers_only_where_there_are_lines(path: Path) -> None:
    evidence = manifest.read_manifest(path)
    troubles = (*changed(path, tear).troubles,)
    assert replace(evidence, troubles=troubles).problems == (
        "line 18: it breaks off in the middle",
        "the manifest has no footer: it is not a whole copy",
    )
