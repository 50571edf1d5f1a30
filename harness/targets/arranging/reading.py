"""How preconditions are arranged: the values, and the part of a target file that says so."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Annotated, Final

from harness.configuration import kinds
from harness.configuration.errors import Misspelt, literal
from harness.configuration.toml_lines import Path
from harness.domain.arrangements import ARRANGEMENTS
from harness.domain.operations import Credentials, LogInToPalette
from harness.domain.permission import TENANT, Grant, PairPermission, PermissionNames
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, ProfileType
from harness.targets.arranging.commands import (
    ANY,
    KIND,
    TIMEOUT_S,
    BadTemplate,
    Command,
    known_fields,
    placeholders,
)
from harness.targets.arranging.given import GivenPerson, GivenThings
from harness.targets.reading import File, Named, TargetFileReader, Texts, Variable

WAYS: Final = ("control", "link", "commands", "given", "api", "person")
"""The ways to arrange something, in the order in which they are tried by default."""


@dataclass(frozen=True, slots=True)
class ArrangingSettings:
    """How preconditions are arranged: the tables below, as values.

    `resets` has by slot what puts its cluster back; clusters of `disposable` slots may be paired
    for good.
    """

    ways: tuple[str, ...] = WAYS
    commands: Mapping[str, Command] = field(default_factory=dict)
    resets: Mapping[str, Command] = field(default_factory=dict)
    disposable: frozenset[str] = frozenset()
    admin: Credentials | None = field(default=None, repr=False)
    admin_login: LogInToPalette | None = field(default=None, repr=False)
    given: GivenThings = GivenThings()

    @property
    def logins(self) -> dict[str, LogInToPalette]:
        """How the people of these keys log in to Palette, as far as it is said."""
        people = self.given.people
        found = {p.api_key: LogInToPalette(p.email, p.password) for p in people if p.password}
        if self.admin and self.admin_login:
            found[self.admin.api_key] = self.admin_login
        return found

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The secrets that the file names for it, each with its kind."""
        commands = (*self.commands.values(), *self.resets.values())
        people = self.given.people
        keys = [person.api_key for person in people] + ([self.admin.api_key] if self.admin else [])
        return (
            *((secret, "secret") for command in commands for secret in command.secrets),
            *((key, "api_key") for key in keys),
            *((login.password, "password") for login in self.logins.values()),
        )


_ALWAYS: Final = ("PATH", "HOME", "LANG")
"""The variables that every command gets; nothing else of the environment reaches it."""
_SECRET_LENGTH_MIN: Final = 6

# --- what a file says --------------------------------------------------------------------------


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise Misspelt(f"{literal(text)}: {error}", "write a regular expression") from error
    return text


@dataclass(frozen=True, slots=True)
class CommandTable:
    """A command."""

    command: Annotated[tuple[str, ...], kinds.AtLeastOne(is_required=True)]
    """The program and its arguments, with fields of the arrangement in braces; it is not run by a
    shell, and a relative path starts at the target file's folder."""
    stdin: Annotated[bool, kinds.Flag()] = True
    """Whether it gets the arrangement as JSON on standard input."""
    timeout_s: Annotated[float, kinds.Above(3_600)] = TIMEOUT_S
    """It is killed after this time."""
    expect: Annotated[int, kinds.Whole(0, 255)] = 0
    """The exit code that means success."""
    expect_output: Annotated[str, kinds.Text("", "a regular expression", _expression)] = ""
    """A regular expression that its standard output has to contain."""
    pass_env: Annotated[
        tuple[Annotated[str, kinds.Text(r"^[A-Za-z_][A-Za-z0-9_]*$", "a variable's name")], ...],
        kinds.AtLeastOne(),
    ] = ()
    """Variables of the environment that it gets besides PATH, HOME and LANG."""


@dataclass(frozen=True, slots=True)
class ArrangingCommandTable(CommandTable):
    """A command for arrangements."""

    stays: Annotated[bool, kinds.Flag()] = False
    """It is started once, gets each arrangement as a line of JSON and answers with one."""


@dataclass(frozen=True, slots=True)
class ArrangeTable:
    """`[arrange]`."""

    ways: Annotated[tuple[Annotated[str, kinds.OneOf(*WAYS)], ...], kinds.Distinct()] = WAYS
    """The ways that are tried, in this order (see `docs/arranging.md`)."""
    commands: Annotated[
        dict[Annotated[str, kinds.OneOf(ANY, *ARRANGEMENTS)], ArrangingCommandTable],
        kinds.NamedBy("arrangement or *"),
    ] = field(default_factory=dict)
    """Commands, each for one kind of arrangement; `*` for every one without one of its own."""


