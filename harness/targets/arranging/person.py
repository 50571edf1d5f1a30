"""The way by a person, who is asked on the terminal itself, whatever becomes of the standard
streams meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from harness.domain.arrangements import (
    Arrangement,
    CreateProject,
    InstallCluster,
    PutProfile,
    PutToken,
    PutUser,
)
from harness.domain.cluster import Cluster
from harness.targets.arranging.adopting import adopted
from harness.targets.arranging.sentences import sentence
from harness.targets.port import CannotArrange, Confirmation

TOLD_SECRETS: tuple[type[Arrangement], ...] = (PutUser, PutToken)
"""What a person cannot confirm: the target makes the secret, and nobody types one in here."""


class Asker(Protocol):
    """Asks a person something and waits for the answer."""

    def ask(self, text: str) -> str:
        """The answer, without the end of its line.

        Raises:
            EOFError: nobody is there any more.
        """


class Person:
    """Asks a person to bring about what is needed, and waits.

    Attributes:
        operator: who is asked.
    """

    name = "person"

    def __init__(self, asker: Asker | None, operator: str = "") -> None:
        """`asker` is `None` where nobody is there to be asked."""
        self._asker = asker
        self.operator = operator
        self._confirmed: Confirmation | None = None

    def attend(self, asker: Asker, operator: str = "") -> None:
        """From now on somebody is there; `operator` is their name, if it is known."""
        self._asker, self.operator = asker, operator or self.operator

    def confirmation(self) -> Confirmation | None:
        """What was confirmed since this was asked last."""
        confirmed, self._confirmed = self._confirmed, None
        return confirmed

    def cannot(self, kind: type[Arrangement]) -> str:
        """Whether nobody is there, or it is nothing for a person."""
        if self._asker is None:
            return "nobody is asked: run with --interactive"
        if kind in TOLD_SECRETS:
            return "it needs a secret of the target's, which nobody types in here"
        return ""

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Ask, and wait for the answer.

        Raises:
            CannotArrange: the person says that it cannot be done, or is not there any more.
        """
        what = type(arrangement).__name__
        if self._asker is None or type(arrangement) in TOLD_SECRETS:
            raise CannotArrange(what, self.cannot(type(arrangement)))
        asked = f"{_safe(sentence(arrangement))}\nThen press Enter (s = it cannot be done): "
        try:
            while not self.operator:
                self.operator = _safe(self._asker.ask("Your name, for the record: ")).strip()
            answer = self._asker.ask(asked).strip().lower()
        except EOFError as error:
            raise CannotArrange(what, "the person who was asked is gone") from error
        if answer:
            told = "cannot be done" if answer == "s" else f"not confirmed: {answer!r:.60}"
            raise CannotArrange(what, f"{self.operator} says: {told}")
        came = self._with_uid(arrangement)
        self._confirmed = Confirmation(self.operator, _safe(sentence(arrangement)))
        return came

    def _with_uid(self, arrangement: Arrangement) -> Arrangement:
        """What was made has the uid that the target gave it; it is asked for."""
        uid = _uid_of(arrangement)
        if not uid or self._asker is None:
            return arrangement
        try:
            other = _safe(self._asker.ask(f"Its uid (Enter if it is {uid}): ")).strip()
        except EOFError:
            other = ""
        return adopted(arrangement, {"uid": other}, self.operator) if other else arrangement


def _uid_of(arrangement: Arrangement) -> str:
    """The uid of what a person makes; empty where nothing is made."""
    match arrangement:
        case CreateProject(uid) | InstallCluster(cluster=Cluster(uid)):
            return uid
        case PutProfile(profile):
            return profile.uid
    return ""


def _safe(text: str) -> str:
    """A text that does nothing to a terminal, whatever is in it."""
    return "".join(c if c.isprintable() else "?" for c in text)


TERMINAL = Path("/dev/tty")


class TerminalAsker:
    """Asks on the controlling terminal: output is captured, and a progress bar may be drawn."""

    def __init__(
        self,
        terminal: Path = TERMINAL,
        quiet: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """While `quiet` lasts, nobody else draws there."""
        self._terminal = terminal
        self._quiet = quiet

    def ask(self, text: str) -> str:
        """Write the text on a line of its own and wait for a line.

        Raises:
            EOFError: the terminal is closed.
        """
        with self._quiet(), self._terminal.open("r+b", buffering=0) as stream:
            # What a progress bar has drawn on this line goes away.
            stream.write(b"\r\x1b[2K" + text.encode())
            answer = bytearray()
            while not answer.endswith(b"\n"):
                read = stream.read(1)
                if not read:
                    raise EOFError
                answer += read
        return answer.decode("utf-8", "replace").rstrip("\r\n")


def terminal_asker(
    quiet: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> TerminalAsker | None:
    """Who asks on this process's terminal; `None` where it has none."""
    try:
        with TERMINAL.open("r+b", buffering=0):
            return TerminalAsker(TERMINAL, quiet)
    except OSError:
        return None
