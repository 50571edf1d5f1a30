"""The keys of a target file that say how preconditions are arranged."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain.arrangements import SIDES_OF
from harness.domain.permission import PairPermission
from harness.domain.profile import Layer, ProfileType
from harness.targets.arranging.commands import ANY, TIMEOUT_S
from harness.targets.arranging.settings import WAYS
from harness.targets.key_kinds import Key, Kind, credential, named, table_of

_VARIABLES = Key(
    "variables of the environment that it gets besides PATH, HOME and LANG",
    Kind.TEXTS,
    allowed="names of environment variables",
    pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
)
COMMAND_KEYS: Mapping[str, Key] = {
    "command": Key(
        "the program and its arguments, with fields of the arrangement in braces; it is not run by"
        " a shell, and a relative path starts at the target file's folder",
        Kind.TEXTS,
        required=True,
        allowed="texts",
    ),
    "stdin": Key(
        "whether it gets the arrangement as JSON on standard input", Kind.FLAG, default="true"
    ),
    "timeout_s": Key(
        "it is killed after this time", Kind.SECONDS, maximum=3_600, default=f"{TIMEOUT_S:g}"
    ),
    "expect": Key("the exit code that means success", Kind.COUNT, maximum=255, default="0"),
    "expect_output": Key(
        "a regular expression that its standard output has to contain", default="anything"
    ),
    "pass_env": _VARIABLES,
}
ARRANGING_KEYS: Mapping[str, Key] = {
    **COMMAND_KEYS,
    "stays": Key(
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
ARRANGE_KEYS: Mapping[str, Key] = {
    "ways": Key(
        "the ways that are tried, in this order (see `docs/arranging.md`)",
        Kind.NAMES,
        names=WAYS,
        default=f"all: {', '.join(WAYS)}",
    ),
    "commands": table_of("commands, each for one kind of arrangement", _COMMANDS),
}
ADMIN_KEYS: Mapping[str, Key] = {
    **credential("api_key", "the API key of somebody who may create registration tokens"),
    "project_uid": Key("the scope that the calls name", default="the tenant's"),
}
PLACE_KEYS: Mapping[str, Key] = {
    "disposable": Key(
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
    "email": Key("their e-mail address, by which they log in"),
    **credential("password", "their password", required=False),
    "permissions": Key(
        "their permissions on pairing requests, and no others",
        Kind.NAMES,
        names=tuple(permission.value for permission in PairPermission),
        default="all four",
    ),
    "projects": Key(
        "the projects in which they have these", Kind.TEXTS, default="the first of `given.projects`"
    ),
    "tenant": Key("they have them in the scope of the tenant as well", Kind.FLAG, default="false"),
    "tenant_admin": Key("they may create registration tokens", Kind.FLAG, default="false"),
}
_PACK = {
    "layer": Key(
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
    "packs": Key("its packs", Kind.TABLES, required=True, table=_PACK),
    "published": Key("whether it is published, not a draft", Kind.FLAG, default="true"),
}
_PROFILE = {
    "uid": named("its uid"),
    "name": named("what it is called"),
    "type": Key(
        "its type",
        required=True,
        allowed=f"one of {', '.join(kind.value for kind in ProfileType)}",
        pattern=f"^({'|'.join(kind.value for kind in ProfileType)})$",
    ),
    "project_uid": Key("the project that it is in", default="any that is given"),
    "versions": Key("all its versions", Kind.TABLES, required=True, table=_VERSION),
}
GIVEN_KEYS: Mapping[str, Key] = {
    "projects": Key(
        "uids of projects that scenarios may use, one at a time", Kind.TEXTS, allowed="uids"
    ),
    "clusters": Key(
        "the clusters of `edge.clusters` are used as they are installed there",
        Kind.FLAG,
        default="false",
    ),
    "people": Key("users of Palette with just these permissions", Kind.TABLES, table=_PERSON),
    "profiles": Key(
        "cluster profiles; those that match the clusters' own let them be accepted",
        Kind.TABLES,
        table=_PROFILE,
    ),
}
