"""Where each operation is asked over HTTP, as the one table of the operations has it.

Servers and clients both go by it, and a target file remaps it. Paths that are published are
used as published; the others are ours in the same style, `published` tells them apart, and
`docs/wire.md` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.wire.model import WireModel
from harness.wire.models import MODELS
from harness.wire.table import local_ui, palette, tenant
from harness.wire.table.fields import TableRow

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_SENTENCE = re.compile(r"[.?]\s|[.?]$|\n")


@dataclass(frozen=True, slots=True)
class Route:
    """Where an operation is asked.

    `path` is a template (`/v1/edge-mgmt/cluster/{clusterName}`), `status` is that of success,
    `request` and `response` are the models of the bodies, `None` where there is none. `beside` is
    where the other calls go that the operation takes, `rpc` the method where it is one of JSON-RPC.
    """

    operation: type[Operation]
    method: str
    path: str
    status: int
    id: str
    summary: str
    request: type[WireModel] | None = None
    response: type[WireModel] | None = None
    published: bool = True
    beside: tuple[Route, ...] = ()
    rpc: str = ""

    @property
    def surface(self) -> Surface:
        """The surface of the operation."""
        return self.operation.surface

    def parameters(self) -> tuple[str, ...]:
        """The names between braces, in the order of the path."""
        return parameters_in(self.path)

    def shape(self) -> str:
        """The path whatever its parameters are called."""
        return _PARAMETER.sub("{}", self.path)

    def url_path(self, parameters: Mapping[str, str]) -> str:
        """The path with its parameters filled in and percent-encoded.

        Raises:
            KeyError: a parameter of the path is missing.
        """
        return _PARAMETER.sub(lambda found: segment(parameters[found[1]]), self.path)


RouteTable = Mapping[type[Operation], Route]


def routes_of(table: RouteTable, *surfaces: Surface) -> tuple[Route, ...]:
    """The routes of these surfaces, those without parameters first.

    A server that tries them in this order never takes `profiles` for a cluster's name.
    """
    found = [route for route in table.values() if route.surface in surfaces]
    return tuple(sorted(found, key=lambda r: (len(r.parameters()), r.path, r.method)))


def parameters_in(path: str) -> tuple[str, ...]:
    """The names between braces, in the order of the path."""
    return tuple(_PARAMETER.findall(path))


def segment(text: str) -> str:
    """One segment of a path; a lone dot or two would be taken for a step up."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _route(row: TableRow) -> Route:
    """Where a row is asked; the operation says what it is."""
    *signs, method, path, status, name = row.call.split()
    summary = _SENTENCE.split(row.operation.__doc__ or "")[0]
    models = (row.asked.model, row.answer.model if row.answer else None)
    is_published = "ours" not in signs
    return Route(row.operation, method, path, int(status), name, summary, *models, is_published)


ROWS: Mapping[type[Operation], TableRow] = {
    row.operation: row
    for row in (*local_ui.TABLE, *palette.TABLE, *tenant.TABLE, *palette.AGENT_TABLE)
}
"""Every operation that crosses HTTP, with all that is said of it."""

ROUTES: RouteTable = {kind: _route(row) for kind, row in ROWS.items()}
"""Every operation that crosses HTTP, in the reference's way."""

_PROJECTS = ROUTES[ops.ListProjects]

OLDER: tuple[Route, ...] = (
    replace(_PROJECTS, path="/v1/projects", id="v1ProjectsList", response=MODELS["V1Projects"]),
)
"""Calls that are published as deprecated: a Palette serves them, and nobody here asks them."""
