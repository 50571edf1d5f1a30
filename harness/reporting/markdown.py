"""Pieces of Markdown on one line each, for `summary.md`. Whatever text they get stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

REASON_CHARACTERS_MAX = 300
ROWS_MAX = 100
"""More rows than that are counted: a CI page is cut at a megabyte."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@])")


def table(head: Sequence[str], rule: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table, line by line; `rule` is what stands below the head."""
    for row in (head, rule, *rows[:ROWS_MAX]):
        yield f"| {' | '.join(row)} |"
    yield ""
    if len(rows) > ROWS_MAX:
        yield f"… and {len(rows) - ROWS_MAX} more; the whole list is in report.html.\n"


def listed(title: str, items: Iterable[str]) -> Iterator[str]:
    """A heading and a list, or nothing when it would be empty."""
    lines = [f"- {escaped(item)}" for item in items]
    if lines:
        yield f"### {title}\n"
        yield from lines[:ROWS_MAX]
        yield ""


def cut(text: str) -> str:
    """The text, or as much of it as a row should hold."""
    return text if len(text) <= REASON_CHARACTERS_MAX else f"{text[:REASON_CHARACTERS_MAX]} …"


def escaped(text: str) -> str:
    """As text on one line, whatever it holds: no markup, no links, no mentions."""
    flat = re.sub(r"\s+", " ", text).strip()
    entities = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", entities)


def code(text: str) -> str:
    """As code on one line; a code element, since a fence of backticks can be broken out of."""
    return f"<code>{escaped(text)}</code>"
