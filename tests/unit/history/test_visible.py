"""What a target says does not act on a terminal."""

from __future__ import annotations

import json

import pytest

from harness.history.visible import visible, visible_line

ACTING = [
    "\x1b[2J", "\x1b]0;title\x07", "\r", "\b", "\x00", "\x7f", "\x9b2J", "\x85", "\u202e", "\u2066",
    "\u2028", "\u200f", "\u061c", "\x0b", "\x0c", "##[error]",
]  # fmt: skip


@pytest.mark.parametrize("acting", ACTING, ids=ascii)
def test_what_acts_is_spelled_out(acting: str) -> None:
    said = f"before {acting} after"
    shown = visible(said)
    assert shown != said
    assert all(c.isprintable() for c in shown)
    assert "##[" not in shown
    assert json.loads(f'"{shown}"') == said, "in JSON it still says the same"


def test_what_does_not_stays_as_it_is() -> None:
    text = "Größe → 東京 \U0001f600 \\u001b <b>\n\ttwo lines\n"
    assert visible(text) == text
    assert visible_line(text) == text.replace("\n", "\\u000a").replace("\t", "\\u0009")
    assert visible("") == visible_line("") == ""


def test_a_json_document_stays_one() -> None:
    document = json.dumps({"said": "".join(ACTING), "é": 1}, ensure_ascii=False, indent=1)
    assert json.loads(visible(document)) == json.loads(document)
