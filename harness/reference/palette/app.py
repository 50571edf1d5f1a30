"""Palette's HTTP API over the central side: what people ask, and what edge hosts ask."""

from __future__ import annotations

from starlette.requests import Request

from harness.domain import operations as ops
from harness.reference.behaviour import PagesMaker
from harness.reference.http_app import ReferenceApp, add_operations
from harness.reference.openapi import describe
from harness.reference.pages.mount import mount
from harness.reference.palette.frame import CentralPort
from harness.reference.palette.pages import PalettePages
from harness.wire.routes import OLDER, ROUTES, routes_of

TITLE = "Palette, as far as pairing touches it"


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
        mount(app, (pages or PalettePages)(central))
    return app
