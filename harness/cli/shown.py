"""Styled texts for a terminal, in which nothing that a target has said acts on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from rich.console import RenderableType
from rich.progress import Progress
from rich.text import Text

from harness.history.visible import visible_line


class Bars(Progress):
    """Bars, and the descriptions below them: beside them a terminal's width would cut them off."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bars, then their descriptions."""
        yield from super().get_renderables()
        for task in self.tasks:
            yield Text(task.description, no_wrap=False, overflow="fold")


def shown(text: Text) -> Text:
    """The text in one line, with control characters spelled out; its styles stay."""
    plain = visible_line(text.plain)
    if plain != text.plain:
        text = Text.assemble(*((visible_line(part), style) for part, style in _parts(text)))
    return text


def _parts(text: Text) -> list[tuple[str, str]]:
    """The text in pieces of one style each; what has none has an empty one."""
    edges = sorted({0, len(text), *(e for span in text.spans for e in (span.start, span.end))})
    return [(text.plain[start:end], _style_at(text, start)) for start, end in pairwise(edges)]


def _style_at(text: Text, place: int) -> str:
    styles = [str(span.style) for span in text.spans if span.start <= place < span.end]
    return " ".join(filter(None, [str(text.style), *styles]))
