"""A target file that is being filled in: questions as values, and what an answer does to the file.

Who asks is a generator; who answers is a terminal, defaults, or a test.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Generator, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from harness.configuration.errors import Flaw
from harness.configuration.kinds import Node
from harness.configuration.toml_lines import Path as Key
from harness.domain.arrangements import Side
from harness.domain.errors import PairproofError
from harness.targets.target_file import judge_target
from harness.targets.target_keys import TARGETS

Check = Callable[[str], Any]
"""Takes what was typed and returns what is meant; raises `WrongAnswer`."""


class WrongAnswer(PairproofError):
    """An answer that a target file could not hold: why, without what might be a secret."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. An empty line means `default`, as if it were typed, where there is one; `check`
    makes of what was typed what is meant, and lines `about` it have examples.
    """

    text: str
    default: str | None
    check: Check
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskFingerprint:
    """Asks for the fingerprint of the certificate that a server shows. The answer is the
    fingerprint, or a text that begins with `-` and says why there is none.
    """

    url: str


Asked: TypeAlias = "Question | AskFingerprint"
A = TypeVar("A")
Asking: TypeAlias = Generator[Asked, Any, A]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known before the first question, from OpenAPI documents."""

    sides: frozenset[Side] = frozenset()
    edge_url: str = ""
    central_url: str = ""
    name: str = ""
    version: str = ""


class Filling:
    """The data of a target file. Whatever it needs has a default before it is asked for, so that
    an answer is judged as the whole file would be.

    Relative paths start at `folder`, and programs are looked for in `path`.
    """

    def __init__(self, folder: Path, path: str) -> None:
        self.data: dict[str, Any] = {}
        self._folder = folder
        self._path = path

    @property
    def sides(self) -> frozenset[Side]:
        """The sides that the file describes; the harness plays the other one."""
        return frozenset(side for side in Side if side.value in self.data)

    def at(self, *key: str | int) -> Any:
        """What stands at a key; nothing where nothing does."""
        found: Any = self.data
        for step in key:
            found = found[step] if isinstance(step, int) else (found or {}).get(step)
        return found

    def put(self, key: Key, value: Any) -> None:
        """Let a key hold a value; an empty one is not written."""
        if value not in ("", None):
            _put(self.data, key, value)

    def variables(self) -> tuple[str, ...]:
        """The environment variables that hold credentials, in the order of the file."""
        return tuple(dict.fromkeys(_variables(self.data)))

    def check(self, key: Key, meant: Check | None = None) -> Check:
        """Takes what was typed as what the key holds, and refuses what the file would refuse."""
        meant = meant or meant_by(TARGETS.at(key))

        def check(text: str) -> Any:
            value, filled = meant(text), Filling(self._folder, self._path)
            filled.data = deepcopy(self.data)
            _put(filled.data, key, value)
            for flaw in filled._flaws():
                is_here = flaw.path[: len(key)] == key or flaw.path == key[: len(flaw.path)]
                if is_here and flaw not in self._flaws():
                    raise WrongAnswer(f"{flaw.found}; {flaw.remedy}")
            return value

        return check

    def environment(self) -> dict[str, str]:
        """What the file is read with before anybody has filled in the credentials."""
        return {"PATH": self._path, **dict.fromkeys(_variables(self.data), "to be filled in")}

    def _flaws(self) -> list[Flaw]:
        return judge_target(self.data, self._folder, self.environment())[1]


def _put(data: Any, key: Key, value: Any) -> None:
    for step, below in pairwise(key):
        empty: Any = [] if isinstance(below, int) else {}
        if isinstance(step, int):
            data += [empty] * (step == len(data))
        else:
            data.setdefault(step, empty)
        data = data[step]
    if isinstance(key[-1], int):
        data[key[-1] :] = [value]
    else:
        data[key[-1]] = value


def _variables(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for each in data:
            yield from _variables(each)
    elif isinstance(data, dict):
        for name, inner in data.items():
            yield from (inner,) if name.endswith("_env") else _variables(inner)


# --- what was typed -------------------------------------------------------------------------


def sentence_of(node: Node) -> str:
    """What a key means, as far as its first sentence goes."""
    return re.split(r"[.;](?:\s|$)", node.get("description", ""))[0]


def meant_by(node: Node) -> Check:
    """How what is typed for a key is meant, by what the key holds."""
    items = node.get("items", {})
    if "enum" in items:
        return some_of(items["enum"])
    if node.get("type") == "array":
        return lambda text: [part for part in re.split(r"[\s,]+", text) if part]
    if node.get("type") == "integer":
        return lambda text: int(text) if re.fullmatch("[0-9]{1,9}", text) else text
    return one_of(node["enum"]) if "enum" in node else lambda text: text


def one_of(names: Iterable[str]) -> Check:
    """One of some words, or as much of it as tells."""
    words = tuple(names)

    def check(text: str) -> str:
        typed = text.strip().lower()
        found = [w for w in words if w == typed] or [w for w in words if w.startswith(typed)]
        if not typed or len(found) != 1:
            raise WrongAnswer(f"needed: one of {', '.join(words)}")
        return found[0]

    return check


def some_of(names: Iterable[str]) -> Check:
    """Some words with commas between them, `none` for none; in the order of the words."""
    words = tuple(names)
    one = one_of((*words, "none"))

    def check(text: str) -> list[str]:
        found = {one(part) for part in re.split(r"[\s,]+", text.strip()) if part}
        if not found or ("none" in found and len(found) > 1):
            raise WrongAnswer(f"needed: some of {', '.join(words)}, with commas, or none")
        return [word for word in words if word in found]

    return check


def yes_or_no(text: str) -> bool:
    """Whether it is `yes`, and not `no`."""
    return bool(one_of(("yes", "no"))(text) == "yes")


def command(text: str) -> list[str]:
    """A program and its arguments, as a shell would take them apart."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise WrongAnswer(f"its quotes do not end ({error})") from error
