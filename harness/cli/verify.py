"""`pairproof verify`: a run judged again, from its evidence alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness import __version__
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirements import by_id
from harness.cli.exits import put, say
from harness.history.lines import Header
from harness.history.operation import Json
from harness.reporting.report_json import encode_json
from harness.running.selection import BadTagExpression, Selection
from harness.suite import suite_dir
from harness.verifying.differences import Difference, Verification
from harness.verifying.known import Known, known_here
from harness.verifying.verify import verify

SAME, DIFFERS, CUT_OFF = 0, 1, 2
_DIFFERENCES_MAX = 40
"""More are counted, not listed; `--format json` lists them."""
_MESSAGE_MAX = 500


def verify_evidence(evidence: Path, format: str) -> int:
    """Judge the run again and say what differs; returns the exit code.

    Raises:
        EvidenceError: it is no evidence, or of another version.
    """
    known = known_here(suite_dir("features"))
    verification = verify(evidence, known, lambda header: selected(known, header))
    if format == "json":
        put(encode_json(document(verification, evidence)).decode().rstrip("\n"))
    else:
        _print(verification, evidence)
    if verification.cut_off:
        say(f"pairproof: {evidence}: {verification.cut_off}")
        return CUT_OFF
    return SAME if verification.same else DIFFERS


def selected(known: Known, header: Header) -> Collection[str] | None:
    """The scenarios that the selection in a header asks for; `None` where that cannot be told.

    Words for `-k` are pytest's to understand. Whoever calls pytest can select in more ways than
    a header tells, and another version has another suite.
    """
    asked = header.selection
    ours = header.run.command[:1] == ["pairproof"] and header.harness.version == __version__
    if asked.keyword or not ours:
        return None
    role = header.roles[0] if len(header.roles) == 1 else None
    try:
        selection = Selection.of(asked.requirements, header.profile, role, asked.tags)
    except (UnknownName, BadTagExpression):
        return None
    return [
        id_
        for id_, scenario in known.scenarios.items()
        if selection.asks_for(scenario.tags, [by_id(r) for r in scenario.requirements])
    ]


# --- for people -----------------------------------------------------------------------------


def _print(verification: Verification, evidence: Path) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for text in _lines(verification, evidence):
        console.print(text)


def _lines(verification: Verification, evidence: Path) -> Iterator[Text]:
    tally, counts = verification.tally, verification.counts
    for difference in verification.differences[:_DIFFERENCES_MAX]:
        yield _difference(difference)
    more = verification.difference_count - _DIFFERENCES_MAX
    if more > 0:
        yield Text(f"  and {more} more; --format json lists them")
    for note in verification.notes:
        yield Text(f"note          {note}", "yellow")
    yield Text(f"operations    {counts.operations} in {counts.scenarios} scenarios")
    yield Text(f"checks        {tally.checks_same} of {tally.checks} found the same again")
    stated = f", {tally.verdicts_stated} stated by scenarios that ended early"
    yield Text(
        f"verdicts      {tally.verdicts_derived} of {tally.verdicts} reached again"
        f"{stated if tally.verdicts_stated else ''}"
    )
    yield _conclusion(verification, evidence)


def _difference(difference: Difference) -> Text:
    where = f"line {difference.line}: " if difference.line else ""
    told = " ".join(difference.message.split())
    return Text.assemble(("✗ ", "red"), where, told if len(told) <= _MESSAGE_MAX else _cut(told))


def _cut(text: str) -> str:
    return f"{text[: _MESSAGE_MAX - 1]}…"


def _conclusion(verification: Verification, evidence: Path) -> Text:
    made = verification.header.implementation
    of = f"{evidence}, a run against {f'{made.name} {made.version}'.strip()}"
    if verification.cut_off:
        return Text.assemble(("? cut off: ", "bold yellow"), of)
    if verification.same:
        return Text.assemble(("✓ the same verdicts: ", "bold green"), of)
    count = verification.difference_count
    told = f". {count} difference{'' if count == 1 else 's'}"
    return Text.assemble(("✗ not the same: ", "bold red"), of, told)


# --- for scripts ----------------------------------------------------------------------------


def document(verification: Verification, evidence: Path) -> dict[str, Json]:
    """What `--format json` prints, ready to be encoded."""
    tally, header = verification.tally, verification.header
    return {
        "schema": "pairproof/verify/1",
        "evidence": {"file": str(evidence), "sha256": verification.sha256},
        "same": verification.same,
        "cut_off": verification.cut_off,
        "interrupted": verification.interrupted,
        "implementation": {
            "name": header.implementation.name,
            "version": header.implementation.version,
        },
        "edition": header.edition,
        "harness": {"wrote": header.harness.version, "verified": __version__},
        "counts": {
            "scenarios": verification.counts.scenarios,
            "operations": verification.counts.operations,
            "checks": tally.checks,
            "checks_same": tally.checks_same,
            "verdicts": tally.verdicts,
            "verdicts_derived": tally.verdicts_derived,
            "verdicts_stated": tally.verdicts_stated,
            "differences": verification.difference_count,
        },
        "differences": [_as_json(d) for d in verification.differences],
        "notes": list(verification.notes),
    }


def _as_json(difference: Difference) -> dict[str, Json]:
    return {
        "kind": difference.kind.value,
        "line": difference.line or None,
        "scenario": difference.scenario,
        "requirement": difference.requirement,
        "operation": difference.operation,
        "message": difference.message,
    }
