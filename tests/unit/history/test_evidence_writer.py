"""What is written is whole after every call, closed properly, and free of secrets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.history.errors import EvidenceError
from harness.history.evidence import BODY_CHARACTERS_MAX, EvidenceWriter
from harness.history.lines import STILL_OPEN, CheckLine
from harness.history.operation import Outcome
from harness.history.reader import read_evidence
from harness.history.redaction import Redactor
from tests.unit.history.writing import HEADER, decoded, lines_of, play, scenario, verdict, write

ROOT = Path(__file__).resolve().parents[3]


def test_the_lines_and_their_keys_come_in_the_order_of_the_format(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        play(writer, "withdraw/a")
        writer.check(
            CheckLine(
                scenario="withdraw/a",
                requirement="WDR-4",
                check="refused",
                args={"operation": "withdraw/a#2"},
                step="Then it is refused",
                verdict=Verdict.PASS,
                reason="",
                operations=["withdraw/a#2"],
                expected="a refusal",
            )
        )
    lines = decoded(path)
    assert [line["type"] for line in lines] == [
        "header", "scenario", "invoke", "outcome", "invoke", "outcome", "verdict", "check", "footer"
    ]  # fmt: skip
    keys = {str(line["type"]): " ".join(line) for line in lines}
    assert keys == {
        "header": "type schema harness edition kind implementation roles profile driver seed repeat"
        " selection features limits target_file waivers run",
        "scenario": "type id name feature line rule requirements profile",
        "invoke": "type id scenario actor kind args tags start",
        "outcome": "type id outcome end value error request response",
        "check": "type scenario requirement check args step verdict reason operations expected",
        "verdict": "type requirement scenario verdict reason operations at",
        "footer": "type counts digest interrupted run",
    }
    assert lines[-1]["counts"] == {"scenarios": 1, "operations": 2, "checks": 1, "verdicts": 1}


def test_operation_ids_count_within_their_scenario(tmp_path: Path) -> None:
    path = write(tmp_path / "evidence.jsonl", "withdraw/a", "withdraw/b")
    ids = [line["id"] for line in decoded(path) if line["type"] == "invoke"]
    assert ids == ["withdraw/a#1", "withdraw/a#2", "withdraw/b#1", "withdraw/b#2"]


def test_every_line_is_in_the_file_before_the_call_returns(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    writer = EvidenceWriter(path, Redactor())
    writer.header(HEADER)
    assert len(lines_of(path)) == 1
    writer.scenario(scenario("withdraw/a"))
    writer.invoke("withdraw/a", "operator", "ViewPairing", {}, start=1)
    assert [line["type"] for line in decoded(path)] == ["header", "scenario", "invoke"]
    writer.close()


def test_a_killed_run_tells_what_was_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    program = """
import os, sys, pathlib
from harness.history.evidence import EvidenceWriter
from harness.history.redaction import Redactor
from tests.unit.history.writing import HEADER, scenario
writer = EvidenceWriter(pathlib.Path(sys.argv[1]), Redactor())
writer.header(HEADER)
writer.scenario(scenario("withdraw/a"))
writer.invoke("withdraw/a", "operator", "CancelPairingRequest", {}, start=1)
os.kill(os.getpid(), 9)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", program, str(path)], env=env, check=False)
    assert ended.returncode == -signal.SIGKILL
    evidence = read_evidence(path)
    assert not evidence.complete
    (operation,) = evidence.histories["withdraw/a"].operations
    assert operation.kind == "CancelPairingRequest"
    assert operation.outcome is Outcome.INFO
    assert operation.error == {"why": STILL_OPEN}


def test_closing_ends_what_is_open_as_unknown(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("withdraw/a"))
        writer.invoke("withdraw/a", "operator", "ViewPairing", {}, start=5)
        writer.verdict(verdict("withdraw/a"))
    line = decoded(path)[-2]
    assert (line["outcome"], line["end"], line["error"]) == ("info", 5, {"why": STILL_OPEN})
    assert read_evidence(path).complete


def test_an_interrupted_run_closes_its_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    writer = EvidenceWriter(path, Redactor())
    writer.header(HEADER)
    with pytest.raises(KeyboardInterrupt), writer:
        raise KeyboardInterrupt
    evidence = read_evidence(path)
    assert evidence.footer is not None
    assert not evidence.complete
    assert evidence.problems == ("the run was interrupted before its end",)


def test_the_writer_knows_what_was_exchanged_and_what_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        play(writer, "withdraw/a")
        exchanged, written = writer.history("withdraw/a"), writer.written("withdraw/a")
    assert written == read_evidence(path).histories["withdraw/a"]
    assert written.operations[0].args == {"token": "<token:1>"}
    assert exchanged.operations[0].args != written.operations[0].args
    assert [o.id for o in exchanged.operations] == [o.id for o in written.operations]


