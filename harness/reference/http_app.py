"""What the HTTP shells of both sides share: routes from the table, limits, published errors.

A shell only translates. It takes a request apart, hands the operation to its side, and words
the reply; every rule is the core's, and the codec reads and writes bodies. So a framework that
reads requests and describes itself besides would do nothing here but cost half a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.routing import Route as ServedRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.wire import codec
from harness.wire.codec.server import error_body
from harness.wire.http import BODY_BYTES_MAX, Json, NotJson, ServerReply, parse_json
from harness.wire.routes import Route

REQUEST_ID = "x-request-id"
"""The correlation id of a request, echoed in the answer and in the `ref` of an error."""

OPENAPI_PATH = "/v1/openapi.json"
T = TypeVar("T")

Perform = Callable[[Request, ops.Operation, ops.Credentials], ops.Reply]
"""Carries out one operation at the side that a request reached."""


class ReferenceApp(Starlette):
    """An app with the settings of both shells, and a description of its own, which is made once."""

    def __init__(self, description: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self.router.redirect_slashes = False
        self.add_middleware(Envelope)
        self.add_exception_handler(HTTPException, _http_error)
        self.add_exception_handler(BodyTooLarge, _too_large)
        self.add_exception_handler(Exception, _defect)
        described = cache(description)

        async def openapi(_: Request) -> Response:
            return JSONResponse(described())

        self.add_route(OPENAPI_PATH, openapi)


class BodyTooLarge(Exception):
    """A request's body is larger than any of either API."""


class Envelope:
    """Echoes the correlation id and stops reading a body that is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        echo = [pair for pair in scope["headers"] if pair[0] == REQUEST_ID.encode()][:1]
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > BODY_BYTES_MAX:
                raise BodyTooLarge
            return message

        async def echoed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *echo]
            await send(message)

        with suppress(ClientDisconnect):  # nobody is there any more whom one could tell anything
            await self._app(scope, counted, echoed)


def add_operations(
    app: Starlette,
    routes: Iterable[Route],
    perform: Perform,
    *,
    at_once: Callable[[type[ops.Operation]], bool],
    login: ops.Operation,
) -> None:
    """Serve every route by its operation.

    Who sends a body that cannot be read is told so after they have logged in: `login` is asked
    in its place, which fails whoever has not.

    An operation that is done `at_once` waits for nobody and runs on the event loop, which
    saves the way to a thread and back.
    """
    threads = AppThreads()
    for route in routes:
        own = None if at_once(route.operation) else threads
        app.add_route(route.path, _endpoint(route, perform, own, login), methods=[route.method])


class AppThreads:
    """Threads of one app, so that what waits for the other side does not take the threads that it
    needs. The limiter is made on the event loop that uses it.
    """

    COUNT = 64

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Do it in a thread."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self.COUNT)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def _endpoint(
    route: Route, perform: Perform, threads: AppThreads | None, login: ops.Operation
) -> Callable[[Request], Any]:
    needs_login = issubclass(route.operation, ops.LocalOperation | ops.CentralOperation)
    is_login = issubclass(route.operation, ops.LogIn | ops.LogInToPalette)

    async def endpoint(request: Request) -> Response:
        headers = headers_of(request)
        credentials = codec.credentials_from(headers)
        if needs_login and not credentials.session and not credentials.api_key:
            session = request.cookies.get(_cookie(request), "")
            credentials = replace(credentials, session=session)
        try:
            json = json_of(await request.body())
            operation = codec.operation_from(
                route, request.path_params, request.query_params, json, headers
            )
        except Refusal as refusal:
            refused = refusal.refused
            if needs_login and not is_login:
                first = perform(request, login, credentials)
                refused = first if isinstance(first, Refused) else refused
            return respond(request, codec.encode_refused(refused))
        if threads is None:
            reply = perform(request, operation, credentials)
        else:
            reply = await threads.run(lambda: perform(request, operation, credentials))
        response = respond(request, codec.encode_reply(operation, codec.refine(json, reply)))
        wanted = is_login and request.query_params.get("setCookie", "true") == "true"
        if wanted and isinstance(reply, ops.Done) and isinstance(reply.value, ops.Session):
            secure = request.url.scheme == "https"
            response.set_cookie(
                _cookie(request), reply.value.token, secure=secure, httponly=True, samesite="strict"
            )
        return response

    return endpoint


def _cookie(request: Request) -> str:
    """The cookie that a login sets. Cookies do not mind the port, so it is part of the name."""
    return f"Authorization-{request.scope['server'][1]}"


def headers_of(request: Request) -> Mapping[str, str]:
    """The headers of a request by their lower-case names; the first of equal ones counts."""
    pairs = reversed(request.scope["headers"])
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}


def json_of(body: bytes) -> Json:
    """The JSON of a request's body, `None` for an empty one. Raises `Refusal` if it is no JSON."""
    if not body:
        return None
    try:
        return parse_json(body)
    except NotJson as error:
        raise Refusal(
            Reason.INVALID_INPUT, f"body: it is no JSON ({error})", field="body"
        ) from error


def respond(request: Request, reply: ServerReply) -> Response:
    """The reply as a response; an error refers to the request by its correlation id."""
    json = reply.json
    if reply.status >= 400 and isinstance(json, dict) and "ref" in json:
        ref = request.headers.get(REQUEST_ID, "")
        reply = ServerReply(reply.status, reply.headers, {**json, "ref": ref})
    media_type = None if reply.json is None else "application/json"
    return Response(reply.body(), reply.status, dict(reply.headers), media_type)


def error(request: Request, status: int, code: str, message: str, **details: Json) -> Response:
    """A published error that no rule of the core stands behind."""
    return respond(request, ServerReply(status, json=error_body(code, message, details)))


_CODES = {404: Reason.NOT_FOUND.value, 405: "MethodNotAllowed"}


async def _http_error(request: Request, exception: Exception) -> Response:
    """What the framework refuses by itself: no such path, or not by this method."""
    if not isinstance(exception, HTTPException):
        raise exception
    where = f"{request.method} {request.url.path}"
    code = _CODES.get(exception.status_code, Reason.INVALID_INPUT.value)
    message = f"{where}: {exception.detail}".lower().replace(where.lower(), where)
    response = error(request, exception.status_code, code, message)
    response.headers.update(exception.headers or {})
    if exception.status_code == 405 and request.method == "OPTIONS":
        response = Response(status_code=204)
    if exception.status_code == 405:
        response.headers["Allow"] = ", ".join(_methods_at(request))
    return response


def _methods_at(request: Request) -> list[str]:
    """Every method of the path that was met; the framework names those of one route only."""
    routes = [r for r in request.app.routes if isinstance(r, ServedRoute)]
    met = next((r.path for r in routes if r.matches(request.scope)[0] is not Match.NONE), "")
    methods = {method for r in routes if r.path == met for method in r.methods or ()}
    return sorted(methods | {"OPTIONS"})


async def _too_large(request: Request, _: Exception) -> Response:
    message = f"the body is larger than {BODY_BYTES_MAX} bytes; send less"
    response = error(request, 413, "RequestTooLarge", message)
    response.headers["Connection"] = "close"
    return response


async def _defect(request: Request, _: Exception) -> Response:
    """A defect of ours. The server logs it; the caller learns no more than that."""
    response = error(request, 500, Reason.INTERNAL.value, "an internal error, which was logged")
    if REQUEST_ID in request.headers:
        response.headers[REQUEST_ID] = request.headers[REQUEST_ID]
    return response
