"""Variants that show over HTTP only: what stands before the apps reads bodies, or says the same, as
lawfully as ours and otherwise.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from unicodedata import category, normalize
from zlib import crc32

import msgspec

from harness.reference.behaviour import Behaviour, Wrap
from harness.reference.changed_answers import (
    AGENT_PATHS,
    ApiRequest,
    ApiResponse,
    Change,
    Changed,
    ChangedRequests,
    Pairs,
    read_as,
    tell,
)
from harness.reference.planting import variant
from harness.reference.variants.palette import (
    DecidingNeedsToReadAsWell,
    TheConfirmationNeedsAGoodToken,
)
from harness.wire.http import Json
from harness.wire.model import WireModel

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def _changing(change: Change) -> Wrap:
    return lambda app: Changed(app, change)


def _as_it_is(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    return answer


# --- the same JSON, the same HTTP -------------------------------------------------------------
_MAPS = frozenset({"labels", "annotations", "details"})
"""Objects whose fields are data."""

_EXTRA: dict[str, Json] = {"kind": "resource", "x-links": [{"rel": "self", "href": "/"}], "x": None}


def with_more_fields(json: Json, name: str = "") -> Json:
    """With fields that nobody has asked for in each object, and its own in another order."""
    if isinstance(json, list):
        return [with_more_fields(item) for item in json]
    if not isinstance(json, dict) or name in _MAPS:
        return json
    own = {key: with_more_fields(json[key], key) for key in reversed(json)}
    return {**{key: value for key, value in _EXTRA.items() if key not in json}, **own}


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def with_other_times(json: Json) -> Json:
    """With each time in another form of RFC 3339, the same moment to the second at least."""
    if isinstance(json, list):
        return [with_other_times(item) for item in json]
    if isinstance(json, dict):
        return {key: with_other_times(value) for key, value in json.items()}
    return _other_time(json) if isinstance(json, str) and _TIME.fullmatch(json) else json


def _other_time(text: str) -> str:
    moment = datetime.fromisoformat(text)
    match crc32(text.encode()) % 3:
        case 0:
            return f"{text[:-1]}000Z"
        case 1 if moment.year < 9999:
            return moment.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="seconds")
        case _:
            return f"{text[:-4]}+00:00"


def other_success(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """Another of the codes of success; where only a message is said, nothing is said."""
    json = answer.json()
    if not 200 <= answer.status < 300 or asked.method == "GET" or asked.is_an_agents:
        return answer
    if isinstance(json, dict) and set(json) <= {"message"}:
        bare = tuple(h for h in answer.headers if h[0] != b"content-type")
        return replace(answer, status=204, headers=bare, body=b"")
    return replace(answer, status={200: 201, 201: 202}.get(answer.status, 200))


def another_servers(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """The same answer, as another server says it."""
    json = answer.json()
    if json is not None:
        text = msgspec.json.encode(with_other_times(with_more_fields(json)))
        answer = replace(answer, body=msgspec.json.format(text, indent=3))
    headers = dict(answer.headers)
    if b"content-type" in headers:
        headers[b"content-type"] = b'application/json; charset="utf-8"'
    more = {b"Cache-Control": b"no-store", b"Vary": b"Origin", b"X-Powered-By": b"something"}
    cased = {name.title(): value for name, value in headers.items()}
    return replace(answer, headers=tuple((cased | more).items()), piece=37)


def _dressed(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    return another_servers(asked, other_success(asked, answer))


variant(
    "another_servers_answers",
    "SND-4",
    "Answers have further fields in another order, other white space, times in other forms, other"
    " codes of success, other headers, and come in chunks.",
    Behaviour(wrap_palette=_changing(_dressed), wrap_local_ui=_changing(_dressed)),
)


# --- lists in pages ---------------------------------------------------------------------------
def by_cursor(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """Two items, and then fifty at a time; what brings the rest names the last that came."""
    json = answer.json()
    items = json.get("items") if isinstance(json, dict) else None
    if not isinstance(json, dict) or not isinstance(items, list) or answer.status != 200:
        return answer
    rest, cursor = items[::-1], asked.query.get("continue", "")
    while cursor and rest and _cursor_at(rest.pop(0)) != cursor:
        pass
    page = 50 if cursor else 2
    more = _cursor_at(rest[page - 1]) if len(rest) > page else ""
    return answer.with_json({**json, "items": rest[:page], "listmeta": {"continue": more}})


def _cursor_at(item: Json) -> str:
    return f"{crc32(msgspec.json.encode(item)):08x}"


variant(
    "lists_come_by_a_cursor",
    "ACC-3",
    "The lists of Palette have the last item first, two and then at most fifty at a time, and a"
    " cursor to the next.",
    Behaviour(wrap_palette=_changing(by_cursor)),
)


# --- the match --------------------------------------------------------------------------------
def without_reasons(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """That a selection does not match, and nothing of why."""
    json = answer.json()
    if not isinstance(json, dict) or json.get("valid") is not False:
        return answer
    return answer.with_json({**json, "packs": [], "problems": []})


variant(
    "no_match_has_no_reason",
    "ACC-7",
    "A selection that does not match is answered with just that, and no reason why.",
    Behaviour(wrap_palette=_changing(without_reasons)),
)

# --- refusals ---------------------------------------------------------------------------------
_REFUSING = (400, 403, 404, 409, 422, 500)


def other_status(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """A refusal with a status by where it was asked, a code of no known kind, and no details.

    What a look finds nothing for stays 404: that is the answer, and no refusal.
    """
    json = answer.json()
    missing = asked.method == "GET" and answer.status == 404
    kept = answer.status < 400 or answer.status == 429 or missing or asked.is_an_agents
    if kept or not isinstance(json, dict):
        return answer
    status = _REFUSING[crc32(f"{asked.method} {asked.path}".encode()) % len(_REFUSING)]
    body: dict[str, Json] = {"code": f"Err{status}", "message": json.get("message", "")}
    return replace(answer.with_json(body), status=status)


variant(
    "refusals_have_any_status",
    "PRE-1",
    "Refusals have the status 400, 403, 404, 409, 422 or 500, a code of their own and no details.",
    Behaviour(wrap_palette=_changing(other_status), wrap_local_ui=_changing(other_status)),
)

_BARE = (400, 401, 404)
_DEPRECATED = ("PATCH", "/v1/edge-mgmt/cluster")


def behind_a_proxy(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """What is left of an error once a proxy has answered: its status. Its hosts talk past it."""
    if (asked.method, asked.path) == _DEPRECATED:
        answer = replace(answer, status=404)
    if answer.status in _BARE and not asked.is_an_agents:
        kept = tuple(h for h in answer.headers if h[0] != b"content-type")
        answer = replace(answer, headers=kept, body=b"")
    return answer


variant(
    "behind_a_proxy_that_says_little",
    "ACC-13",
    "Refusals with 400, 401 or 404 have no body, and the deprecated patch is nowhere.",
    Behaviour(wrap_palette=_changing(behind_a_proxy), wrap_local_ui=_changing(behind_a_proxy)),
)

_COOKIES = ((b"set-cookie", b"state=Pairing; Path=/"), (b"set-cookie", b"env=local"))


def with_cookies(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """With cookies whose values are words of the procedure."""
    return replace(answer, headers=answer.headers + _COOKIES)


variant(
    "cookies_of_ordinary_words",
    "WDR-3",
    "Every answer sets cookies whose values are ordinary words of the procedure.",
    Behaviour(wrap_palette=_changing(with_cookies), wrap_local_ui=_changing(with_cookies)),
)


def like_a_stranger(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """All that stands between here and there, at once."""
    return with_cookies(asked, behind_a_proxy(asked, answer))


class Stranger(DecidingNeedsToReadAsWell, TheConfirmationNeedsAGoodToken):
    """Lawful choices of others, all at once."""


variant(
    "a_stranger_in_all_of_it",
    "SND-9",
    "It decides for who may read, asks for a good token at the confirmation, sets cookies of"
    " ordinary words, leaves refusals without a body, and has no deprecated patch.",
    Behaviour(
        make_central=Stranger,
        wrap_palette=_changing(like_a_stranger),
        wrap_local_ui=_changing(like_a_stranger),
    ),
)

# --- time and again ---------------------------------------------------------------------------
_SLOW_S = 0.4
_SLOW_EACH = 25
_LIMITED_EACH = 60


def _slow(app: ASGIApp) -> ASGIApp:
    """Every so many changes are done at once, and answered late."""
    asked_before = 0

    def pause_s(asked: ApiRequest) -> float:
        nonlocal asked_before
        if asked.method == "GET" or asked.is_an_agents:
            return 0.0
        asked_before += 1
        return 0.0 if asked_before % _SLOW_EACH else _SLOW_S

    return Changed(app, _as_it_is, pause_s)


variant(
    "answers_are_slow_at_times",
    "PRE-6",
    "Now and then something is done at once, and answered only after a while.",
    Behaviour(wrap_palette=_slow, wrap_local_ui=_slow, limits={"answer_s": 20.0}),
)


@dataclass(slots=True)
class RateLimitedApp:
    """An app that now and then asks people to come back at once; what they ask is not done."""

    app: ASGIApp
    asked_before: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        people = scope["type"] == "http" and scope["path"].startswith("/v1/")
        if people and not scope["path"].startswith(AGENT_PATHS):
            self.asked_before += 1
            if self.asked_before % _LIMITED_EACH == 0:
                await tell(_TOO_MANY, send)
                return
        await self.app(scope, receive, send)


_TOO_MANY = ApiResponse(
    429,
    ((b"content-type", b"application/json"), (b"retry-after", b"0")),
    b'{"code": "TooManyRequests", "message": "too many requests"}',
)

variant(
    "requests_are_limited_at_times",
    "ACC-3",
    "Now and then Palette answers 429, and says that one may come back at once.",
    Behaviour(wrap_palette=RateLimitedApp),
)


# --- what is read ---------------------------------------------------------------------------------
_REFUSED = ApiResponse(
    400,
    ((b"content-type", b"application/json"),),
    b'{"code": "InvalidInput", "message": "a key is not known, or stands there twice"}',
)


def _once(pairs: Pairs) -> Json:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


_PUBLISHED = {name for model in WireModel.known.values() for name in model.shape.fields}
_TABLES = ("labels", "annotations")
"""Objects whose fields are data."""


def _is_known(body: Json, name: str = "") -> bool:
    """Whether a body has no field besides those that some model has."""
    if isinstance(body, list):
        return all(map(_is_known, body))
    if not isinstance(body, dict) or name in _TABLES:
        return True
    return all(key in _PUBLISHED and _is_known(value, key) for key, value in body.items())


def as_published(asked: ApiRequest, body: bytes) -> bytes | ApiResponse:
    """A body only if it holds what is published, and each key once."""
    try:
        known = not body or _is_known(json.loads(body, object_pairs_hook=_once))
    except ValueError:
        known = False
    return body if known else _REFUSED


def _reads(name: str, concerns: str, says: str, wrap: Wrap) -> None:
    variant(name, concerns, says, Behaviour(wrap_palette=wrap, wrap_local_ui=wrap))


_reads(
    "only_what_is_published_is_read",
    "ACC-24",
    "A body with a field that is not published, or with a key that stands there twice, is refused.",
    lambda app: ChangedRequests(app, as_published),
)


def _in_any_case(pairs: Pairs) -> Json:
    """By the published key where one differs by its first letter alone; names of tags are data."""
    small = ((key, key[:1].lower() + key[1:], value) for key, value in pairs)
    return {(known if known in _PUBLISHED else key): value for key, known, value in small}


_reads(
    "keys_in_any_case",
    "ACC-24",
    "A key may begin with a capital letter, and of several that are alike the last one counts.",
    read_as(_in_any_case),
)
_reads(
    "the_first_of_two_keys_counts",
    "ACC-24",
    "Of a key that stands there twice, the first one counts.",
    read_as(lambda pairs: dict(reversed(pairs))),
)
_VALUES: dict[str, Json] = {"true": True, "false": False}


def _of_texts(pairs: Pairs) -> Json:
    flags = {"insecure", "isControlPlane", "useControlPlaneAsWorker", "ended", "isActive"}
    return {
        key: _VALUES.get(value, value) if key in flags and isinstance(value, str) else value
        for key, value in pairs
    }


_reads("texts_stand_for_flags", "SND-13", "A flag may be written as a text.", read_as(_of_texts))


def _composed(pairs: Pairs) -> Json:
    return {
        key: "".join(c for c in normalize("NFC", value) if category(c) != "Cf")
        if isinstance(value, str)
        else value
        for key, value in pairs
    }


_reads(
    "texts_are_composed",
    "ACC-24",
    "Texts are kept in composed letters, and without those that nobody sees.",
    read_as(_composed),
)


# --- what is written ------------------------------------------------------------------------------
_ZONE = timezone(timedelta(hours=5, minutes=30))


def _in_another_zone(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _in_another_zone(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_another_zone(inner) for inner in reversed(value)]
    if isinstance(value, str) and _TIME.fullmatch(value) and value < "9999":
        return datetime.fromisoformat(value).astimezone(_ZONE).isoformat(timespec="milliseconds")
    return value


def in_another_order(asked: ApiRequest, answer: ApiResponse) -> ApiResponse:
    """The same with its lists the other way round, and its times in another zone."""
    return answer.with_json(_in_another_zone(answer.json())) if answer.body else answer


variant(
    "lists_come_the_other_way_round",
    "ACC-3",
    "All lists of answers are the other way round, and times are told half past five ahead of UTC.",
    Behaviour(
        wrap_palette=lambda app: Changed(app, in_another_order),
        wrap_local_ui=lambda app: Changed(app, in_another_order),
    ),
)
