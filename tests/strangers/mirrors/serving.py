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
ENVIRONMENT = {"RING_USER": "keeper", "RING_PASSWORD": "the keeper's own word"}
"""The variables that the target file names."""

_MEDIUM = "profiles come on a medium that is plugged in"
_FIXED = "a ring has the hosts and the settings that it was set up with"
_POOLS = ("AddMachinePool", "UpdateMachinePool", "ScaleMachinePool", "RemoveMachinePool")
NOT_OFFERED = {
    "edge": {
        "LogOut": "a login is sent with each request, and does not end",
        "UpdateCluster": "what can be changed is patched",
        "PatchCluster": "a cluster is patched by its name",
        "UpdateStack": _MEDIUM,
        "CreateCluster": "a cluster is made when its ring is set up",
        "RestoreLocalManagement": "there is no switch for it",
        **dict.fromkeys(("UpdateClusterSettings", "ViewClusterSettings"), _FIXED),
        **dict.fromkeys((*_POOLS, "RemoveNode"), _FIXED),
    },
    "central": {
        "UpdateCentralProfiles": _MEDIUM,
        "ReleaseCentralCluster": "who has joined stays",
        "SetTokenState": "a token is deleted, never switched off",
        "UpdateToken": "a token is deleted, and another one made",
    },
}


@dataclass(frozen=True)
class Mirrors:
    """The stranger as it runs: its addresses, and the folder with its certificates."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str) -> Path:
        """The file that describes these sides; the harness plays the other one."""
        file = self.folder / f"{'-'.join(roles)}.toml"
        described = (HERE / "mirrors.toml").read_text("utf-8")
        file.write_text("\n".join([*self._head(roles), described]), "utf-8")
        return file

    def _head(self, roles: tuple[str, ...]) -> Iterator[str]:
        yield f'schema = "pairproof/target/1"\nroles = {json.dumps(roles)}'
        yield 'features = ["scopes", "multi-node", "clock"]'
        yield '[implementation]\nname = "Hub and rings"\nversion = "2.3"'
        yield '[tls]\nca_file = "lab-ca.pem"'
        yield "[limits]\nstays_s = 0.1\npoll_s = 0.02"
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "RING_USER"\npassword_env = "RING_PASSWORD"'
            for ring, hosts in self.addresses["rings"].items():
                listed = ", ".join(f'{{ uid = "{h}", url = "{url}" }}' for h, url in hosts.items())
                yield f'[[edge.clusters]]\nslot = "{ring}"\nhosts = [{listed}]'
        if "central" in roles:
            yield f'[central]\nurl = "{self.addresses["hub"]}"\n[central.endpoint_forms]'
            yield f'plain-http = "{self.addresses["plain"]}"\nuntrusted = "{self.addresses["odd"]}"'
        else:
            yield '[peer]\nca_out = "peer-ca.pem"'
        for role in roles:
            for name, why in NOT_OFFERED[role].items():
                yield f'[paths.{name}]\nnot_offered = "{why}"'
        sides = {"central": self.addresses["plain"], "edge": self.addresses["lab"]}
        at = [address if side in roles else "-" for side, address in sides.items()]
        command = [sys.executable, "-I", "-S", str(HERE / "lab.py"), *at]
        yield f'[arrange.commands."*"]\ncommand = {json.dumps(command)}\nstays = true\n'


@contextmanager
def served(folder: Path, *plants: str, also_trusted: str = "") -> Iterator[Mirrors]:
    """The stranger in a process of its own, with what is planted: `--defect`, its name.

    Its hosts trust the lab's authority, and those in the text `also_trusted`.
    """
    certificates(folder, also_trusted)
    with started("mirrors", folder, plants, ENVIRONMENT) as addresses:
        yield Mirrors(folder, addresses)
