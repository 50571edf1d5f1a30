"""Each half of the reference alone, as a process of its own, comes to the verdicts of both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.reference.certificates import Certificates
from tests.integration.cli.command import Command, wait_until

REQUIREMENTS = "PRE-6,SND-1,SND-8,WDR-4,REJ-1,ACC-1"
SELECTED = ("--requirement", REQUIREMENTS, "--workers", "1")


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def verdicts(command: Command, *words: str) -> dict[tuple[str, str], str]:
    """The verdict on each scenario that binds a side, by requirement."""
    done = command.run("certify", *SELECTED, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((command.folder / words[-1] / "report.json").read_text("utf-8"))
    return {
        (requirement["id"], scenario["id"]): scenario["verdict"]
        for requirement in report["requirements"]
        for scenario in requirement["scenarios"]
    }


MAPPED = """
[headers]
ProjectUid = "X-Space"
[fields]
registrationToken = "ticket"
[paths.Probe]
path = "/hello"
[paths.SendPairingRequest]
path = "/join"
[paths.SubmitPairing]
method = "PUT"
path = "/agents/requests"
"""


@pytest.mark.slow
@pytest.mark.parametrize("wire", ["", MAPPED], ids=["published", "mapped"])
def test_each_half_comes_to_the_verdicts_of_both(command: Command, wire: str) -> None:
    (command.folder / "wire.toml").write_text(wire)
    Certificates.kept(command.folder / "peer-ca.pem")
    both = verdicts(command, "--out", "both")
    seen = {}
    for side, words in (("edge", ("--trust", "peer-ca.pem")), ("central", ())):
        target = command.folder / f"{side}.toml"
        serve = ("serve", "--role", side, "--write-target", target.name, *words)
        serve += ("--wire", "wire.toml") if wire else ()
        with command.started(*serve) as process:
            wait_until(target.exists, "the target file is written")
            if side == "edge":
                with target.open("a") as file:
                    file.write('\n[peer]\nca_out = "peer-ca.pem"\n')
            half = verdicts(command, "--target", target.name, "--out", side)
            process.terminate()
            assert process.wait(30) == 0
        assert half == {key: both[key] for key in half}
        assert half
        seen |= half
    assert seen == both
    assert command.alive() == []
