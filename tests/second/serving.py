"""Starts the second implementation as a process, and says what its makers would: a target file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECRET = "the keeper's own secret"
ENVIRONMENT = {"BOX_USER": "keeper", "BOX_SECRET": SECRET}
"""The variables that the target file names."""
OFFERED = ("PatchCluster", "ReleaseCentralCluster", "UpdateStack")
NOT_OFFERED = (
    *("AddMachinePool", "UpdateMachinePool", "ScaleMachinePool", "RemoveMachinePool"),
    *("RemoveNode", "UpdateClusterSettings", "UpdateCentralProfiles"),
)
"""What a box cannot do to its cluster, and the depot to one that it has taken over."""
LIMITS = {"stays_s": 0.1, "poll_s": 0.02}


@dataclass(frozen=True, slots=True)
class Second:
    """It, as it runs: where it is reached, and the folder with its CA."""

    folder: Path
    addresses: dict[str, Any]

    def target_file(self, *roles: str, more: str = "", **limits: float) -> Path:
        """A target file that describes these sides alone; the harness plays the other one."""
        path = self.folder / f"{'-'.join(roles)}.toml"
        path.write_text("\n".join([*self._lines(roles, limits), more]) + "\n", "utf-8")
        return path

    def _lines(self, roles: tuple[str, ...], limits: Mapping[str, float]) -> Iterator[str]:
        yield 'schema = "pairproof/target/1"'
        yield f"roles = {json.dumps(roles)}"
        yield 'features = ["scopes", "multi-node", "clock", "management-switch"]'
        yield from (f"offers.{name} = true" for name in OFFERED)
        yield from (f"offers.{name} = false" for name in NOT_OFFERED)
        yield '[implementation]\nname = "Depot and boxes"\nversion = "3"'
        yield '[tls]\nca_file = "ca.pem"'
        yield "[limits]"
        yield from (f"{name} = {value}" for name, value in {**LIMITS, **limits}.items())
        if "edge" in roles:
            yield '[edge.login]\nusername_env = "BOX_USER"\npassword_env = "BOX_SECRET"'
            for bay, hosts in self.addresses["bays"].items():
                urls = self.addresses["boxes"]
                listed = ", ".join(f'{{ uid = "{h}", url = "{urls[h]}" }}' for h in hosts)
                yield f'[[edge.clusters]]\nslot = "{bay}"\nhosts = [{listed}]'
        if "central" in roles:
            yield f'[central]\nurl = "{self.addresses["depot"]}"'
            yield "[central.endpoint_forms]"
            yield f'plain-http = "{self.addresses["plain"]}"'
            yield f'untrusted = "{self.addresses["strange"]}"'
        lab = [sys.executable, "-I", "-S", str(HERE / "lab.py")]
        at = {"central": self.addresses.get("plain"), "edge": self.addresses.get("lab")}
        sides = [at[side] if side in roles else "-" for side in ("central", "edge")]
        yield f'[arrange.commands."*"]\ncommand = {json.dumps([*lab, *sides])}\nstays = true'
        yield (HERE / "wire.toml").read_text("utf-8")


@contextmanager
def second(folder: Path, what: str = "both", **environment: str) -> Iterator[Second]:
    """The second implementation in a process of its own: `both`, its `depot` or its `boxes`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.second", str(folder), what],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **environment},
        stdin=subprocess.PIPE,
    )
    try:
        addresses = folder / "addresses.json"
        until(lambda: addresses.exists() or process.poll() is not None)
        yield Second(folder, json.loads(addresses.read_text("utf-8")))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something to hold.

    Raises:
        TimeoutError: it does not, in this time.
    """
    ends = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError
        os.sched_yield()
