"""Operations as bars over time, one row each, grouped by who asked: as SVG and as plain text.

Time is not to scale: each start and each end takes one step, so that what overlapped and what
came first can be seen whether it took a millisecond or a minute. The drawing needs nothing but
the text colour around it; a page may colour the outcomes by their classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.history.operation import OperationRecord, Outcome
from harness.history.wording import describe_kind
from harness.reporting.svg import drawing
from harness.reporting.words import clipped

WIDTH = 720
OPERATIONS_MAX = 24
"""More of them say nothing to a person; the evidence has them all."""

_LEFT = 150
_ROW = 44
_TOP = 8
_LABEL_CHARACTERS = 84
_LANE_CHARACTERS = 16
_STEP_CHARACTERS = 3
_MARKS = {Outcome.OK: "✓", Outcome.FAIL: "✗", Outcome.INFO: "?"}
_BARS = {Outcome.OK: "=", Outcome.FAIL: "x", Outcome.INFO: "?"}


@dataclass(frozen=True, slots=True)
class _Bar:
    """One operation: from one step to another; `until=None` for one that was not answered."""

    lane: str
    label: str
    outcome: Outcome
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Diagram:
    """A small part of a history, drawn. `text` is for a terminal; `svg` for a page."""

    title: str
    svg: Markup
    text: str


def diagram(title: str, operations: Sequence[OperationRecord], key: str) -> Diagram:
    """Draw these operations. `key` makes the ids within the drawing unique on its page."""
    bars, steps = _bars(operations)
    if len(bars) < len(operations):
        title = f"{title} (the first {len(bars)} of {len(operations)} operations)"
    svg = drawing(
        Markup("").join(_drawn(bars, steps)),
        look="order",
        key=key,
        title=title,
        shows="; ".join(f"{bar.lane}: {bar.label}" for bar in bars),
        width=WIDTH,
        height=_TOP + _ROW * len(bars) + 8,
    )
    return Diagram(title, svg, _text(title, bars, steps))


def _bars(operations: Sequence[OperationRecord]) -> tuple[list[_Bar], int]:
    """Grouped by actor, in the order in which each began; and how many steps there are."""
    shown = sorted(operations, key=lambda o: (o.start, o.id))[:OPERATIONS_MAX]
    # An end comes before a start at the same time: there the one was before the other.
    ends = {(o.end, 0) for o in shown if _is_answered(o) and o.end is not None}
    times = sorted(ends | {(o.start, 1) for o in shown})
    step = {time: i for i, time in enumerate(times)}
    lanes = {o.actor: i for i, o in reversed(list(enumerate(shown)))}
    shown.sort(key=lambda o: lanes[o.actor])
    return [_bar(o, step) for o in shown], len(times)


def _bar(operation: OperationRecord, step: dict[tuple[int, int], int]) -> _Bar:
    since = step[operation.start, 1]
    until = None
    if _is_answered(operation) and operation.end is not None:
        until = max(step[operation.end, 0], since)
    polls = operation.args.get("polls")
    what = describe_kind(polls if isinstance(polls, str) else operation.kind)
    label = f"{what}: {_ended(operation)}, {_seconds(operation)}"
    return _Bar(operation.actor, label, operation.outcome, since, until)


def _is_answered(operation: OperationRecord) -> bool:
    return operation.outcome is not Outcome.INFO and operation.end is not None


def _ended(operation: OperationRecord) -> str:
    value, error = operation.value or {}, operation.error or {}
    if operation.outcome is Outcome.INFO:
        return "never answered"
    if operation.outcome is Outcome.FAIL:
        return f"refused, {error.get('reason') or 'without a reason'}"
    samples = value.get("samples")
    if isinstance(samples, list):
        seen = [_display(s.get("value"), s.get("error")) for s in samples if isinstance(s, dict)]
        return f"saw {', then '.join(seen) or 'nothing'}"
    return _display(operation.value, None)


def _display(value: object, error: object) -> str:
    if isinstance(error, dict):
        return str(error.get("reason") or "no answer")
    if not isinstance(value, dict | None) or not value:
        return "acknowledged"
    if isinstance(items := value.get("items"), list):
        states = [str(i.get("state")) for i in items if isinstance(i, dict)]
        return f"lists {', '.join(states[:4]) or 'none'}"
    return str(value.get("state") or value.get("status") or "acknowledged")


def _seconds(operation: OperationRecord) -> str:
    began = f"{operation.start / 1_000_000:.3f}"
    if not _is_answered(operation) or operation.end is None:
        return f"asked at {began} s"
    return f"{began} to {operation.end / 1_000_000:.3f} s"


# --- SVG ------------------------------------------------------------------------------------


def _drawn(bars: Sequence[_Bar], steps: int) -> Iterable[Markup]:
    width = (WIDTH - _LEFT - 12) / max(steps, 1)
    lane = None
    for i, bar in enumerate(bars):
        y = _TOP + i * _ROW
        if bar.lane != lane:
            lane = bar.lane
            yield Markup(
                '<path class="lane" d="M0 {y}H{width}" stroke="currentColor" stroke-opacity=".25"/>'
                '<text x="0" y="{base}" font-size="12" font-weight="600">{name}</text>\n'
            ).format(y=y, width=WIDTH, base=y + 17, name=_lane_name(lane))
        yield _row(bar, y, width)


def _lane_name(name: str) -> str:
    """As much of it as there is room for: its beginning and its end, by which it is told apart.

    Where the mail address of a person ends with a domain, that is left out.
    """
    short = re.sub(r"@\S+", "", name)
    if len(short) <= _LANE_CHARACTERS:
        return short
    end = _LANE_CHARACTERS // 2 - 1
    return f"{short[: _LANE_CHARACTERS - end - 1]}…{short[-end:]}"


def _row(bar: _Bar, y: int, width: float) -> Markup:
    label = clipped(bar.label, _LABEL_CHARACTERS)
    x = _LEFT + bar.since * width
    end = WIDTH - 2 if bar.until is None else _LEFT + (bar.until + 0.6) * width
    look = {
        Outcome.OK: 'fill="currentColor"',
        Outcome.FAIL: 'fill="none" stroke="currentColor" stroke-width="2"',
        Outcome.INFO: 'fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="5 4"',
    }[bar.outcome]
    return Markup(
        '<text x="{left}" y="{base}">{mark} {label}</text>'
        '<rect class="bar {outcome}" x="{x:.1f}" y="{top}" width="{wide:.1f}" height="10" rx="2"'
        " {look}/>\n"
    ).format(
        left=_LEFT, base=y + 17, mark=_MARKS[bar.outcome], label=label, x=x, top=y + 25,
        outcome=bar.outcome.value, wide=max(end - x, 6), look=Markup(look),
    )  # fmt: skip


# --- plain text -----------------------------------------------------------------------------


def _text(title: str, bars: Sequence[_Bar], steps: int) -> str:
    lanes = max((len(_lane_name(bar.lane)) for bar in bars), default=0)
    lines = [title]
    for bar in bars:
        line = _line(bar, steps)
        lines.append(
            f"  {_lane_name(bar.lane):<{lanes}} |{line}| {_MARKS[bar.outcome]} {bar.label}"
        )
    return "\n".join(lines)


def _line(bar: _Bar, steps: int) -> str:
    whole = steps * _STEP_CHARACTERS
    since = bar.since * _STEP_CHARACTERS
    until = whole if bar.until is None else bar.until * _STEP_CHARACTERS + 2
    filled = _BARS[bar.outcome] * max(until - since, 1)
    return f"{' ' * since}{filled}".ljust(whole)
