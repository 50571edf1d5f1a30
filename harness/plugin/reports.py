"""Verdicts in pytest's words: what is reported, where, and what a failure reads like."""

from __future__ import annotations

import json
import shlex
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from _pytest._code import code

from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.checkers.registry import CheckFailed
from harness.checkers.sentences import expected_of
from harness.history.lines import EvidenceHeader, ScenarioLine
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.visible import visible, visible_line
from harness.history.wording import happened, noun
from harness.reporting.words import clipped, reproduce
from harness.running.scenario import ScenarioRun, is_foreseen

_TEXT_MAX = 300
_OPERATIONS_MAX = 12
_FOREIGN = ("/_pytest/", "/pluggy/", "/pytest_bdd/")


@dataclass(frozen=True, slots=True)
class ScenarioOutcome:
    """How a scenario ended, as it travels with pytest's reports from worker to controller."""

    line: ScenarioLine
    verdict: Verdict
    reason: str
    step_line: int

    def as_properties(self) -> list[tuple[str, object]]:
        """Pairs of name and value, as JUnit has them."""
        return [
            ("pairproof_scenario", self.line.id),
            ("pairproof_verdict", self.verdict.value),
            ("pairproof_reason", self.reason),
            ("pairproof_requirements", ",".join(self.line.requirements)),
            ("pairproof_where", f"{self.line.feature}:{self.step_line or self.line.line}"),
        ]


@dataclass(frozen=True, slots=True)
class Around:
    """What a report says besides the scenario: how to run it again, and where the evidence is.

    `full` asks for pytest's own traceback as well.
    """

    again: str
    evidence: str
    full: bool


def again(item: pytest.Item, running: ScenarioRun, ours: bool, header: EvidenceHeader) -> str:
    """The command that runs a scenario again with the same seed."""
    if ours and running.line.requirements:
        return reproduce(header, running.line.requirements[0], running.line.id)
    words = ["pytest", item.nodeid, "--driver", header.driver, "--seed", str(header.seed)]
    if header.target_file:
        words += ["--target", header.target_file]
    return shlex.join(words)


def rewrite(
    report: pytest.TestReport,
    running: ScenarioRun,
    error: BaseException | None,
    around: Callable[[], Around],
) -> None:
    """Make a report of pytest say what the verdict is.

    `fail` is a failure, `inconclusive` an error, `not_supported` and `skipped` are skips with
    the reason, `pass` and `observed` pass.
    """
    verdict, reason = running.verdict(error)
    redacted = running.recorder.redacted
    report.sections = [(name, redacted(text)) for name, text in report.sections]
    path, _, name = report.location
    line = running.step.line or running.line.line
    match verdict:
        case Verdict.NOT_SUPPORTED | Verdict.SKIPPED:
            told = verdict.value.replace("_", " ")
            report.outcome = "skipped"
            report.longrepr = (path, line, f"Skipped: {told}: {visible_line(reason)}")
        case Verdict.FAIL | Verdict.INCONCLUSIVE:
            report.outcome = "failed"
            report.location = (path, line - 1, name)
            # Pytest counts as failure what fails in the call, and as error what fails around it.
            if report.when != "teardown":
                report.when = "call" if verdict is Verdict.FAIL else "setup"
            report.longrepr = _longrepr(report, running, error, around())
        case Verdict.PASS | Verdict.OBSERVED:
            pass


def _longrepr(
    report: pytest.TestReport, running: ScenarioRun, error: BaseException | None, around: Around
) -> code.ReprExceptionInfo:
    verdict, reason = running.verdict(error)
    text = "\n".join(describe(running, verdict, reason, error, around))
    if around.full and report.longrepr:
        text = f"{report.longreprtext}\n\n{text}"
    text = visible(running.recorder.redacted(text))
    told = visible_line(f"{verdict.value}: {running.describe(verdict, reason)}")
    line = running.step.line or running.line.line
    place = code.ReprFileLocation(running.line.feature, line, told)
    entry = code.ReprEntryNative([f"{text}\n"])
    return code.ReprExceptionInfo(code.ReprTraceback([entry], None, "native"), place)


def describe(
    running: ScenarioRun,
    verdict: Verdict,
    reason: str,
    error: BaseException | None,
    around: Around,
) -> Iterator[str]:
    """What happened, in as few lines as tell it."""
    line, step = running.line, running.step
    yield f"{line.feature}:{step.line or line.line}: {step.text or line.name}"
    yield _describe("scenario", f"{line.name} (line {line.line})")
    for id_ in running.about:
        yield _describe(verdict.value, f"{id_}: {by_id(id_).title}")
    yield _describe("reason", running.describe(verdict, reason))
    failing = [check for check in running.checks if check.verdict is Verdict.FAIL]
    if isinstance(error, CheckFailed) and failing:
        judged, history = failing[-1], running.recorder.written()
        yield _describe("expected", expected_of(judged, history))
        for id_ in judged.operations:
            yield _describe("received", received(history[id_]))
    yield from _operations(running)
    if error is not None and not is_foreseen(error):
        yield from _traceback(error)
    yield _describe("again", around.again)
    yield _describe("evidence", around.evidence)


def received(record: OperationRecord) -> str:
    """How an operation ended, in one line."""
    if record.kind in ("await_state", "stays"):
        seen = record.samples[-1] if record.samples else None
        return _short(f"{noun(str(record.args.get('polls')))}, last seen: {_json(seen)}")
    told = _json(record.value if record.outcome is Outcome.OK else record.error)
    return _short(f"{happened(record)} {told}")


def _operations(running: ScenarioRun) -> Iterator[str]:
    records = running.recorder.written().operations
    if len(records) > _OPERATIONS_MAX:
        yield _describe("operations", f"{len(records)} in all, the last {_OPERATIONS_MAX}:")
    elif records:
        yield "operations"
    for record in records[-_OPERATIONS_MAX:]:
        number, polls = record.id.rpartition("#")[2], record.args.get("polls")
        what = f"{noun(str(polls))}, again and again" if polls else noun(record.kind)
        yield f"  #{number:<3} {record.actor:<14} {what:<40} {_how(record)}"


def _how(record: OperationRecord) -> str:
    """The outcome, and for a wait whether what was looked for was seen."""
    if record.end is None:
        return "no answer yet"
    if record.kind in ("await_state", "stays"):
        return "as it should be" if (record.value or {}).get("held") else "not as it should be"
    reason = (record.error or {}).get("reason") or (record.error or {}).get("why")
    return _short(f"{record.outcome.value} ({reason})" if reason else record.outcome.value)


def _traceback(error: BaseException) -> Iterator[str]:
    """Where the harness or a step failed, without the frames of what merely calls them."""
    yield "traceback"
    every = traceback.extract_tb(error.__traceback__)
    frames = [f for f in every if not any(p in f.filename.replace("\\", "/") for p in _FOREIGN)]
    for text in (*traceback.format_list(frames), *traceback.format_exception_only(error)):
        yield from (f"  {line}" for line in text.rstrip().splitlines())


def _describe(what: str, text: str) -> str:
    return f"{what:<12} {text}"


def _json(value: Mapping[str, Json] | Json) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def _short(text: str) -> str:
    return clipped(text.strip(), _TEXT_MAX)
