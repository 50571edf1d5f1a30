"""How pages word values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def as_time(microseconds: int) -> str:
    """Microseconds since the epoch as a person reads them, in UTC to the second."""
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def as_timestamp(microseconds: int) -> str:
    """The same for a machine, as RFC 3339."""
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).isoformat()


def as_segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def as_sentence(text: str) -> str:
    """A message of a side as a sentence: it starts with a capital and ends with a stop."""
    capital = text[:1].upper() + text[1:]
    return capital if not capital or capital[-1] in ".!?" else f"{capital}."


FILTERS: Mapping[str, Callable[..., str]] = {
    "time": as_time,
    "timestamp": as_timestamp,
    "segment": as_segment,
    "sentence": as_sentence,
}
"""The filters of the templates, by name."""
