"""Whether an answer will do, by the rules that a target file is read by."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.domain.arrangements import Arrangement
from harness.domain.endpoint import base_url
from harness.domain.errors import PairproofError, Refusal
from harness.targets.arranging.commands import known_fields
from harness.targets.arranging.reading import CommandTable, read_command
from harness.targets.key_kinds import address
from harness.targets.reading import TargetFileReader
from harness.targets.target_keys import TARGETS
from harness.targets.trust import Trust, read_trust

Check = Callable[[str], str]
"""Takes what was typed and returns it as it is written; raises `WrongAnswer`."""


class WrongAnswer(PairproofError):
    """An answer that a target file could not hold. Says why, and never repeats the answer where
    it might be a secret.
    """


class Rules:
    """The reader's rules, one for each kind of answer. Relative paths start at `folder`, and
    programs are looked for in the environment's PATH.
    """

    def __init__(self, folder: Path, path: str) -> None:
        self._folder = folder
        self._environment = {"PATH": path}

    def key(self, *names: str | int) -> Check:
        """A text that the key at a place may hold."""

        def check(text: str) -> str:
            data: Any = text
            for name in reversed(names):
                data = {name: data} if isinstance(name, str) else [data]
            _, found = TARGETS.read(data)
            for flaw in found:
                if flaw.path == names:
                    raise WrongAnswer(f"{flaw.found}; {flaw.remedy}")
            return text

        return check

    def optional(self, check: Check) -> Check:
        """The same, or nothing."""
        return lambda text: check(text) if text else ""

    def address(self, text: str) -> str:
        """An address over HTTP or HTTPS, without a slash at its end."""
        return address(self.key("central", "url")(text))

    def endpoint(self, text: str) -> str:
        """A Palette endpoint: a URL or a host name."""
        try:
            base_url(text)
        except Refusal as refusal:
            raise WrongAnswer(refusal.refused.message) from refusal
        return text

    def fresh(self, what: str, taken: Iterable[str], check: Check) -> Check:
        """Something that was not said before."""
        seen = frozenset(taken)

        def checked(text: str) -> str:
            found = check(text)
            if found in seen:
                raise WrongAnswer(f"this {what} stands there already; each {what} once")
            return found

        return checked

    def ca_file(self, text: str) -> str:
        """A file with certificates in PEM."""
        said = Trust(Path(self.key("tls", "ca_file")(text)).expanduser())
        self._try(lambda reading: read_trust(reading, said, ("tls",)))
        return text

    def command_of(self, kind: type[Arrangement]) -> Check:
        """A command for one arrangement, as typed: a program that is there, and its arguments."""
        return lambda text: self._command(text, known_fields(kind))

    def program(self, text: str) -> str:
        """A command for every arrangement."""
        return self._command(text, ("arrangement",))

    def _command(self, text: str, fields: Iterable[str]) -> str:
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise WrongAnswer(f"its quotes do not end ({error})") from error
        if not words:
            raise WrongAnswer("needed: a program and its arguments")
        said = CommandTable(tuple(words))
        self._try(lambda reading: read_command(reading, said, ("command",), fields))
        return text

    def _try(self, read: Callable[[TargetFileReader], object]) -> None:
        """Read it as a file is read; what the file would be refused for is what is wrong."""
        reading = TargetFileReader(self._folder, self._environment)
        read(reading)
        for flaw in reading.flaws:
            raise WrongAnswer(f"{flaw.found}; {flaw.remedy}")


def number(least: int, most: int) -> Check:
    """A whole number between two."""

    def check(text: str) -> str:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise WrongAnswer(f"needed: a whole number from {least} to {most}")
        return str(int(text))

    return check


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
    """Some words with commas between them, `none` for none; returned with commas."""
    words = tuple(names)
    one = one_of((*words, "none"))

    def check(text: str) -> str:
        found = {one(part) for part in re.split(r"[\s,]+", text.strip()) if part}
        if not found or ("none" in found and len(found) > 1):
            raise WrongAnswer(f"needed: some of {', '.join(words)}, with commas, or none")
        return ",".join(word for word in words if word in found)

    return check


def yes_or_no(text: str) -> str:
    """`yes` or `no`."""
    return one_of(("yes", "no"))(text)


def any_text(text: str) -> str:
    """Any text in one line, or none."""
    return text


def texts(text: str) -> str:
    """Some texts with commas between them; none twice."""
    found = [part for part in re.split(r"[\s,]+", text.strip()) if part]
    if not found or len(found) != len(set(found)):
        raise WrongAnswer("needed: one or more, with commas between them, each once")
    return ",".join(found)
