"""Where the repeats of a run lie: each in a folder of its own, with evidence of its own."""

from __future__ import annotations

import re
from pathlib import Path

from harness.history.reader import PARTS_DIR

_NAME = re.compile(r"repeat-([1-9][0-9]*)")


def repeat_folder(out: Path, number: int) -> Path:
    """The folder of the n-th repeat (from 1) of the run whose folder is `out`."""
    return out / f"repeat-{number}"


def repeat_folders(out: Path) -> list[Path]:
    """The folders of repeats in `out` that hold evidence, or the parts of it, by their number."""
    if not out.is_dir():
        return []
    numbered = [(int(m[1]), p) for p in out.iterdir() if (m := _NAME.fullmatch(p.name))]
    return [path for _, path in sorted(numbered) if _holds_evidence(path)]


def is_repeated(path: Path) -> bool:
    """Whether this is the folder of a run that was repeated: no evidence but that of repeats."""
    return not (path / "evidence.jsonl").is_file() and bool(repeat_folders(path))


def _holds_evidence(folder: Path) -> bool:
    return (folder / "evidence.jsonl").is_file() or (folder / PARTS_DIR).is_dir()
