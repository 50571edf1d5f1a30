"""Starts the product as a process, and writes what its makers would: a target file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
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
LAB_CA, PEER_CA = "lab-ca.pem", "peer-ca.pem"


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
    lab = trustme.CA()
    lab.cert_pem.write_to_path(str(folder / LAB_CA))
    for name, authority in (("shown", lab), ("odd", trustme.CA())):
        pem = authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem
        pem.write_to_path(str(folder / f"{name}.pem"))
    trusted = (folder / LAB_CA).read_text("ascii") + trusting
    (folder / "trusted.pem").write_text(trusted, "ascii")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.strangers.rpc", str(folder), *plants],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.PIPE,
    )
    addresses = folder / "addresses.json"
    assert process.stdin is not None
    with process.stdin:
        ends = time.monotonic() + 60
        while not addresses.exists():
            assert process.poll() is None
            assert time.monotonic() < ends
            os.sched_yield()
        yield Product(folder, json.loads(addresses.read_text("utf-8")))
    process.wait(10)
