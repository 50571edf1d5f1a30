"""What happened in a scenario, as a report tells it: what was sent, expected and received.

Everything comes from the evidence as it is; long text is cut with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from harness.catalogue.requirement import Level
from harness.catalogue.verdict import Verdict, worst
from harness.history.lines import CheckLine, ScenarioLine
from harness.history.operation import Json, OperationRecord
from harness.history.wording import describe_kind
from harness.reporting.diagram import Diagram, diagram
from harness.reporting.model import Report, RequirementReport, ScenarioReport

BODY_CHARACTERS_MAX = 4_000
"""More of a body stands in the evidence, and is not needed to see what went wrong."""

LINE_CHARACTERS_MAX = 160
ROWS_MAX = 60
"""Operations that are told of one scenario; those that its verdict rests on always are."""

STORIES_MAX = 200
"""Scenarios that are told in full; of the others the table tells the reason."""

LINEARIZABLE = "INV-8"
"""The requirement whose failures are drawn."""

_NOTHING: tuple[Json, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class OperationDetail:
    """One operation in full: what was sent and what came back, as text."""

    id: str
    title: str
    at: str
    sent: str
    received: str
    on_the_wire: bool


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation in the table of a scenario. `decisive`: the verdict rests on it."""

    number: int
    at: str
    actor: str
    what: str
    details: str
    outcome: str
    answer: str
    decisive: bool


