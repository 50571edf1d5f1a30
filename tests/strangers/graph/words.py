"""The words of the schema, and what can be planted."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

Json: TypeAlias = dict[str, Any]

PENDING, ACCEPTED, PAIRED = "PENDING_REVIEW", "HANDING_OVER", "PAIRED"
DECLINED, WITHDRAWN, FAILED = "DECLINED", "WITHDRAWN", "HANDOVER_FAILED"
LAYERS: Final = {
    **{"kernel": "KERNEL", "os": "OPERATING_SYSTEM", "k8s": "KUBERNETES"},
    **{"cni": "NETWORK", "csi": "STORAGE", "addon": "ADD_ON"},
}
KINDS: Final = {
    **{"cluster": "FULL", "infra": "INFRASTRUCTURE"},
    **{"add-on": "ADD_ON_PROFILE", "system": "SYSTEM"},
}
SITE_STATES: Final = {
    **{"Provisioning": "PROVISIONING", "Running": "RUNNING"},
    **{"Deleting": "DELETING", "Error": "IN_ERROR"},
}
HEALTH: Final = {"Healthy": "HEALTHY", "Unhealthy": "UNHEALTHY"}

DEFECTS: Final = {
    # of the plane
    "ids-cut-short": "an id is decoded as far as it goes, and finds what begins with that",
    "user-errors-though-done": "a declined request is answered with a user error",
    "cursor-skips-one": "a page begins one too late after its cursor",
    "loader-keeps-profiles": "the latest version of a profile is loaded once, and kept",
    "versions-by-text": "the latest version is the one that comes last in the alphabet",
    "root-checks-alone": "the root field minds the project, and what is found may be of another",
    "half-a-mutation": "name and tags are saved before the profiles are validated",
    "null-for-forbidden": "who may not do something is answered null, without an error",
    # of the hosts
    "user-errors-unread": "only `errors` are looked at, never those in the payload",
    "enum-falls-back": "a state that the agent's enum lacks, as DECLINED, is taken for the first",
    "poll-stops": "nobody asks any more after three questions without an answer",
    "bearer-outlives-sign-out": "a session that was signed out of is good until its end",
}
HABITS: Final = {
    "extensions-everywhere": "each answer has `extensions` with what it cost",
    "errors-say-where": "errors have `locations`, more `extensions`, and null for the root field",
    "keys-go-down": "keys are in the opposite order",
    "typenames-everywhere": "each object has its `__typename` unasked, and a field of tomorrow",
    "no-empty-user-errors": "`userErrors` are left out where there are none",
    "statuses-of-http": "what is in `errors` has the status 400, 401, 403, 404 or 429",
    "cursors-change": "the same place has another cursor each time",
    "pages-of-two": "a page has no more than two, whatever is asked for",
}


class Refusal(Exception):
    """A refusal: of a query in `errors`, of a mutation in its payload's `userErrors`."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.path = code, message, path


class DocumentError(Refusal):
    """What never comes to a resolver: always in the `errors` of the answer."""


@dataclass
class Clock:
    """The clock of a side; a lab may put it forward, in microseconds."""

    ahead: int = 0

    def now(self) -> int:
        return time.time_ns() // 1000 + self.ahead


@dataclass
class Sessions:
    """Who has logged in, by bearer token, and until when."""

    clock: Clock
    held: dict[str, tuple[str, int]] = field(default_factory=dict)

    def begin(self, who: str, seconds: int) -> Json:
        token, end = secrets.token_urlsafe(24), self.clock.now() + seconds * 1_000_000
        self.held[token] = (who, end)
        return {"accessToken": token, "expiresAt": iso(end)}

    def who(self, token: str) -> str | None:
        """Whose session this is, unless it is over."""
        who, end = self.held.get(token, ("", 0))
        return who if end > self.clock.now() else None


def global_id(kind: str, of: str = "") -> str:
    """An opaque id as of Relay; a fresh one where nothing is said."""
    return base64.b64encode(f"{kind}:{of or secrets.token_hex(8)}".encode()).decode()


