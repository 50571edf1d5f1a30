"""What certifying comes to, by requirement and scenario."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.integration.cli.command import Command, wait_until

Verdicts = Mapping[tuple[str, str], str]

SOME = " or ".join(
    (
        "a-cancel-whose-word-fault and takes",  # INV-4: a message is lost
        "not-heard-of-for-a-long-time",  # ACC-14: the clock goes on
        "unhealthy-among-many and middle",  # PRE-2
        "sends-its-request-once-it-is-running and Error",  # PRE-1
        "and-is-fate-since and deleted",  # PRE-4: the token is removed
        "by-the-local-uid-is-refused",  # SND-11: a central cluster is asked for
        "to-another-endpoint-was-checked-in-between",  # WDR-3: a connection is verified
        "installed-in-central-mode",  # PRE-3
        "cancels-nothing and logged-out",  # WDR-1
        "can-be-reviewed and match",  # ACC-1
        "is-refused-right-after-the-acceptance-by-who and reject and second",
        "works-after-a-reject and named",  # REJ-7
        "works-after-a-reject and profiles",
        "works-after-a-reject and deletion",
        "the-operation-is-refused and update",  # ACC-13
        "said-about-the-operation and creation",
        "to-take-the-cluster-back-while",  # ACC-19: a link is down
        "does-not-give-a-paired-cluster-back",
    )
)
"""Scenarios in which every operation and every kind of arrangement comes up, for `-k`."""


def verdicts(out: Path, role: str = "both") -> Verdicts:
    """The verdict on each scenario, for each of its requirements that bind the role."""
    report = json.loads((out / "report.json").read_text("utf-8"))
    return {
        (requirement["id"], scenario["id"]): scenario["verdict"]
        for requirement in report["requirements"]
        if role == "both" or requirement["role"] in (role, "both")
        for scenario in requirement["scenarios"]
    }


def by_requirement(out: Path) -> Mapping[str, str]:
    """The verdict on each requirement that binds a role."""
    report = json.loads((out / "report.json").read_text("utf-8"))
    return {requirement["id"]: requirement["verdict"] for requirement in report["requirements"]}


def described(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said, for a test that fails."""
    return done.stdout[-6_000:] + done.stderr[-2_000:]


@contextmanager
def served(command: Command, asked: Mapping[str, tuple[str, ...]]) -> Iterator[None]:
    """References, each served by a process: for the target file that it writes, how."""
    files = [command.folder / name for name in asked]
    with ExitStack() as held:
        processes = [
            held.enter_context(command.started("serve", *words, "--write-target", name))
            for name, words in asked.items()
        ]

        def all_serve() -> bool:
            for process in processes:
                assert process.poll() is None, process.communicate()
            return all(file.exists() for file in files)

        wait_until(all_serve, "all of them are served")
        yield