@dataclass(frozen=True, slots=True)
class AdminTable:
    """`[central.admin]`."""

    api_key_env: Annotated[Variable, kinds.KeyRelation(not_with="api_key_file")] = ""
    """The variable that holds the API key of an administrator of the tenant. One of it and
    `api_key_file` is required where there are API keys."""
    api_key_file: File = None
    """In place of `api_key_env`: the file that holds it."""
    email: str = ""
    """Their e-mail address, by which they log in; required with a password where there are no API
    keys."""
    password_env: Annotated[Variable, kinds.KeyRelation(not_with="password_file")] = ""
    """The variable that holds their password."""
    password_file: File = None
    """In place of `password_env`: the file that holds it."""
    project_uid: str = TENANT
    """The scope that the calls name; without it, the tenant's."""


@dataclass(frozen=True, slots=True)
class _PersonTable:
    label: Named
    """Who it is, for people."""
    api_key_env: Annotated[Variable, kinds.KeyRelation(not_with="api_key_file")] = ""
    """The variable that holds their API key. One of it and `api_key_file` is required where there
    are API keys."""
    api_key_file: File = None
    """In place of `api_key_env`: the file that holds it."""
    email: str = ""
    """Their e-mail address, by which they log in."""
    password_env: Annotated[Variable, kinds.KeyRelation(not_with="password_file")] = ""
    """The variable that holds their password."""
    password_file: File = None
    """In place of `password_env`: the file that holds it."""
    permissions: Annotated[tuple[PairPermission, ...], kinds.Distinct()] = tuple(PairPermission)
    """Their permissions on pairing requests, and no others."""
    projects: Texts | None = None
    """The projects in which they have these; without it, the first of `given.projects`."""
    tenant: Annotated[bool, kinds.Flag()] = False
    """They have them in the scope of the tenant as well."""
    tenant_admin: Annotated[bool, kinds.Flag()] = False
    """They may create registration tokens."""


@dataclass(frozen=True, slots=True)
class PackTable:
    """A pack, of a profile that is given or uploaded."""

    layer: Layer
    """The layer that it fills."""
    name: Named
    """What it is called."""
    version: Named
    """Its exact version."""

    def pack(self) -> Pack:
        """As a run knows it."""
        return Pack(self.layer, self.name, self.version)


@dataclass(frozen=True, slots=True)
class _VersionTable:
    version: Named
    """The version, such as 1.0.0."""
    packs: Annotated[tuple[PackTable, ...], kinds.AtLeastOne(is_required=True)]
    """Its packs."""
    published: Annotated[bool, kinds.Flag()] = True
    """Whether it is published, not a draft."""


@dataclass(frozen=True, slots=True)
class _ProfileTable:
    uid: Named
    """Its uid."""
    name: Named
    """What it is called."""
    type: ProfileType
    """Its type."""
    versions: Annotated[tuple[_VersionTable, ...], kinds.AtLeastOne(is_required=True)]
    """All its versions."""
    project_uid: str = ""
    """The project that it is in; without it, any that is given."""

    def profile(self) -> ClusterProfile:
        """As a run knows it."""
        editions = (
            ProfileEdition(each.version, tuple(pack.pack() for pack in each.packs), each.published)
            for each in self.versions
        )
        return ClusterProfile(self.uid, self.name, self.type, tuple(editions), self.project_uid)


@dataclass(frozen=True, slots=True)
class GivenTable:
    """`[given]`."""

    projects: Texts = ()
    """Uids of projects that scenarios may use, one at a time."""
    clusters: Annotated[bool, kinds.Flag()] = False
    """The clusters of `edge.clusters` are used as they are installed there."""
    people: Annotated[tuple[_PersonTable, ...], kinds.AtLeastOne()] = ()
    """Users of Palette with just these permissions."""
    profiles: Annotated[tuple[_ProfileTable, ...], kinds.AtLeastOne()] = ()
    """Cluster profiles; those that match the clusters' own let them be accepted."""


# --- commands -----------------------------------------------------------------------------------


def read_commands(
    reading: TargetFileReader, tables: Mapping[str, ArrangingCommandTable]
) -> dict[str, Command]:
    """The commands for arrangements, by the name of one or `*`."""
    commands = {}
    for name, said in tables.items():
        fields = (KIND,) if name == ANY else known_fields(ARRANGEMENTS[name])
        commands[name] = read_command(reading, said, ("arrange", "commands", name), fields)
    return commands


def read_command(
    reading: TargetFileReader, said: CommandTable, path: Path, fields: Iterable[str]
) -> Command:
    """One command, whose words may use these placeholders."""
    words, here, known = said.command, (*path, "command"), tuple(fields)
    used = [_placeholders(reading, word, here, known) for word in words]
    stays = isinstance(said, ArrangingCommandTable) and said.stays
    if stays:
        _check_staying(
            reading, [word for word, names in zip(words, used, strict=True) if names], path
        )
    if used[0]:
        told = f"the program {words[0]!r} has a placeholder"
        reading.flaw(here, told, "name a fixed program in full")
    at = (*path, "pass_env")
    own = {n: reading.variable(n, at, may_be_empty=True) for n in said.pass_env}
    always = {name: reading.environment[name] for name in _ALWAYS if name in reading.environment}
    return Command(
        words=(words[0] if used[0] else _program(reading, words[0], here), *words[1:]),
        folder=reading.folder.absolute(),
        stdin=said.stdin,
        timeout_s=said.timeout_s,
        expect=said.expect,
        expect_output=said.expect_output,
        environment={"PATH": os.defpath, **always, **own},
        secrets=tuple(value for value in own.values() if len(value) >= _SECRET_LENGTH_MIN),
        stays=stays,
    )


