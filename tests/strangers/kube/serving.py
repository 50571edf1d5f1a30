"""Starts the stranger as a process, and writes what its makers would: a target file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.strangers.starting import certificates, started

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {"KUBE_USER": "operator", "KUBE_PASSWORD": "the operator's own word"}
"""The variables that the target file names."""


@dataclass(frozen=True)
class Kube:
    """The stranger as it runs: its addresses, and the folder with its certificates."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str) -> Path:
        """The file that describes these sides; the harness plays the other one."""
        file = self.folder / f"{'-'.join(roles)}.toml"
        described = (HERE / "kube.toml").read_text("utf-8")
        file.write_text("\n".join([*self._head(roles), described]), "utf-8")
        return file

    def _head(self, roles: tuple[str, ...]) -> Iterator[str]:
        yield f'schema = "pairproof/target/1"\nroles = {json.dumps(roles)}'
        yield 'features = ["scopes", "multi-node", "clock", "management-switch"]'
        yield '[implementation]\nname = "kube"\nversion = "1.4.0"'
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "KUBE_USER"\npassword_env = "KUBE_PASSWORD"'
            for slot, hosts in self.addresses["slots"].items():
                listed = ", ".join(f'{{ uid = "{h}", url = "{url}" }}' for h, url in hosts.items())
                yield f'[[edge.clusters]]\nslot = "{slot}"\nhosts = [{listed}]'
        if "central" in roles:
            at = self.addresses
            yield f'[central]\nurl = "https://{at["central"]}"\n[central.endpoint_forms]'
            yield f'bare-host = "{at["central"]}"\nuntrusted = "https://{at["untrusted"]}"'
            yield f'plain-http = "http://{at["plain"]}"'
        if roles == ("edge",):
            yield '[peer]\ncert_file = "shown.pem"\nkey_file = "shown.pem"'
        if roles == ("central",):
            yield "[peer]\nclusters = 3\nhosts = 5"
        command = [sys.executable, "-I", "-S", str(HERE / "lab.py"), self.addresses["lab"]]
        yield f'[arrange.commands."*"]\ncommand = {json.dumps(command)}\nstays = true\n'


@contextmanager
def served(folder: Path, *plants: str) -> Iterator[Kube]:
    """The stranger in a process of its own, with what is planted: `--defect`, its name.

    Its makers lend their certificate to whoever plays the other side.
    """
    certificates(folder)
    with started("kube", folder, plants, ENVIRONMENT) as addresses:
        yield Kube(folder, addresses)
