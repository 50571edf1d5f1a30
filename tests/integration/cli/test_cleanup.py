"""`pairproof cleanup`: what it says, and the exit codes that scripts go by."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from harness.domain.arrangements import Side
from harness.running.belongings import sha256_of
from harness.targets.ledger import Ledger, LedgerEntry, LedgerHeader, LedgerKind, Owner, State
from harness.targets.reading import env_text
from tests.integration.cli.command import Command
from tests.integration.http.faulty import answer, running

UNAUTHENTICATED = answer("401 Unauthorized", b'{"code": "Unauthenticated", "message": "log in"}')
TARGET = """
schema = "pairproof/target/1"
roles = ["edge", "central"]
[implementation]
name = "Acme"
[edge.login]
username_env = "ACME_USER"
password_env = "ACME_PASSWORD"
[[edge.clusters]]
slot = "slot-1"
hosts = [{{ uid = "host-1", url = "{url}" }}]
[central]
url = "{url}/palette"
endpoint = "{url}"
[control]
url = "{url}"
secret_env = "ACME_CONTROL"
[timeouts]
check_s = 1.0
"""


def describe(folder: Path, url: str) -> Path:
    path = folder / "target.toml"
    path.write_text(TARGET.format(url=url), "utf-8")
    beside = folder / "target.env"
    names = ("ACME_USER", "ACME_PASSWORD", "ACME_CONTROL")
    beside.write_text(env_text({name: f"{name}-0123456789" for name in names}), "utf-8")
    beside.chmod(0o600)
    return path


def leave(folder: Path, *entries: LedgerEntry, target: Path | None = None, **more: Any) -> Ledger:
    """The ledger of a run that has ended badly, still open."""
    header = LedgerHeader(
        mark="pairproof-0000beef",
        implementation="Acme 1.0",
        driver="http",
        target_file=str(target or ""),
        target_sha256=sha256_of(target) if target else "",
        owner=Owner(4711, "2026-11-25T10:00:00.000Z"),
    )
    ledger = Ledger.create(folder / "out" / "ledger.jsonl", header)
    for entry in entries:
        ledger.intend(entry)
    return ledger


def project(uid: str = "p-1", what: str = "pairproof-0000beef-east") -> LedgerEntry:
    return LedgerEntry(
        n=0, kind=LedgerKind.PROJECT, what=what, uid=uid, side=Side.CENTRAL, project=uid
    )


@pytest.fixture
def silent_url() -> str:
    """Where nobody answers any more."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "there is no such file"),
        ("", "it is no ledger"),
        ('{"type": "header"}\n', "line 1 is none of a ledger"),
        ('{"type":"ledger"}\n', "line 1 is none of a ledger"),
    ],
)
def test_what_is_no_ledger_is_told(command: Command, text: str | None, told: str) -> None:
    if text is not None:
        (command.folder / "ledger.jsonl").write_text(text, "utf-8")
    done = command.here("cleanup", "ledger.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_is_alive_cleans_up_by_itself(command: Command) -> None:
    with leave(command.folder, project()):
        done = command.here("cleanup", "out")
    assert done.returncode == 2
    assert "its run is still alive (process 4711)" in done.stderr


def test_a_ledger_with_nothing_open_asks_for_nothing(command: Command) -> None:
    with leave(command.folder, project()) as ledger:
        ledger.change(1, State.REMOVED)
    done = command.here("cleanup", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0 of 1 things of pairproof-0000beef")


def test_a_target_file_that_is_gone_is_asked_for(command: Command) -> None:
    leave(command.folder, project(), target=command.folder / "gone.toml").close()
    done = command.here("cleanup", "out")
    assert done.returncode == 2
    assert "gone.toml is not there; name the target file with --target" in done.stderr


def test_a_target_that_does_not_answer_keeps_what_it_has(command: Command, silent_url: str) -> None:
    leave(command.folder, project(), target=describe(command.folder, silent_url)).close()
    done = command.here("cleanup", "out")
    assert done.returncode == 1
    assert "left      project pairproof-0000beef-east (p-1)" in done.stdout
    assert "the connection was refused" in done.stderr


def test_what_is_left_is_told_and_tried_again(command: Command) -> None:
    refusing = answer("409 Conflict", b'{"code": "Conflict", "message": "canary-message"}')
    mood = {"control": refusing}

    def behave(visit: Any) -> None:
        while head := visit.head():
            health = b"/control/health" in head
            control = answer("200 OK", b"{}") if health else mood["control"]
            visit.say(control if b" /control/" in head else UNAUTHENTICATED)

    with running(behave) as target:
        file = describe(command.folder, target.url)
        leave(command.folder, project(), project("p-2"), target=file).close()
        done = command.here("cleanup", "out")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "left      project pairproof-0000beef-east (p-2): ForgetProject: it " in done.stdout
        assert "0 removed, 0 consumed, 2 left on Acme 1.0" in done.stdout
        assert "canary-message" not in done.stdout + done.stderr
        mood["control"] = answer("204 No Content", b"")
        file.write_text(file.read_text("utf-8") + "# changed\n", "utf-8")
        done = command.here("cleanup", "out/ledger.jsonl", "--target", "target.toml")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "target.toml is not as it was when the run began" in done.stderr
        assert "2 removed, 0 consumed, 0 left on Acme 1.0" in done.stdout
        assert command.here("cleanup", "out").stdout.startswith("0 of 2 things")


def test_a_ledger_that_attacks_a_terminal_is_text(command: Command, silent_url: str) -> None:
    target = describe(command.folder, silent_url)
    leave(command.folder, project("\x1b[2J", "a\r\n::error::b\u202e"), target=target).close()
    done = command.here("cleanup", "out")
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert all(c.isprintable() or c == "\n" for c in said)
    assert not any(line.startswith("::") for line in said.splitlines())


def test_nothing_is_changed_elsewhere_without_leave(command: Command) -> None:
    target = describe(command.folder, "http://192.0.2.1:9")
    leave(command.folder, project(), target=target).close()
    done = command.here("cleanup", "out")
    assert done.returncode == 1
    assert "allow_writes = true" in done.stderr
