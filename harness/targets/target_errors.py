"""What can be wrong with a target file.

PairproofError
+-- FileError           a file cannot be read, or says what it may not say
    +-- TargetFileError
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.errors import PairproofError


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place. No part of it repeats a secret.

    Attributes:
        found: what stands there.
        allowed: what may stand there.
        remedy: what to do.
    """

    found: str
    allowed: str
    remedy: str


class FileError(PairproofError):
    """A TOML file of a user's cannot be used.

    Attributes:
        file: the file, as it was given.
        line: the line from 1; 0 where the file as a whole is meant.
        key: the key as one writes it, such as `edge.clusters[0].slot`; may be empty.
        problem: what is wrong.
    """

    def __init__(self, file: str, line: int, key: str, problem: Problem) -> None:
        self.file = file
        self.line = line
        self.key = key
        self.problem = problem
        place = f"{file}:{line}" if line else file
        told = f"{problem.found}; allowed: {problem.allowed}; {problem.remedy}"
        super().__init__(": ".join(part for part in (place, key, told) if part))


class TargetFileError(FileError):
    """A target file, or the `.env` file beside it, cannot be used."""
