"""Edge host registration tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MASKED = re.compile(r"\*{2}|[•●…]|\.{3}|x{5}|redacted|hidden", re.IGNORECASE)
"""What stands where a part of a value is not told."""


@dataclass(frozen=True, slots=True)
class RegistrationToken:
    """A token that admits hosts to one project. `expiry` is in microseconds.

    Both are optional where they are published: `None` never comes, and a request of a token
    without a project belongs to the tenant (SND-14).
    """

    uid: str
    name: str
    value: str
    project_uid: str
    expiry: int | None
    active: bool = True

    @property
    def is_told(self) -> bool:
        """Whether its value is there, and in full: some tell it once, and mask it from then on."""
        return bool(self.value.strip()) and not _MASKED.search(self.value)

    def why_unusable(self, now: int) -> str | None:
        """Why the token admits nobody at `now`, or `None` when it does (PRE-4)."""
        if not self.active:
            return "the registration token is deactivated"
        if self.has_expired(now):
            return "the registration token has expired"
        return None

    def has_expired(self, now: int) -> bool:
        """Whether its time is over."""
        return self.expiry is not None and now >= self.expiry
