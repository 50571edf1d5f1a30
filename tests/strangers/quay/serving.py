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
ENVIRONMENT = {
    "BERTH_USER": "dockhand",
    "BERTH_PASSWORD": "correct horse of the dockhand",
    "QUAY_CONTROL": "what the shipyard alone says",
}
"""The variables that the target file names."""


@dataclass(frozen=True)
class Quay:
    """The stranger as it runs: its addresses, and the folder with its certificates."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str) -> Path:
        """The file that describes these sides; the harness plays the other one."""
        file = self.folder / f"{'-'.join(roles)}.toml"
        described = (HERE / "quay.toml").read_text("utf-8")
        file.write_text("\n".join([*self._head(roles), described]), "utf-8")
        return file

    def _head(self, roles: tuple[str, ...]) -> Iterator[str]:
        yield f'schema = "pairproof/target/1"\nroles = {json.dumps(roles)}'
        yield 'features = ["scopes", "multi-node", "clock", "server-steps", "management-switch"]'
        yield '[implementation]\nname = "Quay"\nversion = "0.9"'
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "BERTH_USER"\npassword_env = "BERTH_PASSWORD"'
            yield f'[edge.control]\nurl = "{self.addresses["control"]}"'
            yield 'secret_env = "QUAY_CONTROL"'
            for pier, hosts in self.addresses["piers"].items():
                listed = ", ".join(f'{{ uid = "{h}", url = "{url}" }}' for h, url in hosts.items())
                yield f'[[edge.clusters]]\nslot = "{pier}"\nhosts = [{listed}]'
            yield '[peer]\ncert_file = "shown.pem"\nkey_file = "shown.pem"'
            yield "[links.sources]"
            yield from (f'{h} = "{source}"' for h, source in self.addresses["sources"].items())
        if "central" in roles:
            harbour, command = self.addresses["harbour"], HERE / "lab.py"
            yield f'[central]\nurl = "https://{harbour}"\n[central.endpoint_forms]'
            yield f'untrusted = "https://{self.addresses["odd"]}"\nbare-host = "{harbour}"'
            lab = [sys.executable, "-I", "-S", str(command), self.addresses["lab"]]
            yield f'[arrange.commands."*"]\ncommand = {json.dumps(lab)}\nstays = true'


@contextmanager
def served(folder: Path, *plants: str) -> Iterator[Quay]:
    """The stranger in a process of its own, with what is planted: `--defect`, its name.

    Its makers lend their certificate to whoever plays the other side.
    """
    certificates(folder)
    with started("quay", folder, plants, ENVIRONMENT) as addresses:
        yield Quay(folder, addresses)
