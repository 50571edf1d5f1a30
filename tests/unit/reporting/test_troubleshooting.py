"""The page on troubleshooting quotes what is really said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HARNESS = Path(__file__).parents[3] / "harness"
PAGE = HARNESS.parent / "docs" / "troubleshooting.md"


def said_in(source: str) -> Iterator[str]:
    """Every text of a module, with `{}` for what is filled in."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant() if id(node) in docstrings:
                pass
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                texts = (p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
                yield "".join(str(text) for text in texts)


def quoted(page: str) -> list[str]:
    """What stands in the first column of each table."""
    rows = re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE)
    return [text for row in rows for text in re.findall(r"`([^`]+)`", row)]


def unsaid(page: str, sources: list[str]) -> list[str]:
    every = "\n".join(text for source in sources for text in said_in(source))
    return [text for text in quoted(page) if text not in every]


def test_what_the_page_quotes_is_said() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(quoted(page)) > 20
    assert unsaid(page, [p.read_text(encoding="utf-8") for p in HARNESS.rglob("*.py")]) == []


def test_what_nobody_says_is_seen() -> None:
    assert unsaid("| `it is gone` | a | b |\n", ['x = f"it is {y}"']) == ["it is gone"]
