"""A served reference in a process of its own: it stops when asked, and survives being killed."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from harness.domain import operations as ops
from harness.opening import open_http
from harness.targets.port import Outgoing
from harness.targets.reading import env_file_of, read_env_file
from harness.targets.target_file import load_target
from tests.forking import Forked
from tests.integration.cli.command import Command
from tests.integration.ports import free_ports

HOSTS = 2
PORTS = 4 + HOSTS
PROGRAM = """
import sys
from pathlib import Path
from harness.reference.embedded import Layout
from harness.serving import Serve, serve
folder, port = Path(sys.argv[1]), int(sys.argv[2])
layout = Layout(clusters=2, hosts=1, port_base=port)
asked = Serve(layout, db=folder / "kept.db", write_target=folder / "target.toml")
sys.exit(serve(asked, lambda line: print(line, flush=True)))
"""


@dataclass
class Process:
    """A serving process."""

    folder: Path
    port: int
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        (self.folder / "serves_here.py").write_text(PROGRAM, "utf-8")
        # What a killed process leaves in the folder for temporary files goes with the test's.
        variables = Command(self.folder).environment({"TMPDIR": str(self.folder)})
        words = ["serves_here", str(self.folder), str(self.port)]
        process = Forked(words, stdout=subprocess.PIPE, env=variables, cwd=self.folder)
        self.started.append(process)
        assert any(line.startswith("Credentials ") for line in self.output())

    def output(self) -> IO[str]:
        output = self.started[-1].stdout
        assert output is not None
        return output

    def end(self, number: signal.Signals) -> int:
        self.started[-1].send_signal(number)
        return self.started[-1].wait(20)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path, free_ports(PORTS))
    process.start()
    yield process
    for each in process.started:
        each.kill()
        each.wait()
        assert each.stdout is not None
        each.stdout.close()


class Someone:
    """Somebody at one host of a served reference, with the demonstration's credentials."""

    def __init__(self, process: Process, slot: int = 0) -> None:
        target_file = process.folder / "target.toml"
        driver = open_http(load_target(target_file, {}))
        self.driver = driver
        self.host = driver.inventory().slots[slot].host_uids[0]
        self.env = read_env_file(env_file_of(target_file))
        self.session = ""
        user = driver.local_user
        self.session = value(self.ask(ops.LogIn(user.username, user.password))).token

    def ask(self, operation: ops.Operation) -> ops.Reply:
        proof = ops.Credentials(self.session)
        if isinstance(operation, ops.ListPairingRequests):
            api_key, project = (
                self.env[f"PAIRPROOF_{n}"] for n in ("PALETTE_API_KEY", "PROJECT_UID")
            )
            proof = ops.Credentials(api_key=api_key, project_uid=project)
        return self.driver.send(Outgoing(operation, proof, self.host, "kill#1")).reply

    def sends(self) -> str:
        endpoint = self.driver.inventory().endpoint
        send = ops.SendPairingRequest(endpoint, self.env["PAIRPROOF_REGISTRATION_TOKEN"])
        uid: str = value(self.ask(send)).pairing_uid
        return uid

    def listed(self) -> set[str]:
        return {item.pairing_uid for item in value(self.ask(ops.ListPairingRequests())).items}

    def leaves(self) -> None:
        self.driver.close()


def value(reply: ops.Reply):  # type: ignore[no-untyped-def]
    assert isinstance(reply, ops.Done), reply
    return reply.value


def test_what_was_acknowledged_survives_a_kill_and_no_id_comes_back(process: Process) -> None:
    seen: set[str] = set()
    for _ in range(3):
        someone, other = Someone(process), Someone(process, slot=1)
        for each in (someone, other):
            uid = each.sends()
            assert uid not in seen
            seen.add(uid)
            value(each.ask(ops.CancelPairingRequest()))
        kept, cancelled = someone.sends(), other.sends()
        value(other.ask(ops.CancelPairingRequest()))
        assert process.end(signal.SIGKILL) == -signal.SIGKILL
        someone.leaves()
        other.leaves()

        process.start()
        someone = Someone(process)
        assert {kept, cancelled}.isdisjoint(seen)
        seen |= {kept, cancelled}
        assert someone.listed() == {kept}
        assert value(someone.ask(ops.ViewPairing())).pairing_uid == kept
        value(someone.ask(ops.CancelPairingRequest()))
        assert someone.listed() == set()
        someone.leaves()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_when_it_is_asked_to(process: Process, number: signal.Signals) -> None:
    with socket.create_connection(("127.0.0.1", process.port), timeout=5):
        assert process.end(number) == 0
    assert process.output().read().endswith("stopped\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", process.port), timeout=5)
