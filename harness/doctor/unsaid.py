"""Which operations a target file says nothing of, where it describes another wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.doctor.finding import Notes
from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.targets.target import Target
from harness.wire.routes import ROUTES
from harness.wire.table import tenant

_BY_ADMIN: Final = frozenset(row.operation for row in tenant.TABLE)
"""What nobody asks for but an administrator by whom the published API arranges."""
_NAMES_MAX: Final = 8


def examine_unsaid(target: Target, notes: Notes) -> None:
    """A product that speaks JSON-RPC has hardly anything at a published path."""
    unsaid = [kind.__name__ for kind in _unsaid(target)]
    if not target.wire.rpc.path or not unsaid:
        return
    more = f" and {len(unsaid) - _NAMES_MAX} more" if len(unsaid) > _NAMES_MAX else ""
    names = f"{', '.join(unsaid[:_NAMES_MAX])}{more}"
    told = f"the file says nothing of {names}: asked by the published paths, not by JSON-RPC"
    notes.note(told, "say in [paths.…] what it is there, or why it is not_offered")


def _unsaid(target: Target) -> Iterator[type[ops.Operation]]:
    surfaces = {ops.Surface.AGENT}
    surfaces |= {ops.Surface.LOCAL_UI} if Side.EDGE in target.sides else set()
    surfaces |= {ops.Surface.PALETTE} if Side.CENTRAL in target.sides else set()
    known = {*target.wire.paths, *(() if target.arranging.admin else _BY_ADMIN)}
    has_steps = target.info.claims_steps
    for kind, route in ROUTES.items():
        is_asked = route.surface in surfaces and target.info.offers(kind)
        is_asked = is_asked and (has_steps or not issubclass(kind, ops.AcceptanceStep))
        if is_asked and kind not in known:
            yield kind
