"""Small runs of a fleet, and a way to change what they have left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from harness.fleet.cell import make_cell
from harness.fleet.loading import read
from harness.fleet.pool.coordinator import Watching
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.run import FleetResult, folder_of_parts, run_fleet
from harness.history.parts import part_file
from tests.unit.history.operations import lines_in, pack

Line = dict[str, Any]

SCENARIO = read(
    """
schema = "pairproof/scenario/1"
name = "three-cells"
why = "small, and something happens"
duration = "30m"
gate = ["violations == 0", "requests.open == 0"]
reach = {cancel_online = 0.001}
[fleet]
hosts = 12
cells = 3
[operators]
begin = "0s..5m"
cancels = 0.3
[admins]
rejects = 0.2
mistypes = 0.1
[network]
latency = "1s..4s"
[limits]
settle = "10m"
[[faults]]
kind = "link"
scope = "host"
every = "~20m"
lasts = "30s..5m"
""",
    "three-cells.toml",
)
DEFECT = "mutant:accept_empties_the_list"


def run(
    folder: Path, planted: str = "", *, keep_going: bool = False, windows: int = 0
) -> FleetResult:
    """A run in this folder; it is stopped after so many windows, if any are given."""
    left = iter(range(windows - 1))
    job = Job(SCENARIO, planted, keep_going, folder_of_parts(folder))
    watching = Watching(stopped=lambda: bool(windows) and next(left, None) is None)
    return run_fleet(job, LocalTransport(make_cell), watching=watching)


class Evidence:
    """What a run has left, to be changed: the lines of its manifest and of its parts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: list[Line] = list(map(msgspec.json.decode, self._raw()))
        self._parts: dict[str, list[Line]] = {}

    def _raw(self) -> list[bytes]:
        return (self.folder / "evidence.jsonl").read_bytes().splitlines()

    def file(self, name: str) -> Path:
        """Where the part of this name lies."""
        return self.folder / part_file(name)

    def part(self, name: str) -> list[Line]:
        """The lines of the part of this name."""
        if name not in self._parts:
            self._parts[name] = list(map(msgspec.json.decode, lines_in(self.file(name))))
        return self._parts[name]

    def only(self, kind: str, nth: int = 0, **fields: Any) -> Line:
        """The nth line of the manifest of this type that has these values."""
        return [
            line for line in self.manifest
            if line["type"] == kind and all(line.get(k) == v for k, v in fields.items())
        ][nth]  # fmt: skip

    def drop(self, kind: str, nth: int = 0, **fields: Any) -> None:
        """Take that line away."""
        self.manifest.remove(self.only(kind, nth, **fields))

    def write(self, *, sealed: bool) -> None:
        """Write all of it; sealed, with digests and counts that fit again."""
        for name, lines in self._parts.items():
            raw = [msgspec.json.encode(line) + b"\n" for line in lines]
            pack(self.file(name), raw)
            if sealed and any(line.get("name") == name for line in self.manifest):
                digest = hashlib.sha256(b"".join(raw)).hexdigest()
                self.only("part", name=name).update(
                    digest=f"sha256:{digest}",
                    lines=len(lines),
                    operations=sum(line["type"] == "invoke" for line in lines),
                )
        if sealed:
            self._seal()
        raw = [msgspec.json.encode(line) + b"\n" for line in self.manifest]
        (self.folder / "evidence.jsonl").write_bytes(b"".join(raw))

    def _seal(self) -> None:
        """The footer that a run would have written under these lines."""
        header = {key: value for key, value in self.manifest[0].items() if key != "run"}
        digest = hashlib.sha256()
        for line in (header, *self.manifest[1:-1]):
            digest.update(msgspec.json.encode(line) + b"\n")
        parts = [line for line in self.manifest if line["type"] == "part"]
        verdicts = sum(line["type"] == "verdict" for line in self.manifest)
        operations = sum(part["operations"] for part in parts)
        counts = {"scenarios": 1, "operations": operations, "checks": 0, "verdicts": verdicts}
        self.manifest[-1].update(counts=counts, digest=f"sha256:{digest.hexdigest()}")


Change = Callable[[Evidence], None]


def changed(folder: Path, change: Change, *, sealed: bool = True) -> Path:
    """The run with what it has left changed."""
    evidence = Evidence(folder)
    change(evidence)
    evidence.write(sealed=sealed)
    return folder