def _check_staying(reading: TargetFileReader, words: Iterable[str], path: Path) -> None:
    """A command that stays is told by lines, and answers so; these words have placeholders."""
    why = "a command that stays gets each arrangement as a line and answers with one"
    for word in words:
        reading.flaw((*path, "command"), f"{word!r} has a placeholder", f"remove it: {why}")
    for name in ("stdin", "expect", "expect_output"):
        if reading.says(*path, name):
            reading.flaw((*path, name), "it stands there", f"remove it, or stays: {why}")


def _placeholders(
    reading: TargetFileReader, word: str, path: Path, fields: tuple[str, ...]
) -> tuple[str, ...]:
    """The placeholders of a word, which are of these; none of one that is wrong."""
    remedy = (
        f"correct it: there are {', '.join(f'{{{name}}}' for name in fields)}, and braces that mean"
        " themselves are written twice"
    )
    try:
        names = placeholders(word)
    except BadTemplate as error:
        reading.flaw(path, str(error), remedy)
        return ()
    for strange in (name for name in names if name not in fields):
        reading.flaw(path, f"the placeholder {{{strange}}} stands there", remedy)
    return names


def _program(reading: TargetFileReader, word: str, path: Path) -> str:
    """The program as it is started: found beside the target file, or in PATH."""
    if "/" in word:
        file = reading.path_of(FilePath(word).expanduser())
        found = str(file.absolute()) if os.access(file, os.X_OK) and file.is_file() else None
    else:
        found = shutil.which(word, path=reading.environment.get("PATH", os.defpath))
    if found is None:
        reading.flaw(
            path,
            f"{word!r} is no program that can be run here",
            "name an executable file by its name in PATH, or by its path (a relative one starts at"
            " the target file's folder), or chmod +x it",
        )
    return found or word


# --- what is given ------------------------------------------------------------------------------


def read_given(
    reading: TargetFileReader, said: GivenTable, names: PermissionNames, has_keys: bool
) -> GivenThings:
    """What is there already; `names` tells which permissions are one there, and `has_keys` whether
    people act by API keys.
    """
    seen: dict[str, str] = {}
    for n, uid in enumerate(said.projects):
        reading.once(seen, "project", uid, ("given", "projects", n))
    for n, profile in enumerate(said.profiles):
        reading.once(seen, "uid", profile.uid, ("given", "profiles", n, "uid"))
    people = (
        _person(reading, person, ("given", "people", n), said.projects, names, has_keys)
        for n, person in enumerate(said.people)
    )
    profiles = tuple(profile.profile() for profile in said.profiles)
    return GivenThings(said.projects, tuple(people), profiles, said.clusters)


def read_proof(
    reading: TargetFileReader, said: AdminTable | _PersonTable, path: Path, has_keys: bool
) -> tuple[str, str]:
    """By which key somebody is known, and their password. Where the target has no API keys, people
    are known by their logins, which never go out as a key.
    """
    password = reading.credential(said, path, "password")
    if has_keys:
        if not (said.api_key_env or said.api_key_file):
            told = "nothing says by which API key they act"
            remedy = 'add api_key_env or api_key_file; if there are none, [headers] ApiKey = ""'
            reading.flaw(path, told, remedy)
        return reading.credential(said, path, "api_key"), password
    if not said.email or not (said.password_env or said.password_file):
        told = "there are no API keys, and nothing says how they log in"
        reading.flaw(path, told, "add email, and password_env or password_file")
    return f"{said.email}:{password}", password


def _person(
    reading: TargetFileReader,
    said: _PersonTable,
    path: Path,
    projects: tuple[str, ...],
    names: PermissionNames,
    has_keys: bool,
) -> GivenPerson:
    scopes = projects[:1] if said.projects is None else said.projects
    for n, scope in enumerate(scopes):
        if scope not in projects:
            told = f"the project {scope!r} stands there, and is none of given.projects"
            reading.flaw((*path, "projects", n), told, "name it there too")
    scopes += (TENANT,) if said.tenant else ()
    key, password = read_proof(reading, said, path, has_keys)
    return GivenPerson(
        label=said.label,
        api_key=key,
        grants=names.whole(Grant(p, scope) for p in said.permissions for scope in scopes),
        email=said.email,
        password=password,
        tenant_admin=said.tenant_admin,
    )
