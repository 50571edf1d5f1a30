"""`pairproof target init` from the outside: on a terminal and without one, and what it leaves."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from harness.reference.embedded import EmbeddedReference, Layout
from harness.targets.drafting.draft import composed
from harness.targets.drafting.openapi import OpenApiError, document_from
from harness.targets.target_file import load_target
from harness.wire.routes import ROUTES
from tests.forking import Forked
from tests.integration.cli.command import PATIENCE_S, Command
from tests.integration.http.faulty import (
    Behave,
    always,
    answer,
    floods_headers,
    hangs,
    never_ends,
    running,
    speaks_no_http,
    trickles_body,
    turns_in_a_circle,
)
from tests.unit.targets.drafting.talk import answers_of, by_words

VALUES = {"LOCAL_UI_USERNAME": "kim", "LOCAL_UI_PASSWORD": "x"}


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference("for init", Layout(clusters=1, hosts=1)) as running:
        yield running


@dataclass
class Talk:
    """A process on a terminal of its own."""

    process: subprocess.Popen[str]
    terminal: int
    shown: str = ""

    def until(self, text: str) -> None:
        """Read until this is shown, anew."""
        start, end = len(self.shown), time.monotonic() + PATIENCE_S
        while text not in self.shown[start:]:
            assert time.monotonic() < end, self.shown
            if select.select([self.terminal], [], [], 0.2)[0] and not self._read():
                raise AssertionError(f"it ended before {text!r}:\n{self.shown}")

    def _read(self) -> bool:
        try:
            read = os.read(self.terminal, 4096)
        except OSError:  # Linux says so at the end of a terminal
            return False
        self.shown += read.decode("utf-8", "replace")
        return bool(read)

    def say(self, line: str) -> None:
        os.write(self.terminal, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Ctrl-C, once more where it came between the prompt and the reading of an answer."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2)

    def end(self) -> int:
        while self._read():
            pass
        return self.process.wait(PATIENCE_S)


@contextmanager
def talking(command: Command, *words: str) -> Iterator[Talk]:
    terminal, theirs = pty.openpty()
    process = Forked(
        ["harness.cli", "target", "init", *words],
        cwd=command.folder,
        env=command.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield Talk(process, terminal)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def test_the_defaults_make_a_file_that_loads_and_a_template_for_credentials(
    command: Command,
) -> None:
    done = command.here("target", "init", "--defaults", "--out", "acme.toml")
    assert done.returncode == 0, done.stderr
    beside = command.folder / "acme.env"
    assert beside.stat().st_mode & 0o777 == 0o600
    assert "LOCAL_UI_PASSWORD=\n" in beside.read_text()
    assert load_target(command.folder / "acme.toml", VALUES).places
    assert done.stdout.splitlines()[-1].endswith("pairproof doctor --target acme.toml")
    assert sorted(p.name for p in command.folder.iterdir()) == ["acme.env", "acme.toml"]


def test_what_is_there_already_is_kept(command: Command) -> None:
    (command.folder / "target.toml").write_text("mine")
    (command.folder / "target.env").write_text("LOCAL_UI_PASSWORD=hunter2\n")
    done = command.here("target", "init", "--defaults")
    assert done.returncode == 2
    assert "target.toml is there already: use --force" in done.stderr
    assert (command.folder / "target.toml").read_text() == "mine"
    done = command.here("target", "init", "--defaults", "--force")
    assert done.returncode == 0, done.stderr
    assert "kept target.env" in done.stdout
    assert "hunter2" in (command.folder / "target.env").read_text()
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("no/folder.toml", "give a file in a folder that is there"),
        ("target.env", "where credentials go"),
        (".", "is there already"),
    ],
)
def test_a_place_that_is_none(command: Command, out: str, told: str) -> None:
    done = command.here("target", "init", "--defaults", "--out", out)
    assert done.returncode == 2
    assert told in done.stderr
    assert list(command.folder.iterdir()) == []


def test_without_a_terminal_it_says_so(command: Command) -> None:
    done = command.run("target", "init")
    assert done.returncode == 2
    assert "standard input is no terminal: use --defaults" in done.stderr
    assert list(command.folder.iterdir()) == []


def test_on_a_terminal_it_asks_again_and_pins_what_the_server_shows(
    command: Command, reference: EmbeddedReference
) -> None:
    (address,) = reference.addresses.local_ui.values()
    with talking(command) as talk:
        talk.until("implementation.name")
        talk.say("Acme")
        for _ in range(2):
            talk.say("")
        talk.until("Which side")
        talk.say("middle")
        talk.until("needed: one of edge, central, both")
        talk.say("edge")
        for _ in range(2):
            talk.say("")
        talk.until("Where its Local UI")
        talk.say(address)
        for _ in range(5):
            talk.say("")
        talk.until("How are the certificates")
        talk.say("pinned")
        talk.say("yes")
        talk.until("Is that the right one?")
        talk.say("yes")
        for _ in range(20):
            talk.say("")
        assert talk.end() == 0, talk.shown
    target = load_target(command.folder / "target.toml", VALUES)
    assert target.info.name == "Acme"
    assert target.places[0].hosts[0].url == address
    assert len(target.trust.fingerprints) == 1
    (pinned,) = target.trust.fingerprints
    assert pinned.hex(":").upper() in talk.shown


def test_ctrl_c_leaves_nothing(command: Command) -> None:
    with talking(command) as talk:
        talk.until("implementation.name")
        talk.say("Acme")
        talk.until("implementation.version")
        talk.interrupt()
        assert talk.end() == 130
    assert "interrupted" in talk.shown
    assert list(command.folder.iterdir()) == []


@pytest.mark.slow
def test_answers_that_end_leave_nothing(command: Command) -> None:
    with talking(command) as talk:
        talk.until("implementation.name")
        os.write(talk.terminal, b"\x04")
        assert talk.end() == 2
    assert "the answers ended before the questions" in talk.shown
    assert list(command.folder.iterdir()) == []


def test_the_reference_describes_itself_without_differences(
    command: Command, reference: EmbeddedReference
) -> None:
    """Both documents, as they are served; over HTTPS by a CA that nobody knows they are not had."""
    with EmbeddedReference("plain", Layout(1, 1, tls=False)) as plain:
        (edge,) = plain.addresses.local_ui.values()
        words = [f"{base}/v1/openapi.json" for base in (edge, plain.addresses.people)]
        options = [w for word in words for w in ("--from-openapi", word)]
        done = command.here("target", "init", "--defaults", *options)
    assert done.returncode == 0, done.stderr
    all_of_them = f"of {len(ROUTES)} operations {len(ROUTES)} found, 0 guessed, 0 missing"
    assert all_of_them in done.stdout
    text = (command.folder / "target.toml").read_text()
    assert "[paths" not in text
    assert 'roles = ["edge", "central"]' in text
    done = command.here(
        "target", "init", "--defaults", "--force", "--from-openapi",
        f"{reference.addresses.people}/v1/openapi.json",
    )  # fmt: skip
    assert done.returncode == 2
    assert "download it with a tool of yours" in done.stderr


def test_a_bad_document_ends_it_before_anything_is_written(command: Command) -> None:
    (command.folder / "page.json").write_text("<html>")
    done = command.here("target", "init", "--defaults", "--from-openapi", "page.json")
    assert done.returncode == 2
    assert done.stderr.startswith("pairproof: page.json: it is a page for people")
    assert [p.name for p in command.folder.iterdir()] == ["page.json"]


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (hangs, "no whole answer came within 0.3 s"),
        (trickles_body, "no whole answer came within 0.3 s"),
        (never_ends, ""),
        (floods_headers, ""),
        (speaks_no_http, ""),
        (turns_in_a_circle, "leads to"),
        (always(answer("404 Not Found", b"")), "it is answered with 404"),
        (always(answer("200 OK", b"<!doctype html><p>", kind="text/html")), "a page for people"),
    ],
)
def test_an_address_without_a_document(behave: Behave, told: str) -> None:
    with running(behave) as faulty, pytest.raises(OpenApiError) as refused:
        document_from(f"{faulty.url}/openapi.json", within_s=0.3)
    assert told in str(refused.value)
    assert "give the" in str(refused.value)


@pytest.mark.slow
def test_a_file_from_answers_is_certified_with(command: Command) -> None:
    """The reference, as somebody describes it who answers what is asked."""
    with EmbeddedReference("asked", Layout(clusters=3, hosts=1)) as reference:
        said = [("Which side", "both"), ("the certificates of", "ca"), ("ca_file", "ca.pem")]
        said += [("the certificates of", "ca"), ("ca_file", "ca.pem")]
        for slot in reference.slots:
            (uid,) = slot.host_uids
            said += [("this place for a cluster", slot.uid), ("The host's uid", uid)]
            said += [("Where its Local UI", reference.addresses.local_ui[uid])]
        said += [("Another edge host", "no"), ("Another cluster", "yes")] * 2
        said += [("Where Palette's API", reference.addresses.people), ("Who arranges", "control")]
        said += [("control.url", reference.addresses.control)]
        (command.folder / "ca.pem").write_bytes(reference.ca_file.read_bytes())
        answers = answers_of(command.folder, by_words(*said))
        out = command.folder / "target.toml"
        out.write_text(composed(answers, None, out), "utf-8")
        values = (*reference.local_user, reference.secrets.control)
        lines = zip(answers.variables(), values, strict=True)
        beside = command.folder / "target.env"
        beside.write_text("".join(f"{name}={value}\n" for name, value in lines))
        beside.chmod(0o600)
        done = command.here(
            "certify", "--target", "target.toml", "-k", "journeys and accept", "--out", "out"
        )
    assert done.returncode == 0, done.stdout + done.stderr
