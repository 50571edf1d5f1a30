"""Questions as values: who asks is a generator, who answers is a terminal, defaults, or a test."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from harness.domain.arrangements import Side
from harness.targets.drafting.checks import Check


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        text: what is asked.
        default: what an empty line means; `None` where there is no default. As typed.
        about: lines that explain it, with examples.
        check: makes of what was typed what is written; raises `WrongAnswer`.
    """

    text: str
    default: str | None
    check: Check
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """Asks for the fingerprint of the certificate that a server shows. The answer is the
    fingerprint, or a text that begins with `-` and says why there is none.
    """

    url: str


Asked: TypeAlias = "Question | Shown"
A = TypeVar("A")
Asking: TypeAlias = Generator[Asked, str, A]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known before the first question, from OpenAPI documents."""

    sides: frozenset[Side] = frozenset()
    edge_url: str = ""
    central_url: str = ""
    name: str = ""
    version: str = ""
