"""What the doctor says beforehand is what a run says: scenario by scenario, in the same words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.catalogue.verdict import Verdict
from harness.history.reader import read_evidence
from harness.reference.description import CONTROL_VARIABLE, environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout
from tests.integration.arranging.test_without_control import GIVEN, install, marked
from tests.integration.arranging.without_control import by_command, by_command_for
from tests.integration.cli.command import Command

SOME = "PRE-2,PRE-3,PRE-4S,ACC-2,ACC-9A,ACC-19,ACC-21,SND-8,INV-1,REJ-4P"
_CONTROL = re.compile(r"\n\[control\]\n[^\[]*")


@dataclass
class Lab:
    """The reference over HTTP, and the file and the environment that describe it."""

    reference: EmbeddedReference
    text: str = field(init=False)
    variables: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.text = target_text(self.reference)
        self.variables = dict(environment(self.reference))
        self.variables["CONTROL_URL"] = self.reference.addresses.control
        self.variables["CONTROL_SECRET"] = self.variables[CONTROL_VARIABLE]

    def replace(self, old: str, new: str) -> None:
        assert old in self.text
        self.text = self.text.replace(old, new)

    def without(self, begin: str, end: str) -> None:
        head, _, rest = self.text.partition(begin)
        self.text = head + end + rest.partition(end)[2]


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference(7, Layout(clusters=3, hosts=2)) as running:
        yield running


def nothing_is_claimed(lab: Lab) -> None:
    lab.replace(
        'features = ["pages", "scopes", "multi-node", "clock", "management-switch"]',
        "features = []",
    )


def nobody_arranges(lab: Lab) -> None:
    lab.text = _CONTROL.sub("\n", lab.text)


def some_is_arranged_by_commands(lab: Lab) -> None:
    nobody_arranges(lab)
    kinds = "CreateProject ForgetProject PutUser PutToken PutProfile InstallCluster AdvanceClock"
    lab.text += by_command_for(*kinds.split())


def one_side_has_a_control_port(lab: Lab) -> None:
    control = f'url = "{lab.reference.addresses.control}"\nsecret_env = "{CONTROL_VARIABLE}"\n'
    lab.text = _CONTROL.sub(f"\n[central.control]\n{control}", lab.text)
    lab.text += by_command_for("InstallCluster")


def one_small_place(lab: Lab) -> None:
    lab.replace('"multi-node", ', "")  # a file that claims it needs a place of several hosts
    slot = lab.reference.slots[0]
    host = lab.reference.addresses.local_ui[slot.host_uids[0]]
    lab.without("[[edge.clusters]]", "[central]\n")
    lab.replace(
        "[central]\n",
        f'[[edge.clusters]]\nslot = "{slot.uid}"\n'
        f'hosts = [{{ uid = "{slot.host_uids[0]}", url = "{host}" }}]\n\n[central]\n',
    )


def no_endpoint_but_one(lab: Lab) -> None:
    lab.without("[central.endpoint_forms]", "[limits]")


def the_edge_alone(lab: Lab) -> None:
    nobody_arranges(lab)
    lab.replace('roles = ["edge", "central"]', 'roles = ["edge"]')
    lab.replace('"scopes", "multi-node"', '"multi-node"')
    lab.without("[central]\n", "[limits]")
    lab.text += by_command_for("InstallCluster", "SetNodeHealth") + "[peer]\ntls = false\n"


def palette_alone(lab: Lab) -> None:
    lab.replace('roles = ["edge", "central"]', 'roles = ["central"]')
    lab.replace("UpdateStack = true", "UpdateStack = false")
    lab.without("[edge.login]", "[central]\n")
    nobody_arranges(lab)
    lab.text += by_command_for("CreateProject", "PutUser", "PutToken", "PutProfile", "Restart")


def few_are_borne_at_once(lab: Lab) -> None:
    lab.text += "\n[sizes]\nrequests = 50\n"


def what_is_given(lab: Lab) -> None:
    """Clusters of one node, two of which may be paired; three people; one profile."""
    lab.variables |= install(lab.reference)
    nobody_arranges(lab)
    for old, new in list(marked(lab.reference, "disposable = true").items())[:2]:
        lab.replace(old, new)
    lab.text += GIVEN + by_command_for("PutToken", "SetNodeHealth")


LACKING = {
    nothing_is_claimed: SOME,
    nobody_arranges: SOME,
    one_small_place: SOME,
    no_endpoint_but_one: "PRE-6S,ACC-2",
    some_is_arranged_by_commands: "PRE-3,ACC-21",
    one_side_has_a_control_port: "WDR-1",
    the_edge_alone: "PRE-3,WDR-1",
    palette_alone: "PRE-3,ACC-2,ACC-21",
    what_is_given: "ACC-2,ACC-9A,ACC-9B,ACC-19,PRE-3",
    few_are_borne_at_once: "REJ-2,SND-13",
}
"""What is lacking, and what is asked; few scenarios where commands are started for each."""
QUICK = (nobody_arranges, the_edge_alone, what_is_given, few_are_borne_at_once)


@pytest.mark.parametrize(
    "lacking",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in LACKING],
    ids=lambda lacking: lacking.__name__,
)
def test_the_doctor_says_what_a_run_says(
    reference: EmbeddedReference, tmp_path: Path, lacking: Callable[[Lab], None]
) -> None:
    lab = Lab(reference)
    lacking(lab)
    (tmp_path / "target.toml").write_text(lab.text, "utf-8")
    command = Command(tmp_path)
    words = ("--target", "target.toml", "--requirement", LACKING[lacking])
    examined = command.here("doctor", *words, "--format", "json", env=lab.variables)
    document = json.loads(examined.stdout)
    done = command.here("certify", *words, "--out", "out", env=lab.variables)
    told = {
        v.scenario: (v.verdict.value, v.reason) for v in read_evidence(tmp_path / "out").verdicts
    }

    left = (Verdict.INCONCLUSIVE, Verdict.NOT_SUPPORTED, Verdict.SKIPPED)
    assert predicted(document) == {s: t for s, t in told.items() if t[0] in left}, done.stderr
    assert document["judged"] == len(told) - len(document["not_judged"])
    for secret in lab.variables.values():
        assert secret not in examined.stdout + examined.stderr or secret.startswith("http")


def predicted(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {n["scenario"]: (n["verdict"], n["reason"]) for n in document["not_judged"]}


def test_what_is_missing_is_a_table_with_the_most_rewarding_first(
    reference: EmbeddedReference, tmp_path: Path
) -> None:
    lab = Lab(reference)
    nobody_arranges(lab)
    lab.text += by_command("SetLink", "SetNodeHealth")
    lab.text = lab.text.replace('"*"', "InstallCluster")
    (tmp_path / "target.toml").write_text(lab.text, "utf-8")
    words = ("doctor", "--target", "target.toml", "--requirement", "PRE-2,WDR-3")
    examined = Command(tmp_path).here(*words, env=lab.variables)
    assert examined.returncode == 3
    rows = [line.split("\t") for line in examined.stdout.splitlines() if line.count("\t") == 4]
    assert {row[0] for row in rows} == {"inconclusive"}
    alone = [int(row[2]) for row in rows]
    assert alone == sorted(alone, reverse=True)
    assert (
        "add [arrange.commands.CreateProject]"
        in {row[3]: row[4] for row in rows}["CreateProject cannot be arranged"]
    )
    assert "a run lasts about 0.0 minutes; 0 clusters used up (an estimate: 0 requests at" in (
        examined.stdout
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--requirement", "WDR-99"), "no requirement is called 'WDR-99'"),
        (("-k", "nobody-asks-this"), "nothing is selected"),
    ],
)
def test_what_is_not_there_is_not_rehearsed(
    reference: EmbeddedReference, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    lab = Lab(reference)
    (tmp_path / "target.toml").write_text(lab.text, "utf-8")
    examined = Command(tmp_path).here(
        "doctor", "--target", "target.toml", *words, env=lab.variables
    )
    assert (examined.returncode, examined.stdout) == (2, "")
    assert told in examined.stderr
