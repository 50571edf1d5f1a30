"""The parts of many workers make the file that one worker would have written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from harness.history.errors import EvidenceError
from harness.history.merge import merge_parts, put_together
from harness.history.operation import Outcome
from harness.history.reader import part_path, read_evidence
from tests.unit.history.writing import HEADER, lines_of, write

ORDER = ["withdraw/a", "withdraw/b", "withdraw/c", "withdraw/d"]


def parts(folder: Path, *scenarios: Sequence[str]) -> list[Path]:
    out = folder / "evidence.jsonl"
    return [write(part_path(out, f"gw{n}"), *ids, part=True) for n, ids in enumerate(scenarios)]


@pytest.mark.parametrize(
    "shares",
    [
        [ORDER],
        [ORDER[::2], ORDER[1::2]],
        [ORDER[::-1]],
        [[], ORDER[3:], ORDER[:1], ORDER[2:0:-1]],
    ],
    ids=["one worker", "two", "one in another order", "four, one idle"],
)
def test_the_result_does_not_depend_on_the_workers(shares: list[list[str]], tmp_path: Path) -> None:
    alone = write(tmp_path / "alone.jsonl", *ORDER)
    out = tmp_path / "evidence.jsonl"
    merge_parts(parts(tmp_path, *shares), out, ORDER)
    assert out.read_bytes() == alone.read_bytes()
    assert read_evidence(out).problems == ()


def test_scenarios_without_a_place_follow_sorted(tmp_path: Path) -> None:
    out = tmp_path / "evidence.jsonl"
    merge_parts(parts(tmp_path, ORDER[::-1]), out, ["withdraw/c", "not/there"])
    ids = [scenario.id for scenario in read_evidence(out).scenarios]
    assert ids == ["withdraw/c", "withdraw/a", "withdraw/b", "withdraw/d"]


def test_parts_can_be_removed_with_their_folder(tmp_path: Path) -> None:
    out = tmp_path / "evidence.jsonl"
    merge_parts(parts(tmp_path, ORDER[:2], ORDER[2:]), out, ORDER, remove=True)
    assert [path.name for path in tmp_path.iterdir()] == ["evidence.jsonl"]


def test_a_part_that_was_cut_off_makes_the_whole_incomplete(tmp_path: Path) -> None:
    files = parts(tmp_path, ORDER[:2], ORDER[2:])
    files[0].write_bytes(b"".join(lines_of(files[0])[:-1])[:-5])
    out = tmp_path / "evidence.jsonl"
    merge_parts(files, out, ORDER)
    evidence = read_evidence(out)
    assert not evidence.complete
    assert "the run was interrupted before its end" in evidence.problems
    assert evidence.histories["withdraw/b"].operations[1].outcome is Outcome.INFO
    assert not any("digest" in problem for problem in evidence.problems)


def test_before_the_merge_the_folder_of_parts_is_an_incomplete_run(tmp_path: Path) -> None:
    parts(tmp_path, ORDER[:2], ORDER[2:])
    for place in (tmp_path, tmp_path / "evidence.parts"):
        evidence = read_evidence(place)
        assert [scenario.id for scenario in evidence.scenarios] == ORDER
        assert not evidence.complete
        assert len(evidence.problems) == 1
        assert "no footer" in evidence.problems[0]


def test_a_single_part_is_an_incomplete_run(tmp_path: Path) -> None:
    (part, _) = parts(tmp_path, ORDER[:2], ORDER[2:])
    evidence = read_evidence(part)
    assert [scenario.id for scenario in evidence.scenarios] == ORDER[:2]
    assert not evidence.complete


@pytest.mark.parametrize("planned", [True, False])
def test_a_run_whose_plan_could_not_be_written_is_an_incomplete_one(
    tmp_path: Path, planned: bool
) -> None:
    [part] = parts(tmp_path, ORDER)
    whole = f'{{"scenarios": {json.dumps(ORDER)}, "ended": {json.dumps(ORDER[:1])}}}'
    torn = part.with_suffix(".plan" if planned else ".plan.unfinished")
    torn.write_text(whole if planned else whole[:-9], "utf-8")
    put_together(tmp_path, ORDER[1:], "")
    assert read_evidence(tmp_path).complete is planned


def test_a_scenario_in_two_parts_is_refused(tmp_path: Path) -> None:
    files = parts(tmp_path, ORDER[:2], ORDER[1:])
    with pytest.raises(EvidenceError, match="scenario withdraw/b is in this part and in gw0"):
        merge_parts(files, tmp_path / "evidence.jsonl", ORDER)
    assert not (tmp_path / "evidence.jsonl").exists()


def test_parts_of_different_runs_are_refused(tmp_path: Path) -> None:
    other = write(
        tmp_path / "other.jsonl", part=True, header=msgspec.structs.replace(HEADER, seed=8)
    )
    with pytest.raises(EvidenceError, match="of another run than the first part"):
        merge_parts([*parts(tmp_path, ORDER), other], tmp_path / "evidence.jsonl", ORDER)


def test_no_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="there are no parts to merge"):
        merge_parts([], tmp_path / "evidence.jsonl", ORDER)


def test_a_result_that_cannot_be_written_leaves_the_parts(tmp_path: Path) -> None:
    files = parts(tmp_path, ORDER)
    (tmp_path / "evidence.jsonl").mkdir()
    with pytest.raises(EvidenceError, match="cannot be written"):
        merge_parts(files, tmp_path / "evidence.jsonl", ORDER, remove=True)
    assert files[0].exists()
    assert not (tmp_path / "evidence.jsonl.unfinished").exists()
