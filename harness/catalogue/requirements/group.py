"""A group of requirements: one part of the procedure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.catalogue.requirement import Requirement

_ID = re.compile(r"(?P<group>[A-Z]{3})-(?P<number>\d+)(?P<variant>[A-Z]?)")


@dataclass(frozen=True, slots=True)
class Group:
    """The requirements whose ids begin with `prefix`, in their order.

    `anchor` is the section of the document that they come from, `about` one sentence.
    """

    prefix: str
    title: str
    anchor: str
    about: str
    requirements: tuple[Requirement, ...]


def order_of(requirement_id: str) -> tuple[int, str]:
    """What a group is sorted by: the number, then the letter (`WDR-2` before `WDR-2P`).

    Raises:
        ValueError: the text is not an id such as `WDR-4` or `ACC-9B`.
    """
    parsed = _ID.fullmatch(requirement_id)
    if parsed is None:
        raise ValueError(f"{requirement_id!r} is not an id such as WDR-4 or ACC-9B")
    return int(parsed["number"]), parsed["variant"]
