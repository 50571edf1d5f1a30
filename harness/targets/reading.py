"""What every part of a target file is read with: errors that name the line, credentials, addresses.

Each concern (the wire, arranging, links …) declares its keys and reads them with a function that
takes a `TargetFileReader`.

PairproofError
+-- CredentialError         a credential cannot be taken from its file
+-- ConfigurationError      a file cannot be read, or says what it may not say
    +-- TargetFileError
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from harness.configuration import toml_lines
from harness.configuration.errors import ConfigurationError, Flaw, PlacedFlaw
from harness.domain.errors import PairproofError
from harness.files import FileKind, read_text
from harness.targets.key_kinds import Table, TargetKey, structure_flaws


@dataclass(frozen=True, slots=True)
class TargetProblem:
    """What is wrong at one place. No part of it repeats a secret.

    Attributes:
        found: what stands there.
        allowed: what may stand there.
        remedy: what to do.
    """

    found: str
    allowed: str
    remedy: str


class TargetFileError(ConfigurationError):
    """A target file, or the `.env` file beside it, cannot be used."""


@dataclass(frozen=True, slots=True)
class TargetFileReader:
    """A target file that is being read.

    Attributes:
        text: the whole text; errors look up their line in it.
        file: what messages call it.
        folder: where relative paths start.
        environment: where credentials come from.
    """

    text: str
    file: str
    folder: Path
    environment: Mapping[str, str]

    def refuse(self, path: toml_lines.Path, problem: TargetProblem) -> NoReturn:
        """Give up because of what stands at a path."""
        self.refuse_all([Flaw(path, problem.found, problem.remedy, problem.allowed)])

    def refuse_all(self, flaws: Iterable[Flaw]) -> NoReturn:
        """Give up because of all this."""
        raise TargetFileError.of(self.file, self.text, flaws)

    def check_structure(self, data: Table, keys: Mapping[str, TargetKey]) -> None:
        """Refuse all keys that are unknown, missing, or hold what they may not hold."""
        if flaws := list(structure_flaws(data, keys)):
            self.refuse_all(flaws)

    def once(self, seen: dict[str, str], what: str, value: str, path: toml_lines.Path) -> None:
        """Note a value, and refuse one that was there before."""
        key = f"{what} {value}"
        if key in seen:
            self.refuse(
                path,
                TargetProblem(
                    f"the {what} {value!r} stands at {seen[key]} already",
                    f"each {what} once",
                    f"give each its own {what}",
                ),
            )
        seen[key] = toml_lines.dotted(path)

    def address(self, url: str, path: toml_lines.Path) -> str:
        """An address without a slash at its end."""
        try:
            parts = urlsplit(url)
            usable = bool(parts.hostname) and parts.port != 0 and url == url.strip()
        except ValueError:
            usable = False
        if not usable:
            problem = TargetProblem(
                f"{url!r} stands there, whose host or port is none",
                "an address such as https://edge-1.example:5080",
                "correct the address",
            )
            self.refuse(path, problem)
        return url.rstrip("/")

    def path_of(self, name: str) -> Path:
        """A file that a key names; a relative path starts at the target file's folder."""
        return self.folder / Path(name).expanduser()

    def credential(self, table: Mapping[str, Any], path: toml_lines.Path, name: str) -> str:
        """A credential of the table at `path`: from the variable that `<name>_env` names, or the
        file that `<name>_file` names.
        """
        if f"{name}_file" not in table:
            return self.variable(table, (*path, f"{name}_env"))
        here = (*path, f"{name}_file")
        try:
            return credential_in(self.path_of(table[f"{name}_file"]))
        except CredentialError as error:
            self.refuse(here, error.problem)

    def variable(self, table: Mapping[str, Any], path: toml_lines.Path) -> str:
        """The value of the environment variable that a key names."""
        name = table[str(path[-1])]
        value = self.environment.get(name, "")
        if not value:
            self.refuse(
                path,
                TargetProblem(
                    f"the variable {name} is {'empty' if name in self.environment else 'not set'}",
                    "a variable of the environment, or of the .env file beside the target file",
                    f"set it: export {name}=…",
                ),
            )
        return value


class CredentialError(PairproofError):
    """A credential cannot be taken from its file. The message never repeats what it holds."""

    def __init__(self, problem: TargetProblem) -> None:
        super().__init__(problem.found)
        self.problem = problem


def _credential(file: str, line: int, found: str, remedy: str) -> CredentialError:
    # The file is not named: a credential itself may stand where its name belongs.
    told = f"the file that stands there cannot be used: {found}"
    return CredentialError(TargetProblem(told, _ALLOWED, remedy.replace(file, "FILE")))


_ALLOWED = "a file of mode 600 that holds the credential and nothing else"
_CREDENTIAL = FileKind("correct the path", 65_536, _credential, private=True)


def credential_in(path: Path) -> str:
    """What the file holds, without the end of its line.

    Raises:
        CredentialError: it cannot be read, others can read it too, or it holds no credential.
    """
    text = read_text(path, _CREDENTIAL).removesuffix("\n").removesuffix("\r")
    if not text:
        raise _credential(str(path), 0, "it is empty", "write the credential alone")
    return text


_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_FORM = 'lines such as NAME=value or NAME="value", and comments after #'


def _unusable(allowed: str) -> Callable[[str, int, str, str], TargetFileError]:
    return lambda file, line, found, remedy: TargetFileError(
        file, [PlacedFlaw(line, "", found, remedy, allowed)]
    )


TARGET_FILE = FileKind(
    "give the path of a target file; `pairproof target init` writes one",
    error=_unusable("a text in TOML 1.0"),
)
_ENV_FILE = FileKind("make it readable, or remove it", error=_unusable(_FORM), private=True)


def env_file_of(target_file: Path) -> Path:
    """The file beside a target file that may hold its credentials."""
    return target_file.with_suffix(".env")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env` file; none if there is no such file.

    Raises:
        TargetFileError: it cannot be read, others can read it too, or a line is no
            assignment. The message never repeats what the file holds.
    """
    if not path.exists():
        return {}
    text = read_text(path, _ENV_FILE)
    return _variables(text, str(path))


def env_text(variables: Mapping[str, str]) -> str:
    """The content of a `.env` file with these variables."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def _variables(text: str, file: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        assignment = _ASSIGNMENT.fullmatch(line.strip())
        if assignment is None:
            raise _unusable(_FORM)(
                file, number, "this line assigns nothing", "correct or remove it"
            )
        found[assignment[1]] = _unquoted(assignment[2])
    return found


def _quoted(value: str) -> str:
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return value if re.fullmatch(r"[\w@%+=:,./-]+", value) else f'"{escaped}"'


def _unquoted(value: str) -> str:
    """A value as it is meant: quotes are taken off, a comment after a bare one is too."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return re.sub(r"\\(.)", r"\1", inner) if value[0] == '"' else inner
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()
