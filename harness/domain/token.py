"""Edge host registration tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegistrationToken:
    """A token that admits hosts to one project. `expiry` is in microseconds."""

    uid: str
    name: str
    value: str
    project_uid: str
    expiry: int
    active: bool = True

    def why_unusable(self, now: int) -> str | None:
        """Why the token admits nobody at `now`, or `None` when it does (PRE-4)."""
        if not self.active:
            return "the registration token is deactivated"
        if now >= self.expiry:
            return "the registration token has expired"
        return None
