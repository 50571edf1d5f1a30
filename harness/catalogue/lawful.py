"""What is known to be lawful: what the reference does where the procedure is silent, and other
choices, as variants try them.

`choices.json` is what `pairproof requirements --choices` prints, and `variants.json` what
`pairproof variants list --format json` does; tests say when they are stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("variants.json")


CHOICES: Final = FILE.with_name("choices.json")


def choice_of_reference(requirement_id: str, situation: str) -> str:
    """What the reference does in a situation on which the procedure is silent, in a sentence; empty
    where that is not known.
    """
    return _reference().get(requirement_id, {}).get(situation, "")


def without_details(observed: str) -> str:
    """What was observed, without whose it was and when: as it compares with another's."""
    plain = re.sub(r" \([^()]*\)", "", observed)
    plain = re.sub(r" (?:within|[\d.]+ m?s after) [^;]*", "", plain)
    return re.sub(r" [0-9a-f]{8}…", "", plain)


@cache
def _reference() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = json.loads(CHOICES.read_text("utf-8"))
    return found


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
