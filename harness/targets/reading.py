"""What every part of a target file is read with: what a key may hold where the kinds of other files
do not say it, errors that name the line, credentials, addresses.

Each concern (the wire, arranging, links …) declares its keys and reads them with a function that
takes a `TargetFileReader`.

PairproofError
+-- CredentialError         a credential cannot be taken from its file
+-- ConfigurationError      a file cannot be read, or says what it may not say
    +-- TargetFileError
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from harness.configuration import toml_lines
from harness.configuration.errors import ConfigurationError, Flaw, Misspelt, PlacedFlaw, literal
from harness.configuration.kinds import AtLeastOne, Text
from harness.domain.errors import PairproofError
from harness.files import FileKind, read_text

Value = TypeVar("Value")


class TargetFileError(ConfigurationError):
    """A target file, or the `.env` file beside it, cannot be used."""


@dataclass(frozen=True, slots=True)
class TargetFileReader:
    """A target file whose keys are right, and that is being read: what makes no sense is noted.

    Relative paths start at `folder`, credentials come from `environment`, and `data` is as it was
    written. No flaw repeats a secret.
    """

    folder: Path
    environment: Mapping[str, str]
    data: Mapping[str, Any] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    def flaw(self, path: toml_lines.Path, found: str, remedy: str) -> None:
        """Note that something is wrong at a path. The file is refused in the end."""
        self.flaws.append(Flaw(path, found, remedy))

    def says(self, *path: str | int) -> bool:
        """Whether the file has something at a path, be it what holds anyway."""
        table: Any = self.data
        for part in path:
            if isinstance(part, str) and part not in table:
                return False
            table = table[part]
        return True

    def once(self, seen: dict[str, str], what: str, value: str, path: toml_lines.Path) -> None:
        """Note a value, and what was there before."""
        key = f"{what} {value}"
        if key in seen:
            told = f"the {what} {value!r} stands at {seen[key]} already"
            self.flaw(path, told, f"give each its own {what}")
        seen.setdefault(key, toml_lines.dotted(path))

    def path_of(self, name: Path) -> Path:
        """A file that a key names; a relative path starts at the target file's folder."""
        return self.folder / name

    def located(self, said: Value, *names: str) -> Value:
        """A table with the paths of its files as they are reached."""
        files = {n: self.path_of(file) for n in names if (file := getattr(said, n)) is not None}
        return replace(said, **files)  # type: ignore[type-var]

    def credential(self, table: object, path: toml_lines.Path, name: str) -> str:
        """A credential of the table at `path`: from the variable that `<name>_env` names, or the
        file that `<name>_file` names; empty where neither is there.
        """
        file, variable = getattr(table, f"{name}_file"), getattr(table, f"{name}_env")
        if file is None:
            return self.variable(variable, (*path, f"{name}_env")) if variable else ""
        try:
            return credential_in(self.path_of(file))
        except CredentialError as error:
            self.flaw((*path, f"{name}_file"), str(error), error.remedy)
            return ""

    def variable(self, name: str, path: toml_lines.Path, *, may_be_empty: bool = False) -> str:
        """The value of the environment variable that stands at a path."""
        value = self.environment.get(name, "")
        if not value and not (may_be_empty and name in self.environment):
            is_there = "empty" if name in self.environment else "not set"
            self.flaw(
                path,
                f"the variable {name} is {is_there}",
                f"set it (export {name}=…), or write it into the .env file beside the target file",
            )
        return value


class CredentialError(PairproofError):
    """A credential cannot be taken from its file. The message never repeats what it holds."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.remedy = remedy


def _credential(file: str, line: int, found: str, remedy: str) -> CredentialError:
    # The file is not named: a credential itself may stand where its name belongs.
    told = f"the file that stands there cannot be used: {found}"
    needed = "it takes a file of mode 600 that holds the credential and nothing else"
    return CredentialError(told, f"{remedy.replace(file, 'FILE')}; {needed}")


_CREDENTIAL = FileKind("correct the path", 65_536, _credential, private=True)


def credential_in(path: Path) -> str:
    """What the file holds, without the end of its line. Raises `CredentialError`: it is not fit."""
    text = read_text(path, _CREDENTIAL).removesuffix("\n").removesuffix("\r")
    if not text:
        raise _credential(str(path), 0, "it is empty", "write the credential alone")
    return text


_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_FORM = 'lines such as NAME=value or NAME="value", and comments after #'


def _unusable(allowed: str) -> Callable[[str, int, str, str], TargetFileError]:
    return lambda file, line, found, remedy: TargetFileError(
        file, [PlacedFlaw(line, "", found, f"{remedy}; it takes {allowed}")]
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
    """The variables of a `.env` file, none if there is no such file. Raises `TargetFileError`,
    which never repeats what the file holds.
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


def address(url: str) -> str:
    """An address without a slash at its end. Raises `Misspelt`."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        told = f"{literal(url)} stands there, whose host or port is none"
        raise Misspelt(told, "write an address such as https://edge-1.example:5080")
    return url.rstrip("/")


def _ip(text: str) -> str:
    try:
        ip_address(text)
    except ValueError as error:
        raise Misspelt(f"{literal(text)} is none", f"write {_IP}") from error
    return text


_IP: Final = "an IP address of this machine"

Named = Annotated[str, Text()]
Address = Annotated[
    str,
    Text(
        r"^https?://[^/\s@?#]+(/[^\s?#]*)?$",
        "an address that begins with https:// or http:// and names a host",
        address,
    ),
]
ProxyAddress = Annotated[
    str,
    Text(
        r"^http://[^/\s@?#]+/?$",
        "an address that begins with http://, such as http://proxy.example:3128",
        address,
    ),
]
OwnIp = Annotated[str, Text(r"^[0-9A-Fa-f.:]+$", _IP, _ip)]
File = Annotated[
    Path | None,
    Text(
        r"\S",
        "the path of a file; a relative one starts at the target file's folder",
        lambda text: Path(text).expanduser(),
    ),
]
Variable = Annotated[
    str,
    Text(r"^[A-Z_][A-Z0-9_]*$", "the name of an environment variable, in capitals, digits and _"),
]
Texts = Annotated[tuple[str, ...], AtLeastOne()]
