"""The folder of a run: where it is, and what is done with it before and after."""

from __future__ import annotations

import os
import shutil
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


def folder_for(out: Path | None, name: str) -> Path:
    """The folder that was asked for, or a new one below `reports/runs/` with this name."""
    return out or _RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"


def made_writable(out: Path) -> Path:
    """The folder, made, tried and rid of what an earlier run would leave to be mistaken for ours.

    Raises:
        CannotDo: it cannot be made or written.
    """
    trial = out / ".pairproof-trial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"\0")
        trial.unlink()
        for folder in (out, *repeat_folders(out)):
            names = (folder / name for name in (MANIFEST, MESSAGES, *REPORT_FILES))
            for stale in (*parts_in(folder), *names):  # what an earlier run wrote, nothing else
                stale.unlink(missing_ok=True)
            for name in (PARTS_DIR, KEPT):
                shutil.rmtree(folder / name, ignore_errors=True)
    except (FileExistsError, NotADirectoryError):
        raise CannotDo(f"--out {out}: there is a file of this name; name a folder") from None
    except OSError as error:
        raise CannotDo(
            f"--out {out}: the folder cannot be written ({error.strerror}); choose another one"
        ) from None
    return out


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
