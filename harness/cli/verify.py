"""`pairproof verify`: a run judged again, from its evidence alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from rich.text import Text

from harness import __version__
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirements import by_id
from harness.cli.commands.runs import VerifyOptions
from harness.cli.exits import CannotDo, put_json, say
from harness.cli.summary import print_texts
from harness.configuration.errors import Misspelt
from harness.fleet.spelling import duration
from harness.history.lines import EvidenceHeader
from harness.history.manifest import is_fleet
from harness.history.operation import Json
from harness.history.reader import is_repeated, repeat_folders
from harness.history.wording import counted
from harness.reporting.repeating import missing_repeats
from harness.reporting.words import clipped
from harness.running.budget import BudgetTooSmall, within
from harness.running.selection import BadTagExpression, Selection
from harness.verifying import differences
from harness.verifying.fleet import verify_fleet
from harness.verifying.known import VersionKnowledge, known_here
from harness.verifying.verify import verify

Verified = differences.RunVerification | differences.FleetVerification

SAME, DIFFERS, CUT_OFF = 0, 1, 2
_SCHEMA = "pairproof/verify/1"
_DIFFERENCES_MAX = 40
"""More are counted, not listed; `--format json` lists them."""
_MESSAGE_MAX = 500


def verify_evidence(asked: VerifyOptions) -> int:
    """Judge the run again and say what differs; returns the exit code.

    Raises:
        CannotDo: a folder is none, or a file of checks cannot be used.
        EvidenceError: it is no evidence, or of another version.
    """
    evidence = asked.evidence
    if is_repeated(evidence):
        return _verify_repeats(evidence, asked)
    fleet = is_fleet(evidence)
    verification = verify_fleet(evidence) if fleet else _verify_scenarios(evidence, asked)
    if asked.format == "json":
        put_json(document(verification, evidence))
    else:
        print_texts(_lines(verification, evidence))
    return _code_of(verification, evidence)


def _verify_repeats(out: Path, asked: VerifyOptions) -> int:
    """Judge each repeat of a run again; the worst exit code counts."""
    folders = repeat_folders(out)
    found = [(folder, _verify_scenarios(folder, asked)) for folder in folders]
    missing = missing_repeats(found[0][1].header, len(folders))
    if asked.format == "json":
        put_json(
            {
                "schema": _SCHEMA,
                "same": not missing and all(v.same for _, v in found),
                "notes": [missing] if missing else [],
                "repeats": [document(verification, folder) for folder, verification in found],
            }
        )
    else:
        for folder, verification in found:
            print_texts(_lines(verification, folder))
    codes = [_code_of(verification, folder) for folder, verification in found]
    if missing:
        say(f"pairproof: {out}: {missing}")
    return max(*codes, DIFFERS if missing else SAME)


def _code_of(verification: Verified, evidence: Path) -> int:
    if verification.cut_off:
        say(f"pairproof: {evidence}: {verification.cut_off}")
        return CUT_OFF
    return SAME if verification.same else DIFFERS


def _verify_scenarios(evidence: Path, own: VerifyOptions) -> differences.RunVerification:
    for folder in own.suite:
        if not folder.is_dir():
            raise CannotDo(f"--suite {folder}: there is no such folder; name one of features")
    for file in own.checks:
        _import_checks(file)
    ours = known_here()
    return verify(
        evidence,
        known_here(*own.suite),
        lambda header: None if own.suite else selected(ours, header),
    )


def _import_checks(file: Path) -> None:
    """Let a file register its checks; it is the user's own code, and may raise anything."""
    spec = spec_from_file_location(f"pairproof_checks_{file.stem}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise CannotDo(f"--checks {file}: this is no Python file that can be read")
    try:
        spec.loader.exec_module(module_from_spec(spec))
    except Exception as error:
        raise CannotDo(f"--checks {file}: {type(error).__name__}: {error}") from error


def selected(known: VersionKnowledge, header: EvidenceHeader) -> Collection[str] | None:
    """The scenarios that the selection in a header asks for; `None` where that cannot be told.

    Words for `-k` are pytest's to understand. Whoever calls pytest can select in more ways than
    a header tells, and another version has another suite.
    """
    ours = header.run.command[:1] == ["pairproof"] and header.harness.version == __version__
    return asked_for(known, header) if ours else None


def asked_for(known: VersionKnowledge, header: EvidenceHeader) -> Collection[str] | None:
    """The same of the suite that is known here, whoever ran which."""
    asked = header.selection
    if asked.keyword:
        return None
    role = header.roles[0] if len(header.roles) == 1 else None
    try:
        scenarios = asked.scenarios or ()
        selection = Selection.of(asked.requirements, header.profiles, role, asked.tags, scenarios)
    except (UnknownName, BadTagExpression):
        return None
    judged = {id_: [by_id(r) for r in s.requirements] for id_, s in known.scenarios.items()}
    chosen = {
        id_: requirements
        for id_, requirements in judged.items()
        if selection.asks_for(known.scenarios[id_].tags, requirements, id_)
    }
    if not asked.budget:
        return chosen
    try:
        return within(duration(asked.budget) / 1_000_000, chosen, asked.lacks or ()).scenarios
    except (Misspelt, BudgetTooSmall):
        return None


# --- for people -----------------------------------------------------------------------------


def _lines(verification: Verified, evidence: Path) -> Iterator[Text]:
    for difference in verification.differences[:_DIFFERENCES_MAX]:
        yield _difference(difference)
    more = verification.difference_count - _DIFFERENCES_MAX
    if more > 0:
        yield Text(f"  and {more} more; --format json lists them")
    for note in verification.notes:
        yield Text(f"note          {note}", "yellow")
    if isinstance(verification, differences.FleetVerification):
        yield from _of_fleet(verification.tally)
    else:
        yield from _of_scenarios(verification)
    yield _conclusion(verification, evidence)


def _of_scenarios(verification: differences.RunVerification) -> Iterator[Text]:
    tally, counts = verification.tally, verification.counts
    yield Text(f"operations    {counts.operations:,} in {counted(counts.scenarios, 'scenario')}")
    yield Text(f"checks        {tally.checks_same} of {tally.checks} found the same again")
    stated = f", {tally.verdicts_stated} stated by scenarios that ended early"
    yield Text(
        f"verdicts      {tally.verdicts_derived} of {tally.verdicts} reached again"
        f"{stated if tally.verdicts_stated else ''}"
    )


def _of_fleet(tally: differences.FleetTally) -> Iterator[Text]:
    yield Text(f"parts         {tally.parts_same} of {tally.parts} as they were written")
    yield Text(f"operations    {tally.operations} judged again")
    if tally.compared:
        yield Text(f"measures      {tally.measures_same} of {tally.measures} the same again")
        yield Text(f"violations    {tally.violations_same} of {tally.violations} found again")
        yield Text(f"verdicts      {tally.verdicts_same} of {tally.verdicts} reached again")
        yield Text(f"gate          {tally.gates_same} of {tally.gates} came to the same")


def _difference(difference: differences.Difference) -> Text:
    places = (f"part {difference.part}" * bool(difference.part),
              f"line {difference.line}" * bool(difference.line))  # fmt: skip
    named = ", ".join(filter(None, places))
    where = f"{named}: " if named else ""
    told = " ".join(difference.message.split())
    return Text.assemble(("✗ ", "red"), where, clipped(told, _MESSAGE_MAX))


def _conclusion(verification: Verified, evidence: Path) -> Text:
    of = f"{evidence}, a run against {verification.header.implementation.called}"
    if verification.cut_off:
        return Text.assemble(("? not whole: ", "bold yellow"), of)
    if verification.same:
        return Text.assemble(("✓ the same verdicts: ", "bold green"), of)
    count = verification.difference_count
    told = f". {count} difference{'' if count == 1 else 's'}"
    return Text.assemble(("✗ not the same: ", "bold red"), of, told)


# --- for scripts ----------------------------------------------------------------------------


def document(verification: Verified, evidence: Path) -> dict[str, Json]:
    """What `--format json` prints, ready to be encoded."""
    header = verification.header
    return {
        "schema": _SCHEMA,
        "evidence": {"file": str(evidence), "sha256": verification.sha256},
        "kind": header.kind,
        "same": verification.same,
        "cut_off": verification.cut_off,
        "interrupted": verification.interrupted,
        "implementation": {
            "name": header.implementation.name,
            "version": header.implementation.version,
        },
        "edition": header.edition,
        "harness": {"wrote": header.harness.version, "verified": __version__},
        "counts": {**_counted(verification), "differences": verification.difference_count},
        "differences": [_as_json(d) for d in verification.differences],
        "notes": list(verification.notes),
    }


def _counted(verification: Verified) -> dict[str, Json]:
    if isinstance(verification, differences.FleetVerification):
        return asdict(verification.tally)
    counts = verification.counts
    made = {"scenarios": counts.scenarios, "operations": counts.operations}
    return made | asdict(verification.tally)


def _as_json(difference: differences.Difference) -> dict[str, Json]:
    return {
        "kind": difference.kind.value,
        "part": difference.part,
        "line": difference.line or None,
        "scenario": difference.scenario,
        "requirement": difference.requirement,
        "operation": difference.operation,
        "message": difference.message,
    }
