"""Every verdict is reached again, and no change goes unseen, though its digest be made anew."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.history.errors import EvidenceError
from harness.history.evidence import EvidenceWriter
from harness.history.lines import HarnessInfo
from harness.history.operation import Outcome
from harness.history.reader import part_path
from harness.history.redaction import Redactor
from harness.verifying.differences import DIFFERENCES_MAX, DifferenceKind, VerifiedTally
from harness.verifying.verify import verify
from tests.unit.history.writing import HEADER, scenario, verdict
from tests.unit.verifying.sample import (
    FAILS,
    KNOWN,
    PASSES,
    SEEN,
    UNREACHED,
    UNSUPPORTED,
    Change,
    Line,
    Teller,
    changed,
    decoded,
    kinds_of,
    one,
    place,
    write,
)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    return write(tmp_path / "evidence.jsonl")


def test_an_untouched_run_comes_to_the_same(evidence: Path) -> None:
    verification = verify(evidence, KNOWN)
    assert verification.differences == ()
    assert verification.same
    assert verification.notes == (
        "which scenarios were selected cannot be told, so none is known to be missing",
    )
    assert verification.tally == VerifiedTally(
        checks=10, checks_same=10, verdicts=6, verdicts_derived=4, verdicts_stated=2
    )


def test_a_check_is_asked_of_what_stood_there_when_it_was_asked(tmp_path: Path) -> None:
    """An operation that was open then, and ended later, is unknown to the check."""
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario(FAILS, "WDR-4"))
        open_ = writer.invoke(FAILS, "operator", "CancelPairingRequest", {}, start=1)
        run = Teller(writer, FAILS)
        run.check("succeeded", operation=open_.id)
        writer.outcome(open_.id, Outcome.OK, end=2, value={})
        run.end()
    verification = verify(path, KNOWN)
    assert verification.differences == ()
    assert decoded(path)[3]["verdict"] == "inconclusive"


# --- tampering, with a digest and counts that fit again -------------------------------------


def set_in(kind: str, field: str, value: object, nth: int = 0, **where: object) -> Change:
    def change(lines: list[Line]) -> None:
        one(lines, kind, nth, **where)[field] = value

    return change


def without(kind: str, nth: int = 0, **where: object) -> Change:
    def change(lines: list[Line]) -> None:
        del lines[place(lines, kind, nth, **where)]

    return change


def twice(kind: str, nth: int = 0, **where: object) -> Change:
    def change(lines: list[Line]) -> None:
        at = place(lines, kind, nth, **where)
        lines.insert(at + 1, lines[at])

    return change


def swapped(kind: str, nth: int, other: str, other_nth: int) -> Change:
    def change(lines: list[Line]) -> None:
        a, b = place(lines, kind, nth), place(lines, other, other_nth)
        lines[a], lines[b] = lines[b], lines[a]

    return change


def both(*changes: Change) -> Change:
    def change(lines: list[Line]) -> None:
        for each in changes:
            each(lines)

    return change


def without_operation(id_: str) -> Change:
    return both(without("invoke", id=id_), without("outcome", id=id_))


REASON = "CancelPairingRequest should be refused, and succeeded"
TAMPERING: dict[str, tuple[Change, list[str]]] = {
    "a failure called a pass": (
        both(
            set_in("verdict", "verdict", "pass", scenario=FAILS),
            set_in("verdict", "reason", "", scenario=FAILS),
        ),
        ["verdict_differs"],
    ),
    "a failure called not supported": (
        set_in("verdict", "verdict", "not_supported", scenario=FAILS),
        ["verdict_differs"],
    ),
    "a pass called a failure": (
        set_in("verdict", "verdict", "fail", scenario=PASSES),
        ["verdict_differs"],
    ),
    "an early end called a pass": (
        both(
            set_in("verdict", "verdict", "pass", scenario=UNSUPPORTED),
            set_in("verdict", "reason", "", scenario=UNSUPPORTED),
        ),
        ["verdict_differs"],
    ),
    "an early end without a reason": (
        set_in("verdict", "reason", "", scenario=UNSUPPORTED),
        ["verdict_differs"],
    ),
    "another reason of a failure": (
        set_in("verdict", "reason", "it was raining", scenario=FAILS),
        ["verdict_differs"],
    ),
    "a verdict that rests on something else": (
        set_in("verdict", "operations", [f"{FAILS}#1"], scenario=FAILS),
        ["verdict_differs"],
    ),
    "a check's verdict, and its scenario's": (
        both(
            set_in("check", "verdict", "pass", reason=REASON),
            set_in("verdict", "verdict", "pass", scenario=FAILS),
            set_in("verdict", "reason", "", scenario=FAILS),
        ),
        ["check_differs", "verdict_differs"],
    ),
    "a check's reason": (
        set_in("check", "reason", "all is well", scenario=PASSES),
        ["check_differs"],
    ),
    "what a check rests on": (
        set_in("check", "operations", [f"{PASSES}#1"], scenario=PASSES),
        ["check_differs"],
    ),
    "what a check expects": (
        set_in("check", "expected", "Nothing much.", scenario=PASSES),
        ["check_differs"],
    ),
    "a check that asks something else": (
        set_in("check", "args", {"operation": f"{FAILS}#2"}, scenario=FAILS),
        ["check_impossible"],  # that operation begins only after it
    ),
    "a check with arguments of another": (
        set_in("check", "args", {"operation": f"{SEEN}#1", "depth": 3}, scenario=SEEN),
        ["check_impossible"],
    ),
    "a check of another name": (
        set_in("check", "check", "is_well", scenario=SEEN),
        ["unknown_check"],
    ),
    "an outcome": (
        set_in("outcome", "outcome", "fail", id=f"{PASSES}#2"),
        ["check_differs", "check_differs", "verdict_differs", "verdict_differs"],
    ),
    "an answer": (
        set_in(
            "outcome",
            "error",
            {"reason": "Conflict", "message": "<token:1>", "details": {}},
            id=f"{PASSES}#4",
        ),
        ["check_differs", "check_differs", "verdict_differs", "verdict_differs"],
    ),
    "what was done": (
        set_in("invoke", "kind", "RejectPairingRequest", id=f"{FAILS}#2"),
        ["check_differs", "verdict_differs"],
    ),
    "an operation gone": (without_operation(f"{PASSES}#1"), ["missing_operation"]),
    "an operation gone that a check needs": (
        without_operation(f"{SEEN}#1"),
        ["missing_operation", "check_impossible"],
    ),
    "an outcome gone": (
        without("outcome", id=f"{UNREACHED}#2"),
        ["without_outcome"],
    ),
    "a beginning gone": (
        without("invoke", id=f"{UNREACHED}#2"),
        ["without_beginning"],
    ),
    "an operation twice": (twice("invoke", id=f"{PASSES}#1"), ["twice"]),
    "an outcome twice": (twice("outcome", id=f"{PASSES}#1"), ["twice"]),
    "a check twice": (twice("check", scenario=PASSES), ["missing_check"]),
    "a verdict twice": (twice("verdict", scenario=SEEN), ["twice"]),
    "a scenario twice": (twice("scenario", id=SEEN), ["twice"]),
    "a header twice": (twice("header"), ["twice"]),
    "an end before its beginning": (
        swapped("invoke", 0, "outcome", 0),
        ["without_beginning", "without_outcome"],
    ),
    "an end at an earlier time": (
        set_in("outcome", "end", 0, id=f"{PASSES}#1"),
        ["out_of_order"],
    ),
    "operations that have changed places": (
        swapped("invoke", 0, "invoke", 2),
        [
            "missing_operation",
            "without_beginning",
            "out_of_order",
            "out_of_order",
            "without_outcome",
        ],
    ),
    "a check after its verdict": (
        swapped("check", 9, "verdict", 5),
        ["out_of_order"],
    ),
    "a check gone from one of two requirements": (
        without("check", scenario=PASSES, requirement="WDR-4"),
        ["missing_check", "verdict_differs"],
    ),
    "every check gone": (
        both(*[without("check", scenario=PASSES)] * 6),
        ["verdict_differs", "verdict_differs"],
    ),
    "a verdict gone": (without("verdict", scenario=FAILS), ["missing_verdict"]),
    "a requirement gone with its verdict": (
        both(
            set_in("scenario", "requirements", ["WDR-1"], id=PASSES),
            *[without("check", scenario=PASSES, requirement="WDR-4")] * 3,
            without("verdict", scenario=PASSES, requirement="WDR-4"),
        ),
        ["other_requirements"],
    ),
    "a verdict on another requirement": (
        set_in("verdict", "requirement", "WDR-7", scenario=UNSUPPORTED),
        ["missing_verdict", "other_requirements"],
    ),
    "a requirement that nobody knows": (
        both(
            set_in("scenario", "requirements", ["WDR-99"], id=UNSUPPORTED),
            set_in("verdict", "requirement", "WDR-99", scenario=UNSUPPORTED),
        ),
        ["unknown_requirement", "other_requirements"],
    ),
    "a scenario that nobody knows": (
        both(
            set_in("scenario", "id", "withdraw/in-a-dream", id=UNSUPPORTED),
            set_in("verdict", "scenario", "withdraw/in-a-dream", scenario=UNSUPPORTED),
        ),
        ["unknown_scenario"],
    ),
    "a scenario's beginning gone": (
        without("scenario", id=UNSUPPORTED),
        ["without_beginning"],
    ),
    "an edition that nobody knows": (set_in("header", "edition", "1999-01"), ["unknown_edition"]),
    "a line of another type": (
        lambda lines: lines.insert(3, {"type": "remark", "text": "all is well"}),
        ["unknown_line"],
    ),
    "a line that is of another form": (
        lambda lines: lines.insert(3, {"type": "invoke", "id": 7}),
        ["broken_line"],
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_it_is_seen_though_the_digest_and_the_counts_fit_again(evidence: Path, name: str) -> None:
    change, expected = TAMPERING[name]
    kinds = kinds_of(changed(evidence, change))
    assert kinds == expected
    assert "changed" not in kinds, "it was to be found without the digest"


@pytest.mark.parametrize("name", ["a failure called a pass", "an outcome twice"])
def test_without_a_new_digest_that_is_told_as_well(evidence: Path, name: str) -> None:
    change, expected = TAMPERING[name]
    assert kinds_of(changed(evidence, change, sealed=False))[: len(expected)] == expected
    assert "changed" in kinds_of(evidence)


def test_a_change_that_means_nothing_to_any_check_is_told_by_the_digest(evidence: Path) -> None:
    changed(evidence, set_in("scenario", "name", "Another name", id=PASSES), sealed=False)
    assert kinds_of(evidence) == ["changed"]


def test_a_footer_that_counts_wrongly(evidence: Path) -> None:
    changed(evidence, lambda lines: lines[-1]["counts"].update(checks=3), sealed=False)
    (only,) = verify(evidence, KNOWN).differences
    assert only.kind is DifferenceKind.COUNTS
    assert "3 checks" in only.message
    assert "10 checks" in only.message


def test_what_stands_after_the_footer(evidence: Path) -> None:
    changed(evidence, lambda lines: lines.append(lines[1]), sealed=False)
    assert kinds_of(evidence) == ["after_footer"]


def test_each_kind_is_told_in_words_of_its_own(evidence: Path, tmp_path: Path) -> None:
    """The first words would do; a message is no use if two kinds share it."""
    pristine = evidence.read_bytes()
    messages: dict[str, set[str]] = {}
    for change, _ in TAMPERING.values():
        evidence.write_bytes(pristine)
        for difference in verify(changed(evidence, change), KNOWN).differences:
            messages.setdefault(difference.kind.value, set()).add(difference.message)
    told = [message for many in messages.values() for message in many]
    assert len(messages) >= 17
    assert len(told) == len(set(told))


def test_a_difference_names_line_scenario_requirement_and_operation(evidence: Path) -> None:
    changed(evidence, set_in("check", "verdict", "pass", reason=REASON))
    first, *_ = verify(evidence, KNOWN).differences
    assert first.line == place(decoded(evidence), "check", reason=REASON) + 1
    assert (first.scenario, first.requirement) == (FAILS, "WDR-4")
    assert first.operation == f"{FAILS}#2"
    assert first.message == (
        "check refused on WDR-4, asked again, has the verdict 'fail', not 'pass'"
    )


# --- a file that is not whole ---------------------------------------------------------------


def test_a_file_without_its_end_is_cut_off(evidence: Path) -> None:
    lines = evidence.read_bytes().splitlines(keepends=True)
    evidence.write_bytes(b"".join(lines[:-4]))
    verification = verify(evidence, KNOWN)
    assert verification.cut_off.startswith(f"the file ends after line {len(lines) - 4} without a")
    assert not verification.same
    assert [d.kind.value for d in verification.differences] == []


def test_a_line_without_its_end_is_cut_off(evidence: Path) -> None:
    evidence.write_bytes(evidence.read_bytes()[:-400])
    assert verify(evidence, KNOWN).cut_off.endswith("breaks off in the middle, and nothing follows")


def test_a_cut_does_not_hide_what_was_changed(evidence: Path) -> None:
    changed(evidence, set_in("outcome", "outcome", "fail", id=f"{PASSES}#2"))
    evidence.write_bytes(b"".join(evidence.read_bytes().splitlines(keepends=True)[:-1]))
    assert kinds_of(evidence)[0] == "check_differs"


def test_the_parts_of_a_run_that_died_are_judged_as_far_as_they_go(tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.jsonl"
    write(part_path(evidence, "gw0"), part=True)
    with EvidenceWriter(part_path(evidence, "gw1"), Redactor(), part=True) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("own/hardly-begun", "WDR-4"))
    verification = verify(tmp_path, KNOWN)
    assert "parts of a run" in verification.cut_off
    assert verification.tally.verdicts_derived == 4
    assert [d.kind.value for d in verification.differences] == ["unknown_scenario"]


def test_parts_of_different_runs_do_not_belong_together(tmp_path: Path) -> None:
    other = msgspec.structs.replace(HEADER, seed=8)
    write(part_path(tmp_path / "evidence.jsonl", "gw0"), part=True)
    write(part_path(tmp_path / "evidence.jsonl", "gw1"), part=True, header=other)
    assert DifferenceKind.OTHER_RUN in {d.kind for d in verify(tmp_path, KNOWN).differences}


def test_a_run_that_was_stopped_owes_no_verdict_on_what_it_had_begun(tmp_path: Path) -> None:
    path = write(tmp_path / "evidence.jsonl")

    def stopped(lines: list[Line]) -> None:
        without("verdict", scenario=UNREACHED)(lines)
        lines[-1]["interrupted"] = True

    verification = verify(changed(path, stopped), KNOWN)
    assert verification.same
    assert verification.interrupted
    assert verification.notes == (
        "the run was stopped before its end; it was judged as far as it goes",
    )


def test_a_run_that_was_stopped_does_not_hide_a_failure(tmp_path: Path) -> None:
    def stopped(lines: list[Line]) -> None:
        without("verdict", scenario=FAILS)(lines)
        lines[-1]["interrupted"] = True

    path = changed(write(tmp_path / "evidence.jsonl"), stopped)
    assert kinds_of(path) == ["missing_verdict"]


@pytest.mark.parametrize("content", [b"", b"hello\n", b'{"type":"scenario"}\n', b"\x00\x01"])
def test_what_is_no_evidence_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_bytes(content)
    with pytest.raises(EvidenceError):
        verify(path, KNOWN)


# --- what is expected, and what is kept -----------------------------------------------------


def test_a_scenario_that_was_selected_and_is_not_there_is_missing(evidence: Path) -> None:
    def dropped(lines: list[Line]) -> None:
        lines[:] = [
            line for line in lines
            if FAILS not in (line.get("id"), line.get("scenario"), str(line.get("id"))[:-2])
        ]  # fmt: skip

    changed(evidence, dropped)
    (only,) = verify(evidence, KNOWN, lambda header: list(KNOWN.scenarios)).differences
    assert only.kind is DifferenceKind.MISSING_SCENARIO
    assert FAILS in only.message


def test_another_version_is_named_as_what_may_differ(tmp_path: Path) -> None:
    newer = msgspec.structs.replace(HEADER, harness=HarnessInfo("9.9"))
    assert "pairproof 9.9" in verify(write(tmp_path / "e.jsonl", header=newer), KNOWN).notes[0]


def test_a_flood_of_differences_is_counted_and_not_kept(evidence: Path) -> None:
    def flooded(lines: list[Line]) -> None:
        lines[3:3] = [lines[2]] * (DIFFERENCES_MAX + 5)

    verification = verify(changed(evidence, flooded), KNOWN)
    assert len(verification.differences) == DIFFERENCES_MAX
    assert verification.difference_count == DIFFERENCES_MAX + 5


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Twenty times as many scenarios, and the same at the peak, give or take their names."""

    def peak(scenarios: int) -> int:
        path = tmp_path / f"{scenarios}.jsonl"
        with EvidenceWriter(path, Redactor(), keep_history=False) as writer:
            writer.header(HEADER)
            for n in range(scenarios):
                writer.scenario(scenario(f"own/s{n}", "WDR-4"))
                for at in range(20):
                    done = writer.invoke(f"own/s{n}", "operator", "ViewPairing", {}, start=at)
                    writer.outcome(done.id, Outcome.OK, end=at, value={"text": "x" * 2_000})
                writer.verdict(verdict(f"own/s{n}", given=Verdict.SKIPPED, reason="left out"))
        tracemalloc.start()
        verify(path, KNOWN)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(200) < peak(10) + 200 * 4_000
