"""How preconditions are arranged: the values, and the part of a target file that says so."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.configuration.toml_lines import Path
from harness.domain.arrangements import SIDES_OF, RenewCluster
from harness.domain.operations import Credentials
from harness.domain.permission import TENANT, Grant, PairPermission
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
from harness.targets.reading import TargetFileReader, TargetProblem

WAYS: Final = ("control", "link", "commands", "given", "api", "person")
"""The ways to arrange something, in the order in which they are tried by default."""


@dataclass(frozen=True, slots=True)
class ArrangingSettings:
    """How preconditions are arranged.

    Attributes:
        ways: which ways are tried, in this order.
        commands: by the name of an arrangement, or `*`.
        resets: by slot, what puts its cluster back.
        disposable: slots whose clusters may be paired for good.
        admin: an administrator of the tenant.
        given: what is there already.
    """

    ways: tuple[str, ...] = WAYS
    commands: Mapping[str, Command] = field(default_factory=dict)
    resets: Mapping[str, Command] = field(default_factory=dict)
    disposable: frozenset[str] = frozenset()
    admin: Credentials | None = field(default=None, repr=False)
    given: GivenThings = GivenThings()

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The secrets that the file names for it, each with its kind."""
        commands = (*self.commands.values(), *self.resets.values())
        people = self.given.people
        keys = [person.api_key for person in people] + ([self.admin.api_key] if self.admin else [])
        return (
            *((secret, "secret") for command in commands for secret in command.secrets),
            *((key, "api_key") for key in keys),
            *((person.password, "password") for person in people if person.password),
        )


_ALWAYS: Final = ("PATH", "HOME", "LANG")
"""The variables that every command gets; nothing else of the environment reaches it."""
_SECRET_LENGTH_MIN: Final = 6
_KINDS = {kind.__name__: kind for kind in SIDES_OF}

Table = Mapping[str, Any]


def read_arranging(reading: TargetFileReader, data: Table) -> ArrangingSettings:
    """How preconditions are arranged, from a whole target file whose structure is right.

    Raises:
        TargetFileError: something in it makes no sense; says where, and what to do.
    """
    arrange, given = data.get("arrange", {}), data.get("given", {})
    places = data.get("edge", {}).get("clusters", [])
    admin = data.get("central", {}).get("admin")
    credentials = None
    if admin is not None:
        key = reading.credential(admin, ("central", "admin"), "api_key")
        credentials = Credentials(api_key=key, project_uid=admin.get("project_uid", TENANT))
    resets = {
        place["slot"]: read_command(
            reading, place["reset"], ("edge", "clusters", n, "reset"), known_fields(RenewCluster)
        )
        for n, place in enumerate(places)
        if "reset" in place
    }
    disposable = (p["slot"] for p in places if p.get("disposable", "reset" in p))
    return ArrangingSettings(
        ways=tuple(arrange.get("ways", WAYS)),
        commands=_commands(reading, arrange.get("commands", {})),
        resets=resets,
        disposable=frozenset(disposable),
        admin=credentials,
        given=_given(reading, given),
    )


# --- commands -----------------------------------------------------------------------------------


def _commands(reading: TargetFileReader, tables: Table) -> dict[str, Command]:
    return {
        name: read_command(
            reading,
            table,
            ("arrange", "commands", name),
            (KIND,) if name == ANY else known_fields(_KINDS[name]),
        )
        for name, table in tables.items()
    }


def read_command(
    reading: TargetFileReader, table: Table, path: Path, fields: Iterable[str]
) -> Command:
    """One command, whose words may use these placeholders."""
    words = tuple(table["command"])
    here = (*path, "command")
    for word in words:
        _check_word(reading, word, here, tuple(fields))
    if placeholders(words[0]):
        problem = TargetProblem(
            f"the program {words[0]!r} has a placeholder", "a fixed program", "name it in full"
        )
        reading.refuse(here, problem)
    if table.get("stays", False):
        _check_staying(reading, table, path)
    passed = tuple(table.get("pass_env", ()))
    own = {name: _variable(reading, name, (*path, "pass_env")) for name in passed}
    always = {name: reading.environment[name] for name in _ALWAYS if name in reading.environment}
    return Command(
        words=(_program(reading, words[0], here), *words[1:]),
        folder=reading.folder.absolute(),
        stdin=table.get("stdin", True),
        timeout_s=table.get("timeout_s", TIMEOUT_S),
        expect=table.get("expect", 0),
        expect_output=_expression(reading, table.get("expect_output", ""), path),
        environment={"PATH": os.defpath, **always, **own},
        secrets=tuple(value for value in own.values() if len(value) >= _SECRET_LENGTH_MIN),
        stays=table.get("stays", False),
    )


