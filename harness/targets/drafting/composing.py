"""From documents and answers to the text of a target file that can be read."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness.domain.arrangements import Side
from harness.domain.operations import Surface
from harness.targets.drafting.answers import Answers
from harness.targets.drafting.asking import Hints
from harness.targets.drafting.checks import Rules, WrongAnswer
from harness.targets.drafting.draft import draft_text
from harness.targets.drafting.matching import Certainty, matched
from harness.targets.drafting.openapi import Document
from harness.targets.drafting.wire_draft import WireDraft, wire_draft
from harness.targets.target_file import read_target

_SIDE_OF = {
    Surface.LOCAL_UI: Side.EDGE,
    Surface.PALETTE: Side.CENTRAL,
    Surface.AGENT: Side.CENTRAL,
}


def hints_of(documents: Sequence[Document]) -> Hints:
    """What documents say before anything is asked: which sides, where, and what it is called."""
    sides: dict[Side, str] = {}
    for document in documents:
        sides.update(dict.fromkeys(_sides_of(document), document.server))
    first = documents[0] if documents else None
    return Hints(
        sides=frozenset(sides),
        edge_url=_address(sides.get(Side.EDGE, "")),
        central_url=_address(sides.get(Side.CENTRAL, "")),
        name=_plain(first.title) if first else "",
        version=_plain(first.version) if first else "",
    )


def _sides_of(document: Document) -> frozenset[Side]:
    """The sides that a document describes: those that are sure, or the likeliest one."""
    matches = matched([document], Surface).values()
    counts: dict[Side, float] = defaultdict(float)
    for match in matches:
        counts[_SIDE_OF[match.route.surface]] += match.likeness
    sure = {_SIDE_OF[m.route.surface] for m in matches if m.certainty is Certainty.FOUND}
    return frozenset(sure or sorted(counts, key=lambda side: -counts[side])[:1])


def _address(text: str) -> str:
    """An address of somebody else's that may be offered as an answer, or nothing."""
    try:
        return Rules(Path(), "").address(text)
    except WrongAnswer:
        return ""


def _plain(text: str) -> str:
    """A text of somebody else's that may be offered as an answer, or nothing."""
    return text.strip() if text.isprintable() and len(text) <= 80 else ""


def wire_of(documents: Sequence[Document], described: frozenset[Side]) -> WireDraft:
    """The mapping for the sides that a file describes."""
    surfaces = [Surface.LOCAL_UI] if Side.EDGE in described else []
    if Side.CENTRAL in described:
        surfaces += [Surface.PALETTE, Surface.AGENT]
    elif _speaks_of_agents(documents):
        surfaces += [Surface.AGENT]
    return wire_draft(documents, surfaces)


def _speaks_of_agents(documents: Sequence[Document]) -> bool:
    """Whether what edge hosts ask of Palette stands in the documents, too."""
    matches = matched(documents, [Surface.AGENT]).values()
    return any(match.certainty is Certainty.FOUND for match in matches)


def composed(answers: Answers, wire: WireDraft | None, out: Path) -> str:
    """The target file, which has been read once.

    Raises:
        TargetFileError: it cannot be read, which no answer should bring about.
    """
    text = draft_text(answers, str(out), wire.text() if wire else "")
    environment = dict.fromkeys(answers.variables(), "to be filled in")
    read_target(text, str(out), out.parent, {**_path(), **environment})
    return text


def _path() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath)}
