"""Secrets that commands and targets choose reach no file: not the ledger, not a report."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness.targets.ledger import FILE
from tests.integration.cli.command import Command
from tests.integration.http.faulty import running
from tests.integration.leaks.canaries import canary
from tests.integration.leaks.echo import Echo
from tests.integration.leaks.test_leaks import CERTIFY, CONTROL, PASSWORD, describe, found_in

CHOSEN = canary("token")
PROGRAM = f"""
import json, sys
asked = json.load(sys.stdin)
print(asked, file=sys.stderr)
kind = sys.argv[1]
if kind == "PutUser":
    print(json.dumps(asked))
    sys.exit(1)
if kind == "PutToken":
    print(json.dumps({{"uid": "t-1", "value": {CHOSEN!r}}}))
"""
KINDS = ("CreateProject", "PutUser", "PutToken", "PutProfile", "InstallCluster")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHO_USER", "kim")
    monkeypatch.setenv("ECHO_PASSWORD", PASSWORD)


def with_commands(folder: Path, url: str) -> None:
    """The target file of the echo, with commands in place of the control port's way."""
    describe(folder, url)
    (folder / "arrange.py").write_text(PROGRAM, "utf-8")
    path = folder / "target.toml"
    words = {kind: json.dumps([sys.executable, "-I", "-S", "arrange.py", kind]) for kind in KINDS}
    tables = [f"[arrange.commands.{kind}]\ncommand = {text}\n" for kind, text in words.items()]
    ways = '\n[arrange]\nways = ["commands"]\n'
    path.write_text(f"{path.read_text('utf-8')}{ways}{''.join(tables)}", "utf-8")


def test_what_a_command_chooses_and_says_stays_between_us(command: Command) -> None:
    echo = Echo("refuses")
    with running(echo.behave) as target:
        with_commands(command.folder, target.url)
        done = command.here("certify", *CERTIFY)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 3), said
        for again in (("cleanup", "out"), ("report", "out"), ("verify", "out")):
            done = command.here(*again)
            said += done.stdout + done.stderr
    assert (command.folder / "out" / FILE).exists(), said
    ledger = (command.folder / "out" / FILE).read_text("utf-8")
    assert '"uid":"t-1"' in ledger, "the command's own uid is noted"
    assert CHOSEN in echo.secrets, "it was used"
    inputs_and_own = {*echo.secrets, PASSWORD, CONTROL, CHOSEN}
    (command.folder / "arrange.py").unlink()
    assert found_in(command, said, inputs_and_own) == {}
