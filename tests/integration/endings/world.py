"""A served reference whose databases are looked into, and runs against it that end badly."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.history.reader import read_evidence
from harness.targets.ledger import FILE, State, read_ledger
from tests.forking import Forked
from tests.integration.cli.command import Command, wait_until
from tests.integration.ports import free_ports

SLOTS, HOSTS = 3, 5
PORTS = 4 + SLOTS * HOSTS
MADE = ("Project", "User", "RegistrationToken", "ClusterProfile", "PairingRequest")
"""What a run makes at the central side; `CentralCluster` goes with its project."""

SOME = ("--requirement", "WDR-3,REJ-5,PRE-5,ACC-13,PRE-4")
"""A few scenarios that make all kinds of things, and take a few seconds."""

LINES_MAX = 500
"""Of evidence, until a run is ended at the latest; it would have more of them."""

RELAY = """
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
def carry(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    other.close()
while True:
    near, _ = listener.accept()
    far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


@dataclass
class World:
    """A folder with a target file, and the process that serves what it describes."""

    command: Command
    """What runs are started with; the server bears no mark of theirs, and outlives them."""
    port: int
    role: str = "both"
    """The side that is served; the harness plays the other one."""
    server: subprocess.Popen[str] | None = None

    @property
    def folder(self) -> Path:
        return self.command.folder

    @property
    def target_file(self) -> Path:
        return self.folder / "target.toml"

    def serve(self) -> None:
        """Start the server, on the same ports and databases each time."""
        self.target_file.unlink(missing_ok=True)
        words = ("serve", "--clusters", str(SLOTS), "--hosts", str(HOSTS), "--port", str(self.port))
        files = ("--role", self.role, "--db", "kept.db", "--write-target", "target.toml")
        self.server = Forked(
            ["harness.cli", *words, *files],
            cwd=self.folder,
            env=Command(self.folder).environment({"TMPDIR": str(self.folder)}),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(
            lambda: self.target_file.exists() or self.server.poll() is not None,  # type: ignore[union-attr]
            "it is served",
        )
        assert self.server.poll() is None

    def kill(self) -> None:
        """Kill the server without a warning."""
        assert self.server is not None
        self.server.kill()
        self.server.wait()

    def close(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self.server.terminate()
            self.server.wait()

    # --- what is on the target ----------------------------------------------------------------

    def made(self) -> set[tuple[str, str]]:
        """What stands at the central side, by kind and key."""
        marks = ", ".join("?" * len(MADE))
        if self.role == "edge":
            return set()
        with closing(sqlite3.connect(self.folder / "kept-central.db")) as db:
            found = db.execute(f"SELECT kind, key FROM record WHERE kind IN ({marks})", MADE)
            return set(found)

    def marked_clusters(self) -> set[str]:
        """The names of clusters that a run has installed and that are still there."""
        if self.role == "central":
            return set()
        with closing(sqlite3.connect(self.folder / "kept-edge.db")) as db:
            bodies = db.execute("SELECT body FROM record WHERE kind = 'SlotState'").fetchall()
        texts = (body.decode() if isinstance(body, bytes) else body for (body,) in bodies)
        return {
            name for text in texts for name in re.findall(r"pairproof-[0-9a-f]{8}-[\w-]+", text)
        }

    # --- runs ---------------------------------------------------------------------------------

    @contextmanager
    def run(
        self, out: str, *words: str, target: str = "target.toml"
    ) -> Iterator[subprocess.Popen[str]]:
        """A run that is going on."""
        asked = ("certify", "--target", target, "--out", out, *SOME, *words)
        with self.command.started(*asked) as process:
            yield process

    def wait_for_lines(self, process: subprocess.Popen[str], out: str, count: int) -> None:
        evidence = self.folder / out / "evidence.jsonl"
        wait_until(
            lambda: lines_in(evidence) >= count or process.poll() is not None, "it is on its way"
        )
        assert process.poll() is None, process.communicate()

    def alive(self) -> list[int]:
        """The processes of runs that have not ended."""
        return self.command.alive()

    def consumed(self, out: str) -> set[str]:
        """The names of the clusters that were paired."""
        _, entries = read_ledger(self.folder / out / FILE)
        return {entry.what for entry in entries.values() if entry.state is State.CONSUMED}

    def clean(self, out: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self.command.here("cleanup", out, *words)

    def check_nothing_is_left(self, before: set[tuple[str, str]], out: str) -> None:
        """Nothing of the run is on the target, but clusters that were paired for good."""
        assert self.made() == before
        assert self.marked_clusters() <= self.consumed(out)
        assert self.alive() == []

    def check_evidence(self, out: str, *, whole: bool) -> None:
        """What was recorded can be read up to its end, and says whether that is the run's."""
        evidence = read_evidence(self.folder / out)
        assert evidence.complete is whole
        assert evidence.operation_count > 0
        if evidence.footer is None:
            assert any("cut off" in problem for problem in evidence.problems)
        reported = self.command.here("report", out)
        assert reported.returncode == 3, reported.stdout + reported.stderr
        assert "Traceback" not in reported.stderr


def lines_in(file: Path) -> int:
    """How many from the first operation on: of what a side does not have, lines come before."""
    try:
        return file.read_bytes().partition(b'"type":"invoke"')[2].count(b"\n")
    except FileNotFoundError:
        return 0


def some_moment(seed: str) -> int:
    """So many lines of evidence into a run."""
    return random.Random(seed).randint(3, LINES_MAX)


@contextmanager
def relay(world: World, to: int) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A process that stands between the harness and a port of the target; where it listens."""
    port = free_ports(1)
    words = [sys.executable, "-c", RELAY, str(port), str(to)]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env=Command(world.folder).environment()
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def signalled(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Send a signal; the exit code, and all that was said."""
    os.kill(process.pid, number)
    said, errors = process.communicate()
    return process.returncode, said + errors
