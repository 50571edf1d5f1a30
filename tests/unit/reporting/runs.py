"""Runs as their evidence tells them, made of what the n-th scenario says of a requirement."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import EvidenceHeader, RunInfo
from harness.history.operation import Outcome
from harness.history.reader import repeat_folder
from harness.history.redaction import Redactor
from tests.unit.history.writing import HEADER, scenario, verdict

Said = Mapping[str, tuple[str, Verdict]]
"""By scenario: the requirement that it is asked for, and the verdict."""

SELECTED = {"selection": msgspec.structs.replace(HEADER.selection, tags="core")}
"""A run of a few scenarios is no whole suite, and does not claim to be."""


def write_run(folder: Path, said: Said, *, footer: bool = True, **header: object) -> Path:
    """A run in which each scenario sends one request, and its verdict."""
    path = folder / "evidence.jsonl"
    writer = EvidenceWriter(path, Redactor(), part=not footer)
    writer.header(header_of(**header))
    for id_, (requirement, given) in said.items():
        writer.scenario(scenario(id_, requirement))
        sent = writer.invoke(id_, "operator", "ViewPairing", {}, start=100)
        writer.outcome(sent.id, Outcome.OK, end=200, value={})
        reason = "" if given is Verdict.PASS else f"{id_} {given.value} because"
        line = verdict(id_, requirement, given, reason)
        writer.verdict(msgspec.structs.replace(line, operations=[sent.id]))
    writer.close(ended_at="2026-11-24T10:00:03Z")
    return path


def write_repeats(out: Path, *runs: Said, **header: object) -> Path:
    """A run that was repeated: one of these in each repeat."""
    for number, said in enumerate(runs, 1):
        write_run(repeat_folder(out, number), said, **{"repeat": len(runs), **header})
    return out


def header_of(**changes: object) -> EvidenceHeader:
    """The header of such a run; `started_at` is when it was."""
    when = changes.pop("started_at", None)
    run = RunInfo(started_at=str(when)) if when is not None else HEADER.run
    return msgspec.structs.replace(HEADER, run=run, **{**SELECTED, **changes})
