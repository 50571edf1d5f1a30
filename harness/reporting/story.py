"""What happened in a scenario, as a report tells it: its steps, who asked whom, what was exchanged.

Everything comes from the evidence as it is; long text is cut with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import msgspec

from harness.catalogue.verdict import Verdict, worst
from harness.checkers.effects import HEAR_MESSAGES, READ_BACK
from harness.checkers.sentences import expected_of
from harness.history.lines import CheckLine, StepLine
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.reader import StepRecord
from harness.history.wording import WAITS, begun, happened, seconds, title_of
from harness.reporting.causes import Cause, Story
from harness.reporting.diagram import HARNESS, Diagram, diagram, ended_as
from harness.reporting.model import Report

BODY_CHARACTERS_MAX = 4_000
"""More of a body stands in the evidence, and is not needed to see what went wrong."""

BRIEF_CHARACTERS_MAX = 600
"""So much is shown of a body on which the verdict does not rest."""

STORIES_MAX = 200
"""Scenarios that are told at all; of the others the table tells the reason."""

WHOLE_MAX = 60
"""Scenarios, the first of each cause, of which all that is drawn is told; of the others that on
which the verdict rests."""


@dataclass(frozen=True, slots=True)
class OperationDetail:
    """One operation in full: what was sent and what came back, as text."""

    id: str
    anchor: str
    number: int
    title: str
    who: str
    at: str
    outcome: Outcome
    sent: str
    received: str
    on_the_wire: bool
    decisive: bool


@dataclass(frozen=True, slots=True)
class MarkedStep:
    """A step and what it came to: `None` for one that was never begun. `until` is when the next one
    began, in microseconds.
    """

    record: StepRecord
    mark: Verdict | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step of the scenario with its mark: `None` for one that was never begun.

    `anchor` is where its exchange is told that says most, or empty.
    """

    keyword: str
    text: str
    verdict: Verdict | None
    took: str
    anchor: str


Address = Callable[[OperationRecord], str]
"""Where the picture of an operation lies, as the page finds it; empty where there is none."""


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """A page as it looked after an operation. `address` is where its picture lies."""

    number: int
    title: str
    at: str
    address: str


def film_of(report: Report, scenario: str, picture: Address) -> tuple[FilmFrame, ...]:
    """What was seen of pages in a scenario, in order; a page that stayed as it was is seen once."""
    history = report.evidence.histories.get(scenario)
    operations = history.operations if history else ()
    frames = [
        FilmFrame(n, _title(o), _at(o, operations[0].start), address)
        for n, o in enumerate(operations, 1)
        if (address := picture(o))
    ]
    return tuple(f for n, f in enumerate(frames) if not n or frames[n - 1].address != f.address)


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """What happened in a scenario. `left_out` operations are not in `exchanges`."""

    expected: str
    steps: tuple[StepReport, ...]
    exchanges: tuple[OperationDetail, ...]
    left_out: int
    diagram: Diagram | None


def details_of(report: Report, causes: Sequence[Cause]) -> dict[str, StoryDetail]:
    """What happened, by scenario; of so many only, firsts of causes before others."""
    stories = [story for cause in causes for story in cause.stories]
    firsts = [cause.first for cause in causes]
    few = len(stories) <= WHOLE_MAX
    chosen = {s.line.id: s for s in (*firsts, *stories)}
    whole = set(chosen) if few else {s.line.id for s in firsts[:WHOLE_MAX]}
    told = [*chosen.items()][:STORIES_MAX]
    return {id_: _detail(report, story, whole=id_ in whole) for id_, story in told}


