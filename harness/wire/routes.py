"""Where each operation is asked over HTTP, as the one table of the operations has it.

Servers and clients both go by it, and a target file remaps it. Paths that are published are
used as published; the others are ours in the same style, `published` tells them apart, and
`docs/wire.md` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.wire.models import MODELS
from harness.wire.table import local_ui, palette
from harness.wire.table.fields import Route, parameters_in, segment

__all__ = ["OLDER", "ROUTES", "Route", "RouteTable", "parameters_in", "routes_of", "segment"]

RouteTable = Mapping[type[Operation], Route]


def routes_of(table: RouteTable, *surfaces: Surface) -> tuple[Route, ...]:
    """The routes of these surfaces, those without parameters first.

    A server that tries them in this order never takes `profiles` for a cluster's name.
    """
    found = [route for route in table.values() if route.surface in surfaces]
    return tuple(sorted(found, key=lambda r: (len(r.parameters()), r.path, r.method)))


ROUTES: RouteTable = {
    row.operation: row
    for row in (*local_ui.TABLE, *palette.TABLE, *palette.TENANT_TABLE, *palette.AGENT_TABLE)
}
"""Every operation that crosses HTTP, in the reference's way, with all that is said of it."""

_PROJECTS = ROUTES[ops.ListProjects]

OLDER: tuple[Route, ...] = (
    replace(
        _PROJECTS,
        path="/v1/projects",
        id="v1ProjectsList",
        answer=_PROJECTS.answer and replace(_PROJECTS.answer, model=MODELS["V1Projects"]),
    ),
)
"""Calls that are published as deprecated: a Palette serves them, and nobody here asks them."""
