"""A disk that is full ends a run at once: it says of which file, and what was written stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.domain.errors import PairproofError
from harness.history.parts import parts_in, read_part
from tests.unit.verifying.fleets import run


@pytest.mark.parametrize(
    "file", ["parts/01.jsonl.zst", "parts/grants.jsonl.zst", "evidence.jsonl.unfinished"]
)
def test_a_full_disk_is_a_clear_end(tmp_path: Path, file: str) -> None:
    full = tmp_path / file
    full.parent.mkdir(exist_ok=True)
    full.symlink_to("/dev/full")
    with pytest.raises(PairproofError) as told:
        run(tmp_path)
    assert str(tmp_path / file.removesuffix(".unfinished")) in str(told.value)
    assert "the disk is full" in str(told.value)
    assert "choose another folder with --out; what was written is readable" in str(told.value)
    assert not (tmp_path / "evidence.jsonl").exists()
    first, *_ = parts_in(tmp_path)
    assert sum(1 for _ in read_part(first)) > 100
