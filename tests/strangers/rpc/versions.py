"""Which of two editions is the later one."""

from __future__ import annotations

from typing import Any


def order_of(text: str, *, previews_as_text: bool = False) -> tuple[Any, ...]:
    """A key by which semantic versions sort: numbers by size, a release after what led up to it."""
    numbers, _, before = text.partition("+")[0].partition("-")
    core = [int(part) for part in numbers.split(".")]
    core += [0] * (4 - len(core))
    parts = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in before.split(".") if p]
    if previews_as_text:
        return tuple(core), not before, tuple(before.split("."))
    return tuple(core), not before, tuple(parts)
