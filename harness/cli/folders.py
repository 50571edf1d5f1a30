"""The folder of a run: where it is, and what is done with it before and after."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harness.cli.exits import CannotDo, say
from harness.history.manifest import MANIFEST
from harness.history.parts import parts_in
from harness.history.reader import PARTS_DIR, repeat_folders
from harness.reporting.files import MESSAGES, REPORT_FILES
from harness.running.resuming import KEPT

_RUNS: Final = Path("reports", "runs")
_OF_A_RUN: Final = ("evidence.jsonl", MANIFEST)
_ASIDE: Final = ".pairproof-before"
"""What an earlier run left stands there until this one has recorded anything."""


def folder_for(out: Path | None, name: str) -> Path:
    """The folder that was asked for, or a new one below `reports/runs/` with this name."""
    return out or _RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """The folder of a run that begins, made and tried. What an earlier run left there, and could be
    mistaken for ours, stands aside, and is gone once this one has recorded anything; where it
    records nothing, all is as it was before.

    Raises:
        CannotDo: it cannot be made or written.
    """
    aside = out / _ASIDE
    try:
        out.mkdir(parents=True, exist_ok=True)
        settle(out)  # after a run that was killed
        aside.mkdir()
        _move(out, aside)
    except (FileExistsError, NotADirectoryError):
        raise CannotDo(f"--out {out}: there is a file of this name; name a folder") from None
    except OSError as error:
        settle(out)
        where = f" at {error.filename}" if error.filename else ""
        raise CannotDo(
            f"--out {out}: the folder cannot be written ({error.strerror}{where}); choose another"
            " one"
        ) from None
    try:
        yield out
    finally:
        settle(out)


def settle(out: Path) -> None:
    """What stands aside comes back, unless something was recorded in its place."""
    if not any(map(_has_recorded, (out, *repeat_folders(out)))):
        _move(out / _ASIDE, out)
    shutil.rmtree(out / _ASIDE, ignore_errors=True)


def _move(out: Path, to: Path) -> None:
    """What runs have written into one folder and its repeats goes into another one."""
    for path in [path for folder in (out, *repeat_folders(out)) for path in _of_a_run(folder)]:
        there = to / path.relative_to(out)
        there.parent.mkdir(parents=True, exist_ok=True)
        if there.is_dir():
            shutil.rmtree(there)
        path.replace(there)


def _of_a_run(folder: Path) -> list[Path]:
    """What a run writes into its folder, as far as it is there, and nothing else."""
    names = (MANIFEST, MESSAGES, *REPORT_FILES, PARTS_DIR, KEPT)
    return [*parts_in(folder), *(path for name in names if (path := folder / name).exists())]


def _has_recorded(folder: Path) -> bool:
    parts = (*parts_in(folder), *(folder / PARTS_DIR).glob("*"))
    return (folder / "evidence.jsonl").exists() or any(part.stat().st_size for part in parts)


def keep_apart(traces: Path | None, out: Path) -> None:
    """Make the folder for traces that are not redacted, for its owner alone, and say what they are.

    Raises:
        CannotDo: it is within a run, or cannot be made.
    """
    if traces is None:
        return
    option = f"--unredacted-traces {traces}"
    whole = traces.resolve()
    above = (whole, *whole.parents)
    if out.resolve() in above or any((at / name).exists() for at in above for name in _OF_A_RUN):
        raise CannotDo(f"{option}: what is in a run's folder is shown around; name another one")
    try:
        whole.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotDo(f"{option}: the folder cannot be made ({error.strerror})") from None
    say(f"{option}: passwords, cookies and bodies are in there as they are; show it to nobody")


def append_to_job_page(out: Path) -> None:
    """Show the summary of a run on the page of the CI job that it is part of, if it is."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    try:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write((out / "summary.md").read_text("utf-8") + "\n")
    except OSError as error:
        say(f"pairproof: the summary cannot be appended to {page} ({error.strerror})")
