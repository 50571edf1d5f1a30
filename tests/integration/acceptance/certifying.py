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


WRITTEN = "no JSON body of it has what that changes"
ELSEWHERE = "the central side is not the target's"
UNTOLD = "nobody tells what Palette's clock shows"
NOT_THERE = {
    ("ACC-12", "accept/a-confirmation-that-comes-once-more-brings-no-second-cluster"): ELSEWHERE,
    ("ACC-12", "accept/a-confirmation-that-comes-once-more-undoes-nothing"): ELSEWHERE,
    ("INV-7", "invariants/the-host-of-another-cluster-message-a-request-that-is"): ELSEWHERE,
    ("PRE-4", "writings/a-submission-names-its-token-manner-the-good-one-good"): ELSEWHERE,
    ("ACC-24", "writings/what-comes-of-message-written-with-written"): ELSEWHERE,
    ("ACC-24", "writings/written-with-written-message-is-refused-or-means-the-same"): ELSEWHERE,
    ("SND-13", "writings/what-comes-of-message-written-with-written"): WRITTEN,
    ("SND-13", "writings/written-with-written-message-is-refused-or-means-the-same"): WRITTEN,
    ("ACC-3", "sizes/101-requests-stand-in-the-list-in-whatever-order"): WRITTEN,
    ("ACC-7", "writings/a-request-whose-packs-difference-does-not-match"): WRITTEN,
    ("PRE-4", "clocks/a-token-that-lasts-lasts-is"): UNTOLD,
}
"""What a target may lack that the embedded one has, by requirement and how its scenarios begin: its
own wire has other fields, it has one side alone, or nobody tells the time there."""


def assert_ends_alike(out: Path, expected: Verdicts) -> None:
    """Each scenario ends so, or is not supported for what that target lacks."""
    found, why = verdicts(out), reasons(out)

    def lacks(key: tuple[str, str]) -> bool:
        known = [said for (r, s), said in NOT_THERE.items() if r == key[0] and key[1].startswith(s)]
        return any(said in why.get(key, "") for said in known)

    here = {key: "not_supported" if lacks(key) else expected[key] for key in expected}
    assert found == here


def reasons(out: Path) -> Verdicts:
    """What each verdict on a scenario rests on, by requirement and scenario."""
    lines = map(json.loads, (out / "evidence.jsonl").read_text("utf-8").splitlines())
    told = [line for line in lines if line["type"] == "verdict"]
    return {(line["requirement"], line["scenario"]): line["reason"] for line in told}


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
