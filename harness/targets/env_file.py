"""The `.env` file beside a target file, which holds the credentials that the file only names."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from harness.targets.reading import Problem, TargetFileError

_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_FORM = 'lines such as NAME=value or NAME="value", and comments after #'


def env_file_of(target_file: Path) -> Path:
    """The file beside a target file that may hold its credentials."""
    return target_file.with_suffix(".env")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env` file; none if there is no such file.

    Raises:
        TargetFileError: it cannot be read, others can read it too, or a line is no
            assignment. The message never repeats what the file holds.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        problem = Problem(f"it cannot be read ({why})", _FORM, "make it readable, or remove it")
        raise TargetFileError(str(path), 0, "", problem) from error
    if mode & 0o077:
        problem = Problem(
            f"others may read the credentials in it (mode {mode:o})",
            "mode 600",
            f"run: chmod 600 {path}",
        )
        raise TargetFileError(str(path), 0, "", problem)
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
            problem = Problem("this line assigns nothing", _FORM, "correct or remove it")
            raise TargetFileError(file, number, "", problem)
        found[assignment[1]] = _unquoted(assignment[2])
    return found


def _quoted(value: str) -> str:
    """A value as a shell takes it too."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return value if re.fullmatch(r"[\w@%+=:,./-]+", value) else f'"{escaped}"'


def _unquoted(value: str) -> str:
    """A value as it is meant: quotes are taken off, a comment after a bare one is too."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return re.sub(r"\\(.)", r"\1", inner) if value[0] == '"' else inner
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()
