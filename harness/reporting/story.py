"""What happened in a scenario, as a report tells it: its steps, who asked whom, what was exchanged.

Everything comes from the evidence as it is; long text is cut with a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from harness.catalogue.requirement import Level
from harness.catalogue.verdict import Verdict, worst
from harness.checkers.sentences import expected_of
from harness.history.lines import CheckLine, ScenarioLine, StepLine
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.reader import StepRecord
from harness.history.wording import WAITS, begun, describe_kind, happened, noun, seconds
from harness.reporting.diagram import HARNESS, Diagram, diagram, ended_as
from harness.reporting.model import Report, RequirementReport, ScenarioReport

BODY_CHARACTERS_MAX = 4_000
"""More of a body stands in the evidence, and is not needed to see what went wrong."""

BRIEF_CHARACTERS_MAX = 600
"""So much is shown of a body on which the verdict does not rest."""

LINE_CHARACTERS_MAX = 160
ROWS_MAX = 60
"""Operations that are told of one scenario; those that its verdict rests on always are."""

STORIES_MAX = 200
"""Scenarios that are told at all; of the others the table tells the reason."""

WHOLE_MAX = 60
"""Scenarios, the first of each cause, of which all that is drawn is told; of the others that on
which the verdict rests."""

_NOTHING: tuple[Json, ...] = (None, "", [], {})


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
class OperationRow:
    """One operation in the table of a fleet's report. `decisive`: the verdict rests on it."""

    number: int
    at: str
    actor: str
    what: str
    details: str
    outcome: str
    answer: str
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


@dataclass(frozen=True, slots=True)
class RequirementInScenario:
    """One requirement in the light of a scenario."""

    requirement: RequirementReport
    report: ScenarioReport


@dataclass(frozen=True, slots=True)
class Cause:
    """Scenarios with one and the same deciding finding, the most telling first."""

    stories: tuple[Story, ...]

    @property
    def first(self) -> Story:
        """The one that tells it in the fewest operations."""
        return self.stories[0]

    @property
    def anchor(self) -> str:
        """Where it is told on the page."""
        return self.first.anchor.replace("scenario", "cause")

    @property
    def requirements(self) -> tuple[RequirementReport, ...]:
        """What it breaks, or leaves undecided, each once."""
        found = {
            j.requirement.requirement.id: j.requirement for s in self.stories for j in s.judged
        }
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario that did not pass. `left_out` operations are not in `exchanges`.

    `waited` says whether what decided was waited for, and `length` how many operations there were.
    """

    line: ScenarioLine
    anchor: str
    verdict: Verdict
    judged: tuple[RequirementInScenario, ...]
    expected: str
    steps: tuple[StepReport, ...]
    exchanges: tuple[OperationDetail, ...]
    left_out: int
    diagram: Diagram | None
    waited: bool
    length: int

    @property
    def decides(self) -> bool:
        """Whether it decides the verdict on the whole."""
        return _decides((j.requirement, j.report) for j in self.judged)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, each reason once."""
        reasons = (j.report.reason or "no reason was given" for j in self.judged)
        return tuple(dict.fromkeys(reasons))

    @property
    def reproduce(self) -> str:
        """The command that shows it again."""
        return self.judged[0].report.reproduce


def anchor_of(scenario: str) -> str:
    """Where a scenario is told: the same in every report, so that links stay good."""
    return f"scenario-{sha256(scenario.encode()).hexdigest()[:12]}"


def causes(report: Report, verdict: Verdict) -> tuple[Cause, ...]:
    """The scenarios of which this is the verdict, by what decided it.

    Causes that decide the verdict on the whole come before those that only warn, then those of
    many scenarios before those of few; within one the shortest story comes first.
    """
    found = _judged_so(report, verdict)
    grouped: dict[tuple[str, ...], list[Story]] = {}
    for judged in found:
        story = _story(report, judged, whole=len(found) <= WHOLE_MAX)
        grouped.setdefault(_finding_of(story), []).append(story)
    groups = [sorted(stories, key=_telling) for stories in grouped.values()]
    groups.sort(key=lambda stories: (_telling(stories[0])[0], -len(stories)))
    for stories in groups[:WHOLE_MAX]:
        first = [(j.requirement, j.report) for j in stories[0].judged]
        stories[0] = _story(report, first, whole=True)
    return tuple(Cause(tuple(stories)) for stories in groups)


def _telling(story: Story) -> tuple[bool, int]:
    return not story.decides, story.length


