"""`messages.ndjson`: a run as Cucumber messages, which the viewers of Cucumber and others read.

The Gherkin in it is written from what ran, as the evidence tells it, so that it is there whichever
features the run was of, and the same evidence gives the same bytes: each row of an outline is a
scenario of its own, and says where it is written down. Ids are numbers in a row, and times are
those of the run.

What could not be judged is PENDING: viewers show it as neither passed nor failed, and it outweighs
what passed. UNKNOWN would be hidden by any step that passed; UNDEFINED and AMBIGUOUS would blame
the suite for lacking a step, or having two. What is waived is SKIPPED, as in `junit.xml`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePath
from typing import Any, Final

import msgspec
from gherkin.ast_builder import AstBuilder
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from harness.catalogue.verdict import RED, Verdict
from harness.history.lines import ScenarioLine
from harness.history.operation import History, OperationRecord
from harness.reporting.junit import Case, Judged, cases_of
from harness.reporting.model import Report
from harness.reporting.story import exchange_of, steps_of
from harness.reporting.times import microseconds_of

PROTOCOL: Final = "34.2.0"
"""The version of the messages that these are."""

_STATUSES: Final = {
    Verdict.PASS: "PASSED",
    Verdict.OBSERVED: "PASSED",
    Verdict.NOT_SUPPORTED: "SKIPPED",
    Verdict.SKIPPED: "SKIPPED",
    Verdict.INCONCLUSIVE: "PENDING",
    Verdict.FAIL: "FAILED",
}
_BY_WEIGHT: Final = ("PASSED", "SKIPPED", "PENDING", "FAILED")
"""Of a scenario's steps the one that stands last here says what became of it."""
_KEYWORDS: Final = ("Given", "When", "Then", "And", "But")
_UNTOLD: Final = "its steps are not in this evidence"
_NO_TAG: Final = re.compile(r"[\s@#]+")

_Said = dict[str, Any]
"""What a message says: JSON, in the keys of its kind."""
_Message = dict[str, _Said]
Beside = Callable[[OperationRecord], Path | None]
"""The picture of an operation, beside the evidence; nothing where none is there."""


def messages_ndjson(report: Report, picture: Beside) -> bytes:
    """The run as Cucumber messages, one a line."""
    encode = msgspec.json.Encoder().encode
    return b"".join(encode(message) + b"\n" for message in _messages(report, picture))


def _messages(report: Report, picture: Beside) -> Iterator[_Message]:
    header = report.header
    platform = {name: str(value) for name, value in header.run.platform.items()}
    yield _message(
        "meta",
        protocolVersion=PROTOCOL,
        implementation={"name": "pairproof", "version": header.harness.version},
        runtime={"name": "python", "version": platform.get("python", "")},
        os={"name": platform.get("system", "unknown")},
        cpu={"name": platform.get("machine", "unknown")},
    )
    runs = [_run_of(report, judged, case) for judged, case in cases_of(report)]
    pickles: dict[str, _Said] = {}
    by_feature: dict[str, list[_Run]] = {}
    for run in runs:
        by_feature.setdefault(run.line.feature, []).append(run)
    ids = IdGenerator()
    for uri, among in by_feature.items():
        among.sort(key=lambda run: (bool(run.rule), run.line.line))
        text = _gherkin(uri, among)
        yield _message("source", uri=uri, data=text, mediaType="text/x.cucumber.gherkin+plain")
        document: Any = {"uri": uri, **Parser(AstBuilder(ids)).parse(text)}
        yield _message("gherkinDocument", **document)
        for run, pickle in zip(among, Compiler(ids).compile(document), strict=True):
            pickles[run.line.id] = dict(pickle)
            yield _message("pickle", **pickle)
    began = microseconds_of(report.started_at)
    yield _message("testRunStarted", id="run", timestamp=_time(began))
    for run in runs:
        id_ = pickles[run.line.id]["id"]
        steps = [
            {"id": f"{step['id']}-case", "pickleStepId": step["id"]}
            for step in pickles[run.line.id]["steps"]
        ]
        case = {"id": f"{id_}-case", "testRunStartedId": "run", "pickleId": id_}
        yield _message("testCase", **case, testSteps=steps)
    for run in runs:
        yield from _played(run, pickles[run.line.id], began, picture)
    last = max((began + run.steps[-1].until for run in runs), default=began)
    yield _message(
        "testRunFinished",
        testRunStartedId="run",
        success=not report.exit_code,
        message=f"{report.headline}. {report.why}",
        timestamp=_time(max(last, microseconds_of(report.ended_at))),
    )


def _message(kind: str, **said: Any) -> _Message:
    return {kind: said}


