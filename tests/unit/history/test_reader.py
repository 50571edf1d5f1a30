"""Evidence is read back as it is, and what is wrong with it is said in so many words."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import zstandard

from harness.catalogue.verdict import Verdict
from harness.files import MIB
from harness.history import scan as module
from harness.history.errors import EvidenceError
from harness.history.lines import EvidenceHeader
from harness.history.operation import Outcome
from harness.history.reader import PROBLEMS_MAX, read_evidence
from harness.history.scan import scan
from tests.unit.history.writing import HEADER, lines_of, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "evidence.jsonl", "withdraw/a", "withdraw/b")


def change(path: Path, edit: Callable[[list[bytes]], list[bytes]]) -> Path:
    path.write_bytes(b"".join(edit(lines_of(path))))
    return path


def test_a_whole_file_comes_back_whole(path: Path) -> None:
    evidence = read_evidence(path)
    assert evidence.complete
    assert evidence.problems == ()
    assert evidence.header == HEADER
    assert [s.id for s in evidence.scenarios] == ["withdraw/a", "withdraw/b"]
    assert [len(h.operations) for h in evidence.histories.values()] == [2, 2]
    assert [v.verdict for v in evidence.verdicts] == [Verdict.PASS, Verdict.PASS]
    first, second = evidence.histories["withdraw/a"].operations
    assert (first.outcome, first.start, first.end) == (Outcome.OK, 100, 200)
    assert second.error == {"reason": "NotFound", "message": "none", "details": {}}


def test_a_folder_of_a_run_is_read_by_its_evidence(path: Path) -> None:
    assert read_evidence(path.parent).complete


# --- evidence that is packed ----------------------------------------------------------------


def packed(path: Path, content: bytes | None = None) -> Path:
    """The evidence, packed as it is published, in place of the other."""
    content = path.read_bytes() if content is None else content
    file = path.with_name("evidence.jsonl.zst")
    file.write_bytes(zstandard.ZstdCompressor().compress(content))
    path.unlink()
    return file


def test_packed_evidence_says_the_same(path: Path) -> None:
    plain = read_evidence(path)
    file = packed(path)
    for place in (file, file.parent):
        assert replace(read_evidence(place), path=path) == plain


def test_packed_evidence_that_breaks_off_or_is_none_is_refused(path: Path) -> None:
    file = packed(path)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(EvidenceError, match="the file breaks off"):
        read_evidence(file)
    file.write_bytes(b"no frame")
    with pytest.raises(EvidenceError, match="not compressed by Zstandard"):
        read_evidence(file)


def test_what_packs_more_than_any_run_writes_is_not_unpacked(path: Path) -> None:
    line = path.read_bytes().splitlines(keepends=True)[1]
    file = packed(path, path.read_bytes() + line * (module.PACKED_BYTES_MAX // len(line)))
    assert file.stat().st_size < MIB
    with pytest.raises(EvidenceError, match="more than 256 MiB come out of it"):
        for _ in module.raw_lines(file):
            pass


# --- what is no evidence --------------------------------------------------------------------

NOT_EVIDENCE = {
    "empty": (b"", "the file is empty"),
    "binary": (bytes(range(256)), "a binary file, and not evidence"),
    "compressed": (gzip.compress(b"x"), "a compressed file, and not evidence; unpack it first"),
    "a page": (b"<!DOCTYPE html>\n<html></html>", "an HTML page, and not evidence"),
    "a page without a type": (b" <html>", "an HTML page, and not evidence"),
    "text": (b"Dear Sir,\n", "this is text, and not evidence"),
    "other text": ("größe µ\n".encode(), "this is text, and not evidence"),
    "other JSON": (b'{"verdict":"conforms"}\n', "its first line is no header"),
    "a JSON number": (b"5\n", "its first line is no header"),
    "pretty JSON": (b'{\n  "type": "header"\n}\n', "JSON over several lines, and not evidence"),
    "no schema": (b'{"type":"header"}\n', "the schema is None, and this version"),
    "another version": (
        b'{"type":"header","schema":"pairproof/evidence/9"}\n',
        r"the schema is 'pairproof/evidence/9', and this version of pairproof reads"
        r" 'pairproof/evidence/1'; use the version of pairproof that wrote the file",
    ),
    "a broken header": (
        b'{"type":"header","schema":"pairproof/evidence/1"}\n',
        "line 1, the header, is broken .*harness",
    ),
    "half a header": (b'{"type":"header","schema":"pairpr', "ends within its first line"),
}


@pytest.mark.parametrize("name", NOT_EVIDENCE)
def test_what_is_not_evidence_is_called_what_it_is(name: str, tmp_path: Path) -> None:
    content, message = NOT_EVIDENCE[name]
    path = tmp_path / "evidence.jsonl"
    path.write_bytes(content)
    with pytest.raises(EvidenceError, match=message) as raised:
        read_evidence(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert raised.value.hint


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"there is no such file; look for evidence.jsonl"):
        read_evidence(tmp_path / "gone.jsonl")


def test_a_folder_without_evidence_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"neither an evidence.jsonl nor parts of one"):
        read_evidence(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(path: Path) -> None:
    path.chmod(0)
    with pytest.raises(EvidenceError, match=r"cannot be read .*check its permissions"):
        read_evidence(path)


def test_a_gigabyte_without_a_line_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # a hole: takes no space
    with pytest.raises(EvidenceError, match="a binary file, and not evidence"):
        read_evidence(path)


# --- what was cut off or changed ------------------------------------------------------------


def test_a_broken_line_in_the_middle_is_named(path: Path) -> None:
    change(path, lambda lines: [*lines[:4], b'{"type":"outc\n', *lines[5:]])
    with pytest.raises(EvidenceError, match=r"line 5 is broken .*damaged after the run"):
        read_evidence(path)


def test_a_line_that_lacks_a_field_is_named_with_the_field(path: Path) -> None:
    change(path, lambda lines: [*lines[:2], b'{"type":"invoke","id":"x"}\n', *lines[3:]])
    with pytest.raises(EvidenceError, match=r"line 3 is broken .*scenario"):
        read_evidence(path)


def test_an_unknown_verdict_is_named(path: Path) -> None:
    change(path, lambda lines: [l.replace(b'"pass"', b'"fine"') for l in lines])  # noqa: E741
    with pytest.raises(EvidenceError, match=r"line 7 is broken .*fine"):
        read_evidence(path)


@pytest.mark.parametrize("kept", [1, 30, -1])
def test_a_last_line_that_was_cut_off_is_left_out(path: Path, kept: int) -> None:
    change(path, lambda lines: [*lines[:5], lines[5].rstrip(b"\n")[:kept]])
    evidence = read_evidence(path)
    assert not evidence.complete
    assert "line 6: it breaks off in the middle" in evidence.problems
    last = evidence.histories["withdraw/a"].operations[-1]
    assert (last.end, last.outcome) == (None, Outcome.INFO)


def test_every_cut_of_a_file_can_be_read_as_far_as_it_goes(path: Path) -> None:
    whole = path.read_bytes()
    header = len(lines_of(path)[0])
    for length in range(header, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        evidence = read_evidence(path)
        assert not evidence.complete
        assert any("no footer" in problem for problem in evidence.problems)


def test_a_missing_end_of_line_after_the_footer_does_not_matter(path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert read_evidence(path).problems == ()


def test_a_scenario_without_its_verdict_is_a_problem(path: Path) -> None:
    change(path, lambda lines: lines[:6])
    assert "scenario withdraw/a has no verdict on WDR-4" in read_evidence(path).problems


def test_lines_after_the_footer_are_ignored_and_told(path: Path) -> None:
    change(path, lambda lines: [*lines, lines[6].replace(b'"pass"', b'"fail"')])
    evidence = read_evidence(path)
    assert [v.verdict for v in evidence.verdicts] == [Verdict.PASS, Verdict.PASS]
    assert any("stands after the footer" in problem for problem in evidence.problems)


@pytest.mark.parametrize("number", range(12))
def test_the_digest_tells_that_any_line_was_changed(path: Path, number: int) -> None:
    def edit(lines: list[bytes]) -> list[bytes]:
        changed = lines[number].replace(b'WDR-4"', b'WDR-5"').replace(b'"seed":7', b'"seed":8')
        changed = changed.replace(b"operator", b"0perator").replace(b'"end":', b'"end":1')
        assert changed != lines[number]
        return [*lines[:number], changed, *lines[number + 1 :]]

    problems = read_evidence(change(path, edit)).problems
    assert any("the digest does not fit" in problem for problem in problems)


def test_the_digest_tells_that_a_line_was_taken_out(path: Path) -> None:
    problems = read_evidence(change(path, lambda lines: lines[:3] + lines[4:])).problems
    assert any("the digest does not fit" in problem for problem in problems)


def test_the_run_object_may_differ(path: Path) -> None:
    def edit(lines: list[bytes]) -> list[bytes]:
        return [lines[0].replace(b"2026-11-24T10", b"2027-11-24T10"), *lines[1:]]

    assert read_evidence(change(path, edit)).problems == ()


def test_a_header_that_was_spelled_anew_is_told(path: Path) -> None:
    problems = read_evidence(change(path, lambda ls: [ls[0].replace(b":", b": ", 1), *ls[1:]]))
    assert any("not spelled as pairproof writes it" in p for p in problems.problems)


def test_counts_that_do_not_fit_are_told(path: Path) -> None:
    change(path, lambda ls: [*ls[:-1], ls[-1].replace(b'"operations":4', b'"operations":9')])
    assert any("9 operations" in problem for problem in read_evidence(path).problems)


def test_repeated_lines_and_names_of_what_is_not_there_are_told(path: Path) -> None:
    def edit(lines: list[bytes]) -> list[bytes]:
        unknown = [line.replace(b"withdraw/a", b"withdraw/z") for line in lines[2:7]]
        failed = lines[6].replace(b'"pass"', b'"fail"')
        return [*lines[:7], lines[1], lines[2], lines[3], failed, lines[0], *unknown, *lines[7:]]

    evidence = read_evidence(change(path, edit))
    told = "\n".join(evidence.problems)
    for problem in (
        "line 8: scenario withdraw/a is here a second time",
        "line 9: operation withdraw/a#1 is here a second time",
        "line 10: operation withdraw/a#1 ends a second time",
        "line 11 is a second verdict on WDR-4 of scenario withdraw/a; the worse one counts",
        "line 12: this is a second header",
        "line 13 names scenario withdraw/z, which the file does not have",
    ):
        assert problem in told
    assert evidence.verdicts[0].verdict is Verdict.FAIL


def test_an_answer_without_a_question_is_told(path: Path) -> None:
    change(path, lambda lines: [*lines[:2], *lines[3:]])
    problems = read_evidence(path).problems
    assert any("names operation withdraw/a#1, which is not there" in p for p in problems)


def test_a_line_of_a_type_to_come_is_ignored_and_told(path: Path) -> None:
    change(path, lambda lines: [*lines[:3], b'{"type":"nemesis","x":1}\n', *lines[3:]])
    evidence = read_evidence(path)
    assert any("line 4: this version does not know" in p for p in evidence.problems)
    assert evidence.operation_count == 4


def test_fields_to_come_are_ignored(path: Path) -> None:
    change(path, lambda ls: [ls[0], ls[1].replace(b'"type"', b'"colour":"red","type"'), *ls[2:]])
    assert len(read_evidence(path).scenarios) == 2


def test_many_problems_are_counted_and_not_listed(path: Path) -> None:
    change(path, lambda lines: [*lines[:7], *[lines[2]] * 100, *lines[7:]])
    problems = read_evidence(path).problems
    assert len(problems) == PROBLEMS_MAX + 1
    assert problems[-1] == "and 51 more problems"


def test_scan_streams_the_lines_with_their_places(path: Path) -> None:
    raw = list(scan(path))
    assert isinstance(raw[0].line, EvidenceHeader)
    assert [r.number for r in raw] == list(range(1, 15))
    whole = path.read_bytes()
    assert all(whole[r.offset :].startswith(r.raw) for r in raw)
    assert msgspec.json.decode(raw[-1].raw)["type"] == "footer"
