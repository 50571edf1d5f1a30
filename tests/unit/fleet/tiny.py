"""A scenario small enough to run in a second, and what is written of its run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.fleet.cell import make_cell
from harness.fleet.loading import read
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.orders import Transport
from harness.fleet.port import Job, MakeCell
from harness.fleet.run import folder_of_parts, run_fleet

TINY = """\
schema = "pairproof/scenario/1"
name = "tiny"
why = "Small enough for a test, with some of everything."
duration = "30m"

[fleet]
hosts = 12
cells = 3
window = "5s"

[operators]
begin = "0s..5m"
cancels = 0.3

[admins]
rejects = 0.1

[limits]
settle = "5m"
"""
LONG = (
    TINY.replace('"tiny"', '"long"').replace('"30m"', '"2000h"')
    + """
[[faults]]
kind = "link"
every = "~20s"
lasts = "5s..10s"
"""
)
DEFECT = "cancel_is_only_acknowledged"
"""A mutant that breaks INV-4 in any run in which a request is cancelled."""


def tiny(folder: Path, more: str = "") -> str:
    """Write the scenario, with lines at its top; the argument that names it."""
    return _written(folder, "tiny", more + TINY)


def long(folder: Path) -> str:
    """One that nobody waits for."""
    return _written(folder, "long", LONG)


def _written(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.toml").write_text(text, "utf-8")
    return f"./{name}.toml"


def evidence(
    folder: Path,
    transport: Callable[[MakeCell], Transport],
    watching: Watching[Moment] = Watching(),
) -> dict[str, bytes]:
    """Run it with real cells; the files of its evidence, without what differs in equal runs."""
    held = transport(make_cell)
    job = Job(read(TINY, "tiny"), parts=folder_of_parts(folder))
    try:
        finished = run_fleet(job, held, watching=watching)
    finally:
        held.close()
    assert finished.complete
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    lines = [msgspec.json.decode(line) for line in files["evidence.jsonl"].splitlines()]
    for line in lines:
        line.pop("run", None)
    return {**files, "evidence.jsonl": msgspec.json.encode(lines)}
