"""Commands that list, help, and how fast the command is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import __version__
from harness.catalogue.document import to_markdown
from harness.catalogue.requirement import Profile, Role
from harness.catalogue.requirements import REQUIREMENTS
from tests.integration.cli.command import Command

COMMANDS = ("certify", "fleet", "replay", "report", "requirements", "scenarios", "serve")


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version(command: Command, word: str) -> None:
    done = command.here(word)
    assert (done.returncode, done.stdout) == (0, f"pairproof {__version__}\n")


def test_the_version_imports_nothing_else() -> None:
    script = (
        "import sys\n"
        "from harness.cli import main\n"
        "main(['--version'])\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('harness', 'typer', 'rich')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[1].split() == ["harness", "harness.cli"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(command: Command, name: str) -> None:
    done = command.here(name, "--help")
    assert done.returncode == 0
    assert f"Example: pairproof {name}" in done.stdout


def test_help_lists_the_commands_and_exit_codes(command: Command) -> None:
    done = command.here("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
    assert "3 inconclusive" in " ".join(done.stdout.split())


def test_requirements_as_json_are_one_document_with_every_id(command: Command) -> None:
    done = command.here("requirements", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = json.loads(done.stdout)
    assert [row["id"] for row in rows] == [r.id for r in REQUIREMENTS]
    assert set(rows[0]) == {
        "id", "role", "level", "title", "source", "feature", "profile", "scenarios",
    }  # fmt: skip
    by_id = {row["id"]: row["scenarios"] for row in rows}
    assert by_id["WDR-4"]


def test_requirements_as_markdown_are_the_page_of_the_docs(command: Command) -> None:
    done = command.here("requirements", "--format", "markdown")
    assert done.stdout == to_markdown(REQUIREMENTS)


def test_requirements_as_a_table(command: Command) -> None:
    done = command.here("requirements", "--profile", "core", "--role", "edge", "--coverage")
    assert done.returncode == 0, done.stderr
    listed = {line.split()[0] for line in done.stdout.splitlines()[1:] if line[0] != " "}
    assert listed == {
        r.id for r in REQUIREMENTS if r.profile is Profile.CORE and r.role is not Role.CENTRAL
    }
    plain = command.here("requirements")
    assert all(r.id in plain.stdout for r in REQUIREMENTS)


def test_a_report_is_made_again_from_evidence_alone(command: Command, tmp_path: Path) -> None:
    command.here("certify", "--driver", "inprocess", "--requirement", "WDR-3", "--out", "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    for name in before.keys() - {"evidence.jsonl"}:
        (tmp_path / "out" / name).unlink()
    done = command.here("report", "out/evidence.jsonl")
    assert done.returncode == 0, done.stderr
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
    elsewhere = command.here("report", "out", "--out", "elsewhere")
    assert elsewhere.returncode == 0
    assert "elsewhere/report.html" in elsewhere.stdout
    assert (tmp_path / "elsewhere" / "report.html").exists()
