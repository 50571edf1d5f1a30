"""What several mutants of the central side have in common. Nothing here is declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from harness.domain.draws import Draws
from harness.domain.errors import Refused
from harness.domain.match import Choice, MatchResult, Problem, match_profiles
from harness.domain.operations import (
    AcceptPairingRequest,
    AgentOperation,
    CentralOperation,
    Credentials,
    Done,
    RejectPairingRequest,
    SelectedProfile,
)
from harness.domain.profile import Pack, ProfileEdition
from harness.reference.core.central import CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest
from harness.reference.core.store import Store

Decision = AcceptPairingRequest | RejectPairingRequest


class Wakes(CentralCore):
    """Does something to its store each time that it is started."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        with store.transaction():
            self.wake()

    def wake(self) -> None:
        """What is done to the store."""
        raise NotImplementedError


class AfterRefusal(CentralCore):
    """Refuses a decision, as it should, and does something to its request all the same."""

    decision: ClassVar[type[Decision]]

    def perform(
        self,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> Done | Refused:
        reply = super().perform(operation, credentials, now, draws)
        if isinstance(reply, Refused) and isinstance(operation, self.decision):
            request = self.store.get(PairingRequest, operation.pairing_uid)
            if request is not None:
                with self.store.transaction():
                    self.goes_on(request, operation, reply)
        return reply

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        """What is done although it was refused."""
        raise NotImplementedError


class Normalising(CentralCore):
    """Matches packs after it has made some that differ alike."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        local = tuple(
            replace(part, packs=tuple(map(self.alike, part.packs)))
            for part in request.cluster.stack
        )
        choices = [self._made_alike(self.selected(request, chosen)) for chosen in selection]
        return match_profiles(local, choices, self.choices.match)

    def _made_alike(self, choice: Choice) -> Choice:
        editions = tuple(
            replace(edition, packs=tuple(map(self.alike, edition.packs)))
            for edition in choice.profile.editions
        )
        return replace(choice, profile=replace(choice.profile, editions=editions))

    def alike(self, pack: Pack) -> Pack:
        """What is left of a pack."""
        return replace(pack, name=self.name(pack.name), version=self.version(pack.version))

    def name(self, name: str) -> str:
        """What is left of its name."""
        return name

    def version(self, version: str) -> str:
        """What is left of its version."""
        return version


class Overlooking(CentralCore):
    """Matches rightly, and then overlooks some of the problems."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        result = super().matched(request, selection)
        local = [pack for part in request.cluster.stack for pack in part.packs]
        choices = [self.selected(request, chosen) for chosen in selection]
        left = [p for p in result.problems if not self.overlooks(p, local, choices)]
        return MatchResult(result.packs, tuple(left))

    def overlooks(self, problem: Problem, local: Sequence[Pack], choices: Sequence[Choice]) -> bool:
        """Whether a problem is overlooked."""
        raise NotImplementedError


class Demanding(CentralCore):
    """Matches rightly, and then asks for something besides."""

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        result = super().matched(request, selection)
        choices = [self.selected(request, chosen) for chosen in selection]
        problem = self.misses(request, choices)
        return replace(result, problems=(*result.problems, problem)) if problem else result

    def misses(self, request: PairingRequest, choices: Sequence[Choice]) -> Problem | None:
        """What is wrong with a selection that may fit, if anything."""
        raise NotImplementedError


class OtherLatest(CentralCore):
    """Takes another version of a profile for its latest."""

    def selected(self, request: PairingRequest, chosen: SelectedProfile) -> Choice:
        choice = super().selected(request, chosen)
        published = [edition for edition in choice.profile.editions if edition.published]
        if not published:
            return choice
        taken = self.taken_for_latest(choice, published)
        return replace(choice, profile=replace(choice.profile, editions=(taken,)))

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """Which of the published versions that is; there is at least one."""
        raise NotImplementedError


def chosen_edition(choice: Choice) -> ProfileEdition | None:
    """The version of a profile that was selected."""
    return choice.profile.edition(choice.version) or choice.profile.latest()


def offered_packs(choices: Sequence[Choice]) -> list[Pack]:
    """The packs that a selection brings."""
    editions = [edition for edition in map(chosen_edition, choices) if edition is not None]
    return [pack for edition in editions for pack in edition.packs]
