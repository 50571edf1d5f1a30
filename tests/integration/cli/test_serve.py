"""`pairproof serve` as a process, and a run against it through the target file that it writes."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from harness.cli.serve import with_handover
from harness.history.reader import read_evidence
from harness.reference.behaviour import Behaviour
from harness.reference.layout import BOTH
from tests.integration.cli.command import Command, wait_until

SMALL = ("serve", "--clusters", "2", "--hosts", "3")


def test_a_port_in_use_is_said_once(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command.run(*SMALL, "--port", str(port))
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"127.0.0.1:{port}: cannot be listened on" in done.stderr
    assert "Traceback" not in done.stderr
    assert command.alive() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "cloud"), "no role is called 'cloud'"),
        (("--write-target", "no/such/target.toml"), "no/such/target.toml: cannot be written"),
        (("--port", "70000"), "--port"),
        (("--clusters", "0"), "--clusters"),
        (("--bind", "0.0.0.0"), "say with --host-name how others reach it"),
        (("--bind", "192.0.2.1"), "192.0.2.1:0: cannot be listened on"),
        (("--key", "k.pem"), "--key goes with --cert"),
        (("--cert", "no.pem"), "no.pem: there is no such file"),
        (("--trust", "ca.pem"), "use --role edge"),
        (("--role", "edge", "--trust", "ca.pem"), "ca.pem: there is no such file"),
        (("--role", "edge", "--handover", "10m"), "how long Palette waits for a host"),
        (("--handover", "10"), '"10" is no duration'),
        (("--handover", "0s"), "an acceptance needs some time"),
    ],
)
def test_what_cannot_be_served(command: Command, words: tuple[str, ...], said: str) -> None:
    done = command.here(*SMALL, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_acceptance_waits_as_long_as_it_is_told() -> None:
    assert with_handover(Behaviour(), "10m", BOTH).central.handover == 600_000_000


def test_what_is_served_can_be_certified_through_its_target_file(
    command: Command, tmp_path: Path
) -> None:
    target = tmp_path / "target.toml"
    with command.started(*SMALL, "--write-target", "target.toml") as process:
        wait_until(lambda: target.exists() or process.poll() is not None, "it is served")
        assert process.poll() is None, process.communicate()
        assert (tmp_path / "target.env").stat().st_mode & 0o777 == 0o600
        done = command.here(
            "certify", "--target", "target.toml", "--requirement", "WDR-3", "--out", "out"
        )
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate()
        assert process.returncode == 0, errors
        assert command.alive() == []
    assert done.returncode == 0, done.stdout + done.stderr
    assert "certifies pairproof reference" in done.stdout
    assert "(target.toml), driver http" in done.stdout
    assert read_evidence(tmp_path / "out").header.target_file.endswith("target.toml")
    assert "Palette       https://localhost:" in said
    password = (tmp_path / "target.env").read_text().split("PASSWORD=")[1].split()[0]
    assert password not in said + errors + done.stdout + done.stderr


def test_a_target_that_is_gone_is_said_once(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    with command.started(*SMALL, "--write-target", "target.toml") as process:
        wait_until(target.exists, "it is served")
        process.kill()
        process.wait()
    done = command.here("certify", "--target", "target.toml", "--out", "out")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("the connection was refused") == 1, done.stderr
    shared = command.here("certify", "--target", "target.toml", "--out", "out", "--workers", "2")
    assert shared.returncode == 2
    assert "several workers cannot share one target" in shared.stderr
