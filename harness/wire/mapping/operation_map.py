"""How one operation differs from the published wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.wire.http import Json
from harness.wire.mapping.plan import WordTable


@dataclass(frozen=True, slots=True)
class OperationMap:
    """How one operation differs.

    Attributes:
        method, path: where it is asked; empty as published. A path may use the published
            parameters only.
        status: the answers that mean that it happened; the harness answers with the first one.
            Without any, every 2xx does.
        refused: answers that mean that it was refused, whatever they hold.
        request, response: where the target has a value, by our place for it (see `places`).
        states: words that are different here only.
        constants: what the target wants in each request besides, by its place for it.
        answer_constants: what a body that the harness answers holds besides.
    """

    method: str = ""
    path: str = ""
    status: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    request: Mapping[str, str] = field(default_factory=dict)
    response: Mapping[str, str] = field(default_factory=dict)
    states: WordTable = field(default_factory=dict)
    constants: Mapping[str, Json] = field(default_factory=dict)
    answer_constants: Mapping[str, Json] = field(default_factory=dict)
