"""The keys of a target file, declared once: the parser, the JSON Schema and the page go by it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import FEATURES, Role
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import Surface
from harness.targets.arranging.keys import (
    ADMIN_KEYS,
    ARRANGE_KEYS,
    GIVEN_KEYS,
    PLACE_KEYS,
)
from harness.targets.key_kinds import Key, Kind, address, credential, named, table_of
from harness.targets.links.keys import LINK_KEYS
from harness.targets.peer_table import PEER_KEYS
from harness.targets.trust import TLS_KEYS
from harness.targets.wire_keys import WIRE_KEYS
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
    **credential("secret", "its secret"),
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
    **PLACE_KEYS,
}
_LOGIN = {
    **credential("username", "the user's name"),
    **credential("password", "the password"),
}
_OWN_TLS = table_of("which certificates are trusted at this side, in place of `tls`", TLS_KEYS)
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
    "tls": _OWN_TLS,
    "control": _OWN_CONTROL,
}
_FORMS = {form.value: Key(f"the endpoint in the form `{form.value}`") for form in EndpointForm}
_CENTRAL = {
    "url": address("where Palette's API answers the harness"),
    "endpoint": Key(
        "the Palette endpoint that an operator enters in Local UI", default="`central.url`"
    ),
    "endpoint_forms": table_of("other forms of the endpoint, usable or not (PRE-6, SND-8)", _FORMS),
    "tls": _OWN_TLS,
    "control": _OWN_CONTROL,
    "admin": table_of("who may create registration tokens through the API", ADMIN_KEYS),
}
OPERATION_S_MAX = 600
"""The most that a target file may allow one operation."""

_OPERATIONS = {
    route.operation.__name__: Key(
        route.summary, Kind.SECONDS, maximum=OPERATION_S_MAX, default="`limits.answer_s`"
    )
    for route in routes_of(ROUTES, Surface.LOCAL_UI, Surface.PALETTE)
}
_LIMITS = {
    limit.name: Key(
        limit.meaning, Kind.SECONDS, maximum=limit.maximum_s, default=f"{limit.default_s:g}"
    )
    for limit in limit_kinds()
} | {
    "operations": table_of(
        "how long single operations may take, in place of `limits.answer_s`", _OPERATIONS
    )
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
    "per_second": Key(
        "how many requests each address is sent a second at most",
        Kind.NUMBER,
        maximum=100_000,
        default="no bound",
    ),
}
_NETWORK = {
    "proxy": Key(
        "the HTTP proxy through which addresses are asked that are not on this machine; one that"
        " the environment names is not used",
        allowed="an address that begins with http://, such as http://proxy.example:3128",
        pattern=r"^http://[^/\s@?#]+/?$",
    ),
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
    "edge": table_of("the edge hosts; required where `roles` names edge", _EDGE),
    "central": table_of("Palette; required where `roles` names central", _CENTRAL),
    "peer": table_of("the side that is not described, which the harness plays", PEER_KEYS),
    "tls": table_of("which certificates are trusted", TLS_KEYS),
    "control": table_of(
        "a control port, which arranges what no user can; without one, scenarios that need"
        " such a precondition are inconclusive",
        _CONTROL,
    ),
    "arrange": table_of("how preconditions are arranged", ARRANGE_KEYS),
    "links": table_of("how links between edge hosts and Palette are cut", LINK_KEYS),
    "given": table_of("what is there already, for scenarios to use as it is", GIVEN_KEYS),
    "limits": table_of("how long things may take, where the defaults are too short", _LIMITS),
    "timeouts": table_of("how long the harness waits for the network", _TIMEOUTS),
    "rate_limit": table_of("how the harness spares the target", _RATE_LIMIT),
    "network": table_of("how the harness's requests travel", _NETWORK),
    **WIRE_KEYS,
}
"""Every key of a target file, in the order in which the page lists them."""