@dataclass(frozen=True, slots=True)
class RequirementInScenario:
    """One requirement in the light of a scenario, with the check that decided."""

    requirement: RequirementReport
    report: ScenarioReport
    step: str
    expected: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Scenarios with one and the same deciding finding, the most telling first."""

    stories: tuple[Story, ...]

    @property
    def first(self) -> Story:
        """The one that tells it in the fewest operations."""
        return self.stories[0]

    @property
    def requirements(self) -> tuple[RequirementReport, ...]:
        """What it breaks, or leaves undecided, each once."""
        found = {
            j.requirement.requirement.id: j.requirement for s in self.stories for j in s.judged
        }
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario that did not pass. `rows_left_out` operations are not in `rows`."""

    line: ScenarioLine
    verdict: Verdict
    judged: tuple[RequirementInScenario, ...]
    rows: tuple[OperationRow, ...]
    rows_left_out: int
    exchanges: tuple[OperationDetail, ...]
    diagrams: tuple[Diagram, ...] = ()
    """The operations that fit no order, drawn (INV-8)."""
    waited: bool = False
    """Whether what decided was waited for, and not seen."""
    length: int = 0
    """How many operations there were."""

    @property
    def decides(self) -> bool:
        """Whether it decides the verdict on the whole."""
        return _decides((j.requirement, j.report) for j in self.judged)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, each reason once."""
        reasons = (j.report.reason or "no reason was given" for j in self.judged)
        return tuple(dict.fromkeys(reasons))


def causes(report: Report, verdict: Verdict) -> tuple[Cause, ...]:
    """The scenarios of which this is the verdict, by what decided it.

    Causes that decide the verdict on the whole come before those that only warn, then those of
    many scenarios before those of few; within one the shortest story comes first.
    """
    grouped: dict[tuple[str, ...], list[Story]] = {}
    for story in _stories(report, verdict):
        grouped.setdefault(_finding_of(story), []).append(story)
    found = [Cause(tuple(sorted(g, key=_telling))) for g in grouped.values()]
    return tuple(sorted(found, key=lambda c: (_telling(c.first)[0], -len(c.stories))))


def _telling(story: Story) -> tuple[bool, int]:
    return not story.decides, story.length


_PARTICULAR = re.compile(r"\(.*?\)|\S*\d\S*|(?:, request \S+)+")
"""What differs between findings that say the same: what was seen in detail, and whose it was."""


def _finding_of(story: Story) -> tuple[str, ...]:
    """By which finding a scenario was decided: the same wherever the same was found.

    That an operation ended otherwise than it should says little without what was asked, so that
    counts as well; what was waited for says it itself.
    """
    found = " ".join(_PARTICULAR.sub("#", story.reasons[0]).split())
    asked = () if story.waited else tuple(j.requirement.requirement.id for j in story.judged)
    return (found, *asked)


def _stories(report: Report, verdict: Verdict) -> Iterator[Story]:
    by_scenario: dict[str, list[tuple[RequirementReport, ScenarioReport]]] = {}
    for requirement in report.requirements:
        for scenario in requirement.scenarios:
            if scenario.verdict is verdict:
                by_scenario.setdefault(scenario.line.id, []).append((requirement, scenario))
    found = [by_scenario[id_] for id_, v in report.scenario_verdicts.items() if v is verdict]
    found.sort(key=lambda judged: not _decides(judged))
    yield from (_story(report, judged) for judged in found[:STORIES_MAX])


def _decides(judged: Iterable[tuple[RequirementReport, ScenarioReport]]) -> bool:
    return any(r.requirement.level is Level.MUST and s.waived is None for r, s in judged)


def _story(report: Report, judged: Sequence[tuple[RequirementReport, ScenarioReport]]) -> Story:
    line = judged[0][1].line
    verdict = worst(scenario.verdict for _, scenario in judged)
    # Of an unstable scenario the worst repeat is told, with what failed in it.
    telling = {verdict, Verdict.FAIL} if any(s.repeats for _, s in judged) else {verdict}
    checks = [c for c in report.evidence.checks if c.scenario == line.id and c.verdict in telling]
    history = report.evidence.histories.get(line.id)
    operations = history.operations if history else ()
    decisive = {o for _, s in judged for o in s.operations}
    decisive |= {o for c in checks for o in c.operations}
    rows, left_out = rows_of(operations, decisive)
    return Story(
        line=line,
        verdict=verdict,
        judged=tuple(_requirement_in_scenario(r, s, checks) for r, s in judged),
        rows=rows,
        rows_left_out=left_out,
        exchanges=tuple(_exchange(o, operations) for o in operations if o.id in decisive),
        diagrams=tuple(_diagrams(checks, operations, line)),
        waited=any("predicate" in o.args for o in operations if o.id in decisive),
        length=len(operations),
    )


def _diagrams(
    checks: Iterable[CheckLine], operations: Sequence[OperationRecord], line: ScenarioLine
) -> Iterator[Diagram]:
    """The parts of the history that no order explains."""
    for number, check in enumerate(checks, 1):
        part = [o for o in operations if o.id in set(check.operations)]
        if part and check.requirement == LINEARIZABLE and check.verdict is Verdict.FAIL:
            key = f"order-{sha256(line.id.encode()).hexdigest()[:12]}-{number}"
            yield diagram("Operations that fit no order", part, key)


def _requirement_in_scenario(
    requirement: RequirementReport, report: ScenarioReport, checks: Iterable[CheckLine]
) -> RequirementInScenario:
    own = [c for c in checks if c.requirement == requirement.requirement.id]
    expected = dict.fromkeys(c.expected for c in own if c.expected)
    return RequirementInScenario(
        requirement=requirement,
        report=report,
        step="; ".join(dict.fromkeys(c.step for c in own if c.step)),
        expected="; ".join(expected) or requirement.requirement.text,
    )


# --- operations -----------------------------------------------------------------------------


def rows_of(
    operations: Sequence[OperationRecord], decisive: set[str]
) -> tuple[tuple[OperationRow, ...], int]:
    """The operations as rows, and how many are left out; those that decide never are."""
    kept = set(range(ROWS_MAX)) | {i for i, o in enumerate(operations) if o.id in decisive}
    rows = tuple(
        _row(i + 1, o, operations[0].start, o.id in decisive)
        for i, o in enumerate(operations)
        if i in kept
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
    at = _duration(operation.start - began)
    if operation.end is None:
        return f"{at}, never ended"
    return f"{at}, took {_duration(operation.end - operation.start)}"


def _duration(microseconds: int) -> str:
    if microseconds < 10_000_000:
        return f"{microseconds / 1_000:.0f} ms"
    return f"{microseconds / 1_000_000:.1f} s"


def _asked(operation: OperationRecord) -> str:
    args: Mapping[str, Json] = operation.args
    if "predicate" in args:
        args = {"polls": args.get("polls"), "until": args.get("predicate")}
        if operation.kind == "stays":
            args = {"polls": args["polls"], "whether": args["until"]}
    return cut(_in_a_line(args), LINE_CHARACTERS_MAX)


def _describe_answer(operation: OperationRecord) -> str:
    value, error = operation.value or {}, operation.error or {}
    if isinstance(held := value.get("held"), bool):
        seen = value.get("samples")
        looks = len(seen) if isinstance(seen, list) else 0
        different = f"{looks} different answer{'' if looks == 1 else 's'}"
        return f"{'held' if held else 'did not hold'}, {different} seen"
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


def _exchange(operation: OperationRecord, operations: Sequence[OperationRecord]) -> OperationDetail:
    number = next(i for i, o in enumerate(operations, 1) if o.id == operation.id)
    return OperationDetail(
        id=operation.id,
        title=f"{number}. {describe_kind(operation.kind)}",
        at=_at(operation, operations[0].start),
        sent=_sent(operation),
        received=_received(operation),
        on_the_wire=operation.request is not None,
    )


def _sent(operation: OperationRecord) -> str:
    request = operation.request
    if request is None or "method" not in request:  # a driver of one's own speaks as it likes
        return f"{operation.kind}\n{_pretty(dict(request or operation.args))}"
    first = f"{request.get('method', '')} {request.get('url', '')}".strip()
    return "\n".join([first, *_headers(request), "", body_text(request.get("body"))]).rstrip()


def _received(operation: OperationRecord) -> str:
    response = operation.response
    if response and "status" not in response:
        return f"{operation.outcome.value}\n{_pretty(dict(response))}"
    if response is not None:
        first = f"status {response.get('status', '?')}"
        lines = [first, *_headers(response), "", body_text(response.get("body"))]
        return "\n".join(lines).rstrip()
    if operation.error is not None:
        return f"{operation.outcome.value}\n{_pretty(dict(operation.error))}"
    return f"{operation.outcome.value}\n{_pretty(dict(operation.value or {}))}"


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
