"""The keys of a target file that say how the target's wire differs from the published one."""

from __future__ import annotations

from collections.abc import Mapping

from harness.targets.key_kinds import Key, Kind, map_of, table_of
from harness.wire.local_ui import V1Error
from harness.wire.mapping.headers import HEADERS
from harness.wire.routes import ROUTES

OPERATION_KEYS: Mapping[str, Key] = {
    "method": Key("the method", allowed="a method in capitals, such as POST", pattern=r"^[A-Z]+$"),
    "path": Key(
        "the path, with its parameters in braces",
        allowed="a path that begins with / and has no query",
        pattern=r"^/[^\s?#]*$",
    ),
    "status": Key(
        "the answers that mean that it happened; the harness answers with the first one where it"
        " plays the side",
        Kind.STATUSES,
        default="every 2xx",
    ),
    "refused": Key(
        "answers that mean a refusal, with any JSON or none", Kind.STATUSES, default="none"
    ),
    "request": map_of("where the target has a value of the request: ours = theirs"),
    "response": map_of("where the target has a value of the answer: ours = theirs"),
    "states": map_of("words that are different here only: ours = theirs", Kind.WORDS),
    "constants": map_of("what the target wants in each request besides", Kind.SCALAR),
    "answer_constants": map_of(
        "what the harness answers besides, where it plays the side", Kind.SCALAR
    ),
}
"""What can be said of one operation."""

_PATHS = {
    route.operation.__name__: table_of(
        f"{route.summary}: {route.method} {route.path}", OPERATION_KEYS
    )
    for route in ROUTES.values()
}
_HEADERS = {
    name: Key("its name, or a form such as `Authorization: Bearer {}`", default=f"`{name}`")
    for name in HEADERS
}
_ERRORS = {
    name: Key(f"the field for `{name}`", default=f"`{name}`") for name in V1Error.model_fields
}
_ERRORS |= {
    "in_success": Key(
        "an answer of success that holds the code of an error is a refusal",
        Kind.FLAG,
        default="false",
    ),
    "refused": Key(
        "answers that mean a refusal of any operation, with any JSON or none",
        Kind.STATUSES,
        default="none",
    ),
}

WIRE_KEYS: Mapping[str, Key] = {
    "paths": table_of(
        "where an operation is asked and what it looks like, if not as `docs/wire.md` says", _PATHS
    ),
    "headers": table_of("what the target calls its headers", _HEADERS),
    "fields": map_of("names of fields, wherever they stand: ours = theirs"),
    "codes": map_of("the codes of errors: theirs = ours"),
    "code_status": map_of("the statuses of refusals: our code = status", Kind.STATUS),
    "errors": table_of("where the target's error has what the published one has", _ERRORS),
    "states": map_of("the words for states and the like: ours = theirs", Kind.WORDS),
    "constants": map_of(
        "what the target wants in each request besides: ?query, Header: or a field", Kind.SCALAR
    ),
}
"""The tables of a mapping."""
