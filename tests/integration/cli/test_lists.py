"""Commands that list, help, and how fast the command is there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from harness import __version__
from harness.catalogue.document import to_markdown
from harness.catalogue.requirement import Profile, Role
from harness.catalogue.requirements import REQUIREMENTS
from harness.cli.commands import app
from harness.fleet.loading import names
from harness.reference.planting import MUTANTS, VARIANTS, Lane, load
from tests.integration.cli.command import Command

COMMANDS = ("certify", "fleet", "replay", "report", "requirements", "scenarios", "serve")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")

load()
_OF_FLEET = [mutant for mutant in MUTANTS if mutant.lane is Lane.FLEET]


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


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("cer", ["certify"]),
        ("certify --mutant cancel_needs_", ["cancel_needs_the_link"]),
        ("variants run a_stranger", ["a_stranger_in_all_of_it"]),
        ("certify --requirement WDR-1", ["WDR-1", "WDR-10"]),
        ("certify --profile e", ["extended"]),
        ("fleet roll", ["rollout-wave"]),
    ],
)
def test_a_shell_completes_commands_and_names(
    command: Command, line: str, completed: list[str]
) -> None:
    words = f"pairproof {line}"
    env = {
        "_PAIRPROOF_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert command.run(env=env).stdout.split() == completed


def test_the_help_of_fleet_names_both_times_at_once(command: Command) -> None:
    told = command.here("fleet", "--help").stdout
    first = " ".join(told.split("\n\n")[1].split())
    assert first.startswith("Run a fleet in virtual or real time")


def test_help_stands_under_headings(command: Command) -> None:
    told = command.here("--help").stdout
    assert told.index("Certify, and read") < told.index("  certify ") < told.index("\nTargets:")
    told = command.here("certify", "--help").stdout
    assert told.index("Which scenarios;") < told.index("--tags") < told.index("How the run goes:")


def _all_commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, part in getattr(command, "commands", {}).items():
        yield from _all_commands(part, (*words, name))


@pytest.mark.parametrize("columns", [80, 120])
def test_no_help_is_cut_off(
    command: Command, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    every = [*_all_commands(get_command(app))]
    assert ("mutants", "run") in every
    for words in every:
        usage, *lines = command.here(*words, "--help").stdout.splitlines()
        assert usage.startswith("Usage: pairproof")
        assert not [line for line in lines if line.rstrip().endswith(("...", "…"))]
        assert max(map(len, lines)) <= 80


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


def test_phrases_are_listed_with_their_keyword(command: Command) -> None:
    lines = command.here("requirements", "--steps").stdout.splitlines()
    assert "Given  a pending pairing request" in lines
    assert list(dict.fromkeys(line[:5] for line in lines)) == ["Given", "When ", "Then "]


def test_requirements_as_lines(command: Command) -> None:
    plain = command.here("requirements")
    assert [line.split("\t")[0] for line in plain.stdout.splitlines()] == [
        r.id for r in REQUIREMENTS
    ]
    names = "extended, core"
    done = command.here("requirements", "--profile", names, "--role", "edge", "--coverage")
    assert done.returncode == 0, done.stderr
    listed = {line.split("\t")[0]: line.split("\t")[1:] for line in done.stdout.splitlines()}
    assert listed.keys() == {
        r.id
        for r in REQUIREMENTS
        if r.profile is not Profile.RESILIENCE and r.role is not Role.CENTRAL
    }
    for requirement in REQUIREMENTS:
        if requirement.id in listed:
            assert listed[requirement.id][3] == requirement.title
            assert len(listed[requirement.id]) > 4, "the scenarios are fields of their own"


@pytest.mark.parametrize(
    ("words", "count", "fields"),
    [
        (("mutants", "list"), len(MUTANTS), 4),
        (("mutants", "list", "--lane", "fleet"), len(_OF_FLEET), 4),
        (("variants", "list"), len(VARIANTS), 3),
        (("scenarios",), len(names()), 4),
        (("requirements",), len(REQUIREMENTS), 5),
    ],
)
def test_in_a_pipe_every_item_is_one_plain_line(
    command: Command, words: tuple[str, ...], count: int, fields: int
) -> None:
    done = command.run(*words, env={"COLUMNS": "40", "FORCE_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == count
    assert {len(line.split("\t")) for line in lines} == {fields}
    assert all(line.replace("\t", " ").isprintable() for line in lines)
    assert "…" not in done.stdout


@pytest.mark.parametrize(
    ("words", "head"),
    [
        (("mutants", "list", "--requirement", "WDR-3"), "name"),
        (("scenarios",), "name"),
        (("requirements", "--coverage"), "id"),
    ],
)
def test_on_a_terminal_a_list_is_a_table_that_cuts_nothing_off(
    command: Command, words: tuple[str, ...], head: str
) -> None:
    code, shown = command.on_terminal(*words)
    assert code == 0, shown
    lines = shown.splitlines()
    assert lines[0].startswith(f"\x1b[1m{head}")
    assert all(len(_STYLE.sub("", line)) <= 80 for line in lines)
    assert "…" not in shown


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
    messages = command.here("report", "out", "--format", "cucumber", "--out", "elsewhere")
    assert messages.returncode == 0
    assert "elsewhere/messages.ndjson" in messages.stdout
    written = (tmp_path / "elsewhere" / "messages.ndjson").read_bytes().splitlines()
    assert json.loads(written[-1])["testRunFinished"]["success"] is True
    refused = command.here("report", "out", "--operations", "--format", "cucumber")
    assert refused.returncode == 2
    assert "leave --out and --format out" in refused.stderr