def _detail(report: Report, story: Story, *, whole: bool) -> StoryDetail:
    line, evidence = story.line, report.evidence
    # Of an unstable scenario the worst repeat is told, with what failed in it.
    unstable = any(j.report.repeats for j in story.judged)
    telling = {story.verdict, Verdict.FAIL} if unstable else {story.verdict}
    checks = [c for c in evidence.checks if c.scenario == line.id and c.verdict in telling]
    history, operations = evidence.histories.get(line.id), story.operations
    steps = steps_of(report, line.id, story.verdict)
    decisive = story.decisive | {o for c in checks for o in c.operations}
    decisive = decisive or frozenset(_ended_at(steps, operations))
    expected = dict.fromkeys(expected_of(c, history) for c in checks) if history else {}
    anchors = {o.id: f"{story.anchor}-{n}" for n, o in enumerate(operations, 1)}
    anchors = {id_: a for id_, a in anchors.items() if whole or id_ in decisive}
    links = {id_: f"#{anchor}" for id_, anchor in anchors.items()}
    drawn = diagram("Who asked whom", operations, f"{story.anchor}-drawn", decisive, links)
    heard = {o.id for o in operations if o.kind == HEAR_MESSAGES}
    exchanges = tuple(
        exchange_of(o, n, operations[0].start, anchors[o.id], o.id in decisive)
        for n, o in enumerate(operations, 1)
        if o.id in anchors and o.id in decisive | drawn.shown | heard
    )
    anchors = {e.id: e.anchor for e in exchanges}
    return StoryDetail(
        expected="; ".join(filter(None, expected)),
        steps=tuple(_step(step, decisive, anchors) for step in steps),
        exchanges=exchanges,
        left_out=len(operations) - len(exchanges),
        diagram=drawn if operations else None,
    )


def _ended_at(steps: Sequence[MarkedStep], operations: Sequence[OperationRecord]) -> list[str]:
    """The last thing that was asked before a scenario went no further, which nobody judged."""
    begun = [step.record.operations for step in steps if step.mark is not None]
    own = [o.id for o in operations if begun and o.id in begun[-1] and o.kind not in READ_BACK]
    return own[-1:]


# --- steps ----------------------------------------------------------------------------------------


def steps_of(report: Report, scenario: str, verdict: Verdict) -> tuple[MarkedStep, ...]:
    """Each step with its mark: what its checks found, and for the one at which the scenario ended,
    what that came to.

    Evidence of older versions tells of those alone that judged something.
    """
    evidence = report.evidence
    own = [c for c in evidence.checks if c.scenario == scenario]
    steps = evidence.steps.get(scenario) or _steps_of_checks(own)
    started = [s for s in steps if s.line.at is not msgspec.UNSET]
    decided = any(verdict in s.verdicts for s in started)
    begun_at = [s.line.at for s in started]
    marked = []
    for n, step in enumerate(started):
        mark = worst(step.verdicts) if step.verdicts else Verdict.PASS
        if step is started[-1] and not decided:
            mark = verdict
        until = begun_at[n + 1] if n + 1 < len(started) else None
        marked.append(MarkedStep(step, mark, until if isinstance(until, int) else None))
    return (*marked, *(MarkedStep(s) for s in steps if s.line.at is msgspec.UNSET))


def _steps_of_checks(checks: Sequence[CheckLine]) -> tuple[StepRecord, ...]:
    found: dict[str, StepRecord] = {}
    for check in checks:
        was = found.get(check.step)
        line = was.line if was else StepLine(scenario=check.scenario, text=check.step, line=0, at=0)
        operations = (*(was.operations if was else ()), *check.operations)
        verdicts = (*(was.verdicts if was else ()), check.verdict)
        found[check.step] = StepRecord(line, operations, verdicts)
    return tuple(found.values())


def _step(step: MarkedStep, decisive: Set[str], anchors: Mapping[str, str]) -> StepReport:
    keyword, _, text = step.record.line.text.partition(" ")
    if step.mark is None:
        return StepReport(keyword, text, None, "", "")
    at = step.record.line.at
    took = seconds(step.until - at) if step.until is not None and isinstance(at, int) else ""
    operations = step.record.operations
    telling = [o for o in operations if o in decisive] + [*operations[::-1]]
    anchor = next((anchors[o] for o in telling if o in anchors), "")
    return StepReport(keyword, text, step.mark, took, anchor)


# --- what was exchanged ---------------------------------------------------------------------


