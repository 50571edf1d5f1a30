"""Planted defects that show on the wire only: what stands before an app does them, or a body that
is written otherwise than our codec writes it brings them out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
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
    answer_of,
    read_as,
    tell,
)
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.records import CentralCluster, LoginSession, PairingRequest, User
from harness.reference.planting import Memory, Wire, mutant, plant
from harness.wire.routes import ROUTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# --- Local UI ------------------------------------------------------------------------------------
_PAIR = "/v1/edge-mgmt/cluster/pair"


@dataclass
class _Before:
    """Stands before an app, and changes something."""

    app: ASGIApp


_before_local_ui = partial(mutant, made_of=lambda before: Behaviour(wrap_local_ui=before))
"""Declares the decorated class a mutant, with which every app of Local UI is wrapped."""


@_before_local_ui("SND-1")
class AddressIsLoggedIn(_Before):
    """A request without a session goes by the session that came from the same address before."""

    _sessions = Memory[dict[tuple[str, int], bytes]](dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        where = (scope["client"][0], scope["server"][1])
        if headers.get(b"authorization"):
            self._sessions[where] = headers[b"authorization"]
        elif where in self._sessions:
            headers[b"authorization"] = self._sessions[where]
        await self.app({**scope, "headers": list(headers.items())}, receive, send)


@_before_local_ui("WDR-3")
class DetailsAreCached(_Before):
    """The look at a pairing request is answered from a cache that a cancel does not empty."""

    _seen = Memory[dict[tuple[int, bytes], ApiResponse]](dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != f"{_PAIR}/details":
            await self.app(scope, receive, send)
            return
        key = (scope["server"][1], dict(scope["headers"]).get(b"authorization", b""))
        if key not in self._seen:
            answer = await answer_of(self.app, scope, receive)
            if answer.status != 200:
                await tell(answer, send)
                return
            self._seen[key] = answer
        await tell(self._seen[key], send)


def _echoed(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    error = answer.json()
    if asked.path != _PAIR or answer.status < 400 or not isinstance(error, dict):
        return answer
    return answer.with_json({**error, "details": {"body": asked.body.decode()}})


plant(
    "error_echoes_its_request",
    "PRE-4S",
    "An error echoes the body of its request, with the token in it.",
    Behaviour(wrap_local_ui=lambda app: Changed(app, _echoed)),
)


def _patched(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    refused = asked.method == "PATCH" and answer.status >= 400
    return replace(answer, status=202) if refused else answer


plant(
    "refused_patch_is_answered_202",
    "ACC-13",
    "A patch of a paired cluster is refused with the status of one that was taken.",
    Behaviour(wrap_local_ui=lambda app: Changed(app, _patched)),
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


def _ordered_in_part(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """The first hundred, where the list is asked for in an order."""
    json = answer.json()
    items = json.get("items") if isinstance(json, dict) else None
    listed = _asks(ops.ListPairingRequests, asked) and b'"sort"' in asked.body
    if not listed or not isinstance(json, dict) or not isinstance(items, list):
        return answer
    return answer.with_json({**json, "items": items[: 2 * _PAGE]})


plant(
    "what_is_ordered_ends_after_a_hundred",
    "ACC-3",
    "A list that is asked for in an order ends after a hundred requests.",
    Behaviour(wrap_palette=lambda app: Changed(app, _ordered_in_part)),
)


_THEN = " then "
"""What stands between two texts of one key, for a core that goes by both."""


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


@mutant("PRE-4", wrap_palette=read_as(_both))
class FirstTokenIsCheckedAndTheLastUsed(CentralCore):
    """Of a token that stands there twice, the first is checked, and the last admits."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        first, _, last = value.partition(_THEN)
        checked = super().usable_token(first, now)
        return next(self.store.find(RegistrationToken, "value", last), checked)


@mutant("ACC-7", wrap_palette=read_as(_both_in_any_case))
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


@mutant("ACC-24", wrap_palette=read_as(_noting_the_state))
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
