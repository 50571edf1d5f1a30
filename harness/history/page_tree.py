"""A page's accessibility tree, read from how Playwright writes it down.

A line for each node, indented: `- role "name" [state]: text`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NODE = re.compile(
    r"""(?P<indent>\ *)-\ (?:
        '(?P<quoted>(?:[^']|'')*)'
        | (?P<plain>[a-z]+(?:\ "(?:[^"\\]|\\.)*")?(?:\ \[[^\]]*\])*)
    )(?::(?:\ (?P<text>.*))?)?$""",
    re.VERBOSE,
)
_HEAD = re.compile(r'(?P<role>[a-z]+)(?: "(?P<name>(?:[^"\\]|\\.)*)")?(?P<states>(?: \[[^\]]*\])*)')


@dataclass(slots=True)
class PageNode:
    """A node of an accessibility tree."""

    role: str
    name: str = ""
    states: frozenset[str] = frozenset()
    text: str = ""
    nodes: list[PageNode] = field(default_factory=list)

    def every(self) -> Iterator[PageNode]:
        """This node and all below it, in the order of the page."""
        yield self
        for node in self.nodes:
            yield from node.every()

    def texts(self) -> Iterator[str]:
        """All that can be read: of what has nodes below it, what these say."""
        if not self.nodes:
            yield from filter(None, [self.text or self.name])
        elif self.role in _NAMED:
            yield from filter(None, [self.name])
        for node in self.nodes:
            yield from node.texts()

    def says(self) -> str:
        """The same as one text."""
        return " ".join(self.texts())


_NAMED = ("button", "link", "textbox", "combobox", "checkbox", "radio", "option")
"""Whose name is not what stands below them."""


def page_tree(snapshot: str) -> PageNode:
    """The tree that a snapshot writes down; lines that are no nodes are left out."""
    root = PageNode("page")
    above: list[tuple[int, PageNode]] = [(-1, root)]
    for line in snapshot.splitlines():
        read = _NODE.match(line)
        if read is None:
            continue
        quoted = read["quoted"]
        head = _HEAD.fullmatch(read["plain"] if quoted is None else quoted.replace("''", "'"))
        if head is None:
            continue
        node = PageNode(
            head["role"],
            _unescaped(head["name"] or ""),
            frozenset(re.findall(r"\[([^\]]*)\]", head["states"])),
            _value(read["text"] or ""),
        )
        depth = len(read["indent"])
        while above[-1][0] >= depth:
            above.pop()
        above[-1][1].nodes.append(node)
        above.append((depth, node))
    return root


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _value(text: str) -> str:
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return _unescaped(text[1:-1])
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text
