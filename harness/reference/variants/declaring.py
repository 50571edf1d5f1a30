"""How a variant that is a core of another make is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from harness.reference.planting import behaviour_of, name_of, sentence_of, variant

Core = TypeVar("Core", bound=type)


def varies(concerns: str, limits: Mapping[str, float] | None = None) -> Callable[[Core], Core]:
    """Declare the decorated core, a subclass of `CentralCore` or `EdgeCore`, a variant.

    `concerns` is the id of the requirement that is silent on it, or whose manner it changes;
    `limits` is what a target file would state for it, in seconds.
    """

    def declare(core: Core) -> Core:
        behaviour = replace(behaviour_of(core), limits=limits or {})
        variant(name_of(core), concerns, sentence_of(core), behaviour)
        return core

    return declare
