"""What a part says is what was written, as far as it goes; and it costs little memory."""

from __future__ import annotations

import resource
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import cast

import msgspec
import pytest

from harness.history import parts
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import GrantsLine, PartLine
from harness.history.lines import DECODER, STILL_OPEN, InvokeLine, OutcomeLine
from harness.history.operation import OperationRecord, Outcome
from tests.unit.history.operations import begun, lines_in, over, pack, write_part

FIRST = begun(1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / parts.part_file("07")


def written(path: Path | None, *steps: OperationRecord) -> PartLine:
    """A part of these steps: a record without an end is invoked, one with an end has it."""
    writer = parts.PartWriter(path, "07")
    for step in steps:
        writer.invoke(step) if step.end is None else writer.outcome(step)
    return writer.close()


# --- writing --------------------------------------------------------------------------------


def test_what_was_written_comes_back_in_its_order(path: Path) -> None:
    second, refused = begun(2, start=120), over(begun(2, start=120), Outcome.FAIL)
    written(path, FIRST, second, refused, over(FIRST))
    assert list(parts.records(path)) == [
        (False, FIRST), (False, second), (True, refused), (True, over(FIRST)),
    ]  # fmt: skip


def test_lines_are_those_of_any_evidence_without_what_is_empty(path: Path) -> None:
    bare = replace(FIRST, args={}, tags={})
    written(path, bare, replace(bare, end=150, outcome=Outcome.OK))
    assert lines_in(path) == [
        b'{"type":"invoke","id":"07#1","scenario":"07","actor":"agent","kind":"PollPairing",'
        b'"args":{},"start":100}\n',
        b'{"type":"outcome","id":"07#1","outcome":"ok","end":150}\n',
    ]
    assert [type(DECODER.decode(line)) for line in lines_in(path)] == [InvokeLine, OutcomeLine]


def test_every_field_of_a_record_is_kept(path: Path) -> None:
    wire = {"method": "GET", "url": "/x", "headers": {}, "body": ""}
    whole = replace(over(FIRST), error={"why": "?"}, request=wire, response={"status": 200})
    written(path, FIRST, whole)
    assert list(parts.records(path))[-1] == (True, whole)


def test_the_line_about_it_counts_and_digests_the_plain_lines(path: Path) -> None:
    line = written(path, FIRST, over(FIRST))
    digest = sha256(b"".join(lines_in(path))).hexdigest()
    assert line == PartLine(
        name="07", file="parts/07.jsonl.zst", lines=2, operations=1, digest=f"sha256:{digest}"
    )


def test_the_line_about_it_says_when_the_cell_ended() -> None:
    assert parts.PartWriter(None, "07").close(ended_at=900).ended_at == 900


def test_without_a_path_nothing_is_written_and_the_line_is_the_same(path: Path) -> None:
    line = written(None, FIRST, over(FIRST))
    assert not path.parent.exists()
    assert line == written(path, FIRST, over(FIRST))


def test_the_same_operations_make_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_part(tmp_path / folder, count=2_000)
    first, second = (tmp_path / folder / parts.part_file("07") for folder in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_open_ends_unknown_in_order_of_invocation(path: Path) -> None:
    writer = parts.PartWriter(path, "07")
    for number in (1, 2, 3):
        writer.invoke(begun(number))
    writer.outcome(over(begun(2)))
    line = writer.close()
    ended = [record for is_over, record in parts.records(path) if is_over]
    unknown = {"end": 100, "outcome": Outcome.INFO, "error": {"why": STILL_OPEN}}
    assert ended == [
        over(begun(2)), replace(FIRST, **unknown), replace(begun(3), **{**unknown, "end": 300})
    ]  # fmt: skip
    assert (line.lines, line.operations) == (6, 3)


def test_what_was_open_can_be_had_before_it_is_closed(path: Path) -> None:
    writer = parts.PartWriter(path, "07")
    writer.invoke(FIRST)
    ended = writer.end_open()
    assert [(o.id, o.outcome, o.end) for o in ended] == [("07#1", Outcome.INFO, 100)]
    assert writer.close().lines == 2


def test_what_is_encoded_already_is_taken_as_it_is(path: Path) -> None:
    raw = cast("dict[str, object]", msgspec.Raw(b'{"cluster": {"uid":"c1"}}'))
    written(path, replace(FIRST, args=raw), over(FIRST))
    assert next(parts.records(path))[1].args == {"cluster": {"uid": "c1"}}


def test_any_mapping_will_do(path: Path) -> None:
    written(path, replace(FIRST, args=MappingProxyType({"a": MappingProxyType({})})), over(FIRST))
    assert next(parts.records(path))[1].args == {"a": {}}


def test_half_a_character_is_replaced_and_the_lines_around_it_stay(path: Path) -> None:
    half = replace(begun(2), args={"name": "x\ud83d"})
    written(path, FIRST, half, over(FIRST), over(half))
    assert [o.args for is_over, o in parts.records(path) if not is_over] == [
        FIRST.args, {"name": "x\ufffd"},
    ]  # fmt: skip


def test_a_part_of_nothing_is_a_file_of_its_kind(path: Path) -> None:
    line = written(path)
    assert (line.lines, lines_in(path), list(parts.read_part(path))) == (0, [], [])


def test_grants_have_a_part_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / parts.part_file("grants")
    writer = parts.PartWriter(path, "grants")
    line = GrantsLine(window=3, grants=[5, 0])
    writer.grants(line)
    assert writer.close().operations == 0
    assert [raw.line for raw in parts.read_part(path)] == [line]


def test_an_operation_that_was_not_invoked_cannot_end() -> None:
    with pytest.raises(KeyError):
        parts.PartWriter(None, "07").outcome(over(FIRST))


def test_an_operation_ends_at_some_time() -> None:
    writer = parts.PartWriter(None, "07")
    writer.invoke(FIRST)
    with pytest.raises(ValueError, match="07#1 has no end"):
        writer.outcome(FIRST)


def test_closing_again_changes_nothing(path: Path) -> None:
    writer = parts.PartWriter(path, "07")
    writer.invoke(FIRST)
    line, size = writer.close(), path.stat().st_size
    assert (writer.close(), path.stat().st_size) == (line, size)
    with pytest.raises(EvidenceError, match="the part is closed"):
        writer.invoke(begun(2))


def test_writing_and_reading_take_little_memory_however_much_it_is(path: Path) -> None:
    tracemalloc.start()
    writer = parts.PartWriter(path, "07")
    for number in range(1, 10_001):
        record = begun(number)
        writer.invoke(record)
        writer.outcome(over(record))
    line = writer.close()
    assert line.operations == sum(is_over for is_over, _ in parts.records(path)) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(map(len, lines_in(path))) > 2_000_000
    assert peak < 8 * parts.BLOCK_BYTES


# --- what can go wrong ----------------------------------------------------------------------


def test_a_full_disk_is_said_at_once_and_from_then_on() -> None:
    writer = parts.PartWriter(Path("/dev/full"), "07")
    with pytest.raises(EvidenceError, match="the disk is full"):
        fill(writer, 1_000)
    with pytest.raises(EvidenceError, match="the part is closed"):
        writer.invoke(begun(1_001))


def fill(writer: parts.PartWriter, count: int) -> None:
    for number in range(1, count + 1):
        record = begun(number)
        writer.invoke(record)
        writer.outcome(over(record))


def fill_with_noise(writer: parts.PartWriter) -> None:
    drawn = Random(1)
    for number in range(1, 2_000):
        writer.invoke(replace(begun(number), args={"drawn": drawn.randbytes(200).hex()}))


def test_where_there_is_no_more_room_all_that_is_there_is_whole(path: Path) -> None:
    """Half a frame is taken away again, so that nobody has to read around it."""
    path.parent.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = parts.PartWriter(path, "07")
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(EvidenceError) as told:
            fill_with_noise(writer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    size = path.stat().st_size
    assert 0 < size < 200_000
    assert f"{size:,} bytes of it are written" in told.value.problem
    lines, problem = as_far_as_it_goes(path)
    assert (lines > 300, problem) == (True, "")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "parts").write_text("a file")
    with pytest.raises(EvidenceError, match="cannot be written"):
        parts.PartWriter(tmp_path / parts.part_file("07"), "07")


BREAKS_OFF = "the file breaks off: its writer was stopped, or it was not copied whole"


def as_far_as_it_goes(path: Path) -> tuple[int, str]:
    """How many lines can be read, and what is said after them."""
    reader = parts.read_part(path)
    try:
        for _ in reader:
            pass
    except EvidenceError as error:
        return reader.lines, error.problem
    return reader.lines, ""


def test_of_a_writer_that_was_killed_all_but_the_last_block_is_there(
    path: Path, tmp_path: Path
) -> None:
    writer = parts.PartWriter(path, "07")
    fill(writer, 2_000)
    left = tmp_path / "left.jsonl.zst"
    left.write_bytes(path.read_bytes())
    size = sum(map(len, lines_in(left)))
    writer.close()
    assert lines_in(left) == lines_in(path)[: len(lines_in(left))]
    assert sum(map(len, lines_in(path))) - size < parts.BLOCK_BYTES
    assert as_far_as_it_goes(left) == (len(lines_in(left)), "")


def test_a_torn_frame_is_said_after_the_lines_of_the_whole_ones(path: Path) -> None:
    write_part(path.parent.parent, count=2_000)
    path.write_bytes(path.read_bytes()[:-10])
    lines, problem = as_far_as_it_goes(path)
    assert lines > 2_000
    assert problem == BREAKS_OFF


def test_a_last_line_without_its_end_is_said(path: Path) -> None:
    pack(path, [b'{"type":"outcome","id":"07#1","outcome":"ok","end":1}\n{"type":'])
    assert as_far_as_it_goes(path) == (1, BREAKS_OFF)


def test_a_byte_that_changed_is_noticed(path: Path) -> None:
    write_part(path.parent.parent, count=50)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert "damaged" in as_far_as_it_goes(path)[1]


def test_what_is_not_compressed_is_said(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"type":"outcome","id":"07#1","outcome":"ok","end":1}\n')
    assert "not compressed by Zstandard" in as_far_as_it_goes(path)[1]


def test_a_part_that_is_not_there_is_said(path: Path) -> None:
    assert as_far_as_it_goes(path) == (0, "there is no such file")


def test_a_broken_line_is_said_with_its_number(path: Path) -> None:
    pack(path, [b'{"type":"outcome","id":"07#1","outcome":"ok","end":1}\n', b"{}\n"])
    lines, problem = as_far_as_it_goes(path)
    assert lines == 2
    assert problem.startswith("line 2 is broken")


def test_a_line_of_an_unknown_type_has_no_meaning(path: Path) -> None:
    pack(path, [b'{"type":"weather","rain":true}\n'])
    assert [raw.line for raw in parts.read_part(path)] == [None]


def test_a_line_that_never_ends_is_not_taken_into_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.history.scan.LINE_BYTES_MAX", 1_000_000)
    pack(path, [b" " * 100_000_000])
    tracemalloc.start()
    lines, problem = as_far_as_it_goes(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (lines, problem) == (0, "line 1 is longer than any that pairproof writes")
    assert peak < 50_000_000


def test_frames_may_be_cut_anywhere_by_another_tool(path: Path) -> None:
    write_part(path.parent.parent, count=3)
    lines, digest = lines_in(path), read_all(path)
    whole = b"".join(lines)
    pack(path, [whole[:37]], [], [whole[37:300]], [whole[300:]])
    assert read_all(path) == digest
    assert lines_in(path) == lines


def read_all(path: Path) -> tuple[int, int, str]:
    reader = parts.read_part(path)
    offsets = [raw.offset for raw in reader]
    assert offsets == sorted(set(offsets))
    return reader.lines, reader.operations, reader.digest


def test_an_end_without_a_beginning_is_no_operation(path: Path) -> None:
    pack(path, [b'{"type":"outcome","id":"07#1","outcome":"ok","end":1}\n'])
    with pytest.raises(EvidenceError, match="line 1 ends operation 07#1, which does not begin"):
        list(parts.records(path))


# --- finding --------------------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    for name in ("00", "01", "07"):
        write_part(tmp_path, name, count=5)
    return parts.parts_in(tmp_path)


def test_operations_are_found_by_id_in_the_order_asked_for(paths: list[Path]) -> None:
    found = parts.operations(paths, ["07#2", "00#5", "00#1", "07#99"])
    assert found == {
        "07#2": over(begun(2)), "00#5": over(begun(5, "00")), "00#1": over(begun(1, "00")),
    }  # fmt: skip
    assert list(found) == ["07#2", "00#5", "00#1"]


def test_parts_of_other_cells_are_not_opened(paths: list[Path]) -> None:
    paths[1].unlink()
    assert list(parts.operations(paths, ["07#1"])) == ["07#1"]


def test_an_operation_that_never_ended_is_as_it_was_invoked(path: Path) -> None:
    pack(path, [msgspec.json.encode(InvokeLine(
        id="07#1", scenario="07", actor="agent", kind="PollPairing", args={}, start=7
    )) + b"\n"])  # fmt: skip
    assert parts.operations([path], ["07#1"])["07#1"].end is None


def test_parts_are_in_the_order_of_cells(tmp_path: Path) -> None:
    for name in ("grants", "100", "09", "11", "00"):
        write_part(tmp_path, name, count=1)
    (tmp_path / "parts" / "notes.txt").write_text("not a part")
    names = [path.name.partition(".")[0] for path in parts.parts_in(tmp_path)]
    assert names == ["00", "09", "11", "100", "grants"]
