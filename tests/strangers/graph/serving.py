"""Starts the stranger as a process, and writes what its makers would: a target file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.strangers.starting import certificates, started

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {
    "GRAPH_USER": "operator",
    "GRAPH_PASSWORD": "the operator's own word",
    "GRAPH_LAB": "what the lab alone says",
}
"""The variables that the target file names."""


@dataclass(frozen=True)
class Graph:
    """The stranger as it runs: its addresses, and the folder with its certificates."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str) -> Path:
        """The file that describes these sides; the harness plays the other one."""
        file = self.folder / f"{'-'.join(roles)}.toml"
        described = (HERE / "graph.toml").read_text("utf-8")
        file.write_text("\n".join([*self._head(roles), described]), "utf-8")
        return file

    def _head(self, roles: tuple[str, ...]) -> Iterator[str]:
        yield f'schema = "pairproof/target/1"\nroles = {json.dumps(roles)}'
        yield 'features = ["scopes", "multi-node", "clock", "management-switch"]'
        yield "offers = { UpdateStack = true }"
        yield '[implementation]\nname = "graph"\nversion = "1.0"'
        yield f'[control]\nurl = "{self.addresses["lab"]}"\nsecret_env = "GRAPH_LAB"'
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "GRAPH_USER"\npassword_env = "GRAPH_PASSWORD"'
            for slot, hosts in self.addresses["slots"].items():
                listed = ", ".join(f'{{ uid = "{h}", url = "{url}" }}' for h, url in hosts.items())
                yield f'[[edge.clusters]]\nslot = "{slot}"\nhosts = [{listed}]'
            yield '[links]\nway = "proxy"\ntls = "end"'
            yield 'cert_file = "shown.pem"\nkey_file = "shown.pem"\n[links.sources]'
            yield from (f'"{host}" = "{at}"' for host, at in self.addresses["sources"].items())
        if "central" in roles:
            yield f'[central]\nurl = "{self.addresses["central"]}"\n[central.endpoint_forms]'
            yield f'untrusted = "{self.addresses["untrusted"]}"'
        if roles == ("edge",):
            yield '[peer]\ncert_file = "shown.pem"\nkey_file = "shown.pem"'
        if roles == ("central",):
            yield "[peer]\nclusters = 3\nhosts = 5"


@contextmanager
def served(folder: Path, *plants: str) -> Iterator[Graph]:
    """The stranger in a process of its own, with what is planted: `--defect`, its name.

    Its makers lend their certificate to whoever plays the other side.
    """
    certificates(folder)
    with started("graph", folder, plants, ENVIRONMENT) as addresses:
        yield Graph(folder, addresses)
