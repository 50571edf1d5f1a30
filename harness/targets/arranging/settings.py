"""What a target file says of arranging, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.domain.operations import Credentials
from harness.targets.arranging.commands import Command
from harness.targets.arranging.given import GivenThings

WAYS: Final = ("control", "link", "commands", "api", "given", "person")
"""The ways to arrange something, in the order in which they are tried by default."""


@dataclass(frozen=True, slots=True)
class Arranging:
    """How preconditions are arranged.

    Attributes:
        ways: which ways are tried, in this order.
        commands: by the name of an arrangement, or `*`.
        resets: by slot, what puts its cluster back.
        disposable: slots whose clusters may be paired for good.
        admin: who may create registration tokens.
        given: what is there already.
    """

    ways: tuple[str, ...] = WAYS
    commands: Mapping[str, Command] = field(default_factory=dict)
    resets: Mapping[str, Command] = field(default_factory=dict)
    disposable: frozenset[str] = frozenset()
    admin: Credentials | None = field(default=None, repr=False)
    given: GivenThings = GivenThings()

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The secrets that the file names for it, each with its kind."""
        commands = (*self.commands.values(), *self.resets.values())
        people = self.given.people
        keys = [person.api_key for person in people] + ([self.admin.api_key] if self.admin else [])
        return (
            *((secret, "secret") for command in commands for secret in command.secrets),
            *((key, "api_key") for key in keys),
            *((person.password, "password") for person in people if person.password),
        )
