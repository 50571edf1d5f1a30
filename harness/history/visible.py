r"""Texts of others, such as a target's messages, made harmless for a terminal and for readers.

A terminal obeys control characters: they move the cursor, change titles, or hide what was
written. Marks of direction make a text read other than it is. Both are shown as `\u001b`, a
spelling that JSON knows, so that JSON stays what it was. The same is done to `##[`, with which
a line commands some CI servers wherever it stands.
"""

from __future__ import annotations

from typing import Final

_CONTROLS: Final = (*range(0x20), 0x7F, *range(0x80, 0xA0))
_SEPARATORS: Final = (0x2028, 0x2029)
_DIRECTIONS: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_KEPT: Final = frozenset(map(ord, "\n\t"))

_SPELLED: Final = {
    code: f"\\u{code:04x}" for code in (*_CONTROLS, *_SEPARATORS, *_DIRECTIONS) if code not in _KEPT
}
_SPELLED_IN_ONE_LINE: Final = {**_SPELLED, **{code: f"\\u{code:04x}" for code in _KEPT}}

_COMMAND: Final = "##["
_COMMAND_SPELLED: Final = "##\\u005b"


def visible(text: str) -> str:
    """The text with its control characters spelled out; ends of lines and tabs stay."""
    return _escaped(text, _SPELLED)


def visible_line(text: str) -> str:
    """The same in one line: what would end it is spelled out as well."""
    return _escaped(text, _SPELLED_IN_ONE_LINE)


def _escaped(text: str, spelled: dict[int, str]) -> str:
    shown = text if text.isprintable() else text.translate(spelled)
    return shown.replace(_COMMAND, _COMMAND_SPELLED)