def _time(microseconds: int) -> _Said:
    return {"seconds": microseconds // 1_000_000, "nanos": microseconds % 1_000_000 * 1_000}


# --- one scenario -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """A step as it ran. `at` and `until` are in microseconds from the beginning of the run."""

    keyword: str
    text: str
    status: str
    at: int
    until: int
    operations: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """A scenario as it ran. The step `telling` is the one that has its status."""

    line: ScenarioLine
    judged: Judged
    case: Case
    verdict: Verdict
    operations: Sequence[OperationRecord]
    steps: Sequence[_Step]
    telling: int

    @property
    def rule(self) -> str:
        return _flat(self.line.rule)

    @property
    def tags(self) -> Iterator[str]:
        named = (*self.line.requirements, self.line.profile)
        return (f"@{_NO_TAG.sub('_', name)}" for name in named if name)


def _played(run: _Run, pickle: _Said, began: int, picture: Beside) -> Iterator[_Message]:
    id_, at = pickle["id"], _time(began + run.steps[0].at)
    started = {"id": f"{id_}-run", "testCaseId": f"{id_}-case", "attempt": 0}
    yield _message("testCaseStarted", **started, timestamp=at)
    until, attempt = at, {"testCaseStartedId": f"{id_}-run"}
    for n, step in enumerate(run.steps):
        here = {**attempt, "testStepId": f"{pickle['steps'][n]['id']}-case"}
        yield _message("testStepStarted", **here, timestamp=_time(began + step.at))
        for attachment in _attached(run, n, picture):
            yield _message("attachment", **here, **attachment)
        result = {"status": step.status, "duration": _time(step.until - step.at)}
        if n == run.telling and step.status != "PASSED":
            result["message"] = run.case.message
        until = _time(began + step.until)
        yield _message("testStepFinished", **here, testStepResult=result, timestamp=until)
    yield _message("testCaseFinished", **attempt, willBeRetried=False, timestamp=until)


def _run_of(report: Report, judged: Judged, case: Case) -> _Run:
    evidence, line, status = report.evidence, judged[0][1].line, _STATUSES[case.verdict]
    verdict = report.scenario_verdicts[line.id]
    marked = steps_of(report, line.id, verdict)
    marks = [step.mark for step in marked]
    begun = sum(mark is not None for mark in marks)
    telling = marks.index(verdict) if verdict in marks else max(begun - 1, 0)
    # No step may outweigh what became of its scenario.
    told = [min(_STATUSES[m], status, key=_BY_WEIGHT.index) if m else "SKIPPED" for m in marks]
    told[telling : telling + 1] = [status]
    operations = evidence.histories.get(line.id, History(())).operations
    at, end = 0, max((v.at for v in evidence.verdicts if v.scenario == line.id), default=0)
    if line.id not in evidence.steps:  # nothing says when they were
        at = end = operations[0].start if operations else end
    steps = [_Step("*", _UNTOLD, status, at, at)] if not marked else []
    for n, (step, now) in enumerate(zip(marked, told, strict=False), 1):
        keyword, _, text = step.record.line.text.partition(" ")
        known = keyword in _KEYWORDS and bool(_flat(text))
        text = _flat(text if known else step.record.line.text) or "…"
        at = max(at, step.record.line.at) if isinstance(step.record.line.at, int) else at
        until = max(at, step.until or (end if n == begun else at))
        steps.append(_Step(keyword if known else "*", text, now, at, until, step.record.operations))
        at = until
    return _Run(line, judged, case, verdict, operations, steps, telling)


# --- what is attached ---------------------------------------------------------------------------


def _attached(run: _Run, number: int, picture: Beside) -> Iterator[_Said]:
    """What helps to understand a step: the exchanges that decided, what was observed, pictures."""
    seen = set(run.steps[number].operations)
    undone = run.verdict in RED
    if number == run.telling:
        seen |= {o.id for o in run.operations} - {o for s in run.steps for o in s.operations}
        if run.verdict is Verdict.OBSERVED:
            yield _text("observed.txt", f"Observed: {run.case.message}")
        elif undone:
            yield _text("reason.txt", run.case.text)
    decisive = {o for _, report in run.judged for o in report.operations}
    for n, operation in enumerate(run.operations, 1):
        if operation.id not in seen:
            continue
        if operation.id in decisive and undone:
            began = run.operations[0].start
            detail = exchange_of(operation, n, began, "", decisive=True)
            told = f"{detail.title}\nby {detail.who}, {detail.at}"
            text = f"{told}\n\n{detail.sent}\n\n{detail.received}"
            yield _text(f"exchange {n}, {detail.title}.txt", text)
        if path := picture(operation):
            yield {
                "body": base64.b64encode(path.read_bytes()).decode(),
                "contentEncoding": "BASE64",
                "mediaType": f"image/{path.suffix[1:]}",
                "fileName": path.name,
            }


def _text(name: str, body: str) -> _Said:
    said = {"body": body, "contentEncoding": "IDENTITY", "mediaType": "text/plain"}
    return {**said, "fileName": name}


# --- as Gherkin -----------------------------------------------------------------------------------


def _flat(text: str) -> str:
    """In one line, so that nothing in it is taken for another line of Gherkin."""
    return " ".join(text.split())


def _gherkin(feature: str, runs: Sequence[_Run]) -> str:
    """The scenarios of a feature that ran. They stay in their order, so a rule may stand there
    in several pieces, and what stands in none comes first.
    """
    lines = [f"Feature: {_flat(PurePath(feature).stem.replace('-', ' ').capitalize())}"]
    lines += ["What ran, written from the evidence of the run."]
    for rule, among in groupby(runs, key=lambda run: run.rule):
        lines += ["", f"Rule: {rule}"] * bool(rule)
        for run in among:
            lines += ["", " ".join(run.tags), f"Scenario: {_flat(run.line.name)}"]
            lines += [_flat(f"Written in {feature}:{run.line.line}, as {run.line.id}.")]
            lines += (f"  {step.keyword} {step.text}" for step in run.steps)
    return "\n".join(lines) + "\n"