def test_what_could_not_be_hidden_everywhere_is_told_in_its_scenario(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    redactor = Redactor()
    redactor.register("cluster", "password")
    with EvidenceWriter(path, redactor) as writer:
        writer.header(HEADER)
        for name in ("a/b", "a/c"):
            writer.scenario(scenario(name))
            sent = writer.invoke(name, "operator", "ViewPairing", {"name": "cluster"}, start=1)
            writer.outcome(
                sent.id, Outcome.OK, end=2, value={"uid": "0c9e4b", "cookie": "a=0c9e4b"}
            )
            writer.verdict(verdict(name))
    warned = [
        (line["scenario"], line["text"]) for line in decoded(path) if line["type"] == "warning"
    ]
    assert [scenario for scenario, _ in warned] == ["a/b", "a/b", "a/c", "a/c"]
    evidence = read_evidence(path)
    assert evidence.problems == ()
    assert evidence.warnings == (warned[0][1], warned[1][1])
    assert [
        f"kind {kind}" in text
        for kind, (_, text) in zip(("password", "cookie"), warned, strict=False)
    ] == [True, True]
    assert evidence.histories["a/b"].operations[0].value == {
        "uid": "0c9e4b",
        "cookie": "a=<cookie:1>",
    }


def test_only_the_last_scenario_is_kept_in_memory(tmp_path: Path) -> None:
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        play(writer, "withdraw/a")
        play(writer, "withdraw/b")
        assert len(writer.history("withdraw/b").operations) == 2
        with pytest.raises(KeyError):
            writer.history("withdraw/a")


def test_a_huge_body_is_cut_with_a_note_and_without_half_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    redactor = Redactor()
    redactor.register("s3cret-at-the-edge", "token")
    body = "x" * (BODY_CHARACTERS_MAX - 9) + "s3cret-at-the-edge" + "y" * 1_000_000
    with EvidenceWriter(path, redactor) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("withdraw/a"))
        sent = writer.invoke("withdraw/a", "operator", "ViewPairing", {}, start=1)
        response = {"status": 200, "headers": {}, "body": body}
        writer.outcome(sent.id, Outcome.INFO, end=2, response=response)
    (record,) = read_evidence(path).histories["withdraw/a"].operations
    assert record.response is not None
    kept = str(record.response["body"])
    assert "s3cret" not in kept
    assert kept.endswith(f" … [cut here: {len(body)} characters in all]")
    assert path.stat().st_size < 2 * BODY_CHARACTERS_MAX


def test_half_a_surrogate_pair_does_not_stop_a_run(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("withdraw/a"))
        sent = writer.invoke("withdraw/a", "operator", "ViewPairing", {}, start=1)
        writer.outcome(sent.id, Outcome.OK, end=2, value={"name": "half \ud800 pair"})
        writer.verdict(verdict("withdraw/a"))
    evidence = read_evidence(path)
    assert evidence.complete
    assert evidence.histories["withdraw/a"].operations[0].value == {"name": "half \ufffd pair"}


def test_threads_share_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("withdraw/a"))

        def operate(n: int) -> None:
            sent = writer.invoke("withdraw/a", f"operator {n}", "ViewPairing", {}, start=n)
            writer.outcome(sent.id, Outcome.OK, end=n, value={})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(operate, range(200)))
        writer.verdict(verdict("withdraw/a"))
    evidence = read_evidence(path)
    assert evidence.problems == ()
    assert evidence.operation_count == 200


def test_an_answer_to_an_operation_that_is_not_open_is_a_defect_of_the_caller(
    tmp_path: Path,
) -> None:
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        with pytest.raises(KeyError):
            writer.outcome("withdraw/a#1", Outcome.OK, end=1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_said_with_what_to_do() -> None:
    writer = EvidenceWriter(Path("/dev/full"), Redactor())
    with pytest.raises(EvidenceError, match=r"/dev/full: the disk is full; free some space"):
        writer.header(HEADER)
    with pytest.raises(EvidenceError, match="the evidence is closed"):
        writer.scenario(scenario("withdraw/a"))
    writer.close()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EvidenceError, match=r"cannot be written .*choose another folder"):
        EvidenceWriter(tmp_path / "file" / "evidence.jsonl", Redactor())
    with pytest.raises(EvidenceError, match=r"cannot be written \(Is a directory\)"):
        EvidenceWriter(tmp_path, Redactor())


def test_the_same_run_gives_the_same_digest_whatever_its_run_object(tmp_path: Path) -> None:
    elsewhere = msgspec.structs.replace(
        HEADER,
        run=msgspec.structs.replace(HEADER.run, workers=8, started_at="2027-01-01T00:00:00Z"),
    )
    one = write(tmp_path / "1.jsonl", "withdraw/a")
    other = write(tmp_path / "2.jsonl", "withdraw/a", header=elsewhere)
    assert lines_of(one)[0] != lines_of(other)[0]
    assert lines_of(one)[1:] == lines_of(other)[1:]
