"""What evidence says of the machine and the moment of a run, beside what the run did."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from harness.history.lines import RunInfo

_CHECKOUT = Path(__file__).resolve().parent.parent.parent


def run_here(command: list[str], workers: int) -> RunInfo:
    """A run that starts here and now, by this command line."""
    return RunInfo(
        command=command,
        started_at=now_utc(),
        platform={
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "cpus": os.cpu_count() or 1,
        },
        workers=workers,
        commit=commit_of(_CHECKOUT),
    )


def now_utc() -> str:
    """Wall time, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def commit_of(checkout: Path) -> str:
    """The commit that a checkout is at; empty where there is none."""
    git = checkout / ".git"
    try:
        head = (git / "HEAD").read_text("utf-8").strip()
        name = head.removeprefix("ref: ")
        if name == head:
            return head
        if (git / name).is_file():
            return (git / name).read_text("utf-8").strip()
        packed = (git / "packed-refs").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
