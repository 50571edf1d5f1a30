"""What is known to be lawful besides what the reference does: other choices, as tried by variants.

`variants.json` is what `pairproof variants list --format json` prints; a test says when it is
stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("variants.json")


def lawful_besides(requirement_id: str) -> tuple[str, ...]:
    """The choices that do not break this requirement, each in a sentence."""
    return _choices().get(requirement_id, ())


@cache
def _choices() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for choice in json.loads(FILE.read_text("utf-8")):
        known = found.get(choice["requirement"], ())
        found[choice["requirement"]] = (*known, choice["says"])
    return found
