"""Who asked whom for what, in order: a sequence diagram of a small part of a history, as SVG.

People stand outside, edge hosts and Palette between them, and the links where one was touched. One
row is one thing that happened. What overlapped is drawn in two rows, the question and its answer,
so that it can be seen whether it took a millisecond or a minute; time is not to scale. A drawing
needs nothing but the text colour around it; a page colours it by classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from markupsafe import Markup

from harness.domain import operations as ops
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.wording import WAITS, begun, happened, seconds, short, title_of
from harness.reporting.svg import drawing
from harness.reporting.words import clipped

WIDTH = 760
OPERATIONS_MAX = 24
"""More of them say nothing to a person; the evidence has them all."""

_ROW = 30
_HEAD = 34
_TIMES = 52
_UID = 16
"""A host of so many characters has no name, and is known by the first few."""
_LABEL_CHARACTERS = 62
_LANE_CHARACTERS = 16
_LANE_LETTER = 8.4
_LETTER, _BOLD = 6.9, 7.8
"""About how wide a letter is, at most: a lifeline that a label lies on ends beside it."""
OUTCOME_MARKS = {Outcome.OK: "✓", Outcome.FAIL: "✗", Outcome.INFO: "?"}

HARNESS = "harness"
"""Who arranges; what it does befalls the others."""
_ON_LINKS = ("SetLink", "FaultNextMessage", "DisturbMessages")
_BEFALLS = frozenset(
    [*_ON_LINKS, "Restart", "AdvanceClock", "SetNodeHealth", "SetClusterState", "SetHostMode"]
)
"""What is arranged and is part of the story, as it happens to somebody."""
_PALETTE, _LINK, _SOME_HOST = "Palette", "link", "edge host"


@dataclass(frozen=True, slots=True)
class Diagram:
    """A small part of a history, drawn. `text` is for a terminal; `svg` for a page; `shown` are the
    ids of the operations that are drawn.
    """

    title: str
    svg: Markup
    text: str
    shown: Set[str]


@dataclass(frozen=True, slots=True)
class _Message:
    """An operation: from one lane to another; what befalls somebody has but the one.

    `asks` is what its question says, `label` what it says with the answer.
    """

    id: str
    number: int
    source: str
    target: str
    asks: str
    label: str
    outcome: Outcome
    start: int
    end: int
    decisive: bool

    @property
    def is_fault(self) -> bool:
        return self.source == self.target


def diagram(
    title: str,
    operations: Sequence[OperationRecord],
    key: str,
    decisive: Set[str] = frozenset(),
    links: Mapping[str, str] = {},
) -> Diagram:
    """Draw these operations, those lit on which a verdict rests. `key` makes the ids within the
    drawing unique on its page; `links` are where on the page operations are told.
    """
    numbered = sorted(enumerate(operations, 1), key=lambda item: (item[1].start, item[0]))
    told = [_message(o, n, o.id in decisive) for n, o in numbered if is_told(o) or o.id in decisive]
    messages = _chosen(told) if decisive else told[:OPERATIONS_MAX]
    if len(messages) < len(operations):
        title = f"{title} ({len(messages)} of {len(operations)} operations)"
    lanes = _lanes(messages)
    rows = list(_rows(messages))
    began = min((o.start for o in operations), default=0)
    svg = drawing(
        Markup("").join([*_heads(lanes, len(rows)), *_drawn(rows, lanes, links, began)]),
        look="sequence",
        role="group" if any(m.id in links for m in messages) else "img",
        key=key,
        title=title,
        shows="; ".join(f"{m.source}: {m.label}" for m in messages),
        width=WIDTH,
        height=_HEAD + _ROW * len(rows) + 8,
    )
    text = "\n".join([title, *(_line(row, began) for row in rows)])
    return Diagram(title, svg, text, {m.id for m in messages})


def _chosen(messages: Sequence[_Message]) -> list[_Message]:
    """Of what was asked again and again with the same answer the first, and how often; of much the
    last up to what decided.
    """
    same: dict[tuple[str, ...], list[_Message]] = {}
    for message in messages:
        alone = (message.id,) if message.decisive or message.is_fault else ()
        key = (message.source, message.target, message.label, *alone)
        same.setdefault(key, []).append(message)
    often = [(found[0], len(found)) for found in same.values()]
    told = [replace(m, label=f"{m.label} (×{n})") if n > 1 else m for m, n in often]
    ends = [n for n, message in enumerate(told, 1) if message.decisive]
    last = max([OPERATIONS_MAX, *ends[-1:]])
    return told[last - OPERATIONS_MAX : last]


def is_told(operation: OperationRecord) -> bool:
    """Whether it is part of the story, and not of what stands around it."""
    if operation.actor == HARNESS:
        return operation.kind in _BEFALLS
    return not operation.kind.startswith("LogIn")


def _message(operation: OperationRecord, number: int, decisive: bool) -> _Message:
    polls, args = operation.args.get("polls"), operation.args
    kind = polls if isinstance(polls, str) and operation.kind in WAITS else operation.kind
    asked = getattr(ops, kind, None)
    surface = asked.surface if isinstance(asked, type) and hasattr(asked, "surface") else ""
    host = _host(operation.tags.get("host") or args.get("host_uid"))
    at_host = surface != ops.Surface.PALETTE and (surface or host != _SOME_HOST)
    source, target = operation.actor, host if at_host else _PALETTE
    what = title_of(operation)
    if operation.actor == HARNESS:
        on_link = operation.kind in _ON_LINKS
        target = _LINK if on_link else _PALETTE if args.get("side") == "central" else host
        source, what = target, begun(happened(operation))
    elif surface == ops.Surface.AGENT:
        source = host if operation.tags.get("host") else operation.actor
        target = _PALETTE
    what, label = short(what), short(f"{what}{_ended(operation)}")
    end = operation.end if operation.end is not None else operation.start
    start = operation.start
    outcome = ended_as(operation)
    told = what, label, outcome, start, end, decisive
    return _Message(operation.id, number, source, target, *told)


def ended_as(operation: OperationRecord) -> Outcome:
    """How it ended; a wait that did not see what it looked for has failed to."""
    missed = operation.kind in WAITS and (operation.value or {}).get("held") is False
    return Outcome.FAIL if missed else operation.outcome


def _host(uid: Json) -> str:
    if not isinstance(uid, str) or not uid:
        return _SOME_HOST
    return f"edge host {uid[:4]}" if len(uid) >= _UID else f"edge host {uid.removeprefix('host-')}"


def _ended(operation: OperationRecord) -> str:
    """What came of it, as far as a line has room: of a wait, what was seen."""
    value, error = operation.value or {}, operation.error or {}
    if operation.actor == HARNESS:
        return ""
    if operation.outcome is Outcome.INFO:
        return ": never answered"
    if operation.outcome is Outcome.FAIL:
        return f": {error.get('message') or error.get('reason') or 'refused'}"
    samples = value.get("samples")
    if isinstance(samples, list):
        seen = [_display(s.get("value"), s.get("error")) for s in samples if isinstance(s, dict)]
        took = seconds((operation.end or operation.start) - operation.start)
        told = ", then ".join(dict.fromkeys(filter(None, seen)))
        return f" for {took}{f': {told}' if told else ''}"
    shown = _display(operation.value, None)
    return f": {shown}" if shown else ""


def _display(value: object, error: object) -> str:
    if isinstance(error, dict):
        return str(error.get("message") or error.get("reason") or "no answer")
    if not isinstance(value, dict | None) or not value:
        return ""
    if isinstance(items := value.get("items"), list):
        states = [str(i.get("state")) for i in items if isinstance(i, dict) and i.get("state")]
        return f"lists {', '.join(states[:4]) or len(items) or 'none'}"
    return str(value.get("status") or value.get("state") or value.get("mode") or "")


def _lanes(messages: Sequence[_Message]) -> dict[str, float]:
    """Where each lane stands: people at Local UI, hosts, links, Palette, people at Palette."""
    people = {m.source: m.target for m in messages if not m.is_fault}
    targets = [m.target for m in messages]
    ends = [end for m in messages for end in (m.source, m.target) if end.startswith("edge host")]
    hosts = list(dict.fromkeys(ends))
    local = [p for p in people if people[p] in hosts or p.startswith("host")]
    names = [*local, *hosts, *([_LINK] if _LINK in targets else [])]
    names += [_PALETTE] if _PALETTE in targets or _LINK in targets else []
    names += [p for p in people if p not in names]
    gap = (WIDTH - _TIMES) / max(len(names), 1)
    return {name: _TIMES + gap / 2 + n * gap for n, name in enumerate(dict.fromkeys(names))}


class _Row(NamedTuple):
    """A message with whether its question, and whether its answer, stands here."""

    message: _Message
    asks: bool
    answers: bool

    @property
    def at(self) -> int:
        return self.message.start if self.asks else self.message.end

    @property
    def label(self) -> str:
        """What comes back is told where it does."""
        is_ahead = not self.answers and _is_answered(self.message)
        return self.message.asks if is_ahead else self.message.label


def _rows(messages: Sequence[_Message]) -> Iterator[_Row]:
    moments = {(m.start, 1, m.number): m for m in messages}
    # An end comes before a start at the same time: there the one was before the other.
    moments |= {(m.end, 0, m.number): m for m in messages if _comes_back(m)}
    pending: _Message | None = None
    for (_, begins, _), message in sorted(moments.items()):
        if pending and (begins or pending is not message):
            yield _Row(pending, True, False)
            pending = None
        if begins and _comes_back(message):
            pending = message
        elif begins:
            yield _Row(message, True, _is_answered(message))
        else:
            yield _Row(message, message is pending, True)
            pending = None
    if pending:
        yield _Row(pending, True, False)


def _comes_back(message: _Message) -> bool:
    """Whether its answer is a moment of its own."""
    return message.end > message.start and _is_answered(message)


def _is_answered(message: _Message) -> bool:
    return message.outcome is not Outcome.INFO


def _line(row: _Row, began: int) -> str:
    message, at = row.message, seconds(row.at - began)
    if message.is_fault:
        return f"  {at:>8} ⚡ {message.label}"
    way = f"{message.source} {'→' if row.asks else '←'} {message.target}"
    return f"  {at:>8} {way}: {_mark(message, row.answers)} {message.number} {row.label}"


def _mark(message: _Message, answers: bool) -> str:
    return OUTCOME_MARKS[message.outcome] if answers or not _is_answered(message) else "…"


# --- SVG ------------------------------------------------------------------------------------------


def _heads(lanes: dict[str, float], rows: int) -> Iterable[Markup]:
    bottom, gap = _HEAD + rows * _ROW + 4, (WIDTH - _TIMES) / max(len(lanes), 1)
    for name, x in lanes.items():
        yield Markup(
            '<path class="lane" d="M{x:.0f} {top}V{bottom}" stroke="currentColor"'
            ' stroke-opacity=".3"{dash}/>'
            '<text x="{x:.0f}" y="16" text-anchor="middle" font-weight="600">{name}</text>\n'
        ).format(
            x=x, top=_HEAD - 12, bottom=bottom, name=_lane_name(name, gap),
            dash=Markup(' stroke-dasharray="2 4"') if name == _LINK else "",
        )  # fmt: skip


def _lane_name(name: str, gap: float) -> str:
    """As much of it as there is room for: its beginning and its end, by which it is told apart.

    Where the mail address of a person ends with a domain, that is left out.
    """
    bare = re.sub(r"@\S+", "", name)
    most = min(_LANE_CHARACTERS, int(gap / _LANE_LETTER))
    if len(bare) <= most:
        return bare
    end = max(most // 2 - 1, 1)
    return f"{bare[: most - end - 1]}…{bare[-end:]}"


def _drawn(
    rows: Sequence[_Row], lanes: dict[str, float], links: Mapping[str, str], began: int
) -> Iterator[Markup]:
    for n, row in enumerate(rows):
        message, y = row.message, _HEAD + n * _ROW
        body = _fault(message, lanes, y) if message.is_fault else _arrow(row, lanes, y)
        look = "message fault" if message.is_fault else f"message {message.outcome.value}"
        look += " decisive" * message.decisive
        told = Markup(
            '<g class="{look}">{body}<text class="at" x="4" y="{base}">{at}</text></g>\n'
        ).format(look=look, body=body, base=y + 17, at=seconds(row.at - began))
        if where := links.get(message.id):
            told = Markup('<a href="{where}">{told}</a>').format(where=where, told=told)
        yield told


def _fault(message: _Message, lanes: dict[str, float], y: int) -> Markup:
    x = lanes[message.target]
    text, anchor = clipped(f"⚡ {message.label}", _LABEL_CHARACTERS), "middle"
    half = min(len(text) * 3.6 + 8, WIDTH / 2)
    middle = min(max(x, _TIMES + half), WIDTH - half)
    return Markup(
        '<rect x="{left:.0f}" y="{top}" width="{wide:.0f}" height="20" rx="3"/>'
        '<text x="{middle:.0f}" y="{base}" text-anchor="{anchor}">{text}</text>'
    ).format(
        left=middle - half, top=y + 4, wide=2 * half, middle=middle, base=y + 18, anchor=anchor,
        text=text,
    )  # fmt: skip


def _arrow(row: _Row, lanes: dict[str, float], y: int) -> Markup:
    message = row.message
    since, until = lanes[message.source], lanes[message.target]
    if not row.asks:
        since, until = until, since
    head = 7 if until < since else -7
    text = clipped(
        f"{_mark(message, row.answers)} {message.number} {message.label}", _LABEL_CHARACTERS
    )
    left, line = min(since, until) + 6, y + 22
    left = max(min(left, WIDTH - len(text) * 7.3), _TIMES)
    gone = ' stroke-dasharray="5 4"' if not row.asks or not _is_answered(message) else ""
    return Markup(
        '<rect class="lit" x="0" y="{top}" width="{width}" height="{height}"/>'
        '<rect class="behind" x="{behind:.0f}" y="{over}" width="{wide:.0f}" height="15"'
        ' fill="none"/>'
        '<path class="call" d="M{since:.0f} {line}H{until:.0f}m{head} -4l{back} 4l{head} 4"'
        ' fill="none" stroke="currentColor"{gone}/>'
        '<text x="{left:.0f}" y="{base}">{text}</text>'
    ).format(
        top=y + 1, width=WIDTH, height=_ROW - 2, since=since, line=line, until=until, head=head,
        back=-head, gone=Markup(gone), left=left, base=y + 17, text=text,
        behind=left - 2, over=y + 5, wide=len(text) * (_BOLD if message.decisive else _LETTER) + 4,
    )  # fmt: skip