_ID = r"[^\s,;]*\d[^\s,;]*"
_PARTICULAR = re.compile(rf"\(.*?\)|{_ID}(?:, request {_ID})*(?: and \d+ more)?")
"""What differs between findings that say the same: what was seen in detail, and whose it was."""


def _finding_of(story: Story) -> tuple[str, ...]:
    """By which finding a scenario was decided: the same wherever the same was found.

    That an operation ended otherwise than it should says little without what was asked, so that
    counts as well; what was waited for says it itself, and what was missing, too.
    """
    found = " ".join(_PARTICULAR.sub("#", story.reasons[0]).split())
    alone = story.waited or story.verdict is Verdict.INCONCLUSIVE
    asked = () if alone else tuple(j.requirement.requirement.id for j in story.judged)
    return (found, *asked)


_Judged = Sequence[tuple[RequirementReport, ScenarioReport]]


def _judged_so(report: Report, verdict: Verdict) -> Sequence[_Judged]:
    """The first scenarios of this verdict, those that decide the whole before the others."""
    by_scenario: dict[str, list[tuple[RequirementReport, ScenarioReport]]] = {}
    for requirement in report.requirements:
        for scenario in requirement.scenarios:
            if scenario.verdict is verdict:
                by_scenario.setdefault(scenario.line.id, []).append((requirement, scenario))
    found = [by_scenario[id_] for id_, v in report.scenario_verdicts.items() if v is verdict]
    return sorted(found, key=lambda judged: not _decides(judged))[:STORIES_MAX]


def _decides(judged: Iterable[tuple[RequirementReport, ScenarioReport]]) -> bool:
    return any(r.requirement.level is Level.MUST and s.waived is None for r, s in judged)


def _story(report: Report, judged: _Judged, *, whole: bool) -> Story:
    line, evidence = judged[0][1].line, report.evidence
    verdict = worst(scenario.verdict for _, scenario in judged)
    # Of an unstable scenario the worst repeat is told, with what failed in it.
    telling = {verdict, Verdict.FAIL} if any(s.repeats for _, s in judged) else {verdict}
    checks = [c for c in evidence.checks if c.scenario == line.id and c.verdict in telling]
    history = evidence.histories.get(line.id)
    operations = history.operations if history else ()
    decisive = {o for _, s in judged for o in s.operations}
    decisive |= {o for c in checks for o in c.operations}
    anchor = anchor_of(line.id)
    expected = dict.fromkeys(expected_of(c, history) for c in checks) if history else {}
    anchors = {o.id: f"{anchor}-{n}" for n, o in enumerate(operations, 1)}
    anchors = {id_: a for id_, a in anchors.items() if whole or id_ in decisive}
    drawn = diagram("Who asked whom", operations, f"{anchor}-drawn", decisive, _link(anchors))
    exchanges = tuple(
        exchange_of(o, n, operations[0].start, anchors[o.id], o.id in decisive)
        for n, o in enumerate(operations, 1)
        if o.id in anchors and o.id in decisive | drawn.shown
    )
    anchors = {e.id: e.anchor for e in exchanges}
    return Story(
        line=line,
        anchor=anchor,
        verdict=verdict,
        judged=tuple(RequirementInScenario(r, s) for r, s in judged),
        expected="; ".join(filter(None, expected)),
        steps=tuple(_step(step, decisive, anchors) for step in steps_of(report, line.id, verdict)),
        exchanges=exchanges,
        left_out=len(operations) - len(exchanges),
        diagram=drawn if operations else None,
        waited=any(o.kind in WAITS for o in operations if o.id in decisive),
        length=len(operations),
    )


def _link(anchors: Mapping[str, str]) -> Callable[[str], str]:
    return lambda id_: f"#{anchors[id_]}" if id_ in anchors else ""


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


def _step(step: MarkedStep, decisive: set[str], anchors: Mapping[str, str]) -> StepReport:
    keyword, _, text = step.record.line.text.partition(" ")
    if step.mark is None:
        return StepReport(keyword, text, None, "", "")
    at = step.record.line.at
    took = seconds(step.until - at) if step.until is not None and isinstance(at, int) else ""
    operations = step.record.operations
    telling = [o for o in operations if o in decisive] + [*operations[::-1]]
    anchor = next((anchors[o] for o in telling if o in anchors), "")
    return StepReport(keyword, text, step.mark, took, anchor)


# --- operations -----------------------------------------------------------------------------


def rows_of(
    operations: Sequence[OperationRecord], decisive: set[str]
) -> tuple[tuple[OperationRow, ...], int]:
    """The operations as rows, and how many are left out; those that decide never are."""
    rows = tuple(
        _row(n, o, operations[0].start, o.id in decisive)
        for n, o in enumerate(operations, 1)
        if n <= ROWS_MAX or o.id in decisive
    )
    return rows, len(operations) - len(rows)


