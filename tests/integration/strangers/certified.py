"""A stranger certified by its target file, and what that comes to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.integration.acceptance.certifying import described
from tests.integration.cli.command import Command


def certified(
    folder: Path, file: Path, *words: str, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Certify by a target file; the files of the run go to `out`. The exit code, and what was
    said.
    """
    command = Command(folder)
    target = ("--target", str(file), "--out", str(folder / "out"))
    done = command.here("certify", "--workers", "1", *target, *words, env=env)
    assert command.alive() == []
    return done.returncode, described(done)


def scenarios(out: Path) -> Counter[str]:
    """How many scenarios came to which verdict, each counted once, by its worst."""
    report = json.loads((out / "report.json").read_text("utf-8"))
    found: dict[str, set[str]] = {}
    for requirement in report["requirements"]:
        for scenario in requirement["scenarios"]:
            found.setdefault(scenario["id"], set()).add(scenario["verdict"])
    worst = ("fail", "inconclusive", "pass", "observed", "not_supported", "skipped")
    return Counter(next(v for v in worst if v in verdicts) for verdicts in found.values())


def none_fails_and_nearly_all_is_judged(out: Path, said: str) -> None:
    """Nobody is blamed, and 95 of 100 scenarios that may be judged are."""
    found = scenarios(out)
    assert not found["fail"], said
    judged = found["pass"] + found["observed"]
    assert judged >= 0.95 * (judged + found["inconclusive"]), found
