"""Local UI's HTTP API: one app for every edge host, each on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from harness.domain import operations as ops
from harness.reference.behaviour import PagesMaker
from harness.reference.http_app import ReferenceApp, add_operations
from harness.reference.local_ui.pages import EdgePort, LocalPages
from harness.reference.openapi import describe
from harness.reference.pages.mount import mount
from harness.wire.routes import ROUTES, routes_of

TITLE = "Local UI, as far as pairing touches it"

_AT_ONCE = frozenset(
    {
        ops.ViewCluster,
        ops.ViewStack,
        ops.ViewClusterSettings,
        ops.ViewManagement,
        ops.ViewPairing,
        ops.LogIn,
        ops.LogOut,
    }
)
"""What only reads, and who comes or goes, never calls Palette. All else may, and Palette may be
served by the same loop."""


def make_local_ui_app(
    edge: EdgePort, host_of_port: Mapping[int, str], pages: PagesMaker | None = None
) -> ReferenceApp:
    """The app. `host_of_port` says which host is asked by the port that a request came to.

    The mapping is read at each request, so it may be filled once the ports are known.
    """
    routes = routes_of(ROUTES, ops.Surface.LOCAL_UI)
    app = ReferenceApp(lambda: describe(TITLE, routes))

    def perform(
        request: Request, operation: ops.Operation, credentials: ops.Credentials
    ) -> ops.Reply:
        if not isinstance(operation, ops.LocalOperation):
            raise TypeError(f"Local UI is not asked {type(operation).__name__}")
        return edge.perform(host_of(request, host_of_port), operation, credentials)

    at_once = _AT_ONCE.__contains__
    add_operations(app, routes, perform, at_once=at_once, login=ops.ViewManagement())
    mount(app, (pages or LocalPages)(edge), lambda asked: host_of(asked, host_of_port))
    return app


def host_of(request: Request, host_of_port: Mapping[int, str]) -> str:
    """The host whose Local UI a request came to.

    Raises:
        KeyError: no host is served on this port.
    """
    return host_of_port[request.scope["server"][1]]
