"""The keys of a target file, declared once: the parser, the JSON Schema and the page go by it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import FEATURES, Role
from harness.catalogue.troubles import TROUBLES
from harness.domain.arrangements import SIDES_OF
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import (
    RARELY_OFFERED,
    CentralClusterOperation,
    LocalClusterOperation,
    MatchProfiles,
    Surface,
)
from harness.domain.permission import PairPermission
from harness.domain.profile import Layer, ProfileType
from harness.targets.arranging.commands import ANY, TIMEOUT_S
from harness.targets.arranging.reading import WAYS
from harness.targets.key_kinds import (
    TargetKey,
    address,
    credential,
    file_key,
    map_of,
    named,
    table_of,
)
from harness.targets.key_kinds import TargetKeyKind as Kind
from harness.targets.ledger import KEEPABLE
from harness.targets.links.reading import CutForm, LinkWay, Tls, Use
from harness.targets.peer_table import PEER_KEYS
from harness.targets.trust import TLS_KEYS
from harness.wire.local_ui import V1Error
from harness.wire.mapping.values import HEADERS
from harness.wire.routes import ROUTES, routes_of

SCHEMA = "pairproof/target/1"
"""What a target file of this version says of itself."""

# --- how preconditions are arranged ---------------------------------------------------------------

_VARIABLES = TargetKey(
    "variables of the environment that it gets besides PATH, HOME and LANG",
    Kind.TEXTS,
    allowed="names of environment variables",
    pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
)
COMMAND_KEYS: Mapping[str, TargetKey] = {
    "command": TargetKey(
        "the program and its arguments, with fields of the arrangement in braces; it is not run by"
        " a shell, and a relative path starts at the target file's folder",
        Kind.TEXTS,
        required=True,
        allowed="texts",
    ),
    "stdin": TargetKey(
        "whether it gets the arrangement as JSON on standard input", Kind.FLAG, default="true"
    ),
    "timeout_s": TargetKey(
        "it is killed after this time", Kind.SECONDS, maximum=3_600, default=f"{TIMEOUT_S:g}"
    ),
    "expect": TargetKey("the exit code that means success", Kind.COUNT, maximum=255, default="0"),
    "expect_output": TargetKey(
        "a regular expression that its standard output has to contain", default="anything"
    ),
    "pass_env": _VARIABLES,
}
ARRANGING_KEYS: Mapping[str, TargetKey] = {
    **COMMAND_KEYS,
    "stays": TargetKey(
        "it is started once, gets each arrangement as a line of JSON and answers with one",
        Kind.FLAG,
        default="false",
    ),
}
_COMMANDS = {
    ANY: table_of("the command for every arrangement without one of its own", ARRANGING_KEYS),
    **{
        kind.__name__: table_of(f"the command for `{kind.__name__}`", ARRANGING_KEYS)
        for kind in SIDES_OF
    },
}
ARRANGE_KEYS: Mapping[str, TargetKey] = {
    "ways": TargetKey(
        "the ways that are tried, in this order (see `docs/arranging.md`)",
        Kind.NAMES,
        names=WAYS,
        default=f"all: {', '.join(WAYS)}",
    ),
    "commands": table_of("commands, each for one kind of arrangement", _COMMANDS),
}
ADMIN_KEYS: Mapping[str, TargetKey] = {
    **credential("api_key", "the API key of an administrator of the tenant"),
    "project_uid": TargetKey("the scope that the calls name", default="the tenant's"),
}
PLACE_KEYS: Mapping[str, TargetKey] = {
    "disposable": TargetKey(
        "the cluster that is installed there may be paired for good, where clusters are given",
        Kind.FLAG,
        default="true with `reset`, else false",
    ),
    "reset": table_of(
        "the command that puts the cluster of this place back: fresh and unpaired", COMMAND_KEYS
    ),
}
_PERSON = {
    "label": named("who it is, for people"),
    **credential("api_key", "their API key"),
    "email": TargetKey("their e-mail address, by which they log in"),
    **credential("password", "their password", required=False),
    "permissions": TargetKey(
        "their permissions on pairing requests, and no others",
        Kind.NAMES,
        names=tuple(permission.value for permission in PairPermission),
        default="all four",
    ),
    "projects": TargetKey(
        "the projects in which they have these", Kind.TEXTS, default="the first of `given.projects`"
    ),
    "tenant": TargetKey(
        "they have them in the scope of the tenant as well", Kind.FLAG, default="false"
    ),
    "tenant_admin": TargetKey("they may create registration tokens", Kind.FLAG, default="false"),
}
_PACK = {
    "layer": TargetKey(
        "the layer that it fills",
        required=True,
        allowed=f"one of {', '.join(layer.value for layer in Layer)}",
        pattern=f"^({'|'.join(layer.value for layer in Layer)})$",
    ),
    "name": named("what it is called"),
    "version": named("its exact version"),
}
_VERSION = {
    "version": named("the version, such as 1.0.0"),
    "packs": TargetKey("its packs", Kind.TABLES, required=True, table=_PACK),
    "published": TargetKey("whether it is published, not a draft", Kind.FLAG, default="true"),
}
_PROFILE = {
    "uid": named("its uid"),
    "name": named("what it is called"),
    "type": TargetKey(
        "its type",
        required=True,
        allowed=f"one of {', '.join(kind.value for kind in ProfileType)}",
        pattern=f"^({'|'.join(kind.value for kind in ProfileType)})$",
    ),
    "project_uid": TargetKey("the project that it is in", default="any that is given"),
    "versions": TargetKey("all its versions", Kind.TABLES, required=True, table=_VERSION),
}
GIVEN_KEYS: Mapping[str, TargetKey] = {
    "projects": TargetKey(
        "uids of projects that scenarios may use, one at a time", Kind.TEXTS, allowed="uids"
    ),
    "clusters": TargetKey(
        "the clusters of `edge.clusters` are used as they are installed there",
        Kind.FLAG,
        default="false",
    ),
    "people": TargetKey("users of Palette with just these permissions", Kind.TABLES, table=_PERSON),
    "profiles": TargetKey(
        "cluster profiles; those that match the clusters' own let them be accepted",
        Kind.TABLES,
        table=_PROFILE,
    ),
}


# --- how links are cut ----------------------------------------------------------------------------


def _one_of(
    meaning: str, names: tuple[str, ...], *, default: str, required: bool = False
) -> TargetKey:
    shown = ", ".join(f'"{name}"' for name in names)
    pattern = f"^({'|'.join(names)})$"
    return TargetKey(
        meaning, required=required, allowed=f"one of {shown}", pattern=pattern, default=default
    )


_COMMAND = {
    **COMMAND_KEYS,
    "command": TargetKey(
        "the program and its arguments, with {host_uid} for the host; it is not run by a shell",
        Kind.TEXTS,
        required=True,
        allowed="texts",
    ),
}
LINK_KEYS: Mapping[str, TargetKey] = {
    "way": _one_of(
        "who cuts the links between edge hosts and Palette (see `docs/links.md`)",
        tuple(way.value for way in LinkWay),
        required=True,
        default="",
    ),
    "listen": TargetKey(
        "where the proxy listens; port 0 takes a free one",
        allowed="an address and a port, such as 0.0.0.0:7443 or [::]:0",
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}$",
        default="127.0.0.1:0",
    ),
    "host": TargetKey(
        "the name by which the edge hosts reach the proxy",
        allowed="a host name or an IP address, without a port",
        pattern=r"^([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\])$",
        default="localhost",
    ),
    "tls": _one_of(
        "TLS passes through, or ends at the proxy, which can then read the messages",
        tuple(tls.value for tls in Tls),
        default="pass",
    ),
    "cert_file": file_key('the certificate that the proxy shows with `tls = "end"`, in PEM'),
    "key_file": file_key("its private key, in PEM", default="in `cert_file`"),
    "cut": _one_of(
        "how a link that is down looks from the edge: connecting is refused, connections are"
        " reset, or nothing is answered",
        tuple(form.value for form in CutForm),
        default='"reset" over HTTPS, "closed" over HTTP',
    ),
    "use": _one_of(
        "which scenarios have operators enter the proxy's address",
        tuple(use.value for use in Use),
        default="needed: those that cut a link",
    ),
    "sources": TargetKey(
        "the address that each host arrives from at the proxy, by the host's uid; without it, all"
        " hosts are taken to arrive from one",
        Kind.TEXT_TABLE,
        allowed="a table of IP addresses",
        pattern=r"^[0-9A-Fa-f:.]+$",
    ),
    "toxiproxy": table_of(
        "a Toxiproxy server that runs already",
        {
            "url": address("where its HTTP API answers"),
            "name": TargetKey("what its proxy is called there", default="pairproof"),
        },
    ),
    "commands": table_of(
        "commands that cut one host's link and mend it",
        {
            "down": table_of("cuts it", _COMMAND, required=True),
            "up": table_of("mends it", _COMMAND, required=True),
        },
    ),
}

# --- how the target's wire differs from the published one -----------------------------------------

OPERATION_KEYS: Mapping[str, TargetKey] = {
    "method": TargetKey(
        "the method", allowed="a method in capitals, such as POST", pattern=r"^[A-Z]+$"
    ),
    "path": TargetKey(
        "the path, with its parameters in braces",
        allowed="a path that begins with / and has no query",
        pattern=r"^/[^\s?#]*$",
    ),
    "status": TargetKey(
        "the answers that mean that it happened; the harness answers with the first one where it"
        " plays the side",
        Kind.STATUSES,
        default="every 2xx",
    ),
    "refused": TargetKey(
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
    name: TargetKey("its name, or a form such as `Authorization: Bearer {}`", default=f"`{name}`")
    for name in HEADERS
}
_ERRORS = {
    name: TargetKey(f"the field for `{name}`", default=f"`{name}`") for name in V1Error.model_fields
}
_ERRORS |= {
    "in_success": TargetKey(
        "an answer of success that holds the code of an error is a refusal",
        Kind.FLAG,
        default="false",
    ),
    "refused": TargetKey(
        "answers that mean a refusal of any operation, with any JSON or none",
        Kind.STATUSES,
        default="none",
    ),
}

WIRE_KEYS: Mapping[str, TargetKey] = {
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

# --- the file -------------------------------------------------------------------------------------

_IMPLEMENTATION = {
    "name": named("what the implementation is called"),
    "version": TargetKey("its version"),
    "organization": TargetKey("who makes it"),
    "url": TargetKey("where one reads about it"),
    "contact": TargetKey("whom one asks about it"),
}
_CONTROL = {"url": address("where the control port answers"), **credential("secret", "its secret")}
_OWN_CONTROL = TargetKey(
    "a control port for this side alone, in place of `control`", Kind.TABLE, table=_CONTROL
)
_HOST = {
    "uid": named("the host's uid, as the target knows it"),
    "url": address("where its Local UI answers; each host has an address of its own"),
}
_PLACE = {
    "slot": named("what this place for a cluster is called"),
    "hosts": TargetKey(
        "the edge hosts that a cluster there can span, the first control plane host first",
        Kind.TABLES,
        required=True,
        table=_HOST,
    ),
    **PLACE_KEYS,
}
_LOGIN = {**credential("username", "the user's name"), **credential("password", "the password")}
_OWN_TLS = table_of("which certificates are trusted at this side, in place of `tls`", TLS_KEYS)
_EDGE = {
    "login": table_of(
        "a user of the hosts' operating system, who may log in to each Local UI",
        _LOGIN,
        required=True,
    ),
    "clusters": TargetKey(
        "the places for clusters; a scenario leases one to three at a time",
        Kind.TABLES,
        required=True,
        table=_PLACE,
    ),
    "tls": _OWN_TLS,
    "control": _OWN_CONTROL,
}
_FORMS = {
    form.value: TargetKey(f"the endpoint in the form `{form.value}`") for form in EndpointForm
}
_CENTRAL = {
    "url": address("where Palette's API answers the harness"),
    "endpoint": TargetKey(
        "the Palette endpoint that an operator enters in Local UI", default="`central.url`"
    ),
    "endpoint_forms": table_of("other forms of the endpoint, usable or not (PRE-6, SND-8)", _FORMS),
    "tls": _OWN_TLS,
    "control": _OWN_CONTROL,
    "admin": table_of(
        "an administrator of the tenant, by whom the published API arranges", ADMIN_KEYS
    ),
}
OPERATION_S_MAX = 600
"""The most that a target file may allow one operation."""

_OPERATIONS = {
    route.operation.__name__: TargetKey(
        route.summary, Kind.SECONDS, maximum=OPERATION_S_MAX, default="`limits.answer_s`"
    )
    for route in routes_of(ROUTES, Surface.LOCAL_UI, Surface.PALETTE)
}
_LIMITS = {
    limit.name: TargetKey(
        limit.meaning, Kind.SECONDS, maximum=limit.maximum_s, default=f"{limit.default_s:g}"
    )
    for limit in limit_kinds()
} | {
    "operations": table_of(
        "how long single operations may take, in place of `limits.answer_s`", _OPERATIONS
    )
}
_TIMEOUTS = {
    "connect_s": TargetKey(
        "a connection has to stand by then", Kind.SECONDS, maximum=60, default="5"
    ),
    "check_s": TargetKey(
        "how long the check before the first operation waits for an answer",
        Kind.SECONDS,
        maximum=60,
        default="5",
    ),
}
_RATE_LIMIT = {
    "waits": TargetKey(
        "how often an operation that is answered 429 with Retry-After is tried again",
        Kind.COUNT,
        maximum=20,
        default="3",
    ),
    "wait_s": TargetKey(
        "a Retry-After beyond this is not waited for", Kind.SECONDS, maximum=120, default="10"
    ),
    "per_second": TargetKey(
        "how many requests each address is sent a second at most",
        Kind.NUMBER,
        maximum=100_000,
        default="no bound",
    ),
}
_NETWORK = {
    "proxy": TargetKey(
        "the HTTP proxy through which addresses are asked that are not on this machine; one that"
        " the environment names is not used",
        allowed="an address that begins with http://, such as http://proxy.example:3128",
        pattern=r"^http://[^/\s@?#]+/?$",
    )
}
_OFFERS = {
    route.operation.__name__: TargetKey(
        route.summary, Kind.FLAG, default="false" if route.operation in RARELY_OFFERED else "true"
    )
    for route in routes_of(ROUTES, Surface.LOCAL_UI, Surface.PALETTE)
    if issubclass(route.operation, LocalClusterOperation | CentralClusterOperation | MatchProfiles)
}
_WORDS = {
    trouble: TargetKey(
        f"what an error says of it; one of these is enough (without any: names the {name})",
        Kind.TEXTS,
        allowed="texts",
        default="none",
    )
    for trouble, name in TROUBLES.items()
}

FILE: Mapping[str, TargetKey] = {
    "schema": TargetKey(
        "the version of the file", required=True, allowed=f'"{SCHEMA}"', pattern=f"^{SCHEMA}$"
    ),
    "roles": TargetKey(
        "the sides that the implementation plays, and is judged for",
        Kind.NAMES,
        required=True,
        names=(Role.EDGE.value, Role.CENTRAL.value),
    ),
    "features": TargetKey(
        "the optional features that it claims (see `docs/requirements.md`)",
        Kind.NAMES,
        names=tuple(described.feature.value for described in FEATURES),
        default="none",
    ),
    "offers": table_of(
        "which operations it has, of those on a cluster and the match; what needs one that it has"
        " not is not_supported, and a match that is made on acceptance alone is judged there",
        _OFFERS,
    ),
    "words": table_of(
        "words by which the errors tell what is wrong, in any language (PRE-4S, PRE-6S, ACC-13S);"
        " an error without any of them fails there, and without an entry it is observed unless it"
        " names what is wrong and says something else of other troubles",
        _WORDS,
    ),
    "keeps": TargetKey(
        "what cannot be removed there once it is made: it stays, marked with the run, and is no"
        " leak; users lose their permissions and their keys where they can be changed",
        Kind.NAMES,
        names=tuple(kind.value for kind in KEEPABLE),
        default="none",
    ),
    "allow_writes": TargetKey(
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
