"""Starts the stranger as a process, and says what its makers would: a target file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.strangers.starting import started

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {"STEPS_USER": "warden", "STEPS_SECRET": "what the warden alone knows"}
"""The variables that the target file names."""


@dataclass(frozen=True, slots=True)
class Steps:
    """It, as it runs: where it is reached, and the folder with its CA."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str, **limits: float) -> Path:
        """A target file that describes these sides alone; the harness plays the other one."""
        path = self.folder / f"{'-'.join(roles)}.toml"
        path.write_text("\n".join(self._lines(roles, limits)) + "\n", "utf-8")
        return path

    def _lines(self, roles: tuple[str, ...], limits: dict[str, float]) -> Iterator[str]:
        yield 'schema = "pairproof/target/1"'
        yield f"roles = {json.dumps(roles)}"
        at = {"central": self.addresses.get("plain"), "edge": self.addresses.get("lab")}
        sides = [at[side] if side in roles else "-" for side in ("central", "edge")]
        yield (HERE / "steps.toml").read_text("utf-8")
        lab = [sys.executable, "-I", "-S", str(HERE / "lab.py"), *sides]
        yield f'[arrange.commands."*"]\ncommand = {json.dumps(lab)}\nstays = true'
        yield "[limits]\nstays_s = 0.1\npoll_s = 0.02"
        yield from (f"{name} = {value}" for name, value in limits.items())
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "STEPS_USER"\npassword_env = "STEPS_SECRET"'
            yield "[edge.largest]\ncontrol_plane = 1\nworkers = 4\nworker_pools = 2"
            for rack, hosts in self.addresses["racks"].items():
                listed = ", ".join(f'{{ uid = "{h}", url = "{u}" }}' for h, u in hosts.items())
                yield f'[[edge.clusters]]\nslot = "{rack}"\nhosts = [{listed}]'
        if "central" in roles:
            yield f'[central]\nurl = "{self.addresses["office"]}"'
            yield "[central.endpoint_forms]"
            yield f'plain-http = "{self.addresses["plain"]}"'
            yield f'untrusted = "{self.addresses["strange"]}"'
        else:
            yield '[peer]\nca_out = "peer-ca.pem"'


@contextmanager
def steps(folder: Path, *words: str, **environment: str) -> Iterator[Steps]:
    """The stranger in a process of its own, started with these words."""
    with started("steps", folder, words, {**ENVIRONMENT, **environment}) as addresses:
        yield Steps(folder, addresses)
