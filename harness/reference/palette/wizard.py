"""How far an administrator got in the Pair Cluster wizard: state that no browser holds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from harness.domain.operations import SelectedProfile

_WIZARDS_MAX = 10_000
"""Beyond it the one that was touched longest ago starts from its beginning."""


class WizardStep(IntEnum):
    """The steps in their order (ACC-11)."""

    WARNING = 0
    CLUSTER = 1
    PROFILES = 2
    REVIEW = 3

    @property
    def path(self) -> str:
        """The last segment of its address."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Details:
    """What was entered in the first step; `None` where the cluster's value was left alone."""

    name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wizard:
    """What has been done so far, after the warning was acknowledged.

    Attributes:
        details: what the first step's Next step took over.
        tried: the selection whose match was asked for last.
        confirmed: the same, if it could be confirmed.
        chosen: the confirmed selection was taken to the review by Next step.
        validated: the review was validated, and nothing changed since.
    """

    details: Details | None = None
    tried: tuple[SelectedProfile, ...] | None = None
    confirmed: tuple[SelectedProfile, ...] | None = None
    chosen: bool = False
    validated: bool = False

    @property
    def furthest(self) -> WizardStep:
        """The last step that may be entered."""
        if self.details is None:
            return WizardStep.CLUSTER
        return (
            WizardStep.REVIEW if self.confirmed is not None and self.chosen else WizardStep.PROFILES
        )


class Wizards:
    """The wizards under way, each of one session and one request. Safe for many threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, str], Wizard] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: str, pairing_uid: str) -> Wizard | None:
        """The wizard, unless the warning has still to be acknowledged."""
        with self._lock:
            return self._found.get((session, pairing_uid))

    def put(self, session: str, pairing_uid: str, wizard: Wizard) -> None:
        """Keep how far it is now."""
        with self._lock:
            self._found[session, pairing_uid] = wizard
            self._found.move_to_end((session, pairing_uid))
            if len(self._found) > _WIZARDS_MAX:
                self._found.popitem(last=False)

    def drop(self, session: str, pairing_uid: str) -> None:
        """It has ended."""
        with self._lock:
            self._found.pop((session, pairing_uid), None)

    def drop_session(self, session: str) -> None:
        """The session has ended, and all its wizards with it."""
        with self._lock:
            for key in [key for key in self._found if key[0] == session]:
                del self._found[key]
