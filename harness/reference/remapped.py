"""An app of the reference that speaks another wire than the published one.

It stands before the app as a whole, planted defects included: what comes in is translated to the
published wire, and what goes out is translated back. Pages are left alone. A question about a
request that waits is held open, where that is how it is asked, and what no operation is asked by
is kept.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

import msgspec

from harness.domain.errors import Reason
from harness.domain.operations import PollPairing, Surface
from harness.domain.pairing import RequestState
from harness.reference.behaviour import Behaviour
from harness.reference.heard import HeardMessages, request_in_words
from harness.wire.codec.played import PlayedOperation, PlayedOperations, performing
from harness.wire.codec.server import STATUS_OF, error_body
from harness.wire.http import BODY_BYTES_MAX, Json, NotJson, parse_asked, parse_json
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY
from harness.wire.mapping import PLAIN, WireMap, translate
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.rooms import Rooms
from harness.wire.mapping.values import ours_of, theirs_of
from harness.wire.model import Malformed
from harness.wire.routes import ROUTES, Route, routes_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PUBLISHED = "/v1/"
_NAME = re.compile(r"\{([^{}]*)\}")
_REQUEST_ID = "x-request-id"
_LENGTH = "content-length"
_OF_THE_BODY = frozenset({_LENGTH, "content-type"})
_BODILESS = frozenset({204, 304})
_UNKNOWN_CALL = PLAIN.spoken(PollPairing)
_INVALID = Reason.INVALID_INPUT.value
_MALFORMED = STATUS_OF[Reason.INVALID_INPUT]
_LOOK_S = 0.05
"""How often a question that is held is looked at again."""
_OF_NOBODY = re.compile(r"(HEAD|OPTIONS) .*|GET /(favicon\.ico|robots\.txt|health|healthz|ping)?")
"""What browsers and load balancers ask of any server."""

Headers = Sequence[tuple[bytes, bytes]]
_Telling = Callable[["_Answer"], Awaitable[None]]


def suited_to(wire: WireMap, behaviour: Behaviour) -> Behaviour:
    """A behaviour whose sides say and expect what crosses between them by this wire."""
    central = behaviour.central
    return replace(
        behaviour,
        central=replace(
            central,
            host_secret_stays=wire.agents.secret_stays or central.host_secret_stays,
            ids_are_numbers=wire.numbers_requests or central.ids_are_numbers,
        ),
        edge=replace(behaviour.edge, keys_submissions=wire.has_submission_key),
    )


def speaking(
    app: ASGIApp, wire: WireMap, *surfaces: Surface, heard: HeardMessages | None = None
) -> ASGIApp:
    """The app behind this wire; the app itself where the wire is the published one.

    `heard` is told of each request and how it is answered, and of those that are none for an
    operation of these surfaces.
    """
    if wire.is_plain and heard is None:
        return app
    return Remapped(app, wire, surfaces, heard)


@dataclass(frozen=True, slots=True)
class _Place:
    """A path that is served, with the names in it, and the call that is made there: of an operation
    that takes these.
    """

    pattern: re.Pattern[str]
    names: Sequence[str]
    spoken: Spoken
    calls: Sequence[Spoken]

    @property
    def route(self) -> Route:
        return self.spoken.route

    @property
    def performs(self) -> bool:
        """Whether the operation is done at this call."""
        return performing(self.calls) is self.spoken


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Refused(Exception):
    """A request that never gets as far as the app."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class Remapped:
    """An app whose operations are asked and answered by a mapping."""

    def __init__(
        self,
        app: ASGIApp,
        wire: WireMap,
        surfaces: Iterable[Surface],
        heard: HeardMessages | None = None,
    ) -> None:
        self._app = app
        self._wire = wire
        self._crossed = heard
        self._places = [
            _Place(*_pattern(spoken.route.path), spoken, calls)
            for route in routes_of(wire.routes, *surfaces)
            for calls in [wire.calls(route.operation)]
            for spoken in calls
        ]
        self._played = PlayedOperations(partial(token_hex, 8))
        asked = ((message.split(" ", 1), status) for message, status in wire.agents.beside.items())
        self._released: object = None
        self._beside = [(method, _pattern(path)[0], status) for (method, path), status in asked]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], _raw_path(scope)
        here = [place for place in self._places if place.pattern.fullmatch(path)]
        wire = self._wire
        means = next((place for place in here if place.route.method == method), None)
        if means is None:
            for beside, pattern, status in self._beside:
                if beside == method and pattern.fullmatch(path):
                    await _send(_Answer(status, {}, b""), send)
                    return
            here = [] if wire.is_plain else here
        if not here and (wire.is_plain or not path.startswith(_PUBLISHED)):
            await self._app(scope, receive, self._noticing(scope, means, send))
            return
        headers = _headers_of(scope["headers"])
        asked: dict[str, Any] = {PATH: {}, QUERY: {}, HEADERS: headers, BODY: None}
        place: _Place | None = None
        try:
            await self._take_apart(scope, receive, asked)
            place = self._meant(scope, here, asked)
            operation = self._heard(scope, place, asked)
            inner = scope
            if place.performs:
                inner = _scope(scope, ROUTES[place.route.operation], operation.asked)
        except (_Refused, Malformed, KeyError) as error:
            refused = _refused_for(error)
            self._note(scope, "" if refused.status in (404, 405) else str(refused))
            answer = self._refusal(refused, asked, place)
            self._hear(scope, place or means, answer.status, {"code": refused.code})
            await _send(answer, send)
            return
        call_id = translate.call_id_of(asked[BODY])

        async def tell(answer: _Answer) -> None:
            if answer.status == _MALFORMED:
                self._note(scope, _message_of(answer))
            theirs = self._translated(answer, place, operation, call_id)
            self._hear(scope, place, theirs.status, operation.answer)
            await _send(theirs, send)

        if not place.performs:
            answer = self._in_turn(place, operation, call_id)
            self._hear(scope, place, answer.status)
            await _send(answer, send)
        elif place.route.operation is PollPairing and wire.agents.hold_s:
            await self._hold(inner, _encoded(operation.asked[BODY]), receive, tell)
        else:
            await self._ask(inner, _encoded(operation.asked[BODY]), tell)

    async def _ask(self, inner: Scope, body: bytes, tell: _Telling) -> None:
        """Ask the app, and tell its answer once it is whole."""
        start: Message = {}
        read = bytearray()

        async def take(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            read.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await tell(_Answer(start["status"], _headers_of(start["headers"]), bytes(read)))

        await self._app(inner, _once(body), take)

    async def _hold(self, inner: Scope, body: bytes, receive: Receive, tell: _Telling) -> None:
        """Tell the answer once it says more than that the request waits, or the time is over, or
        nobody is there any more.
        """
        now, released = asyncio.get_running_loop().time, self._released
        until = now() + self._wire.agents.hold_s
        answers: list[_Answer] = []

        async def keep(answer: _Answer) -> None:
            answers.append(answer)

        while True:
            await self._ask(inner, body, keep)
            answer, left_s = answers[-1], until - now()
            if left_s <= 0 or released is not self._released or not _says_it_waits(answer):
                await tell(answer)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(receive(), min(_LOOK_S, left_s))
                return

    def release(self) -> None:
        """Let all that is held be answered as it is now."""
        self._released = object()

    def _noticing(self, scope: Scope, means: _Place | None, send: Send) -> Send:
        """Takes note of what is answered, and of what the app has no place for."""
        if self._crossed is None:
            return send
        start: Message = {}
        read = bytearray()

        async def noticed(message: Message) -> None:
            start.update(message if message["type"] == "http.response.start" else {})
            read.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                status: int = start["status"]
                published: Json = None
                with suppress(NotJson):
                    published = parse_json(bytes(read)) if read else None
                self._hear(scope, means, status, published)
                if status in (404, 405):
                    self._note(scope)
            await send(message)

        return noticed

    def _hear(
        self, scope: Scope, place: _Place | None, status: int, published: Json = None
    ) -> None:
        """Keep a request, how it was answered, and what the published answer to it says."""
        if self._crossed is None or _is_of_nobody(scope):
            return
        kind = place.route.operation.__name__ if place else "unknown"
        asked = request_in_words(scope["method"], _raw_path(scope))
        self._crossed.note(f"{kind}, {asked}: {status} {_said_in(published)}".rstrip())

    def _note(self, scope: Scope, why: str = "") -> None:
        """Keep what was asked, and why it cannot be read if there is an operation there."""
        if self._crossed is None or _is_of_nobody(scope):
            return
        told = f"the edge sent {request_in_words(scope['method'], _raw_path(scope))} to Palette"
        if why:
            told += f", and it cannot be read ({why}): correct [paths] of the target file"
        else:
            told += (
                ", which no operation of the target file describes: say in [paths] which one it is,"
                " or in [agents.beside] how it is answered if it is none"
            )
        self._crossed.note_stray(told)

    async def _take_apart(self, scope: Scope, receive: Receive, asked: dict[str, Any]) -> None:
        """Read query and body of a request.

        Raises:
            _Refused: its body is too large, or is no JSON and no form.
        """
        body = await _read(receive)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked[QUERY] = dict(query)
        try:
            asked[BODY] = parse_asked(body, asked[HEADERS].get("content-type", ""))
        except NotJson as error:
            raise _Refused(400, _INVALID, f"body: it is no JSON ({error})") from error

    def _meant(self, scope: Scope, here: Sequence[_Place], asked: dict[str, Any]) -> _Place:
        """The call that a request is, which then has the parameters of its path.

        Raises:
            _Refused: it is none.
        """
        where = f"{scope['method']} {_raw_path(scope)}"
        if not here:
            raise _Refused(404, Reason.NOT_FOUND.value, f"{where}: not found")
        fitting = [place for place in here if place.route.method == scope["method"]]
        if not fitting:
            allowed = ", ".join(sorted({place.route.method for place in here}))
            told = f"{where}: method not allowed"
            raise _Refused(405, "MethodNotAllowed", told, {"allow": allowed})
        held = [place.spoken.own.held(asked) for place in fitting]
        if max(held) < 0:
            raise _Refused(404, Reason.NOT_FOUND.value, f"{where}: no such method")
        place = fitting[held.index(max(held))]
        found = place.pattern.fullmatch(_raw_path(scope))
        values = map(unquote, found.groups()) if found else ()
        asked[PATH] = dict(zip(place.names, values, strict=True))
        return place

    def _heard(self, scope: Scope, place: _Place, asked: Rooms) -> PlayedOperation:
        """The operation that a call belongs to, with what it says of it.

        Raises:
            _Refused: nobody was given what it names.
            Malformed: it cannot be read.
        """
        operation = self._played.find(asked, place.spoken)
        if operation is None:
            told = f"{scope['method']} {_raw_path(scope)}: nothing of it was begun"
            raise _Refused(404, Reason.NOT_FOUND.value, told)
        operation.hear(translate.ours_asked(asked, place.spoken, self._wire))
        return operation

    def _translated(
        self, answer: _Answer, place: _Place, operation: PlayedOperation, call_id: Json
    ) -> _Answer:
        """The app's answer to a call at which an operation is done."""
        headers = {n: v for n, v in answer.headers.items() if n not in _OF_THE_BODY}
        try:
            operation.answer = parse_json(answer.body) if answer.body else None
        except NotJson:
            return answer
        theirs = theirs_of(headers, self._wire.tables.headers)
        return self._answered(answer.status, place, operation, call_id, theirs)

    def _in_turn(self, place: _Place, operation: PlayedOperation, call_id: Json) -> _Answer:
        """The answer to a call at which nothing is done: that the operation is still under way, as
        somebody who asks again is told the first time, or what is to be told.
        """
        spoken = place.spoken
        if not spoken.said.repeat or spoken.name in operation.waited:
            return self._answered(200, place, operation, call_id)
        operation.waited.append(spoken.name)
        status, headers, body = translate.theirs_waiting(spoken, call_id)
        return _Answer(status, headers, _encoded(body))

    def _answered(
        self,
        status: int,
        place: _Place,
        operation: PlayedOperation,
        call_id: Json,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        given = partial(self._played.given, operation, place.spoken, place.calls)
        status, more, body = translate.theirs_answered(
            status, operation.answer, place.spoken, self._wire, call_id, given
        )
        return _Answer(status, {**(headers or {}), **more}, _encoded(body))

    def _refusal(self, refused: _Refused, asked: Rooms, place: _Place | None) -> _Answer:
        """A published error that no rule of the core stands behind, in the target's words."""
        ref = ours_of(asked[HEADERS], self._wire.tables.headers).get(_REQUEST_ID, "")
        body: Json = {**error_body(refused.code, str(refused), {}), "ref": ref}
        spoken = place.spoken if place else replace(_UNKNOWN_CALL, error=self._wire.tables.error)
        call_id = translate.call_id_of(asked[BODY])
        status, _, theirs = translate.theirs_answered(
            refused.status, body, spoken, self._wire, call_id
        )
        said = refused.headers | ({_REQUEST_ID: ref} if ref else {})
        return _Answer(status, theirs_of(said, self._wire.tables.headers), _encoded(theirs))


def _pattern(path: str) -> tuple[re.Pattern[str], Sequence[str]]:
    """What a path looks like, and the names in it; what it begins with may be a path as well."""
    first, *parts = _NAME.split(path)
    text = re.escape(first)
    for n, rest in enumerate(parts[1::2]):
        text += f"{'(/.+)' if n == 0 and not first else '([^/]+)'}{re.escape(rest)}"
    return re.compile(text), parts[::2]


def _refused_for(error: Exception) -> _Refused:
    """Why a request never gets as far as the app."""
    if isinstance(error, _Refused):
        return error
    missing = isinstance(error, KeyError)
    return _Refused(400, _INVALID, f"{error.args[0]}: it is missing" if missing else str(error))


def _is_of_nobody(scope: Scope) -> bool:
    return _OF_NOBODY.fullmatch(f"{scope['method']} {_raw_path(scope)}") is not None


def _says_it_waits(answer: _Answer) -> bool:
    """Whether a request waits for its decision, by the published answer to a question about it."""
    is_told = answer.status == ROUTES[PollPairing].status
    return is_told and _said_in(parse_json(answer.body)) == RequestState.PENDING.value


def _said_in(published: Json) -> str:
    """The state that a published answer tells, or the code of its error."""
    told = published if isinstance(published, dict) else {}
    status = told.get("status")
    return str(told.get("code") or (status.get("state", "") if isinstance(status, dict) else ""))


def _message_of(answer: _Answer) -> str:
    """What the published error says."""
    json = parse_json(answer.body)
    return str(json.get("message")) if isinstance(json, dict) else ""


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


def _headers_of(headers: Headers) -> dict[str, str]:
    """Headers by their lower-case names; the first of equal ones counts."""
    pairs = reversed(headers)
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


async def _read(receive: Receive) -> bytes:
    """The whole body of a request. Raises `_Refused` if it is larger than any of either API."""
    read = bytearray()
    while True:
        message = await receive()
        read += message.get("body", b"")
        if len(read) > BODY_BYTES_MAX:
            told = f"the body is larger than {BODY_BYTES_MAX} bytes; send less"
            raise _Refused(413, "RequestTooLarge", told, {"connection": "close"})
        if not message.get("more_body", False):
            return bytes(read)


def _scope(scope: Scope, route: Route, asked: Rooms) -> Scope:
    """The same request by the published wire.

    Raises:
        KeyError: a parameter of the path is missing.
    """
    raw = route.url_path(asked[PATH])
    kept = {name: value for name, value in asked[HEADERS].items() if name != _LENGTH}
    kept |= {_LENGTH: str(len(_encoded(asked[BODY])))} if asked[BODY] is not None else {}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.items()]
    return {
        **scope,
        "method": route.method,
        "path": unquote(raw),
        "raw_path": raw.encode("latin-1"),
        "query_string": urlencode(asked[QUERY]).encode("latin-1"),
        "headers": headers,
    }


def _encoded(json: Json) -> bytes:
    return b"" if json is None else msgspec.json.encode(json)


def _once(body: bytes) -> Receive:
    """Hands the body over as a whole."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _send(answer: _Answer, send: Send) -> None:
    headers = dict(answer.headers)
    if answer.body:
        headers = {"content-type": "application/json"} | headers
    if answer.status not in _BODILESS:
        headers[_LENGTH] = str(len(answer.body))
    pairs = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()]
    body = b"" if answer.status in _BODILESS else answer.body
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
