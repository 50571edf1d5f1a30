"""A ledger loses nothing that was on its way, whatever ends the run."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.domain.arrangements import Side
from harness.targets.ledger import (
    TEXT_MAX,
    Ledger,
    LedgerError,
    LedgerInUse,
    LedgerKind,
    NotALedger,
    State,
    read_ledger,
)
from tests.unit.targets.ledgers import HEADER, entry, lines_of, new_ledger


def test_an_entry_is_on_the_disk_before_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    with new_ledger(tmp_path) as ledger:
        monkeypatch.setattr(os, "fdatasync", lambda _: synced.append(len(lines_of(tmp_path))))
        noted = ledger.intend(entry())
        assert (noted.n, noted.state) == (1, State.INTENDED)
        assert synced == [2], "the header and the entry were there when the disk was waited for"
        ledger.change(1, State.MADE)
        assert synced == [2], "what has become of it is not waited for"
    assert [line.get("state") for line in lines_of(tmp_path)] == [None, "intended", "made"]


def test_where_the_target_fails_with_the_machine_the_disk_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    with new_ledger(tmp_path, syncs=False) as ledger:
        ledger.intend(entry())
        assert len(lines_of(tmp_path)) == 2, "it is with the system, which outlives the process"
    assert synced == []


def test_the_last_line_of_a_number_counts(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry(uid=""))
        ledger.intend(entry(LedgerKind.USER))
        ledger.change(1, State.MADE, uid="theirs")
        ledger.change(1, State.MADE, uid="theirs")
        ledger.change(1, State.LEAKED, why="it would not")
    header, entries = read_ledger(tmp_path / "ledger.jsonl")
    assert header == HEADER
    assert [(e.n, e.state, e.uid, e.why) for e in entries.values()] == [
        (1, State.LEAKED, "theirs", "it would not"),
        (2, State.INTENDED, "uid-1", ""),
    ]
    assert len(lines_of(tmp_path)) == 5, "what does not change is not written again"


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_last_line_that_was_cut_off_is_left_out_and_dropped(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "ledger.jsonl"
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry())
        ledger.intend(entry(LedgerKind.USER))
    path.write_bytes(path.read_bytes()[:-cut])
    _, entries = read_ledger(path)
    assert list(entries) == [1]
    with Ledger.resume(path) as resumed:
        resumed.intend(entry(LedgerKind.TOKEN))
    _, entries = read_ledger(path)
    assert [e.kind for e in entries.values()] == [LedgerKind.PROJECT, LedgerKind.TOKEN]


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"type": "header"}\n', "null\n", '{"type": "entry"}\n', "\x00\xff\n"],
)
def test_what_is_no_ledger_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(NotALedger, match=r"name the ledger\.jsonl"):
        read_ledger(path)
    with pytest.raises(NotALedger):
        Ledger.resume(path)
    assert path.read_text("utf-8") == text


def test_one_that_is_broken_in_the_middle_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry())
    path.write_bytes(path.read_bytes() + b'{"type":"entry","n":"x"}\n' * 2)
    with pytest.raises(NotALedger, match="line 3"):
        read_ledger(path)


def test_one_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no such file"):
        Ledger.resume(tmp_path / "ledger.jsonl")


def test_nobody_cleans_up_after_a_run_that_is_still_alive(tmp_path: Path) -> None:
    with new_ledger(tmp_path), pytest.raises(LedgerInUse, match="process 4711"):
        Ledger.resume(tmp_path / "ledger.jsonl")
    with Ledger.resume(tmp_path / "ledger.jsonl"), pytest.raises(LedgerInUse):
        Ledger.resume(tmp_path / "ledger.jsonl")
    Ledger.resume(tmp_path / "ledger.jsonl").close()


def test_the_only_list_of_what_is_left_is_not_written_over(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry())
    with pytest.raises(LedgerError, match=r"1 entries are open.*`pairproof cleanup "):
        new_ledger(tmp_path)
    with Ledger.resume(tmp_path / "ledger.jsonl") as ledger:
        ledger.change(1, State.REMOVED)
    new_ledger(tmp_path).close()
    assert len(lines_of(tmp_path)) == 1


def test_a_header_that_never_was_whole_may_be_written_over(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_bytes(b'{"type":"led')
    new_ledger(tmp_path).close()
    assert len(lines_of(tmp_path)) == 1


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    assert (tmp_path / "ledger.jsonl").stat().st_mode & 0o777 == 0o600


def test_what_a_target_says_is_redacted_before_it_is_cut(tmp_path: Path) -> None:
    secret = "s3cret-canary"
    with new_ledger(tmp_path, redacted=lambda text: text.replace(secret, "<token:1>")) as ledger:
        ledger.intend(entry(what=secret, uid=secret))
        ledger.change(1, State.LEAKED, why="x" * (TEXT_MAX - 5) + secret)
    text = (tmp_path / "ledger.jsonl").read_text("utf-8")
    assert "s3c" not in text
    assert len(lines_of(tmp_path)[-1]["why"]) == TEXT_MAX


def test_awkward_texts_come_back_as_they_were(tmp_path: Path) -> None:
    awkward = "\x00\x1b[2J\n\u2028\U0001f600 \"'\\"
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry(what=awkward, uid="half \ud800"))
    _, entries = read_ledger(tmp_path / "ledger.jsonl")
    assert (entries[1].what, entries[1].uid) == (awkward, "half \ufffd")


class FullDisk:
    """Takes so many bytes, and no more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = os.write

    def __call__(self, descriptor: int, raw: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.write(descriptor, raw[: self.room])
        self.room -= written
        return written


def test_on_a_full_disk_nothing_is_made_and_no_line_is_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry())
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", FullDisk(30))
            with pytest.raises(LedgerError, match=r"No space left.*nothing is made"):
                ledger.intend(entry(LedgerKind.USER))
            assert ledger.change(1, State.REMOVED).state is State.REMOVED, "removing goes on"
        assert list(ledger.entries) == [1]
    assert [line.get("n") for line in lines_of(tmp_path)] == [None, 1]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be written"):
        Ledger.create(tmp_path / "file" / "ledger.jsonl", HEADER)


def test_sides_and_kinds_stand_there_by_name(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        ledger.intend(entry(LedgerKind.REQUEST, side=Side.EDGE, place="host-1"))
    line = lines_of(tmp_path)[1]
    assert (line["kind"], line["side"], line["place"]) == ("pairing request", "edge", "host-1")
