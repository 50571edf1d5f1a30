"""Variants that read bodies, or write them, as lawfully as ours and otherwise."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from unicodedata import category, normalize

from harness.reference.behaviour import Behaviour, Wrap
from harness.reference.changed_answers import (
    ApiRequest,
    ApiResponse,
    Changed,
    ChangedRequests,
    Pairs,
    read_as,
)
from harness.reference.planting import variant
from harness.wire.http import Json
from harness.wire.model import WireModel

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


_PUBLISHED = {name for model in WireModel.known.values() for name in model.field_names()}
_MAPS = ("labels", "annotations")
"""Objects whose fields are data."""


def _is_known(body: Json, name: str = "") -> bool:
    """Whether a body has no field besides those that some model has."""
    if isinstance(body, list):
        return all(map(_is_known, body))
    if not isinstance(body, dict) or name in _MAPS:
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


_reads(
    "texts_stand_for_flags",
    "SND-13",
    "A flag may be written as a text.",
    read_as(_of_texts),
)


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
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
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
