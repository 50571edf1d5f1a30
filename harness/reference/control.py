"""The control port: arranges what no user can. On loopback only, behind a secret of its own."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from harness import __version__
from harness.domain import arrangements
from harness.domain.errors import Reason, Refusal
from harness.reference.http_app import ReferenceApp, error, headers_of, json_of, respond
from harness.reference.sides import ArrangementError
from harness.wire import control
from harness.wire.codec import encode_refused
from harness.wire.http import Json, ServerReply
from harness.wire.model import Malformed

TITLE = "pairproof control port"

_WAITS = (arrangements.Restart, arrangements.SetLink)
"""What may wait: for a side to come up, or for messages that arrive now. All else is written, and
is not worth the way to a thread and back."""


class ControlledReference(Protocol):
    """What the control port reaches: both sides together."""

    def arrange(self, arrangement: arrangements.Arrangement) -> None:
        """Arrange something at the side that it concerns."""

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        """What has come of a fault; `None` where that cannot be told."""

    def inventory(self) -> arrangements.Inventory:
        """What a run may use."""

    def take_heard(self) -> arrangements.Heard:
        """What crossed to and from a side that is not played here, since last time."""

    def release(self) -> None:
        """Let every question that Palette holds be answered as it is now."""

    def know(self, pairing_uid: str) -> None:
        """Let Palette take it that the host of a request knows its id."""


def make_control_app(arranger: ControlledReference, secret: str) -> ReferenceApp:
    """The app. Every request needs `Authorization: Bearer <secret>`.

    `POST /control/<ArrangementClassName>` takes the arrangement's fields as JSON and answers
    204, or 409 when it cannot be arranged; below that, `/seen` answers what has come of it, as a
    `FaultEffect`, or 404. `GET /control/inventory` answers an `Inventory`. `DELETE /control/heard`
    answers what crossed between the sides since the last time, as a `Heard`, and `DELETE
    /control/held` has every question that is held open answered; `PUT /control/known/<pairingUid>`
    says that the host of a request was seen to know its id.

    Raises:
        ValueError: the secret is empty.
    """
    if not secret:
        raise ValueError("the control port needs a secret that is not empty")
    app = ReferenceApp(_describe)
    guarded = partial(_guarded, control.bearer(secret)["Authorization"])

    async def health(_: Request) -> Response:
        return _json({"status": "ok", "version": __version__})

    async def inventory(_: Request) -> Response:
        return _json(control.to_json(arranger.inventory()))

    async def heard(_: Request) -> Response:
        return _json(control.to_json(arranger.take_heard()))

    async def release(_: Request) -> Response:
        arranger.release()
        return Response(status_code=204)

    async def know(request: Request) -> Response:
        await anyio.to_thread.run_sync(arranger.know, request.path_params["pairing_uid"])
        return Response(status_code=204)

    async def arrange(request: Request) -> Response:
        name = request.path_params["arrangement"]
        try:
            arrangement = control.arrangement_from(name, json_of(await request.body()))
            if isinstance(arrangement, _WAITS):
                await anyio.to_thread.run_sync(arranger.arrange, arrangement)
            else:
                arranger.arrange(arrangement)
        except KeyError:
            known = ", ".join(sorted(arrangements.ARRANGEMENTS))
            message = f"there is no arrangement {name}; there are {known}"
            return error(request, 404, Reason.NOT_FOUND, message)
        except Malformed as malformed:
            message = f"{name}: {malformed}"
            return error(request, 400, Reason.INVALID_INPUT, message, field=malformed.field)
        except Refusal as refusal:
            return respond(request, encode_refused(refusal.refused))
        except ArrangementError as refused:
            return error(request, 409, Reason.CONFLICT, f"{name}: {refused}")
        return Response(status_code=204)

    async def seen(request: Request) -> Response:
        name = request.path_params["arrangement"]
        try:
            arrangement = control.arrangement_from(name, json_of(await request.body()))
        except (KeyError, Malformed) as malformed:
            return error(request, 400, Reason.INVALID_INPUT, f"{name}: {malformed}")
        effect = await anyio.to_thread.run_sync(arranger.seen, arrangement)
        if effect is None:
            return error(request, 404, Reason.NOT_FOUND, f"{name}: nobody can tell")
        return _json(control.to_json(effect))

    app.add_route(control.HEALTH_PATH, guarded(health))
    app.add_route(control.INVENTORY_PATH, guarded(inventory))
    app.add_route(control.HEARD_PATH, guarded(heard), methods=["DELETE"])
    app.add_route(control.HELD_PATH, guarded(release), methods=["DELETE"])
    app.add_route(f"{control.KNOWN_PATH}/{{pairing_uid}}", guarded(know), methods=["PUT"])
    app.add_route("/control/{arrangement}", guarded(arrange), methods=["POST"])
    app.add_route("/control/{arrangement}/seen", guarded(seen), methods=["POST"])
    return app


Handler = Callable[[Request], Any]


def _guarded(expected: str, handler: Handler) -> Handler:
    """The handler, reached with the secret only; comparing takes the same time always."""

    async def endpoint(request: Request) -> Response:
        given = headers_of(request).get("authorization", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            message = "the control port needs Authorization: Bearer and its secret"
            return error(request, 401, Reason.UNAUTHENTICATED, message)
        response: Response = await handler(request)
        return response

    return endpoint


def _json(json: Json) -> Response:
    return Response(ServerReply(200, json=json).body(), media_type="application/json")


def _describe() -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": TITLE, "version": __version__}, "paths": {}}
