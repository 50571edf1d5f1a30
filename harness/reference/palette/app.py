"""Palette's HTTP API over the central side: what people ask, and what edge hosts ask."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request

from harness.domain import operations as ops
from harness.reference.behaviour import PagesMaker
from harness.reference.http_app import ReferenceApp, add_operations
from harness.reference.openapi import describe
from harness.reference.palette.pages import PalettePages, mount_pages
from harness.wire.routes import OLDER, ROUTES, routes_of

TITLE = "Palette, as far as pairing touches it"


class CentralPort(Protocol):
    """What the shell asks of the central side."""

    def perform(
        self, operation: ops.PaletteOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        """Carry out one operation."""


def make_palette_app(
    central: CentralPort, *, people: bool = True, pages: PagesMaker | None = None
) -> ReferenceApp:
    """The app. It waits for nobody, so that every operation runs on the event loop.

    Without `people` it has what edge hosts ask for, and nothing else. It may have other `pages`.
    """
    surfaces = (ops.Surface.PALETTE, ops.Surface.AGENT) if people else (ops.Surface.AGENT,)
    routes = (*routes_of(ROUTES, *surfaces), *(OLDER if people else ()))
    app = ReferenceApp(lambda: describe(TITLE, routes))

    def perform(_: Request, operation: ops.Operation, credentials: ops.Credentials) -> ops.Reply:
        if not isinstance(operation, ops.PaletteOperation):
            raise TypeError(f"Palette is not asked {type(operation).__name__}")
        return central.perform(operation, credentials)

    add_operations(app, routes, perform, at_once=lambda _: True, login=ops.ListProjects())
    if people:
        mount_pages(app, central, pages or PalettePages)
    return app
