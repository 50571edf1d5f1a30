"""Planted defects: which version of a cluster profile is its latest (PRE-7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.domain.match import Choice, MatchResult
from harness.domain.operations import SelectedProfile
from harness.domain.profile import ClusterProfile, ProfileEdition, ProfileType, ProfileVersion
from harness.reference.core.central import CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import PairingRequest
from harness.reference.core.store import Store
from harness.reference.mutants.central_bases import OtherLatest
from harness.reference.planting import mutant


@mutant("PRE-7")
class LatestByText(OtherLatest):
    """The latest version of a profile is the one that comes last in the alphabet."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The last one as text, so that 1.9.0 follows 1.10.0."""
        return max(published, key=lambda edition: edition.version)


@mutant("PRE-7")
class LatestIsTheNewest(OtherLatest):
    """The latest version of a profile is the one that was made last."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The last one to be made."""
        return published[-1]


@mutant("PRE-7")
class PreReleaseFollowsItsRelease(OtherLatest):
    """A pre-release of a profile is taken to be later than its release."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The highest one, and a pre-release of it rather than itself."""
        highest = max(published, key=lambda edition: ProfileVersion(edition.version)).version
        begun = [e for e in published if e.version.startswith(highest)]
        return max(begun, key=lambda edition: len(edition.version))


@mutant("PRE-7")
class PreReleasesByText(OtherLatest):
    """Pre-releases of a profile follow one another by the alphabet, rc.10 before rc.9."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The highest one; of its pre-releases the last one as text."""
        highest = max(published, key=lambda edition: ProfileVersion(edition.version)).version
        release, dash, _ = highest.partition("-")
        alike = [e for e in published if dash and e.version.startswith(release + dash)]
        return max(alike or [self._of(published, highest)], key=lambda edition: edition.version)

    @staticmethod
    def _of(published: Sequence[ProfileEdition], version: str) -> ProfileEdition:
        return next(edition for edition in published if edition.version == version)


@mutant("PRE-7")
class VersionsComparedByTwoParts(OtherLatest):
    """Of a profile's version two parts are compared, so that 1.0.1 does not follow 1.0.0."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The highest one by its first two parts."""
        return max(published, key=lambda e: ProfileVersion(".".join(e.version.split(".")[:2])))


@mutant("PRE-7")
class AskedForVersionCounts(OtherLatest):
    """A version of a profile that is asked for by its number is taken for its latest."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The one that was asked for."""
        latest = choice.profile.latest()
        return choice.profile.edition(choice.version) or latest or published[-1]


@mutant("PRE-7")
class FirstVersionOfAnInfraProfile(OtherLatest):
    """An infra profile counts in the first version that was made of it."""

    def taken_for_latest(
        self, choice: Choice, published: Sequence[ProfileEdition]
    ) -> ProfileEdition:
        """The first one of an infra profile."""
        latest = choice.profile.latest()
        first = choice.profile.type is ProfileType.INFRA or latest is None
        return published[0] if first or latest is None else latest


@mutant("PRE-7")
class LatestVersionIsRemembered(CentralCore):
    """The latest version of a profile is looked up once, and remembered until a restart."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._seen: dict[str, ClusterProfile] = {}

    def selected(self, request: PairingRequest, chosen: SelectedProfile) -> Choice:
        """The profile as it was when it was first selected."""
        choice = super().selected(request, chosen)
        seen = self._seen.setdefault(choice.profile.uid, choice.profile)
        return replace(choice, profile=seen)


@mutant("PRE-7")
class ValidMatchIsRemembered(CentralCore):
    """A match that was valid once is not made again when the cluster is paired."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._valid: dict[tuple[str, tuple[SelectedProfile, ...]], MatchResult] = {}

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        """The match, or the valid one of before."""
        key = (request.pairing_uid, selection)
        if key not in self._valid:
            result = super().matched(request, selection)
            if not result.valid:
                return result
            self._valid[key] = result
        return self._valid[key]


@mutant("PRE-7")
class LatestAmongTen(CentralCore):
    """Of a profile's versions the first ten are read, and the latest is taken among them."""

    def selected(self, request: PairingRequest, chosen: SelectedProfile) -> Choice:
        """The profile with its first page of versions."""
        choice = super().selected(request, chosen)
        page = choice.profile.editions[:10]
        return replace(choice, profile=replace(choice.profile, editions=page))
