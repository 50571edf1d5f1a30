"""The keys of a target file, declared once: the parser, the JSON Schema and the page go by it.

`harness/targets/schemas/target-1.schema.json` is `schema_text()`, and the table in
`docs/target-file.md` is `to_markdown()`; a test says when one of them is stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from harness.catalogue.features import FEATURES
from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import Role
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import Surface
from harness.history.operation import Json
from harness.targets.key_kinds import Key, Kind, address, named, table_of, variable
from harness.wire.routes import ROUTES, routes_of

SCHEMA = "pairproof/target/1"
"""What a target file of this version says of itself."""


_IMPLEMENTATION = {
    "name": named("what the implementation is called"),
    "version": Key("its version"),
    "organization": Key("who makes it"),
    "url": Key("where one reads about it"),
    "contact": Key("whom one asks about it"),
}
_CONTROL = {
    "url": address("where the control port answers"),
    "secret_env": variable("the variable that holds its secret"),
}
_OWN_CONTROL = Key(
    "a control port for this side alone, in place of `control`", Kind.TABLE, table=_CONTROL
)
_HOST = {
    "uid": named("the host's uid, as the target knows it"),
    "url": address("where its Local UI answers; each host has an address of its own"),
}
_PLACE = {
    "slot": named("what this place for a cluster is called"),
    "hosts": Key(
        "the edge hosts that a cluster there can span, the first control plane host first",
        Kind.TABLES,
        required=True,
        table=_HOST,
    ),
}
_LOGIN = {
    "username_env": variable("the variable that holds the user's name"),
    "password_env": variable("the variable that holds the password"),
}
_EDGE = {
    "login": table_of(
        "a user of the hosts' operating system, who may log in to each Local UI",
        _LOGIN,
        required=True,
    ),
    "clusters": Key(
        "the places for clusters; a scenario leases one to three at a time",
        Kind.TABLES,
        required=True,
        table=_PLACE,
    ),
    "control": _OWN_CONTROL,
}
_FORMS = {form.value: Key(f"the endpoint in the form `{form.value}`") for form in EndpointForm}
_CENTRAL = {
    "url": address("where Palette's API answers the harness"),
    "endpoint": Key(
        "the Palette endpoint that an operator enters in Local UI", default="`central.url`"
    ),
    "endpoint_forms": table_of("other forms of the endpoint, usable or not (PRE-6, SND-8)", _FORMS),
    "control": _OWN_CONTROL,
}
_TLS = {
    "ca_file": named(
        "the certificates to trust, in PEM; a relative path starts at the file's folder",
        required=False,
    ),
    "insecure": Key("trust any certificate", Kind.FLAG, default="false"),
}
_LIMITS = {
    limit.name: Key(
        limit.meaning, Kind.SECONDS, maximum=limit.maximum_s, default=f"{limit.default_s:g}"
    )
    for limit in limit_kinds()
}
_TIMEOUTS = {
    "connect_s": Key("a connection has to stand by then", Kind.SECONDS, maximum=60, default="5"),
    "check_s": Key(
        "how long the check before the first operation waits for an answer",
        Kind.SECONDS,
        maximum=60,
        default="5",
    ),
}
_RATE_LIMIT = {
    "waits": Key(
        "how often an operation that is answered 429 with Retry-After is tried again",
        Kind.COUNT,
        maximum=20,
        default="3",
    ),
    "wait_s": Key(
        "a Retry-After beyond this is not waited for", Kind.SECONDS, maximum=120, default="10"
    ),
}

_ROUTE = {
    "method": Key("the method", allowed="a method in capitals, such as POST", pattern=r"^[A-Z]+$"),
    "path": Key(
        "the path, with its parameters in braces",
        allowed="a path that begins with / and has no query",
        pattern=r"^/[^\s?#]*$",
    ),
}
_PATHS = {
    route.operation.__name__: table_of(f"{route.summary}: {route.method} {route.path}", _ROUTE)
    for route in routes_of(ROUTES, Surface.LOCAL_UI, Surface.PALETTE)
}

FILE: Mapping[str, Key] = {
    "schema": Key(
        "the version of the file",
        required=True,
        allowed=f'"{SCHEMA}"',
        pattern=f"^{SCHEMA}$",
    ),
    "roles": Key(
        "the sides that the implementation plays, and is judged for",
        Kind.NAMES,
        required=True,
        names=(Role.EDGE.value, Role.CENTRAL.value),
    ),
    "features": Key(
        "the optional features that it claims (see `docs/requirements.md`)",
        Kind.NAMES,
        names=tuple(described.feature.value for described in FEATURES),
        default="none",
    ),
    "allow_writes": Key(
        "the harness may change things at addresses that are not loopback",
        Kind.FLAG,
        default="false",
    ),
    "implementation": table_of("who made what is certified", _IMPLEMENTATION, required=True),
    "edge": table_of("the edge hosts", _EDGE, required=True),
    "central": table_of("Palette", _CENTRAL, required=True),
    "tls": table_of("which certificates are trusted", _TLS),
    "control": table_of(
        "a control port, which arranges what no user can; without one, scenarios that need"
        " such a precondition are inconclusive",
        _CONTROL,
    ),
    "limits": table_of("how long things may take, where the defaults are too short", _LIMITS),
    "timeouts": table_of("how long the harness waits for the network", _TIMEOUTS),
    "rate_limit": table_of("what the harness does when it is answered 429", _RATE_LIMIT),
    "paths": table_of("where an operation is asked, if not where `docs/wire.md` says", _PATHS),
}
"""Every key of a target file, in the order in which the page lists them."""


def json_schema() -> dict[str, Json]:
    """The published JSON Schema (2020-12) of a target file, as read from TOML."""
    head: dict[str, Json] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A target file of pairproof, version 1",
    }
    return head | _object(FILE)


def schema_text() -> str:
    """The schema as its file holds it."""
    return f"{json.dumps(json_schema(), indent=2)}\n"


def _object(keys: Mapping[str, Key]) -> dict[str, Json]:
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {name: _described(key) for name, key in keys.items()},
        "additionalProperties": False,
    }
    required: list[Json] = [name for name, key in keys.items() if key.required]
    return schema | ({"required": required} if required else {})


def _described(key: Key) -> dict[str, Json]:
    return {"description": key.meaning, **_typed(key)}


def _typed(key: Key) -> dict[str, Json]:
    match key.kind:
        case Kind.TEXT:
            pattern: dict[str, Json] = {"pattern": key.pattern} if key.pattern else {}
            return {"type": "string", **pattern}
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.SECONDS:
            return {"type": "number", "exclusiveMinimum": 0, "maximum": key.maximum}
        case Kind.COUNT:
            return {"type": "integer", "minimum": 0, "maximum": int(key.maximum)}
        case Kind.NAMES:
            names: list[Json] = list(key.names)
            least: dict[str, Json] = {"minItems": 1} if key.required else {}
            return {"type": "array", "items": {"enum": names}, "uniqueItems": True, **least}
        case Kind.TABLE:
            return _object(key.table)
    return {"type": "array", "items": _object(key.table), "minItems": 1}


def to_markdown() -> str:
    """The table of all keys, for `docs/target-file.md`."""
    rows = [f"| {' | '.join(row)} |" for row in _rows(FILE, "")]
    return "\n".join(["| key | holds | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _rows(keys: Mapping[str, Key], above: str) -> Iterator[tuple[str, str, str]]:
    for name, key in keys.items():
        path = f"{above}{name}"
        holds = f"{key.in_words()}{'; required' if key.required else ''}"
        meaning = f"{key.meaning} (default: {key.default})" if key.default else key.meaning
        yield f"`{path}`", holds, meaning
        if name == "paths":  # an operation is like another, and `docs/wire.md` lists them
            yield from _rows(_ROUTE, f"{path}.<operation>.")
            continue
        yield from _rows(key.table, f"{path}{'[]' if key.kind is Kind.TABLES else ''}.")
