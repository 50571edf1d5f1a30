"""A file that holds one credential, as `x_file` of a target file names it."""

from __future__ import annotations

import stat
from pathlib import Path

from harness.domain.errors import PairproofError
from harness.targets.target_errors import Problem

_ALLOWED = "a file of mode 600 that holds the credential and nothing else"
_BYTES_MAX = 65_536


class CredentialError(PairproofError):
    """A credential cannot be taken from its file. The message never repeats what it holds."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.found)
        self.problem = problem


def credential_in(path: Path) -> str:
    """What the file holds, without the end of its line.

    Raises:
        CredentialError: it cannot be read, others can read it too, or it holds no credential.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            content = file.read(_BYTES_MAX + 1)
    except OSError as error:
        # It is not named: a credential itself may stand where its file belongs.
        found = f"the file that stands there cannot be read ({error.strerror or 'unknown'})"
        raise CredentialError(Problem(found, _ALLOWED, "correct the path")) from error
    if mode & 0o077:
        found = f"others may read {path} (mode {mode:o})"
        raise CredentialError(Problem(found, _ALLOWED, f"run: chmod 600 {path}"))
    return _text_of(content, path)


def _text_of(content: bytes, path: Path) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"{path} holds no text in UTF-8"
        raise CredentialError(Problem(found, _ALLOWED, "write the credential alone")) from error
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or len(content) > _BYTES_MAX:
        found = f"{path} is {'too large' if text else 'empty'}"
        raise CredentialError(Problem(found, _ALLOWED, "write the credential alone"))
    return text
