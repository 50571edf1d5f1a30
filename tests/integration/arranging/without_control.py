"""The reference over HTTP, described by a target file that does not name its control port."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.catalogue.verdict import Verdict
from harness.history.reader import Evidence, read_evidence
from harness.reference.description import CONTROL_VARIABLE, environment, target_text
from harness.reference.embedded import EmbeddedReference
from tests.integration.cli.command import Command

FORWARD = Path(__file__).with_name("forward.py")
_CONTROL = re.compile(r"\n\[(?:central\.)?control\]\n[^\[]*")
_PASSED = '["CONTROL_URL", "CONTROL_SECRET"]'


def _forwards(*refused: str) -> str:
    words = [sys.executable, "-I", "-S", str(FORWARD), "{arrangement}", *refused]
    return f"command = {json.dumps(words)}\npass_env = {_PASSED}\n"


def by_command(*refused: str) -> str:
    """One command for everything but these arrangements."""
    return (
        f'\n[arrange]\nways = ["commands", "given"]\n[arrange.commands."*"]\n{_forwards(*refused)}'
    )


def by_command_for(*kinds: str) -> str:
    """Commands for these arrangements alone."""
    return "\n" + "".join(f"[arrange.commands.{kind}]\n{_forwards()}" for kind in kinds)


@dataclass(frozen=True, slots=True)
class Certified:
    """A run of `pairproof certify`: how it ended, and what it left."""

    code: int
    said: str
    folder: Path

    @property
    def evidence(self) -> Evidence:
        return read_evidence(self.folder)

    def verdicts(self) -> dict[str, tuple[Verdict, str]]:
        """The verdict of each scenario, with its reason."""
        return {line.scenario: (line.verdict, line.reason) for line in self.evidence.verdicts}

    def files(self) -> str:
        """All that was written, as one text."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return "\n".join(path.read_text("utf-8", "replace") for path in paths)


def prepared(
    reference: EmbeddedReference,
    folder: Path,
    more: str,
    *words: str,
    change: Mapping[str, str] = {},
    variables: Mapping[str, str] = {},
) -> tuple[list[str], dict[str, str]]:
    """The command and its environment for certifying the reference by a target file without
    control port, with `more` in it; the files of the run go to `out` in the folder.
    """
    text, count = _CONTROL.subn("\n", target_text(reference))
    assert count == 1
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "target.toml"
    file.write_text(text + more, "utf-8")
    known = environment(reference)
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        **{name: value for name, value in known.items() if name != CONTROL_VARIABLE},
        "CONTROL_URL": reference.addresses.control,
        "CONTROL_SECRET": known[CONTROL_VARIABLE],
        **variables,
    }
    command = [sys.executable, "-m", "harness.cli", "certify", "--target", str(file)]
    return [*command, "--out", str(folder / "out"), *words], given


def certify(
    reference: EmbeddedReference,
    folder: Path,
    more: str,
    *words: str,
    change: Mapping[str, str] = {},
    variables: Mapping[str, str] = {},
) -> Certified:
    """Certify the reference so; see `prepared`."""
    command, given = prepared(reference, folder, more, *words, change=change, variables=variables)
    run = Command(folder).here(*command[3:], env=given)
    return Certified(run.returncode, run.stdout + run.stderr, folder / "out")
