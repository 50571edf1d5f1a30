"""Planted defects that show on the wire of Palette only: what stands before its app does them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.domain.operations import ListPairingRequests, RejectPairingRequest
from harness.reference.behaviour import Behaviour
from harness.reference.changed_answers import Answer, Asked, Change, Changed
from harness.reference.planting import plant
from harness.wire.routes import ROUTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_REFUSED = range(400, 500)


def _asks(operation: type, asked: Asked) -> bool:
    """Whether a request is for this operation."""
    return any(
        (route.operation, route.method) == (operation, asked.method)
        and _fits(route.path, asked.path)
        for route in ROUTES.values()
    )


def _fits(template: str, path: str) -> bool:
    """Whether a path is one of those that a template stands for."""
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part.startswith("{") or part == found for part, found in zip(parts, given, strict=True)
    )


def _always(operation: type, status: int) -> Behaviour:
    """What is answered to an operation has this status, also when it is refused."""

    def change(asked: Asked, answer: Answer) -> Answer:
        refused = answer.status in _REFUSED and _asks(operation, asked)
        return replace(answer, status=status) if refused else answer

    return Behaviour(wrap_palette=lambda app: Changed(app, change))


plant(
    "refused_reject_has_the_status_of_success",
    "REJ-6",
    "A reject that is refused is answered with 204, and without its error.",
    _always(RejectPairingRequest, 204),
)


def _cached() -> Change:
    """The last list that anybody was shown, for those who may not see it."""
    shown: list[Answer] = []

    def change(asked: Asked, answer: Answer) -> Answer:
        if not _asks(ListPairingRequests, asked):
            return answer
        if answer.status == 200:
            shown[:] = [answer]
        return shown[0] if shown and answer.status in _REFUSED else answer

    return change


def _with_a_cache(app: ASGIApp) -> ASGIApp:
    """An app behind a cache that does not ask who asks."""
    return Changed(app, _cached())


plant(
    "list_is_cached_for_everybody",
    "ACC-1",
    "A cache before Palette shows the list to whoever asks once somebody was let in to see it.",
    Behaviour(wrap_palette=_with_a_cache),
)
