"""RFC 3339 in UTC with microseconds, to and from the domain's integers, without a float."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from harness.wire.model import Malformed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def to_timestamp(microseconds: int) -> str:
    """The time as text: `2026-11-24T14:05:00.000001Z`, at most the last moment of the year 9999."""
    within = min(max(microseconds, _FIRST), _LAST)
    moment = _EPOCH + timedelta(microseconds=within)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def from_timestamp(text: str, field: str) -> int:
    """The text as microseconds since the epoch, cut off there. Raises `Malformed`."""
    if _RFC3339.fullmatch(text) is None:
        raise Malformed(field, "an RFC 3339 time such as 2026-11-24T14:05:00Z is needed")
    try:
        moment = datetime.fromisoformat(text.upper())
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise Malformed(field, f"no such time: {error}") from error