def _row(number: int, operation: OperationRecord, began: int, decisive: bool) -> OperationRow:
    return OperationRow(
        number=number,
        at=_at(operation, began),
        actor=operation.actor,
        what=describe_kind(operation.kind),
        details=_asked(operation),
        outcome=operation.outcome.value,
        answer=cut(_describe_answer(operation), LINE_CHARACTERS_MAX),
        decisive=decisive,
    )


def _at(operation: OperationRecord, began: int) -> str:
    """When it began, from the first operation on, and how long it took."""
    at = seconds(operation.start - began)
    if operation.end is None:
        return f"{at}, never ended"
    return f"{at}, took {seconds(operation.end - operation.start)}"


def _asked(operation: OperationRecord) -> str:
    args: Mapping[str, Json] = operation.args
    if "predicate" in args:
        return f"asks for {noun(str(args.get('polls')))} again and again"
    return cut(_in_a_line(args), LINE_CHARACTERS_MAX)


def _describe_answer(operation: OperationRecord) -> str:
    value, error = operation.value or {}, operation.error or {}
    if isinstance(held := value.get("held"), bool):
        seen = value.get("samples")
        looks = len(seen) if isinstance(seen, list) else 0
        different = f"{looks} different answer{'' if looks == 1 else 's'}"
        return f"{'as it should be' if held else 'not as it should be'}, {different} seen"
    if "message" in error:
        return f"{error.get('reason', '')}: {error['message']}"
    if "why" in error:
        return str(error["why"])
    return _in_a_line(value)


def _in_a_line(data: Mapping[str, Json]) -> str:
    return ", ".join(
        f"{name}: {_brief(value)}" for name, value in data.items() if value not in _NOTHING
    )


def _brief(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


# --- what was exchanged ---------------------------------------------------------------------


def exchange_of(
    operation: OperationRecord, number: int, began: int, anchor: str, decisive: bool
) -> OperationDetail:
    """What was sent and what came back; `began` is when the first of its scenario started."""
    most = 3 * BODY_CHARACTERS_MAX if decisive else BRIEF_CHARACTERS_MAX
    polls = operation.args.get("polls")
    title = describe_kind(operation.kind)
    if operation.kind in WAITS and isinstance(polls, str):
        title = f"{describe_kind(polls)}, again and again"
    elif operation.actor == HARNESS:
        title = begun(happened(operation))
    return OperationDetail(
        id=operation.id,
        anchor=anchor,
        number=number,
        title=title,
        who=operation.actor,
        at=_at(operation, began),
        outcome=ended_as(operation),
        sent=cut(_sent(operation), most),
        received=cut(_received(operation), most),
        on_the_wire=operation.request is not None,
        decisive=decisive,
    )


def _sent(operation: OperationRecord) -> str:
    request, args = operation.request, operation.args
    if request is not None and "method" in request:
        return _message(f"{request['method']} {request.get('url', '')}", request)
    # A driver of one's own speaks as it likes, and one in process says nothing of a wire.
    asked = args.get("polls_args", {}) if operation.kind in WAITS else dict(args)
    return _pretty(dict(request) if request else asked)


def _received(operation: OperationRecord) -> str:
    response, came = operation.response, operation.error or operation.value or {}
    samples = came.get("samples")
    if response is None and isinstance(samples, list):
        return "\n\n".join(_sample(s, operation.start) for s in samples if isinstance(s, dict))
    if response is not None and "status" in response:
        return _message(f"status {response['status']}", response)
    return f"{_OUTCOMES[operation.outcome]}\n{_pretty(dict(response or came))}"


_OUTCOMES = {Outcome.OK: "done", Outcome.FAIL: "refused", Outcome.INFO: "no well-formed answer"}


def _sample(sample: Mapping[str, Json], began: int) -> str:
    """An answer that a wait saw, and when."""
    at, response = sample.get("at"), sample.get("response")
    when = f"after {seconds(at - began)}: " if isinstance(at, int) else ""
    if isinstance(response, dict) and "status" in response:
        return _message(f"{when}status {response['status']}", response)
    shown = sample.get("error") or sample.get("value") or {}
    return f"{when}{_OUTCOMES[Outcome(str(sample.get('outcome', 'info')))]}\n{_pretty(shown)}"


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
    if length <= LINE_CHARACTERS_MAX:
        return f"{text[:length]} …"
    return (
        f"{text[:length]}\n… cut here: {len(text)} characters in all; the rest is in the evidence"
    )