def _at(operation: OperationRecord, began: int) -> str:
    """When it began, from the first operation on, and how long it took."""
    at = seconds(operation.start - began)
    if operation.end is None:
        return f"{at}, never ended"
    return f"{at}, took {seconds(operation.end - operation.start)}"


def _brief(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def exchange_of(
    operation: OperationRecord, number: int, began: int, anchor: str, decisive: bool
) -> OperationDetail:
    """What was sent and what came back; `began` is when the first of its scenario started."""
    whole = decisive or operation.kind == HEAR_MESSAGES
    most = 3 * BODY_CHARACTERS_MAX if whole else BRIEF_CHARACTERS_MAX
    return OperationDetail(
        id=operation.id,
        anchor=anchor,
        number=number,
        title=_title(operation),
        who=operation.actor,
        at=_at(operation, began),
        outcome=ended_as(operation),
        sent=cut(_sent(operation), most),
        received=cut(_received(operation), most),
        on_the_wire=operation.request is not None,
        decisive=decisive,
    )


def _title(operation: OperationRecord) -> str:
    if operation.actor == HARNESS:
        return begun(happened(operation))
    return title_of(operation) + ", again and again" * (operation.kind in WAITS)


def _sent(operation: OperationRecord) -> str:
    request, args = operation.request, operation.args
    if request is not None and "method" in request:
        return _message(f"{request['method']} {request.get('url', '')}", request)
    # A driver of one's own speaks as it likes, and one in process says nothing of a wire.
    asked = args.get("polls_args", {}) if operation.kind in WAITS else dict(args)
    return _pretty(dict(request) if request else asked)


def _received(operation: OperationRecord) -> str:
    response, came = operation.response, operation.error or operation.value or {}
    if isinstance(messages := came.get("messages"), list):
        return "\n".join(map(str, messages))
    samples = came.get("samples")
    if response is None and isinstance(samples, list):
        return "\n\n".join(_sample(s, operation.start) for s in samples if isinstance(s, dict))
    if response is not None and "status" in response:
        return _message(f"status {response['status']}", response)
    return f"{_OUTCOMES[operation.outcome]}\n{_pretty(dict(response or came))}"


_OUTCOMES: Mapping[str, str] = {
    Outcome.OK: "done",
    Outcome.FAIL: "refused",
    Outcome.INFO: "no well-formed answer",
}


def _sample(sample: Mapping[str, Json], began: int) -> str:
    """An answer that a wait saw, and when."""
    at, response = sample.get("at"), sample.get("response")
    when = f"after {seconds(at - began)}: " if isinstance(at, int) else ""
    if isinstance(response, dict) and "status" in response:
        return _message(f"{when}status {response['status']}", response)
    shown = sample.get("error") or sample.get("value") or {}
    ended = _OUTCOMES.get(str(sample.get("outcome")), _OUTCOMES[Outcome.INFO])
    return f"{when}{ended}\n{_pretty(shown)}"


def _message(first: str, message: Mapping[str, Json]) -> str:
    return "\n".join(
        [first.strip(), *_headers(message), "", body_text(message.get("body"))]
    ).rstrip()


def _headers(message: Mapping[str, Json]) -> Iterator[str]:
    headers = message.get("headers")
    if isinstance(headers, dict):
        yield from (f"{name}: {_brief(value)}" for name, value in headers.items())
    elif isinstance(headers, list):
        yield from (": ".join(map(_brief, h)) for h in headers if isinstance(h, list))


def body_text(body: Json) -> str:
    """A body as a person reads it: JSON indented, anything else as it is, cut where long."""
    if body in (None, ""):
        return "(no body)"
    if not isinstance(body, str):
        return _pretty(body)
    if len(body) <= BODY_CHARACTERS_MAX:
        try:
            return _pretty(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeEncodeError):
            pass
    return cut(body, BODY_CHARACTERS_MAX)


def _pretty(value: Json) -> str:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return cut(text, BODY_CHARACTERS_MAX)


def cut(text: str, length: int) -> str:
    """The text, or its beginning with a note of how long it is."""
    if len(text) <= length:
        return text
    return (
        f"{text[:length]}\n… cut here: {len(text)} characters in all; the rest is in the evidence"
    )
