"""Planted defects that show on the wire only: what stands before an app does them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from harness.domain import operations as ops
from harness.domain.pairing import RequestState
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.changed_answers import (
    ApiRequest,
    ApiResponse,
    Change,
    Changed,
    Pairs,
    read_as,
)
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.records import CentralCluster, LoginSession, PairingRequest, User
from harness.reference.planting import Memory, Wire, mutant, name_of, plant, sentence_of
from harness.wire.routes import ROUTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# --- Local UI ------------------------------------------------------------------------------------
_PAIR = "/v1/edge-mgmt/cluster/pair"


class _Before:
    """Stands before an app and lets everything through; a subclass changes something."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            await self.handle(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        await self.app(scope, receive, send)

    async def answered(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The start of the app's answer, and its whole body."""
        messages: list[Message] = []

        async def kept(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, kept)
        return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


def _before_local_ui(breaks: str) -> Callable[[type[_Before]], type[_Before]]:
    """Declare the decorated class a mutant, with which every app of Local UI is wrapped."""

    def declare(before: type[_Before]) -> type[_Before]:
        plant(name_of(before), breaks, sentence_of(before), Behaviour(wrap_local_ui=before))
        return before

    return declare


class PatchRefusalIsAccepted(_Before):
    """Answers a patch that is refused with the status of one that was taken."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await self.answered(scope, receive)
        if scope["method"] == "PATCH" and start["status"] >= 400:
            start["status"] = 202
        await _answer(send, start, body)


@_before_local_ui("SND-1")
class AddressIsLoggedIn(_Before):
    """A request without a session goes by the session that came from the same address before."""

    _sessions = Memory[dict[tuple[str, int], bytes]](dict)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        where = (scope["client"][0], scope["server"][1])
        if headers.get(b"authorization"):
            self._sessions[where] = headers[b"authorization"]
        elif where in self._sessions:
            headers[b"authorization"] = self._sessions[where]
        await self.app({**scope, "headers": list(headers.items())}, receive, send)


@_before_local_ui("PRE-4S")
class ErrorEchoesItsRequest(_Before):
    """An error echoes the body of its request, with the token in it."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = bytearray()

        async def kept() -> Message:
            message = await receive()
            read.extend(message.get("body", b""))
            return message

        start, body = await self.answered(scope, kept)
        if scope["path"] == _PAIR and start["status"] >= 400:
            body = json.dumps({**json.loads(body), "details": {"body": read.decode()}}).encode()
        await _answer(send, start, body)


@_before_local_ui("WDR-3")
class DetailsAreCached(_Before):
    """The look at a pairing request is answered from a cache that a cancel does not empty."""

    _seen = Memory["dict[tuple[int, bytes], tuple[Message, bytes]]"](dict)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != f"{_PAIR}/details":
            await self.app(scope, receive, send)
            return
        key = (scope["server"][1], dict(scope["headers"]).get(b"authorization", b""))
        if key not in self._seen:
            start, body = await self.answered(scope, receive)
            if start["status"] != 200:
                await _answer(send, start, body)
                return
            self._seen[key] = (start, body)
        await _answer(send, *self._seen[key])


async def _answer(send: Send, start: Message, body: bytes) -> None:
    """Send an answer with this start and this body."""
    headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    length = (b"content-length", str(len(body)).encode())
    await send({**start, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


plant(
    "refused_patch_is_answered_202",
    "ACC-13",
    "A patch of a paired cluster is refused with the status of one that was taken.",
    Behaviour(wrap_local_ui=PatchRefusalIsAccepted),
)


# --- Palette -------------------------------------------------------------------------------------
_REFUSED = range(400, 500)


def _asks(operation: type, asked: ApiRequest) -> bool:
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

    def change(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
        refused = answer.status in _REFUSED and _asks(operation, asked)
        return replace(answer, status=status) if refused else answer

    return Behaviour(wrap_palette=lambda app: Changed(app, change))


plant(
    "refused_reject_has_the_status_of_success",
    "REJ-6",
    "A reject that is refused is answered with 204, and without its error.",
    _always(ops.RejectPairingRequest, 204),
)


def _cached() -> Change:
    """The last list that anybody was shown, for those who may not see it."""
    shown: list[ApiResponse] = []

    def change(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
        if not _asks(ops.ListPairingRequests, asked):
            return answer
        if answer.status == 200:
            shown[:] = [answer]
        return shown[0] if shown and answer.status in _REFUSED else answer

    return change


plant(
    "list_is_cached_for_everybody",
    "ACC-1",
    "A cache before Palette shows the list to whoever asks once somebody was let in to see it.",
    Behaviour(wrap_palette=lambda app: Changed(app, _cached())),
)


# --- the list, in pages --------------------------------------------------------------------------
_PAGE = 50


def _ordered_anew(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """A page of the list by name, in which requests of one name stand now so, now otherwise."""
    json = answer.json()
    items = json.get("items") if isinstance(json, dict) else None
    listed = _asks(ops.ListPairingRequests, asked) and answer.status == 200
    if not listed or not isinstance(json, dict) or not isinstance(items, list):
        return answer
    first = int(asked.query.get("continue", "0"))
    anew = items[::-1] if first % (2 * _PAGE) else items
    ordered = sorted(anew, key=lambda item: str(item["name"]) if isinstance(item, dict) else "")
    more = str(first + _PAGE) if len(items) > first + _PAGE else ""
    page = ordered[first : first + _PAGE]
    return answer.with_json({**json, "items": page, "listmeta": {"continue": more}})


plant(
    "each_page_is_ordered_anew",
    "ACC-3",
    "The list comes in pages by name, and which of several requests of one name comes first is"
    " another thing on each page.",
    Behaviour(wrap_palette=lambda app: Changed(app, _ordered_anew)),
)


_THEN = " then "
"""What stands between two texts of one key, for a core that goes by both."""


def _palette(breaks: str, read: Callable[[Pairs], Any]) -> Callable[[type], type]:
    """Declare the decorated core a mutant that gets bodies which are read so."""

    def declare(core: type) -> type:
        behaviour = Behaviour(make_central=core, wrap_palette=read_as(read))
        plant(name_of(core), breaks, sentence_of(core), behaviour)
        return core

    return declare


# --- keys that stand there twice ------------------------------------------------------------------
def _both(pairs: Pairs) -> dict[str, Any]:
    """The first and the last text of a key that stands there twice."""
    read: dict[str, Any] = {}
    for key, value in pairs:
        differs = isinstance(value, str) and read.get(key, value) != value
        read[key] = f"{read[key]}{_THEN}{value}" if differs else value
    return read


def _both_in_any_case(pairs: Pairs) -> dict[str, Any]:
    """What stands under a key as it is published, and then under one with a capital."""
    own = {key: value for key, value in pairs if not key[:1].isupper()}
    usual = {key.lower(): key for key in own}
    others = [(usual.get(k.lower(), k), value) for k, value in pairs if k[:1].isupper()]
    return _both([*own.items(), *others])


@_palette("PRE-4", _both)
class FirstTokenIsCheckedAndTheLastUsed(CentralCore):
    """Of a token that stands there twice, the first is checked, and the last admits."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        first, _, last = value.partition(_THEN)
        checked = super().usable_token(first, now)
        return next(self.store.find(RegistrationToken, "value", last), checked)


@_palette("ACC-7", _both_in_any_case)
class ProfileInAnotherCaseIsNotMatched(CentralCore):
    """The profile under the key as published is matched, and that under a capital one pairs."""

    def require_match(self, request: PairingRequest, selection: ops.Selected) -> None:
        super().require_match(request, self._each(selection, 0))

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: ops.AcceptPairingRequest
    ) -> CentralCluster:
        last = replace(operation, selection=self._each(operation.selection, -1))
        return super().accepted_cluster(uid, request, last)

    def _each(self, selection: ops.Selected, which: int) -> ops.Selected:
        return tuple(replace(one, uid=one.uid.split(_THEN)[which]) for one in selection)


def _added_up(pairs: Pairs) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        more = isinstance(value, list) and key in read
        read[key] = read[key] + value if more else value
    return read


plant(
    "lists_of_a_key_are_added_up",
    "ACC-24",
    "Of a key that stands there twice, both lists are taken together.",
    Behaviour(wrap_palette=read_as(_added_up)),
)


# --- what is left out, and what nobody has asked for ----------------------------------------------
def _written_out(pairs: Pairs) -> dict[str, Any]:
    return {key: "None" if (key, value) == ("registryUid", None) else value for key, value in pairs}


plant(
    "null_is_a_text",
    "ACC-24",
    "A registry that is null is one of that name, and no registry is another.",
    Behaviour(wrap_palette=read_as(_written_out)),
)


def _noting_the_state(pairs: Pairs) -> dict[str, Any]:
    read: dict[str, Any] = dict(pairs)
    if "status" in read and isinstance(read.get("spec"), dict):
        read["spec"]["stylusAgentVersion"] = _THEN
    return read


@_palette("ACC-24", _noting_the_state)
class StatusOfASubmissionIsBelieved(CentralCore):
    """A submission that brings its own status along is in the state that it says."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        made = super().submit(operation, call)
        request = self.store.get(PairingRequest, made.pairing_uid)
        if request is not None and operation.agent_version == _THEN:
            self.store.put(replace(request, state=RequestState.PAIRED))
        return made


# --- order, tags, times ---------------------------------------------------------------------------
@mutant("ACC-24", wire=Wire.HTTP)
class FirstProfileIsTheInfraProfile(CentralCore):
    """Of a stack, the first profile is taken for its infra or full one; another is overlooked."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        stack = operation.cluster.stack
        kept = tuple(p for p in stack if p is stack[0] or not p.type.is_base)
        return super().submit(
            replace(operation, cluster=replace(operation.cluster, stack=kept)), call
        )


def _by_tag(pairs: Pairs) -> dict[str, Any]:
    read = dict(pairs)
    return {**read, "version": read["tag"]} if "layer" in read and read.get("tag") else read


plant(
    "tag_is_taken_for_the_version",
    "ACC-7",
    "A pack that has a tag is matched by that, whatever its version is.",
    Behaviour(wrap_palette=read_as(_by_tag)),
)


_OFFSET = re.compile(r"(?<=T)(\d\d:\d\d:\d\d(?:\.\d+)?)[+-]\d\d:\d\d")


def _without_offsets(pairs: Pairs) -> dict[str, Any]:
    return {k: _OFFSET.sub(r"\1Z", v) if isinstance(v, str) else v for k, v in pairs}


plant(
    "offset_of_a_time_is_dropped",
    "PRE-4",
    "The offset of a time is not read: what stands before it is taken for UTC.",
    Behaviour(wrap_palette=read_as(_without_offsets)),
)


# --- what hosts read ------------------------------------------------------------------------------
_STATE = re.compile(rb'"state"\s*:\s*"(\w+)"')


def _first_state(body: bytes) -> bytes:
    """An answer as whoever reads it that looks for the first state in it."""
    found = _STATE.findall(body)
    return _STATE.sub(b'"state":"%b"' % found[0], body) if found else body


plant(
    "first_state_in_an_answer_counts",
    "INV-9",
    "A host goes by the first state that stands in an answer, whatever it is the state of.",
    Behaviour(hears=_first_state),
)


# --- who looks like somebody else -----------------------------------------------------------------
@mutant("PRE-8")
class LoginIsOfWhoLooksAlike(CentralCore):
    """A login is that of the first user whose address looks like the one that was entered."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        looks = _looks(operation.email)
        alike = (user for user in self.store.every(User) if _looks(user.email) == looks)
        login = self.store.get(LoginSession, session.token)
        if login is not None:
            self.store.put(replace(login, subject=next(alike).email))
        return session


def _looks(email: str) -> str:
    return normalize("NFKC", email).casefold()
