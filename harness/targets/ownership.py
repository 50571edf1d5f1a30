"""What of a target is the run's own, and what the target file only lends it."""

from __future__ import annotations

from harness.domain.arrangements import (
    Arrangement,
    CreateProject,
    InstallCluster,
    PutProfile,
    PutUser,
)
from harness.domain.operations import Credentials
from harness.targets.port import Driver
from harness.targets.target import Target


class Ownership:
    """Tells what was there before the run, as far as a target file says so."""

    def __init__(self, driver: Driver) -> None:
        target = getattr(driver, "target", None)
        self._target = target if isinstance(target, Target) else None
        self._given_slots = {slot.uid for slot in driver.inventory().slots if slot.given}

    def was_given(self, came: Arrangement) -> bool:
        """Whether this was there already, so that nobody may remove it."""
        if isinstance(came, InstallCluster):
            return came.slot in self._given_slots
        if self._target is None:
            return False
        given = self._target.arranging.given
        match came:
            case CreateProject(uid):
                return uid in given.projects
            case PutUser(api_key=key):
                return any(person.api_key == key for person in given.people)
            case PutProfile(profile):
                return any(each.uid == profile.uid for each in given.profiles)
        return False

    def is_local(self) -> bool:
        """Whether all of it is on this machine, as far as a target file says so."""
        return self._target is not None and self._target.is_local()

    def admin(self) -> Credentials | None:
        """Who may look at the registration tokens, and delete them."""
        return self._target.arranging.admin if self._target else None

    def reviewers(self, project_uid: str) -> list[Credentials]:
        """Who may perhaps reject a request of a project."""
        people = self._target.arranging.given.people if self._target else ()
        return [Credentials(api_key=each.api_key, project_uid=project_uid) for each in people]
