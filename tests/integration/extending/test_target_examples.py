"""The target files in `examples/targets`: each loads, and those that can run on loopback do."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.domain.arrangements import Side
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import PairproofError
from harness.reference.certificates import Certificates, trusting
from harness.reference.embedded import BOTH, EmbeddedReference, Layout, Other
from harness.targets.target_file import load_target, load_wire
from harness.wire.mapping import PLAIN
from tests.integration.cli.command import Command
from tests.sources import ROOT

FOLDER = ROOT / "examples" / "targets"
FILES = sorted(FOLDER.glob("*.toml"))
TLS = 'ca_file = "lab/ca.pem"'


def named(path: Path) -> dict[str, str]:
    """A value for every variable that the file names."""
    text = path.read_text("utf-8")
    names = {*re.findall(r'_env = "(\w+)"', text), "ACME_HYPERVISOR_TOKEN"}
    return dict.fromkeys(names, "x-value")


def test_each_situation_is_described() -> None:
    told = (FOLDER / "README.md").read_text("utf-8")
    assert {path.name for path in FILES} == set(re.findall(r"\(([\w-]+\.toml)\)", told))


def what_is_wrong(path: Path) -> Iterator[str]:
    try:
        target = load_target(path, {"PATH": "/usr/bin:/bin", **named(path)})
    except PairproofError as error:
        yield f"{path.name} does not load: {error}"
        return
    if not target.allow_writes:
        yield f"{path.name} gives no leave to change anything"
    if not target.info.name.startswith("Acme"):
        yield f"{path.name} is of {target.info.name}, whom nobody made up"


def test_they_load() -> None:
    assert [wrong for path in FILES for wrong in what_is_wrong(path)] == []


def test_the_guard_sees_each_kind(tmp_path: Path) -> None:
    planted = [
        ("does not load", "[central]", "[centre]"),
        ("no leave", "allow_writes = true", "allow_writes = false"),
        ("whom nobody made up", 'name = "Acme', 'name = "Emca'),
    ]
    path = shutil.copytree(FOLDER, tmp_path / "targets") / "central-only.toml"
    sound, unseen = path.read_text("utf-8"), []
    for kind, old, new in planted:
        path.write_text(sound.replace(old, new), "utf-8")
        unseen += [] if any(kind in wrong for wrong in what_is_wrong(path)) else [kind]
    assert unseen == []


@contextmanager
def served(
    sides: frozenset[Side], folder: Path, mapping: Path | None = None
) -> Iterator[EmbeddedReference]:
    Certificates.kept(folder / "peer-ca.pem")
    other = Other() if Side.CENTRAL in sides else Other(trusted=trusting(folder / "peer-ca.pem"))
    wire = load_wire(mapping) if mapping else PLAIN
    with EmbeddedReference(5, Layout(3, 5, sides=sides), other=other, wire=wire) as reference:
        yield reference


def fitted(text: str, reference: EmbeddedReference) -> str:
    """An example with a reference's addresses and names in place of its own."""
    data = tomllib.loads(text)
    swaps = {TLS: f'ca_file = "{reference.ca_file}"'}
    for place, slot in zip(data.get("edge", {}).get("clusters", []), reference.slots, strict=False):
        swaps[f'slot = "{place["slot"]}"'] = f'slot = "{slot.uid}"'
        for host, uid in zip(place["hosts"], slot.host_uids, strict=False):
            swaps[f'uid = "{host["uid"]}"'] = f'uid = "{uid}"'
            swaps[host["url"]] = reference.addresses.local_ui[uid]
    central = data.get("central", {})
    if central:
        swaps[central["url"]] = reference.addresses.people
        usable = reference.addresses.palette[EndpointForm.USABLE]
        swaps[central.get("endpoint", central["url"])] = usable
    for ours, theirs in swaps.items():
        assert ours in text, ours
        text = text.replace(ours, theirs)
    return text


def certified(
    command: Command, text: str, reference: EmbeddedReference, requirements: str
) -> Mapping[str, str]:
    """The verdicts on these requirements, with the reference's control port to arrange things."""
    sides = sorted(side.value for side in reference.layout.sides)
    table = "control" if len(sides) > 1 else f"{sides[0]}.control"
    control = f'\n[{table}]\nurl = "{reference.addresses.control}"\nsecret_env = "ACME_CONTROL"\n'
    text = re.sub(r"\n\[control\]\n.*\n.*\n", "\n", text) + control
    (command.folder / "target.toml").write_text(text, "utf-8")
    (command.folder / "lab").symlink_to(FOLDER / "lab")
    username, password = reference.local_user
    values = {
        **named(command.folder / "target.toml"),
        "ACME_USER": username,
        "ACME_PASSWORD": password,
        "ACME_CONTROL": reference.secrets.control,
    }
    beside = command.folder / "target.env"
    beside.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    beside.chmod(0o600)
    done = command.here(
        "certify", "--target", "target.toml", "--requirement", requirements, "--out", "out"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: Any = json.loads((command.folder / "out" / "report.json").read_text("utf-8"))
    return {found["id"]: found["verdict"] for found in report["requirements"]}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.mark.slow
def test_edge_hosts_alone(command: Command) -> None:
    with served(frozenset({Side.EDGE}), command.folder) as reference:
        text = fitted((FOLDER / "edge-only.toml").read_text("utf-8"), reference)
        text = text.replace('"0.0.0.0"', '"127.0.0.1"').replace(
            "ci-7.lab.acme.example", "localhost"
        )
        text = text.replace("port = 9440", "port = 0").replace("pairproof-ca.pem", "peer-ca.pem")
        found = certified(command, text, reference, "SND-1,WDR-3")
    assert found == {"SND-1": "pass", "WDR-3": "pass"}


@pytest.mark.slow
def test_a_palette_alone(command: Command) -> None:
    with served(frozenset({Side.CENTRAL}), command.folder) as reference:
        text = fitted((FOLDER / "central-only.toml").read_text("utf-8"), reference)
        found = certified(command, text, reference, "REJ-1")
    assert found == {"REJ-1": "pass"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reference-remote", "remapped"])
def test_both_sides(command: Command, name: str) -> None:
    path = FOLDER / f"{name}.toml"
    mapping = path if name == "remapped" else None
    with served(BOTH, command.folder, mapping) as reference:
        text = fitted(path.read_text("utf-8"), reference)
        found = certified(command, text, reference, "WDR-3,REJ-1")
    assert set(found.values()) == {"pass"}
    assert len(found) == 2
