"""The reference as a vendor's: each side a process of its own, speaking another wire altogether,
described by a target file that names no control port but a script.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

from harness.reference.certificates import Certificates
from harness.targets.reading import env_text, read_env_file
from tests.integration.acceptance.certifying import served
from tests.integration.cli.command import Command

LAB = Path(__file__).with_name("lab.py")
WIRE = Path(__file__).parents[1] / "remote" / "wild.toml"
LAB_CA = "lab-ca.pem"
PEER_CA = "peer-ca.pem"
SIDES = ("edge", "central")


@dataclass(frozen=True, slots=True)
class Apart:
    """Both sides as they run, and what their own target files say, by side."""

    folder: Path
    served: Mapping[str, Mapping[str, Any]]

    def target_file(self, *sides: str) -> Path:
        """A target file that describes these sides; the harness plays the other one."""
        path = self.folder / f"{'-'.join(sides)}.toml"
        path.write_text("\n".join(self._lines(sides)) + "\n", "utf-8")
        path.with_suffix(".env").write_text(env_text(dict(self._environment(sides))), "utf-8")
        path.with_suffix(".env").chmod(0o600)
        return path

    def _lines(self, sides: tuple[str, ...]) -> Iterator[str]:
        yield 'schema = "pairproof/target/1"'
        yield f"roles = {json.dumps(sides)}"
        yield 'features = ["scopes", "multi-node", "clock", "management-switch"]'
        yield "offers = { PatchCluster = true, ReleaseCentralCluster = true, UpdateStack = true }"
        yield '[implementation]\nname = "The reference, apart"'
        yield f'[tls]\nca_file = "{LAB_CA}"'
        yield from _table("limits", self.served["edge"])
        if "edge" in sides:
            yield from _table("edge.login", self.served["edge"])
            for cluster in self.served["edge"]["edge"]["clusters"]:
                hosts = ", ".join(f"{{ {', '.join(_pairs(host))} }}" for host in cluster["hosts"])
                yield f'[[edge.clusters]]\nslot = "{cluster["slot"]}"\nhosts = [{hosts}]'
        if "central" in sides:
            yield from _table("central", self.served["central"])
            yield from _table("central.endpoint_forms", self.served["central"])
        else:
            yield f'[peer]\nca_out = "{PEER_CA}"'
        ports = [self._control(side)["url"] if side in sides else "-" for side in SIDES]
        words = [sys.executable, "-I", "-S", str(LAB), *ports]
        passed = [f"{side.upper()}_CONTROL" for side in sides]
        yield f'[arrange.commands."*"]\ncommand = {json.dumps(words)}\nstays = true'
        yield f"pass_env = {json.dumps(passed)}"
        yield WIRE.read_text("utf-8")

    def _control(self, side: str) -> Mapping[str, str]:
        found: Mapping[str, str] = self.served[side][side]["control"]
        return found

    def _environment(self, sides: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for side in sides:
            known = read_env_file(self.folder / f"served-{side}.env")
            secret = self._control(side)["secret_env"]
            yield f"{side.upper()}_CONTROL", known.pop(secret)
            yield from known.items()


def _table(name: str, data: Mapping[str, Any]) -> Iterator[str]:
    """A table as it stands there, without the tables in it."""
    for part in name.split("."):
        data = data[part]
    yield f"[{name}]"
    yield from _pairs({k: v for k, v in data.items() if not isinstance(v, dict | list)})


def _pairs(data: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} = {json.dumps(value)}" for name, value in data.items())


@contextmanager
def apart(command: Command) -> Iterator[Apart]:
    """Both sides, each served by a process, with certificates of a CA of the lab's own; the edge
    hosts trust it, and the one that the harness keeps for playing Palette.
    """
    folder = command.folder
    Certificates.kept(folder / PEER_CA)
    lab = trustme.CA()
    lab.cert_pem.write_to_path(str(folder / LAB_CA))
    shown = lab.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem
    shown.write_to_path(str(folder / "shown.pem"))
    trusted = "".join((folder / name).read_text("ascii") for name in (LAB_CA, PEER_CA))
    (folder / "trusted.pem").write_text(trusted, "ascii")
    words = ("--wire", str(WIRE), "--cert", "shown.pem")
    trust = {"edge": ("--trust", "trusted.pem"), "central": ()}
    files = {side: f"served-{side}.toml" for side in SIDES}
    with served(command, {files[side]: ("--role", side, *words, *trust[side]) for side in SIDES}):
        read = {side: tomllib.loads((folder / file).read_text()) for side, file in files.items()}
        yield Apart(folder, read)