def _check_staying(reading: TargetFileReader, table: Table, path: Path) -> None:
    """A command that stays is told by lines alone, and says by lines how it went."""
    why = "of a command that stays, which gets each arrangement as a line and answers with one"
    for word in table["command"]:
        if placeholders(word):
            problem = TargetProblem(
                f"{word!r} has a placeholder", f"the fixed words {why}", "remove it"
            )
            reading.refuse((*path, "command"), problem)
    for name in ("stdin", "expect", "expect_output"):
        if name in table:
            problem = TargetProblem("it stands there", f"no such key {why}", "remove it, or stays")
            reading.refuse((*path, name), problem)


def _check_word(reading: TargetFileReader, word: str, path: Path, fields: tuple[str, ...]) -> None:
    allowed = ", ".join(f"{{{name}}}" for name in fields)
    remedy = "correct it; braces that mean themselves are written twice"
    try:
        strange = [name for name in placeholders(word) if name not in fields]
    except BadTemplate as error:
        reading.refuse(path, TargetProblem(str(error), f"texts with {allowed}", remedy))
    if strange:
        found = f"the placeholder {{{strange[0]}}} stands there"
        reading.refuse(path, TargetProblem(found, allowed, remedy))


def _program(reading: TargetFileReader, word: str, path: Path) -> str:
    """The program as it is started: found beside the target file, or in PATH."""
    if "/" in word:
        file = reading.path_of(word)
        found = str(file.absolute()) if os.access(file, os.X_OK) and file.is_file() else None
    else:
        found = shutil.which(word, path=reading.environment.get("PATH", os.defpath))
    if found is None:
        problem = TargetProblem(
            f"{word!r} is no program that can be run here",
            "an executable file, by its path or by its name in PATH",
            "correct the path (a relative one starts at the target file's folder), or chmod +x it",
        )
        reading.refuse(path, problem)
    return found


def _variable(reading: TargetFileReader, name: str, path: Path) -> str:
    if name not in reading.environment:
        problem = TargetProblem(
            f"the variable {name} is not set",
            "variables of the environment, or of the .env file beside the target file",
            f"set it: export {name}=…",
        )
        reading.refuse(path, problem)
    return reading.environment[name]


def _expression(reading: TargetFileReader, text: str, path: Path) -> str:
    try:
        re.compile(text)
    except re.error as error:
        problem = TargetProblem(f"{text!r}: {error}", "a regular expression", "correct it")
        reading.refuse((*path, "expect_output"), problem)
    return text


# --- what is given ------------------------------------------------------------------------------


def _given(reading: TargetFileReader, table: Table) -> GivenThings:
    projects = tuple(table.get("projects", ()))
    seen: dict[str, str] = {}
    for n, uid in enumerate(projects):
        reading.once(seen, "project", uid, ("given", "projects", n))
    people = [
        _person(reading, entry, ("given", "people", n), projects)
        for n, entry in enumerate(table.get("people", ()))
    ]
    profiles = []
    for n, entry in enumerate(table.get("profiles", ())):
        reading.once(seen, "uid", entry["uid"], ("given", "profiles", n, "uid"))
        profiles.append(_profile(entry))
    return GivenThings(projects, tuple(people), tuple(profiles), table.get("clusters", False))


def _person(
    reading: TargetFileReader, table: Table, path: Path, projects: tuple[str, ...]
) -> GivenPerson:
    scopes = list(table.get("projects", projects[:1]))
    for n, scope in enumerate(scopes):
        if scope not in projects:
            problem = TargetProblem(
                f"the project {scope!r} stands there", "one of given.projects", "name it there too"
            )
            reading.refuse((*path, "projects", n), problem)
    scopes += [TENANT] if table.get("tenant", False) else []
    named = table.get("permissions", [p.value for p in PairPermission])
    return GivenPerson(
        label=table["label"],
        api_key=reading.credential(table, path, "api_key"),
        grants=frozenset(Grant(PairPermission(p), scope) for p in named for scope in scopes),
        email=table.get("email", ""),
        password=(
            reading.credential(table, path, "password")
            if {"password_env", "password_file"} & table.keys()
            else ""
        ),
        tenant_admin=table.get("tenant_admin", False),
    )


def _profile(table: Table) -> ClusterProfile:
    editions = tuple(
        ProfileEdition(
            version["version"],
            tuple(Pack(Layer(p["layer"]), p["name"], p["version"]) for p in version["packs"]),
            version.get("published", True),
        )
        for version in table["versions"]
    )
    return ClusterProfile(
        table["uid"],
        table["name"],
        ProfileType(table["type"]),
        editions,
        table.get("project_uid", ""),
    )
