"""What every part of a target file is read with: errors that name the line, credentials, addresses.

Each concern (the wire, arranging, links …) declares its keys in a module of its own and reads
them with a function that takes a `Reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from harness.targets import toml_lines
from harness.targets.credential_file import CredentialError, credential_in
from harness.targets.target_errors import Problem, TargetFileError


@dataclass(frozen=True, slots=True)
class Reading:
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

    def refuse(self, path: toml_lines.Path, problem: Problem) -> NoReturn:
        """Give up because of what stands at a path."""
        line = toml_lines.line_of(self.text, path)
        raise TargetFileError(self.file, line, toml_lines.dotted(path), problem)

    def once(self, seen: dict[str, str], what: str, value: str, path: toml_lines.Path) -> None:
        """Note a value, and refuse one that was there before."""
        key = f"{what} {value}"
        if key in seen:
            self.refuse(
                path,
                Problem(
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
            problem = Problem(
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
                Problem(
                    f"the variable {name} is {'empty' if name in self.environment else 'not set'}",
                    "a variable of the environment, or of the .env file beside the target file",
                    f"set it: export {name}=…",
                ),
            )
        return value
