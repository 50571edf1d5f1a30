"""Starts the product as a process, and writes what its makers would: a target file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.strangers.starting import LAB_CA, certificates, started

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {"ANNEX_USER": "warden", "ANNEX_PASSPHRASE": "the warden's own phrase"}
"""The variables that the target file names."""
GROWS = "a site has the racks that it was built with"
NOT_OFFERED = {
    "edge": {
        "AddMachinePool": GROWS,
        "UpdateMachinePool": GROWS,
        "ScaleMachinePool": GROWS,
        "RemoveMachinePool": GROWS,
        "RemoveNode": GROWS,
    },
    "central": {
        "UpdateCentralProfiles": "the office runs a site as it was bound",
        "UpdateToken": "a voucher is dropped, and another one made",
    },
}
"""What each side cannot do, and why."""
PEER_CA = "peer-ca.pem"


@dataclass(frozen=True)
class Product:
    """The product as it runs: its addresses, and the folder with its certificates."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str, **limits: float) -> Path:
        """The file that describes these sides; the harness plays the other one."""
        file = self.folder / f"{'-'.join(roles)}.toml"
        product = (HERE / "product.toml").read_text("utf-8")
        file.write_text("\n".join([*self._head(roles, limits), product]), "utf-8")
        return file

    def _head(self, roles: tuple[str, ...], limits: dict[str, float]) -> Iterator[str]:
        yield 'schema = "pairproof/target/1"'
        yield f"roles = {json.dumps(roles)}"
        yield 'features = ["scopes", "multi-node", "clock", "management-switch"]'
        yield '[implementation]\nname = "Office and annexes"\nversion = "4.2"'
        yield f'[tls]\nca_file = "{LAB_CA}"'
        yield "[limits]\nstays_s = 0.1\npoll_s = 0.02"
        yield from (f"{name} = {value}" for name, value in limits.items())
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "ANNEX_USER"\npassword_env = "ANNEX_PASSPHRASE"'
            for pier, hosts in self.addresses["piers"].items():
                listed = ", ".join(f'{{ uid = "{h}", url = "{url}" }}' for h, url in hosts.items())
                yield f'[[edge.clusters]]\nslot = "{pier}"\nhosts = [{listed}]'
        if "central" in roles:
            yield f'[central]\nurl = "{self.addresses["office"]}"'
            yield "[central.endpoint_forms]"
            yield f'plain-http = "{self.addresses["plain"]}"\nuntrusted = "{self.addresses["odd"]}"'
        else:
            yield f'[peer]\nca_out = "{PEER_CA}"'
        ports = {"central": "office_lab", "edge": "annexes_lab"}
        sides = [self.addresses[port] if side in roles else "-" for side, port in ports.items()]
        for role in roles:
            for name, why in NOT_OFFERED[role].items():
                yield f'[paths.{name}]\nnot_offered = "{why}"'
        lab = [sys.executable, "-I", "-S", str(HERE / "lab.py"), *sides]
        yield f'[arrange.commands."*"]\ncommand = {json.dumps(lab)}\nstays = true\n'


@contextmanager
def served(folder: Path, *plants: str, trusting: str = "") -> Iterator[Product]:
    """The product in a process of its own, with what is planted: `--defect`, its name.

    The annexes trust the lab's authority, and what is in the text `trusting`.
    """
    certificates(folder, trusting)
    with started("rpc", folder, plants, ENVIRONMENT) as addresses:
        yield Product(folder, addresses)