def iso(moment: int | None) -> str | None:
    """A DateTime scalar."""
    if moment is None:
        return None
    whole = datetime.fromtimestamp(moment // 1_000_000, UTC).replace(microsecond=moment % 1_000_000)
    return whole.isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_iso(holder: Json, name: str) -> int | None:
    """The moment that a DateTime scalar means."""
    if holder.get(name) is None:
        return None
    try:
        parsed = datetime.fromisoformat(holder[name])
        return (parsed - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    except (TypeError, ValueError) as error:  # without a zone as well
        raise Refusal("BAD_USER_INPUT", f"{name} is no DateTime", name) from error


def text_of(holder: Json, name: str, *, needed: bool = True) -> str:
    """A String or ID of an input object."""
    value = holder.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise Refusal("BAD_USER_INPUT", f"{name} must be a text", name)
    return value


def flag_of(holder: Json, name: str) -> bool:
    """A Boolean of an input object; false where nothing is said."""
    value = holder.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal("BAD_USER_INPUT", f"{name} must be true or false", name)
    return bool(value)


def list_of(holder: Json, name: str, kind: type = dict) -> list[Any]:
    """A list of input objects, or of what is said."""
    value = holder.get(name)
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise Refusal("BAD_USER_INPUT", f"{name} must be a list", name)
    return value


def enum_of(holder: Json, name: str, words: dict[str, str]) -> str:
    value = text_of(holder, name)
    if value not in words.values():
        raise Refusal("BAD_USER_INPUT", f"there is no {name} {value}", name)
    return value


def tags_of(holder: Json) -> dict[str, str] | None:
    """`tags: [{key, value}]`; None where nothing is said."""
    if holder.get("tags") is None:
        return None
    given = list_of(holder, "tags")
    return {text_of(one, "key"): text_of(one, "value", needed=False) for one in given}


def tag_fields(tags: dict[str, str]) -> Json:
    return {"tags": [{"key": key, "value": tags[key]} for key in sorted(tags)]}


def cursor(number: int, plants: frozenset[str]) -> str:
    """Where a page ends."""
    salt = f":{secrets.token_hex(4)}" if "cursors-change" in plants else ""
    return base64.b64encode(f"after:{number}{salt}".encode()).decode()


def from_cursor(args: Json) -> int:
    """The number after which a page begins."""
    after = text_of(args, "after", needed=False)
    try:
        return int(base64.b64decode(after, validate=True).split(b":")[1]) if after else -1
    except (ValueError, IndexError) as error:
        raise Refusal("BAD_USER_INPUT", "after is no cursor of this list", "after") from error


def connection(rows: list[tuple[int, Json]], args: Json, plants: frozenset[str]) -> Json:
    """A Relay connection of numbered rows: `first` of them `after` a cursor."""
    first = args.get("first", 50)
    if isinstance(first, bool) or not isinstance(first, int) or not 1 <= first <= 100:
        raise Refusal("BAD_USER_INPUT", "first must be a number from 1 to 100", "first")
    first = min(first, 2) if "pages-of-two" in plants else first
    after = from_cursor(args)
    rest = [row for row in rows if row[0] > after]
    if after >= 0 and "cursor-skips-one" in plants:
        rest = rest[1:]
    page = rest[:first]
    return {
        "totalCount": len(rows),
        "edges": [{"cursor": cursor(number, plants), "node": node} for number, node in page],
        "pageInfo": {
            "hasNextPage": len(rest) > first,
            "endCursor": cursor(page[-1][0], plants) if page else None,
        },
    }


def pack_of(given: Json) -> Json:
    """A pack as it is kept and told."""
    told = {name: text_of(given, name, needed=False) for name in ("version", "registry", "values")}
    return {"layer": enum_of(given, "layer", LAYERS), "name": text_of(given, "name"), **told}


def profile_of(given: Json) -> Json:
    """A profile of a site's stack as it is kept and told."""
    return {
        "name": text_of(given, "name"),
        "kind": enum_of(given, "kind", KINDS),
        "version": text_of(given, "version"),
        "originId": text_of(given, "originId", needed=False),
        "packs": [pack_of(one) for one in list_of(given, "packs")],
    }
